//! Scalars at a stride.

use crate::json::{Between, Op, plain_string, whole_number};
use crate::schema::types::TypeSet;

use super::super::sole::Asked;
use super::Stride;

impl Stride<'_, '_> {
    pub(super) fn string(&mut self) -> Option<Between> {
        let asked = self.asked_of_scalar()?;
        let text = self.text;
        let (string, ascii) = plain_string(&text[self.at + 1..])?;
        let accepted = match asked {
            Asked::Shape(shape) => {
                let leaf = shape.string.as_ref();
                shape.types.contains(TypeSet::STRING)
                    && leaf.is_none_or(|leaf| leaf.language.accepts_whole(string, ascii))
            }
            _ => true,
        };
        accepted.then(|| {
            let op = Op::String(string.len() as u32);
            self.take(string.len() + 2, op, string)
        })
    }

    pub(super) fn number(&mut self) -> Option<Between> {
        let asked = self.asked_of_scalar()?;
        let text = self.text;
        let number = whole_number(&text[self.at..])
            .filter(|number| number.text.len() <= self.limits.number as usize)?;
        let accepted = match asked {
            Asked::Shape(shape) => {
                let leaf = shape.number.as_ref();
                shape.types.contains(TypeSet::NUMBER)
                    && leaf.is_none_or(|leaf| leaf.language.accepts_whole(&number))
            }
            _ => true,
        };
        accepted.then(|| {
            let digits = number.text;
            let text = self
                .journal
                .as_ref()
                .and_then(|_| std::str::from_utf8(digits).ok());
            let op = Op::Number(digits.len() as u32);
            self.take(digits.len(), op, text.unwrap_or_default())
        })
    }

    pub(super) fn literal(&mut self, word: &str, types: TypeSet, op: Op) -> Option<Between> {
        let accepted = match self.asked_of_scalar()? {
            Asked::Shape(shape) => shape.types.contains(types),
            _ => true,
        };
        let whole = self.text[self.at..].starts_with(word.as_bytes());
        (accepted && whole).then(|| self.take(word.len(), op, ""))
    }
}
