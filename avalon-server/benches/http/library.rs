//! A made-up library of any size: the same for the same number of tracks, on every machine.
//!
//! Names are drawn from the [vocabulary](crate::vocabulary), one to five words a title; an artist has
//! about 40 tracks on albums of 12; there are 200 genres.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use avalon_core::database::{
    AlbumRow, ArtistRow, DatabaseUrl, GenreRow, Rows, TrackRow, open_for_scan, replace,
};
use avalon_core::ids::{AlbumId, ArtistId, GenreId, TrackId};

use crate::vocabulary::{Random, Vocabulary};

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
    let mut random = Random::new(0x5eed);
    let words = Vocabulary::new(&mut random);
    let genres: Vec<String> = (0..GENRES).map(|_| words.name(&mut random, 1, 2)).collect();
    let (mut albums, mut artists, mut rows) = (BTreeMap::new(), BTreeMap::new(), Rows::default());
    let (mut album, mut artist, mut genre) = (String::new(), String::new(), String::new());
    for number in 0..tracks {
        if number % TRACKS_AN_ARTIST == 0 {
            artist = words.name(&mut random, 1, 3);
            genre.clone_from(&genres[random.below(GENRES)]);
        }
        if number % TRACKS_AN_ALBUM == 0 || number % TRACKS_AN_ARTIST == 0 {
            album = words.name(&mut random, 1, 4);
        }
        albums
            .entry(AlbumId::of(&album))
            .or_insert_with(|| album.clone());
        artists
            .entry(ArtistId::of(&artist))
            .or_insert_with(|| artist.clone());
        rows.tracks.push(TrackRow {
            id: TrackId::of(format!("/music/{number}.flac").as_bytes()),
            name: Some(words.name(&mut random, 1, 5)),
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
