//! The members of what is known of one track, by the names that they have in answers.

/// A member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailField {
    /// Number of the disc.
    Disc,
    /// Discs of the release.
    DiscTotal,
    /// Tracks of the disc.
    TrackTotal,
    /// All artists.
    Artists,
    /// All artists of the album.
    AlbumArtists,
    /// All genres.
    Genres,
    /// All composers.
    Composers,
    /// All labels.
    Labels,
    /// All codes of the recording.
    Isrcs,
    /// Released or recorded.
    Date,
    /// First released.
    OriginalDate,
    /// Whether the album is a compilation.
    Compilation,
    /// Beats per minute.
    Bpm,
    /// The comment.
    Comment,
    /// Names as they sort.
    SortNames,
    /// Ids of MusicBrainz.
    Musicbrainz,
    /// Gains and peaks.
    Gains,
    /// The container.
    Format,
    /// What is in it.
    Codec,
    /// kbit/s.
    Bitrate,
    /// Hz.
    SampleRate,
    /// Channels.
    Channels,
    /// Milliseconds.
    LengthMs,
    /// Bytes of the file.
    Size,
    /// When the content of the file changed last.
    Mtime,
    /// When a scan first saw it.
    Added,
    /// Where the file is, where that is told.
    Path,
}

impl DetailField {
    /// All of them, in the order of answers.
    pub const ALL: [Self; 27] = [
        Self::Disc,
        Self::DiscTotal,
        Self::TrackTotal,
        Self::Artists,
        Self::AlbumArtists,
        Self::Genres,
        Self::Composers,
        Self::Labels,
        Self::Isrcs,
        Self::Date,
        Self::OriginalDate,
        Self::Compilation,
        Self::Bpm,
        Self::Comment,
        Self::SortNames,
        Self::Musicbrainz,
        Self::Gains,
        Self::Format,
        Self::Codec,
        Self::Bitrate,
        Self::SampleRate,
        Self::Channels,
        Self::LengthMs,
        Self::Size,
        Self::Mtime,
        Self::Added,
        Self::Path,
    ];

    /// Its name in answers and parameters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disc => "disc",
            Self::DiscTotal => "disc_total",
            Self::TrackTotal => "track_total",
            Self::Artists => "artists",
            Self::AlbumArtists => "album_artists",
            Self::Genres => "genres",
            Self::Composers => "composers",
            Self::Labels => "labels",
            Self::Isrcs => "isrcs",
            Self::Date => "date",
            Self::OriginalDate => "original_date",
            Self::Compilation => "compilation",
            Self::Bpm => "bpm",
            Self::Comment => "comment",
            Self::SortNames => "sort_names",
            Self::Musicbrainz => "musicbrainz",
            Self::Gains => "gains",
            Self::Format => "format",
            Self::Codec => "codec",
            Self::Bitrate => "bitrate",
            Self::SampleRate => "sample_rate",
            Self::Channels => "channels",
            Self::LengthMs => "length_ms",
            Self::Size => "size",
            Self::Mtime => "mtime",
            Self::Added => "added",
            Self::Path => "path",
        }
    }
}
