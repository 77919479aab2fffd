//! From a target to a line that carries requests: socket, proxy, TLS, protocol.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::task::AbortHandle;
use tokio_rustls::TlsConnector;

use crate::descriptors::Descriptors;
use crate::dial::dial;
use crate::failure::Failure;
use crate::line::OwnLine;
use crate::proxy::Proxy;
use crate::shared_line::SharedLine;
use crate::stream::{Socket, Stream};
use crate::target::Target;
use crate::trust::Trust;

/// A new connection, by what it can carry.
pub(crate) enum Fresh {
    /// One request at a time.
    Own(OwnLine),
    /// Many.
    Shared(SharedLine),
}

/// Connects; dropping the future closes whatever stands.
pub(crate) async fn connect(
    target: &Target,
    trust: &Trust,
    open: &Arc<Descriptors>,
) -> Result<Fresh, Failure> {
    let stream = match target.proxy.as_deref() {
        Some(proxy) => through(proxy, target, trust, open).await?,
        None => socket(&target.host, target.port, open).await?,
    };
    if !target.tls {
        return OwnLine::new(stream).await.map(Fresh::Own);
    }
    let (stream, chosen) = handshake(stream, &target.host, Arc::clone(&trust.0)).await?;
    if chosen.as_deref() == Some(b"h2") {
        SharedLine::new(stream).await.map(Fresh::Shared)
    } else {
        OwnLine::new(stream).await.map(Fresh::Own)
    }
}

async fn socket(host: &str, port: u16, open: &Arc<Descriptors>) -> Result<Stream, Failure> {
    let stream = dial(host, port).await;
    let stream = stream.map_err(|error| Failure::connect(&error))?;
    Ok(Stream::Plain(Socket::new(stream, open)))
}

async fn through(
    proxy: &Proxy,
    target: &Target,
    trust: &Trust,
    open: &Arc<Descriptors>,
) -> Result<Stream, Failure> {
    let mut stream = socket(&proxy.host, proxy.port, open).await?;
    if proxy.tls {
        stream = handshake(stream, &proxy.host, trust.for_proxy()).await?.0;
    }
    if target.tls {
        stream = proxy.tunnel(stream, target).await?;
    }
    Ok(stream)
}

/// The wrapped stream, and the protocol that both sides chose.
async fn handshake(
    stream: Stream,
    host: &str,
    config: Arc<ClientConfig>,
) -> Result<(Stream, Option<Vec<u8>>), Failure> {
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|_| Failure::Tls("the host's name fits no certificate".to_owned()))?;
    let stream = TlsConnector::from(config).connect(name, stream).await;
    let stream = stream.map_err(|error| Failure::Tls(error.to_string()))?;
    let chosen = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
    Ok((Stream::Wrapped(Box::new(stream)), chosen))
}

/// The task that moves a connection's bytes; dropping this ends it and closes the socket.
#[derive(Debug)]
pub(crate) struct Mover(pub(crate) AbortHandle);

impl Drop for Mover {
    fn drop(&mut self) {
        self.0.abort();
    }
}
