//! Reports of unexpected errors, to Sentry.
//!
//! In: panics, and errors that a caller hands over. Out: events at the project that SENTRY_DSN
//! names, sent by a thread with a bounded queue of its own: whoever reports goes on at once, also
//! where nobody answers. Without a DSN nothing is sent. No event holds settings, requests' bodies or
//! addresses of users.
//!
//! A panic is also logged, as one CRITICAL line in place of Rust's own message.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::error::Error;
use std::panic::{self, PanicHookInfo};
use std::sync::mpsc::channel;
use std::sync::{Arc, Once};
use std::thread;
use std::time::Duration;

use log::LevelFilter;
use sentry::integrations::backtrace::ProcessStacktraceIntegration;
use sentry::integrations::contexts::ContextIntegration;
use sentry::integrations::panic::{PanicIntegration, message_from_panic_info};
use sentry::{ClientInitGuard, ClientOptions, Hub};

use crate::critical;
use crate::settings::Settings;

/// The name of this release, as reports have it.
pub const RELEASE: &str = concat!("avalon@", env!("CARGO_PKG_VERSION"));

/// How long the end of the program waits for the last reports.
const LAST: Duration = Duration::from_secs(2);

/// Reports are sent as long as it lives: `main` holds it. Dropping it sends what waits, for at most
/// two seconds.
#[must_use = "reports end when it is dropped"]
pub struct Reporting(Option<ClientInitGuard>);

/// Starts reports, if a DSN is set, and the logging of panics in any case. `release` is a name such
/// as [`RELEASE`]. Call it on the main thread, before others are started: they inherit it.
pub fn start(settings: &Settings, release: &'static str) -> Reporting {
    let guard = settings.sentry_dsn.as_ref().map(|dsn| {
        let mut options = ClientOptions::new().release(release);
        options.dsn = Some(dsn.0.clone());
        options.send_default_pii = false;
        options.shutdown_timeout = LAST;
        // Not the default integrations: their panic hook makes the thread that panics wait for the
        // report to be sent, which would be a request.
        options.default_integrations = false;
        options.integrations = vec![
            Arc::new(ContextIntegration::default()),
            Arc::new(ProcessStacktraceIntegration),
        ];
        sentry::init(options)
    });
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| on_panic(info, &*before)));
    });
    Reporting(guard)
}

/// Reports an error with all its sources. It is not logged: whoever handles it does that.
pub fn report(error: &(dyn Error + 'static)) {
    sentry::capture_error(error);
}

fn on_panic(info: &PanicHookInfo<'_>, before: &dyn Fn(&PanicHookInfo<'_>)) {
    Hub::with_active(|hub| hub.capture_event(PanicIntegration::new().event_from_panic_info(info)));
    if log::max_level() == LevelFilter::Off {
        // There is no log to write to.
        return before(info);
    }
    let thread = thread::current();
    let name = thread.name().unwrap_or("unnamed");
    let message = message_from_panic_info(info);
    match info.location() {
        Some(place) => critical!("thread '{name}' panicked at {place}: {message}"),
        None => critical!("thread '{name}' panicked: {message}"),
    }
    // Only where RUST_BACKTRACE asks for one.
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        for line in backtrace.to_string().lines() {
            log::debug!("{line}");
        }
    }
}

impl Drop for Reporting {
    fn drop(&mut self) {
        let Some(guard) = self.0.take() else { return };
        // Sentry's client joins its thread without a bound, and that may wait for a dead host.
        let (end, ended) = channel::<()>();
        let close = move || {
            drop(guard);
            drop(end);
        };
        if thread::Builder::new()
            .name("reporting".to_owned())
            .spawn(close)
            .is_ok()
        {
            let _ = ended.recv_timeout(LAST);
        }
    }
}
