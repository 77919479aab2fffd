//! The types that values meeting a schema can have, as far as types alone tell.

use crate::schema::raw::{Choice, Raw, RawId};
use crate::schema::types::TypeSet;

/// Times that what was found of inner schemas is carried outward. Those are numbered after the ones around them and looked
/// at first, so that one time does for all but references back; fewer than it takes leave too many types, never too few.
const ROUNDS: usize = 3;

/// The possible types of each raw schema.
pub(super) fn types(raws: &[Raw]) -> Vec<TypeSet> {
    let own = |raw: &Raw| {
        raw.types
            .iter()
            .fold(TypeSet::ALL, |left, &(types, _)| left.and(types))
    };
    let mut possible: Vec<TypeSet> = raws.iter().map(own).collect();
    for _ in 0..ROUNDS {
        for at in (0..raws.len()).rev() {
            possible[at] = narrowed(possible[at], &raws[at], &possible);
        }
    }
    possible
}

fn narrowed(own: TypeSet, raw: &Raw, possible: &[TypeSet]) -> TypeSet {
    let of = |id: RawId| possible[id as usize];
    let of_branch = |branch: Option<RawId>| branch.map_or(TypeSet::ALL, of);
    let beside = raw.also.iter().fold(own, |left, &id| left.and(of(id)));
    raw.choices
        .iter()
        .fold(beside, |left, choice| match choice {
            Choice::Any(branches, _) | Choice::One(branches, _) => {
                let any = |some: TypeSet, &id: &RawId| some.or(of(id));
                left.and(branches.iter().fold(TypeSet::NONE, any))
            }
            Choice::Not(..) => left,
            Choice::If {
                condition,
                then,
                otherwise,
                ..
            } => {
                let met = of(*condition).and(of_branch(*then));
                left.and(met.or(of_branch(*otherwise)))
            }
        })
}
