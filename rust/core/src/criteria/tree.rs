//! Criteria combined: the description, compiled.

use std::sync::Arc;

use serde_json::Value;

use super::custom::Custom;
use super::fields::{Fields, Malformed, join, parse};
use super::leaf::Kind;
use super::stream::Stream;

/// Criteria of one description.
const LEAVES_LIMIT: usize = 256;

/// Whether a criterion holds at a prefix; met and failed are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It holds whatever follows.
    Met,
    /// It cannot hold any more.
    Failed,
    /// What follows decides.
    Open,
}

impl State {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Failed => "failed",
            Self::Open => "open",
        }
    }

    pub(super) const fn of(met: bool) -> Self {
        if met { Self::Met } else { Self::Failed }
    }
}

/// What kind of fault a failed criterion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A refusal.
    Refusal,
    /// A loop.
    Repetition,
    /// Any other criterion.
    Other,
}

/// A compiled description; immutable, shared by any number of streams.
#[derive(Debug)]
pub struct Criteria {
    pub(super) leaves: Vec<Leaf>,
    pub(super) root: Part,
}

/// One criterion and what the tree makes of it.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// A match of it can fail the whole: what may become one is not to be shown.
    pub(super) guard: bool,
}

/// A part of the tree.
#[derive(Debug)]
pub(super) struct Part {
    node: Node,
    weight: f64,
    soft: bool,
}

#[derive(Debug)]
enum Node {
    Leaf(usize),
    All(Vec<Part>),
    Any(Vec<Part>),
    Not(Box<Part>),
}

/// How a part bears on the whole.
#[derive(Clone, Copy)]
struct Bearing {
    /// Under an even number of `not`.
    upright: bool,
    /// Under no `soft`.
    hard: bool,
}

impl Criteria {
    /// Reads a description: a list, all of which must hold, or one object.
    ///
    /// # Errors
    /// [`Malformed`] names the place and the remedy.
    pub fn from_json(json: &[u8]) -> Result<Self, Malformed> {
        Self::read(&parse(json)?)
    }

    /// As [`Criteria::from_json`], of a parsed description.
    ///
    /// # Errors
    /// [`Malformed`] names the place and the remedy.
    pub fn read(value: &Value) -> Result<Self, Malformed> {
        let mut leaves = Vec::new();
        let bearing = Bearing {
            upright: true,
            hard: true,
        };
        let root = match value.as_array() {
            Some(list) => Part {
                node: Node::All(read_parts(list, "", bearing, &mut leaves)?),
                weight: 1.0,
                soft: false,
            },
            None => read_part(value, "", bearing, &mut leaves)?,
        };
        Ok(Self { leaves, root })
    }

    /// One growing text.
    #[must_use]
    pub fn stream(self: &Arc<Self>) -> Stream {
        Stream::new(Arc::clone(self))
    }

    /// The number of criteria.
    #[must_use]
    pub fn len(&self) -> usize {
        self.leaves.len()
    }

    /// Whether there are none: every text is met.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// The name of a criterion, by its position in order of description; empty where there is none.
    #[must_use]
    pub fn name(&self, criterion: usize) -> &str {
        self.leaves.get(criterion).map_or("", |leaf| &leaf.name)
    }

    /// The position of the criterion of this name.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.leaves.iter().position(|leaf| leaf.name == name)
    }

    /// The criteria that are answered outside.
    pub fn customs(&self) -> impl Iterator<Item = (usize, Custom)> {
        self.leaves
            .iter()
            .enumerate()
            .filter_map(|(index, leaf)| match leaf.kind {
                Kind::Custom(custom) => Some((index, custom)),
                _ => None,
            })
    }

    pub(super) fn fault(&self, criterion: usize) -> Fault {
        match self.leaves[criterion].kind {
            Kind::Refusal(_) => Fault::Refusal,
            Kind::Repetition(_) => Fault::Repetition,
            _ => Fault::Other,
        }
    }
}

fn read_parts(
    list: &[Value],
    place: &str,
    bearing: Bearing,
    leaves: &mut Vec<Leaf>,
) -> Result<Vec<Part>, Malformed> {
    let read = |(index, value): (usize, &Value)| {
        read_part(value, &join(place, &index.to_string()), bearing, leaves)
    };
    list.iter().enumerate().map(read).collect()
}

