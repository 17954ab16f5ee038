//! Answers as a client reads them.

use avalon_core::database::DetailRow;
use serde_json::{Value, json};

use super::*;
use crate::catalog::Catalog;
use crate::catalog::samples::{Sample, track};
use crate::search::{Completion, Facet, FacetCount, NameField, SuggestedType, Tier, WordMatch};

/// A library whose albums and details are made up.
struct Made {
    catalog: Catalog,
    albums: Fragments,
    artists: Fragments,
    genres: Fragments,
    songs: Fragments,
}

impl Made {
    fn new() -> Self {
        let mut sample = Sample::default();
        sample.add(track("Jóga").by("Björk \"B\"").on("Live"));
        sample.add(track("Once").by("Pearl Jam").on("Live"));
        let catalog = sample.catalog();
        Self {
            albums: Fragments::of_entities(&catalog.albums).unwrap(),
            artists: Fragments::of_entities(&catalog.artists).unwrap(),
            genres: Fragments::of_entities(&catalog.genres).unwrap(),
            songs: Fragments::of_tracks(&catalog).unwrap(),
            catalog,
        }
    }
}

impl Library for Made {
    fn fragments(&self, collection: Collection) -> &Fragments {
        match collection {
            Collection::Albums => &self.albums,
            Collection::Artists => &self.artists,
            Collection::Genres => &self.genres,
            Collection::Songs => &self.songs,
        }
    }

    fn album(&self, number: u32) -> AlbumFacts {
        let of_it = |album: &&u32| **album == number;
        let tracks = self.catalog.tracks.albums.iter().filter(of_it).count();
        AlbumFacts {
            artists: vec![0, 1],
            year: (number == 0).then_some(1997),
            tracks,
        }
    }

    fn detail(&self, number: u32) -> Detail<'_> {
        Detail {
            track: DetailRow {
                disc: Some(number.into()),
                ..DetailRow::default()
            },
            ..Detail::default()
        }
    }
}

fn hit(number: u32, score: f32) -> Hit {
    Hit {
        number,
        score,
        matched: Vec::new(),
        explanation: None,
    }
}

fn of(collection: Collection, hits: Vec<Hit>) -> FoundType {
    FoundType {
        collection,
        total: 7,
        hits,
        facets: Vec::new(),
        corrected: None,
    }
}

fn body(body: &Body) -> String {
    String::from_utf8(body.as_whole().unwrap().to_vec()).unwrap()
}

fn success(found: &Found, query_string: &str) -> Value {
    let query = SearchQuery::parse(query_string).unwrap();
    let text = body(&search(found, &query, &Made::new()));
    let mut value: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    assert_eq!(
        (&value["errors"], &value["warnings"]),
        (&json!([]), &json!([]))
    );
    value["success"].take()
}

#[test]
fn elements_are_those_of_lists_with_what_is_told_besides() {
    let made = Made::new();
    let found = Found {
        types: vec![
            of(Collection::Songs, vec![hit(1, 1.0), hit(0, 0.93)]),
            of(Collection::Artists, vec![hit(0, 0.000_01)]),
            of(Collection::Albums, vec![hit(0, 0.123_456)]),
            of(Collection::Genres, vec![]),
        ],
        corrected: None,
    };
    let query = SearchQuery::parse("q=x&fields=disc,comment,path").unwrap();
    let text = body(&search(&found, &query, &made));
    let element = |fragments: &Fragments, number| {
        let element =
            String::from_utf8([&fragments.element(number).open().concat()[..], b"}"].concat())
                .unwrap();
        element.strip_suffix('}').unwrap().to_owned()
    };
    let expected = format!(
        "{{\"errors\":[],\"success\":{{\
         \"songs\":{{\"total\":7,\"results\":[\
         {},\"score\":1,\"disc\":1,\"comment\":null}},\
         {},\"score\":0.93,\"disc\":0,\"comment\":null}}]}},\
         \"artists\":{{\"total\":7,\"results\":[{},\"score\":0.0001}}]}},\
         \"albums\":{{\"total\":7,\"results\":[{},\"score\":0.1235,\
         \"artists\":[\"Björk \\\"B\\\"\",\"Pearl Jam\"],\"year\":1997,\"tracks\":2}}]}},\
         \"genres\":{{\"total\":7,\"results\":[]}}}},\"warnings\":[]}}\n",
        element(&made.songs, 1),
        element(&made.songs, 0),
        element(&made.artists, 0),
        element(&made.albums, 0),
    );
    assert_eq!(text, expected);
}

