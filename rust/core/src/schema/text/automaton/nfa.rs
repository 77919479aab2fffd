//! A pattern as a nondeterministic automaton without empty moves or assertions.
//!
//! A state is an instruction of the pattern's program together with what kind of character came before it, which is all that
//! `^`, `\b` and `\B` ask about. What they ask about the next character becomes a condition on the edges that leave
//! the state, or on acceptance. States that cannot reach acceptance are left out.

use std::collections::BTreeMap;

use regex_syntax::hir::ClassUnicode;

use crate::schema::text::pattern::ast::Assertion;
use crate::schema::text::pattern::class;
use crate::schema::text::pattern::error::PatternErrorKind;
use crate::schema::text::pattern::program::{Op, Program};

/// Most edges of an automaton.
const MAX_EDGES: usize = 1 << 17;
/// Most instructions visited while empty moves are followed.
const MAX_WORK: usize = 1 << 21;

/// An automaton of which every state can reach acceptance; state 0 is the start, if there are states at all.
#[derive(Debug, Default)]
pub(in crate::schema::text) struct Nfa {
    pub(super) states: Vec<State>,
    /// The sets of characters that edges carry.
    pub(super) sets: Vec<ClassUnicode>,
}

/// One state.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// Sets (by index) with the state that a character of the set leads to.
    pub edges: Vec<(u32, u32)>,
    pub accepts: bool,
    /// Accepts every continuation.
    pub universal: bool,
}

/// The character before a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Before {
    Nothing,
    Word,
    Other,
}

/// What may come next, as bits.
mod next {
    pub(super) const WORD: u8 = 1;
    pub(super) const OTHER: u8 = 2;
    pub(super) const END: u8 = 4;
    pub(super) const ANY: u8 = WORD | OTHER | END;
}

impl Nfa {
    /// The automaton of a program without lookarounds and backreferences.
    ///
    /// # Errors
    /// [`PatternErrorKind::TooLarge`] past the limits.
    pub(in crate::schema::text) fn new(program: &Program) -> Result<Nfa, PatternErrorKind> {
        let mut builder = Builder::new(program);
        builder.state(0, Before::Nothing);
        while let Some((pc, before, index)) = builder.queue.pop() {
            builder.expand(pc, before, index)?;
        }
        Ok(trimmed(builder.states, builder.sets))
    }

    /// States and edges.
    pub(in crate::schema::text) fn size(&self) -> usize {
        self.states.iter().map(|state| 1 + state.edges.len()).sum()
    }

    /// Accepts nothing.
    pub(in crate::schema::text) fn is_empty(&self) -> bool {
        self.states.is_empty()
    }
}

struct Builder<'p> {
    program: &'p Program,
    /// The program asks for word boundaries, so what came before must be known.
    words: bool,
    states: Vec<State>,
    known: BTreeMap<(usize, Before), u32>,
    queue: Vec<(usize, Before, u32)>,
    sets: Vec<ClassUnicode>,
    sink: Option<u32>,
    edges: usize,
    work: usize,
}

