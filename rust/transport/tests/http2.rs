//! TLS and HTTP/2 over loopback sockets, with certificates made for the occasion.

mod loopback;

use std::future::poll_fn;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::{fs, thread};

use atomic_transport::{Client, Failure, Request, Trust, limits};
use bytes::Bytes;
use h2::Reason;
use h2::server::SendResponse;
use loopback::{Heard, reactor, send, send_with_room, told};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What the server saw.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Connection,
    Request,
    Reset(Reason),
}

/// A server for `localhost`, and the file of the certificate to trust.
struct Server {
    port: u16,
    ca: PathBuf,
    seen: Receiver<Seen>,
}

impl Server {
    fn client(&self) -> Client {
        Client::new(reactor(), Trust::file(&self.ca).expect("certificates"))
    }

    fn request(&self, path: &str) -> Request {
        Request::new(
            "POST",
            &format!("https://localhost:{}{path}", self.port),
            Bytes::new(),
        )
        .expect("an address")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.ca);
    }
}

/// Serves HTTP/2: `/whole` is answered, `/open` begins to be, `/broken` and `/refused` are reset, `/away` closes the connection for further streams.
fn server() -> Server {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let number = NUMBER.fetch_add(1, Ordering::SeqCst);
    let ca = std::env::temp_dir().join(format!("atomic-{}-{number}.pem", std::process::id()));
    fs::write(&ca, made.cert.pem()).expect("a file");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(ring);
    let config = config
        .with_safe_default_protocol_versions()
        .expect("versions");
    let config = config.with_no_client_auth();
    let mut config = config
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a pair");
    config.alpn_protocols = vec![b"h2".to_vec()];
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("an option");
    let port = listener.local_addr().expect("an address").port();
    let (tell, seen) = channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(accept(
            listener,
            TlsAcceptor::from(Arc::new(config)),
            tell,
        ));
    });
    Server { port, ca, seen }
}

async fn accept(listener: std::net::TcpListener, tls: TlsAcceptor, tell: Sender<Seen>) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, tell) = (tls.clone(), tell.clone());
        tokio::spawn(async move {
            if let Ok(stream) = tls.accept(stream).await {
                serve(stream, tell).await;
            }
        });
    }
}

async fn serve(stream: TlsStream<TcpStream>, tell: Sender<Seen>) {
    let _ = tell.send(Seen::Connection);
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let _ = tell.send(Seen::Request);
        if request.uri().path() == "/away" {
            connection.graceful_shutdown();
        }
        match request.uri().path() {
            "/broken" => respond.send_reset(Reason::INTERNAL_ERROR),
            "/refused" => respond.send_reset(Reason::REFUSED_STREAM),
            _ => {}
        }
        if request.uri().path() == "/large" {
            if let Ok(mut body) = respond.send_response(http::Response::new(()), false) {
                let _ = body.send_data(vec![b'x'; 1 << 19].into(), true);
            }
            continue;
        }
        let whole = request.uri().path() != "/open";
        tokio::spawn(answer(respond, whole, tell.clone()));
    }
}

async fn answer(mut respond: SendResponse<Bytes>, whole: bool, tell: Sender<Seen>) {
    let Ok(mut body) = respond.send_response(http::Response::new(()), false) else {
        return;
    };
    let _ = body.send_data(Bytes::from_static(b"hello"), whole);
    if !whole && let Ok(reason) = poll_fn(|context| body.poll_reset(context)).await {
        let _ = tell.send(Seen::Reset(reason));
    }
}

fn begun(client: &Client, server: &Server) -> loopback::Call {
    let call = send(client, server.request("/open"));
    while !matches!(call.next(), Heard::Body(_)) {}
    call
}

#[test]
fn requests_share_a_connection() {
    let server = server();
    let client = server.client();
    let calls: Vec<_> = (0..10)
        .map(|_| send(&client, server.request("/whole")))
        .collect();
    for call in calls {
        let (status, body, how) = call.whole();
        assert_eq!((status, &body[..], how), (Some(200), &b"hello"[..], Ok(())));
    }
    let seen: Vec<Seen> = server.seen.try_iter().collect();
    assert_eq!(
        seen.iter()
            .filter(|seen| **seen == Seen::Connection)
            .count(),
        1
    );
    assert_eq!(seen.len(), 11);
}

