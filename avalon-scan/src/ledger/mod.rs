//! The books of a scan: what was found against what is remembered, and what follows for the database.
//!
//! In: [`Looked`], in any order, then the end of the walk. Out: [`Changes`] in pieces while files are
//! still being read, and at the end what is gone, moved and renamed, the counts and the issues.
//!
//! What stays true: the library after a scan of what changed is the same as after a scan of
//! everything. Nothing is gone that may only be out of sight: what lies below a folder that could
//! not be listed, and outside of the part that is scanned, stays.

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use avalon_core::database::{
    Changes, DatabaseError, FileKind, FileRow, IssueRow, NameChanges, Spellings, Writer,
};
use avalon_core::ids::TrackId;
use rustc_hash::FxHashSet;

use crate::files::Found;
use crate::issue::{Issue, Kind};
use crate::look::{Content, Looked, Reading};
use crate::memory::Memory;
use crate::moves::{self, Marks};
use crate::names::{Ids, Names, Stored};
use crate::paths;
use crate::report::{Change, Counts};
use crate::rows::Prepared;
use crate::tags::MAPPING;

/// Files whose rows are written in one step: enough for a COPY to pay, few enough to hold. Small
/// libraries of tests take several steps, too.
const PIECE: usize = if cfg!(test) { 3 } else { 512 };

/// Where a scan stands with the library that it found.
pub struct Ledger {
    memory: Arc<Memory>,
    /// What became of each remembered file.
    fates: Vec<Fate>,
    /// The ids of tracks that are not of our writing, where that is so: all is written anew then.
    foreign: Option<FxHashSet<TrackId>>,
    foreign_count: u64,
    started_ns: i64,
    next_id: i64,
    changes: Changes,
    stored: Option<Stored>,
    names: Names,
    ids: Ids,
    new: Vec<New>,
    unlisted: Vec<Vec<u8>>,
    links_to_folders: Vec<PathBuf>,
    ignored: Vec<PathBuf>,
    issues: Vec<(Vec<u8>, Issue)>,
    counts: Counts,
    /// Tracks that are still files, but no sound any more.
    lost: u64,
    is_served_changed: bool,
    part: Part,
    is_listing: bool,
    list: Vec<Change>,
}

/// What of the library is scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    All,
    /// What is or lies below these paths, which ids are made of.
    Below(Vec<Vec<u8>>),
}

impl Part {
    /// Whether a path belongs to it.
    pub fn contains(&self, path: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::Below(parts) => parts
                .iter()
                .any(|part| part == path || is_below(path, part)),
        }
    }
}

fn is_below(path: &[u8], folder: &[u8]) -> bool {
    paths::relative(path, folder).is_some_and(|way| !way.is_empty())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Unseen,
    Unchanged,
    Read,
}

/// A track at a path where none was.
struct New {
    id: i64,
    key: Vec<u8>,
    marks: Marks,
}

/// What the whole of a scan comes to.
#[derive(Debug, Default)]
pub struct Balance {
    /// Tracks that were known before, and those of them that would go.
    pub known: u64,
    /// Moved ones are not counted.
    pub going: u64,
    /// Tracks in the library after it.
    pub tracks: u64,
    gone: Vec<usize>,
    gone_tracks: Vec<usize>,
    moved: Vec<(usize, usize)>,
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
    /// Opens the books. `foreign` holds the tracks of a library that we did not write.
    pub fn new(
        memory: Arc<Memory>,
        foreign: Option<Vec<TrackId>>,
        started_ns: i64,
        part: Part,
        is_listing: bool,
    ) -> Self {
        let largest_id = memory.files().iter().map(|known| known.id).max();
        Self {
            fates: vec![Fate::Unseen; memory.len()],
            foreign_count: foreign.as_ref().map_or(0, |ids| ids.len() as u64),
            foreign: foreign.map(|ids| ids.into_iter().collect()),
            started_ns,
            next_id: largest_id.unwrap_or(0) + 1,
            changes: Changes::default(),
            stored: None,
            names: Names::default(),
            ids: Ids::default(),
            new: Vec::new(),
            unlisted: Vec::new(),
            links_to_folders: Vec::new(),
            ignored: Vec::new(),
            issues: Vec::new(),
            counts: Counts::default(),
            lost: 0,
            is_served_changed: false,
            part,
            is_listing,
            list: Vec::new(),
            memory,
        }
    }

