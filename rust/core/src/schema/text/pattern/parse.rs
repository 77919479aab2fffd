//! A recursive-descent parser for the patterns of ECMA-262.
//!
//! The grammar is that of the `u` flag (code points, `\p{…}`, named groups), which JSON Schema
//! recommends. What the grammar of `u` forbids and the one without it gives a plain meaning to
//! (an identity escape such as `\-` or `\_`, a lone `{` or `]`, `[\w-.]`) is read with that meaning unless
//! [`Dialect::Strict`] is asked for: patterns in the field are written for both.

use super::ast::{Assertion, Look, Node};
use super::class;
use super::error::{PatternError, PatternErrorKind as Kind};

/// Longest pattern in bytes.
const MAX_BYTES: usize = 1 << 14;
/// Deepest nesting of groups; keeps every recursion over the tree within the stack.
const MAX_DEPTH: usize = 128;

/// How faithful to the grammar of the `u` flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The `u` grammar alone: what `format: regex` asks for.
    Strict,
    /// The `u` grammar, and the plain reading where only that one has a meaning.
    Tolerant,
}

/// A parsed pattern.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    /// What it matches.
    pub node: Node,
    /// How many capturing groups it has.
    pub groups: u32,
}

/// Parses a pattern.
///
/// # Errors
/// [`PatternError`] with the byte offset of what is wrong.
pub(crate) fn parse(pattern: &str, dialect: Dialect) -> Result<Parsed, PatternError> {
    if pattern.len() > MAX_BYTES {
        return Err(PatternError {
            offset: MAX_BYTES,
            kind: Kind::TooLong,
        });
    }
    let groups = scan_groups(pattern);
    let mut parser = Parser {
        pattern,
        at: 0,
        dialect,
        depth: 0,
        opened: 0,
        groups,
        seen: Vec::new(),
    };
    let node = parser.disjunction()?;
    if parser.at < pattern.len() {
        return parser.fail(Kind::UnbalancedGroup);
    }
    Ok(Parsed {
        node,
        groups: parser.opened,
    })
}

/// The capturing groups of a pattern: references may point forward, so they are counted first.
#[derive(Default)]
struct Groups {
    count: u32,
    names: Vec<(String, u32)>,
}

fn scan_groups(pattern: &str) -> Groups {
    let mut groups = Groups::default();
    let mut in_class = false;
    let mut chars = pattern.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => {
                let rest = &pattern[at + 1..];
                let named = rest
                    .strip_prefix("?<")
                    .filter(|r| !r.starts_with(['=', '!']));
                if named.is_some() || !rest.starts_with('?') {
                    groups.count += 1;
                }
                if let Some((name, _)) = named.and_then(|r| r.split_once('>')) {
                    groups.names.push((name.to_owned(), groups.count));
                }
            }
            _ => {}
        }
    }
    groups
}

/// The parser's place in the pattern.
pub(super) struct Parser<'p> {
    pattern: &'p str,
    at: usize,
    dialect: Dialect,
    depth: usize,
    opened: u32,
    groups: Groups,
    seen: Vec<String>,
}

