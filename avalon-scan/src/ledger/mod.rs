//! The books of a scan: what was found against what is remembered, and what follows for the database.
//!
//! In: [`Looked`], in any order, then the end of the walk. Out: [`Changes`] in pieces while files are
//! still being read, and at the end what is gone, moved and renamed, the counts and the issues.
//!
//! What stays true: the library after a scan of what changed is the same as after a scan of
//! everything. Nothing is gone that may only be out of sight: what lies below a folder that could
//! not be listed, and outside of the part that is scanned, stays. And when a file was first seen is
//! known as long as it may come back: the file that a broken link led to, and what went in a scan of a
//! part and may turn up in another.

mod part;

mod close;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use avalon_core::database::{
    Changes, DatabaseError, FileKind, FileRow, FileStat, Spellings, Writer,
};
use avalon_core::ids::TrackId;
use rustc_hash::FxHashSet;

use crate::files::Found;
use crate::issue::{Issue, Kind};
use crate::look::{Content, Looked, Reading};
use crate::memory::Memory;
use crate::moves::Marks;
use crate::names::{Ids, Names, Stored};
use crate::report::{Change, Counts};
use crate::rows::Prepared;
use crate::tags::MAPPING;

pub use close::{Balance, Beyond, Closing};
pub use part::{Folders, Part};

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
    unlisted: Folders,
    links_to_folders: Vec<PathBuf>,
    ignored: Vec<PathBuf>,
    issues: Vec<(Vec<u8>, Issue)>,
    counts: Counts,
    /// Tracks that are still files, but no sound any more.
    lost: u64,
    part: Part,
    is_listing: bool,
    list: Vec<Change>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Unseen,
    Unchanged,
    /// It could not be looked at.
    Kept,
    /// Nobody tried to look at it, or could come to it.
    OutOfSight,
    Read,
}

/// What a track was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Was {
    NoTrack,
    /// Its row says something else now.
    Other,
    /// The same, but for its size or mtime.
    Touched,
    Same,
}

/// A file that is a track.
struct Entry<'a> {
    id: i64,
    key: &'a [u8],
    stat: Option<FileStat>,
    was: Was,
}

