//! `avalon-scan` as its users meet it: files in, a database and an exit code out.
//!
//! What a single tag means is tested beside the code that reads it, and what the whole library
//! answers in `../round_trip`. Here is what only the program as a whole can show.

#![expect(clippy::unwrap_used, reason = "what fails here is the test")]

#[path = "../support/mod.rs"]
mod support;

/// Every documented exit code, and what is said with it.
mod exit_codes;

/// Which tags of which formats make which values.
mod tags;

/// What becomes of files that are not as they should be.
mod bad_files;

/// Links, ignore files, and folders that cannot be listed.
mod walk;

/// What a second scan opens, and what it makes of it.
mod incremental;

/// Files that are somewhere else than before.
mod moves;

/// When the generation grows.
mod generation;

/// What a scan refuses so that no library is lost (rule S4).
mod guards;

/// How much may go without being meant.
mod shrink;

/// Disks that are not there.
mod mounts;

/// Several roots, and parts of them.
mod parts;

/// The tables of issues and of scans.
mod history;

/// A scan that goes on with what changes.
mod watch;

/// What is said: in the log, as JSON, and of what would happen.
mod output;

/// Disks that are full, servers that are gone.
mod failures;

/// Ctrl-C and kill -9 while a scan runs.
mod interruptions;

/// Readers, servers and other writers of the same database.
mod locks;

/// A scan that only says what it would do, where nothing may be written.
mod dry_run;

/// The tables: the original's stand, and the original's are taken over.
mod schema;
