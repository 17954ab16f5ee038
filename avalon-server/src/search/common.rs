//! What the commonest words and beginnings of words lead to, ready-made.
//!
//! In: the names of a library and what they lead to; then units. Out: for each word, and each beginning of words,
//! that leads to a large part of the library, its [`Reach`]; that of a unit, of these or looked up. What stays true: of any run of words that is not
//! here, what it leads to is found in few steps, beside the size of the library.

use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::dictionary::Dictionary;
use super::request::NameField;
use super::sets::{Reach, Sets};
use super::units::{Found, Level, Unit};

/// Words that lead to a smaller part of the library than one of so many are looked up: about as many bytes
/// would keep a list of what they lead to as a set.
const PART: usize = 32;

/// At least so many steps are too few to be worth a set.
const STEPS: usize = 4096;

/// The most words and beginnings that are kept.
const MOST: usize = 256;

/// Longer beginnings of words are looked up.
const LETTERS: usize = 6;

/// What common runs of words lead to, by the numbers of these words.
#[derive(Debug, Default)]
pub(super) struct Common {
    known: FxHashMap<Range<u32>, Reach>,
}

impl Common {
    /// Looks up the commonest words and beginnings.
    pub(super) fn build(sets: &Sets<'_>) -> Self {
        let least = sets.names.count() / PART;
        Self::of(sets, least.max(STEPS))
    }

    /// Looks up the words and beginnings that take more steps than `least`.
    pub(super) fn of(sets: &Sets<'_>, least: usize) -> Self {
        let steps = steps(sets);
        let taken = |terms: &Range<u32>| steps[terms.end as usize] - steps[terms.start as usize];
        let mut common: Vec<Range<u32>> = (0..sets.names.dictionary.len() as u32)
            .map(|term| term..term + 1)
            .filter(|terms| taken(terms) > least)
            .collect();
        each_beginning(&sets.names.dictionary, LETTERS, |_, terms| {
            if taken(&terms) > least {
                common.push(terms);
            }
        });
        common.sort_unstable_by_key(|terms| (usize::MAX - taken(terms), terms.start, terms.end));
        common.dedup();
        common.truncate(MOST);
        let documents = 0..sets.names.count() as u32;
        let known = common.into_par_iter().map(|terms| {
            let mut reach = sets.nowhere(true);
            sets.lead(sets.names.with(terms.clone()), &documents, &mut reach);
            (terms, reach)
        });
        Self {
            known: known.collect(),
        }
    }

    /// Adds what a unit leads to at a level, without what it does at lower ones.
    pub(super) fn add(&self, sets: &Sets<'_>, unit: &Unit, level: Level, reach: &mut Reach) {
        let documents = match unit.field {
            Some(field) => sets.names.of_field(field),
            None => 0..sets.names.count() as u32,
        };
        unit.each(level, |found| match found {
            Found::Terms(terms) => match self.known.get(&terms).filter(|_| unit.field.is_none()) {
                Some(known) => reach.or(known),
                None => sets.lead(sets.names.with(terms), &documents, reach),
            },
            Found::Names(names) => sets.lead(names, &documents, reach),
        });
    }

    /// The memory that they take, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.known.values().map(Reach::memory).sum()
    }
}

/// How many steps it takes to find what the words before each lead to.
fn steps(sets: &Sets<'_>) -> Vec<usize> {
    let index = sets.index;
    let fields = [
        NameField::Artist,
        NameField::Album,
        NameField::AlbumArtist,
        NameField::Genre,
    ];
    let documents = fields.map(|field| (field, sets.names.of_field(field)));
    let of_name = |name: u32| {
        let found = documents.iter().find(|(_, of)| of.contains(&name));
        let Some((field, of)) = found else { return 1 };
        let number = name - of.start;
        match field {
            NameField::Album => index.albums.postings.lists().pieces(number),
            NameField::Genre => index.genres.postings.lists().pieces(number),
            NameField::AlbumArtist => sets.columns.album_artists.tracks(number).len(),
            NameField::Artist | NameField::Title => 1,
        }
    };
    let mut before = 0;
    let mut steps = vec![0];
    for term in 0..sets.names.dictionary.len() as u32 {
        let names = sets.names.with(term..term + 1).iter();
        before += names.map(|&name| of_name(name)).sum::<usize>();
        steps.push(before);
    }
    steps
}

/// Gives each beginning of words, of at most so many letters, and the numbers of the words that begin so.
pub(super) fn each_beginning(
    dictionary: &Dictionary,
    letters: usize,
    mut beginning: impl FnMut(&str, Range<u32>),
) {
    // Of the word before: the ends of its letters, and the first word that begins with each.
    let mut before = "";
    let mut first: Vec<u32> = Vec::new();
    let mut close = |word: &str, first: &[u32], from: usize, end: u32| {
        let ends = word
            .char_indices()
            .map(|(at, letter)| at + letter.len_utf8());
        for (end_of_letter, &start) in ends.zip(first).skip(from) {
            beginning(&word[..end_of_letter], start..end);
        }
    };
    for (term, word) in (0..).zip(dictionary.words()) {
        let same = before
            .chars()
            .zip(word.chars())
            .take_while(|(one, other)| one == other);
        let same = same.count().min(first.len());
        close(before, &first, same, term);
        first.truncate(same);
        first.resize(word.chars().count().min(letters), term);
        before = word;
    }
    close(before, &first, 0, dictionary.len() as u32);
}
