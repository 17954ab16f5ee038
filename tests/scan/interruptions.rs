//! A scan that does not come to its end leaves the library as it was.

use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{Collection, Database, Library, on_each_backend, scan, tell};

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
    let before = filled(database, &collection(3, "old"));
    let new = collection(FILES, "new");
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
    let old = collection(FILES, "old");
    let new = collection(FILES, "new");
    let after = filled(database, &new);
    let before = filled(database, &old);
    let writing = time_of_writing(database, &old);
    let random = RandomState::new();
    let mut killed_in_time = 0;
    for round in 0..10_u64 {
        let running = scan(database, new.root()).spawn();
        wait_for_writing(&running);
        // The one sleep of these tests: a random moment is what is wanted.
        let moment = writing.mul_f64((random.hash_one(round) % 1000) as f64 / 1000.0);
        thread::sleep(moment);
        running.signal(Signal::KILL);
        drop(running);
        let found = database.library();
        if found == after {
            // It was done before the signal came.
            assert_eq!(filled(database, &old), before);
        } else {
            assert!(
                found == before,
                "torn when killed {moment:?} into the write (round {round})"
            );
            killed_in_time += 1;
        }
    }
    tell(&format!(
        "10 scans killed at a random moment of a write of {writing:?}: {killed_in_time} left the old library, \
         {} were done",
        10 - killed_in_time
    ));
    assert!(
        killed_in_time > 0,
        "each of ten scans was over within {writing:?}"
    );
}

/// How long an undisturbed scan takes from its first write to its end.
fn time_of_writing(database: &Database, collection: &Collection) -> Duration {
    let running = scan(database, collection.root()).spawn();
    wait_for_writing(&running);
    let start = Instant::now();
    running.finish().expect_code(0);
    start.elapsed()
}

fn wait_for_writing(running: &crate::support::Running) {
    let found = running.stderr_until(|text| text.contains("Replacing the library").then_some(()));
    found.expect("a scan says when it begins to write");
}

/// A folder of that many tracks, whose titles begin with `word`.
fn collection(files: usize, word: &str) -> Collection {
    let collection = Collection::new();
    for number in 0..files {
        let (title, album) = (
            format!("{word} {number}"),
            format!("{word} album {}", number / 10),
        );
        let comments = [
            ("TITLE", title.as_str()),
            ("ALBUM", &album),
            ("ARTIST", word),
        ];
        collection.add_flac(&format!("{}/{number}.flac", number / 10), &comments);
    }
    collection
}

/// Scans a collection and returns the library that this makes.
fn filled(database: &Database, collection: &Collection) -> Library {
    scan(database, collection.root()).run().expect_code(0);
    database.library()
}
