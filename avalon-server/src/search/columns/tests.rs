//! Everything against a model that looks at each track of small libraries; and what it costs.

use std::collections::BTreeSet;

use avalon_core::database::{DetailRow, FileDetailRow};
use avalon_core::ids::{AlbumId, ArtistId, GenreId};
use avalon_core::text::search_form;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::bits::Bits;
use super::super::request::{Facet, Filters, Years};
use super::model::{COLLECTIONS, YEARS, library, tracks};
use super::*;
use crate::catalog::DetailsBuilder;
use crate::catalog::samples::{Sample, track};

fn filters() -> impl Strategy<Value = Filters<'static>> {
    /// Most filters are not given most of the time.
    fn seldom<T: std::fmt::Debug>(
        of: impl Strategy<Value = T>,
    ) -> impl Strategy<Value = Option<T>> {
        option::weighted(0.2, of)
    }
    let name = || {
        seldom(select(&[
            "",
            "a",
            "B",
            "á",
            "b C",
            "nobody",
            "without tracks",
        ]))
    };
    let id_name = || seldom(select(&["A", "b", "", "nobody"]));
    let year = select(&YEARS);
    let years = (year.clone(), year).prop_map(|(first, last)| Years { first, last });
    let decade = select(&[-10_i64, 0, 1980, 1990, 40_000, 9_223_372_036_854_775_800]);
    let format = select(&["MP3", "flac", "ogg", ""]);
    let album_artist = select(&["a", "PLAIN", "B", "nobody", ""]);
    (
        [name(), name(), name()],
        [id_name(), id_name(), id_name()],
        (
            seldom(years),
            seldom(decade),
            seldom(format),
            seldom(album_artist),
        ),
    )
        .prop_map(|(names, ids, (year, decade, format, album_artist))| {
            let [album, artist, genre] = names.map(|name| name.map(Into::into));
            let [album_id, artist_id, genre_id] = ids;
            Filters {
                album,
                artist,
                genre,
                album_artist: album_artist.map(Into::into),
                album_id: album_id.map(|name| AlbumId::of(name).0),
                artist_id: artist_id.map(|name| ArtistId::of(name).0),
                genre_id: genre_id.map(|name| GenreId::of(name).0),
                year,
                decade,
                format: format.map(Into::into),
            }
        })
}

fn facet() -> impl Strategy<Value = Facet> {
    select(&[
        Facet::Genre,
        Facet::Decade,
        Facet::Artist,
        Facet::AlbumArtist,
        Facet::Format,
    ])
}

fn bits(bound: usize, numbers: &[u32]) -> Bits {
    let mut bits = Bits::new(bound);
    let numbers = numbers.iter().filter(|&&number| (number as usize) < bound);
    numbers.for_each(|&number| bits.insert(number));
    bits
}

