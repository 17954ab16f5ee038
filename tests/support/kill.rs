//! Scans killed in the middle.
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

/// How many scans are killed in each [`Stage`], at moments that are spread over it, ...
const SCANS: u32 = 6;

/// ... and at most, where all of those were done before. The later ones are killed as soon as they
/// say that the stage begins, and one of so many is not yet done then.
const MOST_SCANS: u32 = 100;

/// A part of a scan, and the line of the log that begins it.
#[derive(Clone, Copy, Debug)]
struct Stage {
    name: &'static str,
    line: &'static str,
}

/// Reading and writing overlap; what the end of the reading leaves is written after it.
const STAGES: [Stage; 2] = [
    Stage {
        name: "a scan",
        line: "Crawling music collection",
    },
    Stage {
        name: "the end of a write",
        line: "Loaded metadata",
    },
];

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
    let random = RandomState::new();
    for (stage, takes) in STAGES.iter().zip(times(database, new)) {
        put_back(database, old);
        let (mut killed, mut in_time) = (0, 0);
        while killed < SCANS || (in_time == 0 && killed < MOST_SCANS) {
            let within = (random.hash_one(killed) % 1000) as f64 / 1000.0;
            let moment = match killed < SCANS {
                true => takes.mul_f64((f64::from(killed) + within) / f64::from(SCANS)),
                false => Duration::ZERO,
            };
            let running = start(database, new);
            wait_for(&running, stage.line);
            thread::sleep(moment);
            running.signal(Signal::KILL);
            drop(running);
            killed += 1;
            if is_old(moment) {
                in_time += 1;
            } else {
                // It was done before the signal came.
                put_back(database, old);
            }
        }
        tell(&format!(
            "{killed} scans killed at moments of {} ({takes:?}): {in_time} left the old library, \
             {} were done",
            stage.name,
            killed - in_time
        ));
        assert!(in_time > 0, "each of {killed} scans was done when killed");
    }
}

/// How long an undisturbed scan of `new` takes from the beginning of each stage to its end.
fn times(database: &Database, new: &Collection) -> [Duration; 2] {
    let running = start(database, new);
    let began = STAGES.map(|stage| {
        wait_for(&running, stage.line);
        Instant::now()
    });
    running.finish().expect_code(0);
    began.map(|began| began.elapsed())
}

/// Starts a scan by which all that the database holds goes.
fn start(database: &Database, collection: &Collection) -> Running {
    scan(database, collection.root())
        .arg("--allow-shrink")
        .spawn()
}

fn put_back(database: &Database, old: &Collection) {
    start(database, old).finish().expect_code(0);
}

fn wait_for(running: &Running, line: &str) {
    let found = running.stderr_until(|text| text.contains(line).then_some(()));
    found.expect("a scan says what it does");
}
