//! Who waits for whom: scans, readers, servers and others who write the database.

use rustix::process::Signal;

use crate::support::{
    Collection, Database, Program, Running, Server, create_tables, insert_library, numbered,
    on_each_backend, scan, serve,
};

on_each_backend!(
    a_refused_scan_of_the_originals_database_leaves_nothing_of_ours,
    a_stopped_scan_of_the_originals_database_leaves_nothing_of_ours,
    a_server_that_starts_during_the_first_scan_serves_an_empty_library,
    a_scan_that_waits_for_a_reader_can_be_stopped,
);

const FILES: usize = 1500;

/// Everything that a database holds: its tables with their columns, and the library.
fn everything(database: &Database) -> (Vec<String>, crate::support::Library) {
    let columns = match database {
        Database::Sqlite(_) => {
            "SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS text FROM sqlite_master \
             ORDER BY 1"
        }
        Database::Postgres(_) => {
            "SELECT c.relname || ' ' || a.attname AS text FROM pg_class c \
               JOIN pg_attribute a ON a.attrelid = c.oid \
              WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 \
              ORDER BY 1"
        }
    };
    (database.texts(columns), database.library())
}

/// A database of the original, with the tracks of a folder that is not the one that will be scanned.
fn of_the_original(database: &Database, files: usize) {
    let scratch = Database::sqlite();
    scan(&scratch, numbered(files, "old").root())
        .run()
        .expect_code(0);
    create_tables(database);
    insert_library(database, &scratch.library());
}

/// Waits until the log says it.
fn says(running: &Running, line: &str) {
    let said = running.stderr_until(|text| text.contains(line).then_some(()));
    assert!(said.is_some(), "no {line:?}: {}", running.stderr());
}

fn a_refused_scan_of_the_originals_database_leaves_nothing_of_ours(database: &Database) {
    of_the_original(database, 30);
    let before = everything(database);
    let new = numbered(30, "new");
    scan(database, new.root()).run().expect_code(2);
    assert_eq!(everything(database), before);
    scan(database, new.root())
        .arg("--dry-run")
        .run()
        .expect_code(2);
    assert_eq!(everything(database), before);
    // What it may do, it does.
    scan(database, new.root())
        .arg("--allow-shrink")
        .run()
        .expect_code(0);
    let ours = Database::sqlite();
    scan(&ours, new.root()).run().expect_code(0);
    assert_eq!(database.library(), ours.library());
    let last = database.last_scan();
    assert_eq!((last.id, last.changes()), (1, [30, 0, 0, 30]));
    // And from then on it is ours.
    let new = new.root();
    scan(database, new).run().expect_code(0);
    assert_eq!(database.last_scan().changes(), [0; 4]);
    let staged = match database {
        Database::Sqlite(_) => Vec::new(),
        Database::Postgres(_) => {
            database.texts("SELECT relname::text AS text FROM pg_class WHERE relpersistence = 't'")
        }
    };
    assert_eq!(staged, Vec::<String>::new());
}

fn a_stopped_scan_of_the_originals_database_leaves_nothing_of_ours(database: &Database) {
    of_the_original(database, 10);
    let before = everything(database);
    let new = numbered(FILES, "new");
    for signal in [Signal::INT, Signal::KILL] {
        let running = scan(database, new.root()).spawn();
        says(&running, "Crawling");
        running.signal(signal);
        let finished = running.finish();
        assert_ne!(finished.code(), Some(0), "{}", finished.stderr);
        assert_eq!(everything(database), before, "{signal:?}");
    }
}

fn a_server_that_starts_during_the_first_scan_serves_an_empty_library(database: &Database) {
    let new = numbered(FILES, "new");
    let running = scan(database, new.root()).spawn();
    says(&running, "Crawling");
    running.signal(Signal::STOP);
    let server = Server::run(serve(&database.url())).ready("/avalon/heartbeat");
    assert_eq!(server.get("/avalon/songs").names(), Vec::<String>::new());
    server
        .stop()
        .expect_code(0)
        .expect_stderr(&["another program is writing it"]);
    running.signal(Signal::CONT);
    running.finish().expect_code(0);
    assert_eq!(database.library().tracks.len(), FILES);
    let server = Server::start(database);
    assert_eq!(server.get("/avalon/songs").names().len(), FILES);
}

/// On SQLite for its commit, on PostgreSQL for the change of the original's tables.
fn a_scan_that_waits_for_a_reader_can_be_stopped(database: &Database) {
    of_the_original(database, 10);
    let before = everything(database);
    let new = numbered(30, "new");
    let reader = database.read();
    let running = scan(database, new.root()).spawn();
    says(&running, "Waiting for");
    if let Database::Postgres(_) = database {
        // Others go on reading.
        assert_eq!(everything(database), before);
    }
    running.signal(Signal::INT);
    running
        .finish()
        .expect_code(130)
        .expect_stderr(&["as it was"]);
    drop(reader);
    assert_eq!(everything(database), before);

    let reader = database.read();
    let running = scan(database, new.root()).spawn();
    says(&running, "Waiting for");
    drop(reader);
    running.finish().expect_code(0);
    assert_eq!(database.library().tracks.len(), 30);
}

