//! What answers say of themselves: how many results there are, of which library, and as which bytes.

use crate::support::{Database, Server, data, on_each_backend, scan};

on_each_backend!(
    totals_and_tags_are_said_over_http,
    a_tag_outlives_the_server_but_not_the_content,
);

const LISTS: [&str; 4] = ["songs", "albums", "artists", "genres"];

fn totals_and_tags_are_said_over_http(database: &Database) {
    scan(database, &data("library")).run().expect_code(0);
    let server = Server::start(database);
    // All on one connection: an answer with a wrong length would be the end of it.
    let mut connection = server.connect();
    for list in LISTS {
        let whole = format!("/avalon/{list}");
        let total = server.get(&whole).results().len().to_string();
        let page = format!("/avalon/{list}?limit=2&offset=1&order=name");
        let get = connection.request("GET", &page).unwrap();
        let head = connection.request("HEAD", &page).unwrap();
        assert_eq!(get.results().len(), 2, "{list}");
        for name in [
            "avalon-total",
            "avalon-generation",
            "etag",
            "content-length",
        ] {
            assert!(get.header(name).is_some(), "{list}: {name}");
            assert_eq!(head.header(name), get.header(name), "{list}: {name}");
        }
        assert_eq!(get.header("avalon-total"), Some(total.as_str()), "{list}");
        let tag = get.header("etag").unwrap();
        for lines in [
            vec![format!("If-None-Match: {tag}")],
            vec![format!("If-None-Match: \"x\",W/{tag}")],
            vec![
                "If-None-Match: \"x\"".to_owned(),
                format!("if-none-match: {tag}"),
            ],
            vec!["If-None-Match: *".to_owned()],
        ] {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let answer = connection.get_with(&page, &lines).unwrap();
            assert_eq!(answer.status, 304, "{lines:?}");
            assert_eq!(answer.header("etag"), Some(tag), "{lines:?}");
            assert_eq!(answer.header("content-length"), None, "{lines:?}");
            let generation = answer.header("avalon-generation");
            assert_eq!(generation, get.header("avalon-generation"), "{lines:?}");
            let other = connection.get_with(&whole, &lines).unwrap();
            let expected = if lines[0].ends_with('*') { 304 } else { 200 };
            assert_eq!(other.status, expected, "{lines:?}");
        }
        let bad = format!("/avalon/{list}?limit=x");
        let answer = connection.get_with(&bad, &["If-None-Match: *"]).unwrap();
        assert_eq!(answer.status, 400, "{list}");
    }
}

fn a_tag_outlives_the_server_but_not_the_content(database: &Database) {
    scan(database, &data("library")).run().expect_code(0);
    let tags = || {
        let server = Server::start(database);
        LISTS.map(|list| {
            let answer = server.get(&format!("/avalon/{list}?limit=1"));
            answer.header("etag").unwrap().to_owned()
        })
    };
    let before = tags();
    assert_eq!(tags(), before);
    database.execute("UPDATE tracks SET year = 1900");
    let after = tags();
    for (at, list) in LISTS.iter().enumerate() {
        assert_ne!(after[at], before[at], "{list}");
    }
}
