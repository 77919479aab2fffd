//! A pattern as instructions for the backtracker.

use regex_syntax::hir::ClassUnicode;

use super::ast::{Assertion, Look, Node};
use super::error::PatternErrorKind;

/// Most instructions of a program, once counted repetitions are written out.
const MAX_OPS: usize = 1 << 15;

/// One instruction; targets are indices into the program.
#[derive(Clone, Debug)]
pub(in crate::schema::text) enum Op {
    /// Consume one character of the class (an index into the classes), forward or backward.
    Class { class: usize, back: bool },
    /// Go on only where the assertion holds.
    Assert(Assertion),
    /// Try the first, then the second.
    Split(usize, usize),
    /// Go on elsewhere.
    Jump(usize),
    /// Store the place in a slot.
    Save(usize),
    /// Forget the captures of groups `from..to`: a repetition starts anew.
    Clear { from: u32, to: u32 },
    /// Go on only if the place moved since the slot was saved: an empty iteration ends a loop.
    Moved(usize),
    /// Run the body (from the next instruction) as a lookaround, then go on at `end`.
    Look { negative: bool, end: usize },
    /// Consume again what one of these groups captured.
    Backreference { groups: Vec<u32>, back: bool },
    /// The pattern, or the body of a lookaround, has matched.
    Match,
}

/// A compiled pattern.
#[derive(Debug)]
pub(in crate::schema::text) struct Program {
    pub ops: Vec<Op>,
    pub classes: Vec<ClassUnicode>,
    /// Two a group (start, end), then one a loop.
    pub slots: usize,
    /// The pattern can match at the text's start alone.
    pub anchored: bool,
}

impl Program {
    /// Writes a pattern out.
    pub(in crate::schema::text) fn compile(
        node: &Node,
        groups: u32,
    ) -> Result<Program, PatternErrorKind> {
        let slots = 2 * (groups as usize + 1);
        let mut writer = Writer {
            ops: Vec::new(),
            classes: Vec::new(),
            slots,
        };
        writer.node(node, false)?;
        writer.push(Op::Match)?;
        Ok(Program {
            ops: writer.ops,
            classes: writer.classes,
            slots: writer.slots,
            anchored: starts_anchored(node),
        })
    }
}

fn starts_anchored(node: &Node) -> bool {
    match node {
        Node::Assert(Assertion::Start) => true,
        Node::Concat(nodes) => nodes.first().is_some_and(starts_anchored),
        Node::Alternate(nodes) => nodes.iter().all(starts_anchored),
        Node::Capture(_, node) => starts_anchored(node),
        _ => false,
    }
}

/// The program so far. Bodies of lookbehinds are written back to front.
struct Writer {
    ops: Vec<Op>,
    classes: Vec<ClassUnicode>,
    slots: usize,
}

impl Writer {
    fn push(&mut self, op: Op) -> Result<usize, PatternErrorKind> {
        if self.ops.len() >= MAX_OPS {
            return Err(PatternErrorKind::TooLarge);
        }
        self.ops.push(op);
        Ok(self.ops.len() - 1)
    }

    fn node(&mut self, node: &Node, back: bool) -> Result<(), PatternErrorKind> {
        match node {
            Node::Empty => {}
            Node::Class(class) => {
                let class = self.class(class);
                self.push(Op::Class { class, back })?;
            }
            Node::Assert(assertion) => drop(self.push(Op::Assert(*assertion))?),
            Node::Concat(nodes) if back => {
                for node in nodes.iter().rev() {
                    self.node(node, back)?;
                }
            }
            Node::Concat(nodes) => {
                for node in nodes {
                    self.node(node, back)?;
                }
            }
            Node::Alternate(nodes) => self.alternate(nodes, back)?,
            Node::Repeat {
                node,
                min,
                max,
                greedy,
            } => {
                self.repeat(node, (*min, *max), *greedy, back)?;
            }
            Node::Capture(index, node) => self.capture(*index, node, back)?,
            Node::Look(look) => self.look(look)?,
            Node::Backreference(groups) => {
                self.push(Op::Backreference {
                    groups: groups.clone(),
                    back,
                })?;
            }
        }
        Ok(())
    }

