//! Lists that are too long to be answered beside others.

use super::*;

/// A service over so many tracks that some of its lists are long; a third of the titles has an `a`.
fn large() -> Service {
    let mut sample = Sample::default();
    for number in 0..100_000 {
        let first = ["a", "b", "c"][number % 3];
        sample.add(track(&format!("{first}{}", number * 7919 % 100_000)).by(first));
    }
    let service = loading("/avalon");
    service.publish(App::build(sample.columns()).unwrap());
    service
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
