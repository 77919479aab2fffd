//! The formats of JSON Schema's `format`.
//!
//! Most are regular and become automata, so that a text dies at the first character that leaves them. For the
//! others a regular superset does that, and what it lets through is checked when the string has closed.

mod grammar;
mod idn;
mod leap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::pattern;
use crate::json::{Limits, parse};
use crate::schema::documents::hasher;

/// A format that the drafts of JSON Schema define.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// RFC 3339 `full-date`, with the days that each month of each year has.
    Date,
    /// RFC 3339 `full-time`; a leap second only where it is 23:59:60 UTC.
    Time,
    /// RFC 3339 `date-time`.
    DateTime,
    /// RFC 3339 appendix A `duration`.
    Duration,
    /// RFC 4122.
    Uuid,
    /// RFC 2673 §3.2 dotted quad.
    Ipv4,
    /// RFC 4291 §2.2.
    Ipv6,
    /// RFC 5321 `Mailbox`.
    Email,
    /// RFC 6531 `Mailbox`.
    IdnEmail,
    /// RFC 1123, with A-labels checked by RFC 5890.
    Hostname,
    /// RFC 5890 with U-labels.
    IdnHostname,
    /// RFC 3986 `URI`.
    Uri,
    /// RFC 3986 `URI-reference`.
    UriReference,
    /// RFC 3987 `IRI`.
    Iri,
    /// RFC 3987 `IRI-reference`.
    IriReference,
    /// RFC 6570.
    UriTemplate,
    /// RFC 6901.
    JsonPointer,
    /// Relative JSON Pointers.
    RelativeJsonPointer,
    /// ECMA-262, grammar of the `u` flag.
    Regex,
    /// RFC 4648 §4, padded: `contentEncoding`.
    Base64,
    /// RFC 8259: `contentMediaType`.
    Json,
    /// RFC 8259 in RFC 4648 §4: both.
    Base64Json,
}

/// Bytes of a `full-date` and what separates it from its `full-time`.
const DATE_BYTES: usize = 11;

impl Format {
    /// The format of that name; `None` for names that the drafts do not define.
    #[must_use]
    pub fn named(name: &str) -> Option<Format> {
        Some(match name {
            "date" => Format::Date,
            "time" => Format::Time,
            "date-time" => Format::DateTime,
            "duration" => Format::Duration,
            "uuid" => Format::Uuid,
            "ipv4" => Format::Ipv4,
            "ipv6" => Format::Ipv6,
            "email" => Format::Email,
            "idn-email" => Format::IdnEmail,
            "hostname" => Format::Hostname,
            "idn-hostname" => Format::IdnHostname,
            "uri" => Format::Uri,
            "uri-reference" => Format::UriReference,
            "iri" => Format::Iri,
            "iri-reference" => Format::IriReference,
            "uri-template" => Format::UriTemplate,
            "json-pointer" => Format::JsonPointer,
            "relative-json-pointer" => Format::RelativeJsonPointer,
            "regex" => Format::Regex,
            _ => return None,
        })
    }

    /// The format that a string with content of this encoding and media type has; `None` where nothing is known of them.
    #[must_use]
    pub fn of_content(encoding: Option<&str>, media_type: Option<&str>) -> Option<Format> {
        match (encoding, media_type) {
            (None, Some("application/json")) => Some(Format::Json),
            (Some("base64"), Some("application/json")) => Some(Format::Base64Json),
            (Some("base64"), _) => Some(Format::Base64),
            _ => None,
        }
    }

    /// Whether its pattern accepts exactly the format, so that no check is left for the close.
    #[must_use]
    pub fn is_regular(self) -> bool {
        !matches!(
            self,
            Format::Time
                | Format::DateTime
                | Format::Hostname
                | Format::IdnHostname
                | Format::Regex
                | Format::Json
                | Format::Base64Json
        )
    }

    /// The most characters that a text of the format has, where the pattern does not say so.
    pub(super) fn max_length(self) -> Option<u64> {
        matches!(self, Format::Hostname).then_some(idn::MAX_NAME as u64)
    }

    /// Whether what the pattern lets through is found as it is written, not at the close.
    pub(super) fn is_watched(self) -> bool {
        matches!(self, Format::Time | Format::DateTime)
    }

    /// A pattern that accepts the format, or a little more where it is not regular.
    pub(super) fn pattern(self) -> String {
        let body = match self {
            Format::Date => grammar::date(),
            Format::Time => grammar::time(),
            Format::DateTime => format!("{}[Tt]{}", grammar::date(), grammar::time()),
            Format::Duration => grammar::duration(),
            Format::Uuid => grammar::UUID.to_owned(),
            Format::Ipv4 => grammar::ipv4(),
            Format::Ipv6 => grammar::ipv6(),
            Format::Email => grammar::email(""),
            Format::IdnEmail => grammar::email(r"\u{80}-\u{10ffff}"),
            Format::Hostname => grammar::HOSTNAME.to_owned(),
            Format::IdnHostname => grammar::IDN_HOSTNAME.to_owned(),
            Format::Uri => grammar::uri(grammar::ASCII),
            Format::UriReference => grammar::uri_reference(grammar::ASCII),
            Format::Iri => grammar::uri(grammar::INTERNATIONAL),
            Format::IriReference => grammar::uri_reference(grammar::INTERNATIONAL),
            Format::UriTemplate => grammar::uri_template(),
            Format::JsonPointer => grammar::POINTER.to_owned(),
            Format::RelativeJsonPointer => {
                format!("(?:0|[1-9][0-9]*)(?:#|{})", grammar::POINTER)
            }
            Format::Regex | Format::Json => "[^]*".to_owned(),
            Format::Base64 | Format::Base64Json => grammar::BASE64.to_owned(),
        };
        format!("^(?:{body})$")
    }

    /// The offset of the first character from `from` on after which no continuation has the format, for
    /// formats that can say so beyond their pattern.
    pub(super) fn dies_at(self, text: &str, from: usize) -> Option<usize> {
        match self {
            Format::Time => leap::dies_at(text, 0, from),
            Format::DateTime => leap::dies_at(text, DATE_BYTES, from),
            _ => None,
        }
    }

    /// Whether a text that the pattern accepts has the format.
    #[must_use]
    pub(super) fn check(self, text: &str) -> bool {
        match self {
            Format::Time | Format::DateTime => self.dies_at(text, 0).is_none(),
            Format::Hostname => idn::is_hostname(text),
            Format::IdnHostname => idn::is_idn_hostname(text),
            Format::Regex => pattern::is_strict(text),
            Format::Json => is_json(text.as_bytes()),
            Format::Base64Json => STANDARD.decode(text).is_ok_and(|bytes| is_json(&bytes)),
            _ => true,
        }
    }
}

fn is_json(text: &[u8]) -> bool {
    // Nothing is hashed from it that outlives the check, and what is kept is bounded by the string's own bound.
    parse(text, Limits::default(), &hasher(0)).is_ok()
}
