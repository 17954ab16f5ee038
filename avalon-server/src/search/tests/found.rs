//! What a search finds where a slow model showed that it found something else.

use std::borrow::Cow;

use avalon_core::database::DetailRow;

use super::{Library, request};
use crate::catalog::samples::{Sample, track};
use crate::catalog::{Collection, DetailsBuilder};
use crate::search::{Filters, Found, Request, Tier};

fn songs(tracks: &[(&str, &str, &str)]) -> Library {
    let mut sample = Sample::default();
    for (title, artist, album) in tracks {
        sample.add(track(title).by(artist).on(album));
    }
    Library::of(&sample)
}

fn tiers(library: &Library, q: &str) -> Vec<Tier> {
    let Found { types, .. } = library.run(&Request {
        explain: true,
        ..request(q, &[Collection::Songs])
    });
    let hits = types[0].hits.iter();
    hits.map(|hit| hit.explanation.as_ref().unwrap().tier)
        .collect()
}

fn marked(library: &Library, q: &str) -> Vec<String> {
    let Found { types, .. } = library.run(&Request {
        highlight: true,
        ..request(q, &[Collection::Songs])
    });
    let matched = types[0].hits.iter().flat_map(|hit| &hit.matched);
    let parts = matched.flat_map(|it| it.ranges.iter().map(|range| &it.name[range.clone()]));
    parts.map(str::to_owned).collect()
}

#[test]
fn the_first_of_a_long_page_is_that_of_a_short_one() {
    let library = songs(&[
        ("東京", "x", "x"),
        ("x", "京都", "x"),
        ("x", "x", "Green Da Live"),
        ("x", "x", "Green Day"),
        ("x", "x", "x"),
        ("E", "X T", "x"),
        ("E", "Ta", "x"),
        ("x", "E", "T"),
    ]);
    for collection in [Collection::Songs, Collection::Albums, Collection::Artists] {
        for q in ["京", "green da", "e t", "x", "x t"] {
            let found = |limit| {
                let asked = Request {
                    limit,
                    ..request(q, &[collection])
                };
                library.run(&asked).types.remove(0).hits
            };
            let long = found(100);
            for limit in 1..long.len() {
                assert_eq!(found(limit), long[..limit], "{collection:?} {q}");
            }
        }
    }
    assert_eq!(library.names(Collection::Songs, "京"), ["x", "東京"]);
}

#[test]
fn pages_of_very_many_are_parts_of_one_ranking() {
    let mut sample = Sample::default();
    for number in 0..6000 {
        // Of all lengths, and the word in all places.
        let before = "ah ".repeat(number % 7);
        let after = " oh".repeat(number / 7 % 5);
        let name = format!("{before}love{after}");
        let article = if number % 3 == 0 { "The " } else { "" };
        let (artist, album) = (format!("{article}Low {}", number % 4000), number % 5000);
        sample.add(
            track(&format!("{article}{name}"))
                .by(&artist)
                .on(&format!("{article}{name} {album}"))
                .genre(if number % 2 == 0 { "Love" } else { "Low" }),
        );
    }
    let library = Library::of(&sample);
    for (q, collection) in [
        ("love", Collection::Songs),
        ("lo", Collection::Songs),
        ("love o", Collection::Songs),
        // Several degrees that are compared by rank.
        ("the l", Collection::Songs),
        ("the love o", Collection::Songs),
        ("the l", Collection::Albums),
        ("love o", Collection::Albums),
        ("the l", Collection::Artists),
    ] {
        let found = |offset, limit| {
            let asked = Request {
                offset,
                limit,
                ..request(q, &[collection])
            };
            library.run(&asked).types.remove(0)
        };
        let all = found(0, 10_000);
        let mut numbers: Vec<u32> = all.hits.iter().map(|hit| hit.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!((numbers.len(), all.hits.len()), (all.total, all.total));
        assert!(all.hits.is_sorted_by(|one, next| one.score >= next.score));
        for offset in [0, 150, 380, 510, 4000, 4090, 4100, all.total - 10] {
            let end = (offset + 20).min(all.total);
            assert_eq!(
                found(offset, 20).hits,
                all.hits[offset.min(end)..end],
                "{q} {offset}"
            );
        }
    }
}

#[test]
fn an_article_that_is_not_there_makes_nothing_worse() {
    let library = songs(&[("Live", "Theory", "x"), ("Live", "The X", "x")]);
    assert_eq!(tiers(&library, "the live"), [Tier::ExactName; 2]);
    let library = songs(&[("The Who", "x", "x"), ("Who", "x", "x")]);
    assert_eq!(library.names(Collection::Songs, "the who").len(), 2);
    assert_eq!(library.names(Collection::Songs, "\"the\" who"), ["The Who"]);
}

#[test]
fn a_title_in_another_form_is_a_title_though_the_artist_has_it_as_typed() {
    let library = songs(&[("AC/DC", "ACDC", "x"), ("x", "ACDC", "x")]);
    assert_eq!(tiers(&library, "acdc"), [Tier::ExactName, Tier::ExactWords]);
}

#[test]
fn an_album_of_many_is_found_by_any_of_them() {
    let mut sample = Sample::default();
    for number in 0..20 {
        sample.add(track("x").by(&format!("Blue {number}")).on("Hits"));
    }
    sample.add(track("x").by("Red").on("Hits"));
    let library = Library::of(&sample);
    assert_eq!(library.names(Collection::Albums, "blue red"), ["Hits"]);
}

#[test]
fn a_run_is_found_whether_spaces_are_in_it_or_not() {
    let names = ["방탄 소년단", "방탄소년단", "탄소", "방탄", "소년단"];
    let library = songs(&names.map(|name| (name, "x", "x")));
    let mut found = library.names(Collection::Songs, "방탄소년단");
    found.sort_unstable();
    assert_eq!(found, ["방탄 소년단", "방탄소년단"]);
}

#[test]
fn album_artists_are_compared_word_by_word() {
    let names = ["Björk & Co.", "Bjork", "AC/DC", "Therapist", "The Rapist"];
    let mut sample = Sample::default();
    let mut builder = DetailsBuilder::new(names.len(), false);
    for (number, name) in (0..).zip(names) {
        sample.add(track(name));
        let row = DetailRow {
            album_artists: Some(format!("[\"{name}\"]")),
            ..DetailRow::default()
        };
        builder.track(number, &row).unwrap();
    }
    let library = Library::with_details(&sample, &builder.finish());
    for (name, total) in [
        ("bjork and co", 1),
        ("BJÖRK", 1),
        ("bjork co", 0),
        ("ac  dc", 1),
        ("Ac-Dc!", 1),
        ("acdc", 0),
        ("dc ac", 0),
        ("therapist", 1),
        ("the rapist", 1),
    ] {
        let filters = Filters {
            album_artist: Some(Cow::Borrowed(name)),
            ..Filters::default()
        };
        let found = library.run(&Request {
            filters,
            ..request("genre", &[Collection::Songs])
        });
        assert_eq!(found.types[0].total, total, "{name}");
    }
}

#[test]
fn symbols_that_matched_are_marked() {
    let library = songs(&[("$uicide Boy", "x", "x"), ("!!!.the x", "x", "x")]);
    assert_eq!(marked(&library, "suicide"), ["$uicide"]);
    assert_eq!(marked(&library, "!!!"), ["!!!.the"]);
    let library = songs(&[("a + - b + c", "x", "x")]);
    assert_eq!(marked(&library, "a +"), ["a"]);
    assert_eq!(marked(&library, "+"), ["+"]);
}
