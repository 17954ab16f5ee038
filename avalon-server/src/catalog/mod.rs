//! The catalog: the library joined, numbered and ordered, immutable from then on.
//!
//! In: [`Columns`] as they were loaded. Out: albums, artists and genres numbered by (search form of
//! name, id), and tracks numbered by (artist, album, disc, track, search form of name, id): the
//! default order of every answer (contract, D8), so that a list of ascending numbers is in order,
//! and the tracks of an artist are one range. Index and rendered answers are made of it; then it has
//! served.
//!
//! What stays true: a NULL name is `""`, a NULL number stays unknown, and a track whose album,
//! artist or genre is NULL or dangling is not there, as in the original (D10).

mod texts;

mod numbers;

mod columns;

mod orders;

mod details;

use avalon_core::text::append_search_form;
use uuid::Uuid;

use columns::{LoadedTracks, Named, TrackColumns};
use numbers::gathered;
use orders::{default_order, order_of_names};

pub use columns::Columns;
pub use details::{Detail, DetailField, Details, DetailsBuilder};
pub use numbers::Numbers;
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

/// What results may be ordered by: the fields that they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `album`, of songs.
    Album,
    /// `album_id`, of songs.
    AlbumId,
    /// `artist`, of songs.
    Artist,
    /// `artist_id`, of songs.
    ArtistId,
    /// `genre`, of songs.
    Genre,
    /// `genre_id`, of songs.
    GenreId,
    /// `id`.
    Id,
    /// `length`, of songs.
    Length,
    /// `name`.
    Name,
    /// `track`, of songs.
    Track,
    /// `year`, of songs.
    Year,
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
    /// The search form of each name.
    pub forms: Texts,
}

/// The columns of the tracks, by number.
#[derive(Debug, Default)]
pub struct Tracks {
    /// The id of each.
    pub ids: Vec<Uuid>,
    /// The title of each, as the tags spell it.
    pub titles: Texts,
    /// The search form of each title.
    pub forms: Texts,
    /// Whole seconds.
    pub lengths: Numbers,
    /// Number on the disc.
    pub numbers: Numbers,
    /// Year of the recording.
    pub years: Numbers,
    /// The number of its album in [`Catalog::albums`].
    pub albums: Vec<u32>,
    /// The number of its artist in [`Catalog::artists`].
    pub artists: Vec<u32>,
    /// The number of its genre in [`Catalog::genres`].
    pub genres: Vec<u32>,
}

impl Catalog {
    /// Numbers what was loaded, on all cores of the current pool of threads.
    ///
    /// # Errors
    /// There are more rows, or longer names, than 32 bits can number.
    pub fn new(columns: Columns) -> Result<Self, TooLarge> {
        if let Some(error) = columns.too_large {
            return Err(error);
        }
        let (albums, (artists, genres)) = rayon::join(
            || Entities::new(&columns.albums),
            || {
                rayon::join(
                    || Entities::new(&columns.artists),
                    || Entities::new(&columns.genres),
                )
            },
        );
        let ((albums, album), (artists, artist), (genres, genre)) = (albums?, artists?, genres?);
        let mut loaded = columns.tracks;
        loaded.renumber_owners(&album, &artist, &genre);
        Ok(Self {
            albums,
            artists,
            genres,
            tracks: Tracks::new(&loaded)?,
        })
    }
}

impl Collection {
    /// All of them, in the order in which searches answer unless they say otherwise.
    pub const ALL: [Self; 4] = [Self::Artists, Self::Albums, Self::Songs, Self::Genres];

