//! Lists that are too long to be answered beside others.

use super::*;

/// A service over so many tracks that some of its lists are long; a third of the titles has an `a`. Nothing is
/// prepared.
fn unprepared() -> Service {
    let mut sample = Sample::default();
    for number in 0..100_000 {
        let first = ["a", "b", "c"][number % 3];
        let genre = ["Most", "Rest"][number % 3 / 2];
        let new = track(&format!("{first}{}", number * 7919 % 100_000));
        sample.add(new.by(first).genre(genre));
    }
    let service = loading("/avalon");
    service.publish(App::build(sample.columns()).unwrap());
    service
}

/// The same, prepared.
fn large() -> Service {
    let service = unprepared();
    service.edition().unwrap().app().prepare();
    service
}

/// Whether a request is left to be answered beside others; it is answered so in any case.
fn is_left(service: &Service, target: &str) -> bool {
    let request = Request::builder().uri(target).body(()).unwrap();
    let at_once = service.handle_at_once(&request);
    let answer = service.handle(&request);
    assert_eq!(answer.status(), 200, "{target}");
    at_once.is_none()
}

#[test]
fn long_lists_whose_length_is_summed_up_are_not_answered_at_once() {
    let service = large();
    for (method, target, is_long) in [
        ("GET", "/avalon/songs?order=name&limit=99999", true),
        ("HEAD", "/avalon/songs?order=name&limit=99999", true),
        ("GET", "/avalon/songs?order=year&offset=1&limit=99000", true),
        ("GET", "/avalon/songs?query=a", true),
        (
            "GET",
            "/avalon/songs?query=a&order=name&direction=desc",
            true,
        ),
        ("GET", "/avalon/songs?artist=a&order=name", true),
        ("GET", "/avalon/songs", false),
        ("GET", "/avalon/songs?limit=99999", false),
        ("GET", "/avalon/songs?order=name", false),
        (
            "GET",
            "/avalon/songs?order=name&direction=desc&limit=100",
            false,
        ),
        (
            "GET",
            "/avalon/songs?order=name&limit=99999&offset=99990",
            false,
        ),
        (
            "GET",
            "/avalon/songs?query=a&order=name&limit=100&offset=30000",
            false,
        ),
        ("GET", "/avalon/songs?order=name&limit=100000", false),
        // Among all places of the order.
        ("GET", "/avalon/songs?artist=b&order=name&limit=17000", true),
        (
            "GET",
            "/avalon/songs?artist=b&order=name&limit=16000",
            false,
        ),
        ("GET", "/avalon/songs?artist=b&limit=17000", false),
        ("GET", "/avalon/songs?order=name&limit=17000", false),
        ("GET", "/avalon/songs?order=nothing&limit=99999", false),
        ("GET", "/avalon/albums?query=a", false),
        ("OPTIONS", "/avalon/songs?query=a", false),
    ] {
        let request = Request::builder().method(method).uri(target);
        let request = request.body(()).unwrap();
        let at_once = service.handle_at_once(&request);
        assert_eq!(at_once.is_none(), is_long, "{method} {target}");
        let answer = service.handle(&request);
        if let Some(at_once) = at_once {
            assert_eq!(at_once.headers(), answer.headers(), "{target}");
            assert_eq!(at_once.body().len(), answer.body().len(), "{target}");
        } else {
            assert_eq!(answer.status(), 200, "{target}");
        }
    }
}

#[test]
fn pages_of_large_sets_whose_orders_are_not_counted_yet_are_not_answered_at_once() {
    let service = unprepared();
    // Not the same twice: an answer that is asked for again is kept.
    let far = |offset: u32| {
        [
            format!("/avalon/songs?query=a&order=name&limit=100&offset={offset}"),
            format!("/avalon/songs?query=a&order=year&direction=desc&limit=20&offset={offset}"),
            format!("/avalon/songs?artist=b&order=id&limit=20&offset={offset}"),
            format!("/avalon/songs?genre=most&order=length&limit=16385&offset={offset}"),
        ]
    };
    for target in far(30_000) {
        assert!(is_left(&service, &target), "{target}");
    }
    for target in [
        "/avalon/songs?query=a&order=name&limit=100",
        "/avalon/songs?query=a&limit=100&offset=30000",
        "/avalon/songs?order=name&limit=100&offset=30000",
        "/avalon/songs?query=a&order=name&limit=100&offset=100000",
        "/avalon/songs?query=a1&order=name&limit=100&offset=200",
    ] {
        assert!(!is_left(&service, target), "{target}");
    }
    service.edition().unwrap().app().prepare();
    for target in far(30_001) {
        assert!(!is_left(&service, &target), "{target}");
    }
}

#[test]
fn what_has_to_be_gathered_from_very_many_matches_is_not_answered_at_once() {
    // Longer than any prefix whose set is made.
    let [many, few] = ["m", "f"].map(|letter| letter.repeat(70));
    let mut sample = Sample::default();
    for (title, count) in [(&many, 8193), (&few, 8192)] {
        for number in 0..count {
            sample.add(track(&format!("{title} {number}")));
        }
    }
    for number in 0..40_000 {
        let (artist, album) = [("Ann", "One"), ("Eve", "Two")][number % 2];
        sample.add(track("").by(artist).on(album));
    }
    // Two artists of one name.
    let artists = &mut sample.rows.artists;
    artists.last_mut().unwrap().name = Some("ANN".to_owned());
    for number in 0..8193 {
        sample.add(track("").on(&format!("{many} {number}")));
    }
    let service = loading("/avalon");
    service.publish(App::build(sample.columns()).unwrap());
    service.edition().unwrap().app().prepare();
    for (target, expected) in [
        (format!("/avalon/songs?query={many}&limit=1"), true),
        (format!("/avalon/songs?query={few}&limit=1"), false),
        (format!("/avalon/songs?query={few}x&limit=1"), false),
        (format!("/avalon/albums?query={many}&limit=1"), true),
        ("/avalon/songs?artist=ann&limit=1".to_owned(), true),
        ("/avalon/songs?album=one&limit=1".to_owned(), false),
    ] {
        assert_eq!(is_left(&service, &target), expected, "{target}");
    }
}

#[test]
fn the_client_that_has_a_long_list_is_told_so_at_once() {
    let service = large();
    let target = "/avalon/songs?query=a&order=name";
    let tag = ask(&service, "HEAD", target);
    let tag = tag.header(ETAG).unwrap();
    let request = Request::builder().uri(target).header(IF_NONE_MATCH, tag);
    let answer = service.handle_at_once(&request.body(()).unwrap());
    assert_eq!(answer.unwrap().status(), 304);
}

#[test]
fn what_is_not_answered_is_not_timed() {
    let times = std::sync::Arc::new(Mutex::new(0));
    let timed = times.clone();
    let timer = move |_, _| *timed.lock().unwrap() += 1;
    let service = Service::new("/avalon", Box::new(timer));
    let mut sample = Sample::default();
    (0..40_000).for_each(|number| sample.add(track(&format!("a{number}"))));
    service.publish(App::build(sample.columns()).unwrap());
    let request = Request::builder().uri("/avalon/songs?query=a");
    let request = request.body(()).unwrap();
    assert!(service.handle_at_once(&request).is_none());
    assert_eq!(*times.lock().unwrap(), 0);
    assert_eq!(service.handle(&request).status(), 200);
    assert_eq!(*times.lock().unwrap(), 1);
}
