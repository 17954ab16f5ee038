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

mod columns;

mod details;

use rayon::prelude::*;
use uuid::Uuid;

use columns::{Named, TrackColumns};

pub use columns::Columns;
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
        for (numbers, of) in [
            (&mut loaded.albums, album),
            (&mut loaded.artists, artist),
            (&mut loaded.genres, genre),
        ] {
            numbers
                .par_iter_mut()
                .for_each(|number| *number = of[*number as usize]);
        }
        Ok(Self {
            albums,
            artists,
            genres,
            tracks: Tracks::new(&loaded)?,
        })
    }
}

impl Field {
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

/// The members of a column whose numbers `order` holds, in that order.
fn gathered<T: Copy + Send + Sync>(column: &[T], order: &[u32]) -> Vec<T> {
    let gathered = order.par_iter().with_min_len(4096);
    gathered.map(|&at| column[at as usize]).collect()
}

impl Entities {
    /// Numbers them; also the new number of each by the one that it came with.
    fn new(loaded: &Named) -> Result<(Self, Vec<u32>), TooLarge> {
        let forms = &loaded.forms;
        // How a form begins decides most comparisons, without a look at the form itself.
        let mut keys: Vec<(u64, u32)> = (0..loaded.ids.len() as u32)
            .map(|at| (beginning(forms.get(at)), at))
            .collect();
        keys.par_sort_unstable_by(|&(a_key, a), &(b_key, b)| {
            a_key
                .cmp(&b_key)
                .then_with(|| forms.get(a).cmp(forms.get(b)))
                .then_with(|| loaded.ids[a as usize].cmp(&loaded.ids[b as usize]))
        });
        let order: Vec<u32> = keys.into_iter().map(|(_, at)| at).collect();
        let mut new = vec![0; order.len()];
        for (number, &at) in (0..).zip(&order) {
            new[at as usize] = number;
        }
        let entities = Self {
            ids: gathered(&loaded.ids, &order),
            names: reordered(&loaded.names, &order)?,
            forms: reordered(forms, &order)?,
        };
        Ok((entities, new))
    }
}

impl Tracks {
    fn new(loaded: &TrackColumns) -> Result<Self, TooLarge> {
        let order = default_order(loaded);
        let (titles, forms) = rayon::join(
            || reordered(&loaded.titles, &order),
            || reordered(&loaded.forms, &order),
        );
        Ok(Self {
            titles: titles?,
            forms: forms?,
            ids: gathered(&loaded.ids, &order),
            lengths: gathered(&loaded.lengths, &order),
            numbers: gathered(&loaded.numbers, &order),
            years: gathered(&loaded.years, &order),
            albums: gathered(&loaded.albums, &order),
            artists: gathered(&loaded.artists, &order),
            genres: gathered(&loaded.genres, &order),
        })
    }
}

/// The first eight bytes of a text as a number: where these differ, the texts are in the same order.
fn beginning(text: &str) -> u64 {
    let mut first = [0; 8];
    let length = text.len().min(first.len());
    first[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(first)
}

/// Disc and number on it as one number: where these differ, so do the pairs, and in the same order. Of what
/// does not fit the end of the range stands for all that is beyond.
fn place(disc: i64, number: Option<i64>) -> u32 {
    const DISCS: i64 = 0xfff;
    const NUMBERS: i64 = 0xf_ffff;
    let within = disc.clamp(-1, DISCS - 1);
    let number = match number {
        // What disc it is, is not said at either end: no number may decide there.
        _ if within != disc || within == -1 || within == DISCS - 1 => 0,
        None => 0,
        // An unknown number is before all others, so 1 is the least of these: all below 0.
        Some(number) => number.clamp(-1, NUMBERS - 2) + 2,
    };
    // Neither is negative or has more bits than there is room for.
    ((within + 1) as u32) << 20 | number as u32
}

/// The tracks in default order, by the numbers that they came with.
fn default_order(loaded: &TrackColumns) -> Vec<u32> {
    // Artist, album, disc and number decide most comparisons: as numbers beside the track's, without a
    // look at anything else.
    let on_album = |track: u32| {
        let at = track as usize;
        (loaded.discs[at].unwrap_or(0), loaded.numbers[at])
    };
    let mut keys: Vec<(u64, u32, u32)> = (0..loaded.ids.len() as u32)
        .into_par_iter()
        .map(|track| {
            let at = track as usize;
            let artist = u64::from(loaded.artists[at]) << 32;
            let (disc, number) = on_album(track);
            let album = artist | u64::from(loaded.albums[at]);
            (album, place(disc, number), track)
        })
        .collect();
    let forms = &loaded.forms;
    keys.par_sort_unstable_by(|&(a_album, a_place, a), &(b_album, b_place, b)| {
        (a_album, a_place)
            .cmp(&(b_album, b_place))
            .then_with(|| on_album(a).cmp(&on_album(b)))
            .then_with(|| forms.get(a).cmp(forms.get(b)))
            .then_with(|| loaded.ids[a as usize].cmp(&loaded.ids[b as usize]))
    });
    keys.into_par_iter().map(|(_, _, track)| track).collect()
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
    fn places_are_in_the_order_of_disc_and_number() {
        let some = [
            i64::MIN,
            -2,
            -1,
            0,
            1,
            2,
            4093,
            4094,
            4095,
            1 << 20,
            (1 << 20) - 4,
            (1 << 20) - 2,
            i64::MAX,
        ];
        let numbers = || some.into_iter().map(Some).chain([None]);
        let pairs: Vec<_> = some
            .into_iter()
            .flat_map(|disc| numbers().map(move |number| (disc, number)))
            .collect();
        for &a in &pairs {
            for &b in &pairs {
                let order = place(a.0, a.1).cmp(&place(b.0, b.1));
                assert!(order.is_eq() || order == a.cmp(&b), "{a:?} {b:?}");
            }
        }
        // What is common is told apart.
        assert!(place(1, None) < place(1, Some(0)) && place(1, Some(1)) < place(1, Some(2)));
    }

    #[test]
    fn beginnings_are_in_the_order_of_texts() {
        let texts = [
            "",
            "\0",
            "a",
            "a\0",
            "abcdefgh",
            "abcdefghi",
            "b",
            "é",
            "日本語",
        ];
        for a in texts {
            for b in texts {
                let order = beginning(a).cmp(&beginning(b));
                assert!(order.is_eq() || order == a.cmp(b), "{a:?} {b:?}");
            }
        }
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
        let catalog = sample.catalog();
        assert_eq!(titles(&catalog), ["kept"]);
        assert_eq!(catalog.tracks.ids.len(), 1);
        assert_eq!(catalog.albums.ids.len(), 1);
    }
}
