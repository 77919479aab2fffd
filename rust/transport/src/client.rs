//! Who sends.

use std::fmt;
use std::sync::Arc;

use crate::exchange::{Exchange, Told, run};
use crate::listener::Listener;
use crate::pool::Pool;
use crate::reactor::Reactor;
use crate::request::Request;
use crate::round::Pace;
use crate::trust::Trust;

/// Sends requests over connections of its own. Dropping it closes those that are idle.
pub struct Client {
    reactor: Arc<Reactor>,
    pool: Arc<Pool>,
}

impl Client {
    /// A client on a reactor's thread; nothing is connected yet.
    #[must_use]
    pub fn new(reactor: Arc<Reactor>, trust: Trust) -> Self {
        let pool = Arc::new(Pool::new(trust, &reactor.open));
        Self { reactor, pool }
    }

    /// Sends a request; `listener` hears what comes of it.
    pub fn send<L: Listener>(&self, request: Request, listener: L) -> Exchange {
        let pace = Pace::new(&self.reactor.round, request.patient);
        let resume = Arc::default();
        let told = Told::new(listener);
        let pool = Arc::clone(&self.pool);
        let task = run(request, pool, told, Arc::clone(&resume), pace);
        Exchange {
            task: self.reactor.spawn(task),
            resume,
            round: Arc::clone(&self.reactor.round),
        }
    }

    /// Connects ahead to where `request` would go, until `count` connections wait there; one where it is shared.
    ///
    /// What fails is not told: the request that comes will see.
    pub fn warm(&self, request: &Request, count: usize) {
        let (pool, target) = (Arc::clone(&self.pool), Arc::clone(&request.target));
        self.reactor.spawn(async move {
            let _ = pool.warm(&target, count).await;
        });
    }

    /// How many connections requests have waited for so far; those made ahead are not among them.
    #[must_use]
    pub fn waited(&self) -> usize {
        self.pool.waited()
    }

    /// Closes the idle connections; later requests fail.
    pub fn close(&self) {
        self.pool.close();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}
