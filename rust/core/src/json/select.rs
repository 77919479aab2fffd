//! Values at chosen paths, as they arrive, without building the rest.
//!
//! # Paths
//! Either a JSON Pointer (RFC 6901) in which a segment `*` stands for every member or item (`/items/*/price`), or a subset
//! of `JSONPath` (RFC 9535): `$` and then `.name`, `['name']`, `["name"]`, `[0]`, `.*` or `[*]`, each any number of times
//! (`$.items[*].price`); names in brackets are taken as they are, without escapes. A pointer's segment of digits means the
//! item at that place in an array and the member of that name in an object. No descent (`..`), slices or filters: a path
//! then has one length, so that whether a value is selected is known when it begins.

use ahash::RandomState;

use super::growing::Growing;
use super::journal::Op;
use super::sink::Container;
use super::value::Value;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// Every member or item.
    Any,
    /// The member of this name, and the item at this place.
    Either(Box<str>),
    /// The member of this name.
    Member(Box<str>),
    /// The item at this place.
    Item(usize),
}

/// A path with wildcards; see the module for its syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    segments: Vec<Segment>,
}

/// What is wrong with a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError {
    /// The byte of the path.
    pub at: usize,
    /// What was expected there.
    pub expected: &'static str,
}

/// A selected value.
#[derive(Clone, Debug)]
pub struct Selected {
    /// JSON Pointer to it.
    pub pointer: String,
    /// The value, so far.
    pub value: Value,
}

/// A container on the way.
#[derive(Clone, Debug)]
struct Open {
    /// Where its pointer ends.
    end: usize,
    /// The next item's place, in an array.
    next: Option<usize>,
}

/// Reads the operations of a journal and builds the selected values.
#[derive(Clone, Debug)]
pub struct Selection {
    path: Path,
    hasher: RandomState,
    /// The pointer to the value at hand, as long as it is on the path.
    pointer: String,
    key: Box<str>,
    open: Vec<Open>,
    /// Containers open beside the path.
    beside: usize,
    /// The selected value that is open.
    growing: Option<Growing>,
    found: Vec<Selected>,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let segments = match text.as_bytes().first() {
            None => Vec::new(),
            Some(b'/') => pointer_segments(text)?,
            Some(b'$') => path_segments(text)?,
            Some(_) => {
                return Err(PathError {
                    at: 0,
                    expected: "/ or $",
                });
            }
        };
        Ok(Self { segments })
    }

    fn leads_to(&self, depth: usize, key: &str, item: Option<usize>) -> bool {
        match (self.segments.get(depth), item) {
            (Some(Segment::Any), _) => true,
            (Some(Segment::Member(name) | Segment::Either(name)), None) => **name == *key,
            (Some(Segment::Item(place)), Some(item)) => *place == item,
            (Some(Segment::Either(name)), Some(item)) => **name == *item.to_string(),
            _ => false,
        }
    }
}

fn pointer_segments(text: &str) -> Result<Vec<Segment>, PathError> {
    let mut at = 0;
    let mut segments = Vec::new();
    for segment in text[1..].split('/') {
        at += 1;
        let escapes_end = segment
            .split('~')
            .skip(1)
            .all(|rest| rest.starts_with(['0', '1']));
        if !escapes_end {
            let expected = "~0 or ~1 in a pointer";
            return Err(PathError { at, expected });
        }
        at += segment.len();
        segments.push(match segment {
            "*" => Segment::Any,
            name => Segment::Either(name.replace("~1", "/").replace("~0", "~").into()),
        });
    }
    Ok(segments)
}

fn path_segments(text: &str) -> Result<Vec<Segment>, PathError> {
    let mut segments = Vec::new();
    let mut rest = &text[1..];
    while !rest.is_empty() {
        let at = text.len() - rest.len();
        let (segment, length) = if let Some(dotted) = rest.strip_prefix('.') {
            let end = dotted.find(['.', '[']).unwrap_or(dotted.len());
            match &dotted[..end] {
                "" => {
                    let expected = "a name after the dot";
                    return Err(PathError { at, expected });
                }
                "*" => (Segment::Any, end + 1),
                name => (Segment::Member(name.into()), end + 1),
            }
        } else {
            bracketed(rest).ok_or(PathError {
                at,
                expected: ".name, ['name'], [0], .* or [*]",
            })?
        };
        segments.push(segment);
        rest = &rest[length..];
    }
    Ok(segments)
}

