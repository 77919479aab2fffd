//! How each member of a language is judged: what a user may expect of early death.

use super::language::StringLanguage;

/// When and how a violation of one member is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// At the first character after which no text satisfies all members.
    Exact,
    /// By its own automaton, at the first character that leaves it; what only all members together
    /// rule out may be found later, because their product is past the budget.
    Apart,
    /// At the close; before that only what leaves a regular superset.
    AtClose,
    /// At the close, by a step-bounded backtracker whose exhaustion is a limit error; before that
    /// only what leaves a regular superset.
    Backtracking,
}

impl StringLanguage {
    /// How the member with this index in the list compiled is judged.
    #[must_use]
    pub fn judgement(&self, member: usize) -> Judgement {
        let deferred = self.deferred().iter().find(|check| check.member == member);
        match deferred {
            Some(check) => check.judgement(),
            None if self.is_joint() => Judgement::Exact,
            None => Judgement::Apart,
        }
    }
}
