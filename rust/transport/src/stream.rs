//! A connection's bytes, plain or wrapped in TLS, once or twice.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::descriptors::Descriptors;

/// A TCP socket that is on its reactor's list for as long as it is open.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    open: Arc<Descriptors>,
    descriptor: i32,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, open: &Arc<Descriptors>) -> Self {
        #[cfg(unix)]
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&stream);
        #[cfg(not(unix))]
        let descriptor = -1; // nothing forks there
        open.insert(descriptor);
        Self {
            stream,
            open: Arc::clone(open),
            descriptor,
        }
    }
}

/// Before the socket is closed: afterwards the number may be somebody else's.
impl Drop for Socket {
    fn drop(&mut self) {
        self.open.remove(self.descriptor);
    }
}

/// Bytes both ways.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection's bytes.
pub(crate) enum Stream {
    Plain(Socket),
    Wrapped(Box<dyn Duplex>),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(&mut socket.stream).poll_read(context, buffer),
            Self::Wrapped(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(&mut socket.stream).poll_write(context, data),
            Self::Wrapped(stream) => Pin::new(stream).poll_write(context, data),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(&mut socket.stream).poll_write_vectored(context, data),
            Self::Wrapped(stream) => Pin::new(stream).poll_write_vectored(context, data),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(socket) => socket.stream.is_write_vectored(),
            Self::Wrapped(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(&mut socket.stream).poll_flush(context),
            Self::Wrapped(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(&mut socket.stream).poll_shutdown(context),
            Self::Wrapped(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
