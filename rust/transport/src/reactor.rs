//! The one thread that owns the sockets.

use std::future::Future;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::descriptors::Descriptors;
use crate::limits::PAUSE;
use crate::round::Round;

/// A thread with an event loop. Dropping it ends every exchange and closes every socket.
#[derive(Debug)]
pub struct Reactor {
    handle: Handle,
    pub(crate) round: Arc<Round>,
    pub(crate) open: Arc<Descriptors>,
    running: Mutex<Option<(oneshot::Sender<()>, thread::JoinHandle<()>)>>,
}

impl Reactor {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gives no thread, or no means to wait for sockets.
    pub fn start() -> io::Result<Self> {
        let round = Arc::new(Round::default());
        let resting = Arc::clone(&round);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .thread_name("atomic-resolver")
            .on_thread_park(move || resting.rest())
            .build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("atomic-transport".to_owned());
        let thread = thread.spawn(move || run(runtime, stopped))?;
        Ok(Self {
            handle,
            round,
            open: Arc::default(),
            running: Mutex::new(Some((stop, thread))),
        })
    }

    /// Calls `then` on the reactor's thread, after at least `wait`; not at all once the reactor is closed.
    pub fn after(&self, wait: Duration, then: impl FnOnce() + Send + 'static) {
        self.spawn(async move {
            tokio::time::sleep(wait).await;
            then();
        });
    }

    /// Holds the thread where it has no lock and nothing half-done, until the pause is dropped: for a fork.
    ///
    /// A thread that does not come to rest within [`limits::PAUSE`](crate::limits::PAUSE) is not waited for longer.
    #[must_use]
    pub fn pause(&self) -> Pause {
        let pause = Pause(Arc::default());
        let gate = Arc::clone(&pause.0);
        self.spawn(async move { gate.hold() });
        self.round.interrupt();
        pause.0.until_held();
        pause
    }

    /// The sockets that are open, by descriptor; what a forked child closes.
    #[must_use]
    pub fn descriptors(&self) -> Vec<i32> {
        self.open.all()
    }

    /// Ends every exchange, closes every socket and ends the thread.
    pub fn close(&self) {
        let running = self
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some((stop, thread)) = running {
            let _ = stop.send(());
            self.round.interrupt();
            // A thread that panicked has closed its sockets all the same.
            let _ = thread.join();
        }
    }

    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        self.handle.spawn(work).abort_handle()
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        self.close();
    }
}

fn run(runtime: Runtime, stopped: oneshot::Receiver<()>) {
    let _ = runtime.block_on(stopped);
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
}

/// The reactor's thread stands still until this is dropped.
#[derive(Debug)]
pub struct Pause(Arc<Gate>);

impl Drop for Pause {
    fn drop(&mut self) {
        self.0.release();
    }
}

#[derive(Debug, Default)]
struct Gate {
    step: Mutex<Step>,
    moved: Condvar,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Step {
    #[default]
    Asked,
    Held,
    Released,
}

impl Gate {
    fn hold(&self) {
        let mut step = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        if *step == Step::Asked {
            *step = Step::Held;
            self.moved.notify_all();
        }
        let held = self.moved.wait_while(step, |step| *step != Step::Released);
        drop(held);
    }

    fn until_held(&self) {
        let step = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        let held = self
            .moved
            .wait_timeout_while(step, PAUSE, |step| *step == Step::Asked);
        drop(held);
    }

    fn release(&self) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) = Step::Released;
        self.moved.notify_all();
    }
}
