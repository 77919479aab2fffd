//! The languages of strings: what `enum`, `const`, `pattern`, `format`, `minLength` and
//! `maxLength` allow together, stepped character by character.
//!
//! A [`TextCompiler`] turns [`Member`]s into a [`StringLanguage`], immutable and shared; each string that
//! arrives has a [`StringState`]. A step answers [`Life`]: `Dead` as soon as no continuation can
//! satisfy all members together, never earlier. The close answers [`Answer`].

mod automaton;
mod blame;
mod compile;
mod constraint;
mod deferred;
mod error;
pub mod format;
mod language;
mod literals;
pub mod pattern;
mod regular;
mod report;
mod state;

pub use compile::TextCompiler;
pub use constraint::{Constraint, Member, TextLimits};
pub use error::TextError;
pub use language::StringLanguage;
pub use literals::Literals;
pub use report::Judgement;
pub use state::StringState;

/// Whether anything that may still arrive can satisfy the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Some continuation may be accepted.
    Alive,
    /// No continuation is accepted.
    Dead,
}

/// Whether what has arrived, ended now, satisfies the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// A budget ran out before this could be decided: a limit error, never a verdict.
    Limit,
}

impl Answer {
    /// What `not` makes of it.
    #[must_use]
    pub fn opposite(self) -> Answer {
        match self {
            Answer::Yes => Answer::No,
            Answer::No => Answer::Yes,
            Answer::Limit => Answer::Limit,
        }
    }
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Answer {
        if yes { Answer::Yes } else { Answer::No }
    }
}

#[cfg(test)]
mod tests;
