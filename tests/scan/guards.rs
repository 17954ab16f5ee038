//! Rule S4: a collection that is not there is no reason to forget the library.

use std::path::{Path, PathBuf};

use crate::support::{Collection, Database, Library, data, on_each_backend, scan};

on_each_backend!(
    a_root_that_is_no_collection_is_refused,
    a_collection_without_audio_does_not_empty_a_library,
    a_collection_of_broken_audio_does_not_empty_a_library,
    a_collection_without_audio_makes_an_empty_library_where_none_was,
);

fn a_root_that_is_no_collection_is_refused(database: &Database) {
    let before = filled(database);
    let collection = Collection::new();
    let file = collection.add("untagged/untagged.mp3", "a.mp3");
    let empty = collection.folder("empty");
    for (root, said) in [
        (collection.path("missing"), "missing"),
        (empty, "empty"),
        (file, "a.mp3"),
        (PathBuf::new(), "empty"),
    ] {
        scan(database, &root)
            .run()
            .expect_code(2)
            .expect_stderr(&[said]);
        assert_eq!(database.library(), before, "{}", root.display());
    }
}

#[test]
fn an_unreadable_root_is_refused() {
    let collection = Collection::new();
    collection.add("untagged/untagged.mp3", "locked/a.mp3");
    let database = Database::sqlite();
    let before = filled(&database);
    collection.permit("locked", 0o000);
    let finished = scan(&database, &collection.path("locked"))
        .unprivileged()
        .run();
    collection.permit("locked", 0o755);
    finished.expect_code(2).expect_stderr(&["locked"]);
    assert_eq!(database.library(), before);
}

fn a_collection_without_audio_does_not_empty_a_library(database: &Database) {
    let before = filled(database);
    let collection = Collection::new();
    collection.write("notes.txt", b"no music here");
    refused(database, collection.root(), &before);
}

fn a_collection_of_broken_audio_does_not_empty_a_library(database: &Database) {
    let before = filled(database);
    refused(database, &data("bad"), &before);
}

fn a_collection_without_audio_makes_an_empty_library_where_none_was(database: &Database) {
    let collection = Collection::new();
    collection.write("notes.txt", b"no music here");
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(database.library(), Library::default());
}

/// Scans `root`, which must be refused with the numbers of what is there, and change nothing.
#[track_caller]
fn refused(database: &Database, root: &Path, before: &Library) {
    scan(database, root)
        .run()
        .expect_code(2)
        .expect_stderr(&[root.to_str().unwrap(), "22 tracks"]);
    assert_eq!(database.library(), *before);
}

/// Fills a database with the library, and returns what stands in it.
fn filled(database: &Database) -> Library {
    scan(database, &data("library")).run().expect_code(0);
    let library = database.library();
    assert_eq!(library.tracks.len(), 22);
    library
}
