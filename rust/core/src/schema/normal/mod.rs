//! Normalising: from raw schemas to nodes.
//!
//! A node stands for a *set* of raw schemas that one value must all meet, closed under `allOf` and references. Its
//! disjunctions are multiplied out as far as a budget allows, each alternative being a larger set; each set without
//! disjunctions becomes a shape; what a shape asks of a member or item is again a set, hence a node. Sets that are met
//! again are the same node, so recursion ends; past the budget for nodes the schemas of a set are checked side by side,
//! which finds every violation, only later.

mod alternatives;
mod arrays;
mod disjoint;
mod emptiness;
mod formula;
mod fusion;
mod objects;
mod possible;
mod shapes;
mod unevaluated;
mod used;

use std::collections::BTreeSet;

use ahash::RandomState;
use hashbrown::HashMap;

use super::documents::hasher;
use super::node::Node;
use super::options::{CompileError, CompileOptions, Patterns};
use super::raw::{Origin, Raw, RawId};
use super::shape::{Children, NodeId, Slot};
use super::text::{TextCompiler, TextLimits};
use super::types::TypeSet;

/// Raw schemas that must all be met, sorted and closed under `allOf` and references.
type Set = Vec<RawId>;

/// Makes nodes of raw schemas.
struct Normaliser<'r> {
    raws: &'r [Raw],
    options: &'r CompileOptions,
    text: TextCompiler,
    paths: &'r [String],
    nodes: Vec<Option<Node>>,
    sets: Vec<Set>,
    by_set: HashMap<Set, NodeId, RandomState>,
    trivial: Vec<bool>,
    /// Types of values that may meet each raw schema, alternatives included.
    possible: Vec<TypeSet>,
    /// Steps taken so far.
    steps: u64,
}

/// Steps of putting nodes together from which compiling refuses: schemas of sets, names of objects and parts of formulas
/// that are looked at. Of `MaskBench`'s real schemas the largest takes 50,000.
const STEPS: u64 = 4_000_000;

/// The nodes of raw schemas; the first is the first schema's.
pub(super) fn normalise(
    raws: &[Raw],
    paths: &[String],
    options: &CompileOptions,
) -> Result<Vec<Node>, CompileError> {
    let limits = TextLimits {
        linear_only: options.patterns == Patterns::Linear,
        ..TextLimits::default()
    };
    let mut normaliser = Normaliser {
        raws,
        options,
        text: TextCompiler::new(limits),
        paths,
        nodes: Vec::new(),
        sets: Vec::new(),
        by_set: HashMap::with_hasher(hasher(options.seed)),
        trivial: raws.iter().map(asks_nothing).collect(),
        possible: possible::types(raws),
        steps: 0,
    };
    let root = normaliser.closure(&[0]);
    normaliser.node(root);
    let mut next = 0;
    while next < normaliser.nodes.len() {
        let node = normaliser.assemble(&normaliser.sets[next].clone())?;
        normaliser.nodes[next] = Some(node);
        next += 1;
    }
    let mut nodes: Vec<Node> = normaliser.nodes.into_iter().flatten().collect();
    emptiness::settle(&mut nodes);
    Ok(nodes)
}

fn asks_nothing(raw: &Raw) -> bool {
    raw.types.is_empty()
        && raw.strings.is_empty()
        && raw.numbers.is_empty()
        && raw.object.is_none()
        && raw.array.is_none()
        && raw.choices.is_empty()
        && raw.unevaluated_items.is_none()
        && raw.unevaluated_properties.is_none()
}

impl Normaliser<'_> {
    /// Counts steps against their budget.
    fn spend(&mut self, steps: usize) -> Result<(), CompileError> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > STEPS {
            return Err(CompileError::limit("steps", STEPS));
        }
        Ok(())
    }

    /// The schemas that must be met where these must.
    fn closure(&self, roots: &[RawId]) -> Set {
        let mut found = BTreeSet::new();
        let mut stack = roots.to_vec();
        while let Some(id) = stack.pop() {
            if found.insert(id) {
                stack.extend(&self.raws[id as usize].also);
            }
        }
        found
            .into_iter()
            .filter(|&id| !self.trivial[id as usize])
            .collect()
    }

    /// The node of a set.
    fn node(&mut self, set: Set) -> NodeId {
        if let Some(&id) = self.by_set.get(&set) {
            return id;
        }
        let id = self.nodes.len() as NodeId;
        self.nodes.push(None);
        self.sets.push(set.clone());
        self.by_set.insert(set, id);
        id
    }

    /// What a member or item must meet: one node where the budget allows, else a node a schema.
    fn children(&mut self, raws: &[RawId]) -> Children {
        let set = self.closure(raws);
        if set.is_empty() {
            return Box::default();
        }
        let affordable = self.nodes.len() < self.options.budgets.nodes as usize;
        if affordable || raws.len() < 2 || self.by_set.contains_key(&set) {
            return Box::new([self.node(set)]);
        }
        raws.iter()
            .map(|&raw| self.closure(&[raw]))
            .filter(|set| !set.is_empty())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|set| self.node(set))
            .collect()
    }

    /// The slot in which these schemas are asked for; those that nothing meets are blamed first.
    fn slot(&mut self, asked: &[(RawId, Origin)]) -> Slot {
        let raws: Vec<RawId> = asked.iter().map(|&(raw, _)| raw).collect();
        let refuses = |raw: RawId| {
            self.raws[raw as usize]
                .types
                .iter()
                .any(|(types, _)| types.is_empty())
        };
        let (first, others): (Vec<_>, Vec<_>) = asked.iter().partition(|(raw, _)| refuses(*raw));
        let origins = first
            .into_iter()
            .chain(others)
            .map(|&(_, origin)| origin)
            .collect();
        Slot {
            children: self.children(&raws),
            forbidden: None,
            origins,
        }
    }
}
