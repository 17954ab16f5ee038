//! `avalon-server` as its users meet it: started by two variables, asked over HTTP, stopped.
//!
//! What each parameter means is tested beside the code, and over whole libraries in `../golden` and
//! `../round_trip`. Here is what only the process as a whole can show.

#![expect(clippy::unwrap_used, reason = "what fails here is the test")]

#[path = "../support/mod.rs"]
mod support;

/// Whose tables are served, and with which rights.
mod databases;

/// Totals, generations and entity tags.
mod headers;

/// SQLite files that the server may only read, also after a killed scan.
mod read_only;

/// Scans, restored databases, SIGHUP, and loads that fail, while the server serves.
mod reload;

/// No answer fails or mixes generations meanwhile.
mod reload_under_load;

/// What people mean, and when that can be asked.
mod search;

/// Wrong settings: one clear refusal, exit code 2.
mod settings;

/// One song by its id.
mod songs;

/// From the first line on stdout to the last request in flight.
mod start_and_stop;

/// Names that what is typed may become.
mod suggest;

/// Timers to statsd, panics to Sentry.
mod telemetry;

/// Details of a library that is another by then.
mod two_loads;
