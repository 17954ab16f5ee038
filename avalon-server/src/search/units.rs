//! From the clauses of a query to units: what each word of it may match.
//!
//! In: clauses, and the names of the library. Out: [`Unit`]s, each a word (or a phrase, or a run of a
//! script without spaces) with the words of the dictionary that stand for it, and how good each is. What
//! stays true: whatever was typed, there are at most as many units as the query has words, and each has a
//! bounded number of forms.

use std::ops::Range;

use super::names::{Names, Words};
use super::request::NameField;
use super::spellings::Spelling;
use super::syntax::{Clause, What};
use super::text::{Analysis, Class, Token, analyze, goes_on, may_lead};

/// Words that are no last word match what begins so from this length on.
const PREFIX_ANYWHERE: usize = 2;

/// The most spellings that stand for one word, the nearest and commonest.
const SPELLINGS: usize = 48;

/// The shortest word that may be two.
const SPLIT: usize = 4;

/// The shortest word that may be initials, and the longest that may be nothing but them.
const INITIALS: std::ops::RangeInclusive<usize> = 3..=4;

/// So many neighbouring words may be one.
const JOINED: usize = 5;

/// Words that are read as each other.
const SYNONYMS: [(&str, &str); 2] = [("and", "n"), ("n", "and")];

/// How good a match of a word is, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Quality {
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
pub(super) struct Unit {
    /// As it was typed, folded.
    pub(super) word: String,
    /// The only name that it may be found in.
    pub(super) field: Option<NameField>,
    /// Whether results need it; a leading article they do not.
    pub(super) needed: bool,
    /// The words that stand for it, ascending.
    terms: Vec<(u32, Quality)>,
    /// Those that begin with it, and how good that is.
    prefix: Range<u32>,
    prefix_quality: Quality,
    /// Those that are spelt nearly so, ascending.
    spellings: Vec<Spelling>,
    /// Several words in sequence that stand for it.
    sequences: Vec<Sequence>,
    /// Whether it may be misspelt.
    fuzzy: bool,
    /// Whether it stands with others between two spaces.
    joined: bool,
    /// How many letters were typed.
    letters: u32,
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
enum SequenceKind {
    /// As it was typed: between quotes.
    Phrase,
    /// Letters of a script without spaces.
    Run,
    /// One word typed, several there.
    Split,
}

/// Where in a name a unit is found, and how well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) quality: Quality,
    /// The cost of the edits.
    pub(super) cost: u8,
    /// The number of its first word.
    pub(super) place: u8,
    /// How many words it is.
    pub(super) span: u8,
    /// The word that it is, of several the first.
    pub(super) term: u32,
    /// Letters of the name that are covered.
    pub(super) letters: u32,
}

/// Which matches of a unit are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Whole words.
    Exact,
    /// Also what begins so, and runs.
    Begun,
    /// Also other spellings.
    Misspelt,
}

/// What a unit is found by.
#[derive(Clone, Debug)]
pub(super) enum Found<'a> {
    /// The names with one of these words.
    Terms(Range<u32>),
    /// These names.
    Names(&'a [u32]),
}

/// The units of a query.
#[derive(Clone, Debug, Default)]
pub(super) struct Units {
    /// What results must have.
    pub(super) wanted: Vec<Unit>,
    /// What they must not have: each a clause, of which all must be there to exclude.
    pub(super) excluded: Vec<Vec<Unit>>,
}

impl Units {
    /// What clauses ask for. `articles` are folded words that need not be there where they lead.
    pub(super) fn of(clauses: &[Clause], names: &Names, articles: &[String]) -> Self {
        let mut units = Self::default();
        // Whether what is wanted first may be an article.
        let mut leads = None;
        for clause in clauses {
            if let What::Words(text) = &clause.what
                && !clause.excluded
            {
                leads.get_or_insert_with(|| may_lead(text));
            }
            let mut of_clause = match &clause.what {
                What::Words(text) => words(text, clause, names),
                What::Phrase(text) => phrase(text, names),
                What::Years(_) => continue,
            };
            for unit in &mut of_clause {
                unit.field = clause.field;
            }
            if clause.excluded {
                for unit in &mut of_clause {
                    unit.prefix = 0..0;
                }
                units.excluded.push(of_clause);
            } else {
                units.wanted.extend(of_clause);
            }
        }
        // What is between quotes is asked for as it stands.
        if let [first, _, ..] = &mut units.wanted[..]
            && first.field.is_none()
            && first.fuzzy
            && leads == Some(true)
            && articles.contains(&first.word)
        {
            first.needed = false;
        }
        units
    }

