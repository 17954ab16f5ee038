//! A search whose time is taken, as the library's own type and as a target.

use std::borrow::Cow;

use avalon_server::catalog::Collection;
use avalon_server::search::{Facet, Filters, MAX_LIMIT, MAX_OFFSET, Request, SearchOrder, Years};

use crate::support::samples::encoded;

/// Results of each type.
const LIMIT: usize = 20;

/// Completions of each type.
pub(crate) const COMPLETIONS: usize = 10;

/// All lists.
pub(crate) const TYPES: [Collection; 4] = [
    Collection::Songs,
    Collection::Albums,
    Collection::Artists,
    Collection::Genres,
];

/// What is asked for beside the words.
#[derive(Clone, Debug, Default)]
pub(crate) enum Extras {
    /// Nothing.
    #[default]
    None,
    /// Completions only.
    Suggest,
    /// One filter.
    Genre(String),
    Decade(i64),
    Year(i64),
    AlbumArtist(String),
    /// Every facet, highlights and explanations.
    All,
    /// The last page that may be asked for, as long as may be.
    Deep,
    /// Both.
    DeepAll,
}

/// A search of all types.
#[derive(Clone, Debug, Default)]
pub(crate) struct Search {
    pub(crate) q: String,
    pub(crate) extras: Extras,
}

impl Search {
    pub(crate) fn of(q: impl Into<String>) -> Self {
        Self {
            q: q.into(),
            extras: Extras::None,
        }
    }

    pub(crate) fn with(q: impl Into<String>, extras: Extras) -> Self {
        Self {
            q: q.into(),
            extras,
        }
    }

    pub(crate) fn is_suggest(&self) -> bool {
        matches!(self.extras, Extras::Suggest)
    }

    /// As the library is asked.
    pub(crate) fn request(&self) -> Request<'_> {
        let mut filters = Filters::default();
        match &self.extras {
            Extras::None | Extras::Suggest | Extras::All | Extras::Deep | Extras::DeepAll => {}
            Extras::Genre(genre) => filters.genre = Some(Cow::Borrowed(genre)),
            Extras::Decade(decade) => filters.decade = Some(*decade),
            Extras::Year(year) => {
                let (first, last) = (*year, *year);
                filters.year = Some(Years { first, last });
            }
            Extras::AlbumArtist(artist) => filters.album_artist = Some(Cow::Borrowed(artist)),
        }
        let all = matches!(self.extras, Extras::All | Extras::DeepAll);
        let (limit, offset) = self.page();
        let facets = [
            Facet::Genre,
            Facet::Decade,
            Facet::Artist,
            Facet::AlbumArtist,
            Facet::Format,
        ];
        Request {
            q: Cow::Borrowed(&self.q),
            types: TYPES.to_vec(),
            limit,
            offset,
            filters,
            facets: if all { facets.to_vec() } else { Vec::new() },
            highlight: all,
            explain: all,
            strict: false,
            order: SearchOrder::Relevance,
            descending: false,
        }
    }

    /// How many results of each type, and how many before them.
    fn page(&self) -> (usize, usize) {
        match self.extras {
            Extras::Deep | Extras::DeepAll => (MAX_LIMIT, MAX_OFFSET),
            _ => (LIMIT, 0),
        }
    }

    /// As the server is asked.
    pub(crate) fn target(&self) -> String {
        let q = encoded(&self.q);
        if self.is_suggest() {
            return format!("/avalon/suggest?q={q}&limit={COMPLETIONS}");
        }
        let extras = match &self.extras {
            Extras::None | Extras::Suggest | Extras::Deep => String::new(),
            Extras::Genre(genre) => format!("&genre={}", encoded(genre)),
            Extras::Decade(decade) => format!("&decade={decade}"),
            Extras::Year(year) => format!("&year={year}"),
            Extras::AlbumArtist(artist) => format!("&album_artist={}", encoded(artist)),
            Extras::All | Extras::DeepAll => {
                "&facets=genre,decade,artist,album_artist,format&highlight=1&explain=1".to_owned()
            }
        };
        let (limit, offset) = self.page();
        let page = format!("limit={limit}&offset={offset}");
        format!("/avalon/search?q={q}&types=songs,albums,artists,genres&{page}{extras}")
    }
}
