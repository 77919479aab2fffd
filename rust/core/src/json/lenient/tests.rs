use std::ops::ControlFlow;

use proptest::prelude::*;

use super::*;
use crate::json::{Halt, Limits, parse};

/// The repaired text and the repairs of a text read in chunks.
fn read<'a>(
    lenient: Repairs,
    chunks: impl Iterator<Item = &'a [u8]>,
) -> (String, Vec<(&'static str, u64)>) {
    let mut filter = Filter::new(lenient, Roots::default(), Limits::default());
    let mut out = Vec::new();
    let mut reader = |piece: Piece<'_>| {
        out.extend_from_slice(piece.text);
        ControlFlow::Continue(())
    };
    for chunk in chunks {
        filter
            .feed(chunk, &mut reader)
            .expect("no bound is reached");
    }
    filter.finish(&mut reader).expect("no bound is reached");
    let repairs = filter.repairs().iter();
    let repairs = repairs.map(|made| (made.repair.name(), made.at)).collect();
    (String::from_utf8_lossy(&out).into_owned(), repairs)
}

/// The repaired text, read whole and byte by byte.
fn repaired(names: &[&str], text: &str) -> (String, Vec<(&'static str, u64)>) {
    let lenient = names
        .iter()
        .filter_map(|name| Repair::named(name))
        .collect();
    let whole = read(lenient, std::iter::once(text.as_bytes()));
    assert_eq!(whole, read(lenient, text.as_bytes().chunks(1)), "{text}");
    whole
}

fn squeezed(text: &str) -> String {
    let mut filter = Filter::new(
        [Repair::Repeat].into_iter().collect(),
        Roots::default(),
        Limits::default(),
    );
    filter
        .feed(text.as_bytes(), &mut |_| ControlFlow::Continue(()))
        .expect("no bound is reached");
    String::from_utf8(filter.copy.unwrap_or_default()).expect("it is text")
}

/// Repairs, a text, what it becomes but for white space, and each repair with its offset.
type Case = (
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static [(&'static str, u64)],
);

const ALL: &[&str] = &[
    "fence",
    "prose",
    "repeat",
    "trailing_commas",
    "single_quotes",
    "comments",
    "python_literals",
    "unquoted_keys",
    "cut_short",
];

const CASES: &[Case] = &[
    (
        &["fence"],
        "```json\n{\"a\":1}\n```\n",
        "{\"a\":1}",
        &[("fence", 0)],
    ),
    (&["fence"], " ```\n[1]", "[1]", &[("fence", 1)]),
    (
        &["fence"],
        "```json{\"a\":1}```",
        "{\"a\":1}",
        &[("fence", 0)],
    ),
    (&["fence"], "```\n42```", "42", &[("fence", 0)]),
    (&["fence"], "{}\n```", "{}", &[("fence", 3)]),
    (
        &["prose"],
        "Here [x: {\"a\":1} done",
        "{\"a\":1}",
        &[("prose", 0), ("prose", 17)],
    ),
    (
        &["prose"],
        "{x} [y] {\"a\":{}}",
        "{\"a\":{}}",
        &[("prose", 0)],
    ),
    (&["prose"], "true story: []", "true", &[("prose", 5)]),
    (&["prose"], "truest story: []", "[]", &[("prose", 0)]),
    (&["prose"], "- first: []", "[]", &[("prose", 0)]),
    (&["prose"], "-1 is it", "-1", &[("prose", 3)]),
    (
        &["prose", "fence"],
        "So:\n```json\n[1]\n```\nBye",
        "[1]",
        &[("prose", 0), ("fence", 4), ("prose", 20)],
    ),
    (
        &["repeat"],
        "{\"a\":1}\n{\"a\": 1} {\"a\":1}",
        "{\"a\":1}",
        &[("repeat", 8), ("repeat", 17)],
    ),
    (&["repeat"], "42 42", "42", &[("repeat", 3)]),
    (
        &["repeat", "single_quotes"],
        r#"["\'"] ["\'"]"#,
        r#"["\u0027"]"#,
        &[("single_quotes", 2), ("repeat", 7)],
    ),
    (
        &["repeat", "fence"],
        "```\n[1]\n```\n```json\n[1]\n```",
        "[1]",
        &[("fence", 0), ("repeat", 20)],
    ),
    (
        &["trailing_commas"],
        "[1,[2, ],{\"a\":3,},]",
        "[1,[2],{\"a\":3}]",
        &[
            ("trailing_commas", 5),
            ("trailing_commas", 15),
            ("trailing_commas", 17),
        ],
    ),
    (
        &["single_quotes"],
        r#"{'a "b"': 'it\'s', "c": "it\'s 'x'"}"#,
        r#"{"a \"b\"":"it\u0027s","c":"it\u0027s 'x'"}"#,
        &[
            ("single_quotes", 1),
            ("single_quotes", 10),
            ("single_quotes", 13),
            ("single_quotes", 27),
        ],
    ),
    (
        &["comments"],
        "[1/*,*/,# two\n2//\n]",
        "[1,2]",
        &[("comments", 2), ("comments", 8), ("comments", 15)],
    ),
    (
        &["python_literals"],
        "[None,True,False,null,true,false]",
        "[null,true,false,null,true,false]",
        &[
            ("python_literals", 1),
            ("python_literals", 6),
            ("python_literals", 11),
        ],
    ),
    (
        &["unquoted_keys"],
        "{a: 1, b-c : {$é:2}}",
        "{\"a\":1,\"b-c\":{\"$é\":2}}",
        &[
            ("unquoted_keys", 1),
            ("unquoted_keys", 7),
            ("unquoted_keys", 14),
        ],
    ),
    (
        &["cut_short"],
        "{\"a\": [1, {\"b\": \"x\\u00",
        "{\"a\":[1,{\"b\":\"x\"}]}",
        &[("cut_short", 22)],
    ),
    (
        &["cut_short"],
        "{\"a\": 1, \"b\": ",
        "{\"a\":1}",
        &[("cut_short", 14)],
    ),
    (
        &["cut_short"],
        "{\"a\": 1, \"b\": -",
        "{\"a\":1}",
        &[("cut_short", 15)],
    ),
    (&["cut_short"], "[1, 2.", "[1,2]", &[("cut_short", 6)]),
    (&["cut_short"], "[1,-", "[1]", &[("cut_short", 4)]),
    (&["cut_short"], "[tr", "[true]", &[("cut_short", 3)]),
    (
        &["cut_short", "python_literals"],
        "[1, N",
        "[1,null]",
        &[("python_literals", 4), ("cut_short", 5)],
    ),
    (
        &["cut_short", "prose"],
        "Sure: {",
        "{}",
        &[("prose", 0), ("cut_short", 7)],
    ),
    (
        &["cut_short", "repeat"],
        "[1] [",
        "[1]",
        &[("cut_short", 5)],
    ),
    (
        ALL,
        "Here:\n```json\n{a: 'x', /* b */ 'b': [None,],}\n```\nBye",
        "{\"a\":\"x\",\"b\":[null]}",
        &[
            ("prose", 0),
            ("fence", 6),
            ("unquoted_keys", 15),
            ("single_quotes", 18),
            ("comments", 23),
            ("single_quotes", 31),
            ("python_literals", 37),
            ("trailing_commas", 41),
            ("trailing_commas", 43),
            ("prose", 50),
        ],
    ),
];

#[test]
fn each_repair_makes_json_of_what_it_names() {
    assert!(ALL.iter().copied().eq(Repair::ALL.map(Repair::name)));
    for (names, text, json, repairs) in CASES {
        let (out, made) = repaired(names, text);
        assert_eq!(squeezed(&out), *json, "{text}");
        assert_eq!(made, *repairs, "{text}");
        assert!(
            parse(
                out.trim().as_bytes(),
                Limits::default(),
                &ahash::RandomState::with_seeds(1, 2, 3, 4)
            )
            .is_ok(),
            "{text} → {out}"
        );
    }
}

#[test]
fn what_is_not_asked_for_is_not_repaired() {
    let texts = [
        "```\n[]\n```",
        "x {}",
        "[] []",
        "[1,]",
        "['a']",
        "[1//\n]",
        "[None]",
        "{a:1}",
        "[1",
    ];
    for (text, repair) in texts.iter().zip(Repair::ALL) {
        let others = Repairs::all().without(&[repair]);
        // Each of these texts needs the repair of its place, or prose around a part of it.
        let others = others.without(&[Repair::Prose]);
        let (out, _) = read(others, std::iter::once(text.as_bytes()));
        let parsed = parse(
            out.trim().as_bytes(),
            Limits::default(),
            &ahash::RandomState::with_seeds(1, 2, 3, 4),
        );
        assert!(
            parsed.is_err(),
            "{text} became {out} without {}",
            repair.name()
        );
    }
}

#[test]
fn nullish_words_are_no_literals() {
    for text in ["[Null]", "[Nope]", "[TRUE]", "[nul]"] {
        let (out, _) = repaired(&["python_literals"], text);
        let parsed = parse(
            out.as_bytes(),
            Limits::default(),
            &ahash::RandomState::with_seeds(1, 2, 3, 4),
        );
        assert!(parsed.is_err(), "{text} became {out}");
    }
}

#[test]
fn what_waits_is_bounded() {
    let mut filter = Filter::new(Repairs::all(), Roots::default(), Limits::default());
    let mut reader = |_: Piece<'_>| ControlFlow::Continue(());
    filter.feed(b"{\"", &mut reader).expect("a key begins");
    let halt = filter.feed(&vec![b'a'; 1 << 17], &mut reader);
    assert!(matches!(halt, Err(Halt::Limit(limit)) if limit.name == "held"));
    let mut filter = Filter::new(Repairs::all(), Roots::default(), Limits::default());
    let halt = filter.feed("['',".repeat(1 << 17).as_bytes(), &mut reader);
    assert!(matches!(halt, Err(Halt::Limit(limit)) if limit.name == "repairs"));
}

/// JSON texts with white space in places.
fn json() -> impl Strategy<Value = String> {
    let text = r#""([a-z é'/#`,]|\\["\\/bfnrt]|\\u00[0-9a-f]{2}|\\ud83d\\ude00){0,6}""#;
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,2})?([eE][+-]?[0-9])?",
        text,
    ];
    scalar.prop_recursive(4, 24, 4, move |inner| {
        let item = ("[ \n]{0,2}", inner, "[ \n]{0,2}")
            .prop_map(|(before, value, after)| before + &value + &after);
        prop_oneof![
            prop::collection::vec(item.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((text, item), 0..4).prop_map(|members| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(key, value)| format!(" {key} :{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// What models write: JSON with damage.
fn damaged() -> impl Strategy<Value = String> {
    let scrap = prop_oneof![
        Just("```json\n".to_owned()),
        Just("```".to_owned()),
        Just(",".to_owned()),
        Just("'".to_owned()),
        Just("\"".to_owned()),
        Just("{".to_owned()),
        Just("[".to_owned()),
        Just("}".to_owned()),
        Just("]".to_owned()),
        Just("\\".to_owned()),
        Just("\\u12".to_owned()),
        Just("//".to_owned()),
        Just("/*".to_owned()),
        Just("*/".to_owned()),
        Just("#".to_owned()),
        Just("\n".to_owned()),
        Just("None".to_owned()),
        Just("True".to_owned()),
        Just("key:".to_owned()),
        Just("-".to_owned()),
        json(),
    ];
    prop::collection::vec(scrap, 0..8).prop_map(|scraps| scraps.concat())
}

fn sets() -> impl Strategy<Value = Repairs> {
    prop::collection::vec(any::<bool>(), Repair::ALL.len()).prop_map(|on| {
        Repair::ALL
            .into_iter()
            .zip(on)
            .filter(|(_, on)| *on)
            .map(|(repair, _)| repair)
            .collect()
    })
}

proptest! {
    #[test]
    fn valid_json_passes_as_it_is(text in json(), lenient in sets()) {
        let (out, repairs) = read(lenient, std::iter::once(text.as_bytes()));
        prop_assert_eq!(repairs, vec![]);
        prop_assert_eq!(squeezed(&out), squeezed(&text));
    }

    #[test]
    fn no_split_changes_anything(text in damaged(), lenient in sets(), size in 1_usize..7) {
        let whole = read(lenient, std::iter::once(text.as_bytes()));
        prop_assert_eq!(&whole, &read(lenient, text.as_bytes().chunks(1)));
        prop_assert_eq!(&whole, &read(lenient, text.as_bytes().chunks(size)));
    }

    #[test]
    fn a_document_cut_short_anywhere_is_json(text in json(), at in any::<prop::sample::Index>()) {
        prop_assume!(text.starts_with(['{', '[']));
        let upto = 1 + at.index(text.len());
        let cut = &text.as_bytes()[..upto];
        let (out, repairs) = read(Repairs::all(), std::iter::once(cut));
        let parsed = parse(out.trim().as_bytes(), Limits::default(), &ahash::RandomState::with_seeds(1, 2, 3, 4));
        prop_assert!(parsed.is_ok(), "{} became {}", String::from_utf8_lossy(cut), out);
        prop_assert_eq!(repairs.is_empty(), upto == text.len());
    }
}
