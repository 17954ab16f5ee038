//! What albums, artists and genres have to do with each other, and what their tracks say of them.
//!
//! In: columns of tracks, and the tracks of each album, artist and genre. Out: lists of neighbours, and
//! the earliest year and the latest time of each. An album of the catalog is all that has its name: it may
//! have many artists.

use super::album_artists::AlbumArtists;
use super::codes::Codes;
use super::lists::Lists;
use crate::catalog::{Collection, TooLarge};
use crate::index::{EntityIndex, Index};

/// What they have to do with each other.
#[derive(Debug)]
pub struct Relations {
    /// The albums that each artist has a track on, each once, ascending.
    pub albums_of_artists: Lists,
    /// The albums that each album artist has a track on, likewise.
    pub albums_of_album_artists: Lists,
    albums: Ends,
    artists: Ends,
    genres: Ends,
}

/// The ranks at the ends of what the tracks of each album, artist or genre have; 0 where none is known.
#[derive(Debug)]
pub(super) struct Ends {
    /// Of the earliest year.
    pub(super) years: Codes,
    /// Of the latest time.
    pub(super) added: Codes,
}

/// What is known of tracks.
pub(super) struct Known<'a> {
    pub(super) years: &'a Codes,
    pub(super) added: &'a Codes,
    pub(super) albums: &'a [u32],
    pub(super) album_artists: &'a AlbumArtists,
}

impl Relations {
    /// Gathers them.
    ///
    /// # Errors
    /// There are more than 32 bits can number.
    pub(super) fn build(known: &Known<'_>, index: &Index) -> Result<Self, TooLarge> {
        let ends = |owners| Ends::build(known, owners);
        Ok(Self {
            albums_of_artists: albums_of(index.artists.count, |artist, albums| {
                let lists = index.artists.postings.lists();
                lists.each(artist, |track| albums.push(known.albums[track as usize]));
            })?,
            albums_of_album_artists: albums_of(
                known.album_artists.names.len() as u32,
                |artist, albums| {
                    let tracks = known.album_artists.tracks(artist).iter().cloned().flatten();
                    albums.extend(tracks.map(|track| known.albums[track as usize]));
                },
            )?,
            albums: ends(&index.albums),
            artists: ends(&index.artists),
            genres: ends(&index.genres),
        })
    }

    /// What is told of albums, artists or genres; of songs nothing.
    pub(super) fn of(&self, collection: Collection) -> Option<&Ends> {
        match collection {
            Collection::Albums => Some(&self.albums),
            Collection::Artists => Some(&self.artists),
            Collection::Genres => Some(&self.genres),
            Collection::Songs => None,
        }
    }

    /// The memory that they take, in bytes.
    pub(super) fn memory(&self) -> usize {
        let ends = [&self.albums, &self.artists, &self.genres];
        let ends = ends.map(|ends| ends.years.memory() + ends.added.memory());
        let of_artists = self.albums_of_artists.memory() + self.albums_of_album_artists.memory();
        ends.iter().sum::<usize>() + of_artists
    }
}

impl Ends {
    fn build(known: &Known<'_>, owners: &EntityIndex) -> Self {
        let earliest = |owner: u32| {
            let mut earliest = 0;
            owners.postings.lists().each(owner, |track| {
                let year = known.years.get(track);
                if year > 0 && (earliest == 0 || year < earliest) {
                    earliest = year;
                }
            });
            earliest
        };
        let latest = |owner: u32| {
            let mut latest = 0;
            owners.postings.lists().each(owner, |track| {
                latest = latest.max(known.added.get(track));
            });
            latest
        };
        Self {
            years: codes(owners.count, earliest),
            added: codes(owners.count, latest),
        }
    }
}

fn codes(count: u32, code: impl Fn(u32) -> u32) -> Codes {
    let all: Vec<u32> = (0..count).map(code).collect();
    let largest = all.iter().copied().max().unwrap_or_default();
    Codes::new(all.len(), largest, |at| all[at as usize])
}

/// The different albums that `put` gives of each of so many artists, ascending.
fn albums_of(count: u32, put: impl Fn(u32, &mut Vec<u32>)) -> Result<Lists, TooLarge> {
    let mut lists = Lists::new(count as usize);
    let mut albums = Vec::new();
    for artist in 0..count {
        put(artist, &mut albums);
        albums.sort_unstable();
        albums.dedup();
        lists.push(albums.drain(..))?;
    }
    Ok(lists.finish())
}
