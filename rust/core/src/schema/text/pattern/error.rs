//! Why a pattern was refused.

use std::fmt;

/// A pattern that could not be compiled: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Byte offset in the pattern.
    pub offset: usize,
    /// What is wrong there.
    pub kind: PatternErrorKind,
}

/// What can be wrong with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternErrorKind {
    /// A group is opened and not closed, or closed and not opened.
    UnbalancedGroup,
    /// A group starts with `(?` and what follows has no meaning in ECMA-262.
    UnknownGroup,
    /// A group's name is no identifier, or is used twice.
    GroupName,
    /// `[` without its `]`.
    UnclosedClass,
    /// A range whose ends are sets or stand in the wrong order.
    ClassRange,
    /// A quantifier with nothing before it, or after something that cannot be repeated.
    NothingToRepeat,
    /// `{n,m}` with n greater than m, or a number without a partner.
    Quantifier,
    /// A backslash before something that has no meaning in ECMA-262.
    Escape,
    /// `\p{…}` with a property that Unicode does not have.
    UnknownProperty,
    /// A reference to a group that the pattern does not have.
    UnknownReference,
    /// A bracket or brace that must be escaped.
    LoneBracket,
    /// The pattern is longer than the limit.
    TooLong,
    /// Groups are nested deeper than the limit.
    TooDeep,
    /// The pattern's automaton would be larger than the limit.
    TooLarge,
    /// A lookaround or backreference where only linear-time patterns are allowed.
    NotLinear,
}

impl fmt::Display for PatternErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnbalancedGroup => "unbalanced parenthesis",
            Self::UnknownGroup => "unknown kind of group",
            Self::GroupName => "bad or repeated group name",
            Self::UnclosedClass => "unclosed character class",
            Self::ClassRange => "bad range in a character class",
            Self::NothingToRepeat => "nothing to repeat",
            Self::Quantifier => "bad quantifier",
            Self::Escape => "unknown escape",
            Self::UnknownProperty => "unknown Unicode property",
            Self::UnknownReference => "reference to a group that does not exist",
            Self::LoneBracket => "bracket or brace that must be escaped",
            Self::TooLong => "pattern longer than the limit",
            Self::TooDeep => "groups nested deeper than the limit",
            Self::TooLarge => "pattern larger than the limit once its repetitions are counted out",
            Self::NotLinear => {
                "lookaround or backreference, and only linear-time patterns are allowed"
            }
        })
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at offset {}", self.kind, self.offset)
    }
}

impl std::error::Error for PatternError {}
