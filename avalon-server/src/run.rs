//! The run of the server: socket, library, requests, end.
//!
//! In: checked settings. Out: nothing, once a signal has stopped it in order, or [`RunError`]. The
//! socket is bound before the library is loaded (D11). What stays true: where nobody is served any
//! more, the run ends.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use avalon_core::settings::Settings;
use avalon_core::telemetry::metrics::Metrics;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;

use crate::reload::{self, Count, Reload, ReloadError};
use crate::server;
use crate::service::Service;

/// How long threads of the server may take to let go at the end, and clients to take what they were
/// told before there was a library.
const LAST: Duration = Duration::from_secs(1);

/// How long the thread that looks at the database may take to let go at the end.
const LAST_LOOK: Duration = Duration::from_millis(250);

/// Why the server ended otherwise than by one signal.
#[derive(Debug, Error)]
pub enum RunError {
    /// No threads.
    #[error("cannot start the threads of the server")]
    Threads(#[source] io::Error),
    /// No signals.
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
    /// The address cannot be had.
    #[error("cannot listen on {address}")]
    Bind {
        /// The setting BIND.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The library cannot be loaded.
    #[error(transparent)]
    Load(#[from] ReloadError),
    /// The thread that loads ended without a word.
    #[error("the thread that loads the library ended")]
    LoadEnded,
    /// The task that accepts connections panicked.
    #[error("the server failed")]
    Server(#[source] JoinError),
    /// The task that accepts connections ended by itself.
    #[error("the server ended without being asked to")]
    Ended,
    /// A second signal came.
    #[error("stopped at once by {signal}, with requests unfinished")]
    Interrupted {
        /// Its name.
        signal: &'static str,
    },
}

impl RunError {
    /// Whether it is to be reported; that somebody was in a hurry is not.
    pub fn is_fault(&self) -> bool {
        !matches!(self, Self::Interrupted { .. })
    }
}

/// Serves until a signal. `panic_on` is a path at which to panic, to see that panics are reported.
///
/// # Errors
/// Whatever keeps it from serving, or from finishing the requests in flight.
pub fn run(settings: &Settings, panic_on: Option<String>) -> Result<(), RunError> {
    let metrics = Arc::new(Metrics::start(settings));
    // Weak: a load that is under way at the end does not keep the last metrics from being sent.
    let counters = Arc::downgrade(&metrics);
    let count: Count = Box::new(move |counter| {
        if let Some(metrics) = counters.upgrade() {
            metrics.count(counter);
        }
    });
    let timer = Box::new(move |metric, taken| metrics.time(metric, taken));
    let service = Service::new(&settings.request_path, timer).panicking_on(panic_on);
    let service = Arc::new(service);
    server::raise_descriptor_limit();
    let runtime = runtime(settings.threads).map_err(RunError::Threads)?;
    let served = runtime.block_on(serve(settings, service.clone(), count));
    // Connections that outlived the drain go with it. The service goes last, and its metrics with it,
    // which sends what they still hold.
    runtime.shutdown_timeout(LAST);
    served
}

fn runtime(threads: usize) -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if threads > 0 {
        builder.worker_threads(threads);
    }
    // Beside the threads that serve; nothing else is done on them.
    builder.max_blocking_threads(server::costly_threads());
    builder.thread_name("serve").enable_all().build()
}

async fn serve(settings: &Settings, service: Arc<Service>, count: Count) -> Result<(), RunError> {
    let mut signals = Signals::install().map_err(RunError::Signals)?;
    let hangups = signal(SignalKind::hangup()).map_err(RunError::Signals)?;
    let (listener, address) = bind(settings.bind).await?;
    announce(address, &settings.request_path);
    let started = reload::start(settings, &service, count).map_err(RunError::Threads)?;
    let heeding = tokio::spawn(heed(hangups, started.reload));
    let served = serve_library(listener, service, started.first, &mut signals).await;
    heeding.abort();
    // So that a connection to the database is closed; a load that is under way is left behind.
    let _ = timeout(LAST_LOOK, started.ended).await;
    served
}

/// Serves from the first request on, which may come before the library, to the last.
async fn serve_library(
    listener: TcpListener,
    service: Arc<Service>,
    first: oneshot::Receiver<Result<(), ReloadError>>,
    signals: &mut Signals,
) -> Result<(), RunError> {
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async {
        // Dropping the sender says the same as sending.
        let _ = stopped.await;
    };
    let mut server = tokio::spawn(server::serve(listener, service.clone(), stopped));
    let name = tokio::select! {
        loaded = first => {
            loaded.map_err(|_| RunError::LoadEnded)??;
            None
        }
        name = wait(&mut server, signals) => Some(name?),
    };
    if let Some(name) = name {
        log::info!("Stopping on {name} before the library was loaded");
        drop(stop);
        // Every answer was a short one: a client that has not taken it by then is not waited for.
        return timeout(LAST, drain(server, signals))
            .await
            .unwrap_or(Ok(()));
    }
    log::info!("Ready{}", resident(&service).unwrap_or_default());
    let name = wait(&mut server, signals).await?;
    log::info!("Stopping on {name}");
    drop(stop);
    drain(server, signals).await
}

/// How much memory the process has, in all and for each track, where the system tells.
fn resident(service: &Service) -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: usize = line.split_whitespace().next()?.parse().ok()?;
    let bytes = kibibytes * 1024;
    let tracks = service.edition()?.app().tracks().max(1);
    Some(format!(
        ", with {} MB of resident memory, {} bytes a track",
        bytes / 1_000_000,
        bytes.div_ceil(tracks)
    ))
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), RunError> {
    let bound = TcpListener::bind(address).await;
    let bound = bound.and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|source| RunError::Bind { address, source })
}

/// Waits for the next signal and gives its name; a server that serves nobody any more is an error.
async fn wait(
    server: &mut JoinHandle<()>,
    signals: &mut Signals,
) -> Result<&'static str, RunError> {
    tokio::select! {
        ended = server => Err(ended.map_or_else(RunError::Server, |()| RunError::Ended)),
        name = signals.next() => Ok(name),
    }
}

