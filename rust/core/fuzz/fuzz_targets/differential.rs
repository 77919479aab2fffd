//! A schema and a document made of the same bytes, judged by the core and by the `jsonschema` crate: the same verdict.
//!
//! Left out, as the two differ by design: `format` and content keywords (annotations here unless asked for), numbers beyond
//! what a double holds (exact here), repeated keys (a violation here), references that lead to themselves at once (the
//! crate recurses), patterns with lookaround (the crate's engine has other bounds).
#![no_main]

use std::sync::Arc;

use atomic_core::json::lenient::Repairs;
use atomic_core::schema::{CompileOptions, Schema, State, Stream, StreamOptions, Violations};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

/// Choices made by bytes; after the last one every choice is the first.
struct Seed<'b>(&'b [u8]);

impl Seed<'_> {
    fn upto(&mut self, count: usize) -> usize {
        let Some((&byte, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        usize::from(byte) % count
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
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

    fn value(&mut self, depth: usize) -> Value {
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

    fn schema(&mut self, depth: usize) -> Value {
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
}

/// What the core says, whole and in pieces; nothing where a bound stopped it.
fn judged(schema: &Arc<Schema>, options: StreamOptions, text: &str, size: usize) -> Option<bool> {
    let mut stream = Stream::new(Arc::clone(schema), options);
    text.as_bytes().chunks(size).for_each(|chunk| {
        stream.feed(chunk);
    });
    stream.finish();
    stream
        .limit()
        .is_none()
        .then(|| stream.verdict().state == State::Complete)
}

fuzz_target!(|bytes: &[u8]| {
    let mut seed = Seed(bytes);
    let mut source = seed.schema(3);
    // Definitions refer to nothing: no reference leads to itself.
    let leaf = |seed: &mut Seed<'_>| match seed.schema(1) {
        Value::Object(schema) if !schema_refers(&schema) => Value::Object(schema),
        _ => json!({"type": "integer"}),
    };
    if let Value::Object(schema) = &mut source {
        schema.insert(
            "$defs".to_owned(),
            json!({"a": leaf(&mut seed), "b": leaf(&mut seed)}),
        );
    }
    let Ok(schema) = Schema::compile(&source.to_string(), &CompileOptions::default()) else {
        panic!("it is a schema: {source}");
    };
    let schema = Arc::new(schema);
    let peer = jsonschema::draft202012::new(&source).expect("the crate takes it");
    for _ in 0..4 {
        let value = seed.value(3);
        let (text, expected) = (value.to_string(), peer.is_valid(&value));
        let all = StreamOptions {
            violations: Violations::All { at_most: 50 },
            ..StreamOptions::default()
        };
        let lenient = StreamOptions {
            lenient: Repairs::all(),
            ..StreamOptions::default()
        };
        for (options, size) in [
            (StreamOptions::default(), text.len()),
            (StreamOptions::default(), 1),
            (all, 3),
            (lenient, 2),
        ] {
            let verdict = judged(&schema, options, &text, size);
            assert!(
                verdict.is_none_or(|valid| valid == expected),
                "{source}\n{text}\nexpected {expected}: {options:?}"
            );
        }
    }
});

fn schema_refers(schema: &Map<String, Value>) -> bool {
    Value::Object(schema.clone()).to_string().contains("$ref")
}
