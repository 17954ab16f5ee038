//! The service without sockets: a request in, a response out.

mod headers;

mod songs;

mod search;

mod schema;

mod documents;

mod page;

mod long;

mod rendering;

use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use hyper::body::Body as _;
use hyper::header::{
    ALLOW, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, RETRY_AFTER,
};
use serde_json::{Value, json};

use super::replies::AVALON_TOTAL;
use super::*;
use crate::catalog::Details;
use crate::catalog::samples::{Sample, track};

/// A response, read to its end.
struct Answer {
    status: u16,
    headers: hyper::HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Code and payload of the one error.
    fn error(&self) -> (u64, Value) {
        let error = &self.json()["errors"][0];
        (error["code"].as_u64().unwrap(), error["payload"].clone())
    }
}

fn ask(service: &Service, method: &str, target: &str) -> Answer {
    ask_unless(service, method, target, None)
}

/// Asks for what the client does not have yet.
fn ask_unless(service: &Service, method: &str, target: &str, has: Option<&str>) -> Answer {
    let mut request = Request::builder().method(method).uri(target);
    if let Some(has) = has {
        request = request.header(IF_NONE_MATCH, has);
    }
    let request = request.body(()).unwrap();
    let (head, mut body) = service.handle(&request).into_parts();
    let mut bytes = Vec::new();
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(&mut context) {
        bytes.extend(frame.into_data().unwrap());
    }
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: String::from_utf8(bytes).unwrap(),
    }
}

fn loading(request_path: &str) -> Service {
    Service::new(request_path, Box::new(|_, _| ()))
}

fn library() -> App {
    let mut sample = Sample::default();
    sample.add(
        track("Live")
            .by("Björk")
            .on("Debut")
            .genre("Pop")
            .number(Some(2)),
    );
    sample.add(
        track("Alive")
            .by("Björk")
            .on("Debut")
            .genre("Pop")
            .number(None),
    );
    sample.add(
        track("Dead")
            .by("Pearl Jam")
            .on("Ten")
            .genre("Rock")
            .year(None),
    );
    let app = App::build(sample.columns()).unwrap();
    app.complete(Details::default());
    app
}

fn serving(request_path: &str) -> Service {
    let service = loading(request_path);
    service.publish(library());
    service
}

fn names(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let json = answer.json();
    let results = json["success"].as_array().unwrap().iter();
    results
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_list_answers() {
    let service = serving("/avalon");
    for (target, expected) in [
        ("/avalon/songs", &["Alive", "Live", "Dead"][..]),
        ("/avalon/albums", &["Debut", "Ten"]),
        ("/avalon/artists", &["Björk", "Pearl Jam"]),
        ("/avalon/genres", &["Pop", "Rock"]),
        ("/avalon/songs?query=bjo", &["Alive", "Live"]),
        ("/avalon/songs?query=live&artist=bj%C3%B6rk", &["Live"]),
        ("/avalon/songs?artist=bjork", &[]),
        ("/avalon/songs?order=track", &["Alive", "Dead", "Live"]),
        ("/avalon/songs?order=year", &["Dead", "Alive", "Live"]),
        (
            "/avalon/songs?order=name&direction=desc&limit=1&offset=1",
            &["Dead"],
        ),
        ("/avalon/artists?query=jam", &["Pearl Jam"]),
        ("/avalon/songs?limit=0", &[]),
    ] {
        let answer = ask(&service, "GET", target);
        assert_eq!(names(&answer), expected, "{target}");
        assert_eq!(answer.header(CONTENT_TYPE), Some("application/json"));
    }
}

#[test]
fn plain_endpoints_ignore_their_parameters() {
    let service = serving("/avalon");
    for (target, expected) in [
        ("/avalon/heartbeat", "OKOKOK"),
        ("/avalon/heartbeat?limit=abc", "OKOKOK"),
        ("/avalon/version", env!("CARGO_PKG_VERSION")),
        ("/avalon/version?limit=abc", env!("CARGO_PKG_VERSION")),
    ] {
        let answer = ask(&service, "GET", target);
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, expected),
            "{target}"
        );
        assert_eq!(
            answer.header(CONTENT_TYPE),
            Some("text/plain; charset=utf-8")
        );
    }
}

