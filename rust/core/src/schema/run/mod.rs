//! Reading one document: frames, goals and cells.
//!
//! Every value being read has a *frame*. A frame has *goals*: the nodes that somebody asks this value to meet, each
//! once, with links to the cells that ask. A goal has a *cell* for each of its node's cells. All three lie on stacks,
//! a frame knowing where its part begins, so that opening and closing a value allocates nothing.
//!
//! A cell is no, open or yes. When one is decided, its goal's formula is evaluated; when that decides the goal, its
//! links tell the cells above. "No" travels at once and so kills the document at the byte that made it certain; "yes"
//! travels early only where it can matter: into negations, exclusions, conditions and counts.
//!
//! | event | what the cells of the innermost frame do |
//! | --- | --- |
//! | a value begins | a cell starts for each cell of each node asked for; most are decided by the type alone |
//! | text, digits | languages step; a dead one decides its cell |
//! | a key | names narrow, patterns step; a cell that allows no such key is decided |
//! | a key ends | the slots of that name ask for nodes |
//! | `,` | a cell that allows nothing further is decided |
//! | a value ends | what is left open is decided; goals report; the frame goes |

mod array;
mod cell;
mod containers;
mod digest;
mod found;
mod keys;
mod members;
mod object;
mod scalars;
mod settle;
mod sole;
mod stride;
mod tried;
mod watch;

use crate::json::{Container, Kind, Limit};

use super::compiled::Compiled;
use super::node::{Formula, Tri};
use super::raw::Origin;
use super::shape::{NodeId, Slot};
pub(super) use cell::{Blame, Missing};
use cell::{Cell, Start};
use digest::Digests;
use found::ReadingOn;
use keys::SeenNames;
use sole::Sole;

/// A value being read.
#[derive(Debug)]
struct Frame {
    kind: Kind,
    /// Where its goals, cells and links begin, and the name of its current member.
    goals: u32,
    cells: u32,
    links: u32,
    key: u32,
    /// Items or members that have begun.
    count: u64,
    /// Its names, if it is an object.
    names: SeenNames,
    /// Whether its items must differ.
    unique: bool,
    /// Who has a say in it.
    sole: Sole,
}

/// A node that the value of a frame is asked to meet.
#[derive(Debug)]
struct Goal {
    node: NodeId,
    /// Where its cells begin.
    cells: u32,
    /// Where its links begin and end.
    links: u32,
    links_end: u32,
    /// The frame it belongs to.
    frame: u32,
    status: Tri,
}

/// Who asks a goal, and what the answer means there.
#[derive(Clone, Copy, Debug)]
struct Link {
    /// The cell that asks, by its place; the document itself has none.
    cell: u32,
    role: Role,
    /// Who is to blame if the node is empty.
    origin: Origin,
}

/// What a goal is to the cell that asks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// The document.
    Root,
    /// It must be met.
    Must,
    /// It counts for the `contains` at this place.
    Contains(u32),
    /// A watch's own schema.
    Rest,
    /// A watch's evaluator by `contains`.
    Reaches(u32),
}

/// Why a document is dead.
#[derive(Clone, Copy, Debug)]
pub(super) enum Death {
    /// A rule is broken.
    Rule(Blame),
    /// A key is repeated.
    Duplicate {
        /// How deep the object lies.
        depth: u32,
    },
}

/// What one of several alternatives broke that all failed.
#[derive(Debug)]
pub(super) struct Cause {
    /// The rule.
    pub blame: Blame,
    /// JSON Pointer to the value that broke it; to the one of the alternatives if it is gone.
    pub path: String,
}

