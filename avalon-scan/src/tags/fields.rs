//! What a tag says, as text and before any of it is understood.
//!
//! In: frames, comments, atoms or items, whatever a tag is made of. Out: [`Fields`], the first
//! value of each field that the library knows. First values, because that is what the original
//! took; texts as they stand, because spaces belong to a name.

/// The first value of each field; `None` where the tag has no such field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// The name of the album.
    pub album: Option<String>,
    /// The artist of the track.
    pub artist: Option<String>,
    /// The genre, with numbers already turned into names where the tag has numbers.
    pub genre: Option<String>,
    /// The title of the track.
    pub title: Option<String>,
    /// The number of the track, as `3`, `03` or `3/12`.
    pub track: Option<String>,
    /// When the track was recorded.
    pub date: Option<Date>,
    /// The number of the disc, as `1` or `1/2`.
    pub disc: Option<String>,
}

impl Fields {
    /// Whether the tag says nothing that the library knows.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A date as a tag has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Date {
    /// Free text.
    Text(String),
    /// A time stamp of ID3v2, which has a syntax of its own.
    Id3(String),
}

impl Date {
    /// The text as the tag has it.
    pub fn text(&self) -> &str {
        let (Self::Text(text) | Self::Id3(text)) = self;
        text
    }
}
