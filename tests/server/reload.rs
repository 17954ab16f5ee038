//! A new library is served without a restart, and what fails on the way changes nothing.

use std::fs;

use rustix::process::Signal;

use crate::support::{
    Collection, Database, PATIENCE, Program, Server, StatsdListener, create_tables, data,
    insert_library, on_each_backend, scan, serve, until,
};

on_each_backend!(
    the_first_scan_and_each_that_changes_something_is_taken_up,
    sighup_loads_the_library_though_nobody_looks,
    sighup_during_the_first_load_is_remembered,
    a_load_that_fails_keeps_what_is_served,
    a_library_whose_tables_are_gone_is_served_on,
    an_older_database_that_was_put_back_is_taken_up,
    another_scan_of_the_same_number_is_taken_up,
    two_servers_follow_one_database,
    a_load_that_is_under_way_at_the_end_is_not_waited_for,
);

/// A server that looks every so many seconds.
fn looking(database: &Database, seconds: u32) -> Program {
    serve(&database.url()).env("AVALON_RELOAD_SECONDS", seconds.to_string())
}

fn ready(program: Program) -> Server {
    Server::run(program).ready("/avalon/heartbeat")
}

/// The generation that is served.
fn generation(server: &Server) -> i64 {
    let heartbeat = server.get("/avalon/heartbeat");
    assert_eq!((heartbeat.status, heartbeat.text()), (200, "OKOKOK"));
    let generation = heartbeat.header("avalon-generation").unwrap();
    generation.parse().unwrap()
}

/// Waits until that generation is served.
#[track_caller]
fn wait_for(server: &Server, wanted: i64) {
    let found = until(PATIENCE, || (generation(server) == wanted).then_some(()));
    assert!(
        found.is_some(),
        "not generation {wanted}; stderr:\n{}",
        server.stderr()
    );
}

/// Waits until the log says this so often.
#[track_caller]
fn wait_for_log(server: &Server, said: &str, times: usize) {
    let found = server
        .running()
        .stderr_until(|text| (text.matches(said).count() >= times).then_some(()));
    assert!(found.is_some(), "{said}; stderr:\n{}", server.stderr());
}

/// Makes one file say another title.
fn retitle(collection: &Collection, title: &str) {
    collection.add_flac("a.flac", &[("TITLE", title)]);
    collection.age();
}

const LOADING: &str = "Loading the music library from";
const DETAILS: &str = "Read the details of the tracks";
const PREPARED: &str = "Prepared more sets and their orders";
const GOING_ON: &str = "Going on with the music library as it was";

fn the_first_scan_and_each_that_changes_something_is_taken_up(database: &Database) {
    let statsd = StatsdListener::start();
    let server = looking(database, 1).env("AVALON_STATSD_HOST", "127.0.0.1");
    let server = ready(server.env("AVALON_STATSD_PORT", statsd.port().to_string()));
    assert_eq!(generation(&server), 0);
    let tag = |server: &Server| {
        let answer = server.get("/avalon/songs");
        (answer.names(), answer.header("etag").unwrap().to_owned())
    };
    let mut before = tag(&server);
    let collection = Collection::new();
    for (number, title) in (1..).zip(["One", "Two"]) {
        retitle(&collection, title);
        scan(database, collection.root()).run().expect_code(0);
        wait_for(&server, number);
        let after = tag(&server);
        assert_eq!(after.0, [title]);
        assert_ne!(after.1, before.1);
        before = after;
    }
    // A scan that changes nothing is not loaded: the next that does is the one load more.
    scan(database, collection.root()).run().expect_code(0);
    let loads = server.stderr().matches(LOADING).count();
    retitle(&collection, "Three");
    scan(database, collection.root()).run().expect_code(0);
    wait_for(&server, 3);
    assert_eq!(server.stderr().matches(LOADING).count(), loads + 1);
    let done = |metrics: &[String]| {
        let is_done = |metric: &&String| *metric == "avalon.reload.done:1|c";
        metrics.iter().filter(is_done).count() >= 3
    };
    statsd.receive_until(done);
}

