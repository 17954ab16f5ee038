//! What a scan says to people and programs, and a scan that only says it.

use std::fs;

use serde_json::Value;

use crate::support::{Collection, Database, Finished, Program, data, on_each_backend, scan};

on_each_backend!(
    a_dry_run_lists_and_writes_nothing,
    a_dry_run_of_nothing_new_says_nothing,
    json_is_a_line_for_each_event,
    json_tells_a_refusal,
);

/// One track of each fate at the next scan.
fn changed(database: &Database) -> Collection {
    let collection = Collection::new();
    // Of another sound than all that comes.
    collection.add("untagged/untagged.mp3", "goes.mp3");
    for name in ["changes", "moves", "stays"] {
        collection.add_flac(&format!("{name}.flac"), &[("TITLE", name)]);
    }
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    collection.add_flac("changes.flac", &[("TITLE", "changed")]);
    collection.add_flac("new.flac", &[("TITLE", "new")]);
    collection.remove("goes.mp3");
    collection.rename("moves.flac", "moved.flac");
    collection
}

/// All that a scan may write.
fn rows(database: &Database) -> (crate::support::Library, Vec<String>) {
    let files = database.texts("SELECT path_text || ' ' || kind || ' ' || CAST(mtime_ns AS TEXT) AS text FROM files ORDER BY id");
    let scans = database.texts("SELECT CAST(id AS TEXT) AS text FROM scans ORDER BY id");
    (database.library(), [files, scans].concat())
}

fn a_dry_run_lists_and_writes_nothing(database: &Database) {
    let collection = changed(database);
    let before = rows(database);
    let bytes = |database: &Database| match database {
        Database::Sqlite(_) => fs::read(database.file()).unwrap(),
        Database::Postgres(_) => Vec::new(),
    };
    let file = bytes(database);
    let finished = scan(database, collection.root())
        .arg("--dry-run")
        .run()
        .expect_code(0)
        .expect_stderr(&[
            "Nothing was written",
            "1 added, 1 changed, 1 moved, 1 removed",
        ]);
    assert!(file == bytes(database), "the file of the database");
    assert_eq!(rows(database), before);
    let root = collection.root().display();
    let mut said: Vec<&str> = finished.stdout.lines().collect();
    said.sort_unstable();
    assert_eq!(
        said,
        [
            format!("added    {root}/new.flac"),
            format!("changed  {root}/changes.flac"),
            format!("moved    {root}/moves.flac -> {root}/moved.flac"),
            format!("removed  {root}/goes.mp3"),
        ]
    );
    // And the scan itself does that.
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(database.last_scan().changes(), [1; 4]);
    assert_eq!(database.last_scan().id, 2);
}

fn a_dry_run_of_nothing_new_says_nothing(database: &Database) {
    let collection = Collection::of("library");
    collection.age();
    // The first scan there is: everything is new.
    let dry = || {
        scan(database, collection.root())
            .arg("--dry-run")
            .run()
            .expect_code(0)
    };
    let added = dry().stdout;
    assert_eq!(added.lines().count(), 22, "{added}");
    assert!(added.lines().all(|line| line.starts_with("added    ")));
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(dry().stdout, "");
    // Not even what an operator would want to see with it.
    let quiet = scan(database, collection.root())
        .args(["--dry-run", "--quiet"])
        .run()
        .expect_code(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
}

/// The lines of standard output, each of which must be JSON.
fn events(finished: &Finished) -> Vec<Value> {
    let parsed =
        |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    finished.stdout.lines().map(parsed).collect()
}

fn json_is_a_line_for_each_event(database: &Database) {
    let collection = changed(database);
    let bad = collection.write("bad.mp3", b"");
    let odd = collection.add_flac("odd.flac", &[("DATE", "long ago")]);
    let raw = collection.write_raw_name(b"\xff.mp3", b"");
    let run = |arguments: &[&str]| {
        let program = scan(database, collection.root()).arg("--json");
        let program = arguments.iter().fold(program, Program::arg);
        events(&program.run().expect_code(3))
    };
    let dry = run(&["--dry-run"]);
    let events = run(&[]);
    let of = |events: &[Value], event: &str| -> Vec<Value> {
        let is_it = |line: &&Value| line["event"] == event;
        events.iter().filter(is_it).cloned().collect()
    };
    let issues = of(&events, "issue");
    let paths: Vec<_> = issues
        .iter()
        .map(|issue| issue["path"].as_str().unwrap())
        .collect();
    let shown = raw.to_string_lossy();
    assert_eq!(
        paths,
        [bad.to_str().unwrap(), odd.to_str().unwrap(), &shown]
    );
    assert_eq!(
        (&issues[0]["kind"], &issues[0]["is_skip"]),
        (&"damaged".into(), &true.into())
    );
    assert_eq!(
        (&issues[1]["kind"], &issues[1]["is_skip"]),
        (&"year".into(), &false.into())
    );
    let digits = issues[2]["path_bytes"].as_str().unwrap();
    assert!(digits.ends_with("ff2e6d7033"), "{digits}");

    let done = events.last().unwrap();
    assert_eq!(done["event"], "done");
    assert_eq!(done["exit_code"], 3);
    assert_eq!(done["dry_run"], false);
    assert_eq!(done["generation"], 2);
    assert_eq!(done["skipped"]["damaged"], 2);
    assert_eq!(done["warnings"]["year"], 1);
    for (name, expected) in [("added", 2), ("changed", 1), ("moved", 1), ("removed", 1)] {
        assert_eq!(done["counts"][name], expected, "{name}");
    }
    assert_eq!(of(&events, "change"), Vec::<Value>::new());
    let changes = of(&dry, "change");
    assert_eq!(changes.len(), 5, "{changes:?}");
    let moved = changes
        .iter()
        .find(|line| line["change"] == "moved")
        .unwrap();
    assert!(moved["from"].as_str().unwrap().ends_with("/moves.flac"));
    assert!(moved["path"].as_str().unwrap().ends_with("/moved.flac"));
    assert_eq!(dry.last().unwrap()["dry_run"], true);
}

fn json_tells_a_refusal(database: &Database) {
    let collection = Collection::new();
    let finished = scan(database, &collection.path("gone"))
        .arg("--json")
        .run()
        .expect_code(2);
    let [error] = &events(&finished)[..] else {
        panic!("not one line: {}", finished.stdout);
    };
    assert_eq!(
        (&error["event"], &error["exit_code"]),
        (&"error".into(), &2.into())
    );
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("does not exist"), "{message}");
}

