//! The end of the books: what is gone and moved, who names what, what is wrong.
//!
//! In: a [`Ledger`] in which everything was entered. Out: a [`Balance`], at which the guards look, and
//! after that a [`Closing`], with all of it written.

use std::sync::Arc;

use avalon_core::database::{DatabaseError, FileKind, IssueRow, NameChanges, Writer};
use avalon_core::ids::TrackId;
use rustc_hash::FxHashSet;

use super::part::is_below;
use super::{Fate, Ledger, PIECE};
use crate::issue::{Issue, Kind};
use crate::memory::Memory;
use crate::moves::{self, Marks};
use crate::names::Stored;
use crate::report::{Change, Counts};

/// What the whole of a scan comes to.
#[derive(Debug, Default)]
pub struct Balance {
    /// Tracks that were known before, and those of them that would go.
    pub known: u64,
    /// Moved ones are not counted.
    pub going: u64,
    /// Tracks in the library after it.
    pub tracks: u64,
    pub(super) gone: Vec<usize>,
    gone_tracks: Vec<usize>,
    pub(super) moved: Vec<(usize, usize)>,
}

/// What a scan leaves.
pub struct Closing {
    /// What it counted.
    pub counts: Counts,
    /// Everything that is wrong, in the order of the paths that ids are made of.
    pub issues: Vec<(Vec<u8>, Issue)>,
    /// Whether anything is served otherwise than before.
    pub is_served_changed: bool,
    /// What changed, where that was asked for.
    pub list: Vec<Change>,
}

impl Ledger {
    /// Adds up, when the walk has ended. Nothing is written yet.
    pub fn balance(&mut self) -> Balance {
        let memory = Arc::clone(&self.memory);
        let mut known = 0;
        let mut gone = Vec::new();
        for (place, file) in memory.files().iter().enumerate() {
            let is_track = file.kind == FileKind::Track;
            known += u64::from(is_track);
            match self.fates[place] {
                Fate::Read => continue,
                Fate::Unchanged | Fate::Kept => {}
                Fate::Unseen => {
                    let path = memory.path(place);
                    let out_of_sight = || self.unlisted.iter().any(|folder| is_below(path, folder));
                    if self.part.contains(path) && !out_of_sight() {
                        gone.push(place);
                        continue;
                    }
                    self.fates[place] = Fate::Unchanged;
                }
            }
            self.counts.tracks += u64::from(is_track);
            self.counts.other += u64::from(file.kind == FileKind::Other);
        }
        let is_track = |&place: &usize| match &self.foreign {
            Some(_) => self.is_foreign_track(memory.path(place)),
            None => memory.get(place).kind == FileKind::Track,
        };
        let gone_tracks: Vec<usize> = gone.iter().copied().filter(is_track).collect();
        let marks = |place: &usize| {
            let known = memory.get(*place);
            Marks {
                stat: known.stat,
                fingerprint: known.fingerprint,
            }
        };
        let old: Vec<Marks> = gone_tracks.iter().map(marks).collect();
        let new: Vec<Marks> = self.new.iter().map(|new| new.marks).collect();
        let pairs = moves::pairs(&old, &new);
        let moved: Vec<(usize, usize)> = pairs
            .into_iter()
            .map(|(old, new)| (gone_tracks[old], new))
            .collect();
        let left = (gone_tracks.len() - moved.len()) as u64;
        self.counts.moved = moved.len() as u64;
        self.counts.added -= self.counts.moved;
        let (known, going) = match &self.foreign {
            Some(foreign) => (self.foreign_count, foreign.len() as u64 - self.counts.moved),
            None => (known, left + self.lost),
        };
        self.counts.removed = going;
        Balance {
            known,
            going,
            tracks: self.counts.tracks,
            gone,
            gone_tracks,
            moved,
        }
    }