/// Waits for the end of a server that was told to stop.
async fn drain(server: JoinHandle<()>, signals: &mut Signals) -> Result<(), RunError> {
    tokio::select! {
        ended = server => ended.map_err(RunError::Server),
        signal = signals.next() => Err(RunError::Interrupted { signal }),
    }
}

/// Says where the server listens: on standard output for whoever started it, and in the log.
fn announce(address: SocketAddr, request_path: &str) {
    let mut out = io::stdout().lock();
    // Nobody may be reading; that is no reason not to serve.
    let _ = writeln!(out, "listening on http://{address}").and_then(|()| out.flush());
    let version = env!("CARGO_PKG_VERSION");
    log::info!(
        "Avalon Music Server {version} listening on http://{address} with request path {request_path}"
    );
}

/// Has the library loaded anew at each SIGHUP, as long as the runtime runs.
async fn heed(mut hangups: Signal, reload: Reload) {
    while hangups.recv().await.is_some() {
        log::info!("SIGHUP: loading the music library anew");
        reload.now();
    }
}

/// The two signals that stop the server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn install() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next of them and gives its name.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_serves_nobody_any_more_ends_the_run() {
        let runtime = runtime(1).unwrap();
        runtime.block_on(async {
            let mut signals = Signals::install().unwrap();
            let mut panicked = tokio::spawn(async { panic!("a test of panics") });
            let error = wait(&mut panicked, &mut signals).await.unwrap_err();
            assert!(matches!(error, RunError::Server(_)), "{error:?}");
            let mut ended = tokio::spawn(async {});
            let error = wait(&mut ended, &mut signals).await.unwrap_err();
            assert!(
                matches!(error, RunError::Ended) && error.is_fault(),
                "{error:?}"
            );
        });
    }
}
