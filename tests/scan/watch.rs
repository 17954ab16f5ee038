//! `--watch`: a scan that goes on with what changes.

use rustix::process::Signal;

use crate::support::{Collection, Database, PATIENCE, Running, on_each_backend, scan, until};

on_each_backend!(what_changes_is_scanned_until_it_is_stopped);

/// Waits until these are the titles in the database.
#[track_caller]
fn expect_titles(database: &Database, running: &Running, titles: &[&str]) {
    let found = until(PATIENCE, || {
        (database.library().titles() == titles).then_some(())
    });
    assert!(
        found.is_some(),
        "not {titles:?} but {:?}:\n{}",
        database.library().titles(),
        running.stderr()
    );
}

fn what_changes_is_scanned_until_it_is_stopped(database: &Database) {
    let collection = Collection::new();
    collection.add_flac("a/1.flac", &[("TITLE", "One")]);
    collection.age();
    let running = scan(database, collection.root()).arg("--watch").spawn();
    running
        .stderr_until(|text| text.contains("Watching for changes").then_some(()))
        .expect("it says so");
    expect_titles(database, &running, &["One"]);
    collection.add_flac("new/2.flac", &[("TITLE", "Two")]);
    collection.add_flac("a/1.flac", &[("TITLE", "One!")]);
    expect_titles(database, &running, &["One!", "Two"]);
    assert_eq!(database.last_scan().scope, "part");
    collection.rename("new/2.flac", "a/2.flac");
    collection.remove("a/1.flac");
    expect_titles(database, &running, &["Two"]);
    running.signal(Signal::TERM);
    running.finish().expect_code(0).expect_stderr(&["Stopped"]);
}

#[test]
fn a_stop_is_the_last_thing_that_programs_hear() {
    let collection = Collection::new();
    collection.add_flac("1.flac", &[("TITLE", "One")]);
    let database = Database::sqlite();
    let running = scan(&database, collection.root())
        .args(["--watch", "--json"])
        .spawn();
    running
        .stderr_until(|text| text.contains("Watching for changes").then_some(()))
        .expect("it says so");
    running.signal(Signal::TERM);
    let finished = running.finish().expect_code(0);
    let last = finished.stdout.lines().last();
    assert_eq!(last, Some(r#"{"event":"stopped","exit_code":0}"#));
}

#[test]
fn a_refusal_at_the_start_ends_it() {
    let collection = Collection::new();
    scan(&Database::sqlite(), &collection.path("gone"))
        .arg("--watch")
        .run()
        .expect_code(2)
        .expect_stderr(&["gone"]);
}

#[test]
fn a_refusal_later_leaves_the_library_and_the_watch() {
    let collection = Collection::new();
    collection.add_flac("1.flac", &[("TITLE", "One")]);
    collection.age();
    let database = Database::sqlite();
    let running = scan(&database, collection.root()).arg("--watch").spawn();
    running
        .stderr_until(|text| text.contains("Watching for changes").then_some(()))
        .expect("it says so");
    collection.remove("1.flac");
    running
        .stderr_until(|text| text.contains("refused to scan").then_some(()))
        .expect("it says so");
    assert_eq!(database.library().titles(), ["One"]);
    running.signal(Signal::TERM);
    running.finish().expect_code(0);
}
