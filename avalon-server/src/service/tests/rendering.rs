//! The bytes of answers, held to the number that their tags are made with.

use avalon_core::database::{DetailRow, FileDetailRow};
use twox_hash::XxHash3_128;

use super::*;
use crate::catalog::DetailsBuilder;
use crate::service::tags::RENDERING;

/// The number, and the digest of all answers below: one cannot change without the other.
const PINNED: (u32, u128) = (3, 0xf150_71bf_0e3a_e0ad_74e3_6c34_3654_4fb3);

/// Every question but those for one song, below the path of the service.
const QUESTIONS: [&str; 58] = [
    "albums",
    "artists",
    "genres",
    "songs",
    "albums?order=name&direction=desc",
    "artists?order=id",
    "genres?order=name",
    "songs?order=name",
    "songs?order=album&direction=desc",
    "songs?order=artist",
    "songs?order=genre",
    "songs?order=length&direction=desc",
    "songs?order=track",
    "songs?order=year&direction=desc",
    "albums?query=green",
    "artists?query=b",
    "genres?query=punk",
    "songs?query=live",
    "songs?query=wild+hon",
    "songs?artist=Bj%C3%B6rk&order=year",
    "albums?limit=2&offset=1",
    "artists?limit=2&order=name&direction=desc",
    "genres?offset=1",
    "songs?limit=3&offset=2",
    "songs?query=a&order=length&limit=2&offset=1",
    "songs?limit=0",
    "search?q=",
    "search?q=beatles",
    "search?q=the+beatles",
    "search?q=bjork",
    "search?q=be",
    "search?q=wild+hon",
    "search?q=beetles",
    "search?q=grene+day",
    "search?q=%22live+alive%22",
    "search?q=%22with+the%22+beatles",
    "search?q=artist:bjork",
    "search?q=album:%22green+mind%22",
    "search?q=genre:punk+-album:dookie",
    "search?q=live+year:1990..1999",
    "search?q=ac/dc",
    "search?q=acdc",
    "search?q=12%22+mix",
    "search?q=%E6%9D%B1%E4%BA%AC",
    "search?q=%D0%BA%D0%B5%D0%B4%D1%80",
    "search?q=green&types=albums,songs&limit=2&offset=1",
    "search?q=live&order=name&direction=desc",
    "search?q=alive&order=year&year=1990..&strict=1",
    "search?q=genre:punk&types=songs&order=added&direction=desc",
    "search?q=green&facets=all&highlight=1&explain=1",
    "search?q=beetles+hony&facets=all&highlight=1&explain=1",
    "search?q=green&facets=genre,decade&genre=Punk&decade=1990&format=FLAC",
    concat!(
        "search?q=bjork&highlight=1&types=songs&fields=disc,disc_total,track_total,artists,",
        "album_artists,genres,composers,labels,isrcs,date,original_date,compilation,bpm,comment,",
        "sort_names,musicbrainz,gains,format,codec,bitrate,sample_rate,channels"
    ),
    "suggest?q=b",
    "suggest?q=the+b",
    "suggest?q=gre",
    "suggest?q=grene+day&limit=20",
    "suggest?q=live&types=songs,albums&limit=1",
];

