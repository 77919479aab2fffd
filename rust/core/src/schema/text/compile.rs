//! From constraints to a language.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::constraint::{Constraint, Member, TextLimits};
use super::error::TextError;
use super::language::{Deferred, Engine, StringLanguage};
use super::literals::Literals;
use super::pattern::{Pattern, PatternError, PatternErrorKind};

/// Compiles string languages and keeps what they share.
///
/// One compiler serves one schema: the same pattern in a hundred places is parsed once.
#[derive(Debug, Default)]
pub struct TextCompiler {
    limits: TextLimits,
    patterns: BTreeMap<Box<str>, Arc<Pattern>>,
}

impl TextCompiler {
    /// A compiler within these limits.
    #[must_use]
    pub fn new(limits: TextLimits) -> TextCompiler {
        TextCompiler {
            limits,
            patterns: BTreeMap::new(),
        }
    }

    /// The strings that satisfy all members.
    ///
    /// # Errors
    /// [`TextError`] names the member whose pattern is refused: no pattern, past a limit, or not
    /// linear where only such are allowed.
    pub fn compile(&mut self, members: &[Member]) -> Result<StringLanguage, TextError> {
        let mut draft = Draft {
            max: u64::MAX,
            ..Draft::default()
        };
        for (index, member) in members.iter().enumerate() {
            self.add(&mut draft, index, member)
                .map_err(|pattern| TextError {
                    member: index,
                    pattern,
                })?;
        }
        Ok(draft.finish(self.limits, members))
    }

    fn add(
        &mut self,
        draft: &mut Draft,
        index: usize,
        member: &Member,
    ) -> Result<(), PatternError> {
        match &member.constraint {
            Constraint::Literals(strings) if !member.negated => draft.intersect(index, strings),
            Constraint::MinLength(min) if !member.negated => draft.min = draft.min.max(*min),
            Constraint::MaxLength(max) if !member.negated => draft.max = draft.max.min(*max),
            // Shorter than `min` is at most one less; nothing is shorter than nothing.
            Constraint::MinLength(0) => draft.intersect(index, &[]),
            Constraint::MinLength(min) => draft.max = draft.max.min(min - 1),
            Constraint::MaxLength(max) => match max.checked_add(1) {
                Some(min) => draft.min = draft.min.max(min),
                None => draft.intersect(index, &[]),
            },
            Constraint::Literals(strings) => {
                let literals = Arc::new(Literals::new(strings.clone()));
                draft.deferred.push(Deferred::literals(index, literals));
            }
            Constraint::Pattern(text) => {
                let pattern = self.pattern(text)?;
                draft
                    .deferred
                    .push(Deferred::pattern(index, member.negated, pattern));
            }
        }
        Ok(())
    }

    fn pattern(&mut self, text: &str) -> Result<Arc<Pattern>, PatternError> {
        if let Some(known) = self.patterns.get(text) {
            return Ok(Arc::clone(known));
        }
        let pattern = Pattern::parse(text)?;
        if self.limits.linear_only && !pattern.is_regular() {
            return Err(PatternError {
                offset: 0,
                kind: PatternErrorKind::NotLinear,
            });
        }
        let pattern = Arc::new(pattern);
        self.patterns.insert(text.into(), Arc::clone(&pattern));
        Ok(pattern)
    }
}

/// The members so far, sorted by how they are walked.
#[derive(Default)]
struct Draft {
    min: u64,
    max: u64,
    /// The strings of the finite members, and the index of the first such member.
    finite: Option<(usize, Vec<Box<str>>)>,
    deferred: Vec<Deferred>,
}

impl Draft {
    fn intersect(&mut self, index: usize, strings: &[Box<str>]) {
        match &mut self.finite {
            None => self.finite = Some((index, strings.to_vec())),
            Some((_, known)) => {
                let other = Literals::new(strings.to_vec());
                known.retain(|text| other.contains(text));
            }
        }
    }

    fn finish(mut self, limits: TextLimits, members: &[Member]) -> StringLanguage {
        let engine = match self.finite.take() {
            None => Engine::Any,
            Some((_, strings)) => Engine::Finite(self.filter(strings, limits)),
        };
        StringLanguage::new(engine, (self.min, self.max), self.deferred, limits, members)
    }

    /// Checks a finite set against everything else now, so that nothing is left for later; what a
    /// budget cannot decide stays, and its check with it.
    fn filter(&mut self, strings: Vec<Box<str>>, limits: TextLimits) -> Literals {
        let (min, max) = (self.min, self.max);
        let fits = |text: &str| {
            let length = text.chars().count() as u64;
            min <= length && length <= max
        };
        let mut undecided = false;
        let mut kept = strings;
        kept.retain(|text| {
            fits(text)
                && self.deferred.iter().all(|check| {
                    let answer = check.answer(text, limits);
                    undecided |= answer == super::Answer::Limit;
                    answer != super::Answer::No
                })
        });
        if !undecided {
            self.deferred.clear();
        }
        (self.min, self.max) = (0, u64::MAX);
        Literals::new(kept)
    }
}
