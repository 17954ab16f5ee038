//! The index: every question that a request may ask of the catalog, answered beforehand; what only makes some
//! answers faster, once there are requests.
//!
//! In: a [`Catalog`]. Out: for albums, artists, genres and titles the names by prefix; numbers by id and
//! by exact name; the tracks of each album, artist and genre; and everything in every order
//! that may be asked for. All numbers are those of the catalog, which is not needed any more.

mod tokens;

mod sizes;

mod bitmap;

mod packed;

mod keys;

mod groups;

mod lists;

mod permutation;

mod orders;

mod dense;

mod postings;

mod prefix;

mod prepared;

mod ids;

mod lookup;

mod memory;

use std::sync::Arc;

use crate::catalog::{Catalog, Entities, Field, TooLarge, Tracks};
use dense::Counting;
use groups::Groups;
use prepared::Source;

pub use bitmap::{Bitmap, Members};
pub use dense::Dense;
pub use ids::Ids;
pub use lists::{List, Lists};
pub use lookup::Lookup;
pub use memory::Memory;
pub use orders::Orders;
pub use packed::Packed;
pub(crate) use packed::gallop;
pub use permutation::{Blocks, Permutation, Places, Spread};
pub use postings::{Posting, Postings};
pub use prefix::{Matches, Prefix};
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
    /// By id and by name.
    pub orders: Orders,
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
    /// By every field: texts code point by code point, what is unknown before all numbers.
    pub orders: Orders,
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
        Ok(Self {
            tracks: TrackIndex::build(tracks, [&albums, &artists, &genres], sizes)?,
            albums,
            artists,
            genres,
        })
    }

    /// Makes more sets of prefixes, and what pages of large sets in an order are found by. Until then requests gather
    /// and count these for themselves, up to a fifth of a microsecond a match and some nanoseconds a member; so this may
    /// be done while requests are answered.
    pub fn prepare(&self) {
        let Self {
            albums,
            artists,
            genres,
            tracks,
        } = self;
        let owners = [albums, artists, genres];
        // What is missed most comes first.
        tracks.prepared.prepare_first(&tracks.orders, &tracks.sizes);
        let counting = Counting::new(&tracks.orders, &tracks.sizes);
        for of in owners {
            of.postings.count_spreads(&counting);
            of.prepared.prepare_first(&of.orders, &of.sizes);
        }
        for of in owners {
            let sources = [Source::names(&of.prefix, of.prefix.owners())];
            of.prepared.prepare_others(sources, &of.orders, &of.sizes);
        }
        let titles = tracks.prefix.owners();
        let sources = sources_of_tracks(&tracks.prefix, titles, owners);
        let (orders, sizes) = (&tracks.orders, &tracks.sizes);
        tracks.prepared.prepare_others(sources, orders, sizes);
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
        let (prefix, suffix_owners) = Prefix::build(&entities.forms)?;
        let by_id = Permutation::by_id(&entities.ids);
        let lookup = Lookup::build(entities, by_id.numbers())?;
        let by_name = Permutation::by_text(&entities.names);
        let orders = Orders::new([(Field::Id, by_id), (Field::Name, by_name)], &sizes);
        let sources = [Source::names(&prefix, suffix_owners)];
        Ok(Self {
            // Whatever the catalog holds is numbered by 32 bits.
            count: count as u32,
            sizes,
            prepared: Prepared::build(&sources, count, &sizes),
            prefix,
            lookup,
            postings: Postings::new(Lists::build(owners, count), &sizes_of(owners.len())),
            orders,
        })
    }
}

impl TrackIndex {
    fn build(
        tracks: &Tracks,
        owners: [&EntityIndex; 3],
        sizes_of: fn(usize) -> Sizes,
    ) -> Result<Self, TooLarge> {
        let count = tracks.ids.len();
        let sizes = sizes_of(count);
        let (prefix, (orders, ids)) = rayon::join(
            || Prefix::build(&tracks.forms),
            || {
                let orders = orders(tracks, owners, &sizes);
                let (_, by_id) = orders.by(Field::Id);
                let ids = Ids::build(&tracks.ids, by_id.numbers());
                (orders, ids)
            },
        );
        let (prefix, suffix_owners) = prefix?;
        let sources = sources_of_tracks(&prefix, suffix_owners, owners);
        let prepared = Prepared::build(&sources, count, &sizes);
        Ok(Self {
            count: count as u32,
            sizes,
            prepared,
            prefix,
            ids,
            orders,
        })
    }
}

/// What tracks are searched by: their titles, and the names of what they belong to.
fn sources_of_tracks<'a>(
    titles: &'a Prefix,
    suffix_owners: Vec<u32>,
    owners: [&'a EntityIndex; 3],
) -> [Source<'a>; 4] {
    let [albums, artists, genres] = owners;
    [
        Source::names(titles, suffix_owners),
        Source::tracks(&albums.prefix, &albums.postings),
        Source::tracks(&artists.prefix, &artists.postings),
        Source::tracks(&genres.prefix, &genres.postings),
    ]
}

/// Tracks by each of their fields.
fn orders(tracks: &Tracks, owners: [&EntityIndex; 3], sizes: &Sizes) -> Orders {
    let [albums, artists, genres] = owners;
    let of_owners = [
        (Field::Album, Field::AlbumId, &tracks.albums, albums),
        (Field::Artist, Field::ArtistId, &tracks.artists, artists),
        (Field::Genre, Field::GenreId, &tracks.genres, genres),
    ];
    let by_owner = |(name, id, numbers, owner): (Field, Field, &Vec<u32>, &EntityIndex)| {
        let groups = Arc::new(Groups::new(numbers));
        let by = |field: Field| {
            let (_, order) = owner.orders.by(field);
            Permutation::by_owner(order, &groups, owner.postings.lists())
        };
        [(name, by(Field::Name)), (id, by(Field::Id))]
    };
    let ((ids, titles), (numbers, owned)) = rayon::join(
        || {
            rayon::join(
                || Permutation::by_id(&tracks.ids),
                || Permutation::by_text(&tracks.titles),
            )
        },
        || {
            let numbers = [
                (Field::Length, Permutation::by_number(&tracks.lengths)),
                (Field::Track, Permutation::by_number(&tracks.numbers)),
                (Field::Year, Permutation::by_number(&tracks.years)),
            ];
            (numbers, of_owners.map(by_owner))
        },
    );
    let of_tracks = [(Field::Id, ids), (Field::Name, titles)];
    let all = of_tracks.into_iter().chain(numbers);
    Orders::new(all.chain(owned.into_iter().flatten()), sizes)
}
