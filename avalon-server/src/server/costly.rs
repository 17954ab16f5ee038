//! Costly requests: answered by threads of their own, so that those that serve never stand still for them.
//!
//! In: a request of which the service says that it costs much, without its body. Out: its answer. What stays
//! true: at most so many are at work as the machine has cores, whoever came first is next, and there is a bound
//! on those that wait; who is beyond it is told so at once. A request whose client goes away while it waits
//! frees its place.

use std::future::pending;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use hyper::{Request, Response};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::doing::Doing;
use crate::response::Body;
use crate::service::Service;

/// The most costly requests that wait for a thread. The last of them waits for some hundred others, which is
/// longer than most clients do.
const MOST_WAITING: usize = 256;

/// Where costly requests are answered.
#[derive(Debug)]
pub(super) struct Costly {
    /// For each request that is at work or waits.
    places: Arc<Semaphore>,
    /// For each that is at work. Fair: who asked first gets the next.
    threads: Arc<Semaphore>,
}

/// How many threads answer costly requests.
pub fn costly_threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

impl Costly {
    /// With a thread for each core.
    pub(super) fn new() -> Self {
        Self::with(costly_threads(), MOST_WAITING)
    }

    /// With so many threads, and so many requests at most that wait for them.
    pub(super) fn with(threads: usize, most_waiting: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(threads.saturating_add(most_waiting))),
            threads: Arc::new(Semaphore::new(threads)),
        }
    }

    /// Answers a request when it is its turn, unless too many are before it.
    pub(super) async fn answer(
        &self,
        service: &Arc<Service>,
        request: Request<()>,
        doing: &Doing,
    ) -> Response<Body> {
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            return service.busy(&request);
        };
        let waiting = doing.wait();
        let thread = self.threads.clone().acquire_owned().await;
        let thread = thread.expect("the semaphore is never closed");
        drop(waiting);
        let service = Arc::clone(service);
        let answering = spawn_blocking(move || {
            let answer = service.handle(&request);
            // Not before: a client that goes away now does not end what is at work for it.
            drop((thread, place));
            answer
        });
        match answering
            .await
            .map_err(tokio::task::JoinError::try_into_panic)
        {
            Ok(answer) => answer,
            // The service makes answers of panics, so there is none.
            Err(Ok(panic)) => resume_unwind(panic),
            // It was not begun: the program is at its end, and drops this task next.
            Err(Err(_)) => pending().await,
        }
    }

    /// How many requests would still be taken, and how many of them at once.
    #[cfg(test)]
    pub(super) fn free(&self) -> (usize, usize) {
        (
            self.places.available_permits(),
            self.threads.available_permits(),
        )
    }
}
