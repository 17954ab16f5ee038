//! What search knows of tracks beside their names: years, containers, album artists, when they were added.
//!
//! In: the catalog, the details of its tracks and its index. Out: [`Columns`], immutable, about 20 bytes a
//! track: which tracks pass [`Filters`](super::Filters), whose tracks they are, how many results have each
//! value of a facet, and what albums and artists have to do with each other. Numbers are those of the
//! catalog.
//!
//! What stays true: where nothing is known of a track it passes no filter by that and counts for no value;
//! no answer costs more than one pass over the tracks.

mod codes;

mod lists;

mod album_artists;

mod relations;

mod values;

mod filter;

mod facets;

use avalon_core::text::lower;
use rustc_hash::FxHashMap;

use super::request::Facet;
use crate::catalog::{Catalog, Collection, Details, TooLarge};
use crate::index::Index;
use codes::{Codes, Ranks};
use relations::Known;
use values::Values;

pub use album_artists::{AlbumArtists, Fold};
pub use facets::FACET_VALUES;
pub use lists::Lists;
pub use relations::Relations;

/// The columns of all tracks.
#[derive(Debug)]
pub struct Columns {
    /// Who the albums are by.
    pub album_artists: AlbumArtists,
    /// What albums, artists and genres have to do with each other.
    pub relations: Relations,
    values: Values,
    albums: Owners,
    artists: Owners,
    genres: Owners,
    years: Ranks,
    /// The decade of each known year, as a number that grows with it from 0 on.
    decades: Vec<u32>,
    /// The first year of each decade: one of these may be less than 64 bits can hold.
    first_years: Vec<i128>,
    /// When a scan first saw the track, ranked; the time itself nobody asks for.
    added: Codes,
    /// The container, from 1 on; 0 is unknown.
    formats: Codes,
    /// The containers, in lower case and in order.
    format_names: Vec<String>,
}

/// The album, artist or genre of each track.
#[derive(Debug)]
struct Owners {
    of_tracks: Vec<u32>,
    /// How many albums, artists or genres there are.
    count: usize,
}

impl Columns {
    /// Reads them off; `fold` is how names of album artists are compared.
    ///
    /// # Errors
    /// There is more than 32 bits can number.
    pub fn build(
        catalog: &Catalog,
        details: &Details,
        index: &Index,
        fold: Fold,
    ) -> Result<Self, TooLarge> {
        let tracks = &catalog.tracks;
        let count = tracks.ids.len();
        let mut formats = Different::default();
        let mut album_artists = Different::default();
        let mut added = Vec::with_capacity(count);
        for track in 0..count as u32 {
            let detail = details.get(track);
            formats.push(detail.track.format);
            album_artists.push(detail.track.album_artists);
            added.push(detail.file.map(|file| file.added_ns));
        }
        let album_artists =
            AlbumArtists::build(&album_artists.texts, &album_artists.of_tracks, fold)?;
        let (formats, format_names) = containers(&formats);
        let added = Ranks::new(count, |track| added[track as usize]).codes;
        let years = Ranks::new(count, |track| {
            tracks.years.get(track).filter(|&year| year != 0)
        });
        let (decades, first_years) = decades(&years.values);
        let known = Known {
            years: &years.codes,
            added: &added,
            albums: &tracks.albums,
            album_artists: &album_artists,
        };
        let owners = |of_tracks: &Vec<u32>, count| Owners {
            of_tracks: of_tracks.clone(),
            count,
        };
        let mut columns = Self {
            values: Values::default(),
            relations: Relations::build(&known, index)?,
            albums: owners(&tracks.albums, catalog.albums.ids.len()),
            artists: owners(&tracks.artists, catalog.artists.ids.len()),
            genres: owners(&tracks.genres, catalog.genres.ids.len()),
            album_artists,
            years,
            decades,
            first_years,
            added,
            formats,
            format_names,
        };
        columns.values = Values::build(&columns, index)?;
        Ok(columns)
    }

    /// How many tracks there are.
    pub fn tracks(&self) -> usize {
        self.years.codes.len()
    }

    /// The number of a track's album.
    ///
    /// # Panics
    /// There is no such track, as with all that follow.
    pub fn album(&self, track: u32) -> u32 {
        self.albums.of_tracks[track as usize]
    }