    /// Its name in paths, parameters and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Albums => "albums",
            Self::Artists => "artists",
            Self::Genres => "genres",
            Self::Songs => "songs",
        }
    }
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Album,
        Self::AlbumId,
        Self::Artist,
        Self::ArtistId,
        Self::Genre,
        Self::GenreId,
        Self::Id,
        Self::Length,
        Self::Name,
        Self::Track,
        Self::Year,
    ];

    /// The field of that name, if the elements of the collection have it.
    pub fn of(collection: Collection, name: &str) -> Option<Self> {
        let of_songs = collection == Collection::Songs;
        match name {
            "id" => Some(Self::Id),
            "name" => Some(Self::Name),
            "album" if of_songs => Some(Self::Album),
            "album_id" if of_songs => Some(Self::AlbumId),
            "artist" if of_songs => Some(Self::Artist),
            "artist_id" if of_songs => Some(Self::ArtistId),
            "genre" if of_songs => Some(Self::Genre),
            "genre_id" if of_songs => Some(Self::GenreId),
            "length" if of_songs => Some(Self::Length),
            "track" if of_songs => Some(Self::Track),
            "year" if of_songs => Some(Self::Year),
            _ => None,
        }
    }
}

/// The texts whose numbers `order` holds, numbered anew in that order.
fn reordered(texts: &Texts, order: &[u32]) -> Result<Texts, TooLarge> {
    Texts::build(order.len(), |number, out| {
        out.push_str(texts.get(order[number as usize]));
    })
}

/// The search form of each text.
fn forms_of(texts: &Texts) -> Result<Texts, TooLarge> {
    Texts::build(texts.len(), |number, out| {
        append_search_form(texts.get(number), out);
    })
}

impl Entities {
    /// Numbers them; also the new number of each by the one that it came with.
    fn new(loaded: &Named) -> Result<(Self, Vec<u32>), TooLarge> {
        let forms = forms_of(&loaded.names)?;
        let order = order_of_names(loaded, &forms);
        let mut new = vec![0; order.len()];
        for (number, &at) in (0..).zip(&order) {
            new[at as usize] = number;
        }
        let entities = Self {
            ids: gathered(&order, |&at| loaded.ids[at as usize]),
            names: reordered(&loaded.names, &order)?,
            forms: reordered(&forms, &order)?,
        };
        Ok((entities, new))
    }
}

impl Tracks {
    fn new(loaded: &LoadedTracks) -> Result<Self, TooLarge> {
        let order = default_order(loaded)?;
        let texts = || {
            let titles = Texts::build(order.len(), |number, out| {
                let (columns, at) = loaded.find(order[number as usize]);
                out.push_str(columns.titles.get(at));
            })?;
            let forms = forms_of(&titles)?;
            Ok((titles, forms))
        };
        let owners = |of: fn(&TrackColumns) -> &[u32]| {
            gathered(&order, move |&number| {
                let (columns, at) = loaded.find(number);
                of(columns)[at as usize]
            })
        };
        let numbers = |of: fn(&TrackColumns) -> &Numbers| {
            Numbers::gathered(&order, move |&number| {
                let (columns, at) = loaded.find(number);
                of(columns).get(at)
            })
        };
        let ids = || {
            gathered(&order, |&number| {
                let (columns, at) = loaded.find(number);
                columns.ids[at as usize]
            })
        };
        let others = || Self {
            ids: ids(),
            lengths: numbers(|columns| &columns.lengths),
            numbers: numbers(|columns| &columns.numbers),
            years: numbers(|columns| &columns.years),
            albums: owners(|columns| &columns.albums),
            artists: owners(|columns| &columns.artists),
            genres: owners(|columns| &columns.genres),
            ..Self::default()
        };
        // Texts end by being put together, which is one thread's work.
        let (texts, others) = rayon::join(texts, others);
        let (titles, forms) = texts?;
        Ok(Self {
            titles,
            forms,
            ..others
        })
    }
}

#[cfg(test)]
pub(crate) mod samples;