#[test]
fn a_dry_run_that_waits_for_a_writer_can_be_stopped() {
    let database = Database::sqlite();
    of_the_original(&database, 10);
    let new = numbered(10, "new");
    let writer = database.lock();
    let running = scan(&database, new.root()).arg("--dry-run").spawn();
    says(&running, "Waiting for another program that writes");
    running.signal(Signal::INT);
    running.finish().expect_code(130);
    drop(writer);
}

/// Whoever waits for the row of another writer must not keep readers waiting meanwhile.
#[test]
fn a_take_over_that_waits_for_a_writer_lets_others_read_and_can_be_stopped() {
    let Some(database) = Database::postgres() else {
        return;
    };
    of_the_original(&database, 10);
    let before = everything(&database);
    let new = numbered(30, "new");
    for row in ["albums", "tracks"] {
        let statement = format!("UPDATE {row} SET name = 'Other'");
        let writer = database.begin(&statement);
        let running = scan(&database, new.root()).spawn();
        says(&running, "Waiting for programs that use the database");
        assert_eq!(everything(&database), before, "{row}");
        running.signal(Signal::INT);
        running.finish().expect_code(130);
        drop(writer);
        assert_eq!(everything(&database), before, "{row}");
    }
    scan(&database, new.root()).run().expect_code(0);
    assert_eq!(database.library().tracks.len(), 30);
}

#[test]
fn a_database_that_cannot_hold_every_name_is_refused() {
    let Some(database) = Database::postgres() else {
        return;
    };
    database.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    let url = database.url();
    let (server, _) = url.rsplit_once('/').unwrap();
    let music = numbered(3, "new");
    for option in ["--quiet", "--dry-run"] {
        Program::new("avalon-scan")
            .args(["-d", &format!("{server}/latin"), option])
            .arg(music.root())
            .run()
            .expect_code(1)
            .expect_stderr(&["LATIN1", "--encoding=UTF8"]);
    }
}

#[test]
fn a_scan_whose_session_is_ended_has_written_nothing() {
    let Some(database) = Database::postgres() else {
        return;
    };
    let (old, new) = (numbered(3, "old"), numbered(FILES, "new"));
    scan(&database, old.root()).run().expect_code(0);
    let before = (database.library(), database.last_scan());
    let running = scan(&database, new.root()).spawn();
    says(&running, "Crawling");
    running.signal(Signal::STOP);
    // Whoever has the lock that keeps scans apart.
    let ended = database.texts(
        "SELECT CAST(pg_terminate_backend(pid, 60000) AS TEXT) AS text FROM pg_locks \
          WHERE locktype = 'advisory' AND granted \
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    assert_eq!(ended, ["true"]);
    // Another might have begun meanwhile, and must not be written over.
    running.signal(Signal::CONT);
    running.finish().expect_code(1).expect_stderr(&["[ERROR]"]);
    assert_eq!((database.library(), database.last_scan()), before);
    scan(&database, new.root()).run().expect_code(0);
    assert_eq!(database.library().tracks.len(), FILES);
}

#[test]
fn an_older_schema_of_ours_is_brought_up_to_date_without_keeping_readers_out() {
    let Some(database) = Database::postgres() else {
        return;
    };
    let new = numbered(3, "new");
    scan(&database, new.root()).run().expect_code(0);
    // As it was before the tables of the scanner.
    database.execute(
        "DROP INDEX tracks_of_other_programs; DROP TABLE scans, scan_issues, scan_roots, files;
         DELETE FROM __diesel_schema_migrations WHERE version >= '20261121000004'",
    );
    let reader = database.read();
    let running = scan(&database, new.root()).spawn();
    says(&running, "Waiting for programs that use the database");
    assert_eq!(database.library().tracks.len(), 3);
    drop(reader);
    running.finish().expect_code(0);
    assert_eq!(database.last_scan().id, 1);
}

/// As at the original's scanner, whose library has as many tracks as ours had.
#[test]
fn a_rewritten_library_of_as_many_tracks_is_noticed() {
    let database = Database::sqlite();
    let collection = Collection::new();
    for title in ["one", "two", "three"] {
        collection.add_flac(&format!("{title}.flac"), &[("TITLE", title)]);
    }
    collection.age();
    scan(&database, collection.root()).run().expect_code(0);
    let ours = database.library();
    let mut theirs = ours.clone();
    theirs.tracks[2].name = Some("Other".to_owned());
    for tracks in ["", " WHERE name = 'two'"] {
        database.execute(&format!("DELETE FROM tracks{tracks}"));
        let mut rows = theirs.clone();
        (rows.albums, rows.artists, rows.genres) = Default::default();
        let left = database.library().tracks;
        rows.tracks
            .retain(|track| left.iter().all(|other| other.id != track.id));
        insert_library(&database, &rows);
        // Of a part alone it cannot be made ours.
        let refused = Program::new("avalon-scan")
            .arg("--database")
            .arg(database.url())
            .arg("--only")
            .arg(collection.root())
            .run()
            .expect_code(2)
            .expect_stderr(&["written by another program; scan the whole collection first"]);
        assert!(!refused.stderr.contains("below no root"));
        scan(&database, collection.root())
            .run()
            .expect_code(0)
            .expect_stderr(&["written by another program"]);
        assert_eq!(database.library(), ours, "{tracks:?}");
    }
}