/// A segment in brackets, and its length.
fn bracketed(rest: &str) -> Option<(Segment, usize)> {
    let inside = rest.strip_prefix('[')?;
    if let Some(quote @ ('\'' | '"')) = inside.chars().next() {
        let (name, after) = inside[1..].split_once(quote)?;
        return after
            .starts_with(']')
            .then(|| (Segment::Member(name.into()), name.len() + 4));
    }
    let (inside, _) = inside.split_once(']')?;
    let segment = match inside {
        "*" => Segment::Any,
        digits => Segment::Item(digits.parse().ok()?),
    };
    Some((segment, inside.len() + 2))
}

impl Selection {
    /// A selection at the start of a document; objects are indexed with this hasher.
    #[must_use]
    pub fn new(path: Path, hasher: RandomState) -> Self {
        Self {
            path,
            hasher,
            pointer: String::new(),
            key: Box::default(),
            open: Vec::new(),
            beside: 0,
            growing: None,
            found: Vec::new(),
        }
    }

    /// Reads one operation.
    pub fn read(&mut self, op: Op, text: &str) {
        if self.growing.is_some() {
            return self.grow(op, text);
        }
        match op {
            Op::Open(_) | Op::Close if self.beside > 0 => match op {
                Op::Close => self.beside -= 1,
                _ => self.beside += 1,
            },
            Op::Close => {
                self.open.pop();
                self.leave();
            }
            _ if self.beside > 0 => {}
            Op::Key(_) => self.key = text.into(),
            Op::StringPart(_) | Op::StringEnd => {}
            _ => self.begin(op, text),
        }
    }

    /// The selected values that closed since the last call.
    pub fn take(&mut self) -> Vec<Selected> {
        std::mem::take(&mut self.found)
    }

    /// The selected value that is open, as far as it goes.
    #[must_use]
    pub fn growing(&self) -> Option<Selected> {
        Some(Selected {
            pointer: self.pointer.clone(),
            value: self.growing.as_ref()?.snapshot()?,
        })
    }

    /// A value begins, in a container that is on the path.
    fn begin(&mut self, op: Op, text: &str) {
        let depth = self.open.len();
        let on_path = match self.open.last_mut() {
            None => true,
            Some(open) => {
                let item = open.next;
                open.next = item.map(|place| place + 1);
                self.path.leads_to(depth - 1, &self.key, item) && {
                    self.step(item);
                    true
                }
            }
        };
        if on_path && depth == self.path.segments.len() {
            self.growing = Some(Growing::new(self.hasher.clone()));
            self.grow(op, text);
        } else if let Op::Open(container) = op {
            if on_path {
                self.open.push(Open {
                    end: self.pointer.len(),
                    next: (container == Container::Array).then_some(0),
                });
            } else {
                self.beside = 1;
            }
        } else {
            self.leave();
        }
    }

    /// The pointer to the value that begins.
    fn step(&mut self, item: Option<usize>) {
        self.pointer.push('/');
        let segment = item.map_or_else(
            || self.key.replace('~', "~0").replace('/', "~1"),
            |place| place.to_string(),
        );
        self.pointer.push_str(&segment);
    }

    /// A value has ended.
    fn leave(&mut self) {
        let end = self.open.last().map_or(0, |open| open.end);
        self.pointer.truncate(end);
    }

