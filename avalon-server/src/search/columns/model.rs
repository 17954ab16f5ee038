//! Small libraries, and what search should know of them, found by a look at each track.

use std::collections::{BTreeMap, BTreeSet};

use avalon_core::database::{DetailRow, FileDetailRow};
use avalon_core::text::search_form;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::request::{Facet, Filters};
use super::*;
use crate::catalog::samples::{Sample, track};
use crate::catalog::{DetailsBuilder, Entities};

const NAMES: [&str; 6] = ["", "A", "a", "Á", "b", "B c"];

pub(super) const YEARS: [i64; 10] = [
    i64::MIN,
    -40_000,
    -5,
    0,
    9,
    1989,
    1990,
    1999,
    40_000,
    i64::MAX,
];

const ALBUM_ARTISTS: [&str; 9] = [
    r#"["A"]"#,
    r#"["a","B"]"#,
    r#"["B", "a", "a"]"#,
    r#"["Á","b"]"#,
    "Plain",
    "[1]",
    "[]",
    r#"[" ","b"]"#,
    " ",
];

const FORMATS: [&str; 4] = ["mp3", "FLAC", "flac", ""];

pub(super) const COLLECTIONS: [Collection; 4] = [
    Collection::Albums,
    Collection::Artists,
    Collection::Genres,
    Collection::Songs,
];

/// A track to be: names by number in [`NAMES`].
#[derive(Clone, Debug)]
pub(super) struct Made {
    names: [usize; 3],
    year: Option<i64>,
    album_artists: Option<&'static str>,
    format: Option<&'static str>,
    pub(super) added: Option<i64>,
}

fn made() -> impl Strategy<Value = Made> {
    let name = 0..NAMES.len();
    let details = (
        option::of(select(&ALBUM_ARTISTS)),
        option::of(select(&FORMATS)),
        option::of(-2..3_i64),
    );
    let names = [name.clone(), name.clone(), name];
    (names, option::of(select(&YEARS)), details).prop_map(
        |(names, year, (album_artists, format, added))| Made {
            names,
            year,
            album_artists,
            format,
            added,
        },
    )
}

pub(super) struct Library {
    pub(super) catalog: Catalog,
    pub(super) index: Index,
    pub(super) columns: Columns,
    /// By the numbers of the catalog.
    pub(super) tracks: Vec<Made>,
}

pub(super) fn library(all: &[Made]) -> Library {
    let mut sample = Sample::default();
    sample.album("without tracks");
    for (number, made) in all.iter().enumerate() {
        let [album, artist, genre] = made.names.map(|name| NAMES[name]);
        let new = track(&number.to_string()).on(album).by(artist).genre(genre);
        sample.add(new.year(made.year));
    }
    let catalog = sample.catalog();
    let mut tracks = Vec::new();
    let mut builder = DetailsBuilder::new(all.len(), false);
    for (number, title) in (0..).zip(catalog.tracks.titles.iter()) {
        let made = &all[title.parse::<usize>().unwrap()];
        if let Some(added_ns) = made.added {
            let file = FileDetailRow {
                added_ns,
                ..FileDetailRow::default()
            };
            builder.file(number, &file).unwrap();
        }
        let row = DetailRow {
            album_artists: made.album_artists.map(str::to_owned),
            format: made.format.map(str::to_owned),
            ..DetailRow::default()
        };
        builder.track(number, &row).unwrap();
        tracks.push(made.clone());
    }
    let index = Index::build(&catalog).unwrap();
    let columns = Columns::build(&catalog, &builder.finish(), &index, search_form).unwrap();
    Library {
        catalog,
        index,
        columns,
        tracks,
    }
}

impl Library {
    pub(super) fn entities(&self, collection: Collection) -> Option<(&Entities, &[u32])> {
        let tracks = &self.catalog.tracks;
        match collection {
            Collection::Albums => Some((&self.catalog.albums, &tracks.albums)),
            Collection::Artists => Some((&self.catalog.artists, &tracks.artists)),
            Collection::Genres => Some((&self.catalog.genres, &tracks.genres)),
            Collection::Songs => None,
        }
    }

    pub(super) fn numbers(&self) -> std::ops::Range<u32> {
        0..self.tracks.len() as u32
    }

    /// Whose a track is.
    pub(super) fn owner(&self, collection: Collection, track: u32) -> u32 {
        let entities = self.entities(collection);
        entities.map_or(track, |(_, of_tracks)| of_tracks[track as usize])
    }

    pub(super) fn name(&self, collection: Collection, number: u32) -> String {
        let (entities, _) = self.entities(collection).unwrap();
        entities.names.get(number).to_owned()
    }

