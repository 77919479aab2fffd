//! Escapes and character classes of a pattern.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::ast::{Assertion, Node};
use super::class;
use super::error::{PatternError, PatternErrorKind as Kind};
use super::parse::Parser;

/// What stands at one place of a class: a character (may bound a range) or a set (may not).
enum Item {
    Char(char),
    Set(ClassUnicode),
}

impl Parser<'_> {
    /// What follows a backslash outside a class.
    pub(super) fn escape(&mut self) -> Result<Node, PatternError> {
        match self.peek() {
            Some('b') => {
                self.bump();
                Ok(Node::Assert(Assertion::WordBoundary))
            }
            Some('B') => {
                self.bump();
                Ok(Node::Assert(Assertion::NotWordBoundary))
            }
            Some('1'..='9') => self.numbered_reference(),
            Some('k') => {
                self.bump();
                self.named_reference()
            }
            _ => Ok(Node::Class(match self.class_escape()? {
                Item::Char(c) => class::one(c),
                Item::Set(set) => set,
            })),
        }
    }

    fn numbered_reference(&mut self) -> Result<Node, PatternError> {
        let mark = self.mark();
        match self.number() {
            Some(index) if index <= self.group_count() => Ok(Node::Backreference(vec![index])),
            _ if self.strict() => self.fail(Kind::UnknownReference),
            _ => {
                self.rewind(mark);
                Ok(Node::Class(class::one(self.legacy_octal())))
            }
        }
    }

    /// `\101` without the `u` flag: up to three octal digits, at most 0377; `\8` is `8`.
    fn legacy_octal(&mut self) -> char {
        let mut value = 0u32;
        let mut digits = 0;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) {
            if digits == 3 || value * 8 + digit > 0o377 {
                break;
            }
            value = value * 8 + digit;
            digits += 1;
            self.bump();
        }
        if digits == 0 {
            return self.bump().unwrap_or('\\');
        }
        char::from_u32(value).unwrap_or('\0')
    }

    /// An escape that stands for one character or a set, inside or outside a class.
    fn class_escape(&mut self) -> Result<Item, PatternError> {
        let mark = self.mark();
        let Some(c) = self.bump() else {
            return self.fail(Kind::Escape);
        };
        let item = match c {
            'd' => Item::Set(class::digit()),
            'D' => Item::Set(class::negated(class::digit())),
            's' => Item::Set(class::space()),
            'S' => Item::Set(class::negated(class::space())),
            'w' => Item::Set(class::word()),
            'W' => Item::Set(class::negated(class::word())),
            'p' => Item::Set(self.property()?),
            'P' => Item::Set(class::negated(self.property()?)),
            't' => Item::Char('\t'),
            'n' => Item::Char('\n'),
            'v' => Item::Char('\u{b}'),
            'f' => Item::Char('\u{c}'),
            'r' => Item::Char('\r'),
            'c' => self.control(mark)?,
            'x' => self.hex(mark)?,
            'u' => self.unicode(mark)?,
            '0'..='9' => self.octal(mark, c)?,
            _ if is_syntax(c) || !self.strict() => Item::Char(c),
            _ => {
                self.rewind(mark);
                return self.fail(Kind::Escape);
            }
        };
        Ok(item)
    }

    fn octal(&mut self, mark: usize, c: char) -> Result<Item, PatternError> {
        let more = self.peek().is_some_and(|next| next.is_ascii_digit());
        if c == '0' && !more {
            return Ok(Item::Char('\0'));
        }
        self.rewind(mark);
        if self.strict() {
            return self.fail(Kind::Escape);
        }
        Ok(Item::Char(self.legacy_octal()))
    }

    fn control(&mut self, mark: usize) -> Result<Item, PatternError> {
        if let Some(letter) = self.peek().filter(char::is_ascii_alphabetic) {
            self.bump();
            return Ok(Item::Char(char::from(letter as u8 % 32)));
        }
        self.rewind(mark);
        if self.strict() {
            self.fail(Kind::Escape)
        } else {
            Ok(Item::Char('\\'))
        }
    }

    fn hex(&mut self, mark: usize) -> Result<Item, PatternError> {
        match self.hex_digits(2).and_then(char::from_u32) {
            Some(c) => Ok(Item::Char(c)),
            None => self.identity(mark, 'x'),
        }
    }

    fn unicode(&mut self, mark: usize) -> Result<Item, PatternError> {
        if self.eat("{") {
            return self.braced_unicode(mark);
        }
        let Some(unit) = self.hex_digits(4) else {
            return self.identity(mark, 'u');
        };
        let after = self.mark();
        if (0xd800..0xdc00).contains(&unit) && self.eat("\\u") {
            let low = self
                .hex_digits(4)
                .filter(|low| (0xdc00..0xe000).contains(low));
            if let Some(low) = low {
                let c = char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
                return Ok(c.map_or_else(|| Item::Set(class::none()), Item::Char));
            }
            self.rewind(after);
        }
        // A lone surrogate is no scalar value: no text holds it.
        Ok(char::from_u32(unit).map_or_else(|| Item::Set(class::none()), Item::Char))
    }

    fn braced_unicode(&mut self, mark: usize) -> Result<Item, PatternError> {
        let body = self.rest().split_once('}').map(|(body, _)| body.to_owned());
        let hex = |b: &String| !b.is_empty() && b.bytes().all(|c| c.is_ascii_hexdigit());
        let Some(body) = body.filter(hex) else {
            return self.identity(mark, 'u');
        };
        let digits = body.trim_start_matches('0');
        let value = if digits.is_empty() {
            Ok(0)
        } else {
            u32::from_str_radix(digits, 16)
        };
        self.eat(&body);
        self.eat("}");
        match value {
            Ok(value) if value <= 0x10_ffff => {
                Ok(char::from_u32(value).map_or_else(|| Item::Set(class::none()), Item::Char))
            }
            _ => self.fail(Kind::Escape),
        }
    }

    /// The letter itself where its escape is malformed and the dialect allows that.
    fn identity(&mut self, mark: usize, letter: char) -> Result<Item, PatternError> {
        self.rewind(mark);
        if self.strict() {
            return self.fail(Kind::Escape);
        }
        self.bump();
        Ok(Item::Char(letter))
    }

    fn hex_digits(&mut self, count: usize) -> Option<u32> {
        let digits = self.rest().get(..count)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let value = u32::from_str_radix(digits, 16).ok()?;
        for _ in 0..count {
            self.bump();
        }
        Some(value)
    }

    fn property(&mut self) -> Result<ClassUnicode, PatternError> {
        let body = self
            .rest()
            .strip_prefix('{')
            .and_then(|rest| rest.split_once('}'));
        let Some(name) = body.map(|(name, _)| name.to_owned()) else {
            return self.fail(Kind::UnknownProperty);
        };
        let Some(set) = class::property(&name) else {
            return self.fail(Kind::UnknownProperty);
        };
        self.eat("{");
        self.eat(&name);
        self.eat("}");
        Ok(set)
    }

    /// A class, after its `[`.
    pub(super) fn class(&mut self) -> Result<ClassUnicode, PatternError> {
        let open = self.mark();
        let negated = self.eat("^");
        // Collected first and sorted once: a class may list thousands of members.
        let mut set = Vec::new();
        while !self.eat("]") {
            if self.peek().is_none() {
                self.rewind(open);
                return self.fail(Kind::UnclosedClass);
            }
            self.class_member(&mut set)?;
        }
        let set = ClassUnicode::new(set);
        Ok(if negated { class::negated(set) } else { set })
    }

    /// One character, set or range.
    fn class_member(&mut self, set: &mut Vec<ClassUnicodeRange>) -> Result<(), PatternError> {
        let first = self.class_item()?;
        let mark = self.mark();
        if !self.eat("-") || matches!(self.peek(), None | Some(']')) {
            self.rewind(mark);
            add(set, first);
            return Ok(());
        }
        match (first, self.class_item()?) {
            (Item::Char(low), Item::Char(high)) if low <= high => {
                set.push(ClassUnicodeRange::new(low, high));
            }
            (Item::Char(_), Item::Char(_)) => return self.fail(Kind::ClassRange),
            _ if self.strict() => return self.fail(Kind::ClassRange),
            (first, last) => {
                add(set, first);
                add(set, Item::Char('-'));
                add(set, last);
            }
        }
        Ok(())
    }

    fn class_item(&mut self) -> Result<Item, PatternError> {
        match self.bump() {
            Some('\\') if self.eat("b") => Ok(Item::Char('\u{8}')),
            Some('\\') if self.eat("-") => Ok(Item::Char('-')),
            Some('\\') => self.class_escape(),
            Some(c) => Ok(Item::Char(c)),
            None => self.fail(Kind::UnclosedClass),
        }
    }
}

fn add(set: &mut Vec<ClassUnicodeRange>, item: Item) {
    match item {
        Item::Char(c) => set.push(ClassUnicodeRange::new(c, c)),
        Item::Set(other) => set.extend_from_slice(other.ranges()),
    }
}

/// The characters that the `u` grammar allows behind a backslash as themselves.
fn is_syntax(c: char) -> bool {
    matches!(
        c,
        '^' | '$' | '\\' | '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '/'
    )
}
