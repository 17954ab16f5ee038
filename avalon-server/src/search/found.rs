//! What a search found, by numbers of the catalog.

use std::ops::Range;

use super::request::{Facet, NameField};
use crate::catalog::Collection;

/// The answer to a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Of each type asked for, in that order.
    pub types: Vec<FoundType>,
    /// The spelling that the answer is for, where no type has a hit for the one that was typed.
    pub corrected: Option<String>,
}

/// What was found of one type.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundType {
    /// The type.
    pub collection: Collection,
    /// How many results there are before limit and offset.
    pub total: usize,
    /// The results of the page.
    pub hits: Vec<Hit>,
    /// What was to be counted.
    pub facets: Vec<Facets>,
    /// The spelling that the results are for, where none is for the one that was typed.
    pub corrected: Option<String>,
}

/// One result.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Its number in its collection.
    pub number: u32,
    /// How good it is, above 0 and at most 1; never more than the one before it.
    pub score: f32,
    /// Where its names matched; empty unless asked for (by highlight or explain).
    pub matched: Vec<Matched>,
    /// Why it is where it is, if that was asked for.
    pub explanation: Option<Explanation>,
}

/// The words of one name that matched.
#[derive(Clone, Debug, PartialEq)]
pub struct Matched {
    /// Which of its names.
    pub field: NameField,
    /// The name, as the tags spell it.
    pub name: String,
    /// What of it matched: ascending ranges of bytes of the name that do not touch.
    pub ranges: Vec<Range<usize>>,
}

/// How well a result matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// The whole name.
    ExactName,
    /// Whole words.
    ExactWords,
    /// Words begin so.
    Prefix,
    /// It is within a run of a script that is written without spaces.
    Infix,
    /// By another spelling.
    Typo,
}

/// Why a result is where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The worst tier of its words; exact where they are all of its name.
    pub tier: Tier,
    /// How each word of the query matched.
    pub words: Vec<WordMatch>,
}

/// How a word of the query matched.
#[derive(Clone, Debug, PartialEq)]
pub struct WordMatch {
    /// As it was typed, folded.
    pub word: String,
    /// Where.
    pub field: NameField,
    /// How.
    pub tier: Tier,
    /// Edits between it and the word of the name.
    pub edits: u8,
    /// The word of the name that it matched, folded.
    pub term: String,
}

impl Tier {
    /// Its name in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ExactName => "exact name",
            Self::ExactWords => "exact words",
            Self::Prefix => "prefix",
            Self::Infix => "infix",
            Self::Typo => "typo",
        }
    }
}

/// The counts of one facet, the largest first, then by value: names in default order, decades from the
/// earliest on, containers by their letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facets {
    /// By what.
    pub facet: Facet,
    /// The values that any result has, the first 100 of them.
    pub counts: Vec<FacetCount>,
}

/// How many results have a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetCount {
    /// The value, as the tags spell it; a decade as its first year.
    pub value: String,
    /// Results that have it.
    pub count: usize,
}

/// What a text may become while it is being typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suggested {
    /// Of each type asked for, in that order.
    pub types: Vec<SuggestedType>,
    /// Another spelling that has hits, where this one has none of any type.
    pub did_you_mean: Option<String>,
}

/// Names of one type.
#[derive(Clone, Debug, PartialEq)]
pub struct SuggestedType {
    /// The type.
    pub collection: Collection,
    /// The best first.
    pub completions: Vec<Completion>,
}

/// A name that what was typed may become.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// The number of what has it, in its collection.
    pub number: u32,
    /// Where it matched.
    pub matched: Vec<Matched>,
}
