//! The long part of a scan: walk, look, enter into the books.
//!
//! In: [`Walk`]s and a [`Ledger`]. Out: everything that was found is in it. The walk begins while what is
//! remembered is loaded; files are looked at on all cores while it goes on and changes are written.

use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use avalon_core::database::{DatabaseError, Writer};

use super::plan::Walk;
use super::{Scan, ScanError};
use crate::files::{self, Found};
use crate::ledger::Ledger;
use crate::look::{self, How, Looked};
use crate::memory::Memory;
use crate::pipeline::{self, Fed, Feeder, Outcome};
use crate::read;

/// Files that the walk may be ahead of the reading.
const QUEUE: usize = 16_384;

/// The walk, which has begun and runs ahead of the looking.
pub(super) struct Crawl {
    fed: Fed<Found, Looked, ()>,
    /// Files below the roots, as soon as it has come to its end.
    files: Arc<OnceLock<u64>>,
}

impl Crawl {
    /// Begins to walk. What is remembered is loaded meanwhile. If it is dropped, the walk ends.
    pub(super) fn begin(walks: Vec<Walk>) -> Self {
        for walk in &walks {
            log::info!(
                "Crawling music collection at {}...",
                walk.root.typed.display()
            );
        }
        let options = pipeline::Options {
            // A reader looks at its deadline itself; only one that hangs is left behind.
            patience: read::PATIENCE + read::PATIENCE / 2,
            // So far the walk runs ahead, and knows early how many files there are.
            queue: QUEUE,
            ..pipeline::Options::default()
        };
        let files = Arc::new(OnceLock::new());
        let at_end = Arc::clone(&files);
        let fed = pipeline::feed(options, move |feeder: &Feeder<Found>| {
            let walk_root = |walk| walk_root(walk, feeder);
            // It is set here alone.
            let _ = at_end.set(walks.iter().map(walk_root).sum());
        });
        Self { fed, files }
    }
}

impl Scan<'_> {
    /// Looks at what the walk finds, and enters everything into the books.
    pub(super) fn crawl(
        &self,
        crawl: Crawl,
        reads_all: bool,
        memory: &Arc<Memory>,
        ledger: &mut Ledger,
        writer: &mut Writer<'_>,
    ) -> Result<(), ScanError> {
        let Crawl { fed, files } = crawl;
        let how = How {
            reads_all,
            patience: read::PATIENCE,
            largest_number: self.largest_number,
        };
        let is_whole = self.request.only.is_empty();
        let remembered = match is_whole && !memory.is_empty() {
            true => Some(memory.len() as u64),
            false => None,
        };
        let (for_work, for_instead) = (Arc::clone(memory), Arc::clone(memory));
        let work = move |found: &Found| look::look(found, &for_work, &how);
        let instead = |found: &Found, fault| look::instead(found, &for_instead, &fault);
        let mut failed: Option<DatabaseError> = None;
        let ledger = std::cell::RefCell::new(ledger);
        let sink = |looked| match ledger.borrow_mut().enter(looked, writer) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        };
        let tick = || {
            let expected = files.get().copied().or(remembered);
            self.progress.show(ledger.borrow().counts(), expected);
            match self.stop.is_asked() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let outcome = fed.run(work, instead, sink, tick);
        self.progress.clear();
        match (failed, outcome) {
            (Some(error), _) => Err(error.into()),
            (None, Outcome::Done(())) => Ok(()),
            (None, Outcome::Stopped) => Err(ScanError::Interrupted),
            (None, Outcome::FeederHung(after)) => Err(ScanError::Hung(format!(
                "the collection does not answer for {} s; is its disk or network gone?",
                after.as_secs()
            ))),
            (None, Outcome::WorkersHung(count)) => Err(ScanError::Hung(format!(
                "{count} files do not answer; is their disk or network gone?"
            ))),
            (None, Outcome::FeederPanicked(message)) => {
                Err(ScanError::Hung(format!("the walk broke down: {message}")))
            }
            (None, Outcome::NoThread(error)) => Err(ScanError::Hung(format!(
                "no thread can be started: {error}"
            ))),
        }
    }
}

/// Feeds what is found; the number of files.
fn walk_root(walk: &Walk, feeder: &Feeder<Found>) -> u64 {
    let options = &files::Options {
        follow_links: walk.follows_links,
    };
    let mut files = 0;
    let mut sink = |found| {
        match found {
            Found::Folder => return feeder.alive(),
            Found::File { .. } => files += 1,
            _ => {}
        }
        feeder.give(found)
    };
    if walk.below.is_empty() {
        let _ = files::walk(&walk.root, None, options, &mut sink);
    }
    for below in &walk.below {
        if files::walk(&walk.root, Some(below), options, &mut sink).is_break() {
            break;
        }
    }
    files
}
