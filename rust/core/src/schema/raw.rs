//! Schemas as they were written, keyword by keyword, with every reference resolved.
//!
//! A *raw* schema is one place in the documents under one dynamic environment: which resource each `$dynamicAnchor`
//! name was first met in on the way here. Because the environment is part of what a raw schema is, `$dynamicRef` and
//! `$recursiveRef` are resolved once, when compiling; there are finitely many environments, and a budget.

use super::number;
use super::text;
use super::types::TypeSet;

/// The number of a raw schema.
pub(super) type RawId = u32;

/// Where a constraint comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The schema it stands in, as a number in the table of paths.
    pub path: u32,
    /// The keyword.
    pub keyword: &'static str,
}

/// One schema.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    /// Types that `type`, `enum` and `const` leave, and who said so.
    pub types: Vec<(TypeSet, Origin)>,
    /// What is asked of strings.
    pub strings: Vec<(text::Member, Origin)>,
    /// What is asked of numbers.
    pub numbers: Vec<(number::NumberMember, Origin)>,
    /// What is asked of objects.
    pub object: Option<Box<RawObject>>,
    /// What is asked of arrays.
    pub array: Option<Box<RawArray>>,
    /// Schemas that hold as well: `allOf` and references.
    pub also: Vec<RawId>,
    /// Disjunctions and negations over the same value.
    pub choices: Vec<Choice>,
    /// `unevaluatedItems`.
    pub unevaluated_items: Option<(RawId, Origin)>,
    /// `unevaluatedProperties`.
    pub unevaluated_properties: Option<(RawId, Origin)>,
}

impl Raw {
    /// A schema that asks nothing.
    pub const fn new() -> Self {
        Self {
            types: Vec::new(),
            strings: Vec::new(),
            numbers: Vec::new(),
            object: None,
            array: None,
            also: Vec::new(),
            choices: Vec::new(),
            unevaluated_items: None,
            unevaluated_properties: None,
        }
    }

    /// What is asked of objects, to be added to.
    pub fn object(&mut self) -> &mut RawObject {
        self.object.get_or_insert_default()
    }

    /// What is asked of arrays, to be added to.
    pub fn array(&mut self) -> &mut RawArray {
        self.array.get_or_insert_default()
    }
}

/// What one schema asks of objects.
#[derive(Clone, Debug, Default)]
pub(super) struct RawObject {
    /// `properties`.
    pub properties: Vec<(Box<str>, RawId)>,
    /// `patternProperties`, patterns as written.
    pub patterns: Vec<(Box<str>, RawId)>,
    /// `additionalProperties`.
    pub additional: Option<(RawId, Origin)>,
    /// `propertyNames`.
    pub names: Vec<(RawId, Origin)>,
    /// `required`.
    pub required: Vec<(Box<str>, Origin)>,
    /// `minProperties`.
    pub min: Option<(u64, Origin)>,
    /// `maxProperties`.
    pub max: Option<(u64, Origin)>,
    /// It spells out an `enum` or `const`, which evaluate nothing.
    pub silent: bool,
}

/// What one schema asks of arrays.
#[derive(Clone, Debug, Default)]
pub(super) struct RawArray {
    /// `prefixItems`, or `items` as a list.
    pub prefix: Vec<RawId>,
    /// `items` for the rest, or `additionalItems`.
    pub rest: Option<(RawId, Origin)>,
    /// `minItems`.
    pub min: Option<(u64, Origin)>,
    /// `maxItems`.
    pub max: Option<(u64, Origin)>,
    /// `uniqueItems`.
    pub unique: Option<Origin>,
    /// `contains` with its bounds.
    pub contains: Option<Contains>,
    /// It spells out an `enum` or `const`, which evaluate nothing.
    pub silent: bool,
}

/// `contains`, `minContains`, `maxContains`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contains {
    /// The schema to be met.
    pub schema: RawId,
    /// By at least so many items.
    pub min: (u64, Origin),
    /// By at most so many items.
    pub max: Option<(u64, Origin)>,
    /// Whether the items that meet it count as evaluated.
    pub evaluates: bool,
}

/// A disjunction or negation over the same value.
#[derive(Clone, Debug)]
pub(super) enum Choice {
    /// At least one: `anyOf`, `enum` over composites.
    Any(Vec<RawId>, Origin),
    /// Exactly one: `oneOf`.
    One(Vec<RawId>, Origin),
    /// Not this one.
    Not(RawId, Origin),
    /// `if`, `then`, `else`, and what is dependent on a key.
    If {
        /// The condition.
        condition: RawId,
        /// What holds where it is met.
        then: Option<RawId>,
        /// What holds where it is not.
        otherwise: Option<RawId>,
        /// Whether the condition's own annotations count: not for a dependency.
        annotates: bool,
        /// The keyword.
        origin: Origin,
    },
}