fn sighup_loads_the_library_though_nobody_looks(database: &Database) {
    let collection = Collection::new();
    retitle(&collection, "One");
    scan(database, collection.root()).run().expect_code(0);
    let server = ready(looking(database, 0));
    wait_for_log(&server, PREPARED, 1);
    retitle(&collection, "Two");
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(server.get("/avalon/songs").names(), ["One"]);
    server.running().signal(Signal::HUP);
    wait_for(&server, 2);
    assert_eq!(server.get("/avalon/songs").names(), ["Two"]);
    // A later library is published when nothing is left to prepare.
    let published = "Serving generation 2";
    wait_for_log(&server, published, 1);
    let log = server.stderr();
    let (before, _) = log.split_once(published).unwrap();
    assert_eq!(before.matches(PREPARED).count(), 2, "{log}");
    // Also where nothing seems to have changed.
    server.running().signal(Signal::HUP);
    wait_for_log(&server, LOADING, 3);
    server
        .stop()
        .expect_code(0)
        .expect_stderr(&["SIGHUP: loading the music library anew"]);
}

fn sighup_during_the_first_load_is_remembered(database: &Database) {
    create_tables(database);
    let lock = database.lock();
    let server = Server::run(looking(database, 0));
    wait_for_log(&server, LOADING, 1);
    server.running().signal(Signal::HUP);
    wait_for_log(&server, "SIGHUP", 1);
    drop(lock);
    wait_for_log(&server, LOADING, 2);
    server.ready("/avalon/heartbeat").stop().expect_code(0);
}

fn a_load_that_fails_keeps_what_is_served(database: &Database) {
    scan(database, &data("library")).run().expect_code(0);
    let statsd = StatsdListener::start();
    let server = looking(database, 0).env("AVALON_STATSD_HOST", "127.0.0.1");
    let server = ready(server.env("AVALON_STATSD_PORT", statsd.port().to_string()));
    let before = server.get("/avalon/songs");
    for table in ["albums", "artists"] {
        database.execute(&format!("ALTER TABLE {table} RENAME COLUMN name TO nom"));
        for _ in 0..3 {
            let loads = server.stderr().matches(LOADING).count();
            server.running().signal(Signal::HUP);
            wait_for_log(&server, LOADING, loads + 1);
        }
        let failed = |metrics: &[String]| {
            let is_failed = |metric: &&String| *metric == "avalon.reload.failed:1|c";
            metrics.iter().filter(is_failed).count() >= 3
        };
        statsd.receive_until(failed);
        let answer = server.get("/avalon/songs");
        assert_eq!(answer.text(), before.text());
        assert_eq!(answer.header("etag"), before.header("etag"));
        database.execute(&format!("ALTER TABLE {table} RENAME COLUMN nom TO name"));
    }
    database.execute("UPDATE tracks SET name = 'mended'");
    server.running().signal(Signal::HUP);
    let found = until(PATIENCE, || {
        let names = server.get("/avalon/songs").names();
        names.iter().all(|name| name == "mended").then_some(())
    });
    assert!(found.is_some(), "{}", server.stderr());
    // One cause is told once, another one again.
    let finished = server.stop().expect_code(0);
    let told = finished.stderr.matches(GOING_ON).count();
    assert_eq!(told, 2, "{}", finished.stderr);
}

