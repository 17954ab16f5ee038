//! Searches over small libraries, end to end but for HTTP.

mod pairs;

mod ranking;

mod model;

mod made;

mod naive;

mod properties;

mod highlights;

mod found;

use std::borrow::Cow;

use super::common::Common;
use super::sets::Sets;
use super::{Filters, Found, NameField, Request, Search, SearchOrder, Suggested, Suggestions};
use crate::catalog::samples::Sample;
use crate::catalog::{Catalog, Collection, Details};
use crate::index::Index;

/// A library that can be searched.
struct Library {
    catalog: Catalog,
    index: Index,
    search: Search,
    suggestions: Suggestions,
}

const ARTICLES: [&str; 12] = [
    "the", "a", "an", "le", "les", "la", "l", "los", "die", "el", "i", "o",
];

impl Library {
    fn of(sample: &Sample) -> Self {
        Self::with_details(sample, &Details::default())
    }

    fn with_details(sample: &Sample, details: &Details) -> Self {
        let catalog = sample.catalog();
        let index = Index::build(&catalog).unwrap();
        let articles = ARTICLES.map(str::to_owned);
        // What leads to more than one name is ready-made, as it is of a large library.
        let common = |sets: &Sets<'_>| Common::of(sets, 1);
        let search = Search::with_common(&catalog, details, &index, &articles, common).unwrap();
        let suggestions = Suggestions::build(&search, &index);
        Self {
            catalog,
            index,
            search,
            suggestions,
        }
    }

    fn name(&self, field: NameField, number: u32) -> String {
        let names = match field {
            NameField::Title => &self.catalog.tracks.titles,
            NameField::Artist => &self.catalog.artists.names,
            NameField::Album => &self.catalog.albums.names,
            NameField::Genre => &self.catalog.genres.names,
            NameField::AlbumArtist => &self.search.columns().album_artists.names,
        };
        names.get(number).to_owned()
    }

    fn run(&self, request: &Request<'_>) -> Found {
        let spelled = |field, number| self.name(field, number);
        self.search.run(request, &self.index, &spelled)
    }

    /// The names of what is found of one type.
    fn names(&self, collection: Collection, q: &str) -> Vec<String> {
        let found = self.run(&request(q, &[collection]));
        let hits = found.types[0].hits.iter();
        hits.map(|hit| self.name(own(collection), hit.number))
            .collect()
    }

    fn suggest(&self, q: &str, collection: Collection) -> (Suggested, Vec<String>) {
        let spelled = |field, number| self.name(field, number);
        let known = &self.suggestions;
        let suggested = known.complete(&self.search, &self.index, q, &[collection], 5, &spelled);
        let completions = suggested.types[0].completions.iter();
        let names = completions
            .map(|it| self.name(own(collection), it.number))
            .collect();
        (suggested, names)
    }
}

fn own(collection: Collection) -> NameField {
    match collection {
        Collection::Songs => NameField::Title,
        Collection::Albums => NameField::Album,
        Collection::Artists => NameField::Artist,
        Collection::Genres => NameField::Genre,
    }
}

fn request<'a>(q: &'a str, types: &[Collection]) -> Request<'a> {
    Request {
        q: Cow::Borrowed(q),
        types: types.to_vec(),
        limit: 20,
        offset: 0,
        filters: Filters::default(),
        facets: Vec::new(),
        highlight: false,
        explain: false,
        strict: false,
        order: SearchOrder::Relevance,
        descending: false,
    }
}
