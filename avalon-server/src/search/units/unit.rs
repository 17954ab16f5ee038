//! A word of a query, and where in names it is found.
//!
//! In: the words of the dictionary that stand for it, and how good each is; a name. Out: the names that it leads
//! to, level by level, and its best place in one of them.

use std::ops::Range;

use super::parted::parted;
use crate::search::bits::Bits;
use crate::search::names::{Form, Names, Words};
use crate::search::request::NameField;
use crate::search::spellings::Spelling;
use crate::search::text::Class;
use crate::search::tokenizer::Position;

/// The most spellings that stand for one word, the nearest and commonest.
const SPELLINGS: usize = 48;

/// Names with one word of a sequence that are looked at one by one.
const FEW_NAMES: usize = 1024;

/// Names whose words are on their way from memory while one is looked at.
const PREFETCHED: usize = 8;

/// How good a match of a word is, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::search) enum Quality {
    /// The word as it stands.
    Exact,
    /// Another form of it: joined, stylised, in Latin letters.
    Form,
    /// What was typed last begins it.
    Prefix,
    /// What was typed elsewhere begins it.
    PrefixAnywhere,
    /// It is within a run.
    Infix,
    /// Several words, or another spelling.
    Typo,
}

/// A word of a query.
#[derive(Clone, Debug)]
pub(in crate::search) struct Unit {
    /// As it was typed, folded.
    pub(in crate::search) word: String,
    /// The only name that it may be found in.
    pub(in crate::search) field: Option<NameField>,
    /// Whether results need it; a leading article they do not.
    pub(in crate::search) needed: bool,
    /// The words that stand for it, ascending.
    terms: Vec<(u32, Quality)>,
    /// Those that begin with it, and how good that is.
    pub(super) prefix: Range<u32>,
    pub(super) prefix_quality: Quality,
    /// Those that are spelt nearly so, ascending.
    spellings: Vec<Spelling>,
    /// Several words in sequence that stand for it.
    sequences: Vec<Sequence>,
    /// Whether it may be misspelt.
    pub(super) fuzzy: bool,
    /// Whether it stands with others between two spaces.
    pub(super) joined: bool,
    /// How many letters were typed.
    pub(super) letters: u32,
}

/// Words in sequence in one name.
#[derive(Clone, Debug)]
struct Sequence {
    terms: Vec<u32>,
    kind: SequenceKind,
    /// The names that have it, ascending.
    names: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SequenceKind {
    /// As it was typed: between quotes.
    Phrase,
    /// Letters of a script without spaces.
    Run,
    /// One word typed, several there.
    Split,
}

/// Where in a name a unit is found, and how well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::search) struct Place {
    pub(in crate::search) quality: Quality,
    /// The cost of the edits.
    pub(in crate::search) cost: u8,
    /// The number of its first word.
    pub(in crate::search) place: u8,
    /// How many words it is.
    pub(in crate::search) span: u8,
    /// The word that it is, of several the first.
    pub(in crate::search) term: u32,
    /// Letters of the name that are covered.
    pub(in crate::search) letters: u32,
}

/// Which matches of a unit are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::search) enum Level {
    /// Whole words.
    Exact,
    /// Also what begins so, and runs.
    Begun,
    /// Also other spellings.
    Misspelt,
}

/// What a unit is found by.
#[derive(Clone, Debug)]
pub(in crate::search) enum Found<'a> {
    /// The names with one of these words.
    Terms(Range<u32>),
    /// These names.
    Names(&'a [u32]),
}

impl Unit {
    pub(super) fn new(word: String) -> Self {
        Self {
            letters: word.chars().count() as u32,
            word,
            field: None,
            needed: true,
            terms: Vec::new(),
            prefix: 0..0,
            prefix_quality: Quality::Prefix,
            spellings: Vec::new(),
            sequences: Vec::new(),
            fuzzy: false,
            joined: false,
        }
    }

    pub(super) fn add(&mut self, term: Option<u32>, quality: Quality) {
        let Some(term) = term else { return };
        match self.terms.binary_search_by_key(&term, |&(term, _)| term) {
            Ok(at) => self.terms[at].1 = self.terms[at].1.min(quality),
            Err(at) => self.terms.insert(at, (term, quality)),
        }
    }