fn a_library_whose_tables_are_gone_is_served_on(database: &Database) {
    scan(database, &data("library")).run().expect_code(0);
    let statsd = StatsdListener::start();
    let server = looking(database, 1).env("AVALON_STATSD_HOST", "127.0.0.1");
    let server = ready(server.env("AVALON_STATSD_PORT", statsd.port().to_string()));
    wait_for_log(&server, DETAILS, 1);
    for (round, tables, said) in [
        (1, &["genres"][..], "without the tables: genres;"),
        (
            2,
            &["albums", "tracks"],
            "without the tables: albums, tracks;",
        ),
        (
            3,
            &["albums", "artists", "genres", "tracks"],
            "its tables are gone",
        ),
    ] {
        let rename = |from: &str, to: &str| {
            let rename = |table: &&str| format!("ALTER TABLE {from}{table} RENAME TO {to}{table};");
            tables.iter().map(rename).collect::<String>()
        };
        let before = server.get("/avalon/songs");
        assert_eq!(before.results().len(), 22);
        database.execute(&format!("BEGIN; {} COMMIT", rename("", "no_")));
        wait_for_log(&server, said, 1);
        let loads = server.stderr().matches(LOADING).count();
        server.running().signal(Signal::HUP);
        wait_for_log(&server, LOADING, loads + 1);
        let failed = |metrics: &[String]| {
            let is_failed = |metric: &&String| *metric == "avalon.reload.failed:1|c";
            metrics.iter().filter(is_failed).count() >= 2
        };
        statsd.receive_until(failed);
        let answer = server.get("/avalon/songs");
        assert_eq!(answer.header("etag"), before.header("etag"), "{said}");
        assert_eq!(answer.header("avalon-generation"), Some("1"), "{said}");
        let mended = format!("mended {round}");
        database.execute(&format!(
            "BEGIN; {} UPDATE tracks SET name = '{mended}'; COMMIT",
            rename("no_", "")
        ));
        let found = until(PATIENCE, || {
            let names = server.get("/avalon/songs").names();
            names.iter().all(|name| *name == mended).then_some(())
        });
        assert!(found.is_some(), "{}", server.stderr());
    }
    // Each cause is told once.
    let finished = server.stop().expect_code(0);
    let told = finished.stderr.matches(GOING_ON).count();
    assert_eq!(told, 3, "{}", finished.stderr);
}

#[test]
fn a_file_that_is_no_database_for_a_while_is_waited_out() {
    let database = Database::sqlite();
    let collection = Collection::new();
    retitle(&collection, "One");
    scan(&database, collection.root()).run().expect_code(0);
    let server = ready(looking(&database, 1));
    let other = Database::sqlite_copy_of(&database.file());
    retitle(&collection, "Two");
    scan(&other, collection.root()).run().expect_code(0);
    let before = server.get("/avalon/songs");
    for spoil in [
        |database: &Database| fs::write(database.file(), "").unwrap(),
        |database: &Database| fs::write(database.file(), [7; 4096]).unwrap(),
        |database: &Database| fs::remove_file(database.file()).unwrap(),
    ] {
        let told = server.stderr().matches(GOING_ON).count();
        spoil(&database);
        wait_for_log(&server, GOING_ON, told + 1);
        let answer = server.get("/avalon/songs");
        assert_eq!(answer.text(), before.text());
        assert_eq!(answer.header("etag"), before.header("etag"));
    }
    assert!(!database.file().exists(), "nothing is made");
    fs::copy(other.file(), database.file()).unwrap();
    wait_for(&server, 2);
    assert_eq!(server.get("/avalon/songs").names(), ["Two"]);
    let empty = Database::sqlite();
    fs::write(empty.file(), "").unwrap();
    fs::rename(empty.file(), database.file()).unwrap();
    wait_for_log(&server, "its tables are gone", 2);
    assert_eq!(server.get("/avalon/songs").names(), ["Two"]);
    assert_eq!(generation(&server), 2);
    fs::rename(other.file(), database.file()).unwrap();
    wait_for_log(&server, "Serving generation 2", 2);
}