    /// How far the scan is.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What was met so far that is wrong.
    pub fn issues(&self) -> impl Iterator<Item = &Issue> {
        self.issues.iter().map(|(_, issue)| issue)
    }

    /// Enters a thing, and writes when there is enough to write.
    ///
    /// # Errors
    /// The database's.
    pub fn enter(&mut self, looked: Looked, writer: &mut Writer<'_>) -> Result<(), DatabaseError> {
        match looked {
            Looked::Unchanged(place) => {
                self.counts.seen += 1;
                self.counts.unchanged += 1;
                self.fates[place] = Fate::Unchanged;
            }
            Looked::Read(reading) => {
                self.counts.seen += 1;
                self.counts.read += 1;
                self.read(*reading, writer)?;
            }
            Looked::Walk(Found::Unlisted { key, issue }) => {
                self.issues.push((key.clone(), issue));
                self.unlisted.push(key);
            }
            Looked::Walk(Found::Issue { key, issue }) => self.issues.push((key, issue)),
            Looked::Walk(Found::LinkToFolder(path)) => self.links_to_folders.push(path),
            Looked::Walk(Found::Ignored(path)) => self.ignored.push(path),
            Looked::Gone | Looked::Walk(Found::File { .. } | Found::Folder) => {}
        }
        match self.changes.len() >= PIECE {
            true => self.flush(writer),
            false => Ok(()),
        }
    }

    fn flush(&mut self, writer: &mut Writer<'_>) -> Result<(), DatabaseError> {
        let changes = std::mem::take(&mut self.changes);
        match changes.is_empty() {
            true => Ok(()),
            false => writer.write(&changes),
        }
    }

