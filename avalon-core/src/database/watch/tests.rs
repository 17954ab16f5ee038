//! A look tells each change once, and nothing else.

use std::fs;

use diesel::connection::SimpleConnection;

use super::*;
use crate::database::open_for_server;
use crate::database::samples::{ORIGINAL, Place};

/// A scan as the scanner writes it down.
fn scan(id: i64, generation: i64) -> String {
    format!(
        "INSERT INTO scans VALUES \
         ({id}, {generation}, '', '', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)"
    )
}

fn empty_library() -> Place {
    let place = Place::new();
    open_for_server(&place.url()).unwrap();
    place
}

#[test]
fn a_change_is_told_once_and_what_changes_nothing_is_not() {
    let title = |number: i32| {
        format!("INSERT INTO genres VALUES ('0000000000000000000000000000000{number}', 'x')")
    };
    for mode in ["DELETE", "WAL"] {
        let place = empty_library();
        place.run(&format!("PRAGMA journal_mode = {mode}"));
        let mut watch = Watch::new(place.url());
        assert_eq!(watch.look().unwrap(), Look::First(0), "{mode}");
        for (row, statements, expected) in [
            ("nothing", String::new(), Look::Same(0)),
            ("a first scan", scan(1, 1), Look::Changed(1)),
            ("nothing after it", String::new(), Look::Same(1)),
            (
                "a scan without changes",
                scan(2, 1),
                // In that mode nobody counts commits.
                match mode {
                    "WAL" => Look::Changed(1),
                    _ => Look::Same(1),
                },
            ),
            ("another program", title(1), Look::Changed(1)),
            (
                "another program, and a scan without changes after it",
                format!("{};{}", title(2), scan(3, 1)),
                Look::Changed(1),
            ),
            (
                "another program after such a scan",
                format!("{};{}", scan(4, 1), title(3)),
                Look::Changed(1),
            ),
            (
                "two scans",
                format!("{};{}", scan(5, 2), scan(6, 2)),
                Look::Changed(2),
            ),
            (
                "an older state",
                "DELETE FROM scans WHERE id > 2".to_owned(),
                Look::Changed(1),
            ),
            ("none", "DROP TABLE scans".to_owned(), Look::Changed(0)),
            ("nothing at last", String::new(), Look::Same(0)),
        ] {
            place.run(&statements);
            assert_eq!(watch.look().unwrap(), expected, "{mode}: {row}");
            assert_eq!(
                watch.look().unwrap(),
                Look::Same(match expected {
                    Look::Same(now) | Look::Changed(now) => now,
                    other => panic!("{other:?}"),
                }),
                "{mode}: {row}, once more"
            );
        }
    }
}

#[test]
fn another_scan_of_the_same_number_and_generation_is_a_change() {
    let last = |id, generation, started_ns| LastScan {
        id,
        generation,
        started_ns,
    };
    for (now, expected) in [
        (last(5, 3, 100), Look::Same(3)),
        (last(5, 4, 100), Look::Changed(4)),
        (last(5, 3, 101), Look::Changed(3)),
        (last(5, 3, 99), Look::Changed(3)),
        (last(4, 3, 100), Look::Changed(3)),
        (last(6, 3, 200), Look::Same(3)),
    ] {
        let mut seen = Some(last(5, 3, 100));
        assert_eq!(compare(&mut seen, now, |_| false), expected, "{now:?}");
        assert_eq!(seen, Some(now));
    }
}

#[test]
fn a_database_of_the_original_changes_with_its_file() {
    let place = Place::new();
    place.run(ORIGINAL);
    let mut watch = Watch::new(place.url());
    assert_eq!(watch.look().unwrap(), Look::First(0));
    assert_eq!(watch.look().unwrap(), Look::Same(0));
    place.run("UPDATE tracks SET name = 'Two'");
    assert_eq!(watch.look().unwrap(), Look::Changed(0));
    assert_eq!(watch.look().unwrap(), Look::Same(0));
}

