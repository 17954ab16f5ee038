//! One song with all that the database knows of it.

use serde_json::Value;

use crate::support::{
    Collection, Database, PATIENCE, Server, create_tables, insert_library, on_each_backend, scan,
    serve, until,
};

on_each_backend!(
    a_song_tells_what_its_tags_and_its_file_say,
    the_path_is_told_where_a_setting_allows_it,
    a_song_of_the_originals_database_has_all_members,
    details_that_could_not_be_loaded_are_there_later_though_nobody_looks,
);

/// Waits until the details are loaded, which are so after the lists.
fn song(server: &Server, id: &str) -> Value {
    let target = format!("/avalon/songs/{id}");
    let answer = until(PATIENCE, || {
        let answer = server.get(&target);
        (answer.status != 503).then_some(answer)
    });
    let mut results = answer.expect("details are loaded").results();
    assert_eq!(results.len(), 1);
    results.remove(0)
}

/// The id of the only song.
fn id(server: &Server) -> String {
    let songs = server.get("/avalon/songs").results();
    assert_eq!(songs.len(), 1);
    songs[0]["id"].as_str().unwrap().to_owned()
}

fn tagged(composer: &str) -> Collection {
    let collection = Collection::new();
    retag(&collection, composer);
    collection
}

fn retag(collection: &Collection, composer: &str) {
    collection.add_flac(
        "a.flac",
        &[
            ("TITLE", "Low Tide"),
            ("ARTIST", "One"),
            ("ARTIST", "Other"),
            ("COMPOSER", composer),
            ("DISCNUMBER", "2"),
        ],
    );
    collection.age();
}

fn a_song_tells_what_its_tags_and_its_file_say(database: &Database) {
    let collection = tagged("Ann");
    scan(database, collection.root()).run().expect_code(0);
    let start = || {
        let server = serve(&database.url()).env("AVALON_RELOAD_SECONDS", "1");
        Server::run(server).ready("/avalon/heartbeat")
    };
    let server = start();
    let id = id(&server);
    let listed = server.get("/avalon/songs").results().remove(0);
    let told = song(&server, &id);
    for (name, value) in listed.as_object().unwrap() {
        assert_eq!(&told[name], value, "{name}");
    }
    assert_eq!(told["artists"], serde_json::json!(["One", "Other"]));
    assert_eq!(told["composers"], serde_json::json!(["Ann"]));
    assert_eq!(
        (&told["disc"], &told["format"]),
        (&2.into(), &"flac".into())
    );
    assert!(told["size"].as_u64() > Some(0), "{told}");
    assert_eq!(told.get("path"), None);

    let target = format!("/avalon/songs/{id}");
    let tag = |server: &Server| server.get(&target).header("etag").unwrap().to_owned();
    let first = tag(&server);
    let has = format!("If-None-Match: {first}");
    let answer = server.connect().get_with(&target, &[&has]).unwrap();
    assert_eq!(
        (answer.status, answer.header("etag")),
        (304, Some(first.as_str()))
    );
    let again = start();
    assert_eq!(song(&again, &id), told);
    assert_eq!(tag(&again), first);

    // What only a single song tells is a change as well, to its tag and not to those of lists.
    let lists = server
        .get("/avalon/songs")
        .header("etag")
        .unwrap()
        .to_owned();
    retag(&collection, "Bob");
    scan(database, collection.root()).run().expect_code(0);
    let reloaded = until(PATIENCE, || {
        // After a start a song may be unavailable for a moment, but after a reload never.
        let composers = server.get(&target).results()[0]["composers"].clone();
        (composers == serde_json::json!(["Bob"])).then_some(())
    });
    assert!(reloaded.is_some(), "{}", server.stderr());
    assert_ne!(tag(&server), first);
    assert_eq!(
        server.get("/avalon/songs").header("etag"),
        Some(lists.as_str())
    );
    let unknown = server.get("/avalon/songs/00000000000000000000000000000000");
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.json()["errors"][0]["code"], 4);
}

fn the_path_is_told_where_a_setting_allows_it(database: &Database) {
    let collection = tagged("Ann");
    scan(database, collection.root()).run().expect_code(0);
    let server = serve(&database.url()).env("AVALON_SERVE_PATHS", "true");
    let server = Server::run(server).ready("/avalon/heartbeat");
    let path = song(&server, &id(&server))["path"].clone();
    assert_eq!(path, collection.path("a.flac").to_str().unwrap());
}

fn a_song_of_the_originals_database_has_all_members(database: &Database) {
    create_tables(database);
    insert_library(database, &crate::databases::library());
    let server = Server::start(database);
    let told = song(&server, &id(&server));
    assert_eq!(told["name"], "A Song");
    for name in ["disc", "artists", "size", "added"] {
        assert_eq!(told.get(name), Some(&Value::Null), "{name}");
    }
}

fn details_that_could_not_be_loaded_are_there_later_though_nobody_looks(database: &Database) {
    let collection = tagged("Ann");
    scan(database, collection.root()).run().expect_code(0);
    // Of what only details are read from.
    database.execute("ALTER TABLE tracks RENAME COLUMN isrcs TO codes");
    let server = serve(&database.url()).env("AVALON_RELOAD_SECONDS", "0");
    let server = Server::run(server).ready("/avalon/heartbeat");
    let before = server.running().stderr_until(|text| {
        let (before, _) = text.split_once("Going on with")?;
        Some(before.to_owned())
    });
    // What needs no details is made all the same.
    let before = before.unwrap_or_else(|| panic!("{}", server.stderr()));
    assert!(before.contains("Prepared more sets"), "{before}");
    let id = id(&server);
    assert_eq!(server.get(&format!("/avalon/songs/{id}")).status, 503);
    database.execute("ALTER TABLE tracks RENAME COLUMN codes TO isrcs");
    assert_eq!(song(&server, &id)["disc"], 2);
}

#[test]
fn until_details_are_loaded_lists_are_answered_and_songs_unavailable() {
    let Some(database) = Database::postgres() else {
        return;
    };
    let collection = tagged("Ann");
    scan(&database, collection.root()).run().expect_code(0);
    // Lists can be loaded, details not.
    let lock = database.begin("LOCK TABLE files IN ACCESS EXCLUSIVE MODE");
    let server = Server::start(&database);
    let id = id(&server);
    let answer = server.get(&format!("/avalon/songs/{id}"));
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["errors"][0]["code"], 2);
    assert!(answer.header("retry-after").is_some());
    assert_eq!(answer.header("avalon-generation"), Some("1"));
    drop(lock);
    assert_eq!(song(&server, &id)["disc"], 2);
}
