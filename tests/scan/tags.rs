//! Every format is read, tagged or not, and where a file has several tags the right one counts.

use std::fs;

use crate::support::{Collection, Database, data, on_each_backend, scan};

on_each_backend!(
    every_format_is_kept_without_any_tag,
    one_tag_of_an_mp3_counts_as_a_whole,
    numbers_larger_than_the_column_are_0_with_a_warning,
);

fn every_format_is_kept_without_any_tag(database: &Database) {
    let finished = scan(database, &data("untagged")).run().expect_code(0);
    let files = fs::read_dir(data("untagged")).unwrap().count();
    let library = database.library();
    assert_eq!(library.tracks.len(), files, "{}", finished.stderr);
    for track in &library.tracks {
        assert_eq!(track.name.as_deref(), Some(""));
        assert_eq!((track.track, track.year), (Some(0), Some(0)));
        // All of them are longer than a second and shorter than two.
        assert_eq!(track.length, Some(1), "{track:?}");
        // The ids of the empty name, as the original computes them.
        assert_eq!(
            track.album_id.as_deref(),
            Some("e9a6420904cc5664b0865935871d63f6")
        );
        assert_eq!(
            track.artist_id.as_deref(),
            Some("4ad235a9c8ff5212936e191046c483a9")
        );
        assert_eq!(
            track.genre_id.as_deref(),
            Some("7cb15d51755f5957b775577eac9da1cd")
        );
    }
}

fn one_tag_of_an_mp3_counts_as_a_whole(database: &Database) {
    scan(database, &data("library/Sólveig & the Tidewater"))
        .run()
        .expect_code(0);
    let library = database.library();
    // ID3v2.4, ID3v2.3, ID3v1 alone, APEv2 alone, and ID3v2.4 beside an APEv2 tag that differs.
    assert_eq!(
        library.titles(),
        [
            "Ferry Café",
            "Low Tide",
            "Night Watch",
            "Salt Letter",
            "The Lamp Room"
        ]
    );
    for (title, number) in [
        ("Low Tide", 1),
        ("Ferry Café", 2),
        ("Night Watch", 3),
        ("The Lamp Room", 4),
        ("Salt Letter", 5),
    ] {
        let track = library.track(title);
        assert_eq!(
            (track.track, track.year),
            (Some(number), Some(2014)),
            "{title}"
        );
    }
    let only = |name: &str| vec![Some(name.to_owned())];
    let names = |rows: &[crate::support::Entity]| {
        rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&library.artists), only("Sólveig & the Tidewater"));
    assert_eq!(names(&library.albums), only("Harbour Lights"));
    assert_eq!(names(&library.genres), only("Folk"));
}

fn numbers_larger_than_the_column_are_0_with_a_warning(database: &Database) {
    let collection = Collection::new();
    // 64 bits in SQLite, 32 bits in PostgreSQL.
    let (fits, beyond) = match database {
        Database::Sqlite(_) => ("9223372036854775807", "9223372036854775808"),
        Database::Postgres(_) => ("2147483647", "2147483648"),
    };
    collection.add_flac("fits.flac", &[("TITLE", "fits"), ("TRACKNUMBER", fits)]);
    let large = collection.add_flac(
        "beyond.flac",
        &[("TITLE", "beyond"), ("TRACKNUMBER", beyond)],
    );
    scan(database, collection.root())
        .run()
        .expect_code(0)
        .expect_stderr(&[large.to_str().unwrap(), "[WARNING]"]);
    let library = database.library();
    assert_eq!(library.track("fits").track, fits.parse().ok());
    assert_eq!(library.track("beyond").track, Some(0));
}
