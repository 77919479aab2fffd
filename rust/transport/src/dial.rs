//! From a host's name to a connected socket: all its addresses, the families in turn (RFC 8305).

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::limits::STAGGER;

/// A connection to the first address that takes one. Dropping the future drops every attempt.
pub(crate) async fn dial(host: &str, port: u16) -> io::Result<TcpStream> {
    let addresses = match host.parse() {
        Ok(ip) => vec![SocketAddr::new(ip, port)],
        Err(_) => interleaved(lookup_host((host, port)).await?.collect()),
    };
    let stream = match addresses[..] {
        [] => return Err(io::Error::other("the name has no address")),
        [only] => TcpStream::connect(only).await?,
        _ => first_of(addresses).await?,
    };
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Attempts that begin one after the other, each when the one before has failed or taken too long.
async fn first_of(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut attempts = JoinSet::new();
    let mut rest = addresses.into_iter();
    let mut failure = io::Error::other("the name has no address");
    loop {
        if let Some(address) = rest.next() {
            attempts.spawn(TcpStream::connect(address));
        }
        let more = rest.len() > 0;
        tokio::select! {
            ended = attempts.join_next() => match ended {
                Some(Ok(Ok(stream))) => return Ok(stream),
                Some(Ok(Err(error))) => failure = error,
                Some(Err(panicked)) => failure = io::Error::other(panicked),
                None => return Err(failure),
            },
            () = sleep(STAGGER), if more => {}
        }
    }
}

/// The families in turn, beginning with the resolver's first choice.
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = addresses.first().map(SocketAddr::is_ipv6) else {
        return addresses;
    };
    let (ours, others): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first);
    let (mut ours, mut others) = (ours.into_iter(), others.into_iter());
    let mut order = Vec::new();
    loop {
        let pair = [ours.next(), others.next()];
        if pair == [None, None] {
            return order;
        }
        order.extend(pair.into_iter().flatten());
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};
    use tokio::task::JoinHandle;

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts
            .iter()
            .map(|text| text.parse().expect("an address"))
            .collect()
    }

    /// A listener whose queue is full: who connects waits.
    async fn full() -> (TcpListener, Vec<JoinHandle<io::Result<TcpStream>>>) {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind("127.0.0.1:0".parse().expect("an address"))
            .expect("a port");
        let listener = socket.listen(1).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let waiting = (0..8).map(|_| tokio::spawn(TcpStream::connect(address)));
        let waiting: Vec<_> = waiting.collect();
        while waiting.iter().filter(|one| one.is_finished()).count() < 2 {
            tokio::task::yield_now().await;
        }
        (listener, waiting)
    }

    #[tokio::test]
    async fn an_address_that_hangs_is_passed_by() {
        let (full, _waiting) = full().await;
        let good = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let [refused, full, good] = [&gone, &full, &good].map(|one| one.local_addr().expect("one"));
        drop(gone);
        let stream = first_of(vec![refused, full, good]).await;
        let stream = stream.expect("a connection");
        assert_eq!(stream.peer_addr().expect("an address"), good);
    }

    #[test]
    fn families_take_turns_in_the_resolvers_order() {
        let found = addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]);
        let order = addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
        assert_eq!(interleaved(found), order);
        assert_eq!(interleaved(Vec::new()), Vec::new());
    }
}
