//! From frames to a stride and back.

use crate::json::{Ahead, Between, Container, Journal, Kind};
use crate::schema::compiled::Compiled;
use crate::schema::node::Tri;
use crate::schema::shape::NodeId;

use super::super::cell::Body;
use super::super::keys::SeenNames;
use super::super::sole::Sole;
use super::super::{Link, Role, Run};
use super::Stride;
use super::place::{Child, Member, Place, Within};

impl Run {
    /// Reads whole tokens, as many as nothing is against; how many bytes, and what comes next.
    pub fn stride(
        &mut self,
        schema: &Compiled,
        from: Between,
        ahead: Ahead<'_>,
        journal: Option<&mut Journal>,
    ) -> (usize, Between) {
        let Ahead { text, limits, open } = ahead;
        if is_cut(text) {
            return (0, from);
        }
        let Some(here) = self.place(schema, from, text) else {
            return (0, from);
        };
        let names = match self.frames.last_mut() {
            Some(frame) => std::mem::replace(&mut frame.names, SeenNames::Unused),
            None => SeenNames::Unused,
        };
        let mut stride = Stride {
            schema,
            journal,
            limits,
            around: open.len(),
            text,
            at: 0,
            outer: Vec::new(),
            here,
            others: Vec::new(),
            names,
        };
        let next = stride.go(from);
        let read = stride.at;
        self.resume(stride, next, open);
        (read, next)
    }

    /// The innermost container as a place, if a stride can begin in it.
    fn place<'s>(&mut self, schema: &'s Compiled, from: Between, text: &[u8]) -> Option<Place<'s>> {
        let Some(frame) = self.frames.last() else {
            let begins = matches!(from, Between::Value { .. }) && matches!(text[0], b'{' | b'[');
            let free = self.outcome == Tri::Yes;
            let child = if free {
                Child::Nothing
            } else {
                Child::Node(self.root)
            };
            return begins.then(|| Place::outermost(child));
        };
        let mut place = Place::outermost(self.child());
        place.within = if frame.kind == Kind::Array {
            Within::Array
        } else {
            Within::Object
        };
        place.count = frame.count;
        if frame.kind == Kind::Object {
            place.member = Member::Known;
        }
        match frame.sole {
            Sole::Many => return None,
            Sole::Nobody => {}
            Sole::Cell(at) => {
                let cell = &mut self.cells[at as usize];
                place.array = cell.array(schema).filter(|_| frame.kind == Kind::Array);
                place.object = cell.object(schema).filter(|_| frame.kind == Kind::Object);
                if let Body::Object(state) = &mut cell.body {
                    place.members = std::mem::take(&mut state.members);
                }
            }
        }
        Some(place)
    }

    /// What is asked of the value of the current member.
    fn child(&self) -> Child {
        match self.wanted[..] {
            [] => Child::Nothing,
            [
                (
                    node,
                    Link {
                        role: Role::Must, ..
                    },
                ),
            ] => Child::Node(node),
            _ => Child::More,
        }
    }

    /// Goes on from where a stride ended: its places become frames.
    fn resume(&mut self, stride: Stride<'_, '_>, next: Between, open: &mut Vec<Container>) {
        if stride.here.within == Within::Nothing {
            if next == Between::End {
                self.outcome = Tri::Yes;
            }
            return;
        }
        let awaited = std::mem::take(&mut self.wanted);
        let in_member = matches!(next, Between::Colon | Between::Value { .. });
        if stride.outer.is_empty() {
            let mut place = stride.here;
            self.restore(&mut place, Some(stride.names));
            if in_member && place.within == Within::Object {
                self.ask(&place, stride.text, &awaited);
            }
            return;
        }
        // The outermost place is a frame already, or the root; these are its names.
        let mut names = Some(stride.names);
        let mut places = stride.outer.into_iter().chain([stride.here]).peekable();
        while let Some(mut place) = places.next() {
            let names = names.take();
            if let (None, Some(container)) = (&names, place.within.container()) {
                self.enter(stride.schema, kind_of(container));
                open.push(container);
            }
            self.restore(&mut place, names);
            let inner = places.peek();
            let end = inner.map_or(stride.others.len(), |inner| inner.others);
            for &(start, end) in &stride.others[place.others..end] {
                self.note(stride.schema, text_of(stride.text, start, end));
            }
            if inner.is_some() || in_member && place.within == Within::Object {
                self.ask(&place, stride.text, &awaited);
            }
        }
    }

    /// Gives the innermost frame what its place has found out.
    fn restore(&mut self, place: &mut Place<'_>, names: Option<SeenNames>) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        frame.count = place.count;
        if let Some(names) = names {
            frame.names = names;
        }
        if let Sole::Cell(at) = frame.sole
            && let Body::Object(state) = &mut self.cells[at as usize].body
        {
            state.members = std::mem::take(&mut place.members);
        }
    }

    fn note(&mut self, schema: &Compiled, name: &str) {
        if let Some(frame) = self.frames.last_mut() {
            frame.names.note(name, schema.seed);
        }
    }

    /// Asks for what the innermost frame wants of its current member or item.
    fn ask(&mut self, place: &Place<'_>, text: &[u8], awaited: &[(NodeId, Link)]) {
        let Some(frame) = self.frames.last() else {
            return;
        };
        let name = match place.member {
            Member::Known => return self.wanted.extend_from_slice(awaited),
            Member::Named(at) => place.object.map(|shape| &*shape.names[at].text),
            Member::Other(start, end) => Some(text_of(text, start, end)),
            Member::None => None,
        };
        if let Some(name) = name {
            self.keys.truncate(frame.key as usize);
            self.keys.push_str(name);
        }
        if let (Some(slot), Sole::Cell(cell)) = (place.slot(), frame.sole) {
            self.want(cell as usize, slot, Role::Must);
        }
    }
}

/// Text so short that the token it begins with is worth a look before a stride begins.
const SHORT: usize = 64;

/// Whether a short text begins with a string that it does not end.
fn is_cut(text: &[u8]) -> bool {
    text.len() < SHORT && text[0] == b'"' && !text[1..].contains(&b'"')
}

fn kind_of(container: Container) -> Kind {
    match container {
        Container::Array => Kind::Array,
        Container::Object => Kind::Object,
    }
}

/// A name in the chunk; it was read as text before.
fn text_of(text: &[u8], start: usize, end: usize) -> &str {
    std::str::from_utf8(&text[start..end]).unwrap_or_default()
}
