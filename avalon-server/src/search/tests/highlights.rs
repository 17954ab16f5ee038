//! What is marked of names, and whether it is what matched.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::made::library;
use super::model::{Asked, Name};
use super::naive::Naive;
use super::{ARTICLES, request};
use crate::catalog::Collection;
use crate::search::syntax::Parsed;
use crate::search::{Hit, Matched, Request};

/// Hits that are looked at, but for `PROPTEST_CASES`, which says how many.
const HITS: usize = 2000;

/// The names of a hit, with what of each is marked.
fn marked(matched: &[Matched], q: &str) -> Vec<(crate::search::NameField, Name)> {
    let mut parts = Vec::new();
    for Matched {
        field,
        name,
        ranges,
    } in matched
    {
        assert!(!ranges.is_empty(), "{q:?}: nothing of {name:?}");
        for range in ranges {
            assert!(range.start < range.end, "{q:?}: {range:?} of {name:?}");
            let part = name.get(range.clone());
            let part = part.unwrap_or_else(|| panic!("{q:?}: {range:?} of {name:?}"));
            parts.push((*field, Name::of(part)));
        }
        let apart = ranges.is_sorted_by(|one, next| one.end < next.start);
        assert!(apart, "{q:?}: {ranges:?} of {name:?}");
    }
    parts
}

fn check(asked: &Asked, hit: &Hit, q: &str) {
    let marked = marked(&hit.matched, q);
    let mut units = asked.wanted.iter();
    for word in &hit.explanation.as_ref().unwrap().words {
        let unit = units.find(|unit| unit.word == word.word);
        let unit = unit.unwrap_or_else(|| panic!("{q:?}: {word:?} was not asked for"));
        let mut parts = marked.iter().filter(|(field, _)| *field == word.field);
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
            let asked = Asked::of(&Parsed::of(&q, false).unwrap(), &ARTICLES);
            let types = [Collection::Songs, Collection::Albums, Collection::Artists];
            let found = naive.library.run(&Request {
                highlight: true,
                explain: true,
                ..request(&q, &types)
            });
            for hit in found.types.iter().flat_map(|found| &found.hits) {
                check(&asked, hit, &q);
                seen += 1;
            }
        }
    }
}