/// A track at a path where none was.
struct New {
    id: i64,
    key: Vec<u8>,
    marks: Marks,
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
            unlisted: Folders::default(),
            links_to_folders: Vec::new(),
            ignored: Vec::new(),
            issues: Vec::new(),
            counts: Counts::default(),
            lost: 0,
            part,
            is_listing,
            list: Vec::new(),
            memory,
        }
    }

    /// A folder that could not be listed, of a library that we did not write: what is known below it
    /// cannot be kept, since it is all written anew.
    pub fn lost_sight_of(&self) -> Option<&[u8]> {
        self.foreign.as_ref()?;
        self.unlisted.first()
    }

    /// Whether nothing was found, and nothing is known, in the part that was walked.
    pub fn met_nothing(&self) -> bool {
        let is_known = |place| {
            let is_gone = self.memory.get(place).kind == FileKind::Gone;
            !is_gone && self.part.contains(self.memory.path(place))
        };
        self.counts.seen == 0
            && self.issues.is_empty()
            && self.ignored.is_empty()
            && !(0..self.memory.len()).any(is_known)
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
                self.unlisted.add(key.clone());
                match issue.kind {
                    Kind::BrokenLink => self.break_link(key, issue, true, writer)?,
                    _ => self.issues.push((key, issue)),
                }
            }
            Looked::Walk(Found::Unseen { key, issue }) => {
                self.unlisted.add(key.clone());
                self.miss(key, issue, writer)?;
            }
            Looked::Walk(Found::BrokenLink {
                key,
                issue,
                is_missed,
            }) => self.break_link(key, issue, is_missed, writer)?,
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

    /// Enters a link that leads nowhere. A track behind it is none any more, but what is known of it
    /// stays: when the disk is back that it leads to, it is the same track. No track goes without a
    /// word, whatever its name is.
    fn break_link(
        &mut self,
        key: Vec<u8>,
        issue: Issue,
        is_missed: bool,
        writer: &mut Writer<'_>,
    ) -> Result<(), DatabaseError> {
        let is_sound = |place: &usize| self.memory.get(*place).kind != FileKind::Other;
        match self.memory.find(&key).filter(is_sound) {
            Some(place) => self.read(not_seen(key, place, issue, true), writer),
            None => {
                self.issues.extend(is_missed.then_some((key, issue)));
                Ok(())
            }
        }
    }

    /// Enters a thing of which the system does not say what it is: what is known of it stays.
    fn miss(
        &mut self,
        key: Vec<u8>,
        issue: Issue,
        writer: &mut Writer<'_>,
    ) -> Result<(), DatabaseError> {
        let kind = |place| self.memory.get(place).kind;
        match self.memory.find(&key).map(|place| (place, kind(place))) {
            Some((place, FileKind::Track | FileKind::Skipped)) => {
                return self.read(not_seen(key, place, issue, false), writer);
            }
            Some((place, FileKind::Other)) => self.fates[place] = Fate::Kept,
            Some((_, FileKind::Gone)) | None => {}
        }
        self.issues.push((key, issue));
        Ok(())
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
        // A disk that fails, a permission that is lost: no reason to believe that the track is gone.
        let is_kept = self.foreign.is_none()
            && !is_lasting
            && matches!(content, Content::Skipped)
            && place.is_some_and(|place| self.memory.get(place).kind == FileKind::Track);
        for mut issue in issues {
            if is_kept {
                issue
                    .message
                    .push_str("; the library keeps what it knows of it");
            }
            self.issues.push((key.clone(), issue));
        }
        if let Some(place) = place.filter(|_| is_kept) {
            self.fates[place] = Fate::Kept;
            return Ok(());
        }
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
        let is_touched = there.zip(stat).is_some_and(|(known, stat)| {
            (known.stat.size, known.stat.mtime_ns) != (stat.size, stat.mtime_ns)
        });
        let is_same_file = is_same
            && there.is_some_and(|known| match stat {
                Some(stat) => {
                    known.fingerprint == fingerprint && known.is_unchanged(&stat, MAPPING)
                }
                None => known.is_tried_again(),
            });
        let mut names = None;
        match content {
            Content::Track(track) => {
                let was = match (was_track, is_same, is_touched) {
                    (false, ..) => Was::NoTrack,
                    (true, false, _) => Was::Other,
                    (true, true, true) => Was::Touched,
                    (true, true, false) => Was::Same,
                };
                let key = &key;
                let entry = Entry { id, key, stat, was };
                names = Some(self.track(&entry, *track, writer)?);
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
        // What the system does not let us see is tried again; what is known of it stays.
        if let Some(marks) = stat.or(known.map(|known| known.stat)) {
            let row = FileRow {
                id,
                path: key,
                kind,
                stat: marks,
                mapping: MAPPING,
                read_ns: match is_lasting && stat.is_some() {
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

    fn track(
        &mut self,
        entry: &Entry<'_>,
        track: Prepared,
        writer: &mut Writer<'_>,
    ) -> Result<(TrackId, Spellings), DatabaseError> {
        let &Entry { id, key, stat, was } = entry;
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
        if was == Was::Touched {
            self.counts.changed += 1;
            self.note(|| Change::Changed(key.to_owned()));
        }
        if matches!(was, Was::Same | Was::Touched) {
            return Ok((track_id, spellings));
        }
        let was_there = match &mut self.foreign {
            Some(foreign) => foreign.remove(&track_id),
            None => was == Was::Other,
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
}

/// What is entered of sound at this place of the memory that was not seen.
fn not_seen(key: Vec<u8>, place: usize, issue: Issue, is_lasting: bool) -> Reading {
    Reading {
        key,
        known: Some(place),
        stat: None,
        content: Content::Skipped,
        is_lasting,
        issues: vec![issue],
    }
}