    pub(super) fn add_sequence(
        &mut self,
        terms: Vec<u32>,
        kind: SequenceKind,
        with: &[u32],
        names: &Names,
    ) {
        let mut lists: Vec<&[u32]> = terms
            .iter()
            .chain(with)
            .map(|&term| names.with(term..term + 1))
            .collect();
        lists.sort_unstable_by_key(|names| names.len());
        let both;
        let candidates = match lists[..] {
            // To look at what a name has takes longer than to tell that it has not both of two words.
            [rarest, next, ..] if rarest.len() > FEW_NAMES => {
                let mut also = Bits::new(names.count());
                next.iter().for_each(|&name| also.insert(name));
                let rarest = rarest.iter().copied();
                both = rarest
                    .filter(|&name| also.contains(name))
                    .collect::<Vec<u32>>();
                &both[..]
            }
            [rarest, ..] => rarest,
            [] => &[],
        };
        let found = with_sequence(candidates, &terms, names);
        self.sequences.push(Sequence {
            terms,
            kind,
            names: found,
        });
    }

    /// Adds other spellings, and several words for one.
    pub(in crate::search) fn forgive(&mut self, names: &Names) {
        if !self.fuzzy {
            return;
        }
        let dictionary = &names.dictionary;
        let mut spellings = dictionary.spellings(&self.word);
        let frequency = |spelling: &Spelling| names.with(spelling.term..spelling.term + 1).len();
        if spellings.len() > SPELLINGS {
            spellings.sort_by_key(|spelling| (spelling.cost, usize::MAX - frequency(spelling)));
            spellings.truncate(SPELLINGS);
            spellings.sort_by_key(|spelling| spelling.term);
        }
        self.spellings = spellings;
        let known = |parts: &[&str]| parts.iter().map(|part| dictionary.find(part)).collect();
        let parted = parted(&self.word);
        let parted: Vec<Vec<u32>> = parted.iter().filter_map(|parts| known(parts)).collect();
        for terms in parted {
            self.add_sequence(terms, SequenceKind::Split, &[], names);
        }
    }