    /// The number of a track's artist.
    pub fn artist(&self, track: u32) -> u32 {
        self.artists.of_tracks[track as usize]
    }

    /// The number of a track's genre.
    pub fn genre(&self, track: u32) -> u32 {
        self.genres.of_tracks[track as usize]
    }

    /// The artists of an album's tracks, each once, ascending.
    pub fn artists_of_album(&self, album: u32) -> &[u32] {
        let lists = self.values.of(Collection::Albums, Facet::Artist);
        lists.map_or(&[], |lists| lists.get(album))
    }

    /// The album artists of an album's tracks, likewise.
    pub fn album_artists_of_album(&self, album: u32) -> &[u32] {
        let lists = self.values.of(Collection::Albums, Facet::AlbumArtist);
        lists.map_or(&[], |lists| lists.get(album))
    }

    /// The year of a track; of an album, artist or genre the earliest known of its tracks. A year 0 is
    /// unknown.
    pub fn year(&self, collection: Collection, number: u32) -> Option<i64> {
        let rank = self.year_rank(collection, number)?;
        Some(self.years.values[rank as usize - 1])
    }

    /// [`Columns::year`] as a number that grows with it, to order by.
    pub fn year_rank(&self, collection: Collection, number: u32) -> Option<u32> {
        let rank = match self.relations.of(collection) {
            Some(of) => of.years.get(number),
            None => self.years.codes.get(number),
        };
        Some(rank).filter(|&rank| rank > 0)
    }

    /// When a scan first saw a track, as a number that grows with it; of an album, artist or genre the
    /// latest of its tracks.
    pub fn added_rank(&self, collection: Collection, number: u32) -> Option<u32> {
        let rank = match self.relations.of(collection) {
            Some(of) => of.added.get(number),
            None => self.added.get(number),
        };
        Some(rank).filter(|&rank| rank > 0)
    }

    /// The memory that they take, in bytes.
    pub fn memory(&self) -> usize {
        let owners = [&self.albums, &self.artists, &self.genres];
        let owners = owners.map(|owners| size_of_val(&*owners.of_tracks));
        let years = self.years.codes.memory() + size_of_val(&*self.years.values);
        let decades = size_of_val(&*self.decades) + size_of_val(&*self.first_years);
        let formats = self.formats.memory() + size_of_val(&*self.format_names);
        let related = self.relations.memory() + self.values.memory() + self.album_artists.memory();
        let own = years + decades + formats + self.added.memory();
        owners.iter().sum::<usize>() + own + related
    }
}

/// The different texts of a column, numbered as they come, and which of them each track has.
#[derive(Default)]
struct Different<'a> {
    numbers: FxHashMap<&'a str, u32>,
    texts: Vec<&'a str>,
    /// One more than the number; 0 is none.
    of_tracks: Vec<u32>,
}

impl<'a> Different<'a> {
    fn push(&mut self, text: Option<&'a str>) {
        let number = text.map(|text| {
            *self.numbers.entry(text).or_insert_with(|| {
                self.texts.push(text);
                // No more than there are tracks.
                self.texts.len() as u32
            })
        });
        self.of_tracks.push(number.unwrap_or_default());
    }
}

/// The container of each track, and their names.
fn containers(formats: &Different<'_>) -> (Codes, Vec<String>) {
    let lowered: Vec<String> = formats.texts.iter().map(|text| lower(text)).collect();
    let mut names = lowered.clone();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| !name.is_empty());
    let mut code_of = vec![0];
    code_of.extend(lowered.iter().map(|name| {
        let place = names.binary_search(name);
        place.map_or(0, |place| place as u32 + 1)
    }));
    let of_tracks = &formats.of_tracks;
    let code = |track: u32| code_of[of_tracks[track as usize] as usize];
    let codes = Codes::new(of_tracks.len(), names.len() as u32, code);
    (codes, names)
}

/// The decade of each of some ascending years, by number, and the first year of each decade.
fn decades(years: &[i64]) -> (Vec<u32>, Vec<i128>) {
    let mut first_years: Vec<i128> = Vec::new();
    let decades = years.iter().map(|&year| {
        let first = i128::from(year).div_euclid(10) * 10;
        if first_years.last() != Some(&first) {
            first_years.push(first);
        }
        first_years.len() as u32 - 1
    });
    (decades.collect(), first_years)
}

#[cfg(test)]
mod model;

#[cfg(test)]
mod tests;
