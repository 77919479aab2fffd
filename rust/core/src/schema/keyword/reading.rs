//! Reading keyword values: what they must look like, and where they stand.

use crate::json::{Object, Value};
use crate::schema::builder::{Builder, Site};
use crate::schema::documents::escaped;
use crate::schema::options::CompileError;
use crate::schema::raw::{Origin, RawId};
use crate::schema::resources::Dialect;

/// The schema being read.
pub(super) struct Reader<'d, 'b, 'o> {
    pub builder: &'b mut Builder<'d, 'o>,
    pub id: RawId,
    pub site: Site<'d>,
    pub dialect: Dialect,
}

impl<'d> Reader<'d, '_, '_> {
    /// The origin of this schema's keyword.
    pub fn origin(&self, keyword: &'static str) -> Origin {
        Origin {
            path: self.id,
            keyword,
        }
    }

    /// The value of another keyword of this schema.
    pub fn sibling(&self, keyword: &str) -> Option<&'d Value> {
        self.site.value.get(keyword)
    }

    pub fn error(&self, keyword: &str, expected: &str) -> CompileError {
        self.builder
            .error(self.id, keyword, format!("{keyword} must be {expected}"))
    }

    /// The subschema that is a keyword's whole value.
    pub fn schema(&mut self, keyword: &str, value: &'d Value) -> Result<RawId, CompileError> {
        self.builder
            .child(self.id, self.site, value, || format!("/{keyword}"))
    }

    /// The subschemas of a keyword whose value is a list.
    pub fn schemas(&mut self, keyword: &str, value: &'d Value) -> Result<Vec<RawId>, CompileError> {
        let items = value
            .as_array()
            .ok_or_else(|| self.error(keyword, "a list of schemas"))?;
        let each = items.iter().enumerate();
        each.map(|(at, item)| {
            self.builder
                .child(self.id, self.site, item, || format!("/{keyword}/{at}"))
        })
        .collect()
    }

    /// The subschema of a member of a keyword whose value is an object.
    pub fn member(
        &mut self,
        keyword: &str,
        name: &str,
        value: &'d Value,
    ) -> Result<RawId, CompileError> {
        self.builder.child(self.id, self.site, value, || {
            format!("/{keyword}/{}", escaped(name))
        })
    }

    pub fn object(&self, keyword: &str, value: &'d Value) -> Result<&'d Object, CompileError> {
        value
            .as_object()
            .ok_or_else(|| self.error(keyword, "an object"))
    }

    pub fn names(&self, keyword: &str, value: &Value) -> Result<Vec<Box<str>>, CompileError> {
        let names = value.as_array().map(|items| {
            items
                .iter()
                .map(|item| item.as_str().map(Box::from))
                .collect()
        });
        names
            .flatten()
            .ok_or_else(|| self.error(keyword, "a list of names"))
    }

    /// A count: a whole number from zero on, in any spelling; too large ones are as good as the largest.
    pub fn count(&self, keyword: &str, value: &Value) -> Result<u64, CompileError> {
        let Value::Number(text) = value else {
            return Err(self.error(keyword, "a whole number"));
        };
        if let Ok(count) = text.parse() {
            return Ok(count);
        }
        match value.as_f64() {
            Some(count) if count >= 0.0 && count.fract() == 0.0 => Ok(count as u64),
            _ => Err(self.error(keyword, "a whole number from 0 on")),
        }
    }
}
