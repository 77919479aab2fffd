//! From constraints to a language.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Answer;
use super::automaton::{Nfa, Part};
use super::blame::Blame;
use super::constraint::{Constraint, Member, TextLimits};
use super::deferred::Deferred;
use super::error::TextError;
use super::format::Format;
use super::language::{Engine, StringLanguage};
use super::literals::Literals;
use super::pattern::{self, Pattern, PatternError, PatternErrorKind};
use super::regular::Regular;

/// What determinising all languages of one compiler may cost, in edges followed.
const WORK: usize = 10_000_000;
/// Most states and edges of all patterns of one compiler.
const ROOM: usize = 400_000;
/// Most bytes of strings to be avoided that become an automaton.
const MAX_AVOIDED: usize = 2_000;

/// Compiles string languages and keeps what they share.
///
/// One compiler serves one schema: the same pattern in a hundred places is parsed and
/// determinised once. Its budget is the whole schema's: past it, languages are still judged exactly, but
/// conjunctions may be found dead late.
#[derive(Debug)]
pub struct TextCompiler {
    limits: TextLimits,
    patterns: BTreeMap<Box<str>, Arc<Pattern>>,
    formats: BTreeMap<Format, Arc<Nfa>>,
    automata: BTreeMap<Vec<Member>, Arc<Regular>>,
    work: usize,
    room: usize,
}

impl Default for TextCompiler {
    fn default() -> TextCompiler {
        TextCompiler::new(TextLimits::default())
    }
}

impl TextCompiler {
    /// A compiler within these limits.
    #[must_use]
    pub fn new(limits: TextLimits) -> TextCompiler {
        let (patterns, formats) = (BTreeMap::new(), BTreeMap::new());
        TextCompiler {
            limits,
            patterns,
            formats,
            automata: BTreeMap::new(),
            work: WORK,
            room: ROOM,
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
        let (keys, parts): (Vec<_>, Vec<_>) = draft.parts.drain(..).unzip();
        let automata = self.automata(keys, &parts);
        Ok(draft.finish(automata, self.limits, members))
    }

    fn add(
        &mut self,
        draft: &mut Draft,
        index: usize,
        member: &Member,
    ) -> Result<(), PatternError> {
        match &member.constraint {
            Constraint::Literals(strings) if !member.negated => draft.intersect(strings),
            Constraint::MinLength(min) if !member.negated => draft.min = draft.min.max(*min),
            Constraint::MaxLength(max) if !member.negated => draft.max = draft.max.min(*max),
            // Shorter than `min` is at most one less; nothing is shorter than nothing.
            Constraint::MinLength(0) => draft.intersect(&[]),
            Constraint::MinLength(min) => draft.max = draft.max.min(min - 1),
            Constraint::MaxLength(max) => match max.checked_add(1) {
                Some(min) => draft.min = draft.min.max(min),
                None => draft.intersect(&[]),
            },
            Constraint::Literals(strings) => draft.avoid(index, member, strings),
            Constraint::Pattern(text) => {
                let pattern = self.pattern(text)?;
                let linear = pattern.is_linear(member.negated);
                if !member.negated || linear {
                    for (nfa, negated) in pattern.parts() {
                        draft.part(index, member, nfa, *negated != member.negated);
                    }
                }
                if !linear {
                    let check = Deferred::pattern(index, member.negated, pattern);
                    draft.deferred.push(check);
                }
            }
            Constraint::Format(format) => self.add_format(draft, index, member, *format)?,
        }
        Ok(())
    }

    fn add_format(
        &mut self,
        draft: &mut Draft,
        index: usize,
        member: &Member,
        format: Format,
    ) -> Result<(), PatternError> {
        let nfa = self.format(format)?;
        if let (Some(max), false) = (format.max_length(), member.negated) {
            draft.max = draft.max.min(max);
        }
        match (member.negated, format.is_regular()) {
            (negated, true) => draft.part(index, member, &nfa, negated),
            (false, false) => {
                draft.part(index, member, &nfa, false);
                draft.deferred.push(Deferred::format(index, format));
            }
            (true, false) => draft
                .deferred
                .push(Deferred::not_format(index, format, nfa)),
        }
        Ok(())
    }

    fn pattern(&mut self, text: &str) -> Result<Arc<Pattern>, PatternError> {
        let pattern = match self.patterns.get(text) {
            Some(known) => Arc::clone(known),
            None => Arc::new(self.room_for(Pattern::parse(text)?)?),
        };
        if self.limits.linear_only && !pattern.is_plain() {
            let kind = PatternErrorKind::NotLinear;
            return Err(PatternError { offset: 0, kind });
        }
        self.patterns.insert(text.into(), Arc::clone(&pattern));
        Ok(pattern)
    }

    fn room_for(&mut self, pattern: Pattern) -> Result<Pattern, PatternError> {
        let kind = PatternErrorKind::TooLarge;
        let rest = self.room.checked_sub(pattern.size());
        self.room = rest.ok_or(PatternError { offset: 0, kind })?;
        Ok(pattern)
    }

    fn format(&mut self, format: Format) -> Result<Arc<Nfa>, PatternError> {
        if let Some(known) = self.formats.get(&format) {
            return Ok(Arc::clone(known));
        }
        let pattern = Pattern::parse(&format.pattern())?;
        // A format's pattern is regular: one automaton, which accepts.
        let nfa = pattern
            .parts()
            .first()
            .map(|(nfa, _)| Arc::clone(nfa))
            .unwrap_or_default();
        self.formats.insert(format, Arc::clone(&nfa));
        Ok(nfa)
    }

    fn automata(&mut self, keys: Vec<Member>, parts: &[Part]) -> Option<Arc<Regular>> {
        if parts.is_empty() {
            return None;
        }
        if let Some(known) = self.automata.get(&keys) {
            return Some(Arc::clone(known));
        }
        let automata = Arc::new(Regular::new(parts, &mut self.work));
        self.automata.insert(keys, Arc::clone(&automata));
        Some(automata)
    }
}

/// The members so far, sorted by how they are walked.
#[derive(Default)]
struct Draft {
    min: u64,
    max: u64,
    finite: Option<Vec<Box<str>>>,
    /// Regular members, each with its automaton, and the members' indices.
    parts: Vec<(Member, Part)>,
    indices: Vec<usize>,
    deferred: Vec<Deferred>,
}

impl Draft {
    fn intersect(&mut self, strings: &[Box<str>]) {
        match &mut self.finite {
            None => self.finite = Some(strings.to_vec()),
            Some(known) => {
                let other = Literals::new(strings.to_vec());
                known.retain(|text| other.contains(text));
            }
        }
    }

