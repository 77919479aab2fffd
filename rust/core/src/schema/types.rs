//! Sets of JSON types, truth values told apart.

use crate::json::Kind;

/// A set of kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TypeSet(u8);

impl TypeSet {
    pub const NONE: Self = Self(0);
    pub const NULL: Self = Self(1);
    pub const FALSE: Self = Self(1 << 1);
    pub const TRUE: Self = Self(1 << 2);
    pub const BOOLEAN: Self = Self(Self::FALSE.0 | Self::TRUE.0);
    pub const NUMBER: Self = Self(1 << 3);
    pub const STRING: Self = Self(1 << 4);
    pub const ARRAY: Self = Self(1 << 5);
    pub const OBJECT: Self = Self(1 << 6);
    pub const ALL: Self = Self(0x7F);

    /// The type of this name. `integer` is `number` here: that it is whole is the number's business.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "number" | "integer" => Self::NUMBER,
            "string" => Self::STRING,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            _ => return None,
        })
    }

    /// The set with one kind.
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::Null => Self::NULL,
            Kind::False => Self::FALSE,
            Kind::True => Self::TRUE,
            Kind::Number => Self::NUMBER,
            Kind::String => Self::STRING,
            Kind::Array => Self::ARRAY,
            Kind::Object => Self::OBJECT,
        }
    }

    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}
