//! Reading one event's JSON without building it.
//!
//! Events are small, whole and mostly padding: ids, model names, fingerprints. A reader walks over
//! one, borrows the strings its dialect asks for and steps over the rest; nothing is allocated but
//! for a string with escapes. What is stepped over is checked for balance only, so a few malformed
//! documents pass; a value that is read is checked.

use std::borrow::Cow;

use memchr::memchr2;

/// The event is not the JSON it should be; the position in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub usize);

/// A result of reading.
pub(super) type Read<T> = Result<T, Malformed>;

/// A position in an event's JSON text.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// A reader before the first value of `text`.
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Whether `text` is one balanced JSON value and white space.
    pub(super) fn is_whole(text: &'a str) -> bool {
        let mut reader = Self::new(text);
        reader.skip().is_ok() && reader.end().is_ok()
    }

    /// The next byte that is not white space; 0 at the end.
    pub(super) fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return byte;
            }
            self.at += 1;
        }
        0
    }

    /// Only white space is left.
    pub(super) fn end(&mut self) -> Read<()> {
        if self.peek() == 0 && self.at == self.text.len() {
            Ok(())
        } else {
            self.malformed()
        }
    }

    /// Reads an object: `each` gets every key and must read or skip its value. Anything but an
    /// object is skipped.
    pub(super) fn object<E: From<Malformed>>(
        &mut self,
        mut each: impl FnMut(&mut Self, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.peek() != b'{' {
            return Ok(self.skip()?);
        }
        self.at += 1;
        self.members(true, &mut each)
    }

    /// Reads what is left of an object behind one of its members, as [`Reader::object`] does.
    pub(super) fn rest<E: From<Malformed>>(
        &mut self,
        mut each: impl FnMut(&mut Self, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        self.members(false, &mut each)
    }

    fn members<E: From<Malformed>>(
        &mut self,
        mut first: bool,
        each: &mut impl FnMut(&mut Self, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        while self.more(b'}', &mut first)? {
            let key = self.quoted()?;
            self.expect(b':')?;
            each(self, &key)?;
        }
        Ok(())
    }

    /// What stands before the value at hand.
    pub(super) fn head(&self) -> &'a str {
        &self.text[..self.at]
    }

    /// Moves behind `head` if the text begins with it; whether it does.
    pub(super) fn jump(&mut self, head: &str) -> bool {
        let begins = self.text.starts_with(head);
        if begins {
            self.at = head.len();
        }
        begins
    }

    /// Reads an array: `each` must read or skip one element. Anything but an array is skipped.
    pub(super) fn array<E: From<Malformed>>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.peek() != b'[' {
            return Ok(self.skip()?);
        }
        self.at += 1;
        let mut first = true;
        while self.more(b']', &mut first)? {
            each(self)?;
        }
        Ok(())
    }

    /// A string; `None` for any other value, which is skipped.
    pub(super) fn string(&mut self) -> Read<Option<Cow<'a, str>>> {
        if self.peek() == b'"' {
            self.quoted().map(Some)
        } else {
            self.skip().map(|()| None)
        }
    }

    /// A string that is not empty.
    pub(super) fn filled(&mut self) -> Read<Option<Cow<'a, str>>> {
        Ok(self.string()?.filter(|text| !text.is_empty()))
    }

    /// A number that is not negative, without its fraction; `None` for any other value.
    pub(super) fn count(&mut self) -> Read<Option<u64>> {
        let text = self.raw()?;
        Ok(text.parse().ok().or_else(|| {
            let number: f64 = text
                .parse()
                .ok()
                .filter(|_| text.starts_with(|c: char| c.is_ascii_digit()))?;
            Some(number as u64)
        }))
    }

    /// Whether the value is `true`.
    pub(super) fn truth(&mut self) -> Read<bool> {
        Ok(self.raw()? == "true")
    }

    /// The value's text as it stands.
    pub(super) fn raw(&mut self) -> Read<&'a str> {
        self.peek();
        let start = self.at;
        self.skip()?;
        Ok(&self.text[start..self.at])
    }

    /// Steps over a value that is to be read later, and returns a reader before it.
    pub(super) fn later(&mut self) -> Read<Self> {
        self.peek();
        let before = self.clone();
        self.skip()?;
        Ok(before)
    }

    /// Steps over a value of any kind, nested to any depth.
    pub(super) fn skip(&mut self) -> Read<()> {
        match self.peek() {
            b'"' => self.skip_string(),
            b'{' | b'[' => self.skip_nested(),
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                self.skip_scalar();
                Ok(())
            }
            _ => self.malformed(),
        }
    }

    fn skip_scalar(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let scalar = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        self.at += rest
            .iter()
            .position(|byte| !scalar(byte))
            .unwrap_or(rest.len());
    }

    fn skip_nested(&mut self) -> Read<()> {
        let bytes = self.text.as_bytes();
        let mut depth = 0_usize;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.skip_string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
        self.malformed()
    }

    fn skip_string(&mut self) -> Read<()> {
        self.at += 1;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let Some(stop) = memchr2(b'"', b'\\', rest) else {
                return self.cut();
            };
            if rest[stop] == b'"' {
                self.at += stop + 1;
                return Ok(());
            }
            if stop + 1 >= rest.len() {
                return self.cut();
            }
            self.at += stop + 2;
        }
    }

    /// The string at hand, borrowed unless it has escapes.
    fn quoted(&mut self) -> Read<Cow<'a, str>> {
        if self.peek() != b'"' {
            return self.malformed();
        }
        let start = self.at + 1;
        let Some(stop) = memchr2(b'"', b'\\', &self.text.as_bytes()[start..]) else {
            return self.cut();
        };
        if self.text.as_bytes()[start + stop] == b'"' {
            self.at = start + stop + 1;
            return Ok(Cow::Borrowed(&self.text[start..start + stop]));
        }
        self.skip_string()?;
        self.unescape(start, start + stop).map(Cow::Owned)
    }

    /// The string from `start`, its first escape at `escape`, its end behind the reader.
    fn unescape(&self, start: usize, escape: usize) -> Read<String> {
        let end = self.at - 1;
        let mut text = String::with_capacity(end - start);
        let mut from = start;
        let mut next = Some(escape);
        while let Some(escape) = next {
            text.push_str(&self.text[from..escape]);
            from = self.escape(escape + 1, &mut text)?;
            next = memchr::memchr(b'\\', &self.text.as_bytes()[from..end]).map(|step| from + step);
        }
        text.push_str(&self.text[from..end]);
        Ok(text)
    }

    /// Reads the escape whose letter is at `at`; returns where the text goes on.
    fn escape(&self, at: usize, text: &mut String) -> Read<usize> {
        let plain = match self.text.as_bytes().get(at) {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(&byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'u') => return self.unicode(at + 1, text),
            _ => return Err(Malformed(at)),
        };
        text.push(plain);
        Ok(at + 1)
    }

    /// Reads four hexadecimal digits, and the low surrogate behind a high one. Half a pair becomes
    /// U+FFFD, as when such a string is encoded as UTF-8.
    fn unicode(&self, at: usize, text: &mut String) -> Read<usize> {
        let first = self.hex(at)?;
        let after = at + 4;
        if let Some(plain) = char::from_u32(first) {
            text.push(plain);
            return Ok(after);
        }
        let low = (first < 0xDC00 && self.text[after..].starts_with("\\u"))
            .then(|| self.hex(after + 2).ok())
            .flatten()
            .filter(|low| (0xDC00..0xE000).contains(low));
        let pair =
            low.and_then(|low| char::from_u32(0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00)));
        text.push(pair.unwrap_or(char::REPLACEMENT_CHARACTER));
        Ok(if pair.is_some() { after + 6 } else { after })
    }

    fn hex(&self, at: usize) -> Read<u32> {
        let digits = self.text.as_bytes().get(at..at + 4).ok_or(Malformed(at))?;
        digits.iter().try_fold(0, |code, &byte| {
            Ok(code << 4 | char::from(byte).to_digit(16).ok_or(Malformed(at))?)
        })
    }

    /// Whether another member follows in the container that `close` ends.
    fn more(&mut self, close: u8, first: &mut bool) -> Read<bool> {
        let byte = self.peek();
        if byte == close {
            self.at += 1;
            return Ok(false);
        }
        if !std::mem::take(first) {
            self.expect(b',')?;
        }
        Ok(true)
    }

    fn expect(&mut self, byte: u8) -> Read<()> {
        if self.peek() != byte {
            return self.malformed();
        }
        self.at += 1;
        Ok(())
    }

    const fn malformed<T>(&self) -> Read<T> {
        Err(Malformed(self.at))
    }

    const fn cut<T>(&self) -> Read<T> {
        Err(Malformed(self.text.len()))
    }
}

#[cfg(test)]
mod tests;
