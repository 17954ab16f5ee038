//! Reports of unexpected errors, to Sentry.
//!
//! In: panics, and errors that a caller hands over. Out: events at the project that SENTRY_DSN
//! names. Whoever panics or reports goes on at once, also where nobody answers: the transport has a
//! thread with a bounded queue, and the names of a panic's stack, which take seconds to find the
//! first time, are found by a thread of ours. Without a DSN nothing is sent. No event holds
//! settings, requests' bodies or addresses of users.
//!
//! A panic is also logged, as one CRITICAL line in place of Rust's own message.

use std::error::Error;
use std::panic::{self, PanicHookInfo};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use backtrace::Backtrace;
use log::LevelFilter;
use sentry::integrations::backtrace::{ProcessStacktraceIntegration, backtrace_to_stacktrace};
use sentry::integrations::contexts::ContextIntegration;
use sentry::protocol::{Event, Exception, Mechanism};
use sentry::{ClientInitGuard, ClientOptions, Level};

use crate::critical;
use crate::settings::Settings;

/// The name of this release, as reports have it.
pub const RELEASE: &str = concat!("avalon@", env!("CARGO_PKG_VERSION"));

/// How long the end of the program waits for the last reports.
const LAST: Duration = Duration::from_secs(2);

/// How many panics can wait for the names of their stacks; more are logged alone.
const QUEUE: usize = 16;

/// Where the panic hook puts what is to be reported; `None` without a DSN and after the end.
static PANICS: Mutex<Option<SyncSender<Panicked>>> = Mutex::new(None);

/// Reports are sent as long as it lives: `main` holds it. Dropping it sends what waits, for at most
/// two seconds.
#[must_use = "reports end when it is dropped"]
pub struct Reporting(Option<Running>);

struct Running {
    guard: ClientInitGuard,
    /// Names stacks and sends; ends when the panic hook has nowhere to put any more.
    namer: JoinHandle<()>,
}

/// A panic on its way to Sentry.
struct Panicked {
    event: Event<'static>,
    /// Addresses alone: finding their names is slow.
    stack: Backtrace,
}

/// Starts reports, if a DSN is set, and the logging of panics in any case. `release` is a name such
/// as [`RELEASE`]. Call it on the main thread, before others are started: they inherit it.
pub fn start(settings: &Settings, release: &'static str) -> Reporting {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| on_panic(info, &*before)));
    });
    let Some(dsn) = &settings.sentry_dsn else {
        return Reporting(None);
    };
    let mut options = ClientOptions::new().release(release);
    options.dsn = Some(dsn.0.clone());
    options.send_default_pii = false;
    options.shutdown_timeout = LAST;
    options.default_integrations = false;
    options.integrations = vec![
        Arc::new(ContextIntegration::default()),
        Arc::new(ProcessStacktraceIntegration),
    ];
    let guard = sentry::init(options);
    let (sender, panics) = sync_channel(QUEUE);
    let namer = thread::Builder::new().name("panics".to_owned());
    match namer.spawn(move || name_and_send(&panics)) {
        Ok(namer) => {
            set_destination(Some(sender));
            Reporting(Some(Running { guard, namer }))
        }
        Err(error) => {
            log::warn!("no reports: cannot start their thread: {error}");
            Reporting(None)
        }
    }
}

/// Reports an error with all its sources. It is not logged: whoever handles it does that.
pub fn report(error: &(dyn Error + 'static)) {
    sentry::capture_error(error);
}

fn set_destination(sender: Option<SyncSender<Panicked>>) {
    *PANICS.lock().unwrap_or_else(PoisonError::into_inner) = sender;
}

fn on_panic(info: &PanicHookInfo<'_>, before: &dyn Fn(&PanicHookInfo<'_>)) {
    let payload = info.payload();
    let message = match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(message), _) => message,
        (None, Some(message)) => message.as_str(),
        (None, None) => "a value that is no text",
    };
    hand_over(message);
    if log::max_level() == LevelFilter::Off {
        // There is no log to write to.
        return before(info);
    }
    let thread = thread::current();
    let name = thread.name().unwrap_or("unnamed");
    match info.location() {
        Some(place) => critical!("thread '{name}' panicked at {place}: {message}"),
        None => critical!("thread '{name}' panicked: {message}"),
    }
}

/// Leaves a panic to the thread that names its stack. Lost where too many wait already.
fn hand_over(message: &str) {
    let sender = PANICS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let Some(sender) = sender else { return };
    let exception = Exception {
        ty: "panic".to_owned(),
        value: Some(message.to_owned()),
        mechanism: Some(Mechanism {
            ty: "panic".to_owned(),
            handled: Some(false),
            ..Mechanism::default()
        }),
        ..Exception::default()
    };
    let event = Event {
        exception: vec![exception].into(),
        level: Level::Fatal,
        timestamp: SystemTime::now(),
        ..Event::default()
    };
    let stack = Backtrace::new_unresolved();
    let _ = sender.try_send(Panicked { event, stack });
}

fn name_and_send(panics: &Receiver<Panicked>) {
    for Panicked {
        mut event,
        mut stack,
    } in panics
    {
        stack.resolve();
        for exception in &mut event.exception.values {
            exception.stacktrace = backtrace_to_stacktrace(&stack);
        }
        sentry::capture_event(event);
    }
}

impl Drop for Reporting {
    fn drop(&mut self) {
        let Some(Running { guard, namer }) = self.0.take() else {
            return;
        };
        set_destination(None);
        // Sentry's client joins its thread without a bound, and that may wait for a dead host.
        let (end, ended) = channel::<()>();
        let close = move || {
            let _ = namer.join();
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
