//! A file that is somewhere else keeps when it was added, and its id follows its path.

use std::fs;

use crate::support::{Collection, Database, Program, on_each_backend, scan};

on_each_backend!(
    a_renamed_file_is_the_same_file,
    a_folder_that_is_renamed_is_no_loss,
    files_of_every_format_are_known_again_by_their_sound,
    a_file_that_is_moved_and_retagged_is_the_same_file,
    of_two_copies_neither_is_the_file_that_is_gone,
    two_files_that_swap_their_names_are_found,
    a_copy_beside_the_file_is_new,
    a_file_that_is_replaced_by_a_copy_of_itself_is_unmoved,
    what_moves_from_part_to_part_is_the_same_file,
    a_link_is_the_same_file_when_its_target_is_back,
);

/// The path that a track's id is made of, found among the tracks by its title.
fn id_of(database: &Database, title: &str) -> String {
    database.library().track(title).id.clone()
}

fn a_renamed_file_is_the_same_file(database: &Database) {
    let collection = Collection::new();
    collection.add_flac("a.flac", &[("TITLE", "A")]);
    collection.add_flac("b.flac", &[("TITLE", "B")]);
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let (added, id) = (database.added("/a.flac"), id_of(database, "A"));
    let stays = id_of(database, "B");
    collection.rename("a.flac", "folder/z.flac");
    scan(database, collection.root()).run().expect_code(0);
    let last = database.last_scan();
    assert_eq!((last.tracks, last.changes()), (2, [0, 0, 1, 0]));
    assert_eq!(database.added("/z.flac"), added);
    assert_ne!(id_of(database, "A"), id, "the id is that of the path");
    assert_eq!(id_of(database, "B"), stays);
    // And back: the id is the old one.
    collection.rename("folder/z.flac", "a.flac");
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(id_of(database, "A"), id);
    assert_eq!(database.added("/a.flac"), added);
}

fn a_folder_that_is_renamed_is_no_loss(database: &Database) {
    let collection = Collection::new();
    for number in 0..30 {
        let title = format!("Song {number}");
        collection.add_flac(&format!("one/{number}.flac"), &[("TITLE", &title)]);
    }
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let added = database.added("one/7.flac");
    collection.rename("one", "two");
    // All 30 paths are gone; the guard knows better.
    scan(database, collection.root()).run().expect_code(0);
    let last = database.last_scan();
    assert_eq!((last.tracks, last.changes()), (30, [0, 0, 30, 0]));
    assert_eq!(database.added("two/7.flac"), added);
}

