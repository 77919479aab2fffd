//! Proxies: who they are, and how a tunnel through one is asked for.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::failure::Failure;
use crate::limits::PROXY_ANSWER;
use crate::stream::Stream;
use crate::target::Target;

/// An HTTP proxy.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proxy {
    pub(crate) tls: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
    credentials: Option<Vec<u8>>,
}

impl Proxy {
    /// A proxy by its address: `http://host:port` or `https://…`.
    ///
    /// # Errors
    /// [`Failure::Address`]: it is none.
    pub fn new(url: &str) -> Result<Self, Failure> {
        let uri: Uri = url
            .parse()
            .map_err(|_| Failure::Address("the proxy's address is none"))?;
        let origin = Target::of(&uri).map_err(|_| {
            Failure::Address("the proxy's address is neither http:// nor https:// and a host")
        })?;
        Ok(Self {
            tls: origin.tls,
            host: origin.host,
            port: origin.port,
            credentials: None,
        })
    }

    /// With a user's name and password.
    #[must_use]
    pub fn authorized(mut self, user: &str, password: &str) -> Self {
        let pair = STANDARD.encode(format!("{user}:{password}"));
        self.credentials = Some(format!("Basic {pair}").into_bytes());
        self
    }

    /// The value of `Proxy-Authorization`.
    pub(crate) fn credentials(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_bytes(self.credentials.as_deref()?).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Asks for a tunnel to `target` (RFC 9110, section 9.3.6).
    pub(crate) async fn tunnel(
        &self,
        mut stream: Stream,
        target: &Target,
    ) -> Result<Stream, Failure> {
        let place = target.place();
        let mut ask = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n").into_bytes();
        if let Some(credentials) = &self.credentials {
            ask.extend_from_slice(b"Proxy-Authorization: ");
            ask.extend_from_slice(credentials);
            ask.extend_from_slice(b"\r\n");
        }
        ask.extend_from_slice(b"\r\n");
        write_all(&mut stream, &ask).await?;
        match status(&read_head(&mut stream).await?) {
            200..=299 => Ok(stream),
            refused => Err(Failure::Proxy(refused)),
        }
    }
}

/// A password is not for logs.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "proxy at {}:{}", self.host, self.port)
    }
}

async fn write_all(stream: &mut Stream, mut data: &[u8]) -> Result<(), Failure> {
    while !data.is_empty() {
        let written = std::future::poll_fn(|context| {
            std::pin::Pin::new(&mut *stream).poll_write(context, data)
        });
        match written.await {
            Ok(0) | Err(_) => return Err(Failure::Proxy(0)),
            Ok(count) => data = &data[count..],
        }
    }
    Ok(())
}

/// The head of the proxy's answer, read byte by byte: what follows it belongs to the tunnel.
async fn read_head(stream: &mut Stream) -> Result<Vec<u8>, Failure> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        let read = std::future::poll_fn(|context| {
            std::pin::Pin::new(&mut *stream).poll_read(context, &mut buffer)
        });
        let read = read.await;
        if read.is_err() || buffer.filled().is_empty() || head.len() >= PROXY_ANSWER {
            return Err(Failure::Proxy(0));
        }
        head.push(byte[0]);
    }
    Ok(head)
}

/// The status in `HTTP/1.1 200 …`; 0 where there is none.
fn status(head: &[u8]) -> u16 {
    let words = head
        .strip_prefix(b"HTTP/1.")
        .and_then(|rest| rest.get(2..5));
    let digits = words.and_then(|digits| std::str::from_utf8(digits).ok());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_sent_and_never_shown() {
        let proxy =
            Proxy::new("http://proxy.example:3128").map(|proxy| proxy.authorized("me", "secret"));
        let proxy = proxy.expect("an address");
        assert_eq!(format!("{proxy:?}"), "proxy at proxy.example:3128");
        let sent = proxy.credentials().expect("credentials");
        assert_eq!(sent.as_bytes(), b"Basic bWU6c2VjcmV0");
    }

    #[test]
    fn what_is_no_proxy_is_refused() {
        for url in [
            "",
            "socks5://a:1",
            "proxy.example:1",
            "http://",
            "http://a b",
        ] {
            assert!(matches!(Proxy::new(url), Err(Failure::Address(_))), "{url}");
        }
    }

    #[test]
    fn a_status_is_read_only_where_there_is_one() {
        assert_eq!(status(b"HTTP/1.1 200 OK\r\n\r\n"), 200);
        assert_eq!(status(b"HTTP/1.0 407 \r\n\r\n"), 407);
        for head in [
            &b"HTTP/2 200"[..],
            b"HTTP/1.1 2",
            b"",
            b"nonsense\r\n\r\n",
            b"HTTP/1.1 abc",
        ] {
            assert_eq!(status(head), 0);
        }
    }
}
