//! Merging what the schemas of a set ask, type by type.

use super::{Normaliser, Set};
use crate::schema::leaf::{NumberLeaf, StringLeaf};
use crate::schema::number::{NumberLanguage, NumberMember};
use crate::schema::options::CompileError;
use crate::schema::raw::Origin;
use crate::schema::shape::{Bound, Shape};
use crate::schema::text;
use crate::schema::types::TypeSet;

impl Normaliser<'_> {
    /// The shape of a set, none if it asks nothing.
    pub(super) fn shape(&mut self, set: &Set) -> Result<Option<Shape>, CompileError> {
        let raws = self.raws;
        let each = || set.iter().map(|&id| &raws[id as usize]);
        let type_origins: Vec<_> = each().flat_map(|raw| raw.types.iter().copied()).collect();
        let types = type_origins
            .iter()
            .fold(TypeSet::ALL, |left, &(types, _)| left.and(types));
        let strings: Vec<_> = each().flat_map(|raw| raw.strings.iter().cloned()).collect();
        let numbers: Vec<_> = each().flat_map(|raw| raw.numbers.iter().cloned()).collect();
        let shape = Shape {
            types,
            type_origins,
            string: if types.contains(TypeSet::STRING) {
                self.string_leaf(strings)?
            } else {
                None
            },
            number: if types.contains(TypeSet::NUMBER) {
                self.number_leaf(numbers)?
            } else {
                None
            },
            array: if types.contains(TypeSet::ARRAY) {
                self.array_shape(set).map(Box::new)
            } else {
                None
            },
            object: if types.contains(TypeSet::OBJECT) {
                self.object_shape(set)?.map(Box::new)
            } else {
                None
            },
        };
        let asks = types != TypeSet::ALL
            || shape.string.is_some()
            || shape.number.is_some()
            || shape.array.is_some()
            || shape.object.is_some();
        Ok(asks.then_some(shape))
    }

    /// The language of these members together, none if there are none.
    pub(super) fn string_leaf(
        &mut self,
        asked: Vec<(text::Member, Origin)>,
    ) -> Result<Option<StringLeaf>, CompileError> {
        if asked.is_empty() {
            return Ok(None);
        }
        let (members, origins): (Vec<_>, Vec<Origin>) = asked.into_iter().unzip();
        let language = self.text.compile(&members).map_err(|error| {
            let origin = origins[error.member];
            CompileError::at(
                format!("{}/{}", self.paths[origin.path as usize], origin.keyword),
                error.to_string(),
            )
        })?;
        Ok(Some(StringLeaf {
            language,
            origins: origins.into(),
        }))
    }

    fn number_leaf(
        &self,
        asked: Vec<(NumberMember, Origin)>,
    ) -> Result<Option<NumberLeaf>, CompileError> {
        if asked.is_empty() {
            return Ok(None);
        }
        let (members, origins): (Vec<_>, Vec<Origin>) = asked.into_iter().unzip();
        let language =
            NumberLanguage::compile(&members, self.options.exponents).map_err(|error| {
                let origin = origins[error.member];
                CompileError::at(
                    format!("{}/{}", self.paths[origin.path as usize], origin.keyword),
                    error.to_string(),
                )
            })?;
        Ok(Some(NumberLeaf {
            language,
            origins: origins.into(),
        }))
    }
}

/// The larger of two lower bounds.
pub(super) fn higher(one: Bound, other: Bound) -> Bound {
    [one, other]
        .into_iter()
        .flatten()
        .max_by_key(|&(bound, _)| bound)
}

/// The smaller of two upper bounds.
pub(super) fn lower(one: Bound, other: Bound) -> Bound {
    [one, other]
        .into_iter()
        .flatten()
        .min_by_key(|&(bound, _)| bound)
}
