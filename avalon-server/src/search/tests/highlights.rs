//! What is marked of names, and whether it is what matched and no more.
//!
//! Two rules that share nothing with the highlighter but what a text is analysed to: of each word that was found
//! some part is marked that has it, and each word of a name that is marked is one that a word typed explains.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::made::library;
use super::model::{Asked, Name, edits};
use super::naive::Naive;
use super::{ARTICLES, request};
use crate::catalog::Collection;
use crate::search::syntax::{Parsed, What};
use crate::search::text::{AND, Analysis, Class, Token, analyze};
use crate::search::{Hit, Matched, NameField, Request};

/// Hits that are looked at, but for `PROPTEST_CASES`, which says how many.
const HITS: usize = 2000;

/// What was typed.
struct Typed {
    asked: Asked,
    /// All forms of all words, alone and with their neighbours.
    forms: BTreeSet<String>,
}

fn analysed(text: &str) -> Analysis {
    let mut analysis = Analysis::default();
    analyze(text, &mut analysis);
    analysis
}

impl Typed {
    fn of(q: &str) -> Self {
        let parsed = Parsed::of(q, false).unwrap();
        let asked = Asked::of(&parsed, &ARTICLES);
        let mut forms = BTreeSet::new();
        for clause in parsed.clauses.iter().filter(|clause| !clause.excluded) {
            if let What::Words(text) = &clause.what {
                let analysis = analysed(text);
                let tokens = analysis.tokens.iter();
                let tokens =
                    tokens.filter(|token| !matches!(token.class, Class::Gram | Class::And));
                forms.extend(tokens.map(|token| analysis.text(token).to_owned()));
            }
        }
        for pair in asked.wanted.windows(2) {
            forms.insert(format!("{}{}", pair[0].word, pair[1].word));
        }
        if forms.contains("and") || forms.contains("n") {
            forms.extend(["and", "n", AND].map(str::to_owned));
        }
        Self { asked, forms }
    }

    /// The words that may be found in a name of this field.
    fn words(&self, field: NameField) -> impl Iterator<Item = &str> {
        let units = self.asked.wanted.iter();
        let units = units.filter(move |unit| unit.field.is_none_or(|only| only == field));
        units.map(|unit| unit.word.as_str())
    }

    /// Whether a word that was typed is this token, begins it or is nearly it.
    fn is(&self, field: NameField, class: Class, text: &str) -> bool {
        let nearly = |word: &str| word.chars().count() >= 4 && edits(word, text) <= 2;
        // What is found by its first letters is marked without the symbols behind them.
        let is_whole = |word: &str| class != Class::Symbol || !word.contains(char::is_alphanumeric);
        let begins = |word: &str| is_whole(word) && text.starts_with(word);
        class != Class::Gram
            && (self.forms.contains(text)
                || self.words(field).any(|word| begins(word) || nearly(word)))
    }

    /// Whether a word, a phrase or a run that was typed is these words.
    fn is_all(&self, field: NameField, words: &[&str]) -> bool {
        let (apart, together) = (words.join(" "), words.concat());
        self.words(field)
            .any(|word| word == apart || word == together)
    }

    /// Whether a word of a name is one that something typed matches, by itself or with its neighbours.
    fn explains(&self, field: NameField, name: &Analysis, word: &Token) -> bool {
        let covers = |token: &&Token| {
            let (place, at) = (usize::from(token.place), usize::from(word.place));
            (place..place + usize::from(token.span)).contains(&at)
        };
        let mut tokens = name.tokens.iter().filter(covers);
        if tokens.any(|token| self.is(field, token.class, name.text(token))) {
            return true;
        }
        let words: Vec<&str> = name.words().map(|word| name.text(word)).collect();
        let at = usize::from(word.place);
        (0..=at).any(|from| {
            let mut ends = at + 1..=words.len();
            ends.any(|end| self.is_all(field, &words[from..end]))
        })
    }
}

/// Whether what is marked of a name are parts of it, and nothing in them is there for nothing.
fn check_parts(typed: &Typed, matched: &Matched, q: &str) {
    let Matched {
        field,
        name,
        ranges,
    } = matched;
    let what = format!("{q:?}: {ranges:?} of {name:?}");
    assert!(!ranges.is_empty(), "{what}");
    assert!(
        ranges.is_sorted_by(|one, next| one.end < next.start),
        "{what}"
    );
    let analysis = analysed(name);
    for range in ranges {
        assert!(
            range.start < range.end && name.get(range.clone()).is_some(),
            "{what}"
        );
        let within =
            |token: &&Token| range.start < token.source.end && token.source.start < range.end;
        let tokens: Vec<&Token> = analysis.tokens.iter().filter(within).collect();
        assert!(
            tokens.iter().any(|token| token.source.start == range.start)
                && tokens.iter().any(|token| token.source.end == range.end),
            "{what}: it ends within a word"
        );
        let mut words = analysis.words().filter(within).peekable();
        if words.peek().is_none() {
            let is_typed = |token: &&Token| typed.is(*field, token.class, analysis.text(token));
            assert!(tokens.iter().any(is_typed), "{what}: symbols are not typed");
        }
        for word in words {
            assert!(
                typed.explains(*field, &analysis, word),
                "{what}: nothing is {:?}",
                analysis.text(word)
            );
        }
    }
}

/// Whether all that was found of a hit is marked.
fn check_words(typed: &Typed, hit: &Hit, q: &str) {
    let parts = hit.matched.iter().flat_map(|matched| {
        let ranges = matched.ranges.iter();
        ranges.map(|range| (matched.field, Name::of(&matched.name[range.clone()])))
    });
    let parts: Vec<(NameField, Name)> = parts.collect();
    let mut units = typed.asked.wanted.iter();
    for word in &hit.explanation.as_ref().unwrap().words {
        let unit = units.find(|unit| unit.word == word.word);
        let unit = unit.unwrap_or_else(|| panic!("{q:?}: {word:?} was not asked for"));
        let mut parts = parts.iter().filter(|(field, _)| *field == word.field);
        assert!(
            parts.any(|(_, part)| unit.is_in(part, true)),
            "{q:?}: {word:?} is not marked in {:?}",
            hit.matched
        );
    }
}

#[test]
fn what_is_marked_is_what_matched() {
    let wanted = std::env::var("PROPTEST_CASES").map_or(HITS, |hits| hits.parse().unwrap());
    let mut runner = TestRunner::deterministic();
    let mut seen = 0;
    while seen < wanted {
        let made = library(60).new_tree(&mut runner).unwrap().current();
        let naive = Naive::of(&made);
        let queries = prop::collection::vec(made.query(), 40);
        for q in queries.new_tree(&mut runner).unwrap().current() {
            let typed = Typed::of(&q);
            let types = [Collection::Songs, Collection::Albums, Collection::Artists];
            let found = naive.library.run(&Request {
                highlight: true,
                explain: true,
                ..request(&q, &types)
            });
            for hit in found.types.iter().flat_map(|found| &found.hits) {
                check_words(&typed, hit, &q);
                for matched in &hit.matched {
                    check_parts(&typed, matched, &q);
                }
                seen += 1;
            }
        }
    }
}
