//! One request and its answer, from the first lookup to the last byte.

use std::error::Error;
use std::sync::Arc;

use http::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::failure::Failure;
use crate::listener::{Head, Listener};
use crate::pool::{Line, Pool};
use crate::request::Request;
use crate::round::{Pace, Round};
use crate::spares::AtRisk;

/// A running exchange. Dropping it closes it.
#[derive(Debug)]
pub struct Exchange {
    pub(crate) task: AbortHandle,
    pub(crate) resume: Arc<Notify>,
    pub(crate) round: Arc<Round>,
}

impl Exchange {
    /// Ends it wherever it stands; nothing happens if it has ended. The listener's `end` is called nevertheless.
    pub fn close(&self) {
        if !self.task.is_finished() {
            self.task.abort();
            self.round.interrupt();
        }
    }

    /// The listener may have room again.
    pub fn resume(&self) {
        self.resume.notify_one();
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.close();
    }
}

/// A listener that hears an end whatever happens, also to an exchange that never began.
pub(crate) struct Told<L: Listener>(Option<L>);

impl<L: Listener> Told<L> {
    pub(crate) const fn new(listener: L) -> Self {
        Self(Some(listener))
    }

    fn end(&mut self, how: Result<(), Failure>) {
        if let Some(mut listener) = self.0.take() {
            listener.end(how);
        }
    }
}

impl<L: Listener> Drop for Told<L> {
    fn drop(&mut self) {
        self.end(Err(Failure::Closed));
    }
}

/// Runs an exchange; dropping the future closes whatever it has opened.
pub(crate) async fn run<L: Listener>(
    request: Request,
    pool: Arc<Pool>,
    mut told: Told<L>,
    resume: Arc<Notify>,
    pace: Pace,
) {
    // On the heap of its own: what connecting needs, TLS above all, is let go of before the body.
    let how = match Box::pin(respond(&request, &pool)).await {
        Ok((line, response, at_risk)) => {
            let how = hear(response, &request, told.0.as_mut(), &resume).await;
            drop(at_risk);
            if how.is_ok() {
                pool.settle(&request.target, line);
            }
            how
        }
        Err(failure) => Err(failure),
    };
    drop(pace);
    told.end(how);
}

/// Sends until there is a head. A kept line that the server had closed meanwhile is replaced, once.
async fn respond(
    request: &Request,
    pool: &Arc<Pool>,
) -> Result<(Line, Response<Incoming>, Option<AtRisk>), Failure> {
    let mut fresh = false;
    loop {
        let line = pool.line(&request.target, fresh);
        let (mut line, used) = match request.connect {
            Some(time) => timeout(time, line)
                .await
                .map_err(|_| Failure::Unconnected)??,
            None => line.await?,
        };
        let at_risk = match &line {
            Line::Own(_) if request.at_risk > 0.0 => {
                Some(AtRisk::new(pool, &request.target, request.at_risk))
            }
            _ => None,
        };
        let response = match &mut line {
            Line::Own(line) => line.send(request.as_h1()).await,
            Line::Shared(place) => place.send(request.as_h2()).await,
        };
        match response {
            Ok(response) => return Ok((line, response, at_risk)),
            Err(error) if used && !fresh && unheard(&error) => fresh = true,
            Err(error) => return Err(Failure::of_exchange(&error)),
        }
    }
}

/// Whether a kept connection failed without a word on the request, as one does that the server had closed meanwhile.
///
/// Anything else may be an answer to it, and sending it again would be paid for twice.
fn unheard(error: &hyper::Error) -> bool {
    let reset = error
        .source()
        .and_then(|why| why.downcast_ref::<h2::Error>());
    match reset
        .filter(|why| why.is_reset())
        .and_then(h2::Error::reason)
    {
        Some(reason) => reason == h2::Reason::REFUSED_STREAM, // RFC 9113, section 8.7
        None => !error.is_parse(),
    }
}

/// Tells the listener of head and body, as fast as it takes them.
async fn hear<L: Listener>(
    response: Response<Incoming>,
    request: &Request,
    listener: Option<&mut L>,
    resume: &Notify,
) -> Result<(), Failure> {
    let Some(listener) = listener else {
        return Err(Failure::Closed);
    };
    let (head, mut body) = response.into_parts();
    listener.head(Head {
        status: head.status,
        headers: head.headers,
    });
    let mut left = request.limit;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::of_exchange(&error))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let rest = left.checked_sub(data.len() as u64);
        left = rest.ok_or(Failure::TooLong(request.limit))?;
        listener.body(data);
        while !listener.has_room() {
            resume.notified().await;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::Trust;

    struct Nobody;

    impl Listener for Nobody {
        fn head(&mut self, _: Head) {}
        fn body(&mut self, _: bytes::Bytes) {}
        fn has_room(&mut self) -> bool {
            true
        }
        fn end(&mut self, _: Result<(), Failure>) {}
    }

    #[test]
    fn a_stream_that_runs_holds_little() {
        let request = Request::new("POST", "http://127.0.0.1/", bytes::Bytes::new());
        let request = request.expect("an address");
        let pool = Arc::new(Pool::new(Trust::usual().expect("roots"), &Arc::default()));
        let round = Arc::new(Round::default());
        let connecting = size_of_val(&respond(&request, &pool));
        let pace = Pace::new(&round, false);
        let running = run(request, pool, Told::new(Nobody), Arc::default(), pace);
        let running = size_of_val(&running);
        assert!(
            running < 2048 && running < connecting,
            "{running} of {connecting}"
        );
    }
}
