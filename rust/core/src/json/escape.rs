//! String escapes, byte by byte.

use super::Scalars;

/// Where reading stands inside an escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// After `\`.
    Start,
    /// After `\u` and `digits` hexadecimal digits worth `value`; `high` is a high surrogate read before.
    Hex {
        digits: u32,
        value: u32,
        high: Option<u32>,
    },
    /// After a high surrogate: `\` must follow.
    Between { high: u32 },
    /// After a high surrogate and `\`: `u` must follow.
    BetweenSlash { high: u32 },
}

/// What a byte makes of an escape.
pub(super) enum Escaped {
    /// It goes on.
    Partial(Escape, Scalars),
    /// It stands for this scalar value.
    Scalar(char),
    /// There is no such escape.
    Invalid,
}

/// The scalar values of surrogate pairs whose high half is `high` and whose low half is within the bounds.
fn pairs(high: u32, low: (u32, u32)) -> (u32, u32) {
    let (first, last) = (low.0.max(0xDC00), low.1.min(0xDFFF));
    if first > last {
        return (1, 0);
    }
    let start = 0x1_0000 + ((high - 0xD800) << 10);
    (start + (first - 0xDC00), start + (last - 0xDC00))
}

impl Escape {
    /// Takes the next byte.
    pub fn push(self, byte: u8) -> Escaped {
        match self {
            Self::Start => start(byte),
            Self::Hex {
                digits,
                value,
                high,
            } => match char::from(byte).to_digit(16) {
                Some(digit) => hex(digits + 1, value << 4 | digit, high),
                None => Escaped::Invalid,
            },
            Self::Between { high } if byte == b'\\' => pending(Self::BetweenSlash { high }),
            Self::BetweenSlash { high } if byte == b'u' => pending(Self::Hex {
                digits: 0,
                value: 0,
                high: Some(high),
            }),
            Self::Between { .. } | Self::BetweenSlash { .. } => Escaped::Invalid,
        }
    }

    /// The scalar values that can come of it.
    fn completions(self) -> Scalars {
        let none = (1, 0);
        match self {
            Self::Start => Scalars::ALL,
            Self::Between { high } | Self::BetweenSlash { high } => {
                Scalars::new(pairs(high, (0xDC00, 0xDFFF)), none)
            }
            Self::Hex {
                digits,
                value,
                high,
            } => {
                let open = 4 * (4 - digits);
                let (low, top) = (value << open, value << open | ((1 << open) - 1));
                match high {
                    Some(high) => Scalars::new(pairs(high, (low, top)), none),
                    None => unpaired(low, top),
                }
            }
        }
    }
}

/// What `\uXXXX` with a code unit within the bounds can begin: itself, or a pair if it is a high surrogate.
fn unpaired(low: u32, top: u32) -> Scalars {
    let plain = match (low, top) {
        (0xD800..=0xDFFF, 0xD800..=0xDFFF) => (1, 0),
        bounds => bounds,
    };
    let (first, last) = (low.max(0xD800), top.min(0xDBFF));
    let paired = if first <= last {
        (
            pairs(first, (0xDC00, 0xDFFF)).0,
            pairs(last, (0xDC00, 0xDFFF)).1,
        )
    } else {
        (1, 0)
    };
    Scalars::new(plain, paired)
}

fn start(byte: u8) -> Escaped {
    let scalar = match byte {
        b'"' | b'\\' | b'/' => char::from(byte),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            return pending(Escape::Hex {
                digits: 0,
                value: 0,
                high: None,
            });
        }
        _ => return Escaped::Invalid,
    };
    Escaped::Scalar(scalar)
}

fn pending(escape: Escape) -> Escaped {
    let left = escape.completions();
    if left.is_empty() {
        Escaped::Invalid
    } else {
        Escaped::Partial(escape, left)
    }
}

fn hex(digits: u32, value: u32, high: Option<u32>) -> Escaped {
    if digits < 4 {
        return pending(Escape::Hex {
            digits,
            value,
            high,
        });
    }
    match (high, value) {
        (Some(high), 0xDC00..=0xDFFF) => {
            char::from_u32(pairs(high, (value, value)).0).map_or(Escaped::Invalid, Escaped::Scalar)
        }
        (Some(_), _) => Escaped::Invalid,
        (None, 0xD800..=0xDBFF) => pending(Escape::Between { high: value }),
        (None, _) => char::from_u32(value).map_or(Escaped::Invalid, Escaped::Scalar),
    }
}
