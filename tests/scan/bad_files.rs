//! Rules S3 and S5: a bad file is named and skipped, and everything beside it is kept.

use std::fs;
use std::path::PathBuf;

use crate::support::{Collection, Database, Program, data, is_root, on_each_backend, scan};

on_each_backend!(
    every_bad_file_is_named_and_the_good_ones_are_kept,
    file_names_need_not_be_utf8,
);

fn every_bad_file_is_named_and_the_good_ones_are_kept(database: &Database) {
    let collection = Collection::of("bad");
    collection.add("untagged/untagged.flac", "good.flac");
    let finished = scan(database, collection.root()).run().expect_code(3);
    for entry in fs::read_dir(data("bad")).unwrap() {
        let path = collection.path(entry.unwrap().file_name().to_str().unwrap());
        let line = finished
            .stderr
            .lines()
            .find(|line| line.contains(path.to_str().unwrap()));
        let line =
            line.unwrap_or_else(|| panic!("{} is not named:\n{}", path.display(), finished.stderr));
        assert!(line.contains("[WARNING]"), "{line}");
        let (_, reason) = line.split_once(path.to_str().unwrap()).unwrap();
        assert!(reason.len() > 5, "no reason: {line}");
    }
    assert_eq!(database.library().tracks.len(), 1);
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}

fn file_names_need_not_be_utf8(database: &Database) {
    let collection = Collection::new();
    let content = fs::read(data(
        "library/Radio Brumaire/Première neige/1-02 Café du matin.flac",
    ))
    .unwrap();
    collection.write_raw_name(b"caf\xe9.flac", &content);
    collection.write_raw_name(b"caf\xe8.flac", &content);
    collection.write_raw_name(b"notes\xff.txt", b"no music");
    scan(database, collection.root()).run().expect_code(0);
    // Two names that differ only in bytes that are no UTF-8 are two tracks.
    assert_eq!(database.library().titles(), ["Café du matin"; 2]);
}

#[test]
fn what_is_no_file_is_never_opened() {
    let collection = Collection::new();
    collection.add("untagged/untagged.mp3", "a.mp3");
    // Opening this one for reading would wait for ever.
    let fifo = collection.fifo("b.mp3");
    collection.fifo("c");
    let database = Database::sqlite();
    expect_named(scan(&database, collection.root()), &database, &[fifo]);
}

/// Scans a collection of one good file and `bad` ones, which must be named.
#[track_caller]
fn expect_named(program: Program, database: &Database, bad: &[PathBuf]) {
    let named: Vec<&str> = bad.iter().map(|path| path.to_str().unwrap()).collect();
    program.run().expect_code(3).expect_stderr(&named);
    assert_eq!(database.library().tracks.len(), 1);
}

#[test]
fn links_to_files_are_followed_and_broken_ones_are_named() {
    let collection = Collection::new();
    let elsewhere = Collection::new();
    let target = elsewhere.add("untagged/untagged.mp3", "a.mp3");
    collection.link("good.mp3", &target);
    collection.link("folder", elsewhere.root());
    let dangling = collection.link("dangling.mp3", "nowhere");
    let looping = collection.link("loop.mp3", "loop.mp3");
    let database = Database::sqlite();
    // Links to folders are not followed, or a walk would not always end.
    let program = scan(&database, collection.root());
    expect_named(program, &database, &[dangling, looping]);
}

#[test]
fn unreadable_files_and_folders_are_named() {
    let collection = Collection::new();
    collection.add("untagged/untagged.mp3", "a.mp3");
    let file = collection.add("untagged/untagged.mp3", "b.mp3");
    let unnamed = collection.add("untagged/untagged.mp3", "sound of no name");
    collection.add("untagged/untagged.mp3", "locked/c.mp3");
    let database = Database::sqlite();
    collection.permit("b.mp3", 0o000);
    collection.permit("sound of no name", 0o000);
    collection.permit("locked", 0o000);
    open_to_all(&database);
    let program = scan(&database, collection.root()).unprivileged();
    expect_named(
        program,
        &database,
        &[file, unnamed, collection.path("locked")],
    );
    collection.permit("locked", 0o755);
}

#[test]
fn pictures_and_texts_are_no_skips() {
    let collection = Collection::new();
    collection.add("untagged/untagged.ogg", "a.ogg");
    collection.write("cover.jpg", b"\xff\xd8\xff\xe0 a picture");
    collection.write("notes.txt", b"a text");
    collection.write("a.m3u", b"a.ogg\n");
    collection.write("empty", b"");
    let database = Database::sqlite();
    let finished = scan(&database, collection.root()).run().expect_code(0);
    assert!(
        !finished.stderr.contains("[WARNING]"),
        "{}",
        finished.stderr
    );
}

/// Lets the unprivileged user write a database.
fn open_to_all(database: &Database) {
    use std::os::unix::fs::PermissionsExt;
    if is_root() {
        let folder = database.file();
        fs::set_permissions(folder.parent().unwrap(), fs::Permissions::from_mode(0o777)).unwrap();
    }
}
