//! Where a request goes.

use std::fmt;
use std::sync::Arc;

use http::{HeaderValue, Uri};

use crate::failure::Failure;
use crate::proxy::Proxy;

/// What connections are kept by: an origin, and the way there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    pub(crate) tls: bool,
    /// Without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) proxy: Option<Arc<Proxy>>,
}

impl Target {
    /// The origin of an absolute address.
    pub(crate) fn of(uri: &Uri) -> Result<Self, Failure> {
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(Failure::Address("the address is neither http nor https")),
        };
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(Failure::Address("the address names no host"));
        }
        Ok(Self {
            tls,
            host: host.to_ascii_lowercase(),
            port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            proxy: None,
        })
    }

    /// The proxy that forwards requests to this target as they are.
    pub(crate) fn forwarding(&self) -> Option<&Proxy> {
        self.proxy.as_deref().filter(|_| !self.tls)
    }

    /// `host:port` as CONNECT wants it.
    pub(crate) fn place(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The value of `Host`: without a port that goes without saying.
    pub(crate) fn authority(&self) -> HeaderValue {
        let usual = if self.tls { 443 } else { 80 };
        let mut text = self.place();
        if self.port == usual {
            text.truncate(text.rfind(':').unwrap_or(text.len()));
        }
        // A host that came out of an address is made of characters that a header can carry.
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.place())
    }
}
