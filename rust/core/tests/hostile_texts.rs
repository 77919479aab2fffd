//! Texts made to hurt: the time they take is linear, what is held beyond the value depends on depth alone, and past a
//! bound comes a typed error.
//!
//! Sizes fit a test run; `ATOMIC_HOSTILE=full` makes them those of an attack. What is held is counted by the allocator
//! and printed.
#![allow(
    clippy::disallowed_methods,
    reason = "the core takes no settings from outside, its tests do"
)]

mod counting;

use std::fmt::Write as _;
use std::sync::Arc;

use atomic_core::json::Limits;
use atomic_core::schema::{CompileOptions, Schema, State, Stream, StreamOptions};

/// The larger size if the full attack is asked for.
fn size(usual: usize, full: usize) -> usize {
    if std::env::var("ATOMIC_HOSTILE").is_ok_and(|value| value == "full") {
        full
    } else {
        usual
    }
}

const UNBOUND: Limits = Limits {
    depth: u32::MAX,
    bytes: u64::MAX,
    number: u32::MAX,
};

/// A text judged piece by piece, and the most that was held meanwhile.
struct Judged {
    stream: Stream,
    peak: isize,
}

fn judged<'t>(source: &str, limits: Limits, pieces: impl Iterator<Item = &'t [u8]>) -> Judged {
    let schema = Schema::compile(source, &CompileOptions::default()).expect("a schema");
    let options = StreamOptions {
        limits,
        ..StreamOptions::default()
    };
    let counted = counting::Since::now();
    let mut stream = Stream::new(Arc::new(schema), options);
    for piece in pieces {
        stream.feed(piece);
    }
    stream.finish();
    Judged {
        stream,
        peak: counted.peak(),
    }
}

impl Judged {
    fn end(&self) -> (State, Option<i64>, Option<&'static str>) {
        let verdict = self.stream.verdict();
        let limit = self.stream.limit().map(|limit| limit.name);
        (verdict.state, verdict.dead_at, limit)
    }
}

/// An opening, so many bytes of the same, and an end.
fn long<'t>(
    begin: &'t str,
    block: &'t [u8],
    bytes: usize,
    end: &'t str,
) -> impl Iterator<Item = &'t [u8]> {
    let blocks = std::iter::repeat_n(block, bytes / block.len());
    [begin.as_bytes()]
        .into_iter()
        .chain(blocks)
        .chain([end.as_bytes()])
}

#[test]
fn a_huge_string_is_read_in_a_small_room() {
    let block = [b'a'; 1 << 12];
    let bytes = size(8 << 20, 100 << 20);
    for source in [
        "true",
        r#"{"type": "string", "maxLength": 1000000000}"#,
        r#"{"pattern": "^(a+)+$"}"#,
        r#"{"anyOf": [{"pattern": "^(a|aa)*$"}, {"pattern": "b"}]}"#,
    ] {
        let judged = judged(source, UNBOUND, long("\"", &block, bytes, "\""));
        assert_eq!(judged.end(), (State::Complete, None, None), "{source}");
        println!(
            "string of {bytes} bytes, {source}: {} bytes held",
            judged.peak
        );
        assert!(judged.peak < 16 << 10, "{source}: {}", judged.peak);
    }
}

