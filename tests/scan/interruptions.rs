//! A scan that does not come to its end leaves the library as it was.

use rustix::process::Signal;

use crate::support::{
    Collection, Database, Library, kill_while_writing, numbered, on_each_backend, scan,
};

on_each_backend!(
    ctrl_c_while_reading_is_130_and_changes_nothing,
    ctrl_c_while_writing_is_130_and_changes_nothing,
    a_killed_scan_never_leaves_a_torn_library,
);

/// Enough that reading and writing each take longer than a signal.
const FILES: usize = 2000;

fn ctrl_c_while_reading_is_130_and_changes_nothing(database: &Database) {
    interrupted(database, "Attempting to load metadata");
}

fn ctrl_c_while_writing_is_130_and_changes_nothing(database: &Database) {
    interrupted(database, "Replacing the library");
}

/// Sends SIGINT when the log says `line`.
fn interrupted(database: &Database, line: &str) {
    let before = filled(database, &numbered(3, "old"));
    let new = numbered(FILES, "new");
    let running = scan(database, new.root()).spawn();
    running
        .stderr_until(|text| text.contains(line).then_some(()))
        .expect("the log says so");
    running.signal(Signal::INT);
    running
        .finish()
        .expect_code(130)
        .expect_stderr(&["as it was"]);
    assert_eq!(database.library(), before);
    // And nothing stays behind that would stop the next one.
    scan(database, new.root()).run().expect_code(0);
    assert_eq!(database.library().tracks.len(), FILES);
}

fn a_killed_scan_never_leaves_a_torn_library(database: &Database) {
    let old = numbered(FILES, "old");
    let new = numbered(FILES, "new");
    let after = filled(database, &new);
    let before = filled(database, &old);
    kill_while_writing(database, &old, &new, |moment| {
        let found = database.library();
        assert!(
            found == before || found == after,
            "torn when killed {moment:?} into the write"
        );
        found == before
    });
}

/// Scans a collection and returns the library that this makes.
fn filled(database: &Database, collection: &Collection) -> Library {
    scan(database, collection.root()).run().expect_code(0);
    database.library()
}
