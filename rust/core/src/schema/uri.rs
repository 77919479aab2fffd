//! References between documents: RFC 3986, section 5, on the parts that schemas use.

/// A URI reference in its parts; none is decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// Splits a reference without fragment (RFC 3986, appendix B).
    fn of(text: &'a str) -> Self {
        let (text, query) = text
            .split_once('?')
            .map_or((text, None), |(head, query)| (head, Some(query)));
        let (scheme, text) = match text.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
            _ => (None, text),
        };
        let Some(after) = text.strip_prefix("//") else {
            return Self {
                scheme,
                authority: None,
                path: text,
                query,
            };
        };
        let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
        Self {
            scheme,
            authority: Some(authority),
            path,
            query,
        }
    }

    fn text(&self, path: &str) -> String {
        let mut text = String::new();
        if let Some(scheme) = self.scheme {
            text.push_str(scheme);
            text.push(':');
        }
        if let Some(authority) = self.authority {
            text.push_str("//");
            text.push_str(authority);
        }
        text.push_str(path);
        if let Some(query) = self.query {
            text.push('?');
            text.push_str(query);
        }
        text
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .chars()
            .all(|each| each.is_ascii_alphanumeric() || matches!(each, '+' | '-' | '.'))
}

/// Splits off the fragment; none and an empty one are the same.
pub(super) fn split_fragment(reference: &str) -> (&str, &str) {
    reference.split_once('#').unwrap_or((reference, ""))
}

/// The target of `reference`, which has no fragment, seen from `base` (RFC 3986, 5.2.2).
pub(super) fn resolve(base: &str, reference: &str) -> String {
    if reference.is_empty() {
        return base.to_owned();
    }
    let (base, target) = (Parts::of(base), Parts::of(reference));
    if target.scheme.is_some() {
        return target.text(&without_dots(target.path));
    }
    if target.authority.is_some() {
        return Parts {
            scheme: base.scheme,
            ..target
        }
        .text(&without_dots(target.path));
    }
    let parts = Parts {
        query: target.query,
        ..base
    };
    if target.path.is_empty() {
        return Parts {
            query: target.query.or(base.query),
            ..base
        }
        .text(base.path);
    }
    if target.path.starts_with('/') {
        return parts.text(&without_dots(target.path));
    }
    let folder = base.path.rfind('/').map_or("", |end| &base.path[..=end]);
    let rooted = if folder.is_empty() && base.authority.is_some() {
        "/"
    } else {
        folder
    };
    parts.text(&without_dots(&format!("{rooted}{}", target.path)))
}

/// Removes `.` and `..` segments (RFC 3986, 5.2.4).
fn without_dots(path: &str) -> String {
    if !path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return path.to_owned();
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." && kept.len() > 1 {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    kept.join("/")
}

/// Decodes `%XX`; what is not UTF-8 afterwards, or no such triple, stays as it is.
pub(super) fn percent_decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let triple = (byte == b'%')
            .then(|| after.get(..2).and_then(hex_byte))
            .flatten();
        bytes.push(triple.unwrap_or(byte));
        rest = if triple.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    Some((digit(digits[0])? << 4 | digit(digits[1])?) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_resolve_by_the_examples_of_rfc_3986() {
        let cases = [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../../g", "http://a/g"),
            ("g:h", "g:h"),
        ];
        for (reference, target) in cases {
            assert_eq!(
                resolve("http://a/b/c/d;p?q", reference),
                target,
                "{reference}"
            );
        }
        assert_eq!(resolve("", "item.json"), "item.json");
    }

    #[test]
    fn triples_are_decoded_and_nothing_else() {
        assert_eq!(percent_decoded("a%25b%22%zz%"), "a%b\"%zz%");
        assert_eq!(percent_decoded("%ff"), "%ff");
    }
}
