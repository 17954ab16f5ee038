//! avalon-server: settings, telemetry, socket, library, requests, end.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use avalon_core::database::DatabaseUrl;
use avalon_core::settings::{self, Loaded, Settings};
use avalon_core::telemetry::metrics::Metrics;
use avalon_core::telemetry::{logging, reporting};
use avalon_server::app::{App, LoadError};
use avalon_server::cli::Arguments;
use avalon_server::server;
use avalon_server::service::Service;
use clap::Parser;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Wrong options (clap's own code for them) or settings.
const EXIT_SETTINGS: u8 = 2;

/// How long threads of the server may take to let go at the end.
const LAST: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Loaded { settings, warnings } = match settings::load(&arguments.overrides()) {
        Ok(loaded) => loaded,
        Err(error) => return refuse(&error),
    };
    let _reporting = reporting::start(&settings, reporting::RELEASE);
    if let Err(error) = logging::start(&settings) {
        return refuse(&error);
    }
    warnings.iter().for_each(|warning| log::warn!("{warning}"));
    match run(&settings, arguments.panic_on) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Says on standard error what is wrong with the settings, before there is a log.
fn refuse(error: &dyn std::error::Error) -> ExitCode {
    let mut said = format!("avalon-server: {error}");
    let mut source = error.source();
    while let Some(error) = source {
        said.push_str(&format!(": {error}"));
        source = error.source();
    }
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(std::io::stderr().lock(), "{said}");
    ExitCode::from(EXIT_SETTINGS)
}

fn run(settings: &Settings, panic_on: Option<String>) -> Result<()> {
    let metrics = Metrics::start(settings);
    let timer = Box::new(move |metric, taken| metrics.time(metric, taken));
    let service = Service::new(&settings.request_path, timer).panicking_on(panic_on);
    let runtime = runtime(settings.threads).context("cannot start the threads of the server")?;
    let service = Arc::new(service);
    let served = runtime.block_on(serve(settings, service.clone()));
    // Connections that outlived the drain go with it. The service goes last, and its metrics with it,
    // which sends what they still hold.
    runtime.shutdown_timeout(LAST);
    served
}

fn runtime(threads: usize) -> std::io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if threads > 0 {
        builder.worker_threads(threads);
    }
    builder.thread_name("serve").enable_all().build()
}

async fn serve(settings: &Settings, service: Arc<Service>) -> Result<()> {
    let mut signals = Signals::install().context("cannot listen for signals")?;
    let listener = TcpListener::bind(settings.bind)
        .await
        .with_context(|| format!("cannot listen on {}", settings.bind))?;
    announce(&listener, &settings.request_path)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async {
        // Dropping the sender says the same as sending.
        let _ = stopped.await;
    };
    let mut server = tokio::spawn(server::serve(listener, service.clone(), stopped));
    let load = load(settings.database_url.clone());
    tokio::select! {
        loaded = load => service.publish(loaded??),
        name = signals.next() => {
            log::info!("Stopping on {name} before the library was loaded");
            return Ok(());
        }
    }
    log::info!("Ready");
    let name = signals.next().await;
    log::info!("Stopping on {name}");
    drop(stop);
    tokio::select! {
        ended = &mut server => ended.context("the server failed"),
        name = signals.next() => bail!("stopped at once by {name}, with requests unfinished"),
    }
}

/// Says where the server listens: on standard output for whoever started it, and in the log.
fn announce(listener: &TcpListener, request_path: &str) -> Result<()> {
    let address = listener.local_addr()?;
    let mut out = std::io::stdout().lock();
    // Nobody may be reading; that is no reason not to serve.
    let _ = writeln!(out, "listening on http://{address}").and_then(|()| out.flush());
    let version = env!("CARGO_PKG_VERSION");
    log::info!(
        "Avalon Music Server {version} listening on http://{address} with request path {request_path}"
    );
    Ok(())
}

/// Loads on a thread of its own: it blocks for long, and nothing waits for it at the end.
async fn load(url: DatabaseUrl) -> Result<Result<App, LoadError>> {
    let (send, receive) = oneshot::channel();
    thread::Builder::new()
        .name("load".to_owned())
        .spawn(move || {
            // Where the receiver is gone, the server is stopping.
            let _ = send.send(App::load(&url));
        })
        .context("cannot start the thread that loads the library")?;
    receive.await.context("loading the library failed")
}

/// The two signals that stop the server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn install() -> std::io::Result<Self> {
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
