//! Searches and suggestions.

use super::*;

/// A library of which only the lists are there.
fn without_details() -> Service {
    let service = loading("/avalon");
    let mut sample = Sample::default();
    sample.add(track("Live"));
    service.publish(App::build(sample.columns()).unwrap());
    service
}

#[test]
fn until_they_can_be_answered_searches_are_unavailable_and_lists_are_not() {
    let service = without_details();
    for target in ["/avalon/search?q=live", "/avalon/suggest?q=live"] {
        for has in [None, Some("*")] {
            let answer = ask_unless(&service, "GET", target, has);
            assert_eq!(
                (answer.status, answer.error()),
                (503, (2, json!({}))),
                "{target}"
            );
            assert_eq!(answer.header(RETRY_AFTER), Some("1"), "{target}");
            assert_eq!(answer.header(AVALON_GENERATION), Some("0"), "{target}");
        }
    }
    assert_eq!(names(&ask(&service, "GET", "/avalon/songs")), ["Live"]);
}

#[test]
fn the_heartbeat_tells_whether_searches_can_be_answered_if_it_is_asked() {
    let service = without_details();
    for target in [
        "/avalon/heartbeat",
        "/avalon/heartbeat?of=lists",
        "/avalon/heartbeat?of=searches",
        "/avalon/heartbeat?x=of=search",
    ] {
        let answer = ask(&service, "GET", target);
        assert_eq!((answer.status, answer.body.as_str()), (200, "OKOKOK"));
    }
    let answer = ask(&service, "GET", "/avalon/heartbeat?x&of=search");
    assert_eq!((answer.status, answer.body.as_str()), (503, "NONONO"));
    assert_eq!(answer.header(RETRY_AFTER), Some("1"));
    assert_eq!(answer.header(AVALON_GENERATION), Some("0"));
}

#[test]
fn parameters_are_judged_whether_searches_can_be_answered_or_not() {
    let service = without_details();
    for (target, code, payload) in [
        ("search", 100, json!({"field": "q"})),
        ("suggest?types=songs", 100, json!({"field": "q"})),
        (
            "search?q=a&facets=genre,x",
            100,
            json!({"field": "facets", "value": "genre,x", "column": 7}),
        ),
        (
            "suggest?q=a&types=x",
            100,
            json!({"field": "types", "value": "x", "column": 1}),
        ),
        (
            "search?q=a&album_id=x",
            101,
            json!({"field": "album_id", "value": "x"}),
        ),
        (
            "search?q=a&limit=101",
            102,
            json!({"field": "limit", "value": 101}),
        ),
        (
            "suggest?q=a&limit=21",
            102,
            json!({"field": "limit", "value": 21}),
        ),
        (
            "search?q=%22a&strict=1",
            102,
            json!({"field": "q", "value": "\"a", "column": 1}),
        ),
    ] {
        let target = format!("/avalon/{target}");
        let answer = ask_unless(&service, "GET", &target, Some("*"));
        assert_eq!(answer.status, 400, "{target}");
        assert_eq!(answer.error(), (code, payload), "{target}");
        assert_eq!(answer.header(ETAG), None, "{target}");
    }
}

/// A service whose searches can be answered.
fn searching() -> Service {
    let service = loading("/avalon");
    let app = library();
    app.build_search(&["the".to_owned()]).unwrap();
    service.publish(app);
    service
}

#[test]
fn searches_that_can_be_answered_are_not_answered_at_once() {
    let costly = |service: &Service, method: &str, target: &str| {
        let request = Request::builder().method(method).uri(target);
        let answer = service.handle_at_once(&request.body(()).unwrap());
        answer.is_none()
    };
    let service = searching();
    for (method, target, is_costly) in [
        ("GET", "/avalon/search?q=a", true),
        ("HEAD", "//avalon/%73earch", true),
        ("OPTIONS", "/avalon/search?q=a", false),
        ("POST", "/avalon/search?q=a", false),
        ("GET", "/search?q=a", false),
        ("GET", "/avalon/suggest?q=a", false),
        ("GET", "/avalon/songs?query=a", false),
        ("GET", "/avalon/heartbeat?of=search", false),
    ] {
        let found = costly(&service, method, target);
        assert_eq!(found, is_costly, "{method} {target}");
    }
    for service in [loading("/avalon"), serving("/avalon")] {
        assert!(!costly(&service, "GET", "/avalon/search?q=a"));
    }
}

