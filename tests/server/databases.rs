//! Every database that the contract names is served: none yet, the original's, one with gaps.

use crate::support::{
    Collection, Database, Entity, Library, Server, Track, create_tables, data, insert_library,
    on_each_backend, scan, serve,
};

on_each_backend!(
    without_a_schema_it_makes_one_and_serves_nothing,
    the_originals_database_is_served_as_it_stands,
    a_part_of_a_library_is_refused_and_left_as_it_is,
    gaps_and_long_names_are_served,
);

fn without_a_schema_it_makes_one_and_serves_nothing(database: &Database) {
    let server = Server::start(database);
    assert_eq!(server.get("/avalon/songs").names(), Vec::<String>::new());
    server.stop().expect_code(0);
    assert_eq!(database.library(), Library::default());
    // The scanner goes on from there.
    scan(database, &data("library")).run().expect_code(0);
}

fn the_originals_database_is_served_as_it_stands(database: &Database) {
    create_tables(database);
    insert_library(database, &library());
    let server = Server::start(database);
    let songs = server.get("/avalon/songs?album=an+album").results();
    assert_eq!(songs.len(), 1);
    assert_eq!(songs[0]["name"], "A Song");
    assert_eq!(songs[0]["id"], "dddddddd-dddd-dddd-dddd-dddddddddddd");
    server.stop().expect_code(0);
    // Serving adds nothing to it.
    let columns = match database {
        Database::Sqlite(_) => "SELECT name AS text FROM pragma_table_info('tracks')",
        Database::Postgres(_) => {
            "SELECT column_name::text AS text FROM information_schema.columns WHERE table_name = 'tracks'"
        }
    };
    assert_eq!(database.texts(columns).len(), 8);
}

fn a_part_of_a_library_is_refused_and_left_as_it_is(database: &Database) {
    scan(database, &data("library")).run().expect_code(0);
    let tables = match database {
        Database::Sqlite(_) => "SELECT type || name AS text FROM sqlite_master ORDER BY 1",
        Database::Postgres(_) => {
            "SELECT relname::text AS text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
        }
    };
    let drop = |table: &str| match database {
        Database::Sqlite(_) => format!("PRAGMA foreign_keys = OFF; DROP TABLE {table}"),
        Database::Postgres(_) => format!("DROP TABLE {table} CASCADE"),
    };
    for (table, missing) in [
        ("genres", "the tables: genres;"),
        ("tracks", "the tables: genres, tracks;"),
        ("albums", "the tables: albums, genres, tracks;"),
    ] {
        database.execute(&drop(table));
        let before = database.texts(tables);
        let name = match database {
            Database::Sqlite(_) => database.url(),
            Database::Postgres(_) => "postgresql://".to_owned(),
        };
        let program = serve(&database.url());
        program
            .run()
            .expect_code(1)
            .expect_stderr(&["the database ", &name, missing]);
        for options in [&["--dry-run"][..], &[]] {
            let program = options
                .iter()
                .fold(scan(database, &data("library")), |program, option| {
                    program.arg(option)
                });
            let finished = program.run().expect_code(1);
            finished.expect_stderr(&["the database ", &name, missing]);
        }
        assert_eq!(database.texts(tables), before);
    }
    // Without any it is an empty database.
    database.execute(&drop("artists"));
    let server = Server::start(database);
    assert_eq!(server.get("/avalon/songs").names(), Vec::<String>::new());
    server.stop().expect_code(0);
    scan(database, &data("library")).run().expect_code(0);
    assert_eq!(database.library().tracks.len(), 22);
}

#[test]
fn a_postgres_user_who_may_only_read_is_enough() {
    let Some(database) = Database::postgres() else {
        return;
    };
    let Database::Postgres(server) = &database else {
        unreachable!("it was made on a server")
    };
    for (case, fill) in [("ours", true), ("the original's", false)] {
        if fill {
            scan(&database, &data("library")).run().expect_code(0);
        } else {
            database.execute("DROP TABLE tracks, albums, artists, genres");
            create_tables(&database);
            insert_library(&database, &library());
        }
        let reader = server.reader_url();
        let server = Server::run(serve(&reader)).ready("/avalon/heartbeat");
        assert_eq!(
            server.get("/avalon/songs").names().len(),
            database.library().tracks.len(),
            "{case}"
        );
    }
}

fn gaps_and_long_names_are_served(database: &Database) {
    let long = "a name of many words ".repeat(500);
    let mut library = library();
    let track = |id: &str| Track {
        id: id.repeat(32),
        ..library.tracks[0].clone()
    };
    let nameless = Track {
        name: None,
        track: None,
        year: None,
        length: None,
        ..track("1")
    };
    let named_at_length = Track {
        name: Some(long.clone()),
        ..track("2")
    };
    let without_album = Track {
        album_id: None,
        ..track("3")
    };
    library
        .tracks
        .extend([nameless, named_at_length, without_album]);
    library.genres.push(Entity {
        id: "e".repeat(32),
        name: None,
    });
    create_tables(database);
    insert_library(database, &library);
    let server = Server::start(database);

    // A track without an album stays out, as in the original; a missing name is an empty one.
    let by_name = server.get("/avalon/songs?order=name").names();
    assert_eq!(by_name, ["", "A Song", &long]);
    for field in ["track", "year", "length"] {
        let songs = server
            .get(&format!("/avalon/songs?order={field}"))
            .results();
        assert!(
            songs[0][field].is_null(),
            "{field}: null comes before every number: {}",
            songs[0]
        );
        assert!(songs[1][field].is_number(), "{field}: {}", songs[1]);
    }
    assert_eq!(
        server.get("/avalon/genres?order=name").names(),
        ["", "A Genre"]
    );
    assert_eq!(
        server.get("/avalon/songs?query=many+words+a+name").names(),
        [long]
    );
}

#[test]
fn the_default_database_lies_in_the_data_directory() {
    let program = crate::support::Program::new("avalon-scan");
    let home = Collection::new();
    program
        .env("HOME", home.root())
        .arg(data("library"))
        .run()
        .expect_code(0);
    let file = home.path(".local/share/avalon/avalon.sqlite");
    assert!(file.is_file(), "{}", file.display());
    // The server finds it by the same rule.
    let server = crate::support::Program::new("avalon-server")
        .env("HOME", home.root())
        .env("AVALON_BIND", "127.0.0.1:0");
    let server = Server::run(server).ready("/avalon/heartbeat");
    assert_eq!(server.get("/avalon/songs").names().len(), 22);
}

/// A library of one song.
pub(crate) fn library() -> Library {
    let entity = |id: &str, name: &str| Entity {
        id: id.repeat(32),
        name: Some(name.to_owned()),
    };
    Library {
        albums: vec![entity("a", "An Album")],
        artists: vec![entity("b", "An Artist")],
        genres: vec![entity("c", "A Genre")],
        tracks: vec![Track {
            id: "d".repeat(32),
            name: Some("A Song".to_owned()),
            length: Some(1),
            track: Some(2),
            year: Some(1999),
            album_id: Some("a".repeat(32)),
            artist_id: Some("b".repeat(32)),
            genre_id: Some("c".repeat(32)),
        }],
    }
}
