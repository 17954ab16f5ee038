//! Words that are spelt nearly so.
//!
//! In: the words of all names, by number. Out: of a word those that a few edits make it. Each word is kept
//! by its length and first letter with a set of its letters: an edit changes the length by one at most, and
//! the set by one letter out and one in, so that few words are left to be compared letter by letter. What
//! stays true: none is missed; the cost is a pass over the sets of the words of about the same length.

use std::ops::Range;

use strsim::osa_distance;

use crate::catalog::Texts;

/// The words of a dictionary by length, those of one length by first letter.
#[derive(Debug, Default)]
pub(super) struct Spellings {
    /// Where the words with so many letters begin, and the end of the last.
    starts: Vec<u32>,
    /// The numbers of the words.
    terms: Vec<u32>,
    /// Which letters each has.
    letters: Vec<Letters>,
}

/// Which letters a word has: a bit for each from a to z, and for some of all others together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Letters(u32);

/// A word that is spelt nearly so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spelling {
    /// Its number.
    pub(super) term: u32,
    /// Insertions, deletions, substitutions and transpositions of neighbours; one more where the first
    /// letter is another.
    pub(super) cost: u8,
}

impl Spellings {
    pub(super) fn build(words: &Texts) -> Self {
        let key = |(term, word): (u32, &str)| {
            let letters = word.chars().count() as u32;
            (letters, word.chars().next(), term)
        };
        let mut keys: Vec<(u32, Option<char>, u32)> = (0..).zip(words.iter()).map(key).collect();
        keys.sort_unstable();
        let most = keys.last().map_or(0, |&(letters, ..)| letters);
        let start = |length| keys.partition_point(|&(letters, ..)| letters < length) as u32;
        let terms: Vec<u32> = keys.iter().map(|&(.., term)| term).collect();
        Self {
            starts: (0..most + 2).map(start).collect(),
            letters: terms
                .iter()
                .map(|&term| Letters::of(words.get(term)))
                .collect(),
            terms,
        }
    }

    /// The words that at most so many edits make this one, without the word itself; with its first letter,
    /// or with any. They come by length.
    pub(super) fn within(
        &self,
        words: &Texts,
        word: &str,
        edits: u32,
        same_first: bool,
    ) -> Vec<Spelling> {
        let (length, first) = (word.chars().count() as u32, word.chars().next());
        let letters = Letters::of(word);
        let mut found = Vec::new();
        for length in length.saturating_sub(edits)..=length + edits {
            let mut places = self.of_length(length);
            if same_first {
                places = self.with_first(words, places, first);
            }
            for (place, other) in places.clone().zip(&self.letters[places]) {
                if !letters.is_within(*other, edits) {
                    continue;
                }
                let term = self.terms[place];
                let other = words.get(term);
                let distance = osa_distance(word, other) as u32;
                if (1..=edits).contains(&distance) {
                    let other_first = u8::from(other.chars().next() != first);
                    // Edits are few.
                    let cost = distance as u8 + other_first;
                    found.push(Spelling { term, cost });
                }
            }
        }
        found
    }

    fn of_length(&self, letters: u32) -> Range<usize> {
        match self.starts.get(letters as usize..letters as usize + 2) {
            Some(&[start, end]) => start as usize..end as usize,
            _ => 0..0,
        }
    }

    /// Those with a first letter among words of one length.
    fn with_first(&self, words: &Texts, among: Range<usize>, first: Option<char>) -> Range<usize> {
        let terms = &self.terms[among.clone()];
        let first_of = |&term: &u32| words.get(term).chars().next();
        let start = terms.partition_point(|term| first_of(term) < first);
        let end = terms.partition_point(|term| first_of(term) <= first);
        among.start + start..among.start + end
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        size_of_val(&*self.starts) + size_of_val(&*self.terms) + size_of_val(&*self.letters)
    }
}

impl Letters {
    fn of(word: &str) -> Self {
        let bit = |letter: char| match letter {
            'a'..='z' => letter as u32 - 'a' as u32,
            _ => 26 + letter as u32 % 6,
        };
        Self(word.chars().fold(0, |all, letter| all | 1 << bit(letter)))
    }

    /// Whether so many edits may make the one word of the other.
    fn is_within(self, other: Self, edits: u32) -> bool {
        (self.0 & !other.0).count_ones() <= edits && (other.0 & !self.0).count_ones() <= edits
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn none_is_missed_and_none_is_wrong(
            mut all in prop::collection::vec("[abcäzß1-3]{0,9}", 0..60),
            word in "[abcäzß1-3]{0,9}",
            edits in 1..=2_u32,
            same_first: bool,
        ) {
            all.sort();
            all.dedup();
            let words = Texts::collect(all.iter().map(String::as_str)).unwrap();
            let mut found = Spellings::build(&words).within(&words, &word, edits, same_first);
            found.sort_unstable_by_key(|spelling| spelling.term);
            let first = |word: &str| word.chars().next();
            let expected = (0..).zip(&all).filter_map(|(term, other)| {
                let distance = osa_distance(&word, other);
                let is_same = first(other) == first(&word);
                let fits = (1..=edits as usize).contains(&distance) && (is_same || !same_first);
                let cost = distance as u8 + u8::from(!is_same);
                fits.then_some(Spelling { term, cost })
            });
            prop_assert!(found.iter().copied().eq(expected), "{found:?} of {all:?}");
        }
    }
}