    /// Writes what is left, and closes the books. `stored` are the issues of the last scan.
    ///
    /// # Errors
    /// The database's.
    pub fn close(
        mut self,
        balance: &Balance,
        stored: &[IssueRow],
        writer: &mut Writer<'_>,
    ) -> Result<Closing, DatabaseError> {
        let memory = Arc::clone(&self.memory);
        self.list_ends(balance);
        if self.foreign.is_none() {
            for &place in &balance.gone {
                let known = memory.get(place);
                self.changes.gone_files.push(known.id);
                if known.kind == FileKind::Track {
                    let id = TrackId::of(memory.path(place));
                    self.changes.gone_tracks.push(id);
                    self.is_served_changed = true;
                }
                if self.changes.len() >= PIECE {
                    self.flush(writer)?;
                }
            }
        }
        self.flush(writer)?;
        let added: Vec<(i64, i64)> = balance
            .moved
            .iter()
            .map(|&(place, new)| (self.new[new].id, memory.get(place).added_ns))
            .collect();
        writer.set_added(&added)?;
        self.is_served_changed |= self.foreign.is_some();
        if self.is_served_changed {
            self.name(writer)?;
        }
        let issues = self.settled_issues(stored);
        for (_, issue) in &issues {
            match issue.kind.is_skip() {
                true => self.counts.skipped += 1,
                false => self.counts.warnings += 1,
            }
        }
        Ok(Closing {
            counts: self.counts,
            issues,
            is_served_changed: self.is_served_changed,
            list: self.list,
        })
    }

    /// Brings the spellings of albums, artists and genres up to date.
    fn name(&mut self, writer: &mut Writer<'_>) -> Result<(), DatabaseError> {
        // Files that were read have been added already.
        if self.foreign.is_none() && self.fates.iter().any(|fate| *fate != Fate::Read) {
            let mut places: Vec<u32> = Vec::new();
            let by_id = by_id(&self.memory, &mut places);
            let (memory, fates) = (&self.memory, &self.fates);
            let (names, ids) = (&mut self.names, &mut self.ids);
            writer.spellings(&mut |id, spellings| {
                if let Some(place) = by_id(id).filter(|&place| fates[place] != Fate::Read) {
                    names.add(ids.of(&spellings), &spellings, memory.path(place));
                }
            })?;
        }
        let stored = match self.stored.take() {
            Some(stored) => stored,
            None => Stored::of(writer.names()?),
        };
        let changes: NameChanges = std::mem::take(&mut self.names).changes(&stored);
        match changes.is_empty() {
            true => Ok(()),
            false => writer.rename(&changes),
        }
    }

    /// What is wrong now: what this scan met, and what the last one knew of files that were not
    /// opened again.
    fn settled_issues(&mut self, stored: &[IssueRow]) -> Vec<(Vec<u8>, Issue)> {
        use std::os::unix::ffi::OsStrExt;

        let mut issues = std::mem::take(&mut self.issues);
        // An ignore file above a part is read with the part.
        let met: FxHashSet<Vec<u8>> = issues.iter().map(|(key, _)| key.clone()).collect();
        for row in stored {
            let place = self.memory.find(&row.path);
            let still = match place {
                Some(place) => self.fates[place] == Fate::Unchanged,
                None => !self.part.contains(&row.path) && !met.contains(&row.path),
            };
            let kind = Kind::named(&row.kind).filter(|_| still && self.foreign.is_none());
            if let Some(kind) = kind {
                let issue = Issue {
                    path: std::ffi::OsStr::from_bytes(&row.path).into(),
                    kind,
                    message: row.message.clone(),
                };
                issues.push((row.path.clone(), issue));
            }
        }
        issues.sort_by(|(one, _), (other, _)| one.cmp(other));
        // What lies above several parts is met with each.
        issues.dedup();
        issues
    }

    /// Lists what is only known at the end.
    fn list_ends(&mut self, balance: &Balance) {
        if !self.is_listing {
            return;
        }
        let memory = Arc::clone(&self.memory);
        let mut is_moved = vec![false; self.new.len()];
        let mut from = FxHashSet::default();
        for &(place, new) in &balance.moved {
            is_moved[new] = true;
            from.insert(place);
            self.list.push(Change::Moved {
                from: memory.path(place).to_owned(),
                to: self.new[new].key.clone(),
            });
        }
        for (new, _) in self.new.iter().zip(&is_moved).filter(|(_, moved)| !**moved) {
            self.list.push(Change::Added(new.key.clone()));
        }
        for &place in &balance.gone_tracks {
            if !from.contains(&place) {
                self.list
                    .push(Change::Removed(memory.path(place).to_owned()));
            }
        }
        self.list.sort();
    }
}

/// Finds the place of a remembered file by the number of its row.
fn by_id<'a>(memory: &'a Memory, places: &'a mut Vec<u32>) -> impl Fn(i64) -> Option<usize> + 'a {
    *places = (0..memory.len() as u32).collect();
    places.sort_unstable_by_key(|&place| memory.get(place as usize).id);
    let places = &*places;
    move |id| {
        let found = places.binary_search_by_key(&id, |&place| memory.get(place as usize).id);
        found.ok().map(|at| places[at] as usize)
    }
}
