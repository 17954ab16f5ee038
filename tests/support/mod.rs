//! What the end-to-end tests share: they run the built programs as their users do.
//!
//! In the order of a test: a [`Collection`] of music files, a [`Database`] on either backend, a
//! scan by [`scan`] over the first into the second, a [`Server`] on it, requests to it, and
//! listeners for what it reports. Everything is made for one test and gone with it; nothing has a
//! fixed port or path, and waiting always ends: when a thing happens, or at [`PATIENCE`]. What nobody tells
//! is asked for by [`until`]; sleeps have one place more, [`kill_while_writing`].
//!
//! Each test binary includes this folder with `#[path = "../support/mod.rs"] mod support;`.

#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test binary uses its own share of this"
)]

use std::io::Write;
use std::path::Path;
use std::time::Duration;

mod collection;

mod program;

mod postgres;

mod database;

mod scans;

mod original;

mod opens;

mod http;

mod exchange;

mod server;

mod telemetry;

mod kill;

mod mounts;

pub(crate) use collection::{Collection, data, set_mtime};
pub(crate) use database::{Database, Entity, Library, Track, on_each_backend};
pub(crate) use exchange::{Exchange, Order, check_json, same};
pub(crate) use http::{Connection, Response};
pub(crate) use kill::{kill_while_writing, numbered};
pub(crate) use mounts::script_that_mounts;
pub(crate) use opens::Opens;
pub(crate) use original::{create_tables, insert_library};
pub(crate) use program::{Finished, Program, Running, binary, is_root, until};
pub(crate) use scans::{LastScan, StoredIssue};
pub(crate) use server::Server;
pub(crate) use telemetry::{SentryEndpoint, StatsdListener};

/// How long a test waits for what must happen before it fails. Generous: a loaded machine is no
/// failure, and a green run never waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Writes a line to stderr past the test harness, which keeps what macros print to itself.
pub(crate) fn tell(line: &str) {
    // In one piece, so that the lines of two threads do not mix; where stderr is closed nobody listens.
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// `avalon-scan --database <database> <root>`, ready to run; more arguments can follow.
pub(crate) fn scan(database: &Database, root: &Path) -> Program {
    Program::new("avalon-scan")
        .arg("--database")
        .arg(database.url())
        .arg(root)
}

/// `avalon-server` as a checker from outside starts it: two variables and nothing else.
pub(crate) fn serve(url: &str) -> Program {
    Program::new("avalon-server")
        .env("AVALON_DATABASE_URL", url)
        .env("AVALON_BIND", "127.0.0.1:0")
}
