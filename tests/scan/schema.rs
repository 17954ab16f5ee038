//! The four tables stay the original's: readable by it, and taken over from it in place.

use crate::support::{
    Database, Entity, Library, Program, Track, create_tables, data, insert_library,
    on_each_backend, scan,
};

on_each_backend!(
    a_database_of_the_original_is_taken_over_in_place,
    the_originals_own_statements_still_work_after_our_scan,
);

/// What the original wrote before us.
fn before() -> Library {
    let entity = |id: &str, name: &str| Entity {
        id: id.repeat(32),
        name: Some(name.to_owned()),
    };
    Library {
        albums: vec![entity("a", "Old Album")],
        artists: vec![entity("b", "Old Artist")],
        genres: vec![entity("c", "Old Genre")],
        tracks: vec![Track {
            id: "d".repeat(32),
            name: Some("Old Song".to_owned()),
            length: Some(1),
            track: Some(2),
            year: Some(3),
            album_id: Some("a".repeat(32)),
            artist_id: Some("b".repeat(32)),
            genre_id: Some("c".repeat(32)),
        }],
    }
}

fn a_database_of_the_original_is_taken_over_in_place(database: &Database) {
    create_tables(database);
    insert_library(database, &before());
    assert_eq!(database.library(), before());
    scan(database, &data("library")).run().expect_code(0);
    let library = database.library();
    assert_eq!(library.tracks.len(), 22);
    assert!(!library.titles().contains(&"Old Song"));
}

fn the_originals_own_statements_still_work_after_our_scan(database: &Database) {
    scan(database, &data("library")).run().expect_code(0);
    // What the original's scanner does: delete, then insert with its own columns only.
    database.execute(
        "DELETE FROM tracks; DELETE FROM albums; DELETE FROM artists; DELETE FROM genres;",
    );
    insert_library(database, &before());
    assert_eq!(database.library(), before());
    // And a scan of ours over that.
    scan(database, &data("library")).run().expect_code(0);
    assert_eq!(database.library().tracks.len(), 22);
}

#[test]
fn what_we_write_has_the_originals_schema_in_sqlite() {
    let database = Database::sqlite();
    scan(&database, &data("library")).run().expect_code(0);
    let columns = |table: &str| {
        database.texts(&format!(
            "SELECT name || ' ' || type || CASE pk WHEN 1 THEN ' key' ELSE '' END AS text \
             FROM pragma_table_info('{table}') ORDER BY cid"
        ))
    };
    for table in ["albums", "artists", "genres"] {
        assert_eq!(
            columns(table),
            ["id CHAR(32) key", "name VARCHAR"],
            "{table}"
        );
    }
    let original = [
        "id CHAR(32) key",
        "name VARCHAR",
        "length INTEGER",
        "track INTEGER",
        "year INTEGER",
        "album_id CHAR(32)",
        "artist_id CHAR(32)",
        "genre_id CHAR(32)",
    ];
    assert_eq!(columns("tracks")[..original.len()], original);
    // What we add may be NULL, since the original does not name it.
    let required =
        "SELECT name AS text FROM pragma_table_info('tracks') WHERE \"notnull\" AND name <> 'id'";
    assert_eq!(database.texts(required), Vec::<String>::new());
    let indexes = "SELECT name AS text FROM sqlite_master WHERE type = 'index' AND name LIKE 'ix_%' ORDER BY name";
    assert_eq!(
        database.texts(indexes),
        [
            "ix_tracks_album_id",
            "ix_tracks_artist_id",
            "ix_tracks_genre_id"
        ]
    );
    assert_eq!(
        database.texts("SELECT journal_mode AS text FROM pragma_journal_mode"),
        ["delete"]
    );
    for column in ["id", "album_id", "artist_id", "genre_id"] {
        let odd = format!(
            "SELECT {column} AS text FROM tracks \
             WHERE length({column}) <> 32 OR {column} GLOB '*[^0-9a-f]*' OR typeof({column}) <> 'text'"
        );
        assert_eq!(database.texts(&odd), Vec::<String>::new(), "{column}");
    }
}

#[test]
fn what_we_write_has_the_originals_schema_in_postgres() {
    let Some(database) = Database::postgres() else {
        return;
    };
    scan(&database, &data("library")).run().expect_code(0);
    let columns = |table: &str| {
        database.texts(&format!(
            "SELECT column_name || ' ' || data_type AS text FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position"
        ))
    };
    for table in ["albums", "artists", "genres"] {
        assert_eq!(
            columns(table),
            ["id uuid", "name character varying"],
            "{table}"
        );
    }
    let original = [
        "id uuid",
        "name character varying",
        "length integer",
        "track integer",
        "year integer",
        "album_id uuid",
        "artist_id uuid",
        "genre_id uuid",
    ];
    assert_eq!(columns("tracks")[..original.len()], original);
    let indexes =
        "SELECT indexname::text AS text FROM pg_indexes WHERE indexname LIKE 'ix\\_%' ORDER BY 1";
    assert_eq!(
        database.texts(indexes),
        [
            "ix_tracks_album_id",
            "ix_tracks_artist_id",
            "ix_tracks_genre_id"
        ]
    );
}

#[test]
fn the_urls_of_sqlalchemy_name_the_same_databases() {
    // Both ways to a SQLite file, the relative one from the working folder.
    let database = Database::sqlite();
    let file = database.file();
    for url in [
        format!("sqlite:///{}", file.display()),
        format!("sqlite+pysqlite:///{}?timeout=30", file.display()),
        "sqlite:///avalon.sqlite".to_owned(),
    ] {
        Program::new("avalon-scan")
            .current_dir(file.parent().unwrap())
            .args(["-d", &url])
            .arg(data("library"))
            .run()
            .expect_code(0);
        assert_eq!(database.library().tracks.len(), 22, "{url}");
        database.execute(
            "DELETE FROM tracks; DELETE FROM albums; DELETE FROM artists; DELETE FROM genres;",
        );
    }
    // The password in it has an `@` and a `/`, escaped as SQLAlchemy wants them.
    let Some(database) = Database::postgres() else {
        return;
    };
    let url = database.url();
    let Database::Postgres(server) = &database else {
        unreachable!("it was made on a server")
    };
    for url in [
        url.replacen("postgresql://", "postgresql+psycopg2://", 1),
        url.replacen("postgresql://", "postgres://", 1),
        server.socket_url(),
    ] {
        let finished = Program::new("avalon-scan")
            .args(["--database", &url])
            .arg(data("library"))
            .run();
        let finished = finished.expect_code(0);
        assert!(
            !finished.stderr.contains(server.password()),
            "{}",
            finished.stderr
        );
        assert_eq!(database.library().tracks.len(), 22, "{url}");
    }
}
