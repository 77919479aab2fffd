//! Schemas made to hurt whoever compiles them: each is compiled or is a typed error, within bounds of memory and steps.
//!
//! Sizes are an attack's; what was held and what it took is printed. No duration is asserted: that it ends is, by the
//! steps, cells, states and bytes that compiling counts.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the core takes no settings and no time from outside, its tests do"
)]

mod counting;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use atomic_core::schema::{CompileError, CompileOptions, Schema};

/// The most that compiling may hold, whatever the schema.
const MOST: isize = 512 << 20;

/// The stack that a thread has where nobody says otherwise.
const STACK: usize = 2 << 20;

/// Compiles a schema on such a stack; how it ended.
fn compiled(name: &str, source: String, options: &CompileOptions) -> String {
    let options = options.clone();
    let judged = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || {
            let (counted, begun) = (counting::Since::now(), Instant::now());
            let end = match Schema::compile(&source, &options) {
                Ok(_) => "compiled".to_owned(),
                Err(CompileError::Limit(limit)) => format!("limit {}", limit.name),
                Err(CompileError::Schema { message, .. }) => format!("refused: {message:.80}"),
            };
            (end, counted.peak(), begun.elapsed(), source.len())
        });
    let (end, peak, took, bytes) = judged.expect("a thread").join().expect(name);
    println!("{name}: {end}; {bytes} bytes of schema, {peak} held, {took:.1?}");
    assert!(peak < MOST, "{name}: {peak} bytes held");
    end
}

fn bomb(name: &str, source: impl Into<String>) -> String {
    compiled(name, source.into(), &CompileOptions::default())
}

/// Whether a bomb ended in a bound.
fn is_limit(end: &str) -> bool {
    end.starts_with("limit ")
}

/// Definitions d0 … d`count`, each made of the next by this, the last one a leaf.
fn tower(count: usize, each: impl Fn(&str) -> String) -> String {
    let mut defs = String::new();
    for at in 0..count {
        let next = format!("{{\"$ref\": \"#/$defs/d{}\"}}", at + 1);
        write!(defs, "\"d{at}\": {}, ", each(&next)).expect("a string takes all");
    }
    format!(
        "{{\"$defs\": {{{defs}\"d{count}\": {{\"type\": \"null\"}}}}, \"$ref\": \"#/$defs/d0\"}}"
    )
}

fn joined(count: usize, each: impl Fn(usize) -> String) -> String {
    (0..count).map(each).collect::<Vec<_>>().join(",")
}

#[test]
fn expansions_to_the_power_of_thirty() {
    for keyword in ["allOf", "anyOf", "oneOf", "prefixItems"] {
        bomb(
            &format!("2^30 of {keyword}"),
            tower(30, |next| format!("{{\"{keyword}\": [{next}, {next}]}}")),
        );
    }
    for (name, form) in [
        (
            "not and if",
            r#"{"not": NEXT, "if": NEXT, "then": NEXT, "else": NEXT}"#,
        ),
        (
            "members",
            r#"{"properties": {"a": NEXT, "b": NEXT}, "additionalProperties": NEXT}"#,
        ),
        (
            "dependents",
            r#"{"dependentSchemas": {"a": NEXT, "b": NEXT}, "required": ["a"]}"#,
        ),
        (
            "alternatives in alternatives",
            r#"{"oneOf": [{"anyOf": [NEXT, {"minimum": 1}]}, {"anyOf": [{"maxLength": 3}, NEXT]}]}"#,
        ),
        (
            "unevaluated",
            r#"{"anyOf": [NEXT, {"properties": {"a": NEXT}}], "unevaluatedProperties": false}"#,
        ),
        (
            "contains",
            r#"{"contains": NEXT, "items": NEXT, "not": {"contains": NEXT}}"#,
        ),
    ] {
        bomb(
            &format!("2^30 of {name}"),
            tower(30, |next| form.replace("NEXT", next)),
        );
    }
}

