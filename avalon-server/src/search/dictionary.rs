//! The words of all names: tantivy's dictionary of terms.
//!
//! In: a word. Out: its number, those of the words that begin with it, and those of the words that are
//! spelt nearly so, found by a Levenshtein automaton. Numbers are in the order of the words' bytes.

use std::ops::Range;

use strsim::osa_distance;
use tantivy::Term;
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::termdict::TermDictionary;

/// From so many letters on a word may have one edit.
const ONE_EDIT: usize = 4;

/// From so many letters on a word may have two.
const TWO_EDITS: usize = 8;

/// The most words of another spelling that are looked at for one word.
const SPELLINGS: usize = 4096;

/// The dictionary, by numbers of 32 bits.
pub(super) struct Dictionary {
    terms: TermDictionary,
    field: Field,
}

/// A word that is spelt nearly so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spelling {
    /// Its number.
    pub(super) term: u32,
    /// Insertions, deletions, substitutions and transpositions of neighbours; one more where the first
    /// letter is another.
    pub(super) cost: u8,
}

impl Dictionary {
    pub(super) fn new(terms: TermDictionary, field: Field) -> Self {
        Self { terms, field }
    }

    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.terms.num_terms()
    }

    /// Gives all words with their numbers, in order.
    pub(super) fn each(&self, mut word: impl FnMut(u32, &str)) {
        let Ok(mut stream) = self.terms.stream() else {
            return;
        };
        while stream.advance() {
            word(
                stream.term_ord() as u32,
                &String::from_utf8_lossy(stream.key()),
            );
        }
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
    pub(super) fn word(&self, term: u32) -> String {
        let mut bytes = Vec::new();
        match self.terms.ord_to_term(term.into(), &mut bytes) {
            Ok(true) => String::from_utf8_lossy(&bytes).into_owned(),
            _ => String::new(),
        }
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
        let mut found = self.within(word, 1, b"", None);
        if letters >= TWO_EDITS {
            // With the first letter right, the automaton sees a small part of the dictionary.
            let first = word.chars().next().map(String::from).unwrap_or_default();
            let after = successor(first.as_bytes());
            let two = self.within(word, 2, first.as_bytes(), after.as_deref());
            found.extend(two.into_iter().filter(|spelling| spelling.cost >= 2));
        }
        found.sort_unstable_by_key(|spelling| (spelling.term, spelling.cost));
        found.dedup_by_key(|spelling| spelling.term);
        found
    }

    fn within(&self, word: &str, edits: u8, from: &[u8], to: Option<&[u8]>) -> Vec<Spelling> {
        let term = Term::from_field_text(self.field, word);
        let Ok(automaton) = FuzzyTermQuery::new(term, edits, true).automaton() else {
            return Vec::new();
        };
        let mut builder = self.terms.search(automaton).ge(from);
        if let Some(to) = to {
            builder = builder.lt(to);
        }
        let Ok(mut stream) = builder.into_stream() else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let first = word.chars().next();
        while found.len() < SPELLINGS && stream.advance() {
            let Ok(other) = std::str::from_utf8(stream.key()) else {
                continue;
            };
            let distance = osa_distance(word, other);
            if distance == 0 {
                continue;
            }
            let other_first = u8::from(other.chars().next() != first);
            found.push(Spelling {
                term: stream.term_ord() as u32,
                cost: distance.min(2) as u8 + other_first,
            });
        }
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
