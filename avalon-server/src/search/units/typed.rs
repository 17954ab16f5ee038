//! From the text of a clause to its units.
//!
//! In: text as it was typed, and the dictionary. Out: a unit for each word, each run of a script without spaces,
//! or for a phrase as a whole, with the words of the dictionary that stand for it but for other spellings.

use std::ops::Range;

use super::parted::SYNONYMS;
use super::unit::{Quality, SequenceKind, Unit};
use crate::search::names::Names;
use crate::search::syntax::Clause;
use crate::search::text::{AND, Analysis, Class, Token, analyze, goes_on};

/// Words that are no last word match what begins so from this length on.
const PREFIX_ANYWHERE: usize = 2;

/// So many neighbouring words may be one.
const JOINED: usize = 5;

/// Units of words: one for each word, or for each run of a script without spaces.
pub(super) fn words(text: &str, clause: &Clause, names: &Names) -> Vec<Unit> {
    let mut analysis = Analysis::default();
    analyze(text, &mut analysis);
    let words: Vec<&Token> = analysis.words().collect();
    let mut units: Vec<Unit> = Vec::new();
    let mut places: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let going_on = words[at..].windows(2).take_while(|pair| goes_on(pair));
        let end = at + 1 + going_on.count();
        let group: Vec<&str> = words[at..end]
            .iter()
            .map(|word| analysis.text(word))
            .collect();
        units.push(match words[at].unspaced {
            true => run(&group, names),
            false => {
                let is_last = clause.last && end == words.len();
                word(group.concat(), is_last, words.len() > 1, names)
            }
        });
        places.push(at..end);
        at = end;
    }
    add_forms(&mut units, &places, &analysis, names);
    join(&mut units, names);
    units
}

/// A unit for a run of a script without spaces.
fn run(letters: &[&str], names: &Names) -> Unit {
    let dictionary = &names.dictionary;
    let mut unit = Unit::new(letters.concat());
    let terms = letters.iter().map(|letter| dictionary.find(letter));
    if let Some(terms) = terms.collect::<Option<Vec<u32>>>() {
        let pairs = letters.windows(2);
        let grams: Vec<u32> = pairs
            .filter_map(|pair| dictionary.find(&pair.concat()))
            .collect();
        unit.add_sequence(terms, SequenceKind::Run, &grams, names);
    }
    unit
}

/// A unit for a word; by itself a word is what it is, and no other is read as it.
fn word(word: String, is_last: bool, has_others: bool, names: &Names) -> Unit {
    let dictionary = &names.dictionary;
    let mut unit = Unit::new(word);
    unit.add(dictionary.find(&unit.word), Quality::Exact);
    let mut synonyms = SYNONYMS
        .iter()
        .filter(|(word, _)| has_others && *word == unit.word);
    if let Some((_, other)) = synonyms.next() {
        unit.add(dictionary.find(other), Quality::Form);
        unit.add(dictionary.find(AND), Quality::Form);
    }
    unit.fuzzy = true;
    if is_last || unit.letters as usize >= PREFIX_ANYWHERE {
        unit.prefix = dictionary.beginning(&unit.word);
        unit.prefix_quality = match is_last {
            true => Quality::Prefix,
            false => Quality::PrefixAnywhere,
        };
    }
    unit
}

/// Adds the other forms of what was typed to the units, at these places, that they are made of.
fn add_forms(units: &mut [Unit], places: &[Range<usize>], analysis: &Analysis, names: &Names) {
    for token in &analysis.tokens {
        let quality = match token.class {
            // `r&b` is not asked for with `and` alone.
            Class::Word | Class::Gram | Class::And => continue,
            Class::Symbol => Quality::Exact,
            Class::Joined | Class::Stylised | Class::Roman => Quality::Form,
        };
        let text = analysis.text(token);
        let term = names.dictionary.find(text);
        let covered = usize::from(token.place)..usize::from(token.place) + usize::from(token.span);
        let mut last = None;
        // Symbols between two words are of neither.
        if covered.is_empty() {
            continue;
        }
        for (unit, places) in units.iter_mut().zip(places) {
            if places.start >= covered.end || places.end <= covered.start {
                continue;
            }
            // The kana within 愛の歌 sound like `no`; the whole does not.
            if token.class == Class::Roman && *places != covered {
                continue;
            }
            unit.add(term, quality);
            unit.joined |= token.class == Class::Joined;
            last = Some(unit);
        }
        // What ends with a symbol does not go on.
        if token.class == Class::Symbol
            && text.ends_with(|last: char| !last.is_alphanumeric())
            && let Some(unit) = last
        {
            unit.prefix = 0..0;
        }
    }
}

/// Adds neighbouring words put together to each of them.
fn join(units: &mut [Unit], names: &Names) {
    for first in 0..units.len() {
        let mut joined = String::new();
        for end in first..units.len().min(first + JOINED) {
            if !units[end].fuzzy {
                break;
            }
            joined.push_str(&units[end].word);
            if end > first {
                let term = names.dictionary.find(&joined);
                let of = units[first..=end].iter_mut();
                of.for_each(|unit| unit.add(term, Quality::Form));
            }
        }
    }
}

/// A unit for words in sequence.
pub(super) fn phrase(text: &str, names: &Names) -> Vec<Unit> {
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
