//! `Bell`: how the reactor's thread wakes an event loop without touching Python.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use atomic_transport::Reactor;
use atomic_transport::limits::ROUND;
use pyo3::prelude::*;

use super::reactor::PyReactor;

#[cfg(unix)]
type Socket = std::os::unix::net::UnixStream;
#[cfg(not(unix))]
type Socket = std::net::TcpStream;

/// How much later than asked a timer of the reactor may be: its thread rests for a round before it looks, and counts
/// whole milliseconds.
const LATE: Duration = ROUND.saturating_add(Duration::from_millis(1));

/// The reactor's end: who has something for the loop, and the byte that says so.
#[derive(Debug)]
pub(crate) struct Ringer {
    reactor: Arc<Reactor>,
    socket: Socket,
    /// The byte is under way.
    rung: AtomicBool,
    /// A byte will be, when the time is up.
    timed: AtomicBool,
    /// Who has something, each at most once: they do not post again before they were asked.
    posts: Mutex<Vec<u64>>,
}

/// The next name for somebody who posts; zero is nobody's.
pub(crate) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Ringer {
    /// Wakes the loop, once however many post.
    pub(crate) fn post(&self, id: u64) {
        self.put(id);
        self.ring();
    }

    /// Wakes the loop within `wait`, a busy machine aside, together with all who post until then.
    pub(crate) fn post_within(self: &Arc<Self>, id: u64, wait: Duration) {
        self.put(id);
        if !self.timed.swap(true, Ordering::AcqRel) {
            let ringer = Arc::clone(self);
            self.reactor.after(wait.saturating_sub(LATE), move || {
                ringer.timed.store(false, Ordering::Release);
                ringer.ring();
            });
        }
    }

    fn put(&self, id: u64) {
        self.posts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(id);
    }

    fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // The one byte always fits; where the loop's end is closed nobody listens any more.
            let _ = (&self.socket).write(&[0]);
        }
    }
}

/// The loop's end of a bell: readable when somebody has posted.
#[pyclass(name = "Bell", module = "atomic_ai._core", frozen)]
pub(crate) struct PyBell {
    pub(crate) ringer: Arc<Ringer>,
    socket: Socket,
}

#[pymethods]
impl PyBell {
    #[new]
    fn new(reactor: &PyReactor) -> PyResult<Self> {
        let (ours, theirs) = pair()?;
        ours.set_nonblocking(true)?;
        theirs.set_nonblocking(true)?;
        let ringer = Ringer {
            reactor: reactor.shared()?,
            socket: theirs,
            rung: AtomicBool::new(false),
            timed: AtomicBool::new(false),
            posts: Mutex::default(),
        };
        Ok(Self {
            ringer: Arc::new(ringer),
            socket: ours,
        })
    }

    /// The socket to wait for.
    fn fileno(&self) -> i64 {
        number(&self.socket)
    }

    /// Both sockets, for the child of a fork to close.
    fn descriptors(&self) -> Vec<i64> {
        vec![number(&self.socket), number(&self.ringer.socket)]
    }

    /// Who has posted since it was last asked, in order.
    fn take(&self) -> Vec<u64> {
        let mut byte = [0; 16];
        while matches!((&self.socket).read(&mut byte), Ok(count) if count == byte.len()) {}
        // In this order: who posts in between rings again.
        self.ringer.rung.store(false, Ordering::Release);
        let mut posts = self
            .ringer
            .posts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *posts)
    }
}

#[cfg(unix)]
fn number(socket: &Socket) -> i64 {
    i64::from(std::os::fd::AsRawFd::as_raw_fd(socket))
}

#[cfg(not(unix))]
fn number(socket: &Socket) -> i64 {
    std::os::windows::io::AsRawSocket::as_raw_socket(socket) as i64
}

#[cfg(unix)]
fn pair() -> io::Result<(Socket, Socket)> {
    Socket::pair()
}

#[cfg(not(unix))]
fn pair() -> io::Result<(Socket, Socket)> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let ours = Socket::connect(listener.local_addr()?)?;
    loop {
        let (theirs, from) = listener.accept()?;
        if from == ours.local_addr()? {
            theirs.set_nodelay(true)?;
            return Ok((ours, theirs));
        }
    }
}