/// The reading of one document against one node.
#[derive(Debug)]
pub(super) struct Run {
    root: NodeId,
    frames: Vec<Frame>,
    goals: Vec<Goal>,
    cells: Vec<Cell>,
    links: Vec<Link>,
    /// The names of the current members of all open objects, one after the other.
    keys: String,
    /// What is asked of the value that comes next.
    wanted: Vec<(NodeId, Link)>,
    /// Goals with a cell that was decided.
    dirty: Vec<u32>,
    /// Offset of the byte being read.
    now: u64,
    digests: Digests,
    /// A scalar is being read of which nothing is asked: it has no frame.
    free: bool,
    outcome: Tri,
    death: Option<Death>,
    /// What each alternative of the choice that failed last broke, by the choice's keyword.
    causes: (Option<Origin>, Vec<Blame>),
    /// What the alternatives broke that the document died for want of.
    told_causes: Vec<Cause>,
    limit: Option<Limit>,
    /// What is found where a dead document is read on; none where it is not.
    on: Option<Box<ReadingOn>>,
}

impl Run {
    /// A document about to be read.
    pub fn new(root: NodeId, schema: &Compiled) -> Self {
        Self {
            root,
            frames: Vec::new(),
            goals: Vec::new(),
            cells: Vec::new(),
            links: Vec::new(),
            keys: String::new(),
            wanted: Vec::new(),
            dirty: Vec::new(),
            now: 0,
            digests: Digests::new(schema.seed),
            free: false,
            outcome: Tri::Open,
            death: None,
            causes: (None, Vec::new()),
            told_causes: Vec::new(),
            limit: None,
            on: None,
        }
    }

    /// Why the document is dead, if it is.
    pub fn death(&self) -> Option<Death> {
        self.death
    }

    /// What each alternative broke that the document died for want of.
    pub fn take_causes(&mut self) -> Vec<Cause> {
        std::mem::take(&mut self.told_causes)
    }

    /// The bound that was reached while judging.
    pub fn limit(&self) -> Option<Limit> {
        self.limit
    }

    /// Whether nothing more needs to be read: the document is dead, or a bound was reached.
    pub fn is_over(&self) -> bool {
        self.death.is_some() || self.limit.is_some()
    }

    /// The offset of the byte being read.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Why no document can be valid.
    pub fn unborn(&self, schema: &Compiled) -> Blame {
        let itself = Origin {
            path: 0,
            keyword: "false",
        };
        let origin = schema.nodes[self.root as usize].blame.unwrap_or(itself);
        Blame {
            origin,
            missing: None,
            depth: 0,
            at: 0,
        }
    }

    /// JSON Pointer to the value at a depth on the way to the value being read.
    pub fn path(&self, depth: usize) -> String {
        let mut path = String::new();
        for (at, frame) in self.frames.iter().enumerate().take(depth) {
            path.push('/');
            if frame.kind == Kind::Array {
                path.push_str(&frame.count.saturating_sub(1).to_string());
            } else {
                path.push_str(&super::documents::escaped(self.key_of(at)));
            }
        }
        path
    }

    /// Frames open now.
    pub fn depth(&self) -> usize {
        self.frames.len()
    }

    fn key_of(&self, frame: usize) -> &str {
        let end = self
            .frames
            .get(frame + 1)
            .map_or(self.keys.len(), |next| next.key as usize);
        &self.keys[self.frames[frame].key as usize..end]
    }

    /// A value begins: what is wanted of it becomes goals and cells.
    fn enter(&mut self, schema: &Compiled, kind: Kind) {
        if self.frames.is_empty() && self.outcome == Tri::Open {
            let origin = Origin {
                path: 0,
                keyword: "false",
            };
            self.wanted.push((
                self.root,
                Link {
                    cell: 0,
                    role: Role::Root,
                    origin,
                },
            ));
        }
        self.frames.push(Frame {
            kind,
            goals: self.goals.len() as u32,
            cells: self.cells.len() as u32,
            links: self.links.len() as u32,
            key: self.keys.len() as u32,
            count: 0,
            names: SeenNames::Unused,
            unique: false,
            sole: Sole::Many,
        });
        let mut wanted = std::mem::take(&mut self.wanted);
        if wanted.len() > 1 {
            wanted.sort_unstable_by_key(|&(node, _)| node);
        }
        for same in wanted.chunk_by(|one, other| one.0 == other.0) {
            self.pursue(schema, kind, same);
        }
        wanted.clear();
        self.wanted = wanted;
        self.prepare(schema, kind);
        self.settle(schema);
    }

