//! What people mean, over HTTP and over a library that was scanned from files.

use serde_json::{Value, json};

use crate::suggest::check_methods_and_tags;
use crate::support::{
    Database, PATIENCE, Response, Server, data, on_each_backend, scan, serve, until,
};

on_each_backend!(
    searches_find_what_was_scanned,
    what_is_wrong_with_a_search_is_told_with_its_column,
    searches_have_the_methods_and_the_tags_of_lists,
    until_they_can_be_answered_searches_are_503_and_the_heartbeat_tells_it,
);

const READY: &str = "/avalon/heartbeat?of=search";

/// A server of the library of `tests/data` that answers searches.
fn searching(database: &Database) -> Server {
    scan(database, &data("library")).run().expect_code(0);
    Server::run(serve(&database.url())).ready(READY)
}

/// What was found of each type that was asked for: how many, and the names.
fn found(answer: &Response) -> Vec<(String, u64, Vec<String>)> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let envelope = answer.json();
    assert_eq!(envelope["errors"], json!([]));
    let name = |result: &Value| result["name"].as_str().unwrap().to_owned();
    let of_type = |(of, found): (&String, &Value)| {
        let results = found["results"].as_array()?.iter();
        let names = results.map(name).collect();
        Some((of.clone(), found["total"].as_u64().unwrap(), names))
    };
    let success = envelope["success"].as_object().unwrap();
    success.iter().filter_map(of_type).collect()
}

fn searches_find_what_was_scanned(database: &Database) {
    let server = searching(database);
    for (query_string, expected) in [
        (
            "q=low+tide&types=songs",
            json!([["songs", 1, ["Low Tide"]]]),
        ),
        // Without accents, the beginning of a word, words of several names, misspelt.
        (
            "q=etoiles&types=songs",
            json!([["songs", 1, ["Rue des Étoiles"]]]),
        ),
        ("q=tram&types=songs", json!([["songs", 1, ["Tramway"]]])),
        (
            "q=brumaire+matin&types=songs",
            json!([["songs", 1, ["Café du matin"]]]),
        ),
        (
            "q=crosswimd&types=songs",
            json!([["songs", 1, ["Crosswind"]]]),
        ),
        (
            "q=paper+-lift+title:lift&types=songs",
            json!([["songs", 0, []]]),
        ),
        (
            "q=harbour&types=albums",
            json!([["albums", 1, ["Harbour Lights"]]]),
        ),
        (
            "q=kite&types=artists&limit=1",
            json!([["artists", 1, ["KITE ASSEMBLY"]]]),
        ),
        ("q=nothing+like+it&types=genres", json!([["genres", 0, []]])),
    ] {
        let answer = server.get(&format!("/avalon/search?{query_string}"));
        assert_eq!(json!(found(&answer)), expected, "{query_string}");
    }
    let all = server.get("/avalon/search?q=kedr");
    let types: Vec<String> = found(&all).into_iter().map(|(of, ..)| of).collect();
    let mut sorted = types.clone();
    sorted.sort();
    assert_eq!(sorted, ["albums", "artists", "genres", "songs"]);

    let answer = server.get(
        "/avalon/search?q=caf%C3%A9&types=songs&format=mp3&facets=format&fields=disc&highlight=1&explain=1",
    );
    let songs = answer.json()["success"]["songs"].clone();
    let first = &songs["results"][0];
    assert_eq!(
        (&songs["total"], &first["name"]),
        (&1.into(), &"Ferry Café".into())
    );
    assert_eq!(first["disc"], 1, "of the file");
    assert_eq!(first["highlights"][0]["characters"], json!([[6, 10]]));
    assert_eq!(first["explain"]["tier"], "exact words");
    assert_eq!(
        songs["facets"]["format"],
        json!([{ "value": "mp3", "count": 1 }])
    );
    // What lists show of a song, a search shows too.
    let id = first["id"].as_str().unwrap();
    let lists = server.get("/avalon/songs").results();
    let listed = lists.iter().find(|song| song["id"] == id).unwrap();
    for (name, value) in listed.as_object().unwrap() {
        assert_eq!(&first[name], value, "{name}");
    }
}

