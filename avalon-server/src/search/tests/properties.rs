//! Searches of small random libraries find what a slow model finds.

use std::borrow::Cow;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::made::{MadeLibrary, library};
use super::naive::{COLLECTIONS, Naive};
use super::request;
use crate::catalog::Collection;
use crate::search::{Facet, Filters, Found, FoundType, Hit, Request, SearchOrder, Tier, Years};

/// Libraries that are made, unless PROPTEST_CASES says how many.
const CASES: u32 = 64;

/// Searches of each library.
const SEARCHES: usize = 12;

fn config() -> ProptestConfig {
    let cases = match std::env::var_os("PROPTEST_CASES") {
        None => CASES,
        Some(_) => ProptestConfig::default().cases,
    };
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn filters(library: &MadeLibrary) -> BoxedStrategy<Filters<'static>> {
    let tracks = library.tracks.clone();
    let Some(some) = tracks.first().cloned() else {
        return Just(Filters::default()).boxed();
    };
    let one = select(tracks);
    let by = one.prop_map(move |made| {
        let name = |name: &str| Some(Cow::Owned(name.to_uppercase()));
        let years = |first| Years { first, last: 1995 };
        let album_artist = made.album_artists.first().map_or("nobody", String::as_str);
        [
            Filters {
                artist: name(&made.artist),
                ..Filters::default()
            },
            Filters {
                genre: name(&made.genre),
                ..Filters::default()
            },
            Filters {
                album_artist: name(album_artist),
                ..Filters::default()
            },
            Filters {
                year: made.year.map(years),
                ..Filters::default()
            },
            Filters {
                format: name("mp3"),
                genre: name(&some.genre),
                ..Filters::default()
            },
        ]
    });
    let one = (by, 0..5_usize).prop_map(|(all, at)| all[at].clone());
    prop_oneof![4 => Just(Filters::default()), 1 => one].boxed()
}

fn search(library: &MadeLibrary) -> impl Strategy<Value = Request<'static>> + use<> {
    let order = prop_oneof![
        6 => Just(SearchOrder::Relevance),
        1 => Just(SearchOrder::Name),
        1 => Just(SearchOrder::Year),
    ];
    let types = Just(COLLECTIONS.to_vec()).prop_shuffle();
    (
        library.query(),
        filters(library),
        order,
        types,
        any::<bool>(),
    )
        .prop_map(|(q, filters, order, types, descending)| Request {
            q: Cow::Owned(q),
            filters,
            types,
            order,
            descending,
            limit: 100,
            facets: Facet::ALL.to_vec(),
            explain: true,
            ..request("", &[])
        })
}

fn searches() -> impl Strategy<Value = (MadeLibrary, Vec<Request<'static>>)> {
    library(60).prop_flat_map(|library| {
        let searches = prop::collection::vec(search(&library), SEARCHES);
        (Just(library), searches)
    })
}

/// The score that nothing of a tier is above.
fn most(hit: &Hit) -> f32 {
    let tier = hit.explanation.as_ref().map(|explanation| explanation.tier);
    match tier.unwrap() {
        Tier::ExactName => 1.0,
        Tier::ExactWords => 0.875,
        Tier::Prefix => 0.75,
        Tier::Infix => 0.625,
        Tier::Typo => 0.5,
    }
}

fn judge(naive: &Naive, request: &Request<'_>, found: &FoundType) -> Result<(), TestCaseError> {
    let collection = found.collection;
    let what = format!("{collection:?} {request:?}");
    let expected = naive.expected(collection, request);
    let spelled = |numbers: &[u32]| -> Vec<String> {
        let own = super::own(collection);
        numbers
            .iter()
            .map(|&number| naive.library.name(own, number))
            .collect()
    };
    let ranked: Vec<u32> = found.hits.iter().map(|hit| hit.number).collect();
    let mut numbers = ranked.clone();
    numbers.sort_unstable();
    prop_assert_eq!(spelled(&numbers), spelled(&expected.numbers), "{}", what);
    prop_assert_eq!(&numbers, &expected.numbers, "{}", what);
    prop_assert_eq!(found.total, numbers.len(), "{}", what);
    prop_assert_eq!(found.corrected.is_some(), expected.is_corrected, "{}", what);
    let scores = || found.hits.iter().map(|hit| hit.score);
    prop_assert!(
        scores().all(|score| score > 0.0 && score <= 1.0),
        "{}",
        what
    );
    match request.order {
        SearchOrder::Relevance => {
            prop_assert!(scores().is_sorted_by(|one, next| one >= next), "{}", what);
            let told_better = found.hits.iter().find(|hit| hit.score > most(hit));
            prop_assert_eq!(told_better, None, "{}", what);
            let alike = |at: usize| {
                let mut after = ranked[at..].iter();
                let alike = |after: u32| naive.are_alike(ranked[at], after);
                collection == Collection::Songs
                    && after.any(|&after| after < ranked[at] && alike(after))
            };
            let swapped = (0..ranked.len()).find(|&at| alike(at));
            prop_assert_eq!(swapped, None, "{:?} {}", spelled(&ranked), what);
        }
        _ => {
            let ordered = naive.ordered(collection, &numbers, request);
            prop_assert_eq!(spelled(&ranked), spelled(&ordered), "{}", what);
            prop_assert_eq!(&ranked, &ordered, "{}", what);
        }
    }
    for facets in &found.facets {
        let counts: BTreeMap<String, usize> = facets
            .counts
            .iter()
            .map(|it| (it.value.clone(), it.count))
            .collect();
        let naive = naive.counts(facets.facet, collection, &numbers, request);
        prop_assert_eq!(&counts, &naive, "{:?} {}", facets.facet, what);
        prop_assert_eq!(facets.counts.len(), counts.len(), "{}", what);
        let largest_first = facets
            .counts
            .is_sorted_by(|one, next| one.count >= next.count);
        prop_assert!(largest_first, "{}", what);
    }
    for limit in [1, 7] {
        let pages = naive.pages(request, collection, limit);
        prop_assert_eq!(&pages, &found.hits, "{} by {}", what, limit);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn searches_find_what_the_model_finds((made, requests) in searches()) {
        let naive = Naive::of(&made);
        for request in requests {
            let Found { types, corrected } = naive.library.run(&request);
            prop_assert!(types.iter().map(|found| found.collection).eq(request.types.clone()));
            for found in &types {
                judge(&naive, &request, found)?;
            }
            let is_corrected = types.iter().all(|found| found.total == 0 || found.corrected.is_some())
                && types.iter().any(|found| found.corrected.is_some());
            prop_assert_eq!(corrected.is_some(), is_corrected, "{:?}", request);
        }
    }
}