#[test]
fn a_file_put_in_its_place_is_a_change_and_a_missing_one_an_error() {
    let place = empty_library();
    place.run(&scan(1, 5));
    let mut watch = Watch::new(place.url());
    assert_eq!(watch.look().unwrap(), Look::First(5));
    let copy = place.path().with_file_name("copy.sqlite");
    fs::copy(place.path(), &copy).unwrap();
    fs::rename(&copy, place.path()).unwrap();
    assert_eq!(watch.look().unwrap(), Look::Changed(5));
    assert_eq!(watch.look().unwrap(), Look::Same(5));

    fs::rename(place.path(), &copy).unwrap();
    for _ in 0..2 {
        let error = watch.look().unwrap_err();
        assert!(matches!(error, DatabaseError::Connect { .. }), "{error}");
    }
    assert!(!place.path().exists(), "nothing is made");
    fs::rename(&copy, place.path()).unwrap();
    // While nobody looked, anybody may have written.
    assert_eq!(watch.look().unwrap(), Look::Changed(5));
    assert_eq!(watch.look().unwrap(), Look::Same(5));
}

#[test]
fn a_file_that_was_copied_over_it_is_a_change_though_it_counts_as_many_commits() {
    let place = empty_library();
    place.run(&scan(1, 5));
    let other = Place::new();
    fs::copy(place.path(), other.path()).unwrap();
    place.run("UPDATE scans SET scope = 'one'");
    other.run("UPDATE scans SET generation = 6");
    let mut watch = Watch::new(place.url());
    assert_eq!(watch.look().unwrap(), Look::First(5));
    assert_eq!(watch.look().unwrap(), Look::Same(5));
    let bytes = fs::read(other.path()).unwrap();
    assert_eq!(bytes[24..40], fs::read(place.path()).unwrap()[24..40]);
    fs::write(place.path(), bytes).unwrap();
    // Clocks of file systems may stand still for some milliseconds.
    let file = File::options().write(true).open(place.path()).unwrap();
    let later = std::time::SystemTime::now() + Duration::from_secs(1);
    file.set_modified(later).unwrap();
    drop(file);
    assert_eq!(watch.look().unwrap(), Look::Changed(6));
    assert_eq!(watch.look().unwrap(), Look::Same(6));
    place.run(&scan(2, 6));
    assert_eq!(watch.look().unwrap(), Look::Same(6));
}

#[test]
fn a_first_look_may_find_nothing_and_a_later_one_be_the_first() {
    let place = Place::new();
    let mut watch = Watch::new(place.url());
    watch.look().unwrap_err();
    fs::write(place.path(), "this is a shopping list, not a database").unwrap();
    let error = watch.look().unwrap_err();
    assert!(matches!(error, DatabaseError::Read { .. }), "{error}");
    fs::remove_file(place.path()).unwrap();
    open_for_server(&place.url()).unwrap();
    assert_eq!(watch.look().unwrap(), Look::First(0));
}

#[test]
fn a_look_neither_waits_for_a_commit_nor_keeps_anybody_from_one() {
    let place = empty_library();
    let mut writer = SqliteConnection::establish(&place.path().to_string_lossy()).unwrap();
    let mut watch = Watch::new(place.url());
    writer.batch_execute("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(watch.look().unwrap(), Look::Busy);
    writer.batch_execute("ROLLBACK").unwrap();
    assert_eq!(watch.look().unwrap(), Look::First(0));
    // Without a timeout: a lock that was left behind would be an error here.
    writer.batch_execute("BEGIN EXCLUSIVE").unwrap();
    writer.batch_execute(&scan(1, 1)).unwrap();
    assert_eq!(watch.look().unwrap(), Look::Busy);
    writer.batch_execute("COMMIT").unwrap();
    assert_eq!(watch.look().unwrap(), Look::Changed(1));
}

#[test]
fn a_database_in_memory_never_changes() {
    let mut watch = Watch::new(DatabaseUrl::SqliteMemory);
    assert_eq!(watch.look().unwrap(), Look::First(0));
    assert_eq!(watch.look().unwrap(), Look::Same(0));
}
