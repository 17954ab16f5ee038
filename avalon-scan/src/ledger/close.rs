//! The end of the books: what is gone and moved, who names what, what is wrong.
//!
//! In: a [`Ledger`] in which everything was entered. Out: a [`Balance`], at which the guards look, and
//! after that a [`Closing`], with all of it written.

use std::sync::Arc;

use avalon_core::database::{DatabaseError, FileKind, FileRow, IssueRow, NameChanges, Writer};
use avalon_core::ids::TrackId;
use rustc_hash::FxHashSet;

use super::{Fate, Ledger, PIECE, Part};
use crate::issue::{Issue, Kind};
use crate::memory::Memory;
use crate::moves::{self, Marks, Wanted};
use crate::names::Stored;
use crate::report::{Change, Counts};
use crate::tags::MAPPING;

/// How long a track that went in a scan of a part is remembered, in ns: thirty days. A whole scan
/// forgets it earlier; but a library that is watched may see none for long.
const REMEMBERED_NS: i64 = 30 * 24 * 3600 * 1_000_000_000;

/// What the books cannot know by themselves.
pub struct Beyond<'a> {
    /// Whether nothing is on the disk at this path of a track, which may lie outside of the part that
    /// is scanned, or at least cannot be told to be gone.
    pub is_gone: &'a dyn Fn(&[u8]) -> bool,
    /// Whether much may go: then what went from this part in scans before is forgotten.
    pub is_meant: bool,
}

/// What the whole of a scan comes to.
#[derive(Debug, Default)]
pub struct Balance {
    /// Tracks that were known before.
    pub known: u64,
    /// Those of them that would go; what moved is not counted, now or since an earlier scan.
    pub going: u64,
    /// Tracks that went before, in scans of parts, and did not turn up again.
    pub eroded: u64,
    /// Tracks in the library after it.
    pub tracks: u64,
    /// Files that are gone.
    pub(super) gone: Vec<usize>,
    gone_tracks: Vec<usize>,
    /// Those that are elsewhere now, and which of the new ones they are.
    moved: Vec<(usize, usize)>,
    /// The same of tracks that went in an earlier scan, or lie outside of the part.
    found: Vec<(usize, usize)>,
    /// What went in an earlier scan and need not be remembered any longer.
    forgotten: Vec<usize>,
    is_remembering: bool,
}

/// What a scan leaves.
pub struct Closing {
    /// What it counted.
    pub counts: Counts,
    /// Everything that is wrong, in the order of the paths that ids are made of.
    pub issues: Vec<(Vec<u8>, Issue)>,
    /// What changed, where that was asked for.
    pub list: Vec<Change>,
}

impl Ledger {
    /// Adds up, when the walk has ended. Nothing is written yet.
    pub fn balance(&mut self, beyond: &Beyond<'_>) -> Balance {
        let memory = Arc::clone(&self.memory);
        let is_whole = self.part == Part::All;
        let wanted = Wanted::of(self.new.iter().map(|new| &new.marks));
        let mut balance = Balance {
            is_remembering: !is_whole && !beyond.is_meant,
            ..Balance::default()
        };
        let (mut remembered, mut outside) = (Vec::new(), Vec::new());
        for (place, file) in memory.files().iter().enumerate() {
            let is_track = file.kind == FileKind::Track;
            balance.known += u64::from(is_track);
            match self.fates[place] {
                Fate::Read => continue,
                Fate::Unchanged | Fate::Kept | Fate::OutOfSight => {}
                Fate::Unseen if file.kind == FileKind::Gone => {
                    remembered.push(place);
                    continue;
                }
                Fate::Unseen => {
                    let path = memory.path(place);
                    if self.part.contains(path) && !self.unlisted.has_above(path) {
                        balance.gone.push(place);
                        continue;
                    }
                    let may_be_new = !is_whole && is_track && wanted.matches(&file.marks());
                    if may_be_new && (beyond.is_gone)(path) {
                        outside.push(place);
                    }
                    self.fates[place] = Fate::OutOfSight;
                }
            }
            self.counts.tracks += u64::from(is_track);
            self.counts.other += u64::from(file.kind == FileKind::Other);
        }
        let is_track = |&place: &usize| match &self.foreign {
            Some(_) => self.is_foreign_track(memory.path(place)),
            None => memory.get(place).kind == FileKind::Track,
        };
        balance.gone_tracks = balance.gone.iter().copied().filter(is_track).collect();
        let may_be_found = |&place: &usize| {
            is_whole || {
                let is_it = wanted.matches(&memory.get(place).marks());
                is_it && (beyond.is_gone)(memory.path(place))
            }
        };
        let earlier = remembered.iter().copied().filter(may_be_found);
        let now = balance.gone_tracks.iter().copied();
        let mut sources: Vec<usize> = now.chain(earlier).chain(outside).collect();
        sources.retain(|&place| !memory.get(place).is_spent());
        self.pair(&sources, &mut balance);
        self.settle(&remembered, &mut balance);
        balance
    }

