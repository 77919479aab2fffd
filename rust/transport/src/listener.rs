//! Who hears what an exchange brings.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::failure::Failure;

/// A response's head.
#[derive(Clone, Debug)]
pub struct Head {
    /// The status.
    pub status: StatusCode,
    /// The headers, names in lower case.
    pub headers: HeaderMap,
}

/// Hears one exchange, on the reactor's thread; must not block. `end` comes last and once.
pub trait Listener: Send + 'static {
    /// The head has arrived.
    fn head(&mut self, head: Head);

    /// A piece of the body has arrived, as it was sent: not decompressed.
    fn body(&mut self, data: Bytes);

    /// Whether there is room for more. While there is not, the exchange's socket is not read;
    /// [`Exchange::resume`](crate::Exchange::resume) asks again.
    fn has_room(&mut self) -> bool;

    /// The body has ended, or nothing more will come.
    fn end(&mut self, how: Result<(), Failure>);
}