#[test]
fn paths_are_decoded_before_they_are_compared() {
    for (request_path, target, status) in [
        ("/avalon", "/avalon/%73ongs?limit=0", 200),
        ("/avalon", "//avalon/songs?limit=0", 200),
        ("/avalon", "///avalon/songs", 200),
        ("/avalon", "/%2Favalon%2Fsongs", 200),
        ("/avalon", "/avalon/songs#fragment", 200),
        ("/avalon", "http://example.org/avalon/songs", 200),
        ("/avalon", "/avalon//songs", 404),
        ("/avalon", "/avalon/./songs", 404),
        ("/avalon", "/avalon/songs/", 404),
        ("/avalon", "/avalon/songs/nonsense", 404),
        ("/avalon", "/avalon/songs;x=1", 404),
        ("/avalon", "/avalon/Songs", 404),
        ("/avalon", "/avalon/songs%00", 404),
        ("/avalon", "/avalon/songs%3Flimit=0", 404),
        ("/avalon", "/avalon/%ff", 404),
        ("/avalon", "/avalon", 404),
        ("/avalon", "/avalon/", 404),
        ("/avalon", "/songs", 404),
        ("/avalon", "/", 404),
        ("/", "/songs", 200),
        ("/", "//songs", 200),
        ("/", "/avalon/songs", 404),
        ("/", "/", 404),
        ("/a/ü x", "/a/%C3%BC%20x/songs", 200),
        ("/a/ü x", "/a/songs", 404),
    ] {
        let answer = ask(&serving(request_path), "GET", target);
        assert_eq!(answer.status, status, "{request_path} {target}");
    }
}

#[test]
fn what_is_not_there_is_said_in_the_envelope() {
    let service = serving("/avalon");
    for method in ["GET", "POST", "OPTIONS", "DELETE", "BREW"] {
        for (target, path) in [
            ("/avalon/n%6fpe?x=1", "/avalon/n%6fpe"),
            ("/avalon/café?x", "/avalon/café"),
            ("http://example.org/x?y", "http://example.org/x"),
        ] {
            let answer = ask(&service, method, target);
            assert_eq!(answer.status, 404, "{method} {target}");
            assert_eq!(
                answer.error(),
                (4, json!({ "path": path })),
                "{method} {target}"
            );
        }
    }
}

#[test]
fn other_methods_are_told_which_are_allowed() {
    let service = serving("/avalon");
    for endpoint in [
        "heartbeat",
        "version",
        "albums",
        "artists",
        "genres",
        "songs",
        "search",
        "suggest",
    ] {
        let target = format!("/avalon/{endpoint}?limit=abc");
        for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
            let answer = ask(&service, method, &target);
            assert_eq!(answer.status, 405, "{method} {target}");
            assert_eq!(answer.error(), (5, json!({ "method": method })));
            assert_eq!(answer.header(ALLOW), Some("GET, HEAD, OPTIONS"));
        }
        let answer = ask(&service, "OPTIONS", &target);
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        assert_eq!(answer.header(ALLOW), Some("GET, HEAD, OPTIONS"));
        let content_type = answer.header(CONTENT_TYPE);
        assert_eq!(content_type, Some("text/plain; charset=utf-8"));
        assert_eq!(answer.header(CONTENT_LENGTH), None);
    }
    assert_eq!(ask(&service, "OPTIONS", "*").status, 204);
    assert_eq!(ask(&service, "GET", "*").status, 404);
}

#[test]
fn head_is_get_without_the_body() {
    for (service, target) in [
        (serving("/avalon"), "/avalon/songs"),
        (serving("/avalon"), "/avalon/songs?limit=abc"),
        (serving("/avalon"), "/avalon/heartbeat"),
        (serving("/avalon"), "/avalon/nope"),
        (loading("/avalon"), "/avalon/heartbeat"),
        (loading("/avalon"), "/avalon/songs"),
    ] {
        let get = ask(&service, "GET", target);
        let mut head = ask(&service, "HEAD", target);
        // In the answer to GET hyper says it, which knows it of every body.
        let length = get.body.len().to_string();
        assert_eq!(head.header(CONTENT_LENGTH), Some(length.as_str()));
        head.headers.remove(CONTENT_LENGTH);
        assert_eq!(head.status, get.status, "{target}");
        assert_eq!(head.headers, get.headers, "{target}");
        assert_eq!(
            (head.body.is_empty(), get.body.is_empty()),
            (true, false),
            "{target}"
        );
    }
}