fn an_older_database_that_was_put_back_is_taken_up(database: &Database) {
    let collection = Collection::new();
    retitle(&collection, "One");
    scan(database, collection.root()).run().expect_code(0);
    let server = ready(looking(database, 1));
    let first = server.get("/avalon/songs");
    retitle(&collection, "Two");
    match database {
        Database::Sqlite(_) => {
            let backup = Database::sqlite_copy_of(&database.file());
            scan(database, collection.root()).run().expect_code(0);
            wait_for(&server, 2);
            fs::rename(backup.file(), database.file()).unwrap();
        }
        Database::Postgres(_) => {
            let tables = ["tracks", "scans"];
            for table in tables {
                database.execute(&format!("CREATE TABLE old_{table} AS TABLE {table}"));
            }
            scan(database, collection.root()).run().expect_code(0);
            wait_for(&server, 2);
            let restore = tables.map(|table| {
                format!("DELETE FROM {table}; INSERT INTO {table} TABLE old_{table};")
            });
            database.execute(&format!("BEGIN; {} COMMIT", restore.concat()));
        }
    }
    wait_for(&server, 1);
    let again = server.get("/avalon/songs");
    assert_eq!(again.names(), ["One"]);
    assert_eq!(again.header("etag"), first.header("etag"));
}

/// As after a restore, and a scan before anybody looked.
fn another_scan_of_the_same_number_is_taken_up(database: &Database) {
    let collection = Collection::new();
    retitle(&collection, "One");
    scan(database, collection.root()).run().expect_code(0);
    let server = ready(looking(database, 1));
    assert_eq!(server.get("/avalon/songs").names(), ["One"]);
    database.execute(
        "BEGIN; UPDATE tracks SET name = 'Other'; UPDATE scans SET started_ns = started_ns + 1; COMMIT",
    );
    let found = until(PATIENCE, || {
        (server.get("/avalon/songs").names() == ["Other"]).then_some(())
    });
    assert!(found.is_some(), "{}", server.stderr());
    assert_eq!(generation(&server), 1);
}

#[test]
fn an_edit_is_taken_up_though_a_scan_without_changes_follows_at_once() {
    let database = Database::sqlite();
    let collection = Collection::new();
    retitle(&collection, "One");
    scan(&database, collection.root()).run().expect_code(0);
    let server = ready(looking(&database, 2));
    assert_eq!(server.get("/avalon/songs").names(), ["One"]);
    database.execute("UPDATE tracks SET name = 'Other'");
    scan(&database, collection.root()).run().expect_code(0);
    let found = until(PATIENCE, || {
        (server.get("/avalon/songs").names() == ["Other"]).then_some(())
    });
    assert!(found.is_some(), "{}", server.stderr());
    assert_eq!(generation(&server), 1);
}

#[test]
fn a_database_of_the_original_is_taken_up_when_it_is_changed_in_place() {
    let database = Database::sqlite();
    create_tables(&database);
    insert_library(&database, &crate::databases::library());
    let server = ready(looking(&database, 1));
    assert_eq!(server.get("/avalon/songs").names(), ["A Song"]);
    database.execute("UPDATE tracks SET name = 'Another Song'");
    let found = until(PATIENCE, || {
        let names = server.get("/avalon/songs").names();
        (names == ["Another Song"]).then_some(())
    });
    assert!(found.is_some(), "{}", server.stderr());
    assert_eq!(generation(&server), 0);
}

fn two_servers_follow_one_database(database: &Database) {
    let servers = [(); 2].map(|()| ready(looking(database, 1)));
    let collection = Collection::new();
    for (number, title) in (1..).zip(["One", "Two"]) {
        retitle(&collection, title);
        scan(database, collection.root()).run().expect_code(0);
        for server in &servers {
            wait_for(server, number);
        }
        let [one, other] = servers.each_ref().map(|server| server.get("/avalon/songs"));
        assert_eq!(one.names(), [title]);
        assert_eq!(one.text(), other.text());
        assert_eq!(one.header("etag"), other.header("etag"));
    }
}

fn a_load_that_is_under_way_at_the_end_is_not_waited_for(database: &Database) {
    create_tables(database);
    let server = ready(looking(database, 0));
    // Else they might be what waits for the lock.
    wait_for_log(&server, DETAILS, 1);
    let lock = database.lock();
    server.running().signal(Signal::HUP);
    wait_for_log(&server, LOADING, 2);
    let finished = server.stop().expect_code(0);
    assert!(!finished.stderr.contains(GOING_ON), "{}", finished.stderr);
    drop(lock);
}