    /// Gives what it is found by at a level, without what it is at lower ones; some repeatedly.
    pub(in crate::search) fn each(&self, level: Level, mut found: impl FnMut(Found<'_>)) {
        match level {
            Level::Exact => {
                for &(term, _) in &self.terms {
                    found(Found::Terms(term..term + 1));
                }
            }
            Level::Begun => {
                if !self.prefix.is_empty() {
                    found(Found::Terms(self.prefix.clone()));
                }
            }
            Level::Misspelt => {
                for &Spelling { term, .. } in &self.spellings {
                    found(Found::Terms(term..term + 1));
                }
            }
        }
        for sequence in self.sequences.iter().filter(|it| it.level() == level) {
            found(Found::Names(&sequence.names));
        }
    }

    /// Whether it may go on.
    pub(in crate::search) fn is_open(&self) -> bool {
        !self.prefix.is_empty()
    }

    /// Whether it is one letter that may go on.
    pub(in crate::search) fn is_open_letter(&self) -> bool {
        self.letters == 1 && !self.joined && self.goes_on()
    }

    /// Whether it is what was typed last and may go on.
    pub(in crate::search) fn goes_on(&self) -> bool {
        self.is_open() && self.prefix_quality == Quality::Prefix
    }

    /// Whether it is a run of a script without spaces that any name has.
    pub(in crate::search) fn is_run(&self) -> bool {
        self.sequences.iter().any(|it| it.kind == SequenceKind::Run)
    }

    /// Whether there may be more names than whole words give.
    pub(in crate::search) fn has_more(&self) -> bool {
        !self.prefix.is_empty() || self.sequences.iter().any(|it| it.level() > Level::Exact)
    }

    /// Whether it is in a name as a whole, right before a place.
    pub(in crate::search) fn leads(&self, names: &Names, document: u32, place: u8) -> bool {
        let words = names.words(document);
        let is_word = |term: u32| {
            let at = self.terms.binary_search_by_key(&term, |&(term, _)| term);
            at.is_ok()
        };
        let before = place.checked_sub(1).map(usize::from);
        let before = before.and_then(|before| words.words.get(before));
        let ends_there = |form: &Form| {
            let Position {
                place: at, span, ..
            } = form.position;
            u16::from(at) + u16::from(span) == u16::from(place)
        };
        let mut forms = words.forms().filter(ends_there);
        before.is_some_and(|&term| is_word(term)) || forms.any(|form| is_word(form.term))
    }

    /// How good it is that a name has this word.
    fn quality(&self, term: u32) -> Option<(Quality, u8)> {
        if let Ok(at) = self.terms.binary_search_by_key(&term, |&(term, _)| term) {
            return Some((self.terms[at].1, 0));
        }
        if self.prefix.contains(&term) {
            return Some((self.prefix_quality, 0));
        }
        let spelling = self
            .spellings
            .binary_search_by_key(&term, |spelling| spelling.term);
        spelling
            .ok()
            .map(|at| (Quality::Typo, self.spellings[at].cost))
    }

    /// Where in a name it is found best: of equally good places one that no other unit has yet and that
    /// follows `after`, then the first.
    pub(in crate::search) fn find(
        &self,
        names: &Names,
        document: u32,
        used: u128,
        after: u8,
    ) -> Option<Place> {
        let words = names.words(document);
        let mut best: Option<((Quality, u8, bool, bool), Place)> = None;
        let mut offer = |place: Place| {
            let bit = 1_u128.checked_shl(place.place.into()).unwrap_or_default();
            let order = (
                place.quality,
                place.cost,
                used & bit != 0,
                place.place != after,
            );
            if best.as_ref().is_none_or(|(other, _)| order < *other) {
                best = Some((order, place));
            }
        };
        for (place, &term) in (0..=u8::MAX).zip(words.words) {
            if let Some((quality, cost)) = self.quality(term) {
                let begun = matches!(quality, Quality::Prefix | Quality::PrefixAnywhere);
                offer(Place {
                    quality,
                    cost,
                    place,
                    span: 1,
                    term,
                    // Of a word that goes on it is not known yet how much there is.
                    letters: if begun { 0 } else { names.letters(term) },
                });
            }
        }
        for form in words.forms() {
            let Some((quality, cost)) = self.quality(form.term) else {
                continue;
            };
            let position = form.position;
            let symbol = position.class == Class::Symbol as u8;
            let quality = if quality == Quality::Exact && !symbol {
                Quality::Form
            } else {
                quality
            };
            offer(Place {
                quality,
                cost,
                place: position.place,
                span: position.span,
                term: form.term,
                letters: letters(names, words, position.place, position.span),
            });
        }
        for sequence in &self.sequences {
            if sequence.names.binary_search(&document).is_err() {
                continue;
            }
            let Some(place) = find_sequence(words, &sequence.terms) else {
                continue;
            };
            let span = sequence.terms.len();
            let quality = match sequence.kind {
                SequenceKind::Phrase => Quality::Exact,
                SequenceKind::Run if span == words.words.len() => Quality::Exact,
                SequenceKind::Run if place == 0 => Quality::Prefix,
                SequenceKind::Run => Quality::Infix,
                SequenceKind::Split => Quality::Typo,
            };
            let (place, span) = (place.min(255) as u8, span.min(255) as u8);
            offer(Place {
                quality,
                // Nothing but spaces is another, so a spelling that is one letter off is worse.
                cost: 0,
                place,
                span,
                term: sequence.terms[0],
                letters: letters(names, words, place, span),
            });
        }
        best.map(|(_, place)| place)
    }
}

impl Sequence {
    fn level(&self) -> Level {
        match self.kind {
            SequenceKind::Phrase => Level::Exact,
            SequenceKind::Run => Level::Begun,
            SequenceKind::Split => Level::Misspelt,
        }
    }
}

/// Letters of some words of a name.
fn letters(names: &Names, words: Words<'_>, place: u8, span: u8) -> u32 {
    let words = words.words.iter().skip(place.into()).take(span.into());
    words.map(|&term| names.letters(term)).sum()
}

/// Those of some names that have these words in sequence.
fn with_sequence(candidates: &[u32], terms: &[u32], names: &Names) -> Vec<u32> {
    let ahead = candidates.iter().skip(PREFETCHED).map(Some);
    let ahead = ahead.chain(std::iter::repeat(None));
    let has = |(&document, ahead): (&u32, Option<&u32>)| {
        if let Some(&ahead) = ahead {
            names.prefetch(ahead);
        }
        let found = find_sequence(names.words(document), terms);
        found.map(|_| document)
    };
    candidates.iter().zip(ahead).filter_map(has).collect()
}

/// The place of the first of these words in sequence.
fn find_sequence(words: Words<'_>, terms: &[u32]) -> Option<usize> {
    let (first, rest) = terms.split_first()?;
    // Of many names most have the first word nowhere, or once; and few have many words.
    let mut places = words.words.iter().enumerate();
    places
        .find(|&(at, word)| word == first && words.words[at + 1..].starts_with(rest))
        .map(|(at, _)| at)
}
