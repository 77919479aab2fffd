//! What the tests share: servers on loopback that do as they are told, and a listener that writes down what it hears.
#![allow(
    dead_code,
    reason = "each file of tests compiles this anew and uses a part"
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use atomic_transport::{Client, Exchange, Failure, Head, Listener, Reactor, Request, Trust};
use bytes::Bytes;

/// Longer than anything takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// One thing that was heard.
#[derive(Debug)]
pub enum Heard {
    /// The status.
    Head(u16),
    /// A piece of the body.
    Body(Bytes),
    /// The end.
    End(Result<(), Failure>),
}

/// Writes down what it hears, and has as much room as it is given.
pub struct Ear {
    heard: Sender<Heard>,
    room: Arc<AtomicUsize>,
}

impl Listener for Ear {
    fn head(&mut self, head: Head) {
        let _ = self.heard.send(Heard::Head(head.status.as_u16()));
    }

    fn body(&mut self, data: Bytes) {
        self.room.fetch_sub(1, Ordering::SeqCst);
        let _ = self.heard.send(Heard::Body(data));
    }

    fn has_room(&mut self) -> bool {
        self.room.load(Ordering::SeqCst) > 0
    }

    fn end(&mut self, how: Result<(), Failure>) {
        let _ = self.heard.send(Heard::End(how));
    }
}

/// A running exchange and what was heard of it.
pub struct Call {
    /// The exchange; `None` once it was dropped.
    pub exchange: Option<Exchange>,
    heard: Receiver<Heard>,
    room: Arc<AtomicUsize>,
}

impl Call {
    /// The next thing heard.
    pub fn next(&self) -> Heard {
        self.heard
            .recv_timeout(PATIENCE)
            .expect("something is heard")
    }

    /// Nothing is waiting to be looked at.
    pub fn is_quiet(&self) -> bool {
        self.heard.try_recv().is_err()
    }

    /// Makes room for so many pieces more.
    pub fn make_room(&self, pieces: usize) {
        self.room.fetch_add(pieces, Ordering::SeqCst);
        self.exchange.as_ref().expect("it runs").resume();
    }

    /// Status, body and end, when it has ended.
    pub fn whole(&self) -> (Option<u16>, Vec<u8>, Result<(), Failure>) {
        let (mut status, mut body) = (None, Vec::new());
        loop {
            match self.next() {
                Heard::Head(head) => status = Some(head),
                Heard::Body(data) => body.extend_from_slice(&data),
                Heard::End(how) => return (status, body, how),
            }
        }
    }
}

/// The reactor of all tests of a file.
pub fn reactor() -> Arc<Reactor> {
    static REACTOR: OnceLock<Arc<Reactor>> = OnceLock::new();
    Arc::clone(REACTOR.get_or_init(|| Arc::new(Reactor::start().expect("a thread"))))
}

/// A client that trusts the usual roots.
pub fn client() -> Client {
    Client::new(reactor(), Trust::usual().expect("roots"))
}

/// A request to a port of this machine.
pub fn post(port: u16) -> Request {
    Request::new(
        "POST",
        &format!("http://127.0.0.1:{port}/v1/chat?a=b"),
        Bytes::from_static(b"{}"),
    )
    .expect("an address")
}

/// Sends, with room for everything.
pub fn send(client: &Client, request: Request) -> Call {
    send_with_room(client, request, usize::MAX / 2)
}

/// Sends, with room for so many pieces.
pub fn send_with_room(client: &Client, request: Request, pieces: usize) -> Call {
    let (sender, heard) = channel();
    let room = Arc::new(AtomicUsize::new(pieces));
    let ear = Ear {
        heard: sender,
        room: Arc::clone(&room),
    };
    Call {
        exchange: Some(client.send(request, ear)),
        heard,
        room,
    }
}

/// A server whose every connection is served by `serve`, which gets its number from zero.
pub fn server(serve: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(number, stream));
        }
    });
    port
}

/// The head of the next request, its body read too; empty where the peer has closed.
pub fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => request.push(byte[0]),
            _ => return String::new(),
        }
    }
    let head = String::from_utf8(request).expect("ASCII").to_lowercase();
    let length = head.split("content-length: ").nth(1);
    let length = length.and_then(|rest| rest.split("\r\n").next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).expect("a body");
    head
}

/// Answers every request of a connection with `answer`, as it stands.
pub fn always(answer: &'static [u8]) -> impl Fn(usize, TcpStream) + Send + Sync {
    move |_, mut stream| {
        while !read_request(&mut stream).is_empty() {
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    }
}

/// Waits until the peer closes, and tells of it; what it sends until then is read.
pub fn until_closed(stream: &mut TcpStream, told: &Sender<()>) {
    let mut buffer = [0; 1024];
    while matches!(stream.read(&mut buffer), Ok(count) if count > 0) {}
    let _ = told.send(());
}

/// What a server tells the test.
pub fn told<T>(receiver: &Receiver<T>) -> T {
    receiver
        .recv_timeout(PATIENCE)
        .expect("the server has something to tell")
}
