//! The server: sockets, connections and the end of them; it knows no routes.
//!
//! In: a bound listener, a [`Service`], and a future that ends when the server shall. Out: nothing;
//! it returns when the last connection is gone, or the time for that is over. Every connection is
//! bounded in what it may hold (head of a request, body that nobody reads) and in how long it may be
//! silent, and there is a bound on their number. Where the service wants an old library freed, the connections
//! end that dawdle over something from it. What costs much is answered on threads beside those that
//! serve.

mod descriptors;

mod doing;

mod drain;

mod targets;

mod stream;

mod costly;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioTimer;
#[cfg(target_os = "linux")]
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use crate::response::Body;
use crate::service::Service;
use costly::Costly;
pub use costly::costly_threads;
pub use descriptors::raise_descriptor_limit;
use doing::Doing;
use drain::{Drain, Watcher};
use stream::Stream;

/// Connections at a time; more wait in the backlog of the socket.
const MAX_CONNECTIONS: usize = 10_000;

/// How long a connection may take to send the head of its next request, its idle time included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// What a connection may buffer of a request's head. Beyond it, or with more than 100 headers, hyper
/// answers 431 without a body. Targets of any length fit, because they are cut before hyper sees them, to
/// 48 KiB at most.
const MAX_HEAD_BYTES: usize = 128 * 1024;

/// Bodies up to this size are read and forgotten, so that the connection can go on.
const MAX_BODY_BYTES: u64 = 64 * 1024;

/// How long the client may take to send such a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an answer may lie in the socket while its client reads nothing: it holds a connection
/// and the library that it is of.
#[cfg(target_os = "linux")]
const UNREAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Bytes a second that a client is to take of what it is sent from an old library, where a new one waits for
/// that: half a megabit.
const SLOWEST_CLIENT: u64 = 64 * 1024;

/// How long requests in flight may take to finish once the server shall stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// Pause after an error to accept that concerns us, not the client: no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What answers the requests of all connections.
#[derive(Clone)]
struct Answers {
    service: Arc<Service>,
    costly: Arc<Costly>,
}

/// Serves until `stop` is ready, then lets the requests in flight finish.
pub async fn serve(listener: TcpListener, service: Arc<Service>, stop: impl Future<Output = ()>) {
    let costly = Arc::new(Costly::new());
    serve_with(listener, Answers { service, costly }, SLOWEST_CLIENT, stop).await;
}

async fn serve_with(
    listener: TcpListener,
    answers: Answers,
    slowest_client: u64,
    stop: impl Future<Output = ()>,
) {
    let drain = Drain::new(slowest_client);
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut stop = pin!(stop);
    let mut ended = answers.service.ended();
    loop {
        tokio::select! {
            accepted = accept(&listener, &slots) => {
                let (stream, slot) = accepted;
                tokio::spawn(connection(stream, answers.clone(), drain.watcher(), slot));
            }
            Ok(()) = ended.changed() => drain.end(*ended.borrow_and_update()),
            () = &mut stop => break,
        }
    }
    drop(listener);
    log::info!("Stopping: {} connections are open", drain.count());
    if timeout(DRAIN_TIMEOUT, drain.finish()).await.is_err() {
        log::warn!(
            "Stopped with requests unfinished after {} s",
            DRAIN_TIMEOUT.as_secs()
        );
    }
}

/// The next connection, when there is a slot for it.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, OwnedSemaphorePermit) {
    let mut failures = 0_u64;
    loop {
        let slot = slots.clone().acquire_owned().await;
        let slot = slot.expect("the semaphore is never closed");
        match listener.accept().await {
            Ok((stream, _)) => {
                if failures > 0 {
                    log::info!("Accepting connections again, after {failures} failures");
                }
                return (stream, slot);
            }
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                // Only the first of a row: it goes on ten times a second.
                if failures == 0 {
                    log::error!("Cannot accept connections: {error}");
                }
                failures += 1;
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether a failed accept says only that this client has gone again.
fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    // Without it, the last packet of an answer waits for the client's acknowledgement: 40 ms.
    stream.set_nodelay(true)?;
    // Elsewhere the system's own, longer, bound holds.
    #[cfg(target_os = "linux")]
    SockRef::from(stream).set_tcp_user_timeout(Some(UNREAD_TIMEOUT))?;
    Ok(())
}

async fn connection(
    stream: TcpStream,
    answers: Answers,
    watcher: Watcher,
    _slot: OwnedSemaphorePermit,
) {
    if let Err(error) = prepare(&stream) {
        log::debug!("A connection has gone before its first request: {error}");
        return;
    }
    let doing = Doing::new();
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES)
        // No pipeline_flush: it would keep answers back while unread bytes are buffered, and lose
        // them, and hyper's own 400, when those bytes turn out to be no request.
        .half_close(true)
        .serve_connection(
            Stream::new(stream, &doing),
            service_fn(|request| answer(&answers, request, &doing)),
        );
    let finish = http1::Connection::graceful_shutdown;
    match watcher.watch(served, &doing, finish).await {
        Some(Ok(())) => {}
        // Clients that go away, or speak no HTTP: nothing that an operator could mend.
        Some(Err(error)) => log::debug!("A connection ended: {error}"),
        None => {
            log::debug!("A connection was ended in the middle of an answer from an old library");
        }
    }
}

async fn answer(
    answers: &Answers,
    request: Request<Incoming>,
    doing: &Doing,
) -> Result<Response<Body>, Infallible> {
    doing.begin();
    let response = respond(answers, request, doing).await;
    if let Some(library) = response.body().library() {
        doing.send(library, response.body().len());
    }
    Ok(response)
}

async fn respond(answers: &Answers, request: Request<Incoming>, doing: &Doing) -> Response<Body> {
    if request.body().is_end_stream()
        && let Some(response) = answers.service.handle_at_once(&request)
    {
        return response;
    }
    // Boxed, since what a connection holds for each request is as large as the largest.
    Box::pin(wait_for(answers, request, doing)).await
}

/// Answers a request that has to wait, for its body or for its turn.
async fn wait_for(answers: &Answers, request: Request<Incoming>, doing: &Doing) -> Response<Body> {
    let Answers { service, costly } = answers;
    let (head, body) = request.into_parts();
    let has_body = !body.is_end_stream();
    let is_read = !has_body || forget(body).await;
    let head = Request::from_parts(head, ());
    // Without a body it was tried before.
    let at_once = has_body.then(|| service.handle_at_once(&head)).flatten();
    let mut response = match at_once {
        Some(response) => response,
        None => costly.answer(service, head, doing).await,
    };
    if !is_read {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

/// Reads a body that means nothing, within bounds; whether it came to its end.
async fn forget(mut body: Incoming) -> bool {
    if body.size_hint().lower() > MAX_BODY_BYTES {
        return false;
    }
    let read = async {
        let mut size = 0;
        while let Some(frame) = body.frame().await {
            size += match frame {
                Ok(frame) => frame.data_ref().map_or(0, |data| data.len() as u64),
                Err(_) => return false,
            };
            if size > MAX_BODY_BYTES {
                return false;
            }
        }
        true
    };
    timeout(BODY_TIMEOUT, read).await.unwrap_or(false)
}

#[cfg(test)]
mod tests;
