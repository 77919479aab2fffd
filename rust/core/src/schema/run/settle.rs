//! How what is decided travels: from cells to goals, from goals to the cells above, to the document.

use crate::schema::compiled::Compiled;
use crate::schema::node::{Formula, Tri};
use crate::schema::raw::Origin;

use super::cell::{Blame, Body, Cell, Missing};
use super::{Death, Goal, Link, Role, Run, evaluate};

impl Run {
    /// A cell is certainly not met.
    pub(super) fn fail(&mut self, cell: usize, blame: Option<Blame>) {
        if self.on.is_some() && self.endure(cell, blame) {
            return;
        }
        let cell = &mut self.cells[cell];
        if cell.status == Tri::Open {
            cell.status = Tri::No;
            cell.blame = blame;
            self.dirty.push(cell.goal);
        }
    }

    /// A cell is certainly not met, by a rule for its own value.
    pub(super) fn fail_here(&mut self, cell: usize, origin: Option<Origin>) {
        let blame = origin.map(|origin| self.blame_of_cell(cell, origin));
        self.fail(cell, blame);
    }

    /// A cell is certainly not met, by a rule for the value around its own.
    pub(super) fn fail_around(&mut self, cell: usize, origin: Option<Origin>) {
        let blame = origin.map(|origin| self.blame_of_cell(cell, origin));
        let around = |blame: Blame| Blame {
            depth: blame.depth.saturating_sub(1),
            ..blame
        };
        self.fail(cell, blame.map(around));
    }

    /// A cell lacks a member.
    pub(super) fn fail_missing(&mut self, cell: usize, origin: Option<Origin>, name: usize) {
        let (node, spec) = (self.cells[cell].node, self.cells[cell].spec);
        let missing = Some(Missing {
            node,
            spec,
            name: name as u32,
        });
        let blame = origin.map(|origin| Blame {
            missing,
            ..self.blame_of_cell(cell, origin)
        });
        self.fail(cell, blame);
    }

    fn blame_of_cell(&self, cell: usize, origin: Origin) -> Blame {
        let depth = self.goals[self.cells[cell].goal as usize].frame;
        Blame {
            origin,
            missing: None,
            depth,
            at: self.now,
        }
    }

    /// A cell is certainly met.
    pub(super) fn pass(&mut self, cell: usize) {
        let cell = &mut self.cells[cell];
        if cell.status == Tri::Open {
            cell.status = Tri::Yes;
            self.dirty.push(cell.goal);
        }
    }

    /// Evaluates goals until nothing changes.
    pub(super) fn settle(&mut self, schema: &Compiled) {
        while let Some(at) = self.dirty.pop() {
            let Some(goal) = self
                .goals
                .get(at as usize)
                .filter(|goal| goal.status == Tri::Open)
            else {
                continue;
            };
            let formula = &schema.nodes[goal.node as usize].formula;
            let first = goal.cells as usize;
            if schema.nodes[goal.node as usize].has_watches {
                self.settle_watches(schema, at, false);
            }
            let status = evaluate(formula, &self.cells[first..]);
            if status != Tri::Open {
                self.decide(schema, at as usize, status);
            }
        }
    }

    /// Watches depend on the other cells of their goal.
    pub(super) fn settle_watches(&mut self, schema: &Compiled, goal: u32, ended: bool) {
        let Goal { node, cells, .. } = self.goals[goal as usize];
        let first = cells as usize;
        for at in first..first + schema.nodes[node as usize].cells.len() {
            let cell = &self.cells[at];
            let (Body::Watch(state), Some(watch), Tri::Open) =
                (&cell.body, cell.watch(schema), cell.status)
            else {
                continue;
            };
            let own = &self.cells[first..];
            let status = state.verdict(watch, &|at| own[at as usize].status);
            if status == Tri::No {
                let blame = self.blame_of_cell(at, watch.origin);
                self.cells[at].status = Tri::No;
                self.cells[at].blame = Some(blame);
            } else if status == Tri::Yes && ended {
                self.cells[at].status = Tri::Yes;
            }
        }
    }

