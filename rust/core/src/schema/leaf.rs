//! The languages of strings and numbers with where each of their members comes from.

use super::number::{self, NumberLanguage};
use super::raw::Origin;
use super::text::{self, StringLanguage};

/// What is asked of a string.
#[derive(Debug)]
pub(super) struct StringLeaf {
    /// The language.
    pub language: StringLanguage,
    /// The origin of each member it was compiled from.
    pub origins: Box<[Origin]>,
}

/// What is asked of a number.
#[derive(Debug)]
pub(super) struct NumberLeaf {
    /// The language.
    pub language: NumberLanguage,
    /// The origin of each member it was compiled from.
    pub origins: Box<[Origin]>,
}

impl StringLeaf {
    /// Who refuses the string in this state.
    pub fn blame(&self, state: &text::StringState) -> Option<Origin> {
        blamed(&self.language.failing(state), &self.origins)
    }

    /// Whether a whole string is accepted; none where a bound ran out.
    pub fn accepts(&self, string: &str) -> Option<bool> {
        let mut state = self.language.start();
        if self.language.step_str(&mut state, string).is_err() {
            return Some(false);
        }
        match self.language.accepts(&state) {
            text::Answer::Yes => Some(true),
            text::Answer::No => Some(false),
            text::Answer::Limit => None,
        }
    }
}

impl NumberLeaf {
    /// Who refuses the number in this state.
    pub fn blame(&self, state: &number::NumberState) -> Option<Origin> {
        blamed(&self.language.failing(state), &self.origins)
    }
}

/// The origin of the first failing member; the first of all where none is known.
fn blamed(failing: &[usize], origins: &[Origin]) -> Option<Origin> {
    let first = failing.first().and_then(|&member| origins.get(member));
    first.or(origins.first()).copied()
}