#[test]
fn searches_and_suggestions_answer_with_tags() {
    let service = searching();
    for target in [
        "/avalon/search?q=bjork",
        "/avalon/search?q=live&types=songs&facets=1&highlight=1&explain=1&fields=disc",
        "/avalon/suggest?q=bj",
        "/avalon/search?q=",
    ] {
        let first = ask(&service, "GET", target);
        assert_eq!(first.status, 200, "{target}: {}", first.body);
        assert_eq!(first.header(CONTENT_TYPE), Some("application/json"));
        assert_eq!(first.header(AVALON_TOTAL), None, "{target}");
        assert!(first.json()["success"].is_object(), "{target}");
        let tag = first.header(ETAG).unwrap();
        for has in [tag, &format!("W/{tag}"), "*"] {
            let again = ask_unless(&service, "GET", target, Some(has));
            assert_eq!((again.status, again.body.as_str()), (304, ""), "{target}");
            assert_eq!(again.header(ETAG), Some(tag), "{target}");
        }
        let head = ask(&service, "HEAD", target);
        let length = first.body.len().to_string();
        assert_eq!(head.header(CONTENT_LENGTH), Some(length.as_str()));
    }
    let answer = ask(
        &service,
        "GET",
        "/avalon/search?q=bjork&types=songs,artists",
    );
    let success = answer.json()["success"].clone();
    let keys = success.as_object().unwrap().keys();
    assert!(keys.eq(["artists", "songs"]), "{success}");
    // In the order asked for, which the map above does not keep.
    let at = |name| answer.body.find(name).unwrap();
    assert!(at("\"songs\":{") < at("\"artists\":{"), "{}", answer.body);
    assert_eq!(success["artists"]["results"][0]["name"], "Björk");
    let heartbeat = ask(&service, "GET", "/avalon/heartbeat?of=search");
    assert_eq!(heartbeat.body, "OKOKOK");
}

#[test]
fn albums_tell_who_they_are_by_and_songs_what_fields_ask_for() {
    let service = searching();
    let success = |target: &str| {
        let answer = ask(&service, "GET", target);
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        answer.json()["success"].clone()
    };
    let found = success("/avalon/search?q=debut&types=albums");
    assert_eq!(found["albums"]["total"], 1);
    let album = &found["albums"]["results"][0];
    assert_eq!(album["name"], "Debut");
    assert_eq!(album["artists"], json!(["Björk"]));
    assert_eq!(
        (&album["year"], &album["tracks"]),
        (&json!(2000), &json!(2))
    );
    let found = success("/avalon/search?q=ten&types=albums");
    let album = &found["albums"]["results"][0];
    assert_eq!(
        (&album["year"], &album["tracks"]),
        (&Value::Null, &json!(1))
    );
    let found = success("/avalon/search?q=live&types=songs&fields=disc,format");
    let song = &found["songs"]["results"][0];
    assert_eq!(song["name"], "Live");
    let song = song.as_object().unwrap();
    assert!(song.contains_key("disc") && song.contains_key("format"));
    assert!(!song.contains_key("comment") && !song.contains_key("path"));
    let found = success("/avalon/search?q=live&types=songs");
    let song = found["songs"]["results"][0].as_object().unwrap();
    assert!(!song.contains_key("disc"), "{song:?}");
    let found = success("/avalon/suggest?q=pea&types=artists");
    assert_eq!(found["artists"][0]["name"], "Pearl Jam");
}

#[test]
fn suggestions_are_no_more_than_the_limit_of_each_type_which_may_be_0() {
    let service = loading("/avalon");
    let mut sample = Sample::default();
    for title in ["Alive", "Aloud"] {
        sample.add(track(title));
    }
    let app = App::build(sample.columns()).unwrap();
    app.complete(Details::default());
    app.build_search(&[]).unwrap();
    service.publish(app);
    for (limit, count) in [(0, 0), (1, 1), (2, 2), (20, 2)] {
        let target = format!("/avalon/suggest?q=al&types=songs&limit={limit}");
        let answer = ask(&service, "GET", &target);
        let songs = answer.json()["success"]["songs"].clone();
        assert_eq!(songs.as_array().unwrap().len(), count, "{limit}: {songs}");
    }
}