proptest! {
    #[test]
    fn what_passes_all_filters_passes(all in tracks(), filters in filters()) {
        let library = library(&all);
        let found = library.columns.filter(&filters, &library.index);
        let passing = library.numbers().filter(|&track| library.passes(track, &filters));
        let expected = (filters != Filters::default()).then(|| passing.collect::<Vec<_>>());
        prop_assert_eq!(found.map(|found| found.iter().collect::<Vec<_>>()), expected);
    }

    #[test]
    fn values_are_counted_once_a_result(
        all in tracks(),
        facet in facet(),
        collection in select(&COLLECTIONS),
        results: u128,
        passing: Option<u128>,
    ) {
        let library = library(&all);
        let taken = |mask: u128| -> Vec<u32> { (0..128).filter(|n| mask >> n & 1 == 1).collect() };
        let count = match library.entities(collection) {
            Some((entities, _)) => entities.ids.len(),
            None => all.len(),
        };
        let mut results = taken(results);
        results.retain(|&number| (number as usize) < count);
        let passing = passing.map(taken);
        let counted = library.columns.count(
            facet,
            collection,
            &bits(count, &results),
            passing.as_ref().map(|passing| bits(all.len(), passing)).as_ref(),
            &library.index,
            &|collection, number| library.name(collection, number),
        );
        prop_assert_eq!(counted.facet, facet);
        let counts = counted.counts.into_iter().map(|count| (count.value, count.count));
        let expected = library.counts(facet, collection, &results, passing.as_deref());
        prop_assert_eq!(counts.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn relations_are_those_of_the_tracks(all in tracks()) {
        let library = &library(&all);
        let columns = &library.columns;
        for collection in COLLECTIONS {
            let count = match library.entities(collection) {
                Some((entities, _)) => entities.ids.len() as u32,
                None => all.len() as u32,
            };
            let tracks_of = |number| {
                library.numbers().filter(move |&n| library.owner(collection, n) == number)
            };
            let latest = |number| {
                tracks_of(number).filter_map(|n| library.tracks[n as usize].added).max()
            };
            let mut ranked = Vec::new();
            for number in 0..count {
                let year = tracks_of(number).filter_map(|n| library.year(n)).min();
                prop_assert_eq!(columns.year(collection, number), year);
                ranked.push((latest(number), columns.added_rank(collection, number)));
            }
            ranked.sort_unstable();
            // Ranks are unknown with the times, are equal with them and grow with them.
            for pair in ranked.windows(2) {
                prop_assert_eq!(pair[0].0 == pair[1].0, pair[0].1 == pair[1].1);
                prop_assert!(pair[0].1 <= pair[1].1);
            }
            for (time, rank) in ranked {
                prop_assert_eq!(time.is_some(), rank.is_some());
            }
        }
        let relations = &columns.relations;
        let (albums, artists) = (Collection::Albums, Collection::Artists);
        for album in 0..library.catalog.albums.ids.len() as u32 {
            let on = || library.numbers().filter(|&n| library.owner(albums, n) == album);
            let of: BTreeSet<u32> = on().map(|n| library.owner(artists, n)).collect();
            prop_assert!(of.iter().eq(columns.artists_of_album(album)));
            let of: BTreeSet<String> = on().flat_map(|n| library.album_artists(n)).collect();
            let found = columns.album_artists_of_album(album);
            prop_assert!(found.is_sorted_by(|a, b| a < b));
            let found = found.iter().map(|&n| columns.album_artists.names.get(n).to_owned());
            prop_assert_eq!(found.collect::<BTreeSet<_>>(), of);
        }
        for artist in 0..library.catalog.artists.ids.len() as u32 {
            let by = library.numbers().filter(|&n| library.owner(artists, n) == artist);
            let on: BTreeSet<u32> = by.map(|n| library.owner(albums, n)).collect();
            prop_assert!(on.iter().eq(relations.albums_of_artists.get(artist)));
        }
        for (number, name) in (0..).zip(columns.album_artists.names.iter()) {
            let tracks = columns.album_artists.tracks(number).iter().cloned().flatten();
            let of = library.numbers().filter(|&n| library.album_artists(n).contains(name));
            prop_assert!(tracks.eq(of), "{name}");
        }
    }
}

#[test]
fn of_many_values_the_largest_counts_are_told() {
    let mut sample = Sample::default();
    for artist in 0..150 {
        for title in 0..1 + artist % 50 {
            sample.add(track(&title.to_string()).by(&format!("{artist:03}")));
        }
    }
    let catalog = sample.catalog();
    let index = Index::build(&catalog).unwrap();
    let columns = Columns::build(&catalog, &Details::default(), &index, search_form).unwrap();
    let mut results = Bits::new(columns.tracks());
    results.insert_range(0..columns.tracks() as u32);
    let name = |_, number| catalog.artists.names.get(number).to_owned();
    let songs = Collection::Songs;
    let found = columns.count(Facet::Artist, songs, &results, None, &index, &name);
    let found: Vec<(&str, usize)> = found
        .counts
        .iter()
        .map(|count| (count.value.as_str(), count.count))
        .collect();
    assert_eq!(found.len(), FACET_VALUES);
    assert_eq!(
        found[..4],
        [("049", 50), ("099", 50), ("149", 50), ("048", 49)]
    );
    // 016, 066 and 116 have 17 tracks, and there is room for one.
    assert_eq!(found[99], ("016", 17));
    for facet in [Facet::AlbumArtist, Facet::Format] {
        let nothing = columns.count(facet, songs, &results, None, &index, &name);
        assert!(nothing.counts.is_empty(), "{facet:?}");
    }
}

#[test]
fn a_track_takes_few_bytes() {
    let count = 12_000_u32;
    let mut sample = Sample::default();
    let mut builder = DetailsBuilder::new(count as usize, false);
    for number in 0..count {
        let (album, artist) = (number / 12, number / 60);
        let new = track("x")
            .on(&format!("Album {album}"))
            .by(&format!("Artist {artist}"));
        let new = new.genre(&format!("Genre {}", artist % 40));
        sample.add(new.year(Some(1950 + i64::from(album % 70))));
    }
    let catalog = sample.catalog();
    for number in 0..count {
        let artist = catalog
            .artists
            .names
            .get(catalog.tracks.artists[number as usize]);
        let row = DetailRow {
            album_artists: Some(format!("[\"{artist}\"]")),
            format: Some("mp3".to_owned()),
            ..DetailRow::default()
        };
        let file = FileDetailRow {
            // Each a time of its own.
            added_ns: i64::from(number) * 1_000_003,
            ..FileDetailRow::default()
        };
        builder.file(number, &file).unwrap();
        builder.track(number, &row).unwrap();
    }
    let index = Index::build(&catalog).unwrap();
    let columns = Columns::build(&catalog, &builder.finish(), &index, search_form).unwrap();
    let a_track = columns.memory() as f64 / f64::from(count);
    println!("{a_track:.1} bytes a track");
    assert!(a_track < 24.0, "{a_track} bytes a track");
}
