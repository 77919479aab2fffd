//! A step-bounded backtracker for what no automaton can do: lookarounds and backreferences.
//!
//! It runs once, over the whole text, when the string has closed. Its work can grow exponentially
//! with the text, so it counts steps; past the budget it says so instead of answering.

use super::ast::Assertion;
use super::class;
use super::program::{Op, Program};

/// The step budget ran out: there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

/// Whether the pattern matches anywhere in the text.
pub(super) fn search(program: &Program, text: &str, steps: u64) -> Result<bool, Exhausted> {
    let text: Vec<char> = text.chars().collect();
    let slots = vec![None; program.slots];
    let mut run = Run {
        program,
        text: &text,
        slots,
        undo: Vec::new(),
        steps,
    };
    let last = if program.anchored { 0 } else { text.len() };
    for start in 0..=last {
        if run.matches(0, start)? {
            return Ok(true);
        }
    }
    Ok(false)
}

struct Run<'a> {
    program: &'a Program,
    text: &'a [char],
    slots: Vec<Option<usize>>,
    /// Slots as they were before each change, newest last.
    undo: Vec<(usize, Option<usize>)>,
    steps: u64,
}

/// A path not yet taken.
struct Choice {
    pc: usize,
    at: usize,
    undo: usize,
}

impl Run<'_> {
    /// Runs from an instruction and a place until `Match`; a failed run leaves no trace.
    ///
    /// Recursion is by lookaround alone, so it is as deep as the pattern's groups are nested.
    fn matches(&mut self, pc: usize, at: usize) -> Result<bool, Exhausted> {
        let base = self.undo.len();
        let mut choices = vec![Choice { pc, at, undo: base }];
        while let Some(Choice {
            mut pc,
            mut at,
            undo,
        }) = choices.pop()
        {
            self.rewind(undo);
            loop {
                self.steps = self.steps.checked_sub(1).ok_or(Exhausted)?;
                let next = match &self.program.ops[pc] {
                    Op::Match => return Ok(true),
                    Op::Split(first, second) => {
                        choices.push(Choice {
                            pc: *second,
                            at,
                            undo: self.undo.len(),
                        });
                        Some((*first, at))
                    }
                    op => self.step(op, pc, at)?,
                };
                let Some(next) = next else { break };
                (pc, at) = next;
            }
        }
        self.rewind(base);
        Ok(false)
    }

    /// One instruction that does not branch: the next one with its place, or none on failure.
    fn step(&mut self, op: &Op, pc: usize, at: usize) -> Result<Option<(usize, usize)>, Exhausted> {
        let go = |moved: Option<usize>| moved.map(|at| (pc + 1, at));
        Ok(match op {
            Op::Class { class, back } => go(self.consume(*class, at, *back)),
            Op::Assert(assertion) => self.holds(*assertion, at).then_some((pc + 1, at)),
            Op::Jump(target) => Some((*target, at)),
            Op::Save(slot) => {
                self.set(*slot, Some(at));
                Some((pc + 1, at))
            }
            Op::Clear { from, to } => {
                for slot in 2 * *from as usize..2 * *to as usize {
                    self.set(slot, None);
                }
                Some((pc + 1, at))
            }
            Op::Moved(slot) => (self.slots[*slot] != Some(at)).then_some((pc + 1, at)),
            Op::Look { negative, end } => self.look(pc, at, *negative)?.then_some((*end, at)),
            Op::Backreference { groups, back } => go(self.repeat_capture(groups, at, *back)?),
            Op::Match | Op::Split(..) => None,
        })
    }

    fn look(&mut self, pc: usize, at: usize, negative: bool) -> Result<bool, Exhausted> {
        let undo = self.undo.len();
        let matched = self.matches(pc + 1, at)?;
        if negative || !matched {
            self.rewind(undo);
        }
        Ok(matched != negative)
    }

    fn consume(&self, class: usize, at: usize, back: bool) -> Option<usize> {
        let index = if back { at.checked_sub(1)? } else { at };
        let found = class::contains(&self.program.classes[class], *self.text.get(index)?);
        found.then_some(if back { index } else { at + 1 })
    }

    fn holds(&self, assertion: Assertion, at: usize) -> bool {
        let word = |index: Option<usize>| {
            index
                .and_then(|index| self.text.get(index))
                .is_some_and(|&c| class::is_word(c))
        };
        let boundary = word(at.checked_sub(1)) != word(Some(at));
        match assertion {
            Assertion::Start => at == 0,
            Assertion::End => at == self.text.len(),
            Assertion::WordBoundary => boundary,
            Assertion::NotWordBoundary => !boundary,
        }
    }

    /// A group that has captured nothing matches the empty string.
    fn repeat_capture(
        &mut self,
        groups: &[u32],
        at: usize,
        back: bool,
    ) -> Result<Option<usize>, Exhausted> {
        let bounds = |group: &u32| {
            let slot = 2 * *group as usize;
            Some((self.slots[slot]?, self.slots[slot + 1]?))
        };
        let Some((start, end)) = groups.iter().find_map(bounds) else {
            return Ok(Some(at));
        };
        let captured = &self.text[start.min(end)..start.max(end)];
        self.steps = self
            .steps
            .checked_sub(captured.len() as u64)
            .ok_or(Exhausted)?;
        let (rest, moved) = if back {
            let Some(from) = at.checked_sub(captured.len()) else {
                return Ok(None);
            };
            (&self.text[from..at], from)
        } else {
            (&self.text[at..], at + captured.len())
        };
        Ok(rest.starts_with(captured).then_some(moved))
    }

    fn set(&mut self, slot: usize, value: Option<usize>) {
        self.undo.push((slot, self.slots[slot]));
        self.slots[slot] = value;
    }

    fn rewind(&mut self, to: usize) {
        while self.undo.len() > to {
            if let Some((slot, value)) = self.undo.pop() {
                self.slots[slot] = value;
            }
        }
    }
}