    fn read(&mut self, reading: Reading, writer: &mut Writer<'_>) -> Result<(), DatabaseError> {
        let Reading {
            key,
            known: place,
            stat,
            content,
            is_lasting,
            issues,
        } = reading;
        let issues = issues.into_iter().map(|issue| (key.clone(), issue));
        self.issues.extend(issues);
        let memory = Arc::clone(&self.memory);
        let known = place.map(|place| {
            self.fates[place] = Fate::Read;
            memory.get(place)
        });
        let (kind, digest, fingerprint) = match &content {
            Content::Track(track) => (FileKind::Track, Some(track.digest), track.fingerprint),
            Content::Skipped => (FileKind::Skipped, None, None),
            Content::Other => (FileKind::Other, None, None),
        };
        // Of a library that is written anew, only the times remain.
        let there = known.filter(|_| self.foreign.is_none());
        let was_track = there.is_some_and(|known| known.kind == FileKind::Track);
        let id = match there {
            Some(known) => known.id,
            None => {
                self.next_id += 1;
                self.next_id - 1
            }
        };
        let is_same = there.is_some_and(|known| (known.kind, known.digest) == (kind, digest));
        let is_served_same = is_same
            && there.zip(stat).is_some_and(|(known, stat)| {
                (known.stat.size, known.stat.mtime_ns) == (stat.size, stat.mtime_ns)
            });
        let is_same_file = is_same
            && there.zip(stat).is_some_and(|(known, stat)| {
                known.fingerprint == fingerprint && known.is_unchanged(&stat, MAPPING)
            });
        self.is_served_changed |= !is_served_same && (was_track || kind == FileKind::Track);
        let mut names = None;
        match content {
            Content::Track(track) => {
                names = Some(self.track(&key, *track, id, stat, was_track, is_same, writer)?);
            }
            Content::Skipped | Content::Other => {
                self.counts.other += u64::from(kind == FileKind::Other);
                if was_track {
                    self.lost += 1;
                    self.changes.gone_tracks.push(TrackId::of(&key));
                }
                if was_track || self.is_foreign_track(&key) {
                    self.note(|| Change::Removed(key.clone()));
                }
            }
        }
        if is_same_file {
            return Ok(());
        }
        if there.is_some() {
            self.changes.gone_files.push(id);
        }
        // What the system does not let us see is not remembered, and so tried again.
        if let Some(stat) = stat {
            let row = FileRow {
                id,
                path: key,
                kind,
                stat,
                mapping: MAPPING,
                read_ns: match is_lasting {
                    true => self.started_ns,
                    false => 0,
                },
                added_ns: known.map_or(self.started_ns, |known| known.added_ns),
                fingerprint,
                digest,
            };
            self.changes.files.push((row, names));
        }
        Ok(())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one step of `read`, split for its length"
    )]
    fn track(
        &mut self,
        key: &[u8],
        track: Prepared,
        id: i64,
        stat: Option<avalon_core::database::FileStat>,
        was_track: bool,
        is_same: bool,
        writer: &mut Writer<'_>,
    ) -> Result<(TrackId, Spellings), DatabaseError> {
        let Prepared {
            record,
            ids,
            spellings,
            fingerprint,
            ..
        } = track;
        let track_id = record.row.id;
        self.counts.tracks += 1;
        self.names.add(ids, &spellings, key);
        if is_same {
            return Ok((track_id, spellings));
        }
        let was_there = match &mut self.foreign {
            Some(foreign) => foreign.remove(&track_id),
            None => was_track,
        };
        if was_there {
            self.counts.changed += 1;
            if self.foreign.is_none() {
                self.changes.gone_tracks.push(track_id);
            }
            self.note(|| Change::Changed(key.to_owned()));
        } else {
            self.counts.added += 1;
            if let Some(stat) = stat.filter(|_| !self.memory.is_empty() || self.is_listing) {
                self.new.push(New {
                    id,
                    key: key.to_owned(),
                    marks: Marks { stat, fingerprint },
                });
            }
        }
        let stored = match &mut self.stored {
            Some(stored) => stored,
            empty => empty.insert(Stored::of(writer.names()?)),
        };
        let missing = stored.missing(ids, &spellings);
        self.changes.albums.extend(missing.album);
        self.changes.artists.extend(missing.artist);
        self.changes.genres.extend(missing.genre);
        self.changes.tracks.push(record);
        Ok((track_id, spellings))
    }

    /// Whether a library that we did not write has a track of this path.
    fn is_foreign_track(&self, key: &[u8]) -> bool {
        let foreign = self.foreign.as_ref();
        foreign.is_some_and(|ids| ids.contains(&TrackId::of(key)))
    }

    fn note(&mut self, change: impl FnOnce() -> Change) {
        if self.is_listing {
            self.list.push(change());
        }
    }

    /// Says in the log what was passed by. (While files are read a bar may be on the terminal.)
    pub fn log_passed_by(&self) {
        for path in &self.links_to_folders {
            log::info!("Not followed: {} is a link to a folder", path.display());
        }
        for path in &self.ignored {
            log::debug!("Ignored: {}", path.display());
        }
    }

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
                Fate::Unchanged => {}
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
        if self.foreign.is_none() {
            let mut places: Vec<u32> = Vec::new();
            let by_id = by_id(&self.memory, &mut places);
            let (memory, fates) = (&self.memory, &self.fates);
            let (names, ids) = (&mut self.names, &mut self.ids);
            writer.spellings(&mut |id, spellings| {
                if let Some(place) = by_id(id).filter(|&place| fates[place] == Fate::Unchanged) {
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
