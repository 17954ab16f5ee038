//! What searches of a small library should find, by a look at each of its names and tracks.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::made::{Made, MadeLibrary};
use super::model::{Asked, Name};
use super::{ARTICLES, Library};
use crate::catalog::Collection;
use crate::search::syntax::{Parsed, What};
use crate::search::text::{Analysis, Class, analyze};
use crate::search::{Facet, Filters, Hit, NameField, Request, SearchOrder, Years};

/// Other spellings are looked for where a type and songs have fewer results.
const FEW: usize = 20;

pub(super) const COLLECTIONS: [Collection; 4] = [
    Collection::Artists,
    Collection::Albums,
    Collection::Songs,
    Collection::Genres,
];

/// A small library, seen name by name.
pub(super) struct Naive {
    pub(super) library: Library,
    tracks: Vec<Made>,
    /// The names of each element of each of [`COLLECTIONS`].
    names: [Vec<Vec<(NameField, Name)>>; 4],
}

/// What a search finds of one type.
pub(super) struct Expected {
    pub(super) numbers: Vec<u32>,
    /// Whether it has no result for what was typed, but some for another spelling.
    pub(super) is_corrected: bool,
}

impl Naive {
    pub(super) fn of(made: &MadeLibrary) -> Self {
        let (library, tracks) = made.build();
        let mut naive = Self {
            library,
            tracks,
            names: Default::default(),
        };
        naive.names = COLLECTIONS.map(|collection| {
            let count = naive.count(collection);
            (0..count)
                .map(|number| naive.names_of(collection, number))
                .collect()
        });
        naive
    }

    fn count(&self, collection: Collection) -> u32 {
        let catalog = &self.library.catalog;
        let count = match collection {
            Collection::Songs => catalog.tracks.ids.len(),
            Collection::Albums => catalog.albums.ids.len(),
            Collection::Artists => catalog.artists.ids.len(),
            Collection::Genres => catalog.genres.ids.len(),
        };
        count as u32
    }

    /// Whose a track is.
    fn owner(&self, collection: Collection, track: usize) -> u32 {
        let tracks = &self.library.catalog.tracks;
        match collection {
            Collection::Songs => track as u32,
            Collection::Albums => tracks.albums[track],
            Collection::Artists => tracks.artists[track],
            Collection::Genres => tracks.genres[track],
        }
    }

    fn names_of(&self, collection: Collection, number: u32) -> Vec<(NameField, Name)> {
        let own = super::own(collection);
        let mut names = BTreeSet::from([(own, self.library.name(own, number))]);
        for (at, made) in self.tracks.iter().enumerate() {
            if self.owner(collection, at) != number {
                continue;
            }
            if matches!(collection, Collection::Songs | Collection::Albums) {
                names.insert((NameField::Artist, made.artist.clone()));
                let of_albums = made.album_artists.iter().cloned();
                names.extend(of_albums.map(|name| (NameField::AlbumArtist, name)));
            }
            if collection == Collection::Songs {
                names.insert((NameField::Album, made.album.clone()));
                names.insert((NameField::Genre, made.genre.clone()));
            }
        }
        names
            .into_iter()
            .map(|(field, name)| (field, Name::of(&name)))
            .collect()
    }

