//! What is known of each track beyond what lists show, by the number of the track.
//!
//! In: rows of `files` and then of `tracks`, in whatever order the database has them. Out: [`Details`],
//! immutable from then on, with about 40 bytes for a track with common tags and no path: a record in one
//! buffer, in which texts that many tracks have in common are numbers.
//!
//! What stays true: what was pushed comes back; and the digest depends on that alone, not on the order in
//! which it came.

mod bytes;

mod interned;

mod record;

mod field;

use std::num::NonZeroU32;

use avalon_core::database::{DetailRow, FileDetailRow};
use twox_hash::XxHash3_128;

use super::texts::TooLarge;
use bytes::{Records, put_bytes};
use interned::{Interned, Interner};
use record::File;

pub use field::DetailField;

/// About how long the record of a track is, in bytes: the room that is made at first.
const RECORD: usize = 32;

/// The details of all tracks.
#[derive(Debug, Default)]
pub struct Details {
    tracks: Records,
    interned: Interned,
    /// The paths of files, where they are told.
    paths: Option<Records>,
    digest: u128,
}

/// All that is known of one track.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Detail<'a> {
    /// Of the track; where nothing is known, all is `None`.
    pub track: DetailRow<&'a str>,
    /// Of its file.
    pub file: Option<FileDetailRow<&'a [u8]>>,
    /// Whether paths are told, and so `None` for a path means that there is none.
    pub has_paths: bool,
}

impl Details {
    /// What is known of the track with this number.
    pub fn get(&self, number: u32) -> Detail<'_> {
        let record = self.tracks.get(number);
        let found = record.and_then(|record| record::read(record, &self.interned));
        let (track, mut file) = found.unwrap_or_default();
        if let (Some(file), Some(paths)) = (&mut file, &self.paths) {
            file.path = paths.get(number).and_then(|mut path| path.bytes());
        }
        Detail {
            track,
            file,
            has_paths: self.paths.is_some(),
        }
    }

    /// A digest of all that is known, the same for the same details of the same numbers.
    pub fn digest(&self) -> u128 {
        self.digest
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        let paths = self.paths.as_ref().map_or(0, Records::memory);
        self.tracks.memory() + self.interned.memory() + paths
    }
}

/// [`Details`] that are being read.
#[derive(Debug)]
pub struct DetailsBuilder {
    details: Details,
    interner: Interner,
    /// Files whose track has not come yet.
    files: Vec<Option<File>>,
    scratch: Vec<u8>,
}

impl DetailsBuilder {
    /// Room for a number of tracks, and for the paths of their files where these are to be told.
    pub fn new(tracks: usize, with_paths: bool) -> Self {
        Self {
            details: Details {
                tracks: Records::new(tracks, RECORD),
                paths: with_paths.then(|| Records::new(tracks, 0)),
                // With and without paths a track without a file is told differently.
                digest: u128::from(with_paths),
                interned: Interned::default(),
            },
            interner: Interner::default(),
            files: vec![None; tracks],
            scratch: Vec::new(),
        }
    }

    /// Takes the file of a track; before the track itself. Of a number that no track has, nothing is kept.
    ///
    /// # Errors
    /// There are more different texts than can be numbered.
    pub fn file(&mut self, number: u32, row: &FileDetailRow) -> Result<(), TooLarge> {
        let Some(slot) = self.files.get_mut(number as usize) else {
            return Ok(());
        };
        let added = self.interner.number(&row.added_ns.to_le_bytes());
        let added = added.ok_or(TOO_MANY)?;
        *slot = Some(File {
            size: row.size,
            mtime_ns: row.mtime_ns,
            added: NonZeroU32::MIN.checked_add(added).ok_or(TOO_MANY)?,
        });
        if let (Some(paths), Some(path)) = (&mut self.details.paths, &row.path) {
            put_bytes(path, paths.begin(number));
        }
        Ok(())
    }

    /// Takes a track, once. Of a number that no track has, nothing is kept.
    ///
    /// # Errors
    /// There are more different texts than can be numbered.
    pub fn track(&mut self, number: u32, row: &DetailRow) -> Result<(), TooLarge> {
        let Some(slot) = self.files.get_mut(number as usize) else {
            return Ok(());
        };
        let file = slot.take();
        let row = borrowed(row);
        if file.is_none() && row == DetailRow::default() {
            return Ok(());
        }
        let added = file.map(|file| self.interner.get(file.added.get() - 1));
        let paths = self.details.paths.as_ref();
        let file_row = file.zip(added).map(|(file, added)| FileDetailRow {
            size: file.size,
            mtime_ns: file.mtime_ns,
            added_ns: added.try_into().map_or(0, i64::from_le_bytes),
            path: paths
                .and_then(|paths| paths.get(number))
                .and_then(|mut path| path.bytes()),
        });
        record::spell(number, &row, file_row.as_ref(), &mut self.scratch);
        let digest = XxHash3_128::oneshot(&self.scratch);
        // A sum does not depend on the order, and unlike an exclusive or tells two equal parts from none.
        self.details.digest = self.details.digest.wrapping_add(digest);
        let out = self.details.tracks.begin(number);
        record::write(&row, file, &mut self.interner, &mut self.scratch, out).ok_or(TOO_MANY)
    }

    /// The details of all that came.
    pub fn finish(mut self) -> Details {
        self.details.tracks.shrink();
        if let Some(paths) = &mut self.details.paths {
            paths.shrink();
        }
        self.details.interned = self.interner.finish();
        self.details
    }
}

const TOO_MANY: TooLarge = TooLarge {
    what: "different texts",
};

fn borrowed(row: &DetailRow) -> DetailRow<&str> {
    DetailRow {
        disc: row.disc,
        artists: row.artists.as_deref(),
        album_artists: row.album_artists.as_deref(),
        genres: row.genres.as_deref(),
        composers: row.composers.as_deref(),
        track_total: row.track_total,
        disc_total: row.disc_total,
        date: row.date.as_deref(),
        original_date: row.original_date.as_deref(),
        musicbrainz: row.musicbrainz.as_deref(),
        gains: row.gains.as_deref(),
        bpm: row.bpm,
        isrcs: row.isrcs.as_deref(),
        labels: row.labels.as_deref(),
        compilation: row.compilation,
        sort_names: row.sort_names.as_deref(),
        comment: row.comment.as_deref(),
        format: row.format.as_deref(),
        codec: row.codec.as_deref(),
        bitrate: row.bitrate,
        sample_rate: row.sample_rate,
        channels: row.channels,
        length_ms: row.length_ms,
    }
}

#[cfg(test)]
mod tests;