#[test]
fn what_matched_is_told_in_bytes_and_in_characters() {
    let name = "Jóga é\"".to_owned();
    let matched = vec![Matched {
        field: NameField::Title,
        name: name.clone(),
        ranges: vec![0..5, 6..9],
    }];
    let hits = vec![Hit {
        matched,
        ..hit(0, 1.0)
    }];
    let found = Found {
        types: vec![of(Collection::Songs, hits)],
        corrected: None,
    };
    let shown = success(&found, "q=x&highlight=1");
    let expected = json!([{
        "field": "title", "name": name, "bytes": [[0, 5], [6, 9]], "characters": [[0, 4], [5, 7]],
    }]);
    assert_eq!(shown["songs"]["results"][0]["highlights"], expected);
    let unasked = success(&found, "q=x&explain=1");
    assert_eq!(unasked["songs"]["results"][0].get("highlights"), None);
}

#[test]
fn why_it_matched_counts_and_corrections_are_told_where_there_are_any() {
    let explanation = Explanation {
        tier: Tier::Typo,
        words: vec![WordMatch {
            word: "bjrok".to_owned(),
            field: NameField::AlbumArtist,
            tier: Tier::Typo,
            edits: 1,
            term: "bjork".to_owned(),
        }],
    };
    let explained = Hit {
        explanation: Some(explanation),
        ..hit(0, 0.5)
    };
    let counts = vec![FacetCount {
        value: "Trip \"Hop\"".to_owned(),
        count: 3,
    }];
    let facets = |facet, counts| Facets { facet, counts };
    let artists = FoundType {
        facets: vec![
            facets(Facet::Genre, counts),
            facets(Facet::AlbumArtist, vec![]),
        ],
        corrected: Some("björk".to_owned()),
        ..of(Collection::Artists, vec![explained, hit(1, 0.5)])
    };
    let found = Found {
        types: vec![artists],
        corrected: Some("björk \"b\"".to_owned()),
    };
    let shown = success(&found, "q=x&facets=genre,album_artist");
    let artists = &shown["artists"];
    let expected = json!({"tier": "typo", "words": [
        {"word": "bjrok", "field": "album_artist", "tier": "typo", "edits": 1, "term": "bjork"},
    ]});
    assert_eq!(artists["results"][0]["explain"], expected);
    assert_eq!(artists["results"][1].get("explain"), None);
    let expected = json!({"genre": [{"value": "Trip \"Hop\"", "count": 3}], "album_artist": []});
    assert_eq!(artists["facets"], expected);
    assert_eq!(artists["corrected"], "björk");
    assert_eq!(shown["corrected"], "björk \"b\"");
    let nothing = success(&Found::default(), "q=x");
    assert_eq!(nothing, json!({}));
}

#[test]
fn suggestions_are_elements_with_what_matched() {
    let matched = vec![Matched {
        field: NameField::Artist,
        name: "Björk".to_owned(),
        ranges: Vec::from([Range { start: 0, end: 4 }]),
    }];
    let suggested = Suggested {
        types: vec![
            SuggestedType {
                collection: Collection::Artists,
                completions: vec![Completion { number: 0, matched }],
            },
            SuggestedType {
                collection: Collection::Songs,
                completions: vec![],
            },
        ],
        did_you_mean: Some("björk".to_owned()),
    };
    let made = Made::new();
    let value: Value = serde_json::from_str(&body(&suggestions(&suggested, &made))).unwrap();
    let success = &value["success"];
    let first = &success["artists"][0];
    assert_eq!(first["name"], "Björk \"B\"");
    let expected = json!([{
        "field": "artist", "name": "Björk", "bytes": [[0, 4]], "characters": [[0, 3]],
    }]);
    assert_eq!(first["highlights"], expected);
    assert_eq!(success["songs"], json!([]));
    assert_eq!(success["did_you_mean"], "björk");
}
