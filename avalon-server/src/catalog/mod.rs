//! The catalog: the library joined, numbered and ordered, immutable from then on.
//!
//! In: [`Rows`] as they were loaded. Out: albums, artists and genres numbered by (search form of
//! name, id), and tracks numbered by (artist, album, disc, track, search form of name, id): the
//! default order of every answer (contract, D8), so that a list of ascending numbers is in order,
//! and the tracks of an artist are one range.
//!
//! What stays true: a NULL name is `""`, a NULL number stays unknown, and a track whose album,
//! artist or genre is NULL or dangling is not there, as in the original (D10).

mod texts;

mod details;

use avalon_core::database::{Rows, TrackRow};
use avalon_core::text::search_form;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use uuid::Uuid;

pub use details::{Detail, Details, DetailsBuilder};
pub use texts::{Texts, TooLarge, number};

/// The four lists that the API has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    /// Albums, by id and name.
    Albums,
    /// Artists, by id and name.
    Artists,
    /// Genres, by id and name.
    Genres,
    /// Tracks, with their album, artist and genre.
    Songs,
}

/// The whole library.
#[derive(Debug, Default)]
pub struct Catalog {
    /// Every album, whether it has tracks or not.
    pub albums: Entities,
    /// Every artist, whether they have tracks or not.
    pub artists: Entities,
    /// Every genre, whether it has tracks or not.
    pub genres: Entities,
    /// Every visible track.
    pub tracks: Tracks,
}

/// Albums, artists or genres, by number.
#[derive(Debug, Default)]
pub struct Entities {
    /// The id of each.
    pub ids: Vec<Uuid>,
    /// The name of each, as the tags spell it.
    pub names: Texts,
}

/// The columns of the tracks, by number.
#[derive(Debug, Default)]
pub struct Tracks {
    /// The id of each.
    pub ids: Vec<Uuid>,
    /// The title of each, as the tags spell it.
    pub titles: Texts,
    /// Whole seconds.
    pub lengths: Vec<Option<i64>>,
    /// Number on the disc.
    pub numbers: Vec<Option<i64>>,
    /// Year of the recording.
    pub years: Vec<Option<i64>>,
    /// The number of its album in [`Catalog::albums`].
    pub albums: Vec<u32>,
    /// The number of its artist in [`Catalog::artists`].
    pub artists: Vec<u32>,
    /// The number of its genre in [`Catalog::genres`].
    pub genres: Vec<u32>,
}

impl Catalog {
    /// Joins and numbers the rows.
    ///
    /// # Errors
    /// There are more rows, or longer names, than 32 bits can number.
    pub fn new(rows: Rows) -> Result<Self, TooLarge> {
        let albums = rows.albums.into_iter().map(|row| (row.id.0, row.name));
        let artists = rows.artists.into_iter().map(|row| (row.id.0, row.name));
        let genres = rows.genres.into_iter().map(|row| (row.id.0, row.name));
        let albums = Entities::new(albums.collect())?;
        let artists = Entities::new(artists.collect())?;
        let genres = Entities::new(genres.collect())?;
        let tracks = Tracks::new(&rows.tracks, &albums, &artists, &genres)?;
        Ok(Self {
            albums,
            artists,
            genres,
            tracks,
        })
    }

    /// How many elements a collection has.
    pub fn len(&self, collection: Collection) -> usize {
        match collection {
            Collection::Albums => self.albums.ids.len(),
            Collection::Artists => self.artists.ids.len(),
            Collection::Genres => self.genres.ids.len(),
            Collection::Songs => self.tracks.ids.len(),
        }
    }
}

impl Entities {
    fn new(named: Vec<(Uuid, Option<String>)>) -> Result<Self, TooLarge> {
        number(named.len(), "albums, artists or genres")?;
        let mut sorted: Vec<(String, Uuid, String)> = named
            .into_par_iter()
            .map(|(id, name)| {
                let name = name.unwrap_or_default();
                (search_form(&name), id, name)
            })
            .collect();
        sorted.par_sort_unstable();
        Ok(Self {
            ids: sorted.iter().map(|&(_, id, _)| id).collect(),
            names: Texts::collect(sorted.iter().map(|(_, _, name)| name.as_str()))?,
        })
    }

    fn numbers(&self) -> FxHashMap<Uuid, u32> {
        self.ids.iter().copied().zip(0..).collect()
    }
}

/// What places a track in the default order, then its row.
type Place<'a> = (u32, u32, i64, Option<i64>, String, Uuid, &'a TrackRow, u32);

