//! What a reader makes of JSON, and of what is none.

use super::{Malformed, Reader};

#[test]
fn strings_are_borrowed_unless_they_have_escapes() {
    let plain = Reader::new(r#" "a é" "#).string().expect("a string");
    assert!(matches!(plain, Some(std::borrow::Cow::Borrowed("a é"))));
    let escaped = Reader::new(r#""\u0041\ud83d\ude00\/""#)
        .string()
        .expect("a string");
    assert_eq!(escaped.as_deref(), Some("A😀/"));
}

#[test]
fn values_of_another_kind_are_none_and_stepped_over() {
    for text in ["null", "12", "{\"a\":[1]}", "[]", "true"] {
        let mut reader = Reader::new(text);
        assert_eq!(reader.string(), Ok(None), "{text}");
        assert_eq!(reader.end(), Ok(()), "{text}");
    }
}

#[test]
fn counts_are_whole_and_not_negative() {
    for (text, count) in [
        ("0", Some(0)),
        ("18446744073709551615", Some(u64::MAX)),
        ("28.0", Some(28)),
        ("1e3", Some(1000)),
        ("1e400", Some(u64::MAX)),
        ("-1", None),
        ("-0.0", None),
        ("null", None),
        ("\"7\"", None),
        ("nan", None),
        ("[1]", None),
    ] {
        assert_eq!(Reader::new(text).count(), Ok(count), "{text}");
    }
}

#[test]
fn members_are_read_or_stepped_over_in_order() {
    let mut reader = Reader::new(r#" { "a" : [ { "b" : "}" } , 2 ] , "c" : "d" , "e" : { } } "#);
    let mut seen = Vec::new();
    let read = reader.object(|reader, key| {
        seen.push(key.to_owned());
        if key == "a" {
            reader.array(Reader::skip)
        } else {
            reader.skip()
        }
    });
    assert_eq!((read, reader.end()), (Ok(()), Ok(())));
    assert_eq!(seen, ["a", "c", "e"]);
}

#[test]
fn a_reader_kept_for_later_counts_from_the_same_start() {
    let mut reader = Reader::new(r#"{"a":{"b":"\x"}}"#);
    let mut later = None;
    reader
        .object(|reader, _| {
            later = Some(reader.later()?);
            Ok::<_, Malformed>(())
        })
        .expect("escapes of what is stepped over are not looked at");
    let mut later = later.expect("one member");
    let read = later.object(|reader, _| reader.string().map(drop));
    assert_eq!(read, Err(Malformed(12)));
}

#[test]
fn a_known_head_is_jumped_over() {
    let mut reader = Reader::new(r#"{"id":1,"choices":[2],"usage":3}"#);
    assert!(!reader.clone().jump(r#"{"id":2,"choices":"#));
    assert!(reader.jump(r#"{"id":1,"choices":"#));
    assert_eq!(reader.raw(), Ok("[2]"));
    let mut seen = Vec::new();
    let read = reader.rest(|reader, key| {
        seen.push(key.to_owned());
        reader.skip()
    });
    assert_eq!(
        (read, reader.end(), seen),
        (Ok(()), Ok(()), vec!["usage".to_owned()])
    );
}

#[test]
fn what_is_malformed_says_where() {
    let read = |text: &str| Reader::new(text).object(|reader, _| reader.skip());
    for (text, at) in [
        ("", 0),
        ("?", 0),
        ("{", 1),
        ("{\"a\"", 4),
        ("{\"a\":", 5),
        ("{\"a\":1 \"b\":2}", 7),
        ("{\"a\":[1,{\"b\":2]", 15),
        ("{\"a\":\"b", 7),
        ("{a:1}", 1),
        ("{\"a\":1,}", 7),
    ] {
        assert_eq!(read(text), Err(Malformed(at)), "{text}");
    }
}

#[test]
fn wholeness_is_balance_and_nothing_behind() {
    for (text, whole) in [
        ("{}", true),
        (" [1, {\"a\": \"]\"}] ", true),
        ("{} x", false),
        ("{\"a\":1", false),
        ("", false),
    ] {
        assert_eq!(Reader::is_whole(text), whole, "{text}");
    }
}
