//! The words of all names: tantivy's dictionary of terms, and the same as flat text.
//!
//! In: a word. Out: its number, those of the words that begin with it, and those of the words that are
//! spelt nearly so. Numbers are in the order of the words' bytes.

use std::ops::Range;

use tantivy::termdict::TermDictionary;

use super::spellings::{Spelling, Spellings};
use crate::catalog::Texts;

/// From so many letters on a word may have one edit.
const ONE_EDIT: usize = 4;

/// From so many letters on a word may have two.
const TWO_EDITS: usize = 8;

/// The dictionary, by numbers of 32 bits.
pub(super) struct Dictionary {
    terms: TermDictionary,
    words: Texts,
    spellings: Spellings,
}

impl Dictionary {
    /// Of tantivy's terms, and the words that they are.
    pub(super) fn new(terms: TermDictionary, words: Texts) -> Self {
        Self {
            spellings: Spellings::build(&words),
            terms,
            words,
        }
    }

    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// All words in order, the first of them number 0.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter()
    }

    /// The number of a word.
    pub(super) fn find(&self, word: &str) -> Option<u32> {
        self.terms
            .term_ord(word)
            .ok()
            .flatten()
            .map(|ord| ord as u32)
    }

    /// The word with a number.
    ///
    /// # Panics
    /// There is no such word.
    pub(super) fn word(&self, term: u32) -> &str {
        self.words.get(term)
    }

    /// The memory that it takes beside tantivy's, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.words.memory() + self.spellings.memory()
    }

    /// The numbers of the words that begin so.
    pub(super) fn beginning(&self, prefix: &str) -> Range<u32> {
        let first = self.first_from(prefix.as_bytes());
        let after = successor(prefix.as_bytes()).map(|bound| self.first_from(&bound));
        first..after.unwrap_or(self.len() as u32)
    }

    /// The number of the first word that is not before these bytes.
    fn first_from(&self, bound: &[u8]) -> u32 {
        let stream = self.terms.range().ge(bound).into_stream();
        let first = stream
            .ok()
            .and_then(|mut stream| stream.advance().then(|| stream.term_ord()));
        first.map_or(self.len() as u32, |term| term as u32)
    }

    /// The words that are spelt nearly so, without the word itself: with one edit from 4 letters on, with
    /// two from 8 on if the first letter is right; the nearest first.
    pub(super) fn spellings(&self, word: &str) -> Vec<Spelling> {
        let letters = word.chars().count();
        if letters < ONE_EDIT {
            return Vec::new();
        }
        let mut found = self.spellings.within(&self.words, word, 1, false);
        if letters >= TWO_EDITS {
            found.extend(self.spellings.within(&self.words, word, 2, true));
        }
        found.sort_unstable_by_key(|spelling| (spelling.term, spelling.cost));
        found.dedup_by_key(|spelling| spelling.term);
        found
    }
}

impl std::fmt::Debug for Dictionary {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Dictionary of {} words", self.len())
    }
}

/// The first bytes that are after all that begin with these.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut bound = prefix.to_vec();
    while let Some(last) = bound.last_mut() {
        if *last < u8::MAX {
            *last += 1;
            return Some(bound);
        }
        bound.pop();
    }
    None
}
