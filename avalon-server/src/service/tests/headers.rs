//! What answers say of themselves in headers, and what clients say that they have.

use super::*;

#[test]
fn lists_say_how_many_results_there_are_before_limit_and_offset() {
    let service = serving("/avalon");
    for (target, total) in [
        ("/avalon/songs", "3"),
        ("/avalon/songs?limit=1", "3"),
        ("/avalon/songs?offset=99", "3"),
        ("/avalon/songs?query=bjo&limit=1&order=year", "2"),
        ("/avalon/songs?query=nothing", "0"),
        ("/avalon/albums?limit=0", "2"),
        ("/avalon/artists?query=jam", "1"),
        ("/avalon/genres?offset=1&limit=1&order=name", "2"),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = ask(&service, method, target);
            assert_eq!(answer.header(AVALON_TOTAL), Some(total), "{target}");
        }
    }
    for target in ["/avalon/songs?limit=x", "/avalon/heartbeat", "/avalon/nope"] {
        let answer = ask(&service, "GET", target);
        assert_eq!(answer.header(AVALON_TOTAL), None, "{target}");
    }
}

#[test]
fn every_answer_of_a_library_says_its_generation() {
    let service = serving("/avalon").panicking_on(Some("/avalon/version".to_owned()));
    let long = format!("/avalon/songs?{}", "a".repeat(50_000));
    for (method, target, status) in [
        ("GET", "/avalon/songs", 200),
        ("HEAD", "/avalon/albums", 200),
        ("GET", "/avalon/heartbeat", 200),
        ("GET", "/avalon/songs?limit=x", 400),
        ("GET", "/avalon/nope", 404),
        ("POST", "/avalon/songs", 405),
        ("OPTIONS", "/avalon/songs", 204),
        ("OPTIONS", "*", 204),
        ("GET", &long, 414),
        ("GET", "/avalon/version", 500),
    ] {
        let answer = ask(&service, method, target);
        assert_eq!(answer.status, status, "{method} {target}");
        assert_eq!(answer.header(AVALON_GENERATION), Some("0"));
    }
    for target in ["/avalon/songs", "/avalon/heartbeat"] {
        let answer = ask(&loading("/avalon"), "GET", target);
        assert_eq!(answer.header(AVALON_GENERATION), None, "{target}");
    }
}

#[test]
fn a_client_that_has_the_answer_is_not_sent_it_again() {
    let service = serving("/avalon");
    for target in [
        "/avalon/songs",
        "/avalon/songs?query=bjo&limit=1",
        "/avalon/albums",
        "/avalon/artists?limit=0",
        "/avalon/genres?order=name",
    ] {
        let first = ask(&service, "GET", target);
        let tag = first.header(ETAG).unwrap();
        for has in [tag, &format!("\"x\", W/{tag}"), "*"] {
            for method in ["GET", "HEAD"] {
                let answer = ask_unless(&service, method, target, Some(has));
                assert_eq!((answer.status, answer.body.as_str()), (304, ""), "{has}");
                let names: Vec<&str> = answer.headers.keys().map(HeaderName::as_str).collect();
                assert_eq!(names, ["etag", "avalon-generation"], "{target}");
                assert_eq!(answer.header(ETAG), Some(tag));
            }
        }
        let other = ask_unless(&service, "GET", target, Some("\"x\""));
        assert_eq!((other.status, &other.body), (200, &first.body));
        assert_eq!(other.header(ETAG), Some(tag));
    }
    for (method, target, status) in [
        ("GET", "/avalon/songs?limit=x", 400),
        ("GET", "/avalon/nope", 404),
        ("GET", "/avalon/heartbeat", 200),
        ("POST", "/avalon/songs", 405),
        ("OPTIONS", "/avalon/songs", 204),
    ] {
        let answer = ask_unless(&service, method, target, Some("*"));
        assert_eq!(answer.status, status, "{method} {target}");
        assert_eq!(answer.header(ETAG), None, "{method} {target}");
    }
}

#[test]
fn tags_are_those_of_the_content_not_of_the_process() {
    let tag = |service: &Service, target: &str| {
        let answer = ask(service, "GET", target);
        answer.header(ETAG).unwrap().to_owned()
    };
    let service = serving("/avalon");
    let songs = tag(&service, "/avalon/songs");
    assert_eq!(tag(&serving("/"), "/songs"), songs);
    assert_ne!(tag(&service, "/avalon/songs?limit=3"), songs);
    assert_ne!(tag(&service, "/avalon/albums"), songs);
    service.publish(App::build(Sample::default().columns()).unwrap());
    assert_ne!(tag(&service, "/avalon/songs"), songs);
    service.publish(library());
    assert_eq!(tag(&service, "/avalon/songs"), songs);
}
