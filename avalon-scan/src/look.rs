//! One thing that the walk found, looked at: as it was, or read.
//!
//! In: a [`Found`] and the [`Memory`]. Out: a [`Looked`]. This is the work of the reading threads; it
//! is the same in whatever order and on whichever thread it happens.
//!
//! What stays true: a file's marks are taken before it is read, so what is written to it meanwhile
//! makes it a changed file for the next scan.

use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

use avalon_core::database::{FileKind, FileStat};

use crate::audio::{Extension, extension};
use crate::files::{self, Found};
use crate::issue::{Issue, Kind};
use crate::memory::Memory;
use crate::names::Ids;
use crate::pipeline::Fault;
use crate::read::{self, Read};
use crate::rows::{self, Prepared};
use crate::tags::MAPPING;

/// How to look.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Whether to open files that are as they were.
    pub reads_all: bool,
    /// How long one file may take.
    pub patience: Duration,
    /// The largest number of the database.
    pub largest_number: i64,
}

/// What was found.
#[derive(Debug)]
pub enum Looked {
    /// A file as remembered, at this place of the memory.
    Unchanged(usize),
    /// A file that was read.
    Read(Box<Reading>),
    /// A file that went while the scan came.
    Gone,
    /// What the walk says.
    Walk(Found),
}

/// A file that was read.
#[derive(Debug)]
pub struct Reading {
    /// The path that an id is made of.
    pub key: Vec<u8>,
    /// Its place in the memory.
    pub known: Option<usize>,
    /// Its marks; `None` where the system does not tell them.
    pub stat: Option<FileStat>,
    /// What it is.
    pub content: Content,
    /// Whether that lies in the file, and not in the system around it: else it is tried again.
    pub is_lasting: bool,
    /// What is odd about it: why it is skipped, or what of its tags was not understood.
    pub issues: Vec<Issue>,
}

/// What a file is.
#[derive(Debug)]
pub enum Content {
    /// A track.
    Track(Box<Prepared>),
    /// Sound that could not be read.
    Skipped,
    /// No sound.
    Other,
}

thread_local! {
    static IDS: RefCell<Ids> = RefCell::default();
}

/// Looks at a thing.
pub fn look(found: &Found, memory: &Memory, how: &How) -> Looked {
    let Found::File { path, key } = found else {
        return Looked::Walk(found.clone());
    };
    let known = memory.find(key);
    if let Some(place) = known.filter(|_| !how.reads_all) {
        match files::stat(path) {
            Ok(Some(stat)) if memory.get(place).is_unchanged(&stat, MAPPING) => {
                return Looked::Unchanged(place);
            }
            Ok(Some(_)) => {}
            Ok(None) => return Looked::Gone,
            Err(error) => {
                let message = format!("the system says nothing about it: {error}");
                return not_read(path, key, memory, (Kind::Unreadable, message));
            }
        }
    }
    let mut issues = Vec::new();
    let mut is_lasting = true;
    let (stat, read) = read::read(path, how.patience);
    let content = match read {
        Read::Track(track, warnings) => {
            let (prepared, more) =
                IDS.with_borrow_mut(|ids| rows::prepare(*track, key, how.largest_number, ids));
            issues.extend(warnings);
            issues.extend(more);
            Content::Track(Box::new(prepared))
        }
        Read::Skip(issue) => {
            is_lasting = !matches!(issue.kind, Kind::Unreadable | Kind::TooSlow);
            issues.push(issue);
            Content::Skipped
        }
        Read::NotAudio => Content::Other,
        Read::Gone => return Looked::Gone,
    };
    Looked::Read(Box::new(Reading {
        key: key.clone(),
        known,
        stat,
        content,
        is_lasting,
        issues,
    }))
}

/// What is said of a thing that could not be looked at.
pub fn instead(found: &Found, memory: &Memory, fault: &Fault) -> Looked {
    let Found::File { path, key } = found else {
        return Looked::Walk(found.clone());
    };
    let (kind, message) = match fault {
        Fault::Hung(after) => (
            Kind::TooSlow,
            format!(
                "reading it did not end within {} s; it was left behind",
                after.as_secs()
            ),
        ),
        Fault::Panicked(message) => (Kind::ReaderFailed, format!("the reader failed: {message}")),
    };
    not_read(path, key, memory, (kind, message))
}

fn not_read(path: &Path, key: &[u8], memory: &Memory, (kind, message): (Kind, String)) -> Looked {
    let known = memory.find(key);
    // Of a file that nobody has seen yet, the name does not say that it is no sound.
    let was_other = known.is_some_and(|place| memory.get(place).kind == FileKind::Other);
    let is_missed = !was_other || extension(path) != Extension::Other;
    let issue = || Issue {
        path: path.to_owned(),
        kind,
        message,
    };
    Looked::Read(Box::new(Reading {
        key: key.to_owned(),
        known,
        stat: None,
        content: match is_missed {
            true => Content::Skipped,
            false => Content::Other,
        },
        is_lasting: false,
        issues: is_missed.then(issue).into_iter().collect(),
    }))
}