#[test]
fn json_tells_of_every_end_before_a_scan() {
    let folder = Collection::new();
    let config = folder.write("avalon.toml", b"LOG_LEVEL = \"LOUD\"\n");
    let gone = folder.path("gone");
    let scanner = || Program::new("avalon-scan").arg("--json");
    let log = folder.path("no/such/folder.log");
    for (name, program, code, said) in [
        ("no collection", scanner(), 2, "COLLECTION"),
        ("unknown option", scanner().arg("--bogus"), 2, "--bogus"),
        (
            "settings",
            scanner()
                .env("AVALON_CONFIG", config.to_str().unwrap())
                .arg(&gone),
            2,
            "LOUD",
        ),
        (
            "log",
            scanner()
                .env("AVALON_LOG_PATH", log.to_str().unwrap())
                .arg(&gone),
            2,
            "folder.log",
        ),
        (
            "watch",
            scanner().arg("--watch").arg(&gone),
            2,
            "cannot watch",
        ),
        (
            "database",
            scanner()
                .args(["-d", "sqlite:////nowhere/at/all.sqlite"])
                .arg(data("library")),
            1,
            "/nowhere/at/all.sqlite",
        ),
    ] {
        let finished = program.run().expect_code(code);
        let events = events(&finished);
        let last = events.last().unwrap_or_else(|| panic!("{name}: no line"));
        assert_eq!(last["event"], "error", "{name}");
        assert_eq!(last["exit_code"], code, "{name}");
        let message = last["message"].as_str().unwrap();
        assert!(message.contains(said), "{name}: {message}");
        assert_ne!(finished.stderr, "", "{name}: people are told too");
    }
    let help = scanner().arg("--help").run().expect_code(0);
    assert!(help.stdout.contains("Usage"), "{}", help.stdout);
}

#[test]
fn quiet_scans_say_nothing_but_errors() {
    let collection = Collection::new();
    collection.add_flac("a.flac", &[("DATE", "long ago")]);
    collection.write("bad.mp3", b"");
    let database = Database::sqlite();
    let finished = scan(&database, collection.root())
        .arg("--quiet")
        .run()
        .expect_code(3);
    assert_eq!(
        (finished.stdout.as_str(), finished.stderr.as_str()),
        ("", "")
    );
    scan(&database, &collection.path("gone"))
        .arg("--quiet")
        .run()
        .expect_code(2)
        .expect_stderr(&["[ERROR]", "does not exist"]);
}

#[test]
fn the_formats_are_listed_without_a_database() {
    let finished = Program::new("avalon-scan")
        .arg("--formats")
        .run()
        .expect_code(0);
    let lines: Vec<&str> = finished.stdout.lines().collect();
    for extension in [
        "mp3", "aac", "flac", "ogg", "opus", "spx", "m4a", "aiff", "wav", "ape", "wv", "mpc",
    ] {
        let named = lines
            .iter()
            .any(|line| line.split_whitespace().any(|word| word == extension));
        assert!(named, "{extension} in {}", finished.stdout);
    }
    assert_eq!(finished.stderr, "");
}
