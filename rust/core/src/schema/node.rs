//! Nodes: everything that is asked of one value, as a formula over cells.
//!
//! A *cell* is a shape, or a watch over what is left unevaluated. While a value is read each of its node's cells is
//! yes, no or open, and the formula says what that makes of the node. Where the budget allows, conjunctions have been
//! multiplied into the alternatives of disjunctions, so that an alternative's cell dies when it and all that surrounds
//! it cannot hold together.

use super::raw::Origin;
use super::shape::{Children, Shape};
use super::text::StringLanguage;

/// What is known of a cell or a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tri {
    /// Certainly not met, whatever follows.
    No,
    /// Not known yet.
    #[default]
    Open,
    /// Certainly met, whatever follows.
    Yes,
}

/// A condition over the cells of a node.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Formula {
    /// Always met.
    True,
    /// Never met.
    False,
    /// The cell at this place is met.
    Cell(u32),
    /// All are met.
    And(Vec<Formula>),
    /// At least one is met.
    Or(Vec<Formula>, Origin),
    /// At most one is met.
    AtMostOne(Vec<Formula>, Origin),
    /// It is not met.
    Not(Box<Formula>, Origin),
    /// If the first is met the second is, else the third.
    If(Box<[Formula; 3]>, Origin),
}

impl Formula {
    /// Whether it cannot be met without this cell.
    pub fn requires(&self, cell: u32) -> bool {
        match self {
            Self::Cell(at) => *at == cell,
            Self::And(all) => all.iter().any(|each| each.requires(cell)),
            _ => false,
        }
    }

    /// What the cells make of it.
    pub fn evaluate(&self, cell: &impl Fn(u32) -> Tri) -> Tri {
        match self {
            Self::True => Tri::Yes,
            Self::False => Tri::No,
            Self::Cell(at) => cell(*at),
            Self::And(all) => all
                .iter()
                .fold(Tri::Yes, |so_far, each| so_far.and(each.evaluate(cell))),
            Self::Or(any, _) => any
                .iter()
                .fold(Tri::No, |so_far, each| so_far.or(each.evaluate(cell))),
            Self::AtMostOne(some, _) => at_most_one(some, cell),
            Self::Not(inner, _) => inner.evaluate(cell).not(),
            Self::If(parts, _) => {
                let [condition, then, otherwise] = &**parts;
                match condition.evaluate(cell) {
                    Tri::Yes => then.evaluate(cell),
                    Tri::No => otherwise.evaluate(cell),
                    Tri::Open => then.evaluate(cell).if_agreeing(otherwise.evaluate(cell)),
                }
            }
        }
    }

    /// How many parts it has.
    pub fn size(&self) -> usize {
        match self {
            Self::True | Self::False | Self::Cell(_) => 1,
            Self::And(parts) | Self::Or(parts, _) | Self::AtMostOne(parts, _) => {
                1 + parts.iter().map(Self::size).sum::<usize>()
            }
            Self::Not(inner, _) => 1 + inner.size(),
            Self::If(parts, _) => 1 + parts.iter().map(Self::size).sum::<usize>(),
        }
    }

    /// Whether it has nothing but conjunctions and disjunctions: a cell's certain yes changes nothing early.
    pub fn is_monotone(&self) -> bool {
        match self {
            Self::True | Self::False | Self::Cell(_) => true,
            Self::And(parts) | Self::Or(parts, _) => parts.iter().all(Self::is_monotone),
            Self::AtMostOne(..) | Self::Not(..) | Self::If(..) => false,
        }
    }
}

fn at_most_one(some: &[Formula], cell: &impl Fn(u32) -> Tri) -> Tri {
    let (mut met, mut open) = (0, 0);
    for each in some {
        match each.evaluate(cell) {
            Tri::Yes => met += 1,
            Tri::Open => open += 1,
            Tri::No => {}
        }
    }
    match (met, open) {
        (2.., _) => Tri::No,
        (0, 0 | 1) | (1, 0) => Tri::Yes,
        _ => Tri::Open,
    }
}

impl Tri {
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Open,
        }
    }

    pub fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    pub fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Open => Self::Open,
            Self::Yes => Self::No,
        }
    }

    fn if_agreeing(self, other: Self) -> Self {
        if self == other { self } else { Self::Open }
    }
}

impl From<bool> for Tri {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// One thing to be known of a value.
#[derive(Debug)]
pub(super) enum CellSpec {
    /// It has this shape.
    Shape(Box<Shape>),
    /// What no other keyword evaluated meets a schema.
    Unevaluated(Unevaluated),
}

/// `unevaluatedItems` or `unevaluatedProperties` where disjunctions decide what is evaluated.
#[derive(Debug)]
pub(super) struct Unevaluated {
    /// Items, else members.
    pub items: bool,
    /// What a member or item that nothing evaluates must meet.
    pub children: Children,
    /// Who may evaluate it.
    pub evaluators: Vec<Evaluator>,
    /// The keyword.
    pub origin: Origin,
}

/// A schema in whose favour members or items count as evaluated.
#[derive(Debug)]
pub(super) struct Evaluator {
    /// If this is met at the end.
    pub condition: Formula,
    /// Which ones it evaluates.
    pub reach: Reach,
}

/// Which members or items a schema evaluates.
#[derive(Debug)]
pub(super) enum Reach {
    /// All.
    All,
    /// Members with these names, sorted, or matching these patterns.
    Names(Vec<Box<str>>, Vec<StringLanguage>),
    /// So many first items.
    Items(u64),
    /// Items that meet this.
    Contained(Children),
}

/// Everything that is asked of one value.
#[derive(Debug)]
pub(super) struct Node {
    /// What must hold.
    pub formula: Formula,
    /// Over these cells. A watch comes after the cells its conditions name.
    pub cells: Vec<CellSpec>,
    /// No value meets it.
    pub is_empty: bool,
    /// Who is to blame for that, where it is known.
    pub blame: Option<Origin>,
    /// Some cell is a watch.
    pub has_watches: bool,
}