#[test]
fn targets_up_to_16_kib_are_answered_whatever_their_encoding() {
    let service = serving("/avalon");
    let target = |length: usize| {
        let start = "/avalon/songs?query=";
        format!("{start}{}", "a".repeat(length - start.len()))
    };
    assert_eq!(ask(&service, "GET", &target(48 * 1024)).status, 200);
    let answer = ask(&service, "GET", &target(48 * 1024 + 1));
    assert_eq!((answer.status, answer.error()), (414, (6, json!({}))));
    let limit = format!("/avalon/songs?limit={}", "9".repeat(4301));
    assert_eq!(ask(&service, "GET", &limit).error().0, 101);
}

#[test]
fn until_the_library_is_there_the_service_is_unavailable() {
    let service = loading("/avalon");
    let long = format!("/avalon/songs?{}", "a".repeat(20_000));
    for (method, target) in [
        ("GET", "/avalon/songs?limit=abc"),
        ("GET", "/avalon/version"),
        ("GET", "/nope"),
        ("GET", &long),
        ("POST", "/avalon/albums"),
        ("OPTIONS", "/avalon/songs"),
        ("POST", "/avalon/heartbeat"),
    ] {
        let answer = ask(&service, method, target);
        assert_eq!(
            (answer.status, answer.error()),
            (503, (2, json!({}))),
            "{method} {target}"
        );
        assert_eq!(answer.header(RETRY_AFTER), Some("1"), "{method} {target}");
    }
    let answer = ask(&service, "GET", "/avalon/heartbeat");
    assert_eq!((answer.status, answer.body.as_str()), (503, "NONONO"));
    assert_eq!(
        answer.header(CONTENT_TYPE),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(answer.header(RETRY_AFTER), Some("1"));
    service.publish(library());
    assert_eq!(ask(&service, "GET", "/avalon/heartbeat").body, "OKOKOK");
}

#[test]
fn each_request_for_a_list_is_timed_once() {
    let timed = Arc::new(Mutex::new(Vec::new()));
    let seen = timed.clone();
    let timer = move |metric, _| seen.lock().unwrap().push(metric);
    let service = Service::new("/avalon", Box::new(timer));
    ask(&service, "GET", "/avalon/songs");
    service.publish(library());
    for (method, endpoint) in [
        ("GET", "albums"),
        ("GET", "artists?query=x"),
        ("HEAD", "genres"),
        ("GET", "songs?limit=bad"),
        ("GET", "songs/00000000000000000000000000000000"),
        ("OPTIONS", "songs/00000000000000000000000000000000"),
        ("GET", "search?q=a"),
        ("HEAD", "suggest"),
        ("OPTIONS", "search"),
        ("OPTIONS", "songs"),
        ("POST", "songs"),
        ("GET", "heartbeat"),
        ("GET", "version"),
        ("GET", "nope"),
    ] {
        ask(&service, method, &format!("/avalon/{endpoint}"));
    }
    let expected = [
        Metric::Albums,
        Metric::Artists,
        Metric::Genres,
        Metric::Songs,
        Metric::Song,
        Metric::Search,
        Metric::Suggest,
    ];
    assert_eq!(*timed.lock().unwrap(), expected);
}

#[test]
fn a_panic_is_an_answer_and_the_next_request_is_served() {
    let service = serving("/avalon").panicking_on(Some("/avalon/version".to_owned()));
    let answer = ask(&service, "GET", "/avalon/version");
    assert_eq!((answer.status, answer.error()), (500, (1, json!({}))));
    let message = answer.json()["errors"][0]["message"].clone();
    assert!(!message.to_string().contains("panic"), "{message}");
    assert_eq!(ask(&service, "HEAD", "/avalon/version").body, "");
    assert_eq!(ask(&service, "GET", "/avalon/heartbeat").status, 200);
}
