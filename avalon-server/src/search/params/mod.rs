//! From a query string to what a search asks for.
//!
//! In: the part of the target after `?`. Out: a [`SearchQuery`] or a [`SuggestQuery`] whose every field is
//! checked, or the first error, in the order in which docs/api/search.md has the parameters. Of a parameter
//! that is given twice the first counts, and unknown ones mean nothing, as in lists. Nothing here knows of
//! HTTP or of the library.

mod error;

mod typed;

mod values;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::request::{Filters, Request, SearchOrder, Types};
use super::syntax::{Parsed, What};
use crate::catalog::{Collection, DetailField};
use crate::query::{ParamError, is_descending, uuid};
use typed::Typed;

pub use error::RequestError;

/// The most characters of `q`.
pub const MAX_CHARACTERS: usize = 256;

/// The most words of `q`, a run of a script without spaces being one.
pub const MAX_WORDS: usize = 16;

/// Results of each type, unless `limit` says.
pub const DEFAULT_LIMIT: usize = 20;

/// The most results of each type.
pub const MAX_LIMIT: usize = 100;

/// The most results that can be left out first.
pub const MAX_OFFSET: usize = 10_000;

/// Suggestions of each type, unless `limit` says.
pub const DEFAULT_SUGGESTIONS: usize = 5;

/// The most suggestions of each type.
pub const MAX_SUGGESTIONS: usize = 20;

/// A request for `/search`.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchQuery<'a> {
    /// What is to be found.
    pub request: Request<'a>,
    /// What is to be told of songs beside the members that they have in lists, each once.
    pub fields: Vec<DetailField>,
}

/// A request for `/suggest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuggestQuery<'a> {
    /// What was typed so far.
    pub q: Cow<'a, str>,
    /// The lists that are wanted, each once, in the order asked for.
    pub types: Types,
    /// At most so many of each type.
    pub limit: usize,
}

impl<'a> SearchQuery<'a> {
    /// Reads a query string.
    ///
    /// # Errors
    /// The first parameter that cannot be understood.
    pub fn parse(query_string: &'a str) -> Result<Self, RequestError> {
        let mut typed = Typed::read(query_string);
        let q = q(typed.take("q"))?;
        let types = types(typed.take("types"))?;
        let filters = filters(&mut typed)?;
        let (order, descending) = order(&mut typed)?;
        let limit = values::limit("limit", typed.take("limit"), MAX_LIMIT)?;
        let offset = values::limit("offset", typed.take("offset"), MAX_OFFSET)?;
        let facets = values::facets(typed.take("facets").as_deref())?;
        let fields = values::fields(typed.take("fields").as_deref())?;
        let highlight = values::flag("highlight", typed.take("highlight").as_deref())?;
        let explain = values::flag("explain", typed.take("explain").as_deref())?;
        let strict = values::flag("strict", typed.take("strict").as_deref())?;
        check_syntax(&q, strict)?;
        Ok(Self {
            request: Request {
                q,
                types,
                limit: limit.unwrap_or(DEFAULT_LIMIT),
                offset: offset.unwrap_or(0),
                filters,
                facets,
                highlight,
                explain,
                strict,
                order,
                descending,
            },
            fields,
        })
    }
}

impl<'a> SuggestQuery<'a> {
    /// Reads a query string.
    ///
    /// # Errors
    /// The first parameter that cannot be understood.
    pub fn parse(query_string: &'a str) -> Result<Self, RequestError> {
        let mut typed = Typed::read(query_string);
        let q = q(typed.take("q"))?;
        let types = types(typed.take("types"))?;
        let limit = values::limit("limit", typed.take("limit"), MAX_SUGGESTIONS)?;
        check_words(&q, words(&q))?;
        Ok(Self {
            q,
            types,
            limit: limit.unwrap_or(DEFAULT_SUGGESTIONS),
        })
    }
}

fn q(value: Option<Cow<'_, str>>) -> Result<Cow<'_, str>, RequestError> {
    let q = value.ok_or(RequestError::Missing { field: "q" })?;
    match q.chars().nth(MAX_CHARACTERS) {
        None => Ok(q),
        Some(_) => Err(RequestError::Value {
            field: "q",
            value: q.into_owned(),
            fault: "longer than 256 characters",
            column: Some(MAX_CHARACTERS + 1),
        }),
    }
}

fn types(value: Option<Cow<'_, str>>) -> Result<Types, RequestError> {
    let Some(value) = value else {
        return Ok(Collection::ALL.to_vec());
    };
    values::list("types", &value, Collection::ALL, Collection::name)
}

fn filters<'a>(typed: &mut Typed<'a>) -> Result<Filters<'a>, RequestError> {
    Ok(Filters {
        album: typed.take("album"),
        artist: typed.take("artist"),
        genre: typed.take("genre"),
        album_artist: typed.take("album_artist"),
        album_id: uuid("album_id", typed.take("album_id"))?,
        artist_id: uuid("artist_id", typed.take("artist_id"))?,
        genre_id: uuid("genre_id", typed.take("genre_id"))?,
        year: values::years(typed.take("year"))?,
        decade: values::decade(typed.take("decade"))?,
        format: typed.take("format"),
    })
}

/// A direction means nothing, however it is spelled, without an order.
fn order(typed: &mut Typed<'_>) -> Result<(SearchOrder, bool), RequestError> {
    let (Some(order), direction) = (typed.take("order"), typed.take("direction")) else {
        return Ok((SearchOrder::default(), false));
    };
    let descending = is_descending(direction)?;
    let order = match order.as_ref() {
        "relevance" => SearchOrder::Relevance,
        "name" => SearchOrder::Name,
        "year" => SearchOrder::Year,
        "added" => SearchOrder::Added,
        _ => {
            let field = order.into_owned();
            return Err(ParamError::Order { field }.into());
        }
    };
    Ok((order, descending))
}

/// Whether the query is one, and has no more words than it may.
fn check_syntax(q: &str, strict: bool) -> Result<(), RequestError> {
    let parsed = Parsed::of(q, strict).map_err(|error| RequestError::Value {
        field: "q",
        value: q.to_owned(),
        fault: error.message,
        column: Some(error.column),
    })?;
    let each = parsed.clauses.iter().map(|clause| match &clause.what {
        What::Words(text) | What::Phrase(text) => words(text),
        What::Years(_) => 1,
    });
    check_words(q, each.sum())
}

/// Of words that are within the bound the first are looked for, so that none of them is refused for what it
/// folds to.
fn check_words(q: &str, words: usize) -> Result<(), RequestError> {
    match words <= MAX_WORDS {
        true => Ok(()),
        false => Err(RequestError::Value {
            field: "q",
            value: q.to_owned(),
            fault: "more than 16 words",
            column: None,
        }),
    }
}

/// How many words a text has: what is parted by spaces and punctuation, apostrophes apart, and has a letter
/// or digit; but at least one where there is any text. A run of a script that is written without spaces is
/// one: its letters are bounded by the length.
fn words(text: &str) -> usize {
    let parts = |c: char| {
        let is_apostrophe = matches!(c, '\'' | '‘' | '’');
        let is_punctuation = c.is_ascii_punctuation()
            || matches!(c, '\u{2010}'..='\u{205e}' | '\u{3000}'..='\u{303f}');
        !is_apostrophe && (c.is_whitespace() || is_punctuation)
    };
    let words = text.split(parts);
    let count = words
        .filter(|word| word.contains(char::is_alphanumeric))
        .count();
    count.max(usize::from(!text.trim().is_empty()))
}