    fn grow(&mut self, op: Op, text: &str) {
        let Some(mut growing) = self.growing.take() else {
            return;
        };
        growing.apply(op, text);
        if growing.root().is_none() {
            self.growing = Some(growing);
        } else if let Some(value) = growing.into_root() {
            let pointer = self.pointer.clone();
            self.found.push(Selected { pointer, value });
            self.leave();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::{Journal, Limits, Mark, Tokenizer, parse};

    fn hasher() -> RandomState {
        RandomState::with_seeds(1, 2, 3, 4)
    }

    /// What a path selects of a text read in chunks, with every growing value seen on the way.
    fn select(path: &str, text: &str, size: usize) -> (Vec<(String, String)>, Vec<String>) {
        let path = Path::parse(path).expect("it is a path");
        let mut selection = Selection::new(path, hasher());
        let (mut tokenizer, mut journal) = (Tokenizer::new(Limits::default()), Journal::default());
        let (mut found, mut grown) = (Vec::new(), Vec::new());
        for chunk in text.as_bytes().chunks(size) {
            tokenizer.feed(chunk, &mut journal).expect("it is JSON");
            for (op, text) in journal.entries(Mark::default()) {
                selection.read(op, text);
            }
            journal.clear();
            let closed = selection.take().into_iter();
            found.extend(closed.map(|each| (each.pointer, each.value.to_string())));
            grown.extend(selection.growing().map(|each| each.value.to_string()));
        }
        (found, grown)
    }

    #[test]
    fn paths_select_what_they_say() {
        let text = r#"{"items": [{"price": 1, "x": [9]}, {"price": [2, {"a": "b"}]}, 3], "a/b": {"0": true, "*": null}}"#;
        let cases: &[(&str, &[(&str, &str)])] = &[
            (
                "/items/*/price",
                &[
                    ("/items/0/price", "1"),
                    ("/items/1/price", r#"[2,{"a":"b"}]"#),
                ],
            ),
            (
                "$.items[*].price",
                &[
                    ("/items/0/price", "1"),
                    ("/items/1/price", r#"[2,{"a":"b"}]"#),
                ],
            ),
            ("/items/2", &[("/items/2", "3")]),
            ("$['items'][2]", &[("/items/2", "3")]),
            ("/a~1b/0", &[("/a~1b/0", "true")]),
            ("$[\"a/b\"]['*']", &[("/a~1b/*", "null")]),
            (
                "$.*.*",
                &[
                    ("/items/0", r#"{"price":1,"x":[9]}"#),
                    ("/items/1", r#"{"price":[2,{"a":"b"}]}"#),
                    ("/items/2", "3"),
                    ("/a~1b/0", "true"),
                    ("/a~1b/*", "null"),
                ],
            ),
            ("/items/*/x/*", &[("/items/0/x/0", "9")]),
            ("/none", &[]),
        ];
        for (path, expected) in cases {
            for size in [1, 7, 1000] {
                let (found, _) = select(path, text, size);
                let found: Vec<_> = found.iter().map(|(at, value)| (&**at, &**value)).collect();
                assert_eq!(found, *expected, "{path} by {size}");
            }
        }
        let (found, grown) = select("/t", r#"{"s": "no", "t": "abc"}"#, 1);
        assert_eq!(found, [("/t".to_owned(), "\"abc\"".to_owned())]);
        assert_eq!(grown, ["\"\"", "\"a\"", "\"ab\"", "\"abc\""]);
    }

    #[test]
    fn what_is_no_path_is_refused_at_its_byte() {
        for (path, at) in [
            ("items", 0),
            ("/a/~2", 3),
            ("$x", 1),
            ("$.", 1),
            ("$.a[b]", 3),
            ("$..a", 1),
            ("$['a'", 1),
        ] {
            let error = Path::parse(path).expect_err(path);
            assert_eq!(error.at, at, "{path}");
        }
    }

    proptest! {
        #[test]
        fn the_root_selects_the_document(items in prop::collection::vec("[a-z]{0,3}", 0..5), size in 1_usize..9) {
            let members: Vec<_> = items.iter().enumerate().map(|(at, item)| format!("\"{item}{at}\": [\"{item}\", {{}}, {at}]")).collect();
            let text = format!("{{{}}}", members.join(", "));
            let value = parse(text.as_bytes(), Limits::default(), &hasher()).expect("it is JSON");
            let (found, _) = select("", &text, size);
            prop_assert_eq!(found, vec![(String::new(), value.to_string())]);
            let (found, _) = select("/*/0", &text, size);
            prop_assert_eq!(found.len(), items.len());
        }
    }
}
