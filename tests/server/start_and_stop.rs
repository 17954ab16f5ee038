//! The socket is bound first, every request is answered, and the end is orderly (D11).

use std::net::TcpListener;

use rustix::process::Signal;

use crate::support::{
    Database, Entity, Library, Server, Track, create_tables, data, insert_library, on_each_backend,
    scan, serve,
};

on_each_backend!(
    requests_before_the_library_is_loaded_are_503,
    a_request_in_flight_is_answered_to_its_end,
);

fn requests_before_the_library_is_loaded_are_503(database: &Database) {
    create_tables(database);
    // The load waits for this lock, and so stays under way for as long as it is held.
    let lock = database.lock();
    let server = Server::run(serve(&database.url()));
    let heartbeat = server.get("/avalon/heartbeat");
    assert_eq!((heartbeat.status, heartbeat.text()), (503, "NONONO"));
    for (method, target) in [
        ("GET", "/avalon/songs?limit=abc"),
        ("GET", "/nowhere"),
        ("POST", "/avalon/songs"),
    ] {
        let answer = server.request(method, target);
        assert_eq!(answer.status, 503, "{method} {target}");
        let error = &answer.json()["errors"][0];
        assert_eq!(error["code"], 2, "{method} {target}");
        assert_eq!(
            error["message_key"], "avalon.service.error.unavailable",
            "{method} {target}"
        );
        assert!(answer.header("retry-after").is_some(), "{method} {target}");
    }
    drop(lock);
    let server = server.ready("/avalon/heartbeat");
    assert_eq!(server.get("/avalon/songs").names(), Vec::<String>::new());
}

#[test]
fn a_server_that_is_still_loading_stops_at_once() {
    let database = Database::sqlite();
    create_tables(&database);
    let lock = database.lock();
    let server = Server::run(serve(&database.url()));
    assert_eq!(server.get("/avalon/heartbeat").status, 503);
    server
        .stop()
        .expect_code(0)
        .expect_stderr(&["before the library was loaded", "connections are open"]);
    drop(lock);
}

#[test]
fn both_signals_stop_it_with_0() {
    let database = Database::sqlite();
    scan(&database, &data("untagged")).run().expect_code(0);
    for signal in [Signal::TERM, Signal::INT] {
        let server = Server::start(&database);
        // A connection that nobody uses does not keep it alive.
        let mut idle = server.connect();
        idle.request("GET", "/avalon/heartbeat").unwrap();
        server.running().signal(signal);
        server.finish().expect_code(0);
        assert!(idle.is_closed().unwrap());
    }
}

fn a_request_in_flight_is_answered_to_its_end(database: &Database) {
    // More than the buffers of a socket take, so that the answer cannot be gone before it is read.
    let tracks = 40_000;
    create_tables(database);
    insert_library(database, &large_library(tracks));
    let server = Server::start(database);
    let mut connection = server.connect();
    connection
        .send(b"GET /avalon/songs HTTP/1.1\r\nHost: test\r\n\r\n")
        .unwrap();
    // The first byte is here: the answer is on its way.
    assert!(!connection.is_closed().unwrap());
    server.running().signal(Signal::TERM);
    server
        .running()
        .stderr_until(|text| text.contains("SIGTERM").then_some(()))
        .expect("the log says so");
    let answer = connection.receive("GET").unwrap();
    assert_eq!(answer.results().len(), tracks);
    server.finish().expect_code(0);
}

#[test]
fn what_keeps_it_from_serving_is_1_and_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let database = Database::sqlite();
    serve(&database.url())
        .env("AVALON_BIND", &address)
        .run()
        .expect_code(1)
        .expect_stderr(&[&address]);
    let junk = Database::sqlite();
    std::fs::write(junk.file(), [7; 4096]).unwrap();
    for (url, said) in [
        (junk.url(), junk.file().display().to_string()),
        (
            "sqlite:////nowhere/at/all.sqlite".to_owned(),
            "/nowhere/at/all.sqlite".to_owned(),
        ),
        (
            "postgresql://avalon:s3cret@127.0.0.1:1/avalon".to_owned(),
            "127.0.0.1:1".to_owned(),
        ),
    ] {
        let finished = serve(&url).run().expect_code(1).expect_stderr(&[&said]);
        assert!(!finished.stderr.contains("s3cret"), "{}", finished.stderr);
    }
}

/// A library of many tracks, all on one album.
fn large_library(tracks: usize) -> Library {
    let entity = |id: &str| Entity {
        id: id.repeat(32),
        name: Some(format!("The one of {id}")),
    };
    let track = |number: usize| Track {
        id: format!("{number:032x}"),
        name: Some(format!(
            "A song with a number and a long enough name: {number}"
        )),
        length: Some(1),
        track: i64::try_from(number).ok(),
        year: Some(2000),
        album_id: Some("a".repeat(32)),
        artist_id: Some("b".repeat(32)),
        genre_id: Some("c".repeat(32)),
    };
    Library {
        albums: vec![entity("a")],
        artists: vec![entity("b")],
        genres: vec![entity("c")],
        tracks: (0..tracks).map(track).collect(),
    }
}