    fn decide(&mut self, schema: &Compiled, at: usize, status: Tri) {
        self.goals[at].status = status;
        let (first, end) = (
            self.goals[at].links as usize,
            self.goals[at].links_end as usize,
        );
        for link in first..end {
            let link = self.links[link];
            let blame = if status == Tri::No {
                Some(self.culprit(schema, at, link))
            } else {
                None
            };
            self.tell(schema, link, status, blame);
        }
    }

    fn tell(&mut self, schema: &Compiled, link: Link, status: Tri, blame: Option<Blame>) {
        let cell = link.cell as usize;
        match link.role {
            Role::Root => {
                self.outcome = status;
                if let Some(blame) = blame {
                    self.die(Death::Rule(blame));
                }
            }
            Role::Must if status == Tri::No => self.fail(cell, blame),
            Role::Contains(at) if status == Tri::Yes => {
                let Some(shape) = self.cells[cell].array(schema) else {
                    return;
                };
                let Body::Array(state) = &mut self.cells[cell].body else {
                    return;
                };
                if let Some(origin) = state.found(shape, at as usize) {
                    self.fail_here(cell, Some(origin));
                }
            }
            Role::Rest if status == Tri::No => {
                if let Body::Watch(state) = &mut self.cells[cell].body {
                    state.fail();
                }
                self.dirty.push(self.cells[cell].goal);
            }
            Role::Reaches(evaluator) => {
                let Some(watch) = self.cells[cell].watch(schema) else {
                    return;
                };
                if let Body::Watch(state) = &mut self.cells[cell].body {
                    state.contained(watch, evaluator as usize, status == Tri::Yes);
                }
                self.dirty.push(self.cells[cell].goal);
            }
            Role::Must | Role::Contains(_) | Role::Rest => {}
        }
    }

    /// Why a goal is not met. Where it is for want of alternatives, what each of them broke is kept.
    fn culprit(&mut self, schema: &Compiled, goal: usize, link: Link) -> Blame {
        let Goal {
            node, cells, frame, ..
        } = self.goals[goal];
        let here = |origin| Blame {
            origin,
            missing: None,
            depth: frame,
            at: self.now,
        };
        let formula = &schema.nodes[node as usize].formula;
        let cells = &self.cells[cells as usize..];
        let blame = blamed(formula, cells, &here).unwrap_or_else(|| here(link.origin));
        if let Some(alternatives) = lost(formula, cells) {
            let each = alternatives
                .iter()
                .filter_map(|part| blamed(part, cells, &here));
            self.causes.0 = Some(blame.origin);
            self.causes.1.clear();
            self.causes.1.extend(each);
        }
        // What was known earlier may lie in a value that is gone: then the blame is this value's.
        if blame.at == self.now || blame.depth <= frame {
            blame
        } else {
            here(blame.origin)
        }
    }
}

/// The alternatives that an unmet formula is short of, if that is what is to blame.
fn lost<'f>(formula: &'f Formula, cells: &[Cell]) -> Option<&'f [Formula]> {
    match formula {
        Formula::Or(any, _) => Some(any),
        Formula::And(all) => {
            let unmet = |part: &&Formula| evaluate(part, cells) == Tri::No;
            all.iter().find(unmet).and_then(|part| lost(part, cells))
        }
        _ => None,
    }
}

/// The part of an unmet formula that is to blame.
fn blamed(formula: &Formula, cells: &[Cell], here: &impl Fn(Origin) -> Blame) -> Option<Blame> {
    let status = |formula: &Formula| evaluate(formula, cells);
    match formula {
        Formula::True | Formula::False => None,
        Formula::Cell(at) => cells[*at as usize].blame,
        Formula::And(all) => all
            .iter()
            .find(|part| status(part) == Tri::No)
            .and_then(|part| blamed(part, cells, here)),
        Formula::Or(_, origin) | Formula::AtMostOne(_, origin) | Formula::Not(_, origin) => {
            Some(here(*origin))
        }
        Formula::If(parts, origin) => {
            let part = if status(&parts[0]) == Tri::No {
                &parts[2]
            } else {
                &parts[1]
            };
            blamed(part, cells, here).or_else(|| Some(here(*origin)))
        }
    }
}
