//! A connection that carries many requests: HTTP/2.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};

use crate::connect::Mover;
use crate::failure::Failure;
use crate::limits::{
    CONNECTION_WINDOW, IDLE, PING_INTERVAL, PING_TIMEOUT, RESETS, STREAM_WINDOW, STREAMS,
};
use crate::stream::Stream;

/// An HTTP/2 connection. Dropping the last reference closes the socket.
pub(crate) struct SharedLine {
    sender: http2::SendRequest<Full<Bytes>>,
    streams: AtomicUsize,
    resets: AtomicUsize,
    quiet_since: Mutex<Instant>,
    _mover: Mover,
}

impl SharedLine {
    pub(crate) async fn new(stream: Stream) -> Result<Self, Failure> {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW);
        let made = builder.handshake(TokioIo::new(stream)).await;
        let (sender, connection) = made.map_err(|error| Failure::of_exchange(&error))?;
        let mover = tokio::spawn(async move {
            // How it ended is told to the requests that were on it.
            let _ = connection.await;
        });
        Ok(Self {
            sender,
            streams: AtomicUsize::new(0),
            resets: AtomicUsize::new(0),
            quiet_since: Mutex::new(Instant::now()),
            _mover: Mover(mover.abort_handle()),
        })
    }

    /// Whether it takes no further stream, ever.
    pub(crate) fn is_spent(&self) -> bool {
        self.sender.is_closed() || self.resets.load(Ordering::Acquire) >= RESETS
    }

    /// Whether it has room for one more stream.
    pub(crate) fn has_room(&self) -> bool {
        !self.is_spent() && self.streams.load(Ordering::Acquire) < STREAMS
    }

    /// Whether nobody has used it for so long that it is not kept.
    pub(crate) fn is_stale(&self, now: Instant) -> bool {
        let since = *self
            .quiet_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.streams.load(Ordering::Acquire) == 0 && now.duration_since(since) >= IDLE
    }
}

/// One stream's place on a shared connection.
pub(crate) struct Place {
    line: Arc<SharedLine>,
    whole: bool,
}

impl Place {
    pub(crate) fn on(line: &Arc<SharedLine>) -> Self {
        line.streams.fetch_add(1, Ordering::AcqRel);
        Self {
            line: Arc::clone(line),
            whole: false,
        }
    }

    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> hyper::Result<Response<Incoming>> {
        let mut sender = self.line.sender.clone();
        sender.ready().await?;
        sender.send_request(request).await
    }

    /// The stream ended by itself: nothing is reset.
    pub(crate) fn ended(mut self) {
        self.whole = true;
    }
}

/// The stream's other halves are dropped with it, which resets it where it has not ended.
impl Drop for Place {
    fn drop(&mut self) {
        let line = &self.line;
        if !self.whole {
            line.resets.fetch_add(1, Ordering::AcqRel);
        }
        *line
            .quiet_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Instant::now();
        line.streams.fetch_sub(1, Ordering::AcqRel);
    }
}
