//! A scan opens what changed, and the library is then as after a scan of everything.

use std::fs;

use crate::support::{
    Collection, Database, Entity, Library, Opens, insert_library, on_each_backend, scan, set_mtime,
};

on_each_backend!(
    files_that_did_not_change_are_not_opened,
    what_is_new_changed_or_gone_is_found,
    a_file_that_was_just_written_is_read_once_more,
    other_content_of_the_same_size_and_time_is_found,
    a_file_that_names_an_artist_no_more_leaves_that_to_the_next,
    a_full_scan_reads_every_file,
    another_reading_of_tags_reads_every_file,
    what_the_original_wrote_meanwhile_is_replaced,
    the_time_of_first_sight_outlives_a_rebuilt_library,
);

/// Scans, and says which files below the root were opened.
fn opened(database: &Database, collection: &Collection) -> Vec<String> {
    let opens = Opens::watch(collection.root());
    scan(database, collection.root()).run().expect_code(0);
    opens.files()
}

/// What a scan into an empty database makes of the collection.
fn from_nothing(collection: &Collection) -> Library {
    let database = Database::sqlite();
    scan(&database, collection.root()).run().expect_code(0);
    database.library()
}

fn files_that_did_not_change_are_not_opened(database: &Database) {
    let collection = Collection::of("library");
    collection.age();
    assert_eq!(opened(database, &collection).len(), 25, "the first scan");
    let (first, before) = (database.last_scan(), database.library());
    assert_eq!(opened(database, &collection), [""; 0]);
    let second = database.last_scan();
    assert_eq!((second.seen, second.read, second.unchanged), (25, 0, 25));
    assert_eq!(
        (second.tracks, second.other, second.changes()),
        (22, 3, [0; 4])
    );
    assert_eq!(database.library(), before);
    assert_eq!(second.generation, first.generation);
    assert_eq!(second.id, first.id + 1);
}

fn what_is_new_changed_or_gone_is_found(database: &Database) {
    let collection = Collection::of("library");
    collection.add_flac("b.flac", &[("TITLE", "Before"), ("ARTIST", "Old")]);
    collection.add_flac("gone.flac", &[("TITLE", "Gone"), ("ALBUM", "Gone too")]);
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let generation = database.last_scan().generation;

    collection.remove("gone.flac");
    collection.add_flac("b.flac", &[("TITLE", "After"), ("ARTIST", "New")]);
    // Not what is gone at another place: it has another sound.
    collection.add("untagged/untagged.ogg", "new.ogg");
    collection.age();
    assert_eq!(opened(database, &collection), ["b.flac", "new.ogg"]);
    let last = database.last_scan();
    assert_eq!((last.seen, last.read, last.unchanged), (27, 2, 25));
    assert_eq!((last.tracks, last.changes()), (24, [1, 1, 0, 1]));
    assert_eq!(last.generation, generation + 1);
    assert_eq!(database.library(), from_nothing(&collection));
}

fn a_file_that_was_just_written_is_read_once_more(database: &Database) {
    let collection = Collection::new();
    collection.add_flac("a.flac", &[("TITLE", "A")]);
    scan(database, collection.root()).run().expect_code(0);
    let first = database.last_scan();
    // It may be written again within the same tick of the file system's clock.
    assert_eq!(opened(database, &collection), ["a.flac"]);
    let second = database.last_scan();
    assert_eq!((second.read, second.changes()), (1, [0; 4]));
    assert_eq!(second.generation, first.generation);
}

fn other_content_of_the_same_size_and_time_is_found(database: &Database) {
    let collection = Collection::new();
    let file = collection.add_flac("a.flac", &[("TITLE", "One")]);
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let before = fs::metadata(&file).unwrap();
    collection.add_flac("a.flac", &[("TITLE", "Two")]);
    set_mtime(&file, before.modified().unwrap());
    let after = fs::metadata(&file).unwrap();
    assert_eq!(after.len(), before.len());
    assert_eq!(after.modified().unwrap(), before.modified().unwrap());
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(database.library().titles(), ["Two"]);
}