#[test]
fn products_of_alternatives() {
    for keyword in ["anyOf", "oneOf"] {
        // Forty choices of three that overlap: 3^40 combinations.
        let choice = |at: usize| {
            let each = joined(3, |way| {
                format!("{{\"properties\": {{\"p{at}\": {{\"minimum\": {way}}}}}}}")
            });
            format!("{{\"{keyword}\": [{each}]}}")
        };
        bomb(
            &format!("allOf of 40 {keyword}"),
            format!("{{\"allOf\": [{}]}}", joined(40, choice)),
        );
        let wide = joined(5_000, |at| format!("{{\"required\": [\"p{at}\"]}}"));
        bomb(
            &format!("{keyword} of 5,000"),
            format!("{{\"{keyword}\": [{wide}]}}"),
        );
        bomb(
            &format!("{keyword} of 5,000 twice"),
            format!("{{\"{keyword}\": [{wide}], \"allOf\": [{{\"{keyword}\": [{wide}]}}]}}"),
        );
    }
    for (name, form) in [
        ("not", r#"{"not": {"required": ["a"]}}"#),
        ("anyOf of one", r#"{"anyOf": [{"required": ["a"]}]}"#),
        (
            "oneOf of two",
            r#"{"oneOf": [{"required": ["a"]}, {"maxProperties": 3}]}"#,
        ),
        (
            "if",
            r#"{"if": {"required": ["a"]}, "then": {"maxProperties": 3}}"#,
        ),
    ] {
        let all = joined(5_000, |at| form.replace("\"a\"", &format!("\"a{at}\"")));
        bomb(
            &format!("allOf of 5,000 {name}"),
            format!("{{\"allOf\": [{all}]}}"),
        );
    }
    let ifs = joined(40, |at| {
        format!(
            "{{\"if\": {{\"required\": [\"a{at}\"]}}, \"then\": {{\"required\": [\"b{at}\"]}}, \"else\": {{\"maxProperties\": {at}}}}}"
        )
    });
    bomb(
        "allOf of 40 conditions",
        format!("{{\"allOf\": [{ifs}], \"unevaluatedProperties\": false}}"),
    );
}

#[test]
fn sets_of_schemas_that_meet_in_members() {
    // Each definition asks every member to meet it and another, so that members meet ever larger sets: 2^k of them.
    for count in [12, 18, 40] {
        let defs = joined(count, |at| {
            let (next, far) = ((at + 1) % count, (at * 7 + 3) % count);
            format!(
                "\"d{at}\": {{\"patternProperties\": {{\"^(?!x)\": {{\"$ref\": \"#/$defs/d{next}\"}}, \"a$\": {{\"$ref\": \"#/$defs/d{far}\"}}, \"^b{at}\": {{\"$ref\": \"#/$defs/d{at}\"}}}}, \"properties\": {{\"n{at}\": {{\"$ref\": \"#/$defs/d{far}\"}}}}}}"
            )
        });
        bomb(
            &format!("{count} schemas in one another"),
            format!("{{\"$defs\": {{{defs}}}, \"$ref\": \"#/$defs/d0\"}}"),
        );
    }
    let many = joined(2_000, |at| {
        format!("\"^{at}.*{at}$\": {{\"minimum\": {at}}}")
    });
    bomb(
        "2,000 patterns of members",
        format!("{{\"patternProperties\": {{{many}}}}}"),
    );
}

#[test]
fn long_lists() {
    let numbers = joined(1_000_000, |at| at.to_string());
    assert!(is_limit(&bomb(
        "1 M numbers in enum",
        format!("{{\"enum\": [{numbers}]}}")
    )));
    let words = joined(1_000_000, |at| format!("\"w{at}\""));
    assert!(is_limit(&bomb(
        "1 M strings in enum",
        format!("{{\"enum\": [{words}]}}")
    )));
    bomb("1 M items in const", format!("{{\"const\": [{numbers}]}}"));
    bomb("1 M names required", format!("{{\"required\": [{words}]}}"));
    let members = joined(500_000, |at| format!("\"m{at}\": {{\"minimum\": {at}}}"));
    bomb(
        "500,000 properties",
        format!("{{\"properties\": {{{members}}}}}"),
    );
    let free = joined(500_000, |at| format!("\"m{at}\": true"));
    bomb(
        "500,000 free properties",
        format!("{{\"properties\": {{{free}}}}}"),
    );
    let values = joined(50_000, |at| format!("{{\"a\": {at}, \"b\": [{at}]}}"));
    bomb(
        "50,000 objects in enum",
        format!("{{\"enum\": [{values}]}}"),
    );
    let values = joined(100_000, |at| format!("\"word{at}\""));
    let (one, other) = (
        format!("{{\"enum\": [{values}]}}"),
        format!("{{\"not\": {{\"enum\": [{values}]}}}}"),
    );
    bomb(
        "100,000 strings but the same",
        format!("{{\"allOf\": [{one}, {other}]}}"),
    );
    bomb(
        "100,000 strings by a pattern",
        format!("{{\"enum\": [{values}], \"pattern\": \"^(w|o|r|d|[0-9])*7$\"}}"),
    );
    let document = |at: usize| {
        let next = format!("{{\"$ref\": \"http://x/{}\"}}", at + 1);
        (
            format!("http://x/{at}"),
            if at == 19_999 {
                "true".to_owned()
            } else {
                next
            },
        )
    };
    let documents: BTreeMap<_, _> = (0..20_000).map(document).collect();
    let options = CompileOptions {
        registry: documents,
        ..CompileOptions::default()
    };
    compiled(
        "20,000 documents in a row",
        "{\"$ref\": \"http://x/0\"}".to_owned(),
        &options,
    );
}

#[test]
fn depth_and_chains() {
    for (name, open, close) in [
        ("not", "{\"not\": ", "}"),
        ("items", "{\"items\": ", "}"),
        ("allOf", "{\"allOf\": [", "]}"),
        ("anyOf", "{\"anyOf\": [", "]}"),
        ("properties", "{\"properties\": {\"a\": ", "}}"),
        ("if", "{\"if\": ", "}"),
        ("const", "{\"const\": ", "}"),
    ] {
        for depth in [500, 1_000_000] {
            let source = format!("{}true{}", open.repeat(depth), close.repeat(depth));
            bomb(&format!("{depth} {name} in one another"), source);
        }
    }
    assert!(is_limit(&bomb("a million brackets", "[".repeat(1_000_000))));
    let otherwise = |depth: usize| {
        let each = |at: usize| {
            format!(
                "{{\"if\": {{\"required\": [\"k{at}\"]}}, \"then\": {{\"required\": [\"v{at}\"]}}, \"else\": "
            )
        };
        let chain: String = (0..depth).map(each).collect();
        format!("{chain}true{}", "}".repeat(depth))
    };
    assert_eq!(
        bomb("a chain of 150 conditions", otherwise(150)),
        "compiled"
    );
    assert!(is_limit(&bomb("a chain of 400 conditions", otherwise(400))));
    for (name, form) in [
        ("$ref", "NEXT"),
        ("not", r#"{"not": NEXT}"#),
        ("items", r#"{"items": NEXT}"#),
        ("anyOf", r#"{"anyOf": [NEXT, {"type": "string"}]}"#),
        ("oneOf", r#"{"oneOf": [NEXT, {"type": "string"}]}"#),
        ("if", r#"{"if": NEXT, "then": false}"#),
        (
            "unevaluated",
            r#"{"anyOf": [NEXT], "unevaluatedItems": false}"#,
        ),
    ] {
        bomb(
            &format!("20,000 of {name} in a row"),
            tower(20_000, |next| form.replace("NEXT", next)),
        );
    }
    // Each needs the one before it, and the root lists them from the first on.
    let defs = joined(20_000, |at| {
        let before = at.saturating_sub(1);
        format!(
            "\"d{at}\": {{\"type\": \"object\", \"required\": [\"a\"], \"properties\": {{\"a\": {{\"$ref\": \"#/$defs/d{before}\"}}}}}}"
        )
    });
    let listed = joined(20_000, |at| {
        format!("\"p{at}\": {{\"$ref\": \"#/$defs/d{at}\"}}")
    });
    bomb(
        "20,000 that none can meet",
        format!("{{\"$defs\": {{{defs}}}, \"properties\": {{{listed}}}}}"),
    );
    for cycle in [
        r##"{"$ref": "#"}"##,
        r##"{"allOf": [{"$ref": "#"}]}"##,
        r##"{"anyOf": [{"$ref": "#"}, {"type": "null"}]}"##,
        r##"{"not": {"$ref": "#"}}"##,
        r##"{"if": {"$ref": "#"}}"##,
        r##"{"dependentSchemas": {"a": {"$ref": "#"}}}"##,
        r##"{"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"oneOf": [{"$ref": "#/$defs/a"}, {"$ref": "#"}]}}, "$ref": "#/$defs/a"}"##,
        r##"{"contains": {"$ref": "#"}, "unevaluatedItems": {"$ref": "#"}}"##,
    ] {
        bomb(cycle, cycle);
    }
}

#[test]
fn dynamic_environments() {
    // Each resource may be entered or not on the way to the last, which asks who was: 2^40 environments, nearly.
    let resources = joined(40, |at| {
        let (next, after) = (at + 1, (at + 2).min(40));
        format!(
            "\"r{at}\": {{\"$id\": \"http://x/{at}\", \"$dynamicAnchor\": \"a{at}\", \"anyOf\": [{{\"$ref\": \"http://x/{next}\"}}, {{\"$ref\": \"http://x/{after}\"}}]}}"
        )
    });
    let anchors = joined(40, |at| {
        format!("\"a{at}\": {{\"$dynamicAnchor\": \"a{at}\"}}")
    });
    let asked = joined(40, |at| format!("{{\"$dynamicRef\": \"#a{at}\"}}"));
    let last = format!(
        "\"last\": {{\"$id\": \"http://x/40\", \"$defs\": {{{anchors}}}, \"prefixItems\": [{asked}]}}"
    );
    bomb(
        "40 resources with dynamic anchors",
        format!("{{\"$defs\": {{{resources}, {last}}}, \"$ref\": \"http://x/0\"}}"),
    );
    let shared = joined(24, |at| {
        format!(
            "\"r{at}\": {{\"$id\": \"http://x/{at}\", \"$dynamicAnchor\": \"n{at}\", \"properties\": {{{}}}}}",
            joined(24, |to| format!(
                "\"p{to}\": {{\"$ref\": \"http://x/{to}\"}}"
            ))
        )
    });
    bomb(
        "24 resources in one another",
        format!("{{\"$defs\": {{{shared}}}, \"$ref\": \"http://x/0\"}}"),
    );
}

#[test]
fn huge_bounds() {
    for bound in [
        "1e300",
        "99999999999999999999",
        "1e1000000000",
        "18446744073709551615",
    ] {
        let source = format!(
            "{{\"minLength\": {bound}, \"maxLength\": {bound}, \"pattern\": \"^(a|b)*$\", \"minItems\": {bound}, \"maxItems\": {bound}, \"contains\": {{\"minimum\": {bound}}}, \"minContains\": {bound}, \"minProperties\": {bound}, \"maximum\": {bound}, \"multipleOf\": 3}}"
        );
        bomb(&format!("bounds of {bound}"), source);
    }
    bomb(
        "a multiple of next to nothing",
        r#"{"multipleOf": 1e-1000000000, "minimum": 1e999999999, "maximum": 1e1000000000}"#,
    );
    bomb(
        "multiples without end",
        r#"{"multipleOf": 7e-300, "not": {"multipleOf": 3e-300}, "exclusiveMinimum": 1e300}"#,
    );
    bomb(
        "a number of 10 M digits",
        format!("{{\"minimum\": {}}}", "7".repeat(10_000_000)),
    );
    bomb(
        "a divisor of 100,000 digits",
        format!(
            "{{\"multipleOf\": {}, \"type\": \"integer\"}}",
            "7".repeat(100_000)
        ),
    );
    bomb(
        "lengths that only a count tells",
        r#"{"pattern": "^(?:aa)*$", "allOf": [{"pattern": "^(?:aaa)*$"}, {"pattern": "^(?:a{1009})*$"}], "minLength": 1000000, "maxLength": 1000010}"#,
    );
}

#[test]
fn patterns() {
    let pattern = |text: &str| format!("{{\"pattern\": {}}}", serde_json::Value::from(text));
    for text in [
        "a{1000000}",
        "(a{1,1000}){1,1000}",
        "((a{1,100}){1,100}){1,100}",
        "^(((a{0,65535}){0,65535}){0,65535})$",
        r"\p{L}{1000}",
        r"^(?:\p{L}|\p{N}){1,2000}$",
        "(a?){5000}a{5000}",
        "^(.*a.{300})$",
        r"(a+)+\1{1000}",
        "^(?=.*a)(?=.*b)(?=.*c)(?=.*d)(?!.*e){1000}$",
        "a{18446744073709551616}",
    ] {
        bomb(text, pattern(text));
    }
    bomb("1 MB of pattern", pattern(&"ab?[c-z]".repeat(130_000)));
    bomb(
        "100,000 groups",
        pattern(&format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000))),
    );
    bomb(
        "100,000 lookaheads",
        pattern(&format!(
            "{}a{}",
            "(?=".repeat(100_000),
            ")".repeat(100_000)
        )),
    );
    bomb(
        "100,000 words",
        pattern(&format!(
            "^({})$",
            (0..100_000)
                .map(|at| format!("word{at}"))
                .collect::<Vec<_>>()
                .join("|")
        )),
    );
    bomb(
        "a class of 100,000",
        pattern(&format!(
            "[{}]",
            (0..100_000)
                .map(|at| char::from_u32(0x1_0000 + 2 * at).unwrap_or('a'))
                .collect::<String>()
        )),
    );
    let all = joined(50, |at| {
        pattern(&format!(
            "^.*[a-{}].{{{}}}$",
            char::from(b'b' + (at % 20) as u8),
            10 + at
        ))
    });
    bomb(
        "50 patterns whose product explodes",
        format!("{{\"allOf\": [{all}]}}"),
    );
    let none = joined(20, |at| {
        format!("{{\"not\": {}}}", pattern(&format!("a.{{{}}}b", 20 + at)))
    });
    bomb(
        "20 patterns to be avoided",
        format!("{{\"allOf\": [{none}]}}"),
    );
    let names = joined(12, |at| {
        format!("\"^.*[a-m].{{{}}}$\": {{\"minimum\": {at}}}", 12 + at)
    });
    bomb(
        "names by 12 such patterns",
        format!(
            "{{\"patternProperties\": {{{names}}}, \"propertyNames\": {{\"pattern\": \"^(x|y){{5,500}}$\"}}}}"
        ),
    );
}
