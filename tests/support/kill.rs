//! Scans killed in the middle of their write.
//!
//! In: two collections, of which the database holds the first. Out: moments at which a scan of the
//! second was killed, each handed to the test, which looks at what is left. A random moment is what
//! is wanted, so here, and nowhere else in these tests, a sleep is not a way of waiting.

use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::collection::Collection;
use super::database::Database;
use super::program::Running;
use super::{scan, tell};

/// How many scans are killed, ...
const SCANS: u64 = 10;

/// ... and at most, where all of those were done before. The later ones are killed as soon as they
/// say that they write, and one of so many is not yet done then.
const MOST_SCANS: u64 = 100;

/// A folder of that many tracks, whose titles, albums and artist begin with `word`.
pub(crate) fn numbered(files: usize, word: &str) -> Collection {
    let collection = Collection::new();
    for number in 0..files {
        let title = format!("{word} {number}");
        let album = format!("{word} album {}", number / 10);
        let comments = [
            ("TITLE", title.as_str()),
            ("ALBUM", &album),
            ("ARTIST", word),
        ];
        collection.add_flac(&format!("{}/{number}.flac", number / 10), &comments);
    }
    collection
}

/// Kills scans of `new` over a database that holds `old`. After each, `is_old` looks at the database
/// and says whether that is what it holds, for the message and for the next round.
pub(crate) fn kill_while_writing(
    database: &Database,
    old: &Collection,
    new: &Collection,
    mut is_old: impl FnMut(Duration) -> bool,
) {
    let writing = time_of_writing(database, old);
    let random = RandomState::new();
    let (mut killed, mut in_time) = (0, 0);
    while killed < SCANS || (in_time == 0 && killed < MOST_SCANS) {
        let share = if killed < SCANS {
            (random.hash_one(killed) % 1000) as f64 / 1000.0
        } else {
            0.0
        };
        let moment = writing.mul_f64(share);
        let running = scan(database, new.root()).spawn();
        wait_for_writing(&running);
        thread::sleep(moment);
        running.signal(Signal::KILL);
        drop(running);
        killed += 1;
        if is_old(moment) {
            in_time += 1;
        } else {
            // It was done before the signal came.
            scan(database, old.root()).run().expect_code(0);
        }
    }
    tell(&format!(
        "{killed} scans killed at a random moment of a write of {writing:?}: {in_time} left the old \
         library, {} were done",
        killed - in_time
    ));
    assert!(in_time > 0, "each of {killed} scans was done when killed");
}

/// How long an undisturbed scan takes from its first write to its end.
fn time_of_writing(database: &Database, collection: &Collection) -> Duration {
    let running = scan(database, collection.root()).spawn();
    wait_for_writing(&running);
    let start = Instant::now();
    running.finish().expect_code(0);
    start.elapsed()
}

fn wait_for_writing(running: &Running) {
    let found = running.stderr_until(|text| text.contains("Replacing the library").then_some(()));
    found.expect("a scan says when it begins to write");
}