fn files_of_every_format_are_known_again_by_their_sound(database: &Database) {
    let collection = Collection::of("untagged");
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let added = database.added("/untagged.mp3");
    // As to another disk: other inodes, and other times.
    let names: Vec<_> = fs::read_dir(collection.root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    let folder = collection.folder("there");
    for name in &names {
        fs::copy(collection.root().join(name), folder.join(name)).unwrap();
    }
    for name in &names {
        fs::remove_file(collection.root().join(name)).unwrap();
    }
    let count = i64::try_from(names.len()).unwrap();
    scan(database, collection.root())
        .run()
        .expect_code(0)
        .expect_stderr(&["0 added, 0 changed"]);
    let last = database.last_scan();
    assert_eq!((last.tracks, last.changes()), (count, [0, 0, count, 0]));
    assert_eq!(database.added("there/untagged.mp3"), added);
}

fn a_file_that_is_moved_and_retagged_is_the_same_file(database: &Database) {
    let collection = Collection::new();
    collection.add_flac("a.flac", &[("TITLE", "Before")]);
    collection.add("untagged/untagged.mp3", "b.mp3");
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let added = database.added("/a.flac");
    // A tagger that writes a new file, under a name of its own making.
    let comments = [("TITLE", "After"), ("COMMENT", "and it is longer")];
    collection.add_flac("After.flac", &comments);
    collection.remove("a.flac");
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(database.last_scan().changes(), [0, 0, 1, 0]);
    assert_eq!(database.library().titles(), ["", "After"]);
    assert_eq!(database.added("/After.flac"), added);
}

fn of_two_copies_neither_is_the_file_that_is_gone(database: &Database) {
    let collection = Collection::new();
    let file = collection.add_flac("a.flac", &[("TITLE", "A")]);
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let added = database.added("/a.flac");
    fs::copy(&file, collection.path("b.flac")).unwrap();
    fs::copy(&file, collection.path("c.flac")).unwrap();
    collection.remove("a.flac");
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(database.last_scan().changes(), [2, 0, 0, 1]);
    assert!(database.added("/b.flac") > added);
    assert!(database.added("/c.flac") > added);
}

fn two_files_that_swap_their_names_are_found(database: &Database) {
    let collection = Collection::new();
    collection.add_flac("a.flac", &[("TITLE", "One")]);
    collection.add_flac("b.flac", &[("TITLE", "Two")]);
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let (one, two) = (id_of(database, "One"), id_of(database, "Two"));
    collection.rename("a.flac", "c.flac");
    collection.rename("b.flac", "a.flac");
    collection.rename("c.flac", "b.flac");
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(id_of(database, "One"), two);
    assert_eq!(id_of(database, "Two"), one);
}

fn a_copy_beside_the_file_is_new(database: &Database) {
    let collection = Collection::new();
    let file = collection.add_flac("a.flac", &[("TITLE", "A")]);
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let added = database.added("/a.flac");
    fs::copy(file, collection.path("copy.flac")).unwrap();
    scan(database, collection.root()).run().expect_code(0);
    let last = database.last_scan();
    assert_eq!((last.tracks, last.changes()), (2, [1, 0, 0, 0]));
    assert_eq!(database.added("/a.flac"), added);
    assert!(database.added("/copy.flac") > added);
}

fn a_file_that_is_replaced_by_a_copy_of_itself_is_unmoved(database: &Database) {
    let collection = Collection::new();
    collection.add_flac("a.flac", &[("TITLE", "A")]);
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let added = database.added("/a.flac");
    fs::copy(collection.path("a.flac"), collection.path("b")).unwrap();
    collection.rename("b", "a.flac");
    scan(database, collection.root()).run().expect_code(0);
    let last = database.last_scan();
    // Its mtime is served, and another one.
    assert_eq!((last.read, last.changes()), (1, [0, 1, 0, 0]));
    assert_eq!(database.added("/a.flac"), added);
}

/// Scans these parts one by one.
fn scan_parts(database: &Database, collection: &Collection, parts: &[&str]) {
    for part in parts {
        Program::new("avalon-scan")
            .args(["--database", &database.url(), "--only"])
            .arg(collection.path(part))
            .run()
            .expect_code(0);
    }
}

fn what_moves_from_part_to_part_is_the_same_file(database: &Database) {
    let collection = Collection::new();
    collection.add_flac("a/1.flac", &[("TITLE", "One")]);
    collection.add_flac("b/2.flac", &[("TITLE", "Two")]);
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let added = database.added("/1.flac");
    for (from, to, order) in [("a", "b", ["a", "b"]), ("b", "a", ["a", "b"])] {
        let (from, to) = (format!("{from}/1.flac"), format!("{to}/1.flac"));
        collection.rename(&from, &to);
        scan_parts(database, &collection, &order);
        assert_eq!(database.library().titles(), ["One", "Two"], "{from}");
        assert_eq!(database.added(&to), added, "{from}");
    }
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(database.last_scan().changes(), [0; 4]);
    let left = "SELECT path_text AS text FROM files WHERE kind = 'gone'";
    assert_eq!(database.texts(left), [""; 0]);
}

fn a_link_is_the_same_file_when_its_target_is_back(database: &Database) {
    let (collection, disk) = (Collection::new(), Collection::new());
    collection.add_flac("1.flac", &[("TITLE", "One")]);
    disk.add_flac("there/2.flac", &[("TITLE", "Two")]);
    collection.link("2.flac", disk.path("there/2.flac"));
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    let added = database.added("/2.flac");
    disk.rename("there", "away");
    scan(database, collection.root())
        .run()
        .expect_code(3)
        .expect_stderr(&["2.flac: the link leads nowhere"]);
    assert_eq!(database.library().titles(), ["One"]);
    disk.rename("away", "there");
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(database.last_scan().changes(), [1, 0, 0, 0]);
    assert_eq!(database.library().titles(), ["One", "Two"]);
    assert_eq!(database.added("/2.flac"), added);
}