/// A library with a bit of all that answers depend on.
fn searching() -> Service {
    let mut sample = Sample::default();
    for (title, artist, album, genre, disc, number, year, length) in [
        (
            "Live Alive",
            "Björk",
            "Debut",
            "Pop",
            Some(1),
            Some(2),
            Some(1993),
            Some(201),
        ),
        (
            "Alive",
            "Björk",
            "Debut",
            "Pop",
            Some(2),
            None,
            Some(1993),
            Some(202),
        ),
        (
            "Jóga",
            "Björk",
            "Homogenic",
            "Electronic",
            None,
            Some(2),
            Some(1997),
            Some(305),
        ),
        (
            "Alive",
            "Pearl Jam",
            "Ten",
            "Rock",
            None,
            Some(3),
            None,
            Some(341),
        ),
        (
            "Wild Honey Pie",
            "The Beatles",
            "The Beatles",
            "Rock",
            Some(1),
            Some(5),
            Some(1968),
            Some(52),
        ),
        (
            "It Won't Be Long",
            "The Beatles",
            "With the Beatles",
            "Rock",
            None,
            Some(1),
            Some(1963),
            None,
        ),
        (
            "Basket Case",
            "Green Day",
            "Dookie",
            "Punk",
            None,
            Some(7),
            Some(1994),
            Some(181),
        ),
        (
            "Green Day",
            "Green Day",
            "1,039 Hours",
            "Punk",
            None,
            Some(2),
            Some(1990),
            Some(209),
        ),
        (
            "Green Mind",
            "Dinosaur Jr.",
            "Green Mind",
            "Punk",
            None,
            Some(10),
            Some(1991),
            Some(305),
        ),
        (
            "Live Wire",
            "AC/DC",
            "T.N.T.",
            "Hard Rock",
            None,
            Some(4),
            Some(1975),
            Some(350),
        ),
        (
            "Blue Monday (12\" Mix)",
            "New Order",
            "Best & Rest",
            "",
            None,
            Some(1),
            Some(1983),
            Some(449),
        ),
        (
            "東京タワー",
            "くるり",
            "図鑑",
            "ロック",
            None,
            Some(-1),
            Some(2000),
            Some(0),
        ),
        (
            "Кедр",
            "Сад",
            "Лес \\ \u{1}",
            "Фолк",
            None,
            Some(1),
            Some(0),
            Some(4_294_967_296),
        ),
    ] {
        let new = track(title).by(artist).on(album).genre(genre).disc(disc);
        sample.add(new.number(number).year(year).length(length));
    }
    sample.album("An Album without Tracks");
    sample.rows.generation = 7;
    let app = App::build(sample.columns()).unwrap();
    let mut builder = DetailsBuilder::new(app.tracks(), true);
    let rows = || {
        (1_i64..)
            .zip(&sample.rows.tracks)
            .map(|(at, row)| (at, app.track(row.id.0).unwrap()))
    };
    // The last is a track whose file is not known.
    for (at, number) in rows().take(12) {
        let row = FileDetailRow {
            size: 1_000_000 * at,
            mtime_ns: 1_600_000_000_123_456_789 + at,
            added_ns: 1_700_000_000_000_000_000 - at / 3 * 1_000_000_000,
            path: Some(format!("/music/{at}.flac").into_bytes()),
        };
        builder.file(number, &row).unwrap();
    }
    // The first is one of which nothing more is known.
    for (at, number) in rows().skip(1) {
        builder.track(number, &details(at)).unwrap();
    }
    app.complete(builder.finish());
    app.build_search(&["the".to_owned(), "a".to_owned()])
        .unwrap();
    let service = loading("/avalon");
    service.publish(app);
    service
}

/// What is known of the track at this place.
fn details(at: i64) -> DetailRow {
    let text = |text: &str| Some(text.to_owned());
    DetailRow {
        disc: (at % 2 == 0).then_some(at),
        artists: text(r#"["Björk","A \"Guest\""]"#),
        album_artists: Some(format!(r#"["Band {}"]"#, at % 3)),
        genres: text(r#"["Pop","Art Pop"]"#),
        composers: text(r#"["Composer"]"#),
        track_total: Some(12),
        disc_total: Some(2),
        date: text("1993-07-05"),
        original_date: text("1993"),
        musicbrainz: text(r#"{"track":"00000000-0000-0000-0000-000000000001"}"#),
        gains: text(r#"{"track_gain":-7.5,"track_peak":0.98}"#),
        bpm: Some(120.5),
        isrcs: text(r#"["GBAAA9300001"]"#),
        labels: text(r#"["One Little Indian"]"#),
        compilation: Some(at % 5 == 0),
        sort_names: text(r#"{"artist":"Bjork"}"#),
        comment: text("A comment\nof two lines"),
        format: text(if at % 2 == 0 { "FLAC" } else { "MP3" }),
        codec: text("codec"),
        bitrate: Some(320 + at),
        sample_rate: Some(44_100),
        channels: Some(2),
        length_ms: Some(200_000 + at),
    }
}

#[test]
fn other_bytes_are_another_rendering() {
    let service = searching();
    let mut digest = XxHash3_128::new();
    let mut take = |target: &str| {
        let answer = ask(&service, "GET", target);
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        // With the length, so that nothing can move from one to the next.
        digest.write(&answer.body.len().to_be_bytes());
        digest.write(answer.body.as_bytes());
    };
    for question in QUESTIONS {
        take(&format!("/avalon/{question}"));
    }
    let songs = ask(&service, "GET", "/avalon/songs").json();
    for song in songs["success"].as_array().unwrap() {
        take(&format!("/avalon/songs/{}", song["id"].as_str().unwrap()));
    }
    let found = (RENDERING, digest.finish_128());
    assert!(
        found == PINNED,
        "The answers to the questions of this test have other bytes than before. If it was their \
         rendering or what is found that changed, tags must change with it: bump RENDERING in tags.rs by \
         one, unless it or the version of the program is already another than in the last build that \
         anybody was given, so once between two of them is enough. If only the questions or the library \
         of this test changed, leave RENDERING as it is. In any case set PINNED to ({}, {:#034x}), \
         with the number that RENDERING has then.",
        found.0,
        found.1
    );
}
