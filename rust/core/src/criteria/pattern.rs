//! Finding a regular expression in a growing text, in linear time, knowing what may still become a match.
//!
//! # Theory
//! The Thompson automaton is run with one thread a state, each remembering where it began; threads stay in the order of
//! their beginnings, and of two that meet in one state the older survives. So a step costs at most the automaton's size
//! whatever the text, and the first thread's beginning is the longest suffix that may begin a match. Assertions
//! about a place (`\b`, `$`) wait as threads of their own until the next character, or the end, is known.

use regex_automata::nfa::thompson::{Compiler, Config, NFA, State, WhichCaptures};
use regex_automata::util::look::LookMatcher;
use regex_automata::util::primitives::StateID;

/// Bytes that a compiled automaton may take.
const SIZE_LIMIT: usize = 1 << 20;

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    nfa: NFA,
    looks: LookMatcher,
    /// Whether a match may begin with this byte.
    first: Box<[bool; 256]>,
}

/// One way in which the text so far may become a match.
#[derive(Clone, Copy, Debug)]
struct Thread {
    state: StateID,
    start: usize,
}

/// The threads of one growing text.
#[derive(Clone, Debug, Default)]
pub(super) struct Threads {
    live: Vec<Thread>,
    previous: Option<char>,
}

/// Room to work in, shared by all patterns of a stream; holds nothing between two steps.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// The step in which a state was last entered.
    seen: Vec<u32>,
    step: u32,
    stack: Vec<StateID>,
    next: Vec<Thread>,
}

/// What is known about the place between two characters.
#[derive(Clone, Copy)]
enum Place {
    /// Not what follows: assertions wait.
    Unknown,
    /// Both sides; `None` is the text's beginning or end.
    Between(Option<char>, Option<char>),
}

/// A match: where it began, and the position after the character that made it certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Pattern {
    /// Compiles a pattern in the syntax of the `regex` crate.
    ///
    /// # Errors
    /// A sentence, where the pattern is malformed, too large, or matches the empty text.
    pub(super) fn new(pattern: &str) -> Result<Self, String> {
        let config = Config::new()
            .which_captures(WhichCaptures::None)
            .nfa_size_limit(Some(SIZE_LIMIT));
        let nfa = Compiler::new()
            .configure(config)
            .build(pattern)
            .map_err(|error| match error.size_limit() {
                Some(_) => "the pattern is too large".to_owned(),
                None => "the pattern is not a regular expression of linear time".to_owned(),
            })?;
        let first = first_bytes(&nfa).ok_or("the pattern matches the empty text")?;
        Ok(Self {
            nfa,
            looks: LookMatcher::new(),
            first,
        })
    }

    fn holds(&self, look: regex_automata::util::look::Look, place: Place) -> Option<bool> {
        let Place::Between(before, after) = place else {
            return None;
        };
        let mut around = [0; 8];
        let at = before.map_or(0, |char| char.encode_utf8(&mut around).len());
        let end = at + after.map_or(0, |char| char.encode_utf8(&mut around[at..]).len());
        Some(self.looks.matches(look, &around[..end], at))
    }

    /// Enters `state` and all that is reached from it without a byte; whether a match is among it.
    fn enter(&self, thread: Thread, place: Place, scratch: &mut Scratch) -> bool {
        scratch.stack.push(thread.state);
        while let Some(id) = scratch.stack.pop() {
            if std::mem::replace(&mut scratch.seen[id], scratch.step) == scratch.step {
                continue;
            }
            let here = Thread {
                state: id,
                start: thread.start,
            };
            match self.nfa.state(id) {
                State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) => {
                    scratch.next.push(here);
                }
                State::Look { look, next } => match self.holds(*look, place) {
                    None => scratch.next.push(here),
                    Some(true) => scratch.stack.push(*next),
                    Some(false) => {}
                },
                State::Union { alternates } => scratch.stack.extend(alternates.iter().rev()),
                State::BinaryUnion { alt1, alt2 } => scratch.stack.extend([*alt2, *alt1]),
                State::Capture { next, .. } => scratch.stack.push(*next),
                State::Fail => {}
                State::Match { .. } => {
                    scratch.stack.clear();
                    return true;
                }
            }
        }
        false
    }

    /// Where `state` goes on `byte`.
    fn follow(&self, state: StateID, byte: u8) -> Option<StateID> {
        match self.nfa.state(state) {
            State::ByteRange { trans } => trans.matches_byte(byte).then_some(trans.next),
            State::Sparse(sparse) => sparse.matches_byte(byte),
            State::Dense(dense) => dense.matches_byte(byte),
            _ => None,
        }
    }
}