    /// The tracks that pass filters and years.
    fn passing(&self, filters: &Filters<'_>, parsed: &Parsed) -> BTreeSet<usize> {
        let within = |made: &Made, years: Years| {
            let year = made.year.filter(|&year| year != 0);
            year.is_some_and(|year| years.first <= year && year <= years.last)
        };
        let passes = |made: &Made| {
            let lower = |name: &str| name.to_lowercase();
            let is = |filter: &Option<Cow<'_, str>>, name: &str| {
                filter
                    .as_deref()
                    .is_none_or(|filter| lower(filter) == lower(name))
            };
            let by_album_artist = |filter: &str| {
                let mut names = made.album_artists.iter();
                names.any(|name| folded(name) == folded(filter))
            };
            is(&filters.artist, &made.artist)
                && is(&filters.genre, &made.genre)
                && filters.album_artist.as_deref().is_none_or(by_album_artist)
                && filters.year.is_none_or(|years| within(made, years))
                && is(&filters.format, made.format.unwrap_or("none"))
                && parsed.clauses.iter().all(|clause| match clause.what {
                    What::Years(years) => within(made, years) != clause.excluded,
                    _ => true,
                })
        };
        let tracks = self.tracks.iter().enumerate();
        tracks
            .filter(|(_, made)| passes(made))
            .map(|(at, _)| at)
            .collect()
    }

    pub(super) fn expected(&self, collection: Collection, request: &Request<'_>) -> Expected {
        let parsed = Parsed::of(&request.q, false).unwrap();
        let asked = Asked::of(&parsed, &ARTICLES);
        let years = |what: &What| matches!(what, What::Years(_));
        let mut clauses = parsed.clauses.iter();
        let asks = !asked.wanted.is_empty()
            || clauses.any(|clause| clause.excluded || years(&clause.what));
        let is_filtered = request.filters != Filters::default()
            || parsed.clauses.iter().any(|clause| years(&clause.what));
        let passing = self.passing(&request.filters, &parsed);
        let found = |collection, forgiving| -> Vec<u32> {
            let owners: BTreeSet<u32> = passing
                .iter()
                .map(|&track| self.owner(collection, track))
                .collect();
            let place = COLLECTIONS.iter().position(|&it| it == collection).unwrap();
            let names = (0..).zip(&self.names[place]);
            names
                .filter(|(number, names)| {
                    asks && (!is_filtered || owners.contains(number))
                        && asked.finds(names, forgiving)
                })
                .map(|(number, _)| number)
                .collect()
        };
        let typed = found(collection, false);
        let is_enough = match request.order {
            SearchOrder::Relevance => {
                typed.len() >= FEW || found(Collection::Songs, false).len() >= FEW
            }
            _ => !typed.is_empty(),
        };
        if is_enough || asked.wanted.is_empty() {
            return Expected {
                numbers: typed,
                is_corrected: false,
            };
        }
        let numbers = found(collection, true);
        Expected {
            is_corrected: typed.is_empty() && !numbers.is_empty(),
            numbers,
        }
    }

    /// How many results have each value.
    pub(super) fn counts(
        &self,
        facet: Facet,
        collection: Collection,
        results: &[u32],
        request: &Request<'_>,
    ) -> BTreeMap<String, usize> {
        let parsed = Parsed::of(&request.q, false).unwrap();
        let mut having: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        for track in self.passing(&request.filters, &parsed) {
            let owner = self.owner(collection, track);
            let made = &self.tracks[track];
            let values = match facet {
                Facet::Genre => vec![made.genre.clone()],
                Facet::Artist => vec![made.artist.clone()],
                Facet::AlbumArtist => made.album_artists.clone(),
                Facet::Decade => {
                    let year = made.year.filter(|&year| year != 0);
                    year.map(|year| (year / 10 * 10).to_string())
                        .into_iter()
                        .collect()
                }
                Facet::Format => made.format.map(str::to_lowercase).into_iter().collect(),
            };
            if results.contains(&owner) {
                for value in values {
                    having.entry(value).or_default().insert(owner);
                }
            }
        }
        having
            .into_iter()
            .map(|(value, of)| (value, of.len()))
            .collect()
    }

    /// Results, ascending, in an order other than by relevance.
    pub(super) fn ordered(
        &self,
        collection: Collection,
        results: &[u32],
        request: &Request<'_>,
    ) -> Vec<u32> {
        let directed = |order: Ordering| match request.descending {
            true => order.reverse(),
            false => order,
        };
        let by_name = |one: u32, other: u32| match collection {
            Collection::Songs => {
                let title = |number: u32| self.tracks[number as usize].title.chars();
                title(one).cmp(title(other))
            }
            _ => one.cmp(&other),
        };
        let year = |number: u32| {
            let tracks = self.tracks.iter().enumerate();
            let of = tracks.filter(|(at, _)| self.owner(collection, *at) == number);
            of.filter_map(|(_, made)| made.year.filter(|&year| year != 0))
                .min()
        };
        let mut ordered = results.to_vec();
        ordered.sort_by(|&one, &other| match request.order {
            SearchOrder::Name => directed(by_name(one, other)),
            SearchOrder::Year => match (year(one), year(other)) {
                (Some(one), Some(other)) => directed(one.cmp(&other)),
                // Unknown last.
                (one, other) => other.is_some().cmp(&one.is_some()),
            },
            SearchOrder::Relevance | SearchOrder::Added => Ordering::Equal,
        });
        ordered
    }

    /// Whether two songs have the same names throughout.
    pub(super) fn are_alike(&self, one: u32, other: u32) -> bool {
        let names = |number: u32| {
            let made = &self.tracks[number as usize];
            let artists = (&made.artist, &made.album_artists);
            (&made.title, artists, &made.album, &made.genre)
        };
        names(one) == names(other)
    }

    /// All pages of one type, put together.
    pub(super) fn pages(
        &self,
        request: &Request<'_>,
        collection: Collection,
        limit: usize,
    ) -> Vec<Hit> {
        let mut hits = Vec::new();
        loop {
            let page = self.library.run(&Request {
                types: vec![collection],
                offset: hits.len(),
                limit,
                facets: Vec::new(),
                ..request.clone()
            });
            let page = page.types.into_iter().next().unwrap().hits;
            let is_last = page.len() < limit;
            hits.extend(page);
            if is_last {
                return hits;
            }
        }
    }
}

/// Words, each with a space behind it.
fn folded(name: &str) -> String {
    let mut analysis = Analysis::default();
    analyze(name, &mut analysis);
    let words = analysis
        .tokens
        .iter()
        .filter(|token| token.class == Class::Word);
    words
        .map(|token| format!("{} ", analysis.text(token)))
        .collect()
}