impl<'p> Builder<'p> {
    fn new(program: &'p Program) -> Builder<'p> {
        let boundary = |op: &Op| {
            matches!(
                op,
                Op::Assert(Assertion::WordBoundary | Assertion::NotWordBoundary)
            )
        };
        Builder {
            program,
            words: program.ops.iter().any(boundary),
            states: Vec::new(),
            known: BTreeMap::new(),
            queue: Vec::new(),
            sets: program.classes.clone(),
            sink: None,
            edges: 0,
            work: 0,
        }
    }

    fn state(&mut self, pc: usize, before: Before) -> u32 {
        if let Some(&known) = self.known.get(&(pc, before)) {
            return known;
        }
        let index = self.states.len() as u32;
        self.states.push(State::default());
        self.known.insert((pc, before), index);
        self.queue.push((pc, before, index));
        index
    }

    /// The state after a match: whatever follows is accepted.
    fn sink(&mut self) -> u32 {
        if let Some(sink) = self.sink {
            return sink;
        }
        let sink = self.states.len() as u32;
        let any = self.set(class::any());
        self.states.push(State {
            edges: vec![(any, sink)],
            accepts: true,
            universal: true,
        });
        self.sink = Some(sink);
        sink
    }

    fn set(&mut self, set: ClassUnicode) -> u32 {
        let known = self.sets.iter().position(|known| *known == set);
        known.unwrap_or_else(|| {
            self.sets.push(set);
            self.sets.len() - 1
        }) as u32
    }

    /// Follows the empty moves from an instruction and writes down what can be consumed.
    fn expand(&mut self, pc: usize, before: Before, index: u32) -> Result<(), PatternErrorKind> {
        let mut seen = std::collections::BTreeSet::new();
        let mut open = vec![(pc, next::ANY)];
        while let Some((pc, mask)) = open.pop() {
            self.work += 1;
            if mask == 0 || !seen.insert((pc, mask)) {
                continue;
            }
            match &self.program.ops[pc] {
                Op::Split(first, second) => open.extend([(*second, mask), (*first, mask)]),
                Op::Jump(target) => open.push((*target, mask)),
                Op::Save(_) | Op::Clear { .. } | Op::Moved(_) => open.push((pc + 1, mask)),
                Op::Assert(assertion) => open.push((pc + 1, mask & allowed(*assertion, before))),
                Op::Class { class, .. } => self.consume(index, *class, pc + 1, mask),
                Op::Match => self.matched(index, mask),
                // Not regular; the caller gives no such program.
                Op::Look { .. } | Op::Backreference { .. } => {}
            }
        }
        let state = &mut self.states[index as usize];
        state.edges.sort_unstable();
        state.edges.dedup();
        self.edges += state.edges.len();
        if self.edges > MAX_EDGES || self.work > MAX_WORK {
            return Err(PatternErrorKind::TooLarge);
        }
        Ok(())
    }

    fn consume(&mut self, index: u32, class: usize, target: usize, mask: u8) {
        if !self.words {
            if mask & next::WORD != 0 {
                let target = self.state(target, Before::Other);
                self.states[index as usize]
                    .edges
                    .push((class as u32, target));
            }
            return;
        }
        for (bit, before) in [(next::WORD, Before::Word), (next::OTHER, Before::Other)] {
            let mut set = self.sets[class].clone();
            set.intersect(&side(bit));
            if mask & bit != 0 && !set.ranges().is_empty() {
                let set = self.set(set);
                let target = self.state(target, before);
                self.states[index as usize].edges.push((set, target));
            }
        }
    }

    fn matched(&mut self, index: u32, mask: u8) {
        let sink = self.sink();
        let state = &mut self.states[index as usize];
        state.accepts |= mask & next::END != 0;
        state.universal |= mask == next::ANY;
        for bit in [next::WORD, next::OTHER] {
            if mask & bit != 0 {
                let set = self.set(side(bit));
                self.states[index as usize].edges.push((set, sink));
            }
        }
    }
}

/// The characters of one kind.
fn side(bit: u8) -> ClassUnicode {
    if bit == next::WORD {
        class::word()
    } else {
        class::negated(class::word())
    }
}

/// What may come next where the assertion holds.
fn allowed(assertion: Assertion, before: Before) -> u8 {
    let after_word = before == Before::Word;
    match assertion {
        Assertion::Start if before == Before::Nothing => next::ANY,
        Assertion::Start => 0,
        Assertion::End => next::END,
        Assertion::WordBoundary if after_word => next::OTHER | next::END,
        Assertion::NotWordBoundary if !after_word => next::OTHER | next::END,
        Assertion::WordBoundary | Assertion::NotWordBoundary => next::WORD,
    }
}

/// Leaves out the states that cannot reach acceptance.
fn trimmed(states: Vec<State>, sets: Vec<ClassUnicode>) -> Nfa {
    let mut back = vec![Vec::new(); states.len()];
    for (from, state) in states.iter().enumerate() {
        for &(_, to) in &state.edges {
            back[to as usize].push(from);
        }
    }
    let mut live: Vec<bool> = states.iter().map(|state| state.accepts).collect();
    let mut open: Vec<usize> = (0..states.len()).filter(|&state| live[state]).collect();
    while let Some(state) = open.pop() {
        for &from in &back[state] {
            if !live[from] {
                live[from] = true;
                open.push(from);
            }
        }
    }
    if !live.first().copied().unwrap_or(false) {
        return Nfa::default();
    }
    let mut names = vec![0; states.len()];
    let mut count = 0;
    for (state, &live) in live.iter().enumerate() {
        names[state] = count;
        count += u32::from(live);
    }
    let mut kept = states;
    let mut alive = live.iter().copied();
    kept.retain(|_| alive.next().unwrap_or(false));
    for state in &mut kept {
        state.edges.retain(|&(_, to)| live[to as usize]);
        for (_, to) in &mut state.edges {
            *to = names[*to as usize];
        }
    }
    Nfa { states: kept, sets }
}
