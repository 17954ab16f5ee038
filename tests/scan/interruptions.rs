//! A scan that does not come to its end leaves the library as it was.

use rustix::process::Signal;

use crate::support::{
    Collection, Database, Finished, Library, kill_while_writing, numbered, on_each_backend, scan,
};

on_each_backend!(
    ctrl_c_while_reading_is_130_and_changes_nothing,
    ctrl_c_while_writing_is_130_and_changes_nothing,
    a_killed_scan_never_leaves_a_torn_library,
    ctrl_c_ends_a_scan_whose_database_does_not_answer,
);

/// Enough that reading and writing each take longer than a signal.
const FILES: usize = 1500;

/// More new tracks than these are written in more than one step: each has a row of its own and one
/// of its file.
const STEP: usize = 4096 / 2;

fn ctrl_c_while_reading_is_130_and_changes_nothing(database: &Database) {
    let before = filled(database, &numbered(3, "old"));
    let new = numbered(FILES, "new");
    let finished = interrupted(database, &new, "Crawling music collection");
    finished.expect_code(130).expect_stderr(&["as it was"]);
    assert_eq!(database.library(), before);
    // And nothing stays behind that would stop the next one.
    scan(database, new.root()).run().expect_code(0);
    assert_eq!(database.library().tracks.len(), FILES);
}

/// The signal may come too late for the very end; then the scan is done, and says so.
fn ctrl_c_while_writing_is_130_and_changes_nothing(database: &Database) {
    let old = numbered(3, "old");
    let new = numbered(FILES, "new");
    for _ in 0..20 {
        let before = filled(database, &old);
        let finished = interrupted(database, &new, "Loaded metadata");
        if finished.code() == Some(130) {
            finished.expect_stderr(&["as it was"]);
            assert_eq!(database.library(), before);
            return;
        }
        finished.expect_code(0).expect_stderr(&["Done"]);
        assert_eq!(database.library().tracks.len(), FILES);
    }
    panic!("no signal is heeded after the reading");
}

fn ctrl_c_ends_a_scan_whose_database_does_not_answer(database: &Database) {
    let before = filled(database, &numbered(3, "old"));
    let lock = database.lock();
    let new = numbered(3, "new");
    let running = scan(database, new.root()).spawn();
    // On PostgreSQL the walk has begun when the tracks are asked for.
    let waits = |text: &str| text.contains("Waiting") || text.contains("Crawling");
    running
        .stderr_until(|text| waits(text).then_some(()))
        .expect("it waits");
    running.signal(Signal::INT);
    let finished = running.finish();
    finished.expect_code(130).expect_stderr(&["as it was"]);
    drop(lock);
    assert_eq!(database.library(), before);
}

/// Sends SIGINT when the log says `line`.
fn interrupted(database: &Database, new: &Collection, line: &str) -> Finished {
    let running = scan(database, new.root()).spawn();
    running
        .stderr_until(|text| text.contains(line).then_some(()))
        .expect("the log says so");
    running.signal(Signal::INT);
    running.finish()
}

fn a_killed_scan_never_leaves_a_torn_library(database: &Database) {
    // More than are written in one step: the first is written while files are still being read.
    let old = numbered(FILES, "old");
    let new = numbered(FILES + STEP, "new");
    let after = filled(database, &new);
    let before = filled(database, &old);
    kill_while_writing(database, &old, &new, |moment| {
        let found = database.library();
        assert!(
            found == before || found == after,
            "torn when killed after {moment:?}"
        );
        found == before
    });
}

/// Scans a collection and returns the library that this makes.
fn filled(database: &Database, collection: &Collection) -> Library {
    scan(database, collection.root())
        .arg("--allow-shrink")
        .run()
        .expect_code(0);
    database.library()
}
