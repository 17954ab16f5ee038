//! Names that what is typed may become, over HTTP and over a library that was scanned from files.

use serde_json::{Value, json};

use crate::support::{Database, Server, data, on_each_backend, scan, serve};

on_each_backend!(
    names_are_suggested_from_what_was_scanned,
    what_is_wrong_is_told_with_its_column,
    suggestions_have_the_methods_and_the_tags_of_lists,
);

fn suggesting(database: &Database) -> Server {
    scan(database, &data("library")).run().expect_code(0);
    Server::run(serve(&database.url())).ready("/avalon/heartbeat?of=search")
}

fn names_are_suggested_from_what_was_scanned(database: &Database) {
    let server = suggesting(database);
    for (query_string, expected) in [
        (
            "q=kit",
            json!({ "artists": ["KITE ASSEMBLY"], "albums": [], "songs": [], "genres": [] }),
        ),
        (
            "q=ta&types=songs",
            json!({ "songs": ["Tail Knot", "Take-off"] }),
        ),
        ("q=ta&types=songs&limit=0", json!({ "songs": [] })),
        (
            "q=electron&types=genres",
            json!({ "genres": ["Électronique"] }),
        ),
        ("q=&types=songs", json!({ "songs": [] })),
        (
            "q=crosswimd&types=songs",
            json!({ "songs": [], "did_you_mean": "crosswind" }),
        ),
    ] {
        let answer = server.get(&format!("/avalon/suggest?{query_string}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let mut success = answer.json()["success"].clone();
        for names in success.as_object_mut().unwrap().values_mut() {
            if let Value::Array(suggested) = names {
                let mut found: Vec<&str> = suggested
                    .iter()
                    .map(|one| one["name"].as_str().unwrap())
                    .collect();
                found.sort_unstable();
                *names = json!(found);
            }
        }
        assert_eq!(success, expected, "{query_string}");
    }
    let answer = server.get("/avalon/suggest?q=harb&types=albums");
    let album = answer.json()["success"]["albums"][0].clone();
    assert_eq!(
        album["id"],
        server.get("/avalon/albums?query=harbour").results()[0]["id"]
    );
    let highlight = json!([{
        "field": "album", "name": "Harbour Lights", "bytes": [[0, 7]], "characters": [[0, 7]],
    }]);
    assert_eq!(album["highlights"], highlight);
}

fn what_is_wrong_is_told_with_its_column(database: &Database) {
    let server = suggesting(database);
    for (query_string, code, payload) in [
        ("types=songs", 100, json!({ "field": "q" })),
        (
            "q=a&types=albums,+song",
            100,
            json!({ "field": "types", "value": "albums, song", "column": 9 }),
        ),
        (
            "q=a&limit=x",
            101,
            json!({ "field": "limit", "value": "x" }),
        ),
        (
            "q=a&limit=21",
            102,
            json!({ "field": "limit", "value": 21 }),
        ),
    ] {
        let answer = server.get(&format!("/avalon/suggest?{query_string}"));
        assert_eq!(answer.status, 400, "{query_string}");
        let error = answer.json()["errors"][0].clone();
        assert_eq!(
            (&error["code"], &error["payload"]),
            (&code.into(), &payload)
        );
    }
}

fn suggestions_have_the_methods_and_the_tags_of_lists(database: &Database) {
    check_methods_and_tags(&suggesting(database), "/avalon/suggest?q=tid");
}

/// What every answer that is no list has in common with lists, at a target that is good.
pub(crate) fn check_methods_and_tags(server: &Server, target: &str) {
    // All on one connection: an answer with a wrong length would be the end of it.
    let mut connection = server.connect();
    let get = connection.request("GET", target).unwrap();
    assert_eq!(get.status, 200, "{}", get.text());
    assert_eq!(get.header("content-type"), Some("application/json"));
    assert_eq!(get.header("avalon-generation"), Some("1"));
    let tag = get.header("etag").unwrap();
    let head = connection.request("HEAD", target).unwrap();
    assert_eq!(head.status, 200);
    for name in [
        "content-type",
        "content-length",
        "etag",
        "avalon-generation",
    ] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    for (has, status) in [
        (tag.to_owned(), 304),
        (format!("\"x\", W/{tag}"), 304),
        ("*".to_owned(), 304),
        ("\"x\"".to_owned(), 200),
    ] {
        let answer = connection
            .get_with(target, &[&format!("If-None-Match: {has}")])
            .unwrap();
        assert_eq!(
            (answer.status, answer.header("etag")),
            (status, Some(tag)),
            "{has}"
        );
    }
    // Another request is another answer, also where it has the same bytes.
    let other = connection.request("GET", &format!("{target}x")).unwrap();
    assert_ne!(other.header("etag"), Some(tag));
    let options = connection.request("OPTIONS", target).unwrap();
    assert_eq!(
        (options.status, options.header("allow")),
        (204, Some("GET, HEAD, OPTIONS"))
    );
    for method in ["POST", "PUT", "DELETE", "BREW"] {
        let answer = connection.request(method, target).unwrap();
        assert_eq!(
            (answer.status, &answer.json()["errors"][0]["code"]),
            (405, &5.into())
        );
        assert_eq!(
            answer.header("allow"),
            Some("GET, HEAD, OPTIONS"),
            "{method}"
        );
    }
    let (path, query_string) = target.split_once('?').unwrap();
    for path in [format!("{path}/"), format!("{path}es"), path.to_uppercase()] {
        let answer = connection
            .request("GET", &format!("{path}?{query_string}"))
            .unwrap();
        let error = answer.json()["errors"][0].clone();
        assert_eq!((answer.status, &error["code"]), (404, &4.into()), "{path}");
        assert_eq!(error["payload"]["path"], path);
    }
}
