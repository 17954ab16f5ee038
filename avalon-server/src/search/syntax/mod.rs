//! The language of searches: words, phrases, exclusions, fields, years.
//!
//! In: what was typed. Out: [`Parsed`]: clauses, each a piece of it with what its operators say. What stays
//! true: what cannot be an operator is text, so that names such as `Re: Stacks`, `+/-` and `12" Mix` are
//! found as they are typed; only who asks to be `strict` is told of it.

mod years;

mod reader;

#[cfg(test)]
mod tests;

use thiserror::Error;

use super::request::{NameField, Years};
use super::text::{self, Analysis, Token, analyze, goes_on};
use reader::Reader;

pub(super) use years::{YearsError, years};

/// The most words that are looked for: here apostrophes part words too, and one character may be several.
const MAX_FOLDED_WORDS: usize = 32;

/// A query, as it is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// All of them must hold.
    pub clauses: Vec<Clause>,
}

/// A part of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Whether it must not hold.
    pub excluded: bool,
    /// The only name that it may be found in.
    pub field: Option<NameField>,
    /// What must hold.
    pub what: What,
    /// Whether it is what was typed last, so that its last word may go on. Never of what is excluded: that
    /// is what was typed, and nothing longer.
    pub last: bool,
}

/// What a part of a query asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Words in any order and any names: the longest piece of text without operators.
    Words(String),
    /// Words in sequence in one name.
    Phrase(String),
    /// A range of years.
    Years(Years),
}

/// Why a query cannot be understood, if it must be strictly.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message} (column {column})")]
pub struct SyntaxError {
    /// The character at fault, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub message: &'static str,
}

impl Parsed {
    /// Reads a query. What looks like an operator and is none is text, unless `strict`.
    ///
    /// Exclusions alone would name nearly everything, so they are text as well where nothing else is asked
    /// for. Text without a letter or digit is left out beside text that has one: it is punctuation then.
    ///
    /// # Errors
    /// Only if `strict`: an unclosed quote, an operator without its operand, an unknown field, a year that
    /// is none, nothing but exclusions.
    pub fn of(q: &str, strict: bool) -> Result<Self, SyntaxError> {
        let mut clauses = Reader::new(q, strict, true).clauses()?;
        if !clauses.is_empty() && clauses.iter().all(|clause| clause.excluded) {
            if strict {
                let blank = q.chars().take_while(|c| c.is_whitespace()).count();
                return Err(SyntaxError {
                    column: blank + 1,
                    message: "there is nothing but exclusions",
                });
            }
            clauses = Reader::new(q, false, false).clauses()?;
        }
        if clauses.iter().any(Clause::has_words) {
            clauses.retain(|clause| !clause.is_punctuation());
        }
        Ok(Self { clauses })
    }

    /// Takes out what is behind the first words, as many as are looked for, but no years. How much is done for
    /// a query is bounded so, whatever one character of it folds to.
    pub(super) fn bounded(mut self) -> Self {
        let mut left = MAX_FOLDED_WORDS;
        self.clauses.retain_mut(|clause| clause.keep(&mut left));
        self
    }
}

impl Clause {
    /// Cuts the text behind the last word for which one is `left`, and counts those that are kept. Whether there
    /// is anything to ask for then.
    fn keep(&mut self, left: &mut usize) -> bool {
        let text = match &mut self.what {
            What::Words(text) | What::Phrase(text) => text,
            What::Years(_) => return true,
        };
        let count = text::words(text);
        if count <= *left {
            *left -= count;
            return true;
        }
        let mut analysis = Analysis::default();
        analyze(text, &mut analysis);
        let words: Vec<&Token> = analysis.words().collect();
        // A run of a script without spaces is one word.
        let begins = |at: &usize| *at == 0 || !goes_on(&words[at - 1..=*at]);
        let Some(behind) = (0..words.len()).filter(begins).nth(*left) else {
            return true;
        };
        // Of a character that is several words all are kept or none, and nothing of what parts it from the last,
        // which may be a word by itself.
        let end = words[behind].source.start;
        let mut kept = words[..behind].iter().rev();
        let last = kept.find(|word| word.source.end <= end);
        text.truncate(last.map_or(0, |word| word.source.end));
        *left = 0;
        self.last = false;
        last.is_some()
    }

    /// Whether it asks for text with a letter or digit.
    fn has_words(&self) -> bool {
        let text = match &self.what {
            What::Words(text) | What::Phrase(text) => text,
            What::Years(_) => return false,
        };
        !self.excluded && text.contains(char::is_alphanumeric)
    }

    /// Whether it is text that no operator belongs to, without a letter or digit.
    fn is_punctuation(&self) -> bool {
        let is_plain = !self.excluded && self.field.is_none();
        matches!(&self.what, What::Words(text) if is_plain && !text.contains(char::is_alphanumeric))
    }
}
