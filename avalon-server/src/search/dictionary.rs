//! The words of all names.
//!
//! In: a word. Out: its number, those of the words that begin with it, and those of the words that are
//! spelt nearly so. Numbers are in the order of the words' bytes. What stays true: all is in flat text, so that a
//! look-up cannot fail, as one in tantivy's own dictionary may, which is a file to it.

use std::ops::Range;

use super::spellings::{Spelling, Spellings};
use crate::catalog::Texts;

/// From so many letters on a word may have one edit.
const ONE_EDIT: usize = 4;

/// From so many letters on a word may have two.
const TWO_EDITS: usize = 8;

/// The dictionary, by numbers of 32 bits.
pub(super) struct Dictionary {
    words: Texts,
    spellings: Spellings,
}

impl Dictionary {
    /// Of words in the order of their bytes, each once.
    pub(super) fn new(words: Texts) -> Self {
        Self {
            spellings: Spellings::build(&words),
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
        let place = self.first_not(0, |other| other < word);
        let is_there = place < self.len() as u32 && self.word(place) == word;
        is_there.then_some(place)
    }

    /// The word with a number.
    ///
    /// # Panics
    /// There is no such word.
    pub(super) fn word(&self, term: u32) -> &str {
        self.words.get(term)
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.words.memory() + self.spellings.memory()
    }

    /// The numbers of the words that begin so.
    pub(super) fn beginning(&self, prefix: &str) -> Range<u32> {
        let first = self.first_not(0, |word| word < prefix);
        first..self.first_not(first, |word| word.starts_with(prefix))
    }

    /// The number of the first word, from one on, of which something does not hold that holds of those before.
    fn first_not(&self, from: u32, holds: impl Fn(&str) -> bool) -> u32 {
        let mut places = from..self.len() as u32;
        while !places.is_empty() {
            let middle = places.start + (places.end - places.start) / 2;
            match holds(self.word(middle)) {
                true => places.start = middle + 1,
                false => places.end = middle,
            }
        }
        places.start
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_found_by_all_and_by_their_beginnings(
            mut all in prop::collection::vec("[ab風]{1,4}", 0..40),
            word in "[ab風\u{10ffff}]{0,4}",
        ) {
            all.sort();
            all.dedup();
            let dictionary = Dictionary::new(Texts::collect(all.iter().map(String::as_str)).unwrap());
            let numbers = |holds: &dyn Fn(&str) -> bool| -> Vec<u32> {
                let words = (0..).zip(&all).filter(|(_, other)| holds(other));
                words.map(|(number, _)| number).collect()
            };
            let found: Vec<u32> = dictionary.find(&word).into_iter().collect();
            prop_assert_eq!(found, numbers(&|other| other == word));
            let beginning: Vec<u32> = dictionary.beginning(&word).collect();
            prop_assert_eq!(beginning, numbers(&|other| other.starts_with(&word)));
        }
    }
}