#[test]
fn closing_resets_the_stream_and_keeps_the_connection() {
    let server = server();
    let client = server.client();
    drop(begun(&client, &server));
    assert_eq!(told(&server.seen), Seen::Connection);
    assert_eq!(told(&server.seen), Seen::Request);
    assert_eq!(told(&server.seen), Seen::Reset(Reason::CANCEL));
    send(&client, server.request("/whole"))
        .whole()
        .2
        .expect("an answer");
    assert_eq!(told(&server.seen), Seen::Request);
}

#[test]
fn a_connection_of_many_resets_is_replaced() {
    let server = server();
    let client = server.client();
    for _ in 0..=limits::RESETS {
        drop(begun(&client, &server));
        while !matches!(told(&server.seen), Seen::Reset(_)) {}
    }
    send(&client, server.request("/whole"))
        .whole()
        .2
        .expect("an answer");
    let mut connections = 1;
    while let Ok(seen) = server.seen.try_recv() {
        connections += usize::from(seen == Seen::Connection);
    }
    assert!(connections <= 2, "one reset is on the second connection");
}

#[test]
fn streams_that_nobody_reads_hold_up_no_other() {
    let server = server();
    let client = server.client();
    let stuck: Vec<_> = (1..limits::STREAMS)
        .map(|_| send_with_room(&client, server.request("/large"), 0))
        .collect();
    for call in &stuck {
        while !matches!(call.next(), Heard::Body(_)) {}
    }
    let (status, body, how) = send(&client, server.request("/whole")).whole();
    assert_eq!((status, &body[..], how), (Some(200), &b"hello"[..], Ok(())));
    let seen = server.seen.try_iter();
    assert_eq!(seen.filter(|seen| *seen == Seen::Connection).count(), 1);
    for call in &stuck {
        call.make_room(usize::MAX / 4);
    }
    for call in stuck {
        assert_eq!(call.whole().2, Ok(()));
    }
}

#[test]
fn a_connection_that_goes_away_is_replaced() {
    let server = server();
    let client = server.client();
    for _ in 0..3 {
        let (status, _, how) = send(&client, server.request("/away")).whole();
        assert_eq!((status, how), (Some(200), Ok(())));
    }
}

#[test]
fn a_stream_is_sent_again_only_where_the_server_did_nothing_for_it() {
    for (path, sent) in [("/broken", 1), ("/refused", 2)] {
        let server = server();
        let client = server.client();
        send(&client, server.request("/whole"))
            .whole()
            .2
            .expect("an answer");
        send(&client, server.request(path))
            .whole()
            .2
            .expect_err("no answer");
        let requests = server.seen.try_iter().filter(|seen| *seen == Seen::Request);
        assert_eq!(requests.count(), 1 + sent, "{path}");
    }
}

#[test]
fn who_is_not_trusted_is_not_spoken_to() {
    let server = server();
    let stranger = Client::new(reactor(), Trust::usual().expect("roots"));
    let (status, _, how) = send(&stranger, server.request("/whole")).whole();
    assert_eq!(status, None);
    assert!(matches!(how, Err(Failure::Tls(_))), "{how:?}");
    let by_number = Request::new(
        "POST",
        &format!("https://127.0.0.1:{}/", server.port),
        Bytes::new(),
    );
    let (_, _, how) = send(&server.client(), by_number.expect("an address")).whole();
    assert!(matches!(how, Err(Failure::Tls(_))), "{how:?}");
}

#[test]
fn a_file_without_certificates_is_refused() {
    for path in ["/nowhere.pem", file!(), "Cargo.toml"] {
        assert!(
            matches!(Trust::file(path.as_ref()), Err(Failure::Address(_))),
            "{path}"
        );
    }
}