    /// Adds a goal with its links and cells.
    fn pursue(&mut self, schema: &Compiled, kind: Kind, wanted: &[(NodeId, Link)]) {
        let id = wanted[0].0;
        let node = &schema.nodes[id as usize];
        let goal = self.goals.len() as u32;
        let links = self.links.len() as u32;
        self.links.extend(wanted.iter().map(|&(_, link)| link));
        let asked_eagerly = |&(_, link): &(NodeId, Link)| {
            !matches!(link.role, Role::Root | Role::Must)
                || (link.role == Role::Must && self.cells[link.cell as usize].eager)
        };
        let eager = !node.formula.is_monotone() || wanted.iter().any(asked_eagerly);
        self.goals.push(Goal {
            node: id,
            cells: self.cells.len() as u32,
            links,
            links_end: self.links.len() as u32,
            frame: self.frames.len() as u32 - 1,
            status: Tri::Open,
        });
        let fatal = self.on.is_some() && wanted.iter().any(|(_, link)| self.is_fatal(link));
        for (spec, of) in node.cells.iter().enumerate() {
            let (status, body, origin) = match cell::start(of, kind) {
                Start::Met => (Tri::Yes, cell::Body::Decided, None),
                Start::Unmet(origin) => (Tri::No, cell::Body::Decided, origin),
                Start::Open(body) => (Tri::Open, body, None),
            };
            let blame = origin.map(|origin| self.blame_here(origin));
            self.cells.push(Cell {
                node: id,
                spec: spec as u32,
                goal,
                status,
                blame,
                eager,
                fatal: fatal && node.formula.requires(spec as u32),
                body,
            });
        }
        self.dirty.push(goal);
    }

    /// A rule of the innermost value.
    fn blame_here(&self, origin: Origin) -> Blame {
        Blame {
            origin,
            missing: None,
            depth: self.frames.len() as u32 - 1,
            at: self.now,
        }
    }

    /// The places of the cells of the innermost frame.
    fn own_cells(&self) -> std::ops::Range<usize> {
        self.frames.last().map_or(0, |frame| frame.cells as usize)..self.cells.len()
    }

    /// Asks for what a slot demands of the value that comes next.
    fn want(&mut self, cell: usize, slot: &Slot, role: Role) {
        let origin = slot.origins.first().copied().unwrap_or(Origin {
            path: 0,
            keyword: "false",
        });
        let link = Link {
            cell: cell as u32,
            role,
            origin,
        };
        match *slot.children {
            [] => {}
            [node] => self.wanted.push((node, link)),
            ref several => self.wanted.extend(several.iter().map(|&node| (node, link))),
        }
    }

    /// The innermost value is complete and its cells are decided: it goes, and the one around it is told.
    fn leave(&mut self, schema: &Compiled) {
        self.settle(schema);
        let Some(frame) = self.frames.pop() else {
            return;
        };
        self.goals.truncate(frame.goals as usize);
        self.cells.truncate(frame.cells as usize);
        self.links.truncate(frame.links as usize);
        self.keys.truncate(frame.key as usize);
        self.after_child(schema);
        self.settle(schema);
    }

    /// Whether a text meets a node, by a reading of its own.
    fn text_meets(schema: &Compiled, node: NodeId, text: &str) -> Result<bool, Limit> {
        let mut run = Self::new(node, schema);
        run.begin(schema, Kind::String, 0);
        run.text(schema, text, 0);
        run.text_end(schema, 0);
        run.limit.map_or(Ok(run.outcome == Tri::Yes), Err)
    }

    fn closes(container: Container) -> Kind {
        if container == Container::Array {
            Kind::Array
        } else {
            Kind::Object
        }
    }
}

/// What cells make of a formula.
fn evaluate(formula: &Formula, cells: &[Cell]) -> Tri {
    formula.evaluate(&|at| cells[at as usize].status)
}
