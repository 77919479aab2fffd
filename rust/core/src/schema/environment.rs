//! Dynamic environments: for each dynamic anchor's name, the place where it was first met.
//!
//! `$dynamicRef` and `$recursiveRef` look at the resources passed through on the way to them, and take the outermost
//! that has the anchor. Only the first binding of a name can matter, so an environment is a map of first bindings.

use std::collections::BTreeMap;

use super::resources::{Index, Place, address};

/// The number of an environment.
pub(super) type EnvironmentId = u32;

/// All environments met while building.
pub(super) struct Environments<'d> {
    known: Vec<BTreeMap<&'d str, Place<'d>>>,
    numbers: BTreeMap<Vec<(&'d str, usize)>, EnvironmentId>,
    /// Whether any resource has a dynamic anchor; if none has, there is one environment.
    in_use: bool,
}

impl<'d> Environments<'d> {
    /// The environment outside of everything.
    pub const EMPTY: EnvironmentId = 0;

    pub fn new(index: &Index<'d>) -> Self {
        let in_use = index
            .resources
            .iter()
            .any(|resource| !resource.dynamic.is_empty());
        Self {
            known: vec![BTreeMap::new()],
            numbers: BTreeMap::from([(Vec::new(), Self::EMPTY)]),
            in_use,
        }
    }

    /// The environment inside a resource that is entered from another environment.
    pub fn entering(
        &mut self,
        index: &Index<'d>,
        outer: EnvironmentId,
        resource: usize,
    ) -> EnvironmentId {
        let anchors = &index.resources[resource].dynamic;
        if !self.in_use
            || anchors
                .keys()
                .all(|name| self.known[outer as usize].contains_key(name))
        {
            return outer;
        }
        let mut bindings = self.known[outer as usize].clone();
        for (&name, &place) in anchors {
            bindings.entry(name).or_insert(place);
        }
        let key: Vec<_> = bindings
            .iter()
            .map(|(&name, place)| (name, address(place.value)))
            .collect();
        let known = &mut self.known;
        *self.numbers.entry(key).or_insert_with(|| {
            known.push(bindings);
            known.len() as EnvironmentId - 1
        })
    }

    /// What a name is bound to.
    pub fn find(&self, environment: EnvironmentId, name: &str) -> Option<Place<'d>> {
        self.known[environment as usize].get(name).copied()
    }
}
