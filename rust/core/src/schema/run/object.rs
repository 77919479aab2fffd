//! An object in its shape: which names have been seen, and what the key being read can become.

use crate::json::{Limit, Scalars};
use crate::schema::raw::Origin;
use crate::schema::shape::{ObjectShape, Others};
use crate::schema::text::{Answer, StringLanguage, StringState};

use super::members::{Members, closer};

/// What is kept of an object.
#[derive(Debug)]
pub(super) struct ObjectState {
    /// The names of the shape that it has had.
    pub members: Members,
    /// The key being read.
    key: KeyState,
}

/// What a key can still become.
#[derive(Debug, Default)]
struct KeyState {
    /// The names that begin with it: a range of the shape's.
    first: usize,
    end: usize,
    /// Bytes read.
    depth: usize,
    /// Where patterns or a language of names have a say.
    languages: Option<Box<KeyLanguages>>,
}

/// A key in each pattern, and in the language of names.
#[derive(Debug)]
struct KeyLanguages {
    patterns: Vec<StringState>,
    names: Option<StringState>,
}

impl KeyState {
    fn patterns(&self) -> &[StringState] {
        self.languages
            .as_ref()
            .map_or(&[], |languages| &languages.patterns)
    }

    fn names(&self) -> Option<&StringState> {
        self.languages.as_ref()?.names.as_ref()
    }
}

/// What the shape says of a complete key.
pub(super) enum KeyFound {
    /// A name of the shape, by its place.
    Named(usize),
    /// Another name, with the patterns that match it.
    Other(Vec<bool>),
    /// A bound ran out before a pattern could be decided.
    Undecided(Limit),
}

impl ObjectState {
    pub fn new(shape: &ObjectShape) -> Self {
        Self {
            members: Members::new(shape),
            key: KeyState::default(),
        }
    }

    /// Why an object of `count` members cannot get what it must have, if it cannot.
    pub fn doomed(&self, shape: &ObjectShape, count: u64) -> Option<Origin> {
        let (max, origin) = shape.max?;
        (self.members.lacking(shape) > max.saturating_sub(count)).then_some(origin)
    }

    /// A key begins.
    pub fn begin_key(&mut self, shape: &ObjectShape) {
        let constrained = !shape.patterns.is_empty() || shape.name_language.is_some();
        let languages = constrained.then(|| {
            let patterns = shape
                .patterns
                .iter()
                .map(|leaf| leaf.language.start())
                .collect();
            let names = shape
                .name_language
                .as_ref()
                .map(|leaf| leaf.language.start());
            Box::new(KeyLanguages { patterns, names })
        });
        self.key = KeyState {
            first: 0,
            end: shape.names.len(),
            depth: 0,
            languages,
        };
    }

    /// Reads one character of the key; `count` members are there before it.
    pub fn key_char(&mut self, shape: &ObjectShape, scalar: char) {
        let key = &mut self.key;
        let mut buffer = [0; 4];
        for &byte in scalar.encode_utf8(&mut buffer).as_bytes() {
            let next =
                |name: &crate::schema::shape::Name| name.text.as_bytes().get(key.depth).copied();
            let range = &shape.names[key.first..key.end];
            let before = range.partition_point(|name| next(name).is_none_or(|known| known < byte));
            let same = range[before..].partition_point(|name| next(name) == Some(byte));
            key.first += before;
            key.end = key.first + same;
            key.depth += 1;
        }
        let Some(languages) = &mut key.languages else {
            return;
        };
        for (leaf, state) in shape.patterns.iter().zip(&mut languages.patterns) {
            leaf.language.step(state, scalar);
        }
        if let (Some(leaf), Some(state)) = (&shape.name_language, &mut languages.names) {
            leaf.language.step(state, scalar);
        }
    }

    /// Whether the key can still become the name of a member, `count` members being there before it.
    pub fn key_alive(&self, shape: &ObjectShape, count: u64) -> bool {
        self.alive_with(shape, count, &|_| true, &|_, state| !state.is_dead())
    }

    /// Whether it can with a further scalar value among these.
    pub fn key_alive_in(&self, shape: &ObjectShape, count: u64, among: &Scalars) -> bool {
        let next = |name: &str| {
            name.get(self.key.depth..)
                .and_then(|rest| rest.chars().next())
        };
        let named = |name: &str| {
            next(name).is_some_and(|scalar| {
                among
                    .ranges()
                    .any(|range| range.contains(&u32::from(scalar)))
            })
        };
        let inside = |language: &StringLanguage, state: &StringState| {
            among
                .ranges()
                .any(|range| language.alive_in(state, *range.start(), *range.end()))
        };
        self.alive_with(shape, count, &named, &inside)
    }