impl Tracks {
    fn new(
        rows: &[TrackRow],
        albums: &Entities,
        artists: &Entities,
        genres: &Entities,
    ) -> Result<Self, TooLarge> {
        number(rows.len(), "tracks")?;
        let (albums, artists, genres) = (albums.numbers(), artists.numbers(), genres.numbers());
        let mut places: Vec<Place> = rows
            .par_iter()
            .filter_map(|row| {
                Some((
                    *artists.get(&row.artist_id?.0)?,
                    *albums.get(&row.album_id?.0)?,
                    row.disc.unwrap_or(0),
                    row.track,
                    search_form(row.name.as_deref().unwrap_or_default()),
                    row.id.0,
                    row,
                    *genres.get(&row.genre_id?.0)?,
                ))
            })
            .collect();
        places.par_sort_unstable_by(|a, b| {
            (a.0, a.1, a.2, a.3, &a.4, a.5).cmp(&(b.0, b.1, b.2, b.3, &b.4, b.5))
        });
        let titles = places
            .iter()
            .map(|place| place.6.name.as_deref().unwrap_or_default());
        Ok(Self {
            titles: Texts::collect(titles)?,
            ids: places.iter().map(|place| place.5).collect(),
            lengths: places.iter().map(|place| place.6.length).collect(),
            numbers: places.iter().map(|place| place.3).collect(),
            years: places.iter().map(|place| place.6.year).collect(),
            albums: places.iter().map(|place| place.1).collect(),
            artists: places.iter().map(|place| place.0).collect(),
            genres: places.iter().map(|place| place.7).collect(),
        })
    }
}

#[cfg(test)]
pub(crate) mod samples;

#[cfg(test)]
mod tests {
    use super::samples::{Sample, track};
    use super::*;

    fn titles(catalog: &Catalog) -> Vec<&str> {
        catalog.tracks.titles.iter().collect()
    }

    #[test]
    fn entities_are_ordered_by_search_form_then_id() {
        let mut sample = Sample::default();
        for name in ["b", "Ä", "  a", "Z", "A", "é\u{301}", ""] {
            sample.album(name);
        }
        let catalog = Catalog::new(sample.rows).unwrap();
        let names: Vec<&str> = catalog.albums.names.iter().collect();
        // "Ä", "  a" and "A" have one search form: their ids decide.
        let mut equal = ["Ä", "  a", "A"];
        equal.sort_by_key(|name| avalon_core::ids::AlbumId::of(name).0);
        assert_eq!(names[0], "");
        assert_eq!(names[1..4], equal);
        assert_eq!(names[4..], ["b", "é\u{301}", "Z"]);
    }

    #[test]
    fn tracks_are_ordered_by_artist_album_disc_number_title_and_id() {
        let mut sample = Sample::default();
        for (title, artist, album, disc, number) in [
            ("i", "Zoo", "A", None, Some(1)),
            ("h", "ábc", "B", None, Some(1)),
            ("g", "abc", "a", Some(2), Some(1)),
            ("f", "abc", "a", Some(1), Some(1)),
            ("Éb", "abc", "a", None, Some(7)),
            ("ec", "abc", "a", Some(0), Some(7)),
            ("Ea", "abc", "a", None, Some(7)),
            ("d", "abc", "a", None, Some(2)),
            ("c", "abc", "a", None, Some(0)),
            ("b", "abc", "a", None, Some(-1)),
            ("a", "abc", "a", None, None),
        ] {
            sample.add(track(title).by(artist).on(album).disc(disc).number(number));
        }
        let catalog = Catalog::new(sample.rows).unwrap();
        let abc: Vec<&str> = titles(&catalog)
            .into_iter()
            .filter(|title| !matches!(*title, "h" | "i"))
            .collect();
        assert_eq!(abc, ["a", "b", "c", "d", "Ea", "Éb", "ec", "f", "g"]);
        assert_eq!(titles(&catalog).last(), Some(&"i"));
    }

    #[test]
    fn null_names_are_empty_and_null_numbers_unknown() {
        let mut sample = Sample::default();
        sample.add(track("x"));
        let row = &mut sample.rows.tracks[0];
        (row.name, row.length, row.track, row.year) = (None, None, None, None);
        sample.rows.albums[0].name = None;
        let catalog = Catalog::new(sample.rows).unwrap();
        assert_eq!(titles(&catalog), [""]);
        assert_eq!(catalog.albums.names.get(0), "");
        assert_eq!(
            (
                catalog.tracks.lengths[0],
                catalog.tracks.numbers[0],
                catalog.tracks.years[0]
            ),
            (None, None, None)
        );
    }

    #[test]
    fn tracks_without_album_artist_or_genre_are_invisible() {
        let mut sample = Sample::default();
        for title in ["kept", "a", "b", "c", "d", "e", "f"] {
            sample.add(track(title));
        }
        let nowhere = Uuid::from_u128(1);
        let rows = &mut sample.rows.tracks;
        rows[1].album_id = None;
        rows[2].artist_id = None;
        rows[3].genre_id = None;
        rows[4].album_id = Some(nowhere.into());
        rows[5].artist_id = Some(nowhere.into());
        rows[6].genre_id = Some(nowhere.into());
        let catalog = Catalog::new(sample.rows).unwrap();
        assert_eq!(titles(&catalog), ["kept"]);
        assert_eq!(catalog.len(Collection::Songs), 1);
        assert_eq!(catalog.len(Collection::Albums), 1);
    }
}