    /// Adds other spellings, and several words for one.
    pub(super) fn forgive(&mut self, names: &Names) {
        for unit in &mut self.wanted {
            unit.forgive(names);
        }
    }
}

impl Unit {
    fn new(word: String) -> Self {
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

    fn add(&mut self, term: Option<u32>, quality: Quality) {
        let Some(term) = term else { return };
        match self.terms.binary_search_by_key(&term, |&(term, _)| term) {
            Ok(at) => self.terms[at].1 = self.terms[at].1.min(quality),
            Err(at) => self.terms.insert(at, (term, quality)),
        }
    }

    fn add_sequence(&mut self, terms: Vec<u32>, kind: SequenceKind, with: &[u32], names: &Names) {
        let rarest = terms
            .iter()
            .chain(with)
            .map(|&term| names.with(term..term + 1))
            .min_by_key(|names| names.len())
            .unwrap_or_default();
        let has = |&document: &u32| find_sequence(names.words(document), &terms).is_some();
        let found = rarest.iter().copied().filter(has).collect();
        self.sequences.push(Sequence {
            terms,
            kind,
            names: found,
        });
    }

    /// Adds other spellings, and several words for one.
    pub(super) fn forgive(&mut self, names: &Names) {
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
    pub(super) fn each(&self, level: Level, mut found: impl FnMut(Found<'_>)) {
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
    pub(super) fn is_open(&self) -> bool {
        !self.prefix.is_empty()
    }

    /// Whether it is one letter that may go on.
    pub(super) fn is_open_letter(&self) -> bool {
        self.letters == 1 && !self.joined && self.goes_on()
    }

    /// Whether it is what was typed last and may go on.
    pub(super) fn goes_on(&self) -> bool {
        self.is_open() && self.prefix_quality == Quality::Prefix
    }

    /// Whether it is a run of a script without spaces that any name has.
    pub(super) fn is_run(&self) -> bool {
        self.sequences.iter().any(|it| it.kind == SequenceKind::Run)
    }

    /// Whether there may be more names than whole words give.
    pub(super) fn has_more(&self) -> bool {
        !self.prefix.is_empty() || self.sequences.iter().any(|it| it.level() > Level::Exact)
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
    pub(super) fn find(
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
                cost: u8::from(quality == Quality::Typo),
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

/// The words that one may have been meant to be: any two; any two with the `and` or `n` between them;
/// initials, by themselves or before a word.
fn parted(word: &str) -> Vec<Vec<&str>> {
    let cuts: Vec<usize> = word.char_indices().map(|(at, _)| at).skip(1).collect();
    let letters = cuts.len() + 1;
    let mut all = Vec::new();
    if INITIALS.contains(&letters) {
        let ends = cuts.iter().copied().chain([word.len()]);
        let starts = [0].into_iter().chain(cuts.iter().copied());
        all.push(
            starts
                .zip(ends)
                .map(|(start, end)| &word[start..end])
                .collect(),
        );
    }
    if letters < SPLIT {
        return all;
    }
    for &at in &cuts {
        let (left, right) = word.split_at(at);
        all.push(vec![left, right]);
        for (and, other) in SYNONYMS {
            // A letter is no word that anything is added to.
            if let Some(rest) = right.strip_prefix(and)
                && at > cuts[0]
                && rest.chars().nth(1).is_some()
            {
                all.extend([vec![left, and, rest], vec![left, other, rest]]);
            }
        }
    }
    let (first, second) = (cuts[0], cuts[1]);
    all.push(vec![&word[..first], &word[first..second], &word[second..]]);
    all
}

/// The place of the first of these words in sequence.
fn find_sequence(words: Words<'_>, terms: &[u32]) -> Option<usize> {
    words
        .words
        .windows(terms.len().max(1))
        .position(|window| window == terms)
}

/// Units of words: one for each word, or for each run of a script without spaces.
fn words(text: &str, clause: &Clause, names: &Names) -> Vec<Unit> {
    let mut analysis = Analysis::default();
    analyze(text, &mut analysis);
    let dictionary = &names.dictionary;
    let words: Vec<&Token> = analysis.words().collect();
    let mut units: Vec<Unit> = Vec::new();
    // The unit of each place, and the places of each unit.
    let mut unit_of: Vec<usize> = Vec::new();
    let mut places_of: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let run = 1 + words[at..]
            .windows(2)
            .take_while(|pair| goes_on(pair))
            .count();
        let group = &words[at..at + run];
        let text: String = group.iter().map(|word| analysis.text(word)).collect();
        let mut unit = Unit::new(text);
        if group[0].unspaced {
            let terms = group
                .iter()
                .map(|word| dictionary.find(analysis.text(word)));
            if let Some(terms) = terms.collect::<Option<Vec<u32>>>() {
                let grams: Vec<u32> = group
                    .windows(2)
                    .filter_map(|pair| {
                        let gram = [analysis.text(pair[0]), analysis.text(pair[1])].concat();
                        dictionary.find(&gram)
                    })
                    .collect();
                unit.add_sequence(terms, SequenceKind::Run, &grams, names);
            }
        } else {
            unit.add(dictionary.find(&unit.word), Quality::Exact);
            let has_others = words.len() > 1;
            if has_others
                && let Some((_, other)) = SYNONYMS.iter().find(|(word, _)| *word == unit.word)
            {
                unit.add(dictionary.find(other), Quality::Form);
            }
            unit.fuzzy = true;
            let last = clause.last && at + run == words.len();
            if last || unit.letters as usize >= PREFIX_ANYWHERE {
                unit.prefix = dictionary.beginning(&unit.word);
                unit.prefix_quality = if last {
                    Quality::Prefix
                } else {
                    Quality::PrefixAnywhere
                };
            }
        }
        unit_of.extend(std::iter::repeat_n(units.len(), run));
        places_of.push(at..at + run);
        units.push(unit);
        at += run;
    }
    for token in &analysis.tokens {
        let covered = usize::from(token.place)..usize::from(token.place) + usize::from(token.span);
        let Some(of) = unit_of.get(covered.clone()) else {
            continue;
        };
        let quality = match token.class {
            // `r&b` is not asked for with `and` alone.
            Class::Word | Class::Gram | Class::And => continue,
            Class::Symbol => Quality::Exact,
            Class::Joined | Class::Stylised | Class::Roman => Quality::Form,
        };
        let text = analysis.text(token);
        let term = dictionary.find(text);
        for &unit in of {
            // The kana within 愛の歌 sound like `no`; the whole does not.
            if token.class == Class::Roman && places_of[unit] != covered {
                continue;
            }
            units[unit].add(term, quality);
            units[unit].joined |= token.class == Class::Joined;
        }
        // What ends with a symbol does not go on.
        if token.class == Class::Symbol
            && text.ends_with(|last: char| !last.is_alphanumeric())
            && let Some(&unit) = of.last()
        {
            units[unit].prefix = 0..0;
        }
    }
    for at in 0..units.len() {
        let mut joined = String::new();
        for end in at..units.len().min(at + JOINED) {
            if !units[end].fuzzy {
                break;
            }
            joined.push_str(&units[end].word);
            if end > at {
                let term = dictionary.find(&joined);
                let of = units[at..=end].iter_mut();
                of.for_each(|unit| unit.add(term, Quality::Form));
            }
        }
    }
    units
}

/// A unit for words in sequence.
fn phrase(text: &str, names: &Names) -> Vec<Unit> {
    let mut analysis = Analysis::default();
    analyze(text, &mut analysis);
    let words: Vec<&Token> = analysis.words().collect();
    if words.is_empty() {
        return Vec::new();
    }
    let texts: Vec<&str> = words.iter().map(|word| analysis.text(word)).collect();
    let mut unit = Unit::new(texts.join(" "));
    let terms: Option<Vec<u32>> = texts
        .iter()
        .map(|word| names.dictionary.find(word))
        .collect();
    if let Some(terms) = terms {
        unit.add_sequence(terms, SequenceKind::Phrase, &[], names);
    }
    vec![unit]
}
