//! What albums, artists and genres have to do with each other, and what their tracks say of them.
//!
//! In: columns of tracks, and the tracks of each album, artist and genre. Out: lists of neighbours, and
//! the earliest year and the latest time of each. An album of the catalog is all that has its name: it may
//! have many artists.

use std::iter;

use super::album_artists::AlbumArtists;
use super::codes::Codes;
use super::lists::Lists;
use crate::catalog::{Collection, TooLarge};
use crate::index::{EntityIndex, Index};

/// What they have to do with each other.
#[derive(Debug)]
pub struct Relations {
    /// The artists of each album's tracks, each once, ascending.
    pub artists_of_albums: Lists,
    /// The album artists of each album's tracks, likewise.
    pub album_artists_of_albums: Lists,
    /// The albums that each artist has a track on, likewise.
    pub albums_of_artists: Lists,
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
    pub(super) artists: &'a [u32],
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
            artists_of_albums: distinct(&index.albums, |track| {
                iter::once(known.artists[track as usize])
            })?,
            album_artists_of_albums: distinct(&index.albums, |track| {
                known.album_artists.of(track).iter().copied()
            })?,
            albums_of_artists: distinct(&index.artists, |track| {
                iter::once(known.albums[track as usize])
            })?,
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
        let of_albums = self.artists_of_albums.memory() + self.album_artists_of_albums.memory();
        ends.iter().sum::<usize>() + of_albums + self.albums_of_artists.memory()
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

/// The different values that the tracks of each owner have, ascending.
fn distinct<I: Iterator<Item = u32>>(
    owners: &EntityIndex,
    values: impl Fn(u32) -> I,
) -> Result<Lists, TooLarge> {
    let mut lists = Lists::new(owners.count as usize);
    let mut list = Vec::new();
    for owner in 0..owners.count {
        owners
            .postings
            .lists()
            .each(owner, |track| list.extend(values(track)));
        list.sort_unstable();
        list.dedup();
        lists.push(list.drain(..))?;
    }
    Ok(lists.finish())
}
