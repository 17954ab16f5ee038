//! What a scan changes in the database, as plain data: what goes, what comes, what is renamed.
//!
//! In: a scan. Out: [`Changes`] and [`NameChanges`] for the writer. Pure.

use super::memory::{FileRow, Spellings};
use super::record::TrackRecord;
use super::rows::{AlbumRow, ArtistRow, GenreRow};
use crate::ids::{AlbumId, ArtistId, GenreId, TrackId};

/// One step of a write: what goes, then what comes.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Tracks to delete.
    pub gone_tracks: Vec<TrackId>,
    /// Rows of `files` to delete.
    pub gone_files: Vec<i64>,
    /// Albums that were not there.
    pub albums: Vec<AlbumRow>,
    /// Artists that were not there.
    pub artists: Vec<ArtistRow>,
    /// Genres that were not there.
    pub genres: Vec<GenreRow>,
    /// Tracks that were not there, or were deleted above.
    pub tracks: Vec<TrackRecord>,
    /// Files likewise, with the track and the names of those that are one.
    pub files: Vec<(FileRow, Option<(TrackId, Spellings)>)>,
}

impl Changes {
    /// Rows to write.
    pub fn len(&self) -> usize {
        self.gone_files.len() + self.tracks.len() + self.files.len()
    }

    /// Whether nothing is to be written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// New spellings of names that are there, and names that nobody has any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameChanges {
    /// Albums with their new names.
    pub albums: Vec<AlbumRow>,
    /// Artists with their new names.
    pub artists: Vec<ArtistRow>,
    /// Genres with their new names.
    pub genres: Vec<GenreRow>,
    /// Albums of no track.
    pub gone_albums: Vec<AlbumId>,
    /// Artists of no track.
    pub gone_artists: Vec<ArtistId>,
    /// Genres of no track.
    pub gone_genres: Vec<GenreId>,
}

impl NameChanges {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
