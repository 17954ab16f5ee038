//! What a file says of a track beyond the original's columns: the rest of its tags, and its sound.
//!
//! Plain data, no rules: avalon-scan's `tags` and `audio` fill it in, the columns of `tracks` hold
//! it. Texts stand as the tag has them, in the tag's order; nothing is split or joined but what the
//! standard of the tag divides.

/// The rest of a track's tags. Empty lists and `None` are what the tags do not say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrackDetails {
    /// Every artist, in order.
    pub artists: Vec<String>,
    /// Every artist of the album, in order.
    pub album_artists: Vec<String>,
    /// Every genre, in order.
    pub genres: Vec<String>,
    /// Every composer, in order.
    pub composers: Vec<String>,
    /// Tracks on the disc.
    pub track_total: Option<i64>,
    /// Discs of the release.
    pub disc_total: Option<i64>,
    /// When it was released or recorded, as the tag writes it: `1994-06-07`.
    pub date: Option<String>,
    /// When it was first released, likewise.
    pub original_date: Option<String>,
    /// MusicBrainz: the recording.
    pub musicbrainz_recording_id: Option<String>,
    /// MusicBrainz: the track of the release.
    pub musicbrainz_track_id: Option<String>,
    /// MusicBrainz: the release.
    pub musicbrainz_release_id: Option<String>,
    /// MusicBrainz: the release group.
    pub musicbrainz_release_group_id: Option<String>,
    /// MusicBrainz: the artists, in the order of the credits.
    pub musicbrainz_artist_ids: Vec<String>,
    /// MusicBrainz: the album's artists, likewise.
    pub musicbrainz_album_artist_ids: Vec<String>,
    /// ReplayGain of the track, dB.
    pub replaygain_track_gain: Option<f64>,
    /// Peak of the track, 1.0 is full scale.
    pub replaygain_track_peak: Option<f64>,
    /// ReplayGain of the album, dB.
    pub replaygain_album_gain: Option<f64>,
    /// Peak of the album, 1.0 is full scale.
    pub replaygain_album_peak: Option<f64>,
    /// R128 gain of the track (RFC 7845, 5.2.1), dB relative to -23 LUFS.
    pub r128_track_gain: Option<f64>,
    /// R128 gain of the album, likewise.
    pub r128_album_gain: Option<f64>,
    /// Beats per minute.
    pub bpm: Option<f64>,
    /// Every ISRC, in order.
    pub isrcs: Vec<String>,
    /// Every label, in order.
    pub labels: Vec<String>,
    /// Whether the album is a compilation.
    pub compilation: Option<bool>,
    /// The title as it sorts.
    pub title_sort: Option<String>,
    /// The album as it sorts.
    pub album_sort: Option<String>,
    /// The artist as it sorts.
    pub artist_sort: Option<String>,
    /// The album's artist as it sorts.
    pub album_artist_sort: Option<String>,
    /// The composer as it sorts.
    pub composer_sort: Option<String>,
    /// The comment.
    pub comment: Option<String>,
}

/// What the sound itself is. `None` is what the file does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SoundProperties {
    /// The container: `mp3`, `flac`, `ogg`, `mp4`, `wav`, `aiff`, `ape`, `wavpack`, `musepack`, `aac`.
    pub format: &'static str,
    /// What is in it: `mp3`, `vorbis`, `opus`, `alac`, `pcm` ...
    pub codec: Option<&'static str>,
    /// Of the sound, kbit/s.
    pub bitrate: Option<i64>,
    /// Hz.
    pub sample_rate: Option<i64>,
    /// Channels.
    pub channels: Option<i64>,
    /// Milliseconds.
    pub length_ms: Option<i64>,
}