    fn class(&mut self, class: &ClassUnicode) -> usize {
        let known = self.classes.iter().position(|known| known == class);
        known.unwrap_or_else(|| {
            self.classes.push(class.clone());
            self.classes.len() - 1
        })
    }

    fn alternate(&mut self, nodes: &[Node], back: bool) -> Result<(), PatternErrorKind> {
        let mut exits = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            if index + 1 == nodes.len() {
                self.node(node, back)?;
                break;
            }
            let split = self.push(Op::Split(0, 0))?;
            self.node(node, back)?;
            exits.push(self.push(Op::Jump(0))?);
            self.ops[split] = Op::Split(split + 1, self.ops.len());
        }
        for exit in exits {
            self.ops[exit] = Op::Jump(self.ops.len());
        }
        Ok(())
    }

    fn repeat(
        &mut self,
        node: &Node,
        (min, max): (u32, Option<u32>),
        greedy: bool,
        back: bool,
    ) -> Result<(), PatternErrorKind> {
        let groups = captures(node);
        for _ in 0..min {
            self.iteration(node, &groups, back)?;
        }
        let Some(max) = max else {
            return self.star(node, &groups, greedy, back);
        };
        let mut splits = Vec::new();
        for _ in min..max {
            splits.push(self.push(Op::Split(0, 0))?);
            let slot = self.loop_slot()?;
            self.iteration(node, &groups, back)?;
            self.push(Op::Moved(slot))?;
        }
        let end = self.ops.len();
        for split in splits {
            self.ops[split] = choice(split + 1, end, greedy);
        }
        Ok(())
    }

    fn star(
        &mut self,
        node: &Node,
        groups: &[u32],
        greedy: bool,
        back: bool,
    ) -> Result<(), PatternErrorKind> {
        let split = self.push(Op::Split(0, 0))?;
        let slot = self.loop_slot()?;
        self.iteration(node, groups, back)?;
        self.push(Op::Moved(slot))?;
        self.push(Op::Jump(split))?;
        self.ops[split] = choice(split + 1, self.ops.len(), greedy);
        Ok(())
    }

    fn loop_slot(&mut self) -> Result<usize, PatternErrorKind> {
        let slot = self.slots;
        self.slots += 1;
        self.push(Op::Save(slot))?;
        Ok(slot)
    }

    fn iteration(
        &mut self,
        node: &Node,
        groups: &[u32],
        back: bool,
    ) -> Result<(), PatternErrorKind> {
        if let (Some(&from), Some(&last)) = (groups.iter().min(), groups.iter().max()) {
            self.push(Op::Clear { from, to: last + 1 })?;
        }
        // An empty body writes nothing; without a charge, `(?:){4294967295}` would count for free.
        let before = self.ops.len();
        self.node(node, back)?;
        if self.ops.len() == before {
            self.push(Op::Jump(before + 1))?;
        }
        Ok(())
    }

    fn capture(&mut self, index: u32, node: &Node, back: bool) -> Result<(), PatternErrorKind> {
        let (first, last) = (2 * index as usize, 2 * index as usize + 1);
        self.push(Op::Save(if back { last } else { first }))?;
        self.node(node, back)?;
        self.push(Op::Save(if back { first } else { last }))?;
        Ok(())
    }

    fn look(&mut self, look: &Look) -> Result<(), PatternErrorKind> {
        let at = self.push(Op::Match)?;
        self.node(&look.node, look.behind)?;
        self.push(Op::Match)?;
        self.ops[at] = Op::Look {
            negative: look.negative,
            end: self.ops.len(),
        };
        Ok(())
    }
}

fn choice(body: usize, end: usize, greedy: bool) -> Op {
    if greedy {
        Op::Split(body, end)
    } else {
        Op::Split(end, body)
    }
}

/// The groups inside a node.
fn captures(node: &Node) -> Vec<u32> {
    match node {
        Node::Empty | Node::Class(_) | Node::Assert(_) | Node::Backreference(_) => Vec::new(),
        Node::Concat(nodes) | Node::Alternate(nodes) => nodes.iter().flat_map(captures).collect(),
        Node::Repeat { node, .. } => captures(node),
        Node::Look(look) => captures(&look.node),
        Node::Capture(index, node) => {
            let mut inner = captures(node);
            inner.push(*index);
            inner
        }
    }
}
