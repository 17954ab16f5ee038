//! The long part of a scan: walk, look, enter into the books.
//!
//! In: [`Walk`]s and a [`Ledger`]. Out: everything that was found is in it. Files are looked at on all
//! cores while the walk goes on and changes are written.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use avalon_core::database::{DatabaseError, Writer};

use super::plan::Walk;
use super::{Scan, ScanError};
use crate::files::{self, Found};
use crate::ledger::Ledger;
use crate::look::{self, How};
use crate::memory::Memory;
use crate::pipeline::{self, Feeder, Outcome};
use crate::read;

/// Files that the walk may be ahead of the reading.
const QUEUE: usize = 16_384;

impl Scan<'_> {
    /// Walks and reads, and enters everything into the books.
    pub(super) fn crawl(
        &self,
        walks: Vec<Walk>,
        reads_all: bool,
        memory: &Arc<Memory>,
        ledger: &mut Ledger,
        writer: &mut Writer<'_>,
    ) -> Result<(), ScanError> {
        for walk in &walks {
            log::info!(
                "Crawling music collection at {}...",
                walk.root.typed.display()
            );
        }
        let reads_whole = self.request.only.is_empty();
        let how = How {
            reads_all,
            patience: read::PATIENCE,
            largest_number: self.largest_number,
        };
        let options = pipeline::Options {
            // A reader looks at its deadline itself; only one that hangs is left behind.
            patience: how.patience + how.patience / 2,
            // So far the walk runs ahead, and knows early how many files there are.
            queue: QUEUE,
            ..pipeline::Options::default()
        };
        let remembered = match reads_whole && !memory.is_empty() {
            true => Some(memory.len() as u64),
            false => None,
        };
        // Files below the roots, as soon as the walk has come to its end.
        let expected = Arc::new(OnceLock::new());
        let at_end = Arc::clone(&expected);
        let feed = move |feeder: &Feeder<Found>| {
            let walk_root = |walk| walk_root(walk, feeder);
            let files: u64 = walks.iter().map(walk_root).sum();
            // It is set here alone.
            let _ = at_end.set(files);
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
            let expected = expected.get().copied().or(remembered);
            self.progress.show(ledger.borrow().counts(), expected);
            match self.stop.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let outcome = pipeline::run(options, feed, work, instead, sink, tick);
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