    /// Finds out which of the new tracks were elsewhere before.
    fn pair(&self, sources: &[usize], balance: &mut Balance) {
        let old: Vec<Marks> = sources
            .iter()
            .map(|&place| self.memory.get(place).marks())
            .collect();
        let new: Vec<Marks> = self.new.iter().map(|new| new.marks).collect();
        let gone: FxHashSet<usize> = balance.gone_tracks.iter().copied().collect();
        let pairs = moves::pairs(&old, &new).into_iter();
        (balance.moved, balance.found) = pairs
            .map(|(old, new)| (sources[old], new))
            .partition(|(place, _)| gone.contains(place));
    }

    /// Counts what goes, and sorts what went earlier (`remembered`).
    fn settle(&mut self, remembered: &[usize], balance: &mut Balance) {
        let moved = balance.moved.len() as u64;
        self.counts.moved = moved;
        self.counts.added -= moved;
        let left = balance.gone_tracks.len() as u64 - moved;
        self.counts.removed = left + self.lost;
        let is_spent = |&&place: &&usize| self.memory.get(place).is_spent();
        let spent = balance.gone_tracks.iter().filter(is_spent).count() as u64;
        balance.going = self.counts.removed - spent;
        if let Some(foreign) = &self.foreign {
            balance.known = self.foreign_count;
            balance.going = foreign.len() as u64 - moved;
            self.counts.removed = balance.going;
        }
        balance.tracks = self.counts.tracks;
        let found: FxHashSet<usize> = balance.found.iter().map(|&(place, _)| place).collect();
        for &place in remembered {
            let age = self
                .started_ns
                .saturating_sub(self.memory.get(place).missed_ns());
            let is_over = found.contains(&place) || age > REMEMBERED_NS;
            balance.eroded += u64::from(!is_over);
            let is_meant = !balance.is_remembering && self.part.contains(self.memory.path(place));
            if is_over || is_meant {
                balance.forgotten.push(place);
            }
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
            self.write_gone(balance, writer)?;
        }
        self.flush(writer)?;
        let found = balance.moved.iter().chain(&balance.found);
        let added: Vec<(i64, i64)> = found
            .map(|&(place, new)| (self.new[new].id, memory.get(place).added_ns))
            .collect();
        writer.set_added(&added)?;
        let found = balance.found.iter().map(|&(place, _)| memory.get(place));
        let spent: Vec<i64> = found
            .filter(|known| known.kind == FileKind::Track && self.foreign.is_none())
            .map(|known| known.id)
            .collect();
        writer.set_spent(&spent)?;
        if self.counts.changes() > 0 || self.foreign.is_some() {
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
            list: self.list,
        })
    }

    /// Takes away what is gone, and after a scan of a part remembers the tracks among it: they may be
    /// elsewhere, where the next scan finds them.
    fn write_gone(
        &mut self,
        balance: &Balance,
        writer: &mut Writer<'_>,
    ) -> Result<(), DatabaseError> {
        let memory = Arc::clone(&self.memory);
        let moved: FxHashSet<usize> = balance.moved.iter().map(|&(place, _)| place).collect();
        for &place in balance.gone.iter().chain(&balance.forgotten) {
            let known = memory.get(place);
            self.changes.gone_files.push(known.id);
            if known.kind == FileKind::Track {
                let path = memory.path(place);
                self.changes.gone_tracks.push(TrackId::of(path));
                let is_lost = !moved.contains(&place) && !known.is_spent();
                if is_lost && balance.is_remembering {
                    let row = FileRow {
                        id: known.id,
                        path: path.to_owned(),
                        kind: FileKind::Gone,
                        stat: known.stat,
                        mapping: MAPPING,
                        read_ns: self.started_ns,
                        added_ns: known.added_ns,
                        fingerprint: known.fingerprint,
                        digest: None,
                    };
                    self.changes.files.push((row, None));
                }
            }
            if self.changes.len() >= PIECE {
                self.flush(writer)?;
            }
        }
        Ok(())
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
            let is_file = |place: &usize| self.memory.get(*place).kind != FileKind::Gone;
            let place = self.memory.find(&row.path).filter(is_file);
            let Some(kind) = Kind::named(&row.kind) else {
                continue;
            };
            let still = match place {
                Some(place) => self.is_still_so(place, kind),
                None => !self.part.contains(&row.path) && !met.contains(&row.path),
            };
            if still && self.foreign.is_none() {
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

    /// Whether what the last scan found wrong with a file is so still. Of a track that was kept though it
    /// could not be looked at, that is over when it is seen again; what is odd about it stays.
    fn is_still_so(&self, place: usize, kind: Kind) -> bool {
        let is_track = self.memory.get(place).kind == FileKind::Track;
        match self.fates[place] {
            Fate::OutOfSight => true,
            Fate::Unchanged => !(is_track && kind.is_skip()),
            Fate::Kept => !kind.is_skip(),
            Fate::Unseen | Fate::Read => false,
        }
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