    pub(super) fn album_artists(&self, track: u32) -> BTreeSet<String> {
        let names: &[&str] = match self.tracks[track as usize].album_artists {
            Some(r#"["A"]"#) => &["A"],
            Some(r#"["a","B"]"# | r#"["B", "a", "a"]"#) => &["a", "B"],
            Some(r#"["Á","b"]"#) => &["Á", "b"],
            Some(r#"[" ","b"]"#) => &["b"],
            Some("Plain") => &["Plain"],
            Some("[1]") => &["[1]"],
            _ => &[],
        };
        names.iter().map(|&name| name.to_owned()).collect()
    }

    pub(super) fn year(&self, track: u32) -> Option<i64> {
        self.tracks[track as usize].year.filter(|&year| year != 0)
    }

    fn format(&self, track: u32) -> Option<String> {
        let format = self.tracks[track as usize].format?;
        Some(format.to_lowercase()).filter(|format| !format.is_empty())
    }

    pub(super) fn passes(&self, track: u32, filters: &Filters<'_>) -> bool {
        let named = [
            (&filters.album, Collection::Albums),
            (&filters.artist, Collection::Artists),
            (&filters.genre, Collection::Genres),
        ];
        let with_id = [
            (filters.album_id, Collection::Albums),
            (filters.artist_id, Collection::Artists),
            (filters.genre_id, Collection::Genres),
        ];
        let has_name = |name: &str, of| lower(&self.name(of, self.owner(of, track))) == lower(name);
        let has_id = |id, of| {
            let (entities, of_tracks) = self.entities(of).unwrap();
            entities.ids[of_tracks[track as usize] as usize] == id
        };
        let by_album_artist = |name: &str| {
            let names = self.album_artists(track);
            names
                .iter()
                .any(|other| search_form(other) == search_form(name))
        };
        let year = self.year(track);
        named
            .iter()
            .all(|(name, of)| name.as_deref().is_none_or(|name| has_name(name, *of)))
            && with_id
                .iter()
                .all(|(id, of)| id.is_none_or(|id| has_id(id, *of)))
            && filters.album_artist.as_deref().is_none_or(by_album_artist)
            && filters.year.is_none_or(|years| {
                year.is_some_and(|year| years.first <= year && year <= years.last)
            })
            && filters.decade.is_none_or(|decade| {
                year.is_some_and(|year| year.div_euclid(10) == decade.div_euclid(10))
            })
            && filters
                .format
                .as_deref()
                .is_none_or(|format| self.format(track) == Some(format.to_lowercase()))
    }

    /// The values of a facet that a track has, to be sorted with what they are.
    fn values(&self, track: u32, facet: Facet) -> Vec<(i128, String)> {
        let of_owner = |of| {
            let number = self.owner(of, track);
            vec![(number.into(), self.name(of, number))]
        };
        match facet {
            Facet::Genre => of_owner(Collection::Genres),
            Facet::Artist => of_owner(Collection::Artists),
            Facet::AlbumArtist => {
                let mut all: Vec<String> =
                    self.numbers().flat_map(|n| self.album_artists(n)).collect();
                all.sort_by_key(|name| (search_form(name), name.clone()));
                all.dedup();
                let place = |name: &String| all.iter().position(|other| other == name).unwrap();
                let names = self.album_artists(track).into_iter();
                names.map(|name| (place(&name) as i128, name)).collect()
            }
            Facet::Decade => {
                let decade = |year: i64| i128::from(year).div_euclid(10) * 10;
                let decades = self.year(track).map(decade).into_iter();
                decades.map(|decade| (decade, decade.to_string())).collect()
            }
            Facet::Format => self
                .format(track)
                .into_iter()
                .map(|format| (0, format))
                .collect(),
        }
    }

    pub(super) fn counts(
        &self,
        facet: Facet,
        collection: Collection,
        results: &[u32],
        passing: Option<&[u32]>,
    ) -> Vec<(String, usize)> {
        let mut having: BTreeMap<(i128, String), BTreeSet<u32>> = BTreeMap::new();
        for track in self.numbers() {
            let owner = self.owner(collection, track);
            if results.contains(&owner) && passing.is_none_or(|passing| passing.contains(&track)) {
                for value in self.values(track, facet) {
                    having.entry(value).or_default().insert(owner);
                }
            }
        }
        let mut counts: Vec<(String, usize)> = having
            .into_iter()
            .map(|((_, name), of)| (name, of.len()))
            .collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }
}

/// The tracks of a library to be.
pub(super) fn tracks() -> impl Strategy<Value = Vec<Made>> {
    prop::collection::vec(made(), 0..90)
}
