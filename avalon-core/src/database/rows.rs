//! Plain data as it lies in the four tables: no queries, no rules.

use crate::ids::{AlbumId, ArtistId, GenreId, TrackId};

/// An album: all that is known is its name. `None` is SQL's NULL, which the original never wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlbumRow {
    /// Made of the name.
    pub id: AlbumId,
    /// As the tags spell it; `""` where they say nothing.
    pub name: Option<String>,
}

/// An artist, like [`AlbumRow`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtistRow {
    /// Made of the name.
    pub id: ArtistId,
    /// As the tags spell it; `""` where they say nothing.
    pub name: Option<String>,
}

/// A genre, like [`AlbumRow`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenreRow {
    /// Made of the name.
    pub id: GenreId,
    /// As the tags spell it; `""` where they say nothing.
    pub name: Option<String>,
}

/// A track. Every column but the id may be NULL in a database that somebody else wrote.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TrackRow {
    /// Made of the path of the file.
    pub id: TrackId,
    /// The title; `""` where the tags have none.
    pub name: Option<String>,
    /// Whole seconds, truncated.
    pub length: Option<i64>,
    /// Number on its disc; 0 where unknown.
    pub track: Option<i64>,
    /// Year of the recording; 0 where unknown.
    pub year: Option<i64>,
    /// Number of the disc; our addition, `None` where unknown and in a database of the original.
    pub disc: Option<i64>,
    /// The row of `albums` it belongs to.
    pub album_id: Option<AlbumId>,
    /// The row of `artists` it belongs to.
    pub artist_id: Option<ArtistId>,
    /// The row of `genres` it belongs to.
    pub genre_id: Option<GenreId>,
}

/// A whole library, row by row: what [`replace`](super::replace()) writes at once. What is loaded need not
/// become such rows: any [`Receiver`](super::Receiver) can take it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Every album once.
    pub albums: Vec<AlbumRow>,
    /// Every artist once.
    pub artists: Vec<ArtistRow>,
    /// Every genre once.
    pub genres: Vec<GenreRow>,
    /// Every track once.
    pub tracks: Vec<TrackRow>,
    /// Which state of the database this is: that of its last scan, 0 where it remembers none. Nothing is
    /// written of it.
    pub generation: i64,
}
