//! What a search asks for, checked; nothing here knows of HTTP or of the library.

use std::borrow::Cow;

use uuid::Uuid;

use crate::catalog::Collection;

/// A search.
#[derive(Clone, Debug, PartialEq)]
pub struct Request<'a> {
    /// What was typed.
    pub q: Cow<'a, str>,
    /// The lists that are wanted, each once, in the order asked for.
    pub types: Types,
    /// At most so many results of each type.
    pub limit: usize,
    /// Leave out so many first, of each type.
    pub offset: usize,
    /// Only what passes all of these.
    pub filters: Filters<'a>,
    /// What is to be counted over all results.
    pub facets: Vec<Facet>,
    /// Whether what matched is to be shown.
    pub highlight: bool,
    /// Whether why it matched is to be told.
    pub explain: bool,
    /// Whether a stray quote or operator is an error, not text.
    pub strict: bool,
    /// By what results are ordered.
    pub order: SearchOrder,
    /// The largest first, where the order is not by relevance.
    pub descending: bool,
}

/// Lists that are searched.
pub type Types = Vec<Collection>;

/// Filters of tracks. Of albums, artists and genres those pass that have a track that passes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filters<'a> {
    /// Exactly this album, as lists compare it.
    pub album: Option<Cow<'a, str>>,
    /// Exactly this artist.
    pub artist: Option<Cow<'a, str>>,
    /// Exactly this genre.
    pub genre: Option<Cow<'a, str>>,
    /// Exactly this album artist, as search folds names.
    pub album_artist: Option<Cow<'a, str>>,
    /// The album with this id.
    pub album_id: Option<Uuid>,
    /// The artist with this id.
    pub artist_id: Option<Uuid>,
    /// The genre with this id.
    pub genre_id: Option<Uuid>,
    /// Of these years.
    pub year: Option<Years>,
    /// Of the ten years from this one on, a multiple of 10.
    pub decade: Option<i64>,
    /// Of this container (`mp3`, `flac` ...), in any case.
    pub format: Option<Cow<'a, str>>,
}

/// Years from the first to the last, both included. Tracks whose year is unknown are in no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Years {
    /// The first.
    pub first: i64,
    /// The last.
    pub last: i64,
}

/// What can be counted over results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facet {
    /// By genre.
    Genre,
    /// By decade.
    Decade,
    /// By artist.
    Artist,
    /// By album artist.
    AlbumArtist,
    /// By container.
    Format,
}

/// By what results are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SearchOrder {
    /// The best first.
    #[default]
    Relevance,
    /// By name, as lists without an order are.
    Name,
    /// By year; of albums, artists and genres the earliest known of their tracks. Unknown last.
    Year,
    /// By when a scan first saw it; of albums, artists and genres the latest of their tracks. Unknown last.
    Added,
}

/// A name that a word can be found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameField {
    /// Of a song.
    Title,
    /// Of an artist.
    Artist,
    /// Of an album.
    Album,
    /// Of the artist of a whole album.
    AlbumArtist,
    /// Of a genre.
    Genre,
}

impl Facet {
    /// All of them, in the order in which they are told if all are asked for.
    pub const ALL: [Self; 5] = [
        Self::Genre,
        Self::Decade,
        Self::Artist,
        Self::AlbumArtist,
        Self::Format,
    ];

    /// Its name in parameters and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Genre => "genre",
            Self::Decade => "decade",
            Self::Artist => "artist",
            Self::AlbumArtist => "album_artist",
            Self::Format => "format",
        }
    }
}

impl NameField {
    /// Its name in queries and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Artist => "artist",
            Self::Album => "album",
            Self::AlbumArtist => "album_artist",
            Self::Genre => "genre",
        }
    }
}