fn what_is_wrong_with_a_search_is_told_with_its_column(database: &Database) {
    let server = searching(database);
    for (query_string, code, payload) in [
        ("", 100, json!({ "field": "q" })),
        (
            "q=love&types=songs,movies",
            100,
            json!({ "field": "types", "value": "songs,movies", "column": 7 }),
        ),
        (
            "q=love&year=1990..x",
            101,
            json!({ "field": "year", "value": "1990..x", "column": 7 }),
        ),
        (
            "q=love&limit=x",
            101,
            json!({ "field": "limit", "value": "x" }),
        ),
        (
            "q=love&limit=101",
            102,
            json!({ "field": "limit", "value": 101 }),
        ),
        (
            "q=caf%C3%A9+%22me+do&strict=1",
            102,
            json!({ "field": "q", "value": "café \"me do", "column": 6 }),
        ),
    ] {
        // Whatever the client has.
        let mut connection = server.connect();
        let target = format!("/avalon/search?{query_string}");
        let answer = connection.get_with(&target, &["If-None-Match: *"]).unwrap();
        assert_eq!(answer.status, 400, "{query_string}");
        let envelope = answer.json();
        let error = &envelope["errors"][0];
        assert_eq!(
            (&error["code"], &error["payload"]),
            (&code.into(), &payload)
        );
        assert_eq!(envelope["success"], Value::Null, "{query_string}");
    }
}

fn searches_have_the_methods_and_the_tags_of_lists(database: &Database) {
    check_methods_and_tags(&searching(database), "/avalon/search?q=tide");
}

fn until_they_can_be_answered_searches_are_503_and_the_heartbeat_tells_it(database: &Database) {
    scan(database, &data("library")).run().expect_code(0);
    // Lists can be loaded; details, without which nothing is made for searches, not.
    database.execute("ALTER TABLE tracks RENAME COLUMN isrcs TO codes");
    let server = serve(&database.url()).env("AVALON_RELOAD_SECONDS", "0");
    let server = Server::run(server).ready("/avalon/heartbeat");
    let mut connection = server.connect();
    let heartbeat = connection.request("GET", READY).unwrap();
    assert_eq!((heartbeat.status, heartbeat.text()), (503, "NONONO"));
    assert!(heartbeat.header("retry-after").is_some());
    for target in ["/avalon/search?q=tide", "/avalon/suggest?q=tide"] {
        let answer = connection.request("GET", target).unwrap();
        assert_eq!(answer.status, 503, "{target}");
        let error = &answer.json()["errors"][0];
        assert_eq!(error["code"], 2, "{target}");
        assert_eq!(error["message_key"], "avalon.service.error.unavailable");
        assert!(answer.header("retry-after").is_some(), "{target}");
        assert_eq!(answer.header("avalon-generation"), Some("1"), "{target}");
        let head = connection.request("HEAD", target).unwrap();
        assert_eq!(head.status, 503, "{target}");
        assert!(head.header("retry-after").is_some(), "{target}");
        // Parameters are judged nevertheless.
        let wrong = target.replace("q=", "types=");
        let answer = connection.request("GET", &wrong).unwrap();
        assert_eq!(answer.status, 400, "{wrong}");
    }
    assert_eq!(
        server.get("/avalon/songs?query=low+tide").names(),
        ["Low Tide"]
    );
    database.execute("ALTER TABLE tracks RENAME COLUMN codes TO isrcs");
    let ready = until(PATIENCE, || {
        let heartbeat = server.get(READY);
        (heartbeat.status == 200).then(|| heartbeat.text().to_owned())
    });
    assert_eq!(ready.as_deref(), Some("OKOKOK"), "{}", server.stderr());
    let answer = server.get("/avalon/search?q=low+tide&types=songs");
    assert_eq!(found(&answer)[0].2, ["Low Tide"]);
    assert_eq!(server.get("/avalon/suggest?q=tide").status, 200);
}

#[test]
fn searches_of_a_server_that_starts_are_503_until_details_are_read() {
    let Some(database) = Database::postgres() else {
        return;
    };
    scan(&database, &data("library")).run().expect_code(0);
    // Lists can be loaded, details wait.
    let lock = database.begin("LOCK TABLE files IN ACCESS EXCLUSIVE MODE");
    let server = Server::start(&database);
    assert_eq!(server.get(READY).status, 503);
    assert_eq!(server.get("/avalon/search?q=tide").status, 503);
    drop(lock);
    let server = server.ready(READY);
    assert_eq!(server.get("/avalon/search?q=tide").status, 200);
}
