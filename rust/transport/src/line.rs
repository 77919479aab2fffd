//! A connection that carries one request at a time: HTTP/1.1.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use crate::connect::Mover;
use crate::failure::Failure;
use crate::limits::{READ_BUFFER, SETTLE};
use crate::stream::Stream;

/// An HTTP/1.1 connection. Dropping it closes the socket at once.
pub(crate) struct OwnLine {
    sender: http1::SendRequest<Full<Bytes>>,
    _mover: Mover,
}

impl OwnLine {
    pub(crate) async fn new(stream: Stream) -> Result<Self, Failure> {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(READ_BUFFER);
        let made = builder.handshake(TokioIo::new(stream)).await;
        let (sender, connection) = made.map_err(|error| Failure::of_exchange(&error))?;
        let mover = tokio::spawn(async move {
            // How it ended is told to the request that was on it.
            let _ = connection.await;
        });
        Ok(Self {
            sender,
            _mover: Mover(mover.abort_handle()),
        })
    }

    pub(crate) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> hyper::Result<Response<Incoming>> {
        self.sender.ready().await?;
        self.sender.send_request(request).await
    }

    /// Whether it can carry a request now.
    pub(crate) fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    /// Waits, within a bound, until it can carry the next request; false if it cannot.
    pub(crate) async fn settles(&mut self) -> bool {
        matches!(
            tokio::time::timeout(SETTLE, self.sender.ready()).await,
            Ok(Ok(()))
        )
    }
}
