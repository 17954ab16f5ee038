//! What requests are made of: names, words and ids of a library, drawn as often as they stand in it.
//!
//! In: which library. Out: [`Samples`], by making the tracks once more (the generator is quick), so that
//! nothing needs to lie beside a database that is kept.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use anyhow::{Context, Result};
use avalon_core::ids::{AlbumId, ArtistId, GenreId, TrackId};

use super::generator::{Track, tracks};
use super::store::Library;
use super::vocabulary::Random;

/// Tracks that are kept of a library, in equal steps.
const KEPT: usize = 20_000;

/// Tracks of one library, and how many tracks artists and genres have.
pub(crate) struct Samples {
    tracks: Vec<Track>,
    artists: HashMap<ArtistId, usize>,
    genres: HashMap<String, usize>,
}

impl Samples {
    pub(crate) fn of(library: &Library) -> Result<Self> {
        let step = (library.tracks / KEPT).max(1);
        let mut kept = Vec::new();
        let mut artists: HashMap<ArtistId, usize> = HashMap::new();
        let mut genres: HashMap<String, usize> = HashMap::new();
        for (at, track) in tracks(library.seed, library.tracks).enumerate() {
            *artists.entry(ArtistId::of(&track.artist)).or_default() += 1;
            match genres.get_mut(&track.genre) {
                Some(count) => *count += 1,
                None => _ = genres.insert(track.genre.clone(), 1),
            }
            if at % step == 0 {
                kept.push(track);
            }
        }
        kept.first().context("a library without tracks")?;
        Ok(Self {
            tracks: kept,
            artists,
            genres,
        })
    }

    /// All that are kept.
    pub(crate) fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// Any track.
    pub(crate) fn track(&self, random: &mut Random) -> &Track {
        &self.tracks[random.below(self.tracks.len())]
    }

    /// A track whose artist has a number of tracks that is nearest to `wanted`.
    pub(crate) fn track_of_artist_with_about(&self, wanted: usize) -> &Track {
        let distance = |track: &&Track| self.tracks_of_artist(track).abs_diff(wanted);
        let nearest = self.tracks.iter().min_by_key(distance);
        nearest.unwrap_or(&self.tracks[0])
    }

    /// How many tracks the artist of a track has.
    pub(crate) fn tracks_of_artist(&self, track: &Track) -> usize {
        let count = self.artists.get(&ArtistId::of(&track.artist));
        count.copied().unwrap_or_default()
    }

    /// How many tracks the genre of a track has.
    pub(crate) fn tracks_of_genre(&self, track: &Track) -> usize {
        self.genres.get(&track.genre).copied().unwrap_or_default()
    }

    /// Ids of all artists of the library with so many tracks.
    pub(crate) fn artists_with(&self, tracks: RangeInclusive<usize>) -> Vec<String> {
        let artists = self.artists.iter();
        let wanted = artists.filter(|(_, count)| tracks.contains(count));
        let mut ids: Vec<String> = wanted.map(|(id, _)| id.0.to_string()).collect();
        ids.sort_unstable();
        ids
    }

    /// Words of titles that may stand in one title alone: long and plain.
    pub(crate) fn rare_words(&self) -> impl Iterator<Item = &str> {
        let words = self.tracks.iter().flat_map(|track| track.title.split(' '));
        words.filter(|word| word.len() >= 9 && word.bytes().all(|byte| byte.is_ascii_alphabetic()))
    }

    /// A word of a title, album, artist or genre, letters and figures alone.
    pub(crate) fn word(&self, random: &mut Random) -> &str {
        loop {
            let track = self.track(random);
            let name = match random.below(4) {
                0 => &track.album,
                1 => &track.artist,
                2 => &track.genre,
                _ => &track.title,
            };
            let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
            let word = words[random.below(words.len())];
            if !word.is_empty() {
                return word;
            }
        }
    }

    /// The beginning of a word: `least` to `most` letters, or all that it has.
    pub(crate) fn prefix(&self, random: &mut Random, least: usize, most: usize) -> &str {
        let length = least + random.below(most - least + 1);
        let word = self.word(random);
        let end = word
            .char_indices()
            .nth(length)
            .map_or(word.len(), |(end, _)| end);
        &word[..end]
    }
}

/// Ids of a track and of what it belongs to, as requests have them.
impl Track {
    pub(crate) fn id(&self) -> String {
        TrackId::of(self.path.as_bytes()).0.to_string()
    }

    pub(crate) fn album_id(&self) -> String {
        AlbumId::of(&self.album).0.to_string()
    }

    pub(crate) fn artist_id(&self) -> String {
        ArtistId::of(&self.artist).0.to_string()
    }

    pub(crate) fn genre_id(&self) -> String {
        GenreId::of(&self.genre).0.to_string()
    }
}

/// A value as a query string has it.
pub(crate) fn encoded(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect()
}
