//! The index: every question that a request may ask of the catalog, answered beforehand.
//!
//! In: a [`Catalog`]. Out: for albums, artists, genres and titles a prefix index; ids and exact
//! names as hash tables; the tracks of each album, artist and genre; and the rank of everything in
//! every order that may be asked for. All numbers are those of the catalog.

mod tokens;

mod prefix;

mod postings;

mod lookup;

mod ranks;

use crate::catalog::{Catalog, Entities, TooLarge, Tracks};

pub use lookup::Lookup;
pub use postings::Postings;
pub use prefix::{Matches, Prefix};

/// Everything that queries need beside the catalog.
#[derive(Debug, Default)]
pub struct Index {
    /// Over the albums.
    pub albums: EntityIndex,
    /// Over the artists.
    pub artists: EntityIndex,
    /// Over the genres.
    pub genres: EntityIndex,
    /// Over the tracks.
    pub tracks: TrackIndex,
}

/// Over albums, artists or genres.
#[derive(Debug, Default)]
pub struct EntityIndex {
    /// Names by prefix.
    pub prefix: Prefix,
    /// Numbers by id and by name.
    pub lookup: Lookup,
    /// The tracks of each.
    pub postings: Postings,
    /// Ranks by id.
    pub ids: Vec<u32>,
    /// Ranks by name, code point by code point.
    pub names: Vec<u32>,
}

/// Over tracks.
#[derive(Debug, Default)]
pub struct TrackIndex {
    /// Titles by prefix.
    pub prefix: Prefix,
    /// Ranks by id.
    pub ids: Vec<u32>,
    /// Ranks by title, code point by code point.
    pub titles: Vec<u32>,
    /// Ranks by length; unknown before all others, as for the next two.
    pub lengths: Vec<u32>,
    /// Ranks by number on the disc.
    pub numbers: Vec<u32>,
    /// Ranks by year.
    pub years: Vec<u32>,
}

impl Index {
    /// Builds all indexes.
    ///
    /// # Errors
    /// The search forms of the names are longer than 32 bits can number.
    pub fn build(catalog: &Catalog) -> Result<Self, TooLarge> {
        let tracks = &catalog.tracks;
        Ok(Self {
            albums: EntityIndex::build(&catalog.albums, &tracks.albums)?,
            artists: EntityIndex::build(&catalog.artists, &tracks.artists)?,
            genres: EntityIndex::build(&catalog.genres, &tracks.genres)?,
            tracks: TrackIndex::build(tracks)?,
        })
    }
}

impl EntityIndex {
    fn build(entities: &Entities, owners: &[u32]) -> Result<Self, TooLarge> {
        let count = entities.ids.len();
        Ok(Self {
            prefix: Prefix::build(&entities.names)?,
            lookup: Lookup::build(entities),
            postings: Postings::build(owners, count),
            ids: ranks::ranks(count, |number| entities.ids[number as usize]),
            names: ranks::ranks(count, |number| entities.names.get(number)),
        })
    }
}

impl TrackIndex {
    fn build(tracks: &Tracks) -> Result<Self, TooLarge> {
        let count = tracks.ids.len();
        Ok(Self {
            prefix: Prefix::build(&tracks.titles)?,
            ids: ranks::ranks(count, |number| tracks.ids[number as usize]),
            titles: ranks::ranks(count, |number| tracks.titles.get(number)),
            lengths: ranks::ranks(count, |number| tracks.lengths[number as usize]),
            numbers: ranks::ranks(count, |number| tracks.numbers[number as usize]),
            years: ranks::ranks(count, |number| tracks.years[number as usize]),
        })
    }
}