    fn alive_with(
        &self,
        shape: &ObjectShape,
        count: u64,
        named: &dyn Fn(&str) -> bool,
        alive: &dyn Fn(&StringLanguage, &StringState) -> bool,
    ) -> bool {
        let tight = shape
            .max
            .is_some_and(|(max, _)| self.members.lacking(shape) >= max.saturating_sub(count));
        if self.other_alive(shape, alive) && !tight {
            return true;
        }
        let range = self.key.first..self.key.end;
        shape.names[range.clone()]
            .iter()
            .zip(range)
            .any(|(name, at)| {
                let wanted = name.slot.forbidden.is_none() && !self.members.has(at);
                wanted && (!tight || name.required.is_some()) && named(&name.text)
            })
    }

    /// Whether the key can still become a name that the shape does not list.
    fn other_alive(
        &self,
        shape: &ObjectShape,
        alive: &dyn Fn(&StringLanguage, &StringState) -> bool,
    ) -> bool {
        let possible = match (&shape.name_language, self.key.names()) {
            (Some(leaf), Some(state)) => alive(&leaf.language, state),
            _ => true,
        };
        if !possible || shape.is_closed() {
            return false;
        }
        let patterns = shape.patterns.iter().zip(self.key.patterns()).enumerate();
        let bits = patterns.filter(|(at, (leaf, state))| *at < 64 && alive(&leaf.language, state));
        shape.allows_among(bits.fold(0, |bits, (at, _)| bits | 1 << at))
    }

    /// What a complete key is.
    pub fn key_end(&self, shape: &ObjectShape) -> KeyFound {
        let key = &self.key;
        if let (Some(leaf), Some(state)) = (&shape.name_language, key.names())
            && leaf.language.accepts(state) == Answer::Limit
        {
            return KeyFound::Undecided(leaf.language.limit(state));
        }
        let named = shape
            .names
            .get(key.first)
            .filter(|name| key.first < key.end && name.text.len() == key.depth);
        if named.is_some() {
            return KeyFound::Named(key.first);
        }
        let mut matches = Vec::with_capacity(shape.patterns.len());
        for (leaf, state) in shape.patterns.iter().zip(key.patterns()) {
            match leaf.language.accepts(state) {
                Answer::Limit => return KeyFound::Undecided(leaf.language.limit(state)),
                answer => matches.push(answer == Answer::Yes),
            }
        }
        KeyFound::Other(matches)
    }

    /// Whether the language of names accepts the complete key; the origin of what refuses it.
    pub fn name_refused(&self, shape: &ObjectShape) -> Option<Origin> {
        let (leaf, state) = (shape.name_language.as_ref()?, self.key.names()?);
        (leaf.language.accepts(state) == Answer::No)
            .then(|| leaf.blame(state))
            .flatten()
    }

    /// Who refuses the key that has died.
    pub fn key_blame(&self, shape: &ObjectShape, count: u64) -> Option<Origin> {
        if let (Some(leaf), Some(state)) = (&shape.name_language, self.key.names())
            && state.is_dead()
        {
            return leaf.blame(state);
        }
        let tight = shape
            .max
            .filter(|&(max, _)| self.members.lacking(shape) >= max.saturating_sub(count));
        tight.map(|(_, origin)| origin).or_else(|| closer(shape))
    }

    /// Whether nothing that follows can make it violate its shape, all members so far being met.
    pub fn certain(&self, shape: &ObjectShape, count: u64, unique: bool) -> bool {
        let enough =
            self.members.missing(shape).is_none() && shape.min.is_none_or(|(min, _)| count >= min);
        if !enough
            || shape.max.is_some()
            || shape.name_language.is_some()
            || !shape.name_nodes.is_empty()
        {
            return false;
        }
        let Others::Each(slots) = &shape.others else {
            return false;
        };
        let free = slots
            .iter()
            .all(|slot| slot.children.is_empty() && slot.forbidden.is_none());
        let names = shape.names.iter().enumerate();
        free && names
            .into_iter()
            .all(|(at, name)| name.slot.children.is_empty() || (unique && self.members.has(at)))
    }
}
