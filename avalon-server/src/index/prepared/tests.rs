use avalon_core::text::search_form;

use super::*;
use crate::catalog::{Field, Texts};
use crate::index::lists::Lists;
use crate::index::postings::Postings;
use crate::index::prefix::Prefix;

const NAMES: [&str; 9] = [
    "The Beatles",
    "The Bees",
    "Beat it",
    "Élan vital",
    "elan",
    "élan",
    "日本",
    "日本語",
    "Be",
];

fn members(set: &PreparedSet) -> Vec<u32> {
    match &set.members {
        Stored::Packed(set, _) => set.members(0).collect(),
        Stored::Dense(set) => set.members().members(0).iter(set.members()).collect(),
    }
}

#[test]
fn what_matches_much_is_there_and_nothing_else() {
    let forms: Vec<String> = NAMES.iter().map(|name| search_form(name)).collect();
    let forms = Texts::collect(forms.iter().map(String::as_str)).unwrap();
    let names = Texts::collect(NAMES.into_iter()).unwrap();
    let (prefix, owners) = Prefix::build(&forms).unwrap();
    for dense in [0, 3, 9] {
        let sizes = Sizes {
            prepared: 1,
            prepared_first: 3,
            dense,
            counted: 5,
            many: 2,
            headed: 3,
            head: 2,
            short_head: 1,
            looks: 3,
            listed: 2,
            at_once: 2,
        };
        let orders = Orders::new([(Field::Name, Permutation::by_text(&names))], &sizes);
        let sources = [Source::names(&prefix, owners.clone())];
        let prepared = Prepared::build(&sources, NAMES.len(), &sizes);
        // Those with the most matches come first, in no order.
        assert!(prepared.find("be").unwrap().by_name().is_empty());
        assert!(prepared.find("bea").is_none() && prepared.find("elan").is_none());
        prepared.complete(&sources, &orders, &sizes);
        for (form, expected, by_name) in [
            ("be", &[0, 1, 2, 8][..], &[8, 2][..]),
            ("bea", &[0, 2], &[2]),
            ("beat", &[0, 2], &[2]),
            ("the be", &[0, 1], &[0]),
            ("elan", &[3, 4, 5], &[4, 3]),
            ("日", &[6, 7], &[6]),
            ("日本", &[6, 7], &[6]),
        ] {
            let set = prepared.find(form).unwrap_or_else(|| panic!("{form}"));
            assert_eq!(members(set), expected, "{form}");
            assert_eq!(set.by_name(), by_name, "{form}");
            assert_eq!(set.members.len(), expected.len());
        }
        for form in ["", "beatl", "bee", "日本語", "x", "it"] {
            assert!(prepared.find(form).is_none(), "{form}");
        }
        let by_prefix = &prepared.others.get().unwrap().by_prefix;
        let (bea, beat) = (by_prefix["bea"], by_prefix["beat"]);
        assert_eq!(bea, beat, "they share a set");
    }
}

#[test]
fn tracks_of_matching_owners_count() {
    let names = ["rock", "rocksteady", "pop"];
    let forms = Texts::collect(names.into_iter()).unwrap();
    let (prefix, _) = Prefix::build(&forms).unwrap();
    let owners = [0, 1, 0, 2, 1, 0];
    let sizes = Sizes {
        prepared: 2,
        prepared_first: 3,
        dense: 4,
        counted: 5,
        many: 2,
        headed: 3,
        head: 3,
        short_head: 1,
        looks: 3,
        listed: 2,
        at_once: 2,
    };
    let backwards: Vec<Option<i64>> = (0..6).map(|track| Some(-track)).collect();
    let by_title = Permutation::by_number(&backwards);
    let orders = Orders::new([(Field::Name, by_title)], &sizes);
    let postings = Postings::new(Lists::build(&owners, 3), &sizes);
    let sources = [Source::tracks(&prefix, &postings)];
    let prepared = Prepared::build(&sources, 6, &sizes);
    prepared.complete(&sources, &orders, &sizes);
    let set = prepared.find("rock").unwrap();
    assert_eq!(members(set), [0, 1, 2, 4, 5]);
    assert_eq!(set.by_name(), [5, 4, 2]);
    assert!(prepared.find("p").is_none() && prepared.find("rocks").is_none());
    assert_eq!(prepared.first.sets.len(), 1);
}

#[test]
fn of_a_long_form_no_beginning_is_looked_up_that_has_no_set() {
    let short: Vec<&str> = beginnings("日本a").collect();
    assert_eq!(short, ["日本", "日", ""]);
    let just = "z".repeat(LONGEST + 1);
    assert_eq!(beginnings(&just).next(), Some(&just[..LONGEST]));
    for long in ["z".repeat(16_000), "각".repeat(5400), "𝄞é".repeat(2000)] {
        let first = beginnings(&long).next().unwrap();
        let next = long[first.len()..].chars().next().unwrap().len_utf8();
        assert!(first.len() <= LONGEST && first.len() + next > LONGEST);
        assert!(beginnings(&long).count() <= LONGEST + 1);
    }
}
