//! Why an exchange failed.

use std::error::Error;
use std::fmt;
use std::io;

/// Why an exchange failed. Its words are the system's and the protocol's; nothing of the request is in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The address, a header or the proxy is none; the text says which.
    Address(&'static str),
    /// No connection came about; nothing of the request was sent. The text is the system's.
    Connect(String),
    /// No connection stood in the time that the request allows; nothing of it was sent.
    Unconnected,
    /// The TLS handshake failed; nothing of the request was sent. The text is the library's.
    Tls(String),
    /// The proxy refused the tunnel with this status, or with none that can be read (0).
    Proxy(u16),
    /// The connection broke while it was read.
    Read,
    /// The connection broke while it was written.
    Write,
    /// The peer broke the protocol, or closed before the message was whole.
    Protocol,
    /// The body has more bytes than the request allows.
    TooLong(u64),
    /// The client or its thread was closed.
    Closed,
}

impl Failure {
    /// The stable name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::Connect(_) => "connect",
            Self::Unconnected => "unconnected",
            Self::Tls(_) => "tls",
            Self::Proxy(_) => "proxy",
            Self::Read => "read",
            Self::Write => "write",
            Self::Protocol => "protocol",
            Self::TooLong(_) => "too_long",
            Self::Closed => "closed",
        }
    }

    pub(crate) fn connect(error: &io::Error) -> Self {
        Self::Connect(error.to_string())
    }

    /// What went wrong between a request's first byte and its answer's last one.
    pub(crate) fn of_exchange(error: &hyper::Error) -> Self {
        match io_kind(error) {
            Some(io::ErrorKind::UnexpectedEof) => return Self::Protocol,
            Some(io::ErrorKind::BrokenPipe | io::ErrorKind::WriteZero) => return Self::Write,
            Some(_) => return Self::Read,
            None => {}
        }
        if error.is_body_write_aborted() {
            Self::Write
        } else {
            Self::Protocol
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(what) => f.write_str(what),
            Self::Connect(words) | Self::Tls(words) => f.write_str(words),
            Self::Proxy(0) => f.write_str("the proxy gave no usable answer"),
            Self::Proxy(status) => write!(f, "the proxy answered {status}"),
            Self::Read => f.write_str("reading failed"),
            Self::Write => f.write_str("writing failed"),
            Self::Protocol => f.write_str("the peer broke the protocol"),
            Self::TooLong(bound) => write!(f, "more than {bound} bytes"),
            Self::Unconnected => f.write_str("no connection in time"),
            Self::Closed => f.write_str("closed"),
        }
    }
}

impl Error for Failure {}

/// The system's part in an error, however deep.
fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(system) = error.downcast_ref::<io::Error>() {
            return Some(system.kind());
        }
        next = error.source();
    }
    None
}