#[test]
fn a_pattern_made_to_explode_takes_a_step_a_byte() {
    let block = [b'a'; 1 << 10];
    let bytes = size(1 << 20, 32 << 20);
    let text = long("\"", &block, bytes, "!\"");
    let dead = judged(r#"{"pattern": "^(a+)+$"}"#, UNBOUND, text);
    assert_eq!(dead.end().1, i64::try_from(1 + bytes).ok());
    // With a backreference it is a matter for the engine that counts its steps.
    let text = long("\"", &block, 1 << 14, "7b\"");
    let undecided = judged(r#"{"pattern": "^(a+)+\\1b$"}"#, UNBOUND, text);
    assert_eq!(undecided.end(), (State::Open, None, Some("pattern_steps")));
}

#[test]
fn a_number_of_many_digits_is_judged_in_a_small_room() {
    let block = [b'1'; 1 << 10];
    let bytes = size(1 << 18, 10 << 20);
    for (source, state) in [
        ("true", State::Complete),
        (r#"{"minimum": 5, "multipleOf": 0.5}"#, State::Complete),
        (r#"{"multipleOf": 2}"#, State::Invalid),
    ] {
        let judged = judged(source, UNBOUND, long("", &block, bytes, " "));
        assert_eq!(judged.end().0, state, "{source}");
        println!(
            "number of {bytes} digits, {source}: {} bytes held",
            judged.peak
        );
        assert!(judged.peak < 16 << 10, "{source}: {}", judged.peak);
    }
    let bounded = judged("true", Limits::default(), long("", &block, 10 << 20, " "));
    assert_eq!(bounded.end().2, Some("number"));
}

#[test]
fn many_brackets_reach_the_bound_and_without_one_cost_by_depth() {
    let block = [b'['; 1 << 10];
    let bytes = size(100 << 10, 1 << 20);
    for source in ["true", r##"{"items": {"$ref": "#"}, "minItems": 1}"##] {
        let bounded = judged(source, Limits::default(), long("", &block, 1 << 20, ""));
        assert_eq!(
            bounded.end(),
            (State::Open, None, Some("depth")),
            "{source}"
        );
        let free = judged(source, UNBOUND, long("", &block, bytes, ""));
        assert_eq!(free.end().0, State::Invalid, "it ends inside");
        let each = free.peak / bytes.cast_signed();
        println!("{bytes} open arrays, {source}: {each} bytes held for each");
        assert!(each < 1_200, "{source}: {each}");
    }
}

#[test]
fn many_keys_cost_no_more_than_their_text() {
    let count = size(50_000, 1_000_000);
    for prefix in [String::new(), "x".repeat(200)] {
        let mut text = String::from("{");
        for key in 0..count {
            write!(text, "\"{prefix}{key}\":0,").expect("a string takes all");
        }
        let limits = Limits {
            bytes: u64::MAX,
            ..Limits::default()
        };
        for chunk in [1 << 12, usize::MAX] {
            let end = format!("{text}\"z\":0}}");
            let whole = judged("true", limits, end.as_bytes().chunks(chunk.min(end.len())));
            assert_eq!(whole.end(), (State::Complete, None, None));
            let times = whole.peak as f64 / text.len() as f64;
            println!(
                "{count} keys, prefix of {}: {times:.1} times their text held",
                prefix.len()
            );
            assert!(times < 16.0, "{times}");
            let again = format!("{text}\"{prefix}7\":0}}");
            let repeated = judged(
                "true",
                limits,
                again.as_bytes().chunks(chunk.min(again.len())),
            );
            let at = again.rfind('"').and_then(|at| i64::try_from(at).ok());
            assert_eq!(repeated.end(), (State::Invalid, at, None));
        }
    }
}

#[test]
fn keys_that_collide_under_hashes_without_a_seed_are_keys_like_others() {
    // "Ez" and "FY" have one hash under h * 33 + c, and so have all strings of so many of them.
    let pairs = size(15, 20);
    let mut text = String::from("{");
    for key in 0..1_usize << pairs {
        let name: String = (0..pairs)
            .map(|at| if key >> at & 1 == 0 { "Ez" } else { "FY" })
            .collect();
        write!(text, "\"{name}\":0,").expect("a string takes all");
    }
    let limits = Limits {
        bytes: u64::MAX,
        ..Limits::default()
    };
    let end = format!("{text}\"z\":0}}");
    for source in ["true", r#"{"propertyNames": {"pattern": "^(E|F|z)"}}"#] {
        let whole = judged(source, limits, end.as_bytes().chunks(1 << 12));
        assert_eq!(whole.end(), (State::Complete, None, None));
        let times = whole.peak as f64 / text.len() as f64;
        println!(
            "{} colliding keys, {source}: {times:.1} times their text held",
            1 << pairs
        );
        assert!(times < 16.0, "{times}");
    }
}

/// Records as an array of so many, each with what the schema names.
fn records(count: usize) -> String {
    let mut text = String::from("[");
    for id in 0..count {
        let comma = if id > 0 { "," } else { "" };
        write!(
            text,
            "{comma}{{\"id\": {id}, \"tags\": [\"a\", \"\\u0062\"], \"note\": \"n\"}}"
        )
        .expect("a string takes all");
    }
    text + "]"
}

#[test]
fn what_is_held_does_not_grow_with_the_text() {
    let source = r#"{"items": {
        "properties": {"id": {"minimum": 0}, "tags": {"items": {"enum": ["a", "b"]}}, "note": {"pattern": "^n"}},
        "anyOf": [{"required": ["id"]}, {"required": ["note"]}],
        "additionalProperties": false
    }}"#;
    let (short, large) = (records(100), records(size(10_000, 1_000_000)));
    for chunk in [1, 7, 1 << 12, usize::MAX] {
        let held = |text: &str| {
            let pieces = text.as_bytes().chunks(chunk.min(text.len()));
            let judged = judged(source, UNBOUND, pieces);
            assert_eq!(judged.end(), (State::Complete, None, None));
            judged.peak
        };
        let (few, many) = (held(&short), held(&large));
        println!(
            "chunks of {chunk}: {few} bytes held for {}, {many} for {}",
            short.len(),
            large.len()
        );
        assert!(many <= few + 256 && few < 16 << 10, "{few} {many}");
    }
}