impl Parser<'_> {
    pub(super) fn fail<T>(&self, kind: Kind) -> Result<T, PatternError> {
        Err(PatternError {
            offset: self.at,
            kind,
        })
    }

    pub(super) fn strict(&self) -> bool {
        self.dialect == Dialect::Strict
    }

    pub(super) fn rest(&self) -> &str {
        &self.pattern[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// The place, to come back to with [`Parser::rewind`].
    pub(super) fn mark(&self) -> usize {
        self.at
    }

    pub(super) fn rewind(&mut self, mark: usize) {
        self.at = mark;
    }

    fn disjunction(&mut self) -> Result<Node, PatternError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail(Kind::TooDeep);
        }
        let mut branches = vec![self.alternative()?];
        while self.eat("|") {
            branches.push(self.alternative()?);
        }
        self.depth -= 1;
        Ok(if branches.len() == 1 {
            branches.remove(0)
        } else {
            Node::Alternate(branches)
        })
    }

    fn alternative(&mut self) -> Result<Node, PatternError> {
        let mut terms = Vec::new();
        while let Some(c) = self.peek() {
            if c == '|' || c == ')' {
                break;
            }
            let term = self.term()?;
            terms.push(term);
        }
        Ok(match terms.len() {
            0 => Node::Empty,
            1 => terms.remove(0),
            _ => Node::Concat(terms),
        })
    }

    fn term(&mut self) -> Result<Node, PatternError> {
        let start = self.at;
        let atom = self.atom()?;
        let before = self.at;
        let Some((min, max)) = self.quantifier()? else {
            return Ok(atom);
        };
        let greedy = !self.eat("?");
        let repeatable = self.repeatable(&self.pattern[start..before]);
        if !repeatable {
            self.at = before;
            return self.fail(Kind::NothingToRepeat);
        }
        Ok(Node::Repeat {
            node: Box::new(atom),
            min,
            max,
            greedy,
        })
    }

    /// Assertions cannot be repeated, unless a group holds them; lookaheads can without `u`.
    fn repeatable(&self, atom: &str) -> bool {
        let lookahead = atom.starts_with("(?=") || atom.starts_with("(?!");
        let lookbehind = atom.starts_with("(?<=") || atom.starts_with("(?<!");
        let edge = matches!(atom, "^" | "$" | r"\b" | r"\B");
        !(edge || lookbehind || lookahead && self.strict())
    }

    fn atom(&mut self) -> Result<Node, PatternError> {
        let start = self.at;
        let Some(c) = self.bump() else {
            return Ok(Node::Empty);
        };
        match c {
            '^' => Ok(Node::Assert(Assertion::Start)),
            '$' => Ok(Node::Assert(Assertion::End)),
            '.' => Ok(Node::Class(class::dot())),
            '(' => self.group(),
            '[' => Ok(Node::Class(self.class()?)),
            '\\' => self.escape(),
            '*' | '+' | '?' => {
                self.at = start;
                self.fail(Kind::NothingToRepeat)
            }
            '{' | '}' | ']' => self.lone_bracket(start, c),
            _ => Ok(Node::Class(class::one(c))),
        }
    }

    fn lone_bracket(&mut self, start: usize, c: char) -> Result<Node, PatternError> {
        self.at = start;
        if self.strict() {
            return self.fail(Kind::LoneBracket);
        }
        if c == '{' && self.counted()?.is_some() {
            self.at = start;
            return self.fail(Kind::NothingToRepeat);
        }
        self.at = start + 1;
        Ok(Node::Class(class::one(c)))
    }

    fn quantifier(&mut self) -> Result<Option<(u32, Option<u32>)>, PatternError> {
        let bounds = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                let bounds = self.counted()?;
                if bounds.is_none() && self.strict() {
                    return self.fail(Kind::Quantifier);
                }
                return Ok(bounds);
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(bounds))
    }

    /// `{n}`, `{n,}` or `{n,m}`; nothing, and the place unchanged, where the brace starts none.
    fn counted(&mut self) -> Result<Option<(u32, Option<u32>)>, PatternError> {
        let start = self.at;
        self.at += 1;
        let min = self.number();
        let max = if self.eat(",") { self.number() } else { min };
        let open_ended = max.is_none();
        let (Some(min), true) = (min, self.eat("}")) else {
            self.at = start;
            return Ok(None);
        };
        if max.is_some_and(|max| max < min) {
            self.at = start;
            return self.fail(Kind::Quantifier);
        }
        Ok(Some((min, if open_ended { None } else { max })))
    }

    /// A decimal number; one past `u32` counts as its greatest, which no budget allows anyway.
    pub(super) fn number(&mut self) -> Option<u32> {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return None;
        }
        let value = self.rest()[..digits].parse().unwrap_or(u32::MAX);
        self.at += digits;
        Some(value)
    }

    fn group(&mut self) -> Result<Node, PatternError> {
        let open = self.at - 1;
        let look = |behind, negative| Some((behind, negative));
        let kind = if self.eat("?=") {
            look(false, false)
        } else if self.eat("?!") {
            look(false, true)
        } else if self.eat("?<=") {
            look(true, false)
        } else if self.eat("?<!") {
            look(true, true)
        } else {
            None
        };
        if let Some((behind, negative)) = kind {
            let node = Box::new(self.closed(open)?);
            return Ok(Node::Look(Look {
                behind,
                negative,
                node,
            }));
        }
        if self.eat("?:") {
            return self.closed(open);
        }
        if self.eat("?<") {
            self.group_name()?;
        } else if self.peek() == Some('?') {
            return self.fail(Kind::UnknownGroup);
        }
        self.opened += 1;
        let index = self.opened;
        Ok(Node::Capture(index, Box::new(self.closed(open)?)))
    }

    fn closed(&mut self, open: usize) -> Result<Node, PatternError> {
        let node = self.disjunction()?;
        if self.eat(")") {
            return Ok(node);
        }
        self.at = open;
        self.fail(Kind::UnbalancedGroup)
    }

    fn group_name(&mut self) -> Result<(), PatternError> {
        let name = self.name()?;
        if self.seen.contains(&name) {
            return self.fail(Kind::GroupName);
        }
        self.seen.push(name);
        Ok(())
    }

    /// An identifier up to its `>`.
    fn name(&mut self) -> Result<String, PatternError> {
        let Some((name, _)) = self.rest().split_once('>') else {
            return self.fail(Kind::GroupName);
        };
        let start = |c: char| c.is_alphabetic() || matches!(c, '$' | '_');
        let fits = name.starts_with(start) && name.chars().all(|c| start(c) || c.is_numeric());
        if !fits {
            return self.fail(Kind::GroupName);
        }
        let name = name.to_owned();
        self.at += name.len() + 1;
        Ok(name)
    }

    /// `\k<name>`, after the `k`.
    pub(super) fn named_reference(&mut self) -> Result<Node, PatternError> {
        if !self.strict() && self.groups.names.is_empty() {
            return Ok(Node::Class(class::one('k')));
        }
        if !self.eat("<") {
            return self.fail(Kind::GroupName);
        }
        let name = self.name()?;
        let named = self.groups.names.iter().filter(|(n, _)| *n == name);
        let indices: Vec<u32> = named.map(|&(_, index)| index).collect();
        if indices.is_empty() {
            return self.fail(Kind::UnknownReference);
        }
        Ok(Node::Backreference(indices))
    }

    /// How many capturing groups the whole pattern has.
    pub(super) fn group_count(&self) -> u32 {
        self.groups.count
    }
}
