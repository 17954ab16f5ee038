//! The answers of the original, replayed: 883 requests recorded over one of its databases.
//!
//! In: the folder that the variable GOLDEN_DIR names, with `golden.jsonl` and `library.sqlite`.
//! Out: the counts, on stderr. Lines without `deviation` must get the recorded answer; the others
//! must get what our rule of that name says (`deviations.rs`). The database is served as a copy of
//! the file, and copied into the tables that the original makes on PostgreSQL. Without the variable
//! the tests are skipped, loudly; the round trip in `../round_trip` stands alone.

#![expect(clippy::unwrap_used, reason = "what fails here is the test")]

#[path = "../support/mod.rs"]
mod support;

mod deviations;

mod library;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;
use support::{Database, Exchange, Order, Response, Server, create_tables, insert_library, tell};

/// The one number of the recorded library that PostgreSQL's column cannot hold. It is 0 there.
const TOO_LARGE: i64 = 4_294_967_296;

/// How many lines golden.jsonl has.
const LINES: usize = 883;

/// The kind of a line whose answer must be the recorded one.
const AS_RECORDED: &str = "no deviation";

/// All kinds of lines.
const KINDS: [&str; 8] = [AS_RECORDED, "D1", "D2", "D3", "D4", "D5", "D6", "D7"];

#[test]
fn the_originals_answers_stand_on_its_sqlite_file() {
    let Some(folder) = golden_folder() else {
        return;
    };
    let database = Database::sqlite_copy_of(&folder.join("library.sqlite"));
    let exchanges = Exchange::read(&folder.join("golden.jsonl"));
    replay("SQLite", &database, &exchanges);
}

#[test]
fn the_originals_answers_stand_on_its_tables_in_postgres() {
    let Some(folder) = golden_folder() else {
        return;
    };
    let Some(database) = Database::postgres() else {
        return;
    };
    let mut library = Database::sqlite_copy_of(&folder.join("library.sqlite")).library();
    for track in &mut library.tracks {
        if track.track == Some(TOO_LARGE) {
            track.track = Some(0);
        }
    }
    create_tables(&database);
    insert_library(&database, &library);
    let mut exchanges = Exchange::read(&folder.join("golden.jsonl"));
    let shown = exchanges
        .iter_mut()
        .filter(|exchange| exchange.deviation.is_none());
    let shown = shown.filter_map(show_zero).count();
    tell(&format!(
        "PostgreSQL: {shown} lines show the number {TOO_LARGE}, as 0 here"
    ));
    replay("PostgreSQL", &database, &exchanges);
}

/// The folder of recorded answers; `None`, and a line past the test harness, if there is none.
fn golden_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("GOLDEN_DIR").map(PathBuf::from);
    if folder.is_none() {
        tell("SKIPPED golden: GOLDEN_DIR names no folder with golden.jsonl and library.sqlite");
    }
    folder
}

/// Writes the recorded number that is too large as 0; `None` if the line does not show it.
fn show_zero(exchange: &mut Exchange) -> Option<()> {
    if !exchange.is_json() || exchange.method == "HEAD" {
        return None;
    }
    let mut body = exchange.json();
    let songs = body["success"].as_array_mut()?;
    let mut large = songs
        .iter_mut()
        .filter(|song| song["track"].as_i64() == Some(TOO_LARGE));
    large.next()?["track"] = Value::from(0);
    exchange.body = body;
    Some(())
}

/// Sends every request and compares every answer; all differences are shown together.
fn replay(backend: &str, database: &Database, exchanges: &[Exchange]) {
    // A recording that is empty or cut proves nothing.
    assert_eq!(exchanges.len(), LINES, "lines of golden.jsonl");
    let found: BTreeSet<&str> = exchanges.iter().map(kind).collect();
    assert_eq!(found, BTreeSet::from(KINDS), "kinds of lines");
    let server = Server::start(database);
    let mut connection = server.connect();
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut differences = String::new();
    let mut differing = 0;
    for exchange in exchanges {
        let answer = connection
            .request(&exchange.method, &exchange.path)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", exchange.title(), server.stderr()));
        let result = match exchange.deviation.as_deref() {
            None => check(exchange, &answer),
            Some(rule) => deviations::check(rule, exchange, &answer, &server),
        };
        let rule = kind(exchange);
        let (right, all) = counts.entry(rule).or_default();
        *all += 1;
        match result {
            Ok(()) => *right += 1,
            Err(difference) => {
                differing += 1;
                if differing <= 20 {
                    writeln!(
                        differences,
                        "{} [{rule}]\n    {difference}",
                        exchange.title()
                    )
                    .unwrap();
                }
            }
        }
    }
    let mut table = format!("{backend}: golden lines answered as they must be");
    for (rule, (right, all)) in &counts {
        write!(table, "\n    {rule:12} {right:3} of {all:3}").unwrap();
    }
    tell(&table);
    assert_eq!(
        differing, 0,
        "differing answers, the first of them:\n{differences}"
    );
}

/// The rule by which a line is checked.
fn kind(exchange: &Exchange) -> &str {
    exchange.deviation.as_deref().unwrap_or(AS_RECORDED)
}

/// A line without deviation, but for what two rules say of every answer: texts are `text/plain`
/// (D6), and results that nobody ordered have an order of ours (D8). The original's came from a
/// hash and changed with every start; 11 of its lines, of two to seven results, are recorded as
/// `exact` all the same.
fn check(exchange: &Exchange, answer: &Response) -> Result<(), String> {
    let mut exchange = exchange.clone();
    if exchange.content_type.as_deref() == Some("text/html; charset=utf-8") {
        exchange.content_type = Some(deviations::PLAIN_TEXT.to_owned());
    }
    if exchange.order == Order::Exact && deviations::parameter(&exchange.path, "order").is_none() {
        exchange.order = Order::Unordered;
    }
    exchange.check(answer)
}
