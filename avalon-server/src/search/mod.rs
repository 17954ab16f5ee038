//! Ranked, forgiving search over the names of a library.
//!
//! In: a [`crate::catalog::Catalog`], the details of its tracks and its index; then a [`Request`]. Out: a
//! [`Search`], immutable, built beside what lists are answered from; then what was [`Found`], by type,
//! in the order of relevance. What is matched and how it is ranked is docs/api/search.md.
//!
//! ```text
//! name --text::analyze--> tokens --tantivy--> Names, Dictionary (at build)
//! q --Parsed::of--> clauses --Units::of--> Units --Planning--> Plan, Stages --best, Ranking--> Found
//! ```

mod bits;

mod request;

mod found;

pub mod text;

mod syntax;

mod columns;

mod params;

mod tokenizer;

mod spellings;

mod dictionary;

mod names;

mod units;

mod sets;

mod common;

mod lengths;

mod rank;

mod best;

mod plan;

mod highlight;

mod answer;

mod engine;

mod suggest;

pub use answer::Spelled;
pub use bits::Bits;
pub use columns::{AlbumArtists, Columns, FACET_VALUES, Fold, Lists, Relations};
pub use engine::Search;
pub use found::{
    Completion, Explanation, FacetCount, Facets, Found, FoundType, Hit, Matched, Suggested,
    SuggestedType, Tier, WordMatch,
};
pub use names::NamesError;
pub use params::{
    DEFAULT_LIMIT, DEFAULT_SUGGESTIONS, MAX_CHARACTERS, MAX_LIMIT, MAX_OFFSET, MAX_SUGGESTIONS,
    MAX_WORDS, RequestError, SearchQuery, SuggestQuery,
};
pub use request::{Facet, Filters, NameField, Request, SearchOrder, Types, Years};
pub use suggest::Suggestions;
pub use syntax::{Clause, Parsed, SyntaxError, What};

#[cfg(test)]
mod tests;
