//! The whole way on each backend: `tests/data/library` is scanned, served and asked about.
//!
//! In: the audio files and `answers.jsonl`, which `record.py` computes from what the files were made
//! of. Out: every answer is the recorded one, in its order too. This set needs nothing from outside
//! the project; `../golden` replays a recording of the original where there is one.

#![expect(clippy::unwrap_used, reason = "what fails here is the test")]

#[path = "../support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{Database, Exchange, Server, data, on_each_backend, scan};

on_each_backend!(
    every_recorded_question_about_the_library_gets_its_answer,
    a_second_scan_changes_nothing,
);

fn every_recorded_question_about_the_library_gets_its_answer(database: &Database) {
    scan_library(database);
    let server = Server::start(database);
    let mut connection = server.connect();
    let mut differences = String::new();
    let exchanges = Exchange::read(&data("../round_trip/answers.jsonl"));
    for exchange in &exchanges {
        let answer = connection
            .request(&exchange.method, &exchange.path)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", exchange.title(), server.stderr()));
        if let Err(difference) = exchange.check(&answer) {
            writeln!(differences, "{}\n    {difference}", exchange.title()).unwrap();
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

fn a_second_scan_changes_nothing(database: &Database) {
    scan_library(database);
    let first = database.library();
    assert_eq!(first.tracks.len(), 22);
    scan_library(database);
    assert_eq!(database.library(), first);
}

#[test]
fn the_answer_that_the_readme_shows_is_the_real_one() {
    let readme = fs::read_to_string(data("../../README.md")).unwrap();
    let (_, rest) = readme.split_once("$ curl 'http://127.0.0.1:8000").unwrap();
    let (target, rest) = rest.split_once("'\n").unwrap();
    let shown = rest.lines().next().unwrap();
    let database = Database::sqlite();
    scan_library(&database);
    let answer = Server::start(&database).get(target);
    assert_eq!(answer.status, 200, "{target}");
    let texts = [shown, answer.text()];
    let [shown, answer] = texts.map(|text| {
        let mut json: Value = serde_json::from_str(text).unwrap();
        let track = json["success"][0].as_object_mut().expect("a track");
        // This one is made of the path.
        track.remove("id").expect("an id");
        json
    });
    assert_eq!(shown, answer, "left: README.md, right: {target}");
}

/// Scans the library by its relative path, as `record.py` assumes.
fn scan_library(database: &Database) {
    scan(database, Path::new("library"))
        .current_dir(&data(""))
        .run()
        .expect_code(0);
}