#[cfg(test)]
mod tests {
    use super::samples::{Sample, columns_by_turns, track};
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
        let catalog = sample.catalog();
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
        let catalog = sample.catalog();
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
        let catalog = sample.catalog();
        assert_eq!(titles(&catalog), [""]);
        assert_eq!(catalog.albums.names.get(0), "");
        assert_eq!(
            (
                catalog.tracks.lengths.get(0),
                catalog.tracks.numbers.get(0),
                catalog.tracks.years.get(0)
            ),
            (None, None, None)
        );
    }

    /// All that a catalog holds.
    fn told(catalog: &Catalog) -> Vec<String> {
        let kinds = [&catalog.albums, &catalog.artists, &catalog.genres];
        let names = kinds.into_iter().flat_map(|kind| {
            let texts = kind.names.iter().zip(kind.forms.iter());
            kind.ids.iter().zip(texts).map(|row| format!("{row:?}"))
        });
        let tracks = &catalog.tracks;
        let of_tracks = (0..tracks.ids.len() as u32).map(|track| {
            let at = track as usize;
            let texts = (tracks.titles.get(track), tracks.forms.get(track));
            let numbers = [&tracks.lengths, &tracks.numbers, &tracks.years];
            let numbers = numbers.map(|numbers| numbers.get(track));
            let owners = [&tracks.albums, &tracks.artists, &tracks.genres];
            let owners = owners.map(|owners| owners[at]);
            format!("{} {texts:?} {numbers:?} {owners:?}", tracks.ids[at])
        });
        names.chain(of_tracks).collect()
    }

    #[test]
    fn it_is_the_same_whoever_loads_what_and_in_whatever_order_it_comes() {
        let mut sample = Sample::default();
        sample.add(track("alone"));
        for rows in 1..3 {
            for title in ["Éa", "eA", "b", "B ", "c"] {
                for disc in [None, Some(0), Some(4094), Some(4095), Some(1 << 33)] {
                    for number in [None, Some(3), Some(1 << 20), Some(i64::MIN)] {
                        let on = track(title).by(&format!("Artist {}", title.len()));
                        let on = on.on(&format!("Album {rows}")).disc(disc).number(number);
                        let year = number.map(|number| number.wrapping_sub(1));
                        sample.add(on.year(year).length(disc.map(|disc| -disc)));
                    }
                }
            }
            let catalog = sample.catalog();
            let by_turns = Catalog::new(columns_by_turns(&sample.rows)).unwrap();
            assert_eq!(told(&by_turns), told(&catalog));
            // One id twice, and tracks that are not there.
            let tracks = &mut sample.rows.tracks;
            tracks[5].id = tracks[6].id;
            tracks[7].id = tracks[8].id;
            (tracks[7].name, tracks[8].name) = (Some("Ä".to_owned()), Some("a".to_owned()));
            (tracks[7].track, tracks[7].disc) = (tracks[8].track, tracks[8].disc);
            tracks[10].genre_id = None;
            tracks[11].album_id = Some(Uuid::from_u128(1).into());
            let catalog = sample.catalog();
            assert_eq!(sample.columns().invisible(), 2);
            let mut orders = [sample.rows.clone(), sample.rows.clone()];
            orders[1].tracks.reverse();
            orders[1].artists.reverse();
            for rows in &orders {
                let by_turns = columns_by_turns(rows);
                assert_eq!(by_turns.invisible(), 2);
                assert_eq!(told(&Catalog::new(by_turns).unwrap()), told(&catalog));
                assert_eq!(told(&samples::catalog(rows)), told(&catalog));
            }
        }
    }

    #[test]
    fn tracks_that_nothing_else_tells_apart_are_ordered_by_id() {
        let mut sample = Sample::default();
        for _ in 0..9 {
            sample.add(track("Same").disc(Some(5000)).number(Some(1)));
        }
        assert!(sample.catalog().tracks.ids.is_sorted());
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
        let catalog = sample.catalog();
        assert_eq!(titles(&catalog), ["kept"]);
        assert_eq!(catalog.tracks.ids.len(), 1);
        assert_eq!(catalog.albums.ids.len(), 1);
    }
}
