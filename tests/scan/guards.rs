//! Rule S4: a collection that is not there is no reason to forget the library.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::{Collection, Database, Library, data, is_root, on_each_backend, scan};

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

#[test]
fn the_lock_file_of_another_users_scan_is_no_obstacle() {
    let collection = Collection::new();
    collection.add("untagged/untagged.mp3", "a.mp3");
    let database = Database::sqlite();
    scan(&database, collection.root()).run().expect_code(0);
    let file = database.file();
    let folder = file.parent().unwrap();
    let mut lock = file.clone().into_os_string();
    lock.push("-scan.lock");
    for (path, mode) in [
        (folder, 0o777),
        (&file, 0o666),
        // To whom it belongs it is taken away by its mode, where the tests do not run as root.
        (Path::new(&lock), if is_root() { 0o644 } else { 0o444 }),
    ] {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    scan(&database, collection.root())
        .unprivileged()
        .run()
        .expect_code(0);
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
