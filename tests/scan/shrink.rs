//! How much of a library may go without a word: 20 tracks, or 20 %.

use std::path::Path;

use crate::support::{
    Collection, Database, Finished, Library, create_tables, insert_library, on_each_backend, scan,
};

on_each_backend!(
    more_than_20_tracks_and_20_percent_must_be_meant,
    a_setting_says_how_much,
    a_root_that_is_not_named_this_time_is_a_loss,
    a_renamed_root_is_none,
    a_folder_that_was_hidden_is_a_loss,
    tracks_of_the_original_are_matched_by_their_ids,
    what_went_bad_is_a_loss_too,
    losses_of_parts_add_up,
);

/// Tracks `<folder>/0.flac` and on.
fn fill(collection: &Collection, folder: &str, files: std::ops::Range<usize>) {
    for number in files {
        let title = format!("{folder} {number}");
        collection.add_flac(&format!("{folder}/{number}.flac"), &[("TITLE", &title)]);
    }
    collection.age();
}

fn remove(collection: &Collection, folder: &str, files: std::ops::Range<usize>) {
    for number in files {
        collection.remove(&format!("{folder}/{number}.flac"));
    }
}

/// A scan that is refused, with these numbers, and changes nothing.
#[track_caller]
fn refused(database: &Database, program: crate::support::Program, going: usize, known: usize) {
    let before = (database.library(), database.last_scan());
    let said = format!("{going} of {known} tracks would go");
    program
        .run()
        .expect_code(2)
        .expect_stderr(&[&said, "--allow-shrink"]);
    assert_eq!((database.library(), database.last_scan()), before);
}

fn scanned(database: &Database, root: &Path) -> Finished {
    scan(database, root).run().expect_code(0)
}

fn more_than_20_tracks_and_20_percent_must_be_meant(database: &Database) {
    let collection = Collection::new();
    fill(&collection, "a", 0..50);
    fill(&collection, "b", 0..60);
    scanned(database, collection.root());
    // 20 may go of however few.
    remove(&collection, "a", 0..20);
    scanned(database, collection.root());
    assert_eq!(database.last_scan().changes(), [0, 0, 0, 20]);
    // 18 of 90 are 20 %, and fewer than 20.
    remove(&collection, "a", 20..38);
    scanned(database, collection.root());
    assert_eq!(database.library().tracks.len(), 72);
    // 21 of 72 are more than both.
    remove(&collection, "b", 0..21);
    refused(database, scan(database, collection.root()), 21, 72);
    let dry = scan(database, collection.root()).arg("--dry-run");
    refused(database, dry, 21, 72);
    scan(database, collection.root())
        .arg("--allow-shrink")
        .run()
        .expect_code(0);
    assert_eq!(database.library().tracks.len(), 51);
    assert_eq!(database.last_scan().changes(), [0, 0, 0, 21]);
}

fn a_setting_says_how_much(database: &Database) {
    let collection = Collection::new();
    fill(&collection, "a", 0..110);
    scanned(database, collection.root());
    remove(&collection, "a", 0..22);
    let with =
        |percent: &str| scan(database, collection.root()).env("AVALON_SCAN_MAX_SHRINK", percent);
    refused(database, with("19"), 22, 110);
    refused(database, with("0"), 22, 110);
    with("101")
        .run()
        .expect_code(2)
        .expect_stderr(&["SCAN_MAX_SHRINK"]);
    with("20").run().expect_code(0);
    assert_eq!(database.library().tracks.len(), 88);
    remove(&collection, "a", 22..109);
    with("100").run().expect_code(0);
    assert_eq!(database.library().tracks.len(), 1);
}

fn a_root_that_is_not_named_this_time_is_a_loss(database: &Database) {
    let collection = Collection::new();
    fill(&collection, "one", 0..25);
    fill(&collection, "two", 0..25);
    let (one, two) = (collection.path("one"), collection.path("two"));
    scan(database, &one).arg(&two).run().expect_code(0);
    assert_eq!(database.library().tracks.len(), 50);
    refused(database, scan(database, &one), 25, 50);
    scan(database, &one)
        .arg("--allow-shrink")
        .run()
        .expect_code(0);
    assert_eq!(database.library().tracks.len(), 25);
}

fn a_renamed_root_is_none(database: &Database) {
    let collection = Collection::new();
    fill(&collection, "one", 0..25);
    scanned(database, &collection.path("one"));
    collection.rename("one", "two");
    scanned(database, &collection.path("two"));
    assert_eq!(database.last_scan().changes(), [0, 0, 25, 0]);
}

fn a_folder_that_was_hidden_is_a_loss(database: &Database) {
    let collection = Collection::new();
    fill(&collection, "one", 0..25);
    fill(&collection, "two", 0..25);
    scanned(database, collection.root());
    collection.write("two/.nomedia", b"");
    refused(database, scan(database, collection.root()), 25, 50);
}

fn what_went_bad_is_a_loss_too(database: &Database) {
    let collection = Collection::new();
    fill(&collection, "one", 0..50);
    scanned(database, collection.root());
    for number in 0..25 {
        collection.write(&format!("one/{number}.flac"), b"");
    }
    refused(database, scan(database, collection.root()), 25, 50);
    scan(database, collection.root())
        .arg("--allow-shrink")
        .run()
        .expect_code(3);
    assert_eq!(database.library().tracks.len(), 25);
}

fn losses_of_parts_add_up(database: &Database) {
    let collection = Collection::new();
    fill(&collection, "a", 0..15);
    fill(&collection, "b", 0..15);
    fill(&collection, "c", 0..70);
    scanned(database, collection.root());
    let only = |folder: &str| {
        crate::support::Program::new("avalon-scan")
            .args(["--database", &database.url(), "--only"])
            .arg(collection.path(folder))
    };
    remove(&collection, "a", 0..15);
    only("a").run().expect_code(0);
    remove(&collection, "b", 0..15);
    for program in [only("b"), scan(database, collection.root())] {
        program.run().expect_code(2).expect_stderr(&[
            "15 tracks would go",
            "30 of 100",
            "--allow-shrink",
        ]);
    }
    assert_eq!(database.library().tracks.len(), 85);
    only("b").arg("--allow-shrink").run().expect_code(0);
    assert_eq!(database.library().tracks.len(), 70);
    scanned(database, collection.root());
}

fn tracks_of_the_original_are_matched_by_their_ids(database: &Database) {
    let collection = Collection::new();
    fill(&collection, "one", 0..25);
    let scratch = Database::sqlite();
    scanned(&scratch, collection.root());
    let Library { tracks, .. } = scratch.library();
    // What the original knew of the same files at the same place, and of as many elsewhere.
    let mut theirs = scratch.library();
    create_tables(database);
    insert_library(database, &theirs);
    scanned(database, collection.root());
    let last = database.last_scan();
    assert_eq!((last.tracks, last.removed, last.generation), (25, 0, 1));
    assert_eq!(database.library(), scratch.library());

    theirs.tracks.extend(tracks.into_iter().map(|mut track| {
        // Another id for each: its digits turned round.
        track.id = track.id.chars().rev().collect();
        track
    }));
    database.execute(
        "DELETE FROM tracks; DELETE FROM albums; DELETE FROM artists; DELETE FROM genres;",
    );
    insert_library(database, &theirs);
    refused(database, scan(database, collection.root()), 25, 50);
    scan(database, collection.root())
        .arg("--allow-shrink")
        .run()
        .expect_code(0);
    assert_eq!(database.library(), scratch.library());
}
