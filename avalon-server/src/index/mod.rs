//! The index: every question that a request may ask of the catalog, answered beforehand.
//!
//! In: a [`Catalog`]. Out: for albums, artists, genres and titles the names by prefix; ids and exact
//! names as hash tables; the tracks of each album, artist and genre; and everything in every order
//! that may be asked for. All numbers are those of the catalog, which is not needed any more.

mod tokens;

mod sizes;

mod bitmap;

mod packed;

mod prefix;

mod prepared;

mod postings;

mod permutation;

mod lookup;

mod ids;

mod memory;

use std::sync::Arc;

use crate::catalog::{Catalog, Entities, TooLarge, Tracks};

pub use bitmap::{Bitmap, Members};
pub use ids::Ids;
pub use lookup::Lookup;
pub use memory::Memory;
pub use packed::Packed;
pub(crate) use packed::gallop;
pub use permutation::{Blocks, Permutation};
pub use postings::{Posting, Postings};
pub use prefix::{Matches, Prefix};
use prepared::Source;
pub use prepared::{Prepared, PreparedSet, Stored};
pub use sizes::Sizes;

/// Everything that queries need.
#[derive(Debug)]
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
#[derive(Debug)]
pub struct EntityIndex {
    /// How many there are.
    pub count: u32,
    /// The bounds between the forms of its sets.
    pub sizes: Sizes,
    /// Names by prefix.
    pub prefix: Prefix,
    /// What prefixes with many matches match.
    pub prepared: Prepared,
    /// Numbers by id and by name.
    pub lookup: Lookup,
    /// The tracks of each.
    pub postings: Postings,
    /// By id.
    pub by_id: Arc<Permutation>,
    /// By name, code point by code point.
    pub by_name: Arc<Permutation>,
}

/// Over tracks.
#[derive(Debug)]
pub struct TrackIndex {
    /// How many there are.
    pub count: u32,
    /// The bounds between the forms of its sets.
    pub sizes: Sizes,
    /// Titles by prefix.
    pub prefix: Prefix,
    /// What prefixes with many matches match, by title, album, artist or genre.
    pub prepared: Prepared,
    /// Numbers by id.
    pub ids: Ids,
    /// By id.
    pub by_id: Arc<Permutation>,
    /// By title, code point by code point.
    pub by_title: Arc<Permutation>,
    /// By length; unknown before all others, as for the next two.
    pub by_length: Arc<Permutation>,
    /// By number on the disc.
    pub by_number: Arc<Permutation>,
    /// By year.
    pub by_year: Arc<Permutation>,
    /// By the album.
    pub by_album: ByOwner,
    /// By the artist.
    pub by_artist: ByOwner,
    /// By the genre.
    pub by_genre: ByOwner,
}

/// Tracks by what they belong to.
#[derive(Debug)]
pub struct ByOwner {
    /// By its id.
    pub id: Arc<Permutation>,
    /// By its name.
    pub name: Arc<Permutation>,
}

impl Index {
    /// Builds all indexes, on all cores of the current pool of threads.
    ///
    /// # Errors
    /// The search forms of the names are longer than 32 bits can number.
    pub fn build(catalog: &Catalog) -> Result<Self, TooLarge> {
        Self::build_with(catalog, Sizes::of)
    }

    /// Builds all indexes with other bounds between the forms of sets.
    ///
    /// # Errors
    /// As [`Index::build`].
    pub(crate) fn build_with(
        catalog: &Catalog,
        sizes: fn(usize) -> Sizes,
    ) -> Result<Self, TooLarge> {
        let tracks = &catalog.tracks;
        let (albums, (artists, genres)) = rayon::join(
            || EntityIndex::build(&catalog.albums, &tracks.albums, sizes),
            || {
                rayon::join(
                    || EntityIndex::build(&catalog.artists, &tracks.artists, sizes),
                    || EntityIndex::build(&catalog.genres, &tracks.genres, sizes),
                )
            },
        );
        let (albums, artists, genres) = (albums?, artists?, genres?);
        let tracks = TrackIndex::build(tracks, [&albums, &artists, &genres], sizes)?;
        Ok(Self {
            albums,
            artists,
            genres,
            tracks,
        })
    }
}

impl EntityIndex {
    fn build(
        entities: &Entities,
        owners: &[u32],
        sizes_of: fn(usize) -> Sizes,
    ) -> Result<Self, TooLarge> {
        let count = entities.ids.len();
        let sizes = sizes_of(count);
        let prefix = Prefix::build(&entities.forms)?;
        let by_name = Permutation::by_text(&entities.names);
        let sources = [Source::names(&prefix)];
        Ok(Self {
            // Whatever the catalog holds is numbered by 32 bits.
            count: count as u32,
            sizes,
            prepared: Prepared::build(&sources, count, &by_name, &sizes),
            prefix,
            lookup: Lookup::build(entities),
            postings: Postings::build(owners, count, &sizes_of(owners.len())),
            by_id: Arc::new(Permutation::by_key(count, |number| {
                entities.ids[number as usize]
            })),
            by_name: Arc::new(by_name),
        })
    }
}

impl TrackIndex {
    fn build(
        tracks: &Tracks,
        owners: [&EntityIndex; 3],
        sizes: fn(usize) -> Sizes,
    ) -> Result<Self, TooLarge> {
        let count = tracks.ids.len();
        let sizes = sizes(count);
        let [albums, artists, genres] = owners;
        let ((prefix, by_title), (by_id, numbers)) = rayon::join(
            || {
                rayon::join(
                    || Prefix::build(&tracks.forms),
                    || Permutation::by_text(&tracks.titles),
                )
            },
            || {
                rayon::join(
                    || Permutation::by_key(count, |number| tracks.ids[number as usize]),
                    || {
                        [&tracks.lengths, &tracks.numbers, &tracks.years]
                            .map(|column| Arc::new(Permutation::by_number(column)))
                    },
                )
            },
        );
        let prefix = prefix?;
        let [by_length, by_number, by_year] = numbers;
        let by_owner = |numbers: &[u32], owner: &EntityIndex| {
            let numbers: Arc<[u32]> = numbers.into();
            let by = |order: &Permutation| {
                Arc::new(Permutation::by_owner(order, &numbers, &owner.postings))
            };
            ByOwner {
                id: by(&owner.by_id),
                name: by(&owner.by_name),
            }
        };
        let (prepared, ((by_album, by_artist), (by_genre, ids))) = rayon::join(
            || {
                let sources = [
                    Source::names(&prefix),
                    Source::tracks(&albums.prefix, &albums.postings),
                    Source::tracks(&artists.prefix, &artists.postings),
                    Source::tracks(&genres.prefix, &genres.postings),
                ];
                Prepared::build(&sources, count, &by_title, &sizes)
            },
            || {
                rayon::join(
                    || {
                        rayon::join(
                            || by_owner(&tracks.albums, albums),
                            || by_owner(&tracks.artists, artists),
                        )
                    },
                    || {
                        rayon::join(
                            || by_owner(&tracks.genres, genres),
                            || Ids::build(&tracks.ids),
                        )
                    },
                )
            },
        );
        Ok(Self {
            count: count as u32,
            sizes,
            prefix,
            prepared,
            ids,
            by_id: Arc::new(by_id),
            by_title: Arc::new(by_title),
            by_length,
            by_number,
            by_year,
            by_album,
            by_artist,
            by_genre,
        })
    }
}