fn read_part(
    value: &Value,
    place: &str,
    bearing: Bearing,
    leaves: &mut Vec<Leaf>,
) -> Result<Part, Malformed> {
    let mut fields = Fields::of(value, place)?;
    let soft = fields.bool("soft")?.unwrap_or(false);
    let weight = fields.amount("weight")?.unwrap_or(1.0);
    let name = fields.str("name")?;
    let bearing = Bearing {
        hard: bearing.hard && !soft,
        ..bearing
    };
    let mut node = read_group(&mut fields, bearing, leaves)?;
    for key in Kind::KEYS {
        let Some(value) = fields.take(key) else {
            continue;
        };
        if node.is_some() {
            return Err(fields.error(
                key,
                "one criterion an object; several make a list under all or any",
            ));
        }
        let kind = Kind::read(key, value, &fields.place(key))?;
        node = Some(add_leaf(&fields, (key, name), kind, bearing, leaves)?);
    }
    let known = format!(
        "names no criterion; known are all, any, not, {}",
        Kind::KEYS.join(", ")
    );
    fields.done()?;
    let node = node.ok_or_else(|| Malformed::new(place, known))?;
    Ok(Part { node, weight, soft })
}

fn read_group(
    fields: &mut Fields,
    bearing: Bearing,
    leaves: &mut Vec<Leaf>,
) -> Result<Option<Node>, Malformed> {
    let (all, any, not) = (fields.list("all")?, fields.list("any")?, fields.take("not"));
    Ok(match (all, any, not) {
        (None, None, None) => None,
        (Some(list), None, None) => Some(Node::All(read_parts(
            list,
            &fields.place("all"),
            bearing,
            leaves,
        )?)),
        (None, Some([]), None) => return Err(fields.error("any", "needs at least one criterion")),
        (None, Some(list), None) => Some(Node::Any(read_parts(
            list,
            &fields.place("any"),
            bearing,
            leaves,
        )?)),
        (None, None, Some(part)) => {
            let bearing = Bearing {
                upright: !bearing.upright,
                ..bearing
            };
            let part = read_part(part, &fields.place("not"), bearing, leaves)?;
            Some(Node::Not(Box::new(part)))
        }
        _ => return Err(fields.error("all", "only one of all, any and not")),
    })
}

fn add_leaf(
    fields: &Fields,
    (key, name): (&str, Option<&str>),
    kind: Kind,
    bearing: Bearing,
    leaves: &mut Vec<Leaf>,
) -> Result<Node, Malformed> {
    let index = leaves.len();
    if index == LEAVES_LIMIT {
        return Err(fields.error(key, format!("more than {LEAVES_LIMIT} criteria")));
    }
    let name = match name {
        Some(name) => name.to_owned(),
        None if matches!(kind, Kind::Custom(_)) => {
            return Err(fields.error("name", "is missing: whoever answers needs it"));
        }
        None => format!("{key}-{}", index + 1),
    };
    if leaves.iter().any(|leaf| leaf.name == name) {
        return Err(fields.error("name", "another criterion has this name"));
    }
    let harms = kind
        .match_helps()
        .is_some_and(|helps| helps != bearing.upright);
    leaves.push(Leaf {
        name,
        kind,
        guard: harms && bearing.hard,
    });
    Ok(Node::Leaf(index))
}

impl Part {
    /// The part's state, given the criteria's.
    pub(super) fn state(&self, leaves: &[State]) -> State {
        if self.soft {
            return State::Met;
        }
        match &self.node {
            Node::Leaf(index) => leaves[*index],
            Node::All(parts) => decided(parts, leaves, State::Failed, State::Met),
            Node::Any(parts) => decided(parts, leaves, State::Met, State::Failed),
            Node::Not(part) => match part.state(leaves) {
                State::Met => State::Failed,
                State::Failed => State::Met,
                State::Open => State::Open,
            },
        }
    }

    /// The part's score, given the criteria's.
    pub(super) fn score(&self, leaves: &[f64]) -> f64 {
        match &self.node {
            Node::Leaf(index) => leaves[*index],
            Node::All(parts) => mean(parts, leaves),
            Node::Any(parts) => parts
                .iter()
                .map(|part| part.score(leaves))
                .fold(0.0, f64::max),
            Node::Not(part) => 1.0 - part.score(leaves),
        }
    }
}

/// `one` as soon as one part is, `every` once every part is, open until then.
fn decided(parts: &[Part], leaves: &[State], one: State, every: State) -> State {
    let mut all = true;
    for part in parts {
        let state = part.state(leaves);
        if state == one {
            return one;
        }
        all &= state == every;
    }
    if all { every } else { State::Open }
}

/// The weighted mean of the parts' scores; 1 where nothing weighs.
fn mean(parts: &[Part], leaves: &[f64]) -> f64 {
    let total: f64 = parts.iter().map(|part| part.weight).sum();
    let sum: f64 = parts
        .iter()
        .map(|part| part.weight * part.score(leaves))
        .sum();
    if total > 0.0 {
        (sum / total).clamp(0.0, 1.0)
    } else {
        1.0
    }
}
