//! Keys that are tried: read as far as their names go, and not counted, as they may be repeated.

use crate::schema::compiled::Compiled;
use crate::schema::node::Tri;

use super::Run;
use super::cell::Body;
use super::object::KeyFound;

impl Run {
    /// The key is complete: whoever allows no member of that name is not met, whatever its value will be.
    pub fn key_tried(&mut self, schema: &Compiled, at: u64) {
        self.now = at;
        self.digests.key_end();
        for at in self.own_cells() {
            let cell = &self.cells[at];
            let (Tri::Open, Body::Object(state), Some(shape)) =
                (cell.status, &cell.body, cell.object(schema))
            else {
                continue;
            };
            let refused = state.name_refused(shape);
            let forbidden = match state.key_end(shape) {
                KeyFound::Named(name) => shape.names[name].slot.forbidden,
                KeyFound::Other(matches) => shape
                    .slots_of(&matches)
                    .into_iter()
                    .find_map(|slot| slot.forbidden),
                // It is asked again when the object closes, and says so then.
                KeyFound::Undecided(_) => None,
            };
            if let Some(origin) = refused.or(forbidden) {
                self.fail_here(at, Some(origin));
            }
        }
        self.settle(schema);
    }
}