fn a_file_that_names_an_artist_no_more_leaves_that_to_the_next(database: &Database) {
    let collection = Collection::new();
    for (name, spelling) in [
        ("1.flac", "the river"),
        ("2.flac", "The River"),
        ("3.flac", "THE RIVER"),
    ] {
        let names = [
            ("TITLE", name),
            ("ARTIST", spelling),
            ("ALBUM", spelling),
            ("GENRE", spelling),
        ];
        collection.add_flac(name, &names);
    }
    collection.age();
    let named = || {
        scan(database, collection.root()).run().expect_code(0);
        let library = database.library();
        let of = |entities: &[Entity]| {
            let mut names: Vec<_> = entities.iter().map(|e| e.name.clone().unwrap()).collect();
            names.sort();
            names.join(", ")
        };
        [
            of(&library.albums),
            of(&library.artists),
            of(&library.genres),
        ]
    };
    assert_eq!(named(), ["THE RIVER"; 3], "the last path names them");
    collection.remove("3.flac");
    assert_eq!(
        named(),
        ["The River"; 3],
        "the one before, not opened again"
    );
    assert_eq!(database.last_scan().read, 0);
    let names = [
        ("TITLE", "2"),
        ("ARTIST", "Another"),
        ("ALBUM", "The River"),
    ];
    collection.add_flac("2.flac", &names);
    collection.age();
    assert_eq!(
        named(),
        ["The River", "Another, the river", ", the river"],
        "each by itself"
    );
    collection.remove("1.flac");
    assert_eq!(
        named(),
        ["The River", "Another", ""],
        "what nobody has is gone"
    );
}

fn a_full_scan_reads_every_file(database: &Database) {
    let collection = Collection::of("library");
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let (first, before) = (database.last_scan(), database.library());
    scan(database, collection.root())
        .arg("--full")
        .run()
        .expect_code(0);
    let full = database.last_scan();
    assert_eq!((full.read, full.unchanged, full.changes()), (25, 0, [0; 4]));
    assert_eq!(
        (full.scope.as_str(), first.scope.as_str()),
        ("full", "changes")
    );
    assert_eq!(full.generation, first.generation);
    assert_eq!(database.library(), before);
}

fn another_reading_of_tags_reads_every_file(database: &Database) {
    let collection = Collection::of("library");
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let (first, before) = (database.last_scan(), database.library());
    // What a program wrote that understood less of tags.
    database.execute("UPDATE files SET mapping = 0");
    assert_eq!(opened(database, &collection).len(), 25);
    let again = database.last_scan();
    assert_eq!((again.read, again.changes()), (25, [0; 4]));
    assert_eq!(again.generation, first.generation, "it reads the same");
    assert_eq!(database.library(), before);
    assert_eq!(opened(database, &collection), [""; 0]);
}

fn what_the_original_wrote_meanwhile_is_replaced(database: &Database) {
    let collection = Collection::of("library");
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let (first, ours) = (database.last_scan(), database.library());
    // The original's scanner deletes all and writes its own columns, of the files that it can read.
    let mut theirs = ours.clone();
    theirs.tracks.pop();
    for track in &mut theirs.tracks {
        track.year = Some(0);
    }
    database.execute(
        "DELETE FROM tracks; DELETE FROM albums; DELETE FROM artists; DELETE FROM genres;",
    );
    insert_library(database, &theirs);
    assert_eq!(opened(database, &collection).len(), 25);
    assert_eq!(database.library(), ours);
    let last = database.last_scan();
    assert_eq!(last.generation, first.generation + 1);
    // And from then on what did not change is known again.
    assert_eq!(opened(database, &collection), [""; 0]);
}

fn the_time_of_first_sight_outlives_a_rebuilt_library(database: &Database) {
    let collection = Collection::new();
    collection.add_flac("a.flac", &[("TITLE", "A")]);
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let added = database.added("a.flac");
    database.execute("DELETE FROM tracks");
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(database.library().titles(), ["A"]);
    assert_eq!(database.added("a.flac"), added);
}
