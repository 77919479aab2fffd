//! Why a string language could not be compiled.

use std::fmt;

use super::pattern::PatternError;

/// A constraint that could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// Which member, by its index in the list given.
    pub member: usize,
    /// What is wrong with its pattern.
    pub pattern: PatternError,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pattern: {}", self.pattern)
    }
}

impl std::error::Error for TextError {}
