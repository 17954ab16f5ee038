//! The answers to searches and suggestions.
//!
//! In: what was [`Found`] or [`Suggested`], by numbers, and a [`Library`] that knows what these mean. Out: a
//! [`Body`] in the envelope, whose `success` is an object with one member per type. What stays true: the
//! members that an element has in lists are the very bytes of lists, and come first.

use std::ops::Range;

use super::body::Body;
use super::details::one as detail_member;
use super::fragments::Fragments;
use super::json;
use crate::catalog::{Collection, Detail, DetailField};
use crate::search::{Explanation, Facets, Found, FoundType, Hit, Matched, SearchQuery, Suggested};

/// What these answers begin with.
const HEAD: &str = r#"{"errors":[],"success":{"#;
/// What they end with.
const TAIL: &str = "},\"warnings\":[]}\n";

/// What numbers of the catalog mean.
pub trait Library {
    /// The rendered elements of a collection.
    fn fragments(&self, collection: Collection) -> &Fragments;

    /// What is told of the album with this number beside its name.
    fn album(&self, number: u32) -> AlbumFacts;

    /// What is known of the track with this number beyond what lists show.
    fn detail(&self, number: u32) -> Detail<'_>;
}

/// What tells albums of one name apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlbumFacts {
    /// The numbers of the artists of its tracks, each once.
    pub artists: Vec<u32>,
    /// The earliest known year of its tracks.
    pub year: Option<i64>,
    /// How many tracks it has.
    pub tracks: usize,
}

/// The answer to a search.
pub fn search(found: &Found, query: &SearchQuery<'_>, library: &impl Library) -> Body {
    let mut out = HEAD.to_owned();
    for found in &found.types {
        begin_member(found.collection.name(), &mut out);
        of_type(found, query, library, &mut out);
    }
    if let Some(corrected) = &found.corrected {
        begin_member("corrected", &mut out);
        json::string(corrected, &mut out);
    }
    out.push_str(TAIL);
    Body::whole(out.into())
}

/// The answer with suggestions.
pub fn suggestions(suggested: &Suggested, library: &impl Library) -> Body {
    let mut out = HEAD.to_owned();
    for one in &suggested.types {
        begin_member(one.collection.name(), &mut out);
        let fragments = library.fragments(one.collection);
        array(&one.completions, &mut out, |completion, out| {
            open(fragments, completion.number, out);
            begin_member("highlights", out);
            array(&completion.matched, out, highlight);
            out.push('}');
        });
    }
    if let Some(spelling) = &suggested.did_you_mean {
        begin_member("did_you_mean", &mut out);
        json::string(spelling, &mut out);
    }
    out.push_str(TAIL);
    Body::whole(out.into())
}

fn of_type(found: &FoundType, query: &SearchQuery<'_>, library: &impl Library, out: &mut String) {
    out.push('{');
    begin_member("total", out);
    out.push_str(&found.total.to_string());
    begin_member("results", out);
    let fragments = library.fragments(found.collection);
    array(&found.hits, out, |hit, out| {
        open(fragments, hit.number, out);
        begin_member("score", out);
        score(hit.score, out);
        match found.collection {
            Collection::Albums => album(&library.album(hit.number), library, out),
            Collection::Songs => song(hit, &query.fields, library, out),
            Collection::Artists | Collection::Genres => {}
        }
        if query.request.highlight {
            begin_member("highlights", out);
            array(&hit.matched, out, highlight);
        }
        if let Some(explanation) = &hit.explanation {
            begin_member("explain", out);
            explain(explanation, out);
        }
        out.push('}');
    });
    if !query.request.facets.is_empty() {
        begin_member("facets", out);
        facets(&found.facets, out);
    }
    if let Some(corrected) = &found.corrected {
        begin_member("corrected", out);
        json::string(corrected, out);
    }
    out.push('}');
}

/// Four digits behind the point tell more apart than anybody looks at; 0 is no score.
fn score(score: f32, out: &mut String) {
    let digits = format!("{:.4}", score.clamp(0.0001, 1.0));
    out.push_str(digits.trim_end_matches('0').trim_end_matches('.'));
}

fn album(facts: &AlbumFacts, library: &impl Library, out: &mut String) {
    let artists = library.fragments(Collection::Artists);
    begin_member("artists", out);
    array(&facts.artists, out, |&number, out| {
        json::string(&artists.spelled(number), out);
    });
    begin_member("year", out);
    match facts.year {
        Some(year) => out.push_str(&year.to_string()),
        None => out.push_str("null"),
    }
    begin_member("tracks", out);
    out.push_str(&facts.tracks.to_string());
}

fn song(hit: &Hit, fields: &[DetailField], library: &impl Library, out: &mut String) {
    if fields.is_empty() {
        return;
    }
    let detail = library.detail(hit.number);
    for &field in fields {
        detail_member(field, &detail, out);
    }
}

fn highlight(matched: &Matched, out: &mut String) {
    out.push('{');
    begin_member("field", out);
    json::string(matched.field.name(), out);
    begin_member("name", out);
    json::string(&matched.name, out);
    begin_member("bytes", out);
    array(&matched.ranges, out, range);
    begin_member("characters", out);
    array(&matched.ranges, out, |bytes, out| {
        let character = |byte| characters(&matched.name, byte);
        range(&(character(bytes.start)..character(bytes.end)), out);
    });
    out.push('}');
}

fn range(range: &Range<usize>, out: &mut String) {
    out.push_str(&format!("[{},{}]", range.start, range.end));
}

/// How many characters begin before this byte.
fn characters(name: &str, byte: usize) -> usize {
    let starts = name.char_indices().map(|(start, _)| start);
    starts.take_while(|&start| start < byte).count()
}

fn explain(explanation: &Explanation, out: &mut String) {
    out.push('{');
    begin_member("tier", out);
    json::string(explanation.tier.name(), out);
    begin_member("words", out);
    array(&explanation.words, out, |word, out| {
        out.push('{');
        begin_member("word", out);
        json::string(&word.word, out);
        begin_member("field", out);
        json::string(word.field.name(), out);
        begin_member("tier", out);
        json::string(word.tier.name(), out);
        begin_member("edits", out);
        out.push_str(&word.edits.to_string());
        begin_member("term", out);
        json::string(&word.term, out);
        out.push('}');
    });
    out.push('}');
}

fn facets(facets: &[Facets], out: &mut String) {
    out.push('{');
    for facet in facets {
        begin_member(facet.facet.name(), out);
        array(&facet.counts, out, |count, out| {
            out.push('{');
            begin_member("value", out);
            json::string(&count.value, out);
            begin_member("count", out);
            out.push_str(&count.count.to_string());
            out.push('}');
        });
    }
    out.push('}');
}

/// Appends an element as it stands in a list, but for the brace that closes it.
fn open(fragments: &Fragments, number: u32, out: &mut String) {
    for piece in fragments.element(number).open() {
        out.push_str(str::from_utf8(piece).expect("elements are rendered as text"));
    }
}

fn begin_member(name: &str, out: &mut String) {
    if !out.ends_with('{') {
        out.push(',');
    }
    json::string(name, out);
    out.push(':');
}

fn array<T>(items: &[T], out: &mut String, mut write: impl FnMut(&T, &mut String)) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(']');
}

#[cfg(test)]
mod tests;
