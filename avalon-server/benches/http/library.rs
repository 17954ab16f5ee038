//! A made-up library of any size: the same for the same number of tracks, on every machine.
//!
//! Names are words of a vocabulary of 50,000 made of syllables, drawn with frequencies that fall as
//! 1/rank (Zipf), one to five a title; an artist has about 40 tracks on albums of 12; there are
//! 200 genres. One word in twelve carries an accent.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use avalon_core::database::{
    AlbumRow, ArtistRow, DatabaseUrl, GenreRow, Rows, TrackRow, open_for_scan, replace,
};
use avalon_core::ids::{AlbumId, ArtistId, GenreId, TrackId};

const VOCABULARY: usize = 50_000;
const TRACKS_AN_ALBUM: usize = 12;
const TRACKS_AN_ARTIST: usize = 40;
const GENRES: usize = 200;

/// What was written, for picking requests.
pub(crate) struct Library {
    rows: Rows,
}

/// Makes a library of `tracks` tracks and writes it to the SQLite file `database`.
pub(crate) fn make(tracks: usize, database: &Path) -> Result<Library> {
    let rows = rows(tracks);
    let mut connection = open_for_scan(&DatabaseUrl::SqliteFile(database.to_owned()))?;
    replace(&mut connection, &rows)?;
    Ok(Library { rows })
}

impl Library {
    /// The id of the artist whose number of tracks is nearest to `wanted`.
    pub(crate) fn artist_with_about(&self, wanted: usize) -> String {
        let mut counts: BTreeMap<ArtistId, usize> = BTreeMap::new();
        for id in self.rows.tracks.iter().filter_map(|track| track.artist_id) {
            *counts.entry(id).or_default() += 1;
        }
        let nearest = counts
            .into_iter()
            .min_by_key(|(_, count)| count.abs_diff(wanted));
        nearest.map(|(id, _)| id.0.to_string()).unwrap_or_default()
    }

    /// The first word, in the order of the tracks, that stands in one title alone.
    pub(crate) fn rare_title_word(&self) -> String {
        let titles = || {
            self.rows
                .tracks
                .iter()
                .filter_map(|track| track.name.as_deref())
        };
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for word in titles().flat_map(|title| title.split(' ')) {
            *counts.entry(word).or_default() += 1;
        }
        let plain = |word: &&str| word.is_ascii() && word.len() > 5 && counts[word] == 1;
        let rare = titles().flat_map(|title| title.split(' ')).find(plain);
        rare.unwrap_or("none").to_owned()
    }
}

fn rows(tracks: usize) -> Rows {
    let mut random = Random(0x5eed);
    let words: Vec<String> = (0..VOCABULARY).map(|_| random.word()).collect();
    let zipf = Zipf::new(VOCABULARY);
    let genres: Vec<String> = (0..GENRES)
        .map(|_| random.name(&words, &zipf, 1, 2))
        .collect();
    let (mut albums, mut artists, mut rows) = (BTreeMap::new(), BTreeMap::new(), Rows::default());
    let (mut album, mut artist, mut genre) = (String::new(), String::new(), String::new());
    for number in 0..tracks {
        if number % TRACKS_AN_ARTIST == 0 {
            artist = random.name(&words, &zipf, 1, 3);
            genre.clone_from(&genres[random.below(GENRES)]);
        }
        if number % TRACKS_AN_ALBUM == 0 || number % TRACKS_AN_ARTIST == 0 {
            album = random.name(&words, &zipf, 1, 4);
        }
        albums
            .entry(AlbumId::of(&album))
            .or_insert_with(|| album.clone());
        artists
            .entry(ArtistId::of(&artist))
            .or_insert_with(|| artist.clone());
        rows.tracks.push(TrackRow {
            id: TrackId::of(format!("/music/{number}.flac").as_bytes()),
            name: Some(random.name(&words, &zipf, 1, 5)),
            length: Some(random.below(600) as i64),
            track: Some((number % TRACKS_AN_ALBUM) as i64 + 1),
            year: Some(1960 + random.below(66) as i64),
            disc: None,
            album_id: Some(AlbumId::of(&album)),
            artist_id: Some(ArtistId::of(&artist)),
            genre_id: Some(GenreId::of(&genre)),
        });
    }
    let genres: BTreeMap<GenreId, String> = genres
        .into_iter()
        .map(|name| (GenreId::of(&name), name))
        .collect();
    rows.tracks.sort_by_key(|track| track.id);
    rows.albums = albums
        .into_iter()
        .map(|(id, name)| AlbumRow {
            id,
            name: Some(name),
        })
        .collect();
    rows.artists = artists
        .into_iter()
        .map(|(id, name)| ArtistRow {
            id,
            name: Some(name),
        })
        .collect();
    rows.genres = genres
        .into_iter()
        .map(|(id, name)| GenreRow {
            id,
            name: Some(name),
        })
        .collect();
    rows
}

/// SplitMix64: small, seeded, the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn word(&mut self) -> String {
        const ONSETS: [&str; 18] = [
            "", "b", "br", "c", "ch", "d", "f", "g", "gr", "l", "m", "n", "p", "r", "s", "st", "t",
            "v",
        ];
        const VOWELS: [&str; 8] = ["a", "e", "i", "o", "u", "ea", "ou", "y"];
        const ACCENTS: [&str; 8] = ["á", "é", "ï", "ö", "ü", "è", "ô", "ÿ"];
        const CODAS: [&str; 9] = ["", "", "", "n", "r", "s", "t", "ng", "ck"];
        let accented = self.below(12) == 0;
        (0..=self.below(3))
            .map(|syllable| {
                let vowels = if accented && syllable == 0 {
                    ACCENTS
                } else {
                    VOWELS
                };
                [
                    ONSETS[self.below(ONSETS.len())],
                    vowels[self.below(vowels.len())],
                    CODAS[self.below(CODAS.len())],
                ]
                .concat()
            })
            .collect()
    }

    fn name(&mut self, words: &[String], zipf: &Zipf, least: usize, most: usize) -> String {
        let count = least + self.below(most - least + 1);
        let drawn: Vec<&str> = (0..count)
            .map(|_| words[zipf.draw(self)].as_str())
            .collect();
        drawn.join(" ")
    }
}

/// Ranks drawn with a frequency of 1/rank.
struct Zipf {
    cumulated: Vec<f64>,
}

impl Zipf {
    fn new(ranks: usize) -> Self {
        let mut sum = 0.0;
        let weights = (1..=ranks).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        Self {
            cumulated: weights.collect(),
        }
    }

    fn draw(&self, random: &mut Random) -> usize {
        let total = self.cumulated.last().copied().unwrap_or_default();
        let point = random.next() as f64 / u64::MAX as f64 * total;
        let rank = self.cumulated.partition_point(|&sum| sum < point);
        rank.min(self.cumulated.len() - 1)
    }
}
