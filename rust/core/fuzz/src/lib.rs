//! Schemas and documents made of a fuzzer's bytes.

use serde_json::{Map, Value, json};

/// Choices made by bytes; after the last one every choice is the first.
pub struct Seed<'b>(pub &'b [u8]);

impl Seed<'_> {
    /// A number below this one.
    pub fn upto(&mut self, count: usize) -> usize {
        let Some((&byte, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        usize::from(byte) % count
    }

    /// One of these.
    pub fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.upto(of.len())].clone()
    }

    fn name(&mut self) -> &'static str {
        self.one(&["a", "b", "c", "ab"])
    }

    fn small(&mut self) -> Value {
        json!(self.upto(4))
    }

    fn scalar(&mut self) -> Value {
        self.one(&[
            json!(null),
            json!(true),
            json!(false),
            json!(0),
            json!(1),
            json!(-1),
            json!(2),
            json!(3),
            json!(10),
            json!(0.5),
            json!(1.0),
            json!(2.5),
            json!(""),
            json!("a"),
            json!("b"),
            json!("ab"),
            json!("abc"),
            json!("é"),
            json!("1"),
        ])
    }

    /// A JSON value, nested so deep at most.
    pub fn value(&mut self, depth: usize) -> Value {
        match self.upto(if depth == 0 { 1 } else { 3 }) {
            0 => self.scalar(),
            1 => (0..self.upto(4)).map(|_| self.value(depth - 1)).collect(),
            _ => {
                let members =
                    (0..self.upto(5)).map(|_| (self.name().to_owned(), self.value(depth - 1)));
                Value::Object(members.collect())
            }
        }
    }

    fn schemas(&mut self, depth: usize) -> Value {
        (0..=self.upto(3)).map(|_| self.schema(depth)).collect()
    }

    fn named(&mut self, depth: usize) -> Value {
        let members = (0..=self.upto(3)).map(|_| (self.name().to_owned(), self.schema(depth)));
        Value::Object(members.collect())
    }

    fn names(&mut self) -> Value {
        let mut names: Vec<_> = (0..self.upto(3)).map(|_| self.name()).collect();
        names.sort_unstable();
        names.dedup();
        json!(names)
    }

    /// A schema of any keyword that draft 2020-12 asserts, nested so deep at most.
    pub fn schema(&mut self, depth: usize) -> Value {
        if depth == 0 {
            return self.one(&[
                json!(true),
                json!(false),
                json!({}),
                json!({"type": "integer"}),
                json!({"type": "string"}),
                json!({"minimum": 1}),
                json!({"enum": ["a", 1]}),
                json!({"type": ["array", "object"]}),
                json!({"$ref": "#/$defs/a"}),
                json!({"$ref": "#/$defs/b"}),
            ]);
        }
        let mut schema = Map::new();
        for _ in 0..=self.upto(4) {
            let (keyword, value) = self.keyword(depth - 1);
            schema.insert(keyword.to_owned(), value);
        }
        Value::Object(schema)
    }

    fn keyword(&mut self, depth: usize) -> (&'static str, Value) {
        match self.upto(36) {
            0 => (
                "type",
                self.one(&[
                    json!("object"),
                    json!("array"),
                    json!("string"),
                    json!("integer"),
                    json!("number"),
                    json!(["null", "boolean"]),
                    json!(["string", "integer"]),
                ]),
            ),
            1 => ("enum", (0..=self.upto(4)).map(|_| self.value(1)).collect()),
            2 => ("const", self.value(2)),
            3 => ("minimum", self.one(&[json!(0), json!(1), json!(2.5)])),
            4 => ("maximum", self.one(&[json!(1), json!(2), json!(2.5)])),
            5 => ("exclusiveMinimum", self.small()),
            6 => ("exclusiveMaximum", self.small()),
            7 => (
                "multipleOf",
                self.one(&[json!(2), json!(3), json!(0.5), json!(1)]),
            ),
            8 => ("minLength", self.small()),
            9 => ("maxLength", self.small()),
            10 => (
                "pattern",
                self.one(&[
                    json!("^a"),
                    json!("b$"),
                    json!("^[ab]*$"),
                    json!("."),
                    json!("^(a|bc)+$"),
                ]),
            ),
            11 | 12 => ("properties", self.named(depth)),
            13 => ("required", self.names()),
            14 => ("additionalProperties", self.schema(depth)),
            15 => (
                "patternProperties",
                json!({self.one(&["^a", "b", "^.$"]): self.schema(depth)}),
            ),
            16 => ("propertyNames", self.schema(depth)),
            17 => ("minProperties", self.small()),
            18 => ("maxProperties", self.small()),
            19 => ("items", self.schema(depth)),
            20 => ("prefixItems", self.schemas(depth)),
            21 => ("minItems", self.small()),
            22 => ("maxItems", self.small()),
            23 => ("uniqueItems", json!(true)),
            24 => ("contains", self.schema(depth)),
            25 => ("minContains", self.small()),
            26 => ("maxContains", self.small()),
            27 => ("allOf", self.schemas(depth)),
            28 => ("anyOf", self.schemas(depth)),
            29 => ("oneOf", self.schemas(depth)),
            30 => ("not", self.schema(depth)),
            31 => ("if", self.schema(depth)),
            32 => (self.one(&["then", "else"]), self.schema(depth)),
            33 => ("dependentRequired", json!({self.name(): self.names()})),
            34 => ("dependentSchemas", self.named(depth)),
            _ => (
                self.one(&["unevaluatedProperties", "unevaluatedItems"]),
                self.schema(depth),
            ),
        }
    }

    /// A schema with definitions that refer to nothing, so that no reference leads to itself.
    pub fn document(&mut self) -> Value {
        let mut source = self.schema(3);
        if let Value::Object(schema) = &mut source {
            let (a, b) = (self.definition(), self.definition());
            schema.insert("$defs".to_owned(), json!({"a": a, "b": b}));
        }
        source
    }

    fn definition(&mut self) -> Value {
        let schema = self.schema(1);
        if schema.to_string().contains("$ref") || !schema.is_object() {
            return json!({"type": "integer"});
        }
        schema
    }
}