    fn part(&mut self, index: usize, member: &Member, nfa: &Arc<Nfa>, negated: bool) {
        let nfa = Arc::clone(nfa);
        self.parts.push((member.clone(), Part { nfa, negated }));
        self.indices.push(index);
    }

    fn avoid(&mut self, index: usize, member: &Member, strings: &[Box<str>]) {
        let bytes: usize = strings.iter().map(|text| text.len() + 1).sum();
        let automaton = if bytes > MAX_AVOIDED {
            None
        } else {
            pattern::literals(strings).ok()
        };
        if let Some(nfa) = automaton {
            self.part(index, member, &Arc::new(nfa), true);
        } else {
            let literals = Literals::new(strings.to_vec());
            self.deferred.push(Deferred::without(index, literals));
        }
    }

    fn finish(
        mut self,
        automata: Option<Arc<Regular>>,
        limits: TextLimits,
        members: &[Member],
    ) -> StringLanguage {
        let engine = match (self.finite.take(), automata) {
            (Some(strings), automata) => {
                Engine::Finite(self.filter(strings, automata.as_deref(), limits))
            }
            (None, Some(automata)) if !automata.is_universal(&automata.start()) => {
                let windows = automata.windows(self.min, self.max);
                Engine::Regular { automata, windows }
            }
            (None, _) => Engine::Any,
        };
        let blame = Blame::new(members, self.indices);
        StringLanguage::new(engine, (self.min, self.max), self.deferred, limits, blame)
    }

    /// Checks a finite set against everything else now, so that nothing is left for later; what a
    /// budget cannot decide stays, and its check with it.
    fn filter(
        &mut self,
        mut strings: Vec<Box<str>>,
        automata: Option<&Regular>,
        limits: TextLimits,
    ) -> Literals {
        let (min, max) = (self.min, self.max);
        let fits = |text: &str| {
            let length = text.chars().count() as u64;
            min <= length && length <= max && automata.is_none_or(|automata| automata.matches(text))
        };
        // One budget for the whole set: what it does not decide is left to the close of each string.
        let steps = limits.backtrack_steps / (strings.len() as u64).max(1);
        let limits = TextLimits {
            backtrack_steps: steps,
            ..limits
        };
        let mut undecided = false;
        strings.retain(|text| {
            fits(text)
                && self.deferred.iter().all(|check| {
                    let answer = check.answer(text, limits);
                    undecided |= answer == Answer::Limit;
                    answer != Answer::No
                })
        });
        if !undecided {
            self.deferred.clear();
        }
        (self.min, self.max) = (0, u64::MAX);
        Literals::new(strings)
    }
}
