//! What is sent.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use http_body_util::Full;

use crate::failure::Failure;
use crate::proxy::Proxy;
use crate::target::Target;

/// One request, checked. A copy shares all that two requests of the same kind have in common.
#[derive(Clone)]
pub struct Request {
    method: Method,
    uri: Uri,
    /// What HTTP/1.1 asks for: the path alone.
    path: Uri,
    headers: Arc<HeaderMap>,
    authority: HeaderValue,
    body: Bytes,
    pub(crate) target: Arc<Target>,
    pub(crate) limit: u64,
    pub(crate) patient: bool,
    pub(crate) connect: Option<Duration>,
    pub(crate) at_risk: f64,
}

impl Request {
    /// A request for an absolute `http` or `https` address.
    ///
    /// # Errors
    /// [`Failure::Address`]: method, address or a header is none.
    pub fn new(method: &str, url: &str, body: Bytes) -> Result<Self, Failure> {
        let method = Method::from_bytes(method.as_bytes());
        let uri: Uri = url
            .parse()
            .map_err(|_| Failure::Address("the address is none"))?;
        let target = Target::of(&uri)?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            method: method.map_err(|_| Failure::Address("the method is none"))?,
            path: path.parse().unwrap_or_default(),
            authority: target.authority(),
            target: Arc::new(target),
            uri,
            headers: Arc::default(),
            body,
            limit: u64::MAX,
            patient: false,
            connect: None,
            at_risk: 0.0,
        })
    }

    /// With a header; names may repeat.
    ///
    /// # Errors
    /// [`Failure::Address`]: no header can carry it.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, Failure> {
        let name = HeaderName::from_bytes(name.as_bytes());
        let name = name.map_err(|_| Failure::Address("a header's name is none"))?;
        let value = HeaderValue::from_str(value);
        let mut value = value.map_err(|_| Failure::Address("a header's value is none"))?;
        value.set_sensitive(true);
        Arc::make_mut(&mut self.headers).append(name, value);
        Ok(self)
    }

    /// Through a proxy: by CONNECT for `https`, by absolute address for `http`.
    #[must_use]
    pub fn through(mut self, proxy: Arc<Proxy>) -> Self {
        Arc::make_mut(&mut self.target).proxy = Some(proxy);
        self
    }

    /// With another body.
    #[must_use]
    pub fn with_body(mut self, body: Bytes) -> Self {
        self.body = body;
        self
    }

    /// With a bound on the bytes of the answer's body; past it the exchange fails.
    #[must_use]
    pub const fn limited(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// With a bound on the time until a connection stands; past it the exchange fails as [`Failure::Unconnected`].
    #[must_use]
    pub const fn connected_within(mut self, time: Duration) -> Self {
        self.connect = Some(time);
        self
    }

    /// Whether a millisecond's delay of what arrives does not matter; see [`limits::ROUND`](crate::limits::ROUND).
    #[must_use]
    pub const fn patient(mut self, patient: bool) -> Self {
        self.patient = patient;
        self
    }

    /// How likely it is to be closed before its end, from 0 to 1; see [`limits::SPARES`](crate::limits::SPARES).
    #[must_use]
    pub fn at_risk(mut self, share: f64) -> Self {
        self.at_risk = if share > 0.0 { share.min(1.0) } else { 0.0 };
        self
    }

    /// As HTTP/1.1 wants it: path alone, but for a proxy that forwards.
    pub(crate) fn as_h1(&self) -> http::Request<Full<Bytes>> {
        let forwarded = self.target.forwarding();
        let uri = if forwarded.is_some() {
            &self.uri
        } else {
            &self.path
        };
        let mut request = self.with(uri.clone());
        let headers = request.headers_mut();
        if !headers.contains_key(HOST) {
            headers.insert(HOST, self.authority.clone());
        }
        if let Some(credentials) = forwarded.and_then(Proxy::credentials) {
            headers.insert(PROXY_AUTHORIZATION, credentials.clone());
        }
        request
    }

    /// As HTTP/2 wants it: the whole address, and no Host beside it.
    pub(crate) fn as_h2(&self) -> http::Request<Full<Bytes>> {
        let mut request = self.with(self.uri.clone());
        request.headers_mut().remove(HOST);
        request
    }

    fn with(&self, uri: Uri) -> http::Request<Full<Bytes>> {
        let mut request = http::Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = HeaderMap::clone(&self.headers);
        request
    }
}

/// Headers hold keys and bodies prompts: neither is shown.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.target)
    }
}
