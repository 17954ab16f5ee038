use avalon_core::text::search_form;
use proptest::prelude::*;

use super::*;
use crate::catalog::{Field, Numbers, Texts};
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
            gathered: 3,
            dense,
            counted: 5,
            many: 2,
            headed: 3,
            head: 2,
            short_head: 1,
            looks: 3,
            listed: 2,
            at_once: 2,
            page_at_once: 3,
        };
        let orders = Orders::new([(Field::Name, Permutation::by_text(&names))], &sizes);
        let sources = [Source::names(&prefix, owners.clone())];
        let prepared = Prepared::build(&sources, NAMES.len(), &sizes);
        // Those with the most matches come first, in no order.
        assert!(prepared.find("be").unwrap().by_name().is_empty());
        assert!(prepared.find("bea").is_none() && prepared.find("elan").is_none());
        prepared.prepare_first(&orders, &sizes);
        prepared.prepare_others(sources, &orders, &sizes);
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
    let backwards: Numbers = (0..6).map(|track| Some(-track)).collect();
    // Five tracks match: more than the bound, or not.
    for prepared_first in [4, 5] {
        let sizes = Sizes {
            prepared: 2,
            prepared_first,
            gathered: 5,
            dense: 4,
            counted: 5,
            many: 2,
            headed: 3,
            head: 3,
            short_head: 1,
            looks: 3,
            listed: 2,
            at_once: 2,
            page_at_once: 3,
        };
        let by_title = Permutation::by_number(&backwards);
        let orders = Orders::new([(Field::Name, by_title)], &sizes);
        let postings = Postings::new(Lists::build(&owners, 3), &sizes);
        let sources = [Source::tracks(&prefix, &postings)];
        let prepared = Prepared::build(&sources, 6, &sizes);
        assert_eq!(prepared.find("rock").is_some(), prepared_first == 4);
        prepared.prepare_first(&orders, &sizes);
        prepared.prepare_others(sources, &orders, &sizes);
        let set = prepared.find("rock").unwrap();
        assert_eq!(members(set), [0, 1, 2, 4, 5]);
        assert_eq!(set.by_name(), [5, 4, 2]);
        assert!(prepared.find("p").is_none() && prepared.find("rocks").is_none());
        let others = prepared.others.get().unwrap();
        let counts = [&prepared.first, others].map(|table| table.sets.len());
        assert_eq!(counts, if prepared_first == 4 { [1, 0] } else { [0, 1] });
    }
}

proptest! {
    #[test]
    fn two_tables_have_what_one_would(
        names in proptest::collection::vec("[ab ]{1,5}", 1..40),
        (prepared, more) in (1_usize..4, 0_usize..8),
        query in "[ab ]{1,4}",
    ) {
        let forms: Vec<String> = names.iter().map(|name| search_form(name)).collect();
        let forms = Texts::collect(forms.iter().map(String::as_str)).unwrap();
        let (prefix, owners) = Prefix::build(&forms).unwrap();
        let source = || [Source::names(&prefix, owners.clone())];
        let tables = |prepared_first| {
            let sizes = Sizes {
                prepared,
                prepared_first,
                ..Sizes::of(names.len())
            };
            let orders = Orders::new([(Field::Name, Permutation::by_text(&forms))], &sizes);
            let [begun, whole] = [(); 2].map(|()| Prepared::build(&source(), names.len(), &sizes));
            whole.prepare_first(&orders, &sizes);
            whole.prepare_others(source(), &orders, &sizes);
            (begun, whole)
        };
        let (begun, two) = tables(prepared + more);
        let (_, one) = tables(prepared);
        let others = two.others.get().unwrap();
        prop_assert!(others.by_prefix.keys().all(|key| !two.first.by_prefix.contains_key(key)));
        let keys = two.first.by_prefix.len() + others.by_prefix.len();
        prop_assert_eq!(keys, one.first.by_prefix.len());
        for key in one.first.by_prefix.keys() {
            let (a, b) = (one.find(key).unwrap(), two.find(key).unwrap());
            prop_assert_eq!((members(a), &a.places), (members(b), &b.places));
        }
        let form = search_form(&query);
        let mut expected: Vec<u32> = prefix.find(&form).owners().collect();
        expected.sort_unstable();
        for prepared in [&begun, &two] {
            if let Some([places, ..]) = prepared.places_around(&form) {
                let mut found: Vec<u32> = prefix.find_among(&form, places).owners().collect();
                found.sort_unstable();
                prop_assert_eq!(&found, &expected);
            }
        }
    }
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