/// The bytes that can begin a match, taking every assertion for true; `None` where the empty text may match.
fn first_bytes(nfa: &NFA) -> Option<Box<[bool; 256]>> {
    let mut first = Box::new([false; 256]);
    let mut seen = vec![false; nfa.states().len()];
    let mut stack = vec![nfa.start_anchored()];
    while let Some(id) = stack.pop() {
        if std::mem::replace(&mut seen[id], true) {
            continue;
        }
        let mut mark =
            |low: u8, high: u8| (low..=high).for_each(|byte| first[byte as usize] = true);
        match nfa.state(id) {
            State::ByteRange { trans } => mark(trans.start, trans.end),
            State::Sparse(sparse) => sparse
                .transitions
                .iter()
                .for_each(|trans| mark(trans.start, trans.end)),
            State::Dense(dense) => (0..=u8::MAX)
                .filter(|byte| dense.matches_byte(*byte).is_some())
                .for_each(|byte| mark(byte, byte)),
            State::Look { next, .. } | State::Capture { next, .. } => stack.push(*next),
            State::Union { alternates } => stack.extend(alternates.iter()),
            State::BinaryUnion { alt1, alt2 } => stack.extend([*alt1, *alt2]),
            State::Fail => {}
            State::Match { .. } => return None,
        }
    }
    Some(first)
}

impl Scratch {
    /// Begins a step over an automaton of `states` states.
    fn begin(&mut self, states: usize) {
        if self.seen.len() < states {
            self.seen.resize(states, 0);
        }
        self.step = self.step.checked_add(1).unwrap_or_else(|| {
            self.seen.fill(0);
            1
        });
        self.next.clear();
    }
}

impl Threads {
    /// Where the longest suffix begins that may become a match.
    pub(super) fn start(&self) -> Option<usize> {
        self.live.first().map(|thread| thread.start)
    }

    /// Reads `text`, whose first byte lies at `offset`, up to the first match.
    pub(super) fn feed(
        &mut self,
        pattern: &Pattern,
        text: &str,
        offset: usize,
        scratch: &mut Scratch,
    ) -> Option<Found> {
        let mut at = 0;
        while let Some(char) = text[at..].chars().next() {
            if self.live.is_empty() && !pattern.first[usize::from(text.as_bytes()[at])] {
                at = self.skip(pattern, text, at);
                continue;
            }
            let end = at + char.len_utf8();
            let found = self.step(pattern, char, offset + at, scratch);
            self.previous = Some(char);
            if let Some(start) = found {
                self.live.clear();
                let end = offset + end;
                return Some(Found { start, end });
            }
            at = end;
        }
        None
    }

    /// The next position at which a match may begin, or the text's end.
    fn skip(&mut self, pattern: &Pattern, text: &str, at: usize) -> usize {
        let rest = &text.as_bytes()[at..];
        let may_begin = |byte: &u8| pattern.first[usize::from(*byte)];
        // Continuation bytes cannot begin a character; patterns are UTF-8, so `first` holds none of them.
        let end = at + rest.iter().position(may_begin).unwrap_or(rest.len());
        self.previous = text[..end].chars().next_back().or(self.previous);
        end
    }

    /// Reads one character at `at`; where the match begins that it completes.
    fn step(
        &mut self,
        pattern: &Pattern,
        char: char,
        at: usize,
        scratch: &mut Scratch,
    ) -> Option<usize> {
        let states = pattern.nfa.states().len();
        let place = Place::Between(self.previous, Some(char));
        scratch.begin(states);
        for thread in &self.live {
            if pattern.enter(*thread, place, scratch) {
                return Some(thread.start);
            }
        }
        let fresh = Thread {
            state: pattern.nfa.start_anchored(),
            start: at,
        };
        // The empty text never matches, so entering the start cannot complete a match.
        pattern.enter(fresh, place, scratch);
        std::mem::swap(&mut self.live, &mut scratch.next);
        for byte in char.encode_utf8(&mut [0; 4]).bytes() {
            scratch.begin(states);
            for thread in &self.live {
                let Some(state) = pattern.follow(thread.state, byte) else {
                    continue;
                };
                let thread = Thread { state, ..*thread };
                if pattern.enter(thread, Place::Unknown, scratch) {
                    return Some(thread.start);
                }
            }
            std::mem::swap(&mut self.live, &mut scratch.next);
        }
        None
    }

    /// The end of the text: assertions that waited for it may complete a match.
    pub(super) fn finish(&mut self, pattern: &Pattern, scratch: &mut Scratch) -> Option<usize> {
        scratch.begin(pattern.nfa.states().len());
        let place = Place::Between(self.previous, None);
        let ends = |thread: &&Thread| pattern.enter(**thread, place, scratch);
        let found = self.live.iter().find(ends).map(|thread| thread.start);
        self.live.clear();
        found
    }
}
