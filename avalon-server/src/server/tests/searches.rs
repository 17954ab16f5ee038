//! Searches, which are answered by threads of their own.

use std::io::Read;

use super::running::{HEARTBEAT, Running, SEARCH, tracks};
use crate::server::*;

#[test]
fn searches_that_take_long_keep_nothing_else_waiting() {
    let mut running = Running::held_up(Costly::with(2, 1000));
    // More than all threads that there are.
    let count = 2 + running.runtime.metrics().num_workers();
    let mut searches = running.search(count);
    running.wait_for_free(1002 - count, 0);
    let others =
        HEARTBEAT.replace("heartbeat", "songs") + &HEARTBEAT.replace("heartbeat", "suggest?q=li");
    let mut client = running.connect();
    for _ in 0..10 {
        client.send(HEARTBEAT);
        assert_eq!(client.response().2, "OKOKOK");
        client.send(&others);
        for _ in 0..2 {
            let (status, _, body) = client.response();
            assert!(status == 200 && body.contains("Live"), "{body}");
        }
    }
    running.open();
    for client in &mut searches {
        let (status, _, body) = client.response();
        assert!(status == 200 && body.contains("Live"), "{body}");
        // The connection goes on.
        client.send(HEARTBEAT);
        assert_eq!(client.response().2, "OKOKOK");
    }
}

#[test]
fn searches_wait_for_a_thread_and_too_many_are_told_to_come_again() {
    let mut running = Running::held_up(Costly::with(2, 3));
    let mut at_work = running.search(2);
    running.wait_for_free(3, 0);
    let mut waiting = running.search(3);
    running.wait_for_free(0, 0);
    let mut beyond = running.connect();
    for (method, is_told) in [("GET", true), ("HEAD", false)] {
        beyond.send(&SEARCH.replace("GET", method));
        let (status, headers) = beyond.head();
        assert_eq!(status, 503, "{method}");
        let value = |name: &str| {
            let header = headers.iter().find(|header| header.0 == name);
            header.map(|(_, value)| value.as_str())
        };
        assert_eq!(value("retry-after"), Some("1"), "{method}");
        assert_eq!(value("avalon-generation"), Some("0"), "{method}");
        let mut body = vec![0; value("content-length").unwrap().parse().unwrap()];
        if is_told {
            beyond.stream.read_exact(&mut body).unwrap();
            let error: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(error["errors"][0]["code"], 2, "{error}");
            assert!(
                error["errors"][0]["message"]
                    .to_string()
                    .contains("searches"),
                "{error}"
            );
        }
    }
    beyond.send(HEARTBEAT);
    assert_eq!(beyond.response().2, "OKOKOK");
    // A search whose client goes away gives its place to the next.
    waiting.remove(0);
    running.wait_for_free(1, 0);
    beyond.send(SEARCH);
    running.wait_for_free(0, 0);
    running.open();
    for client in at_work.iter_mut().chain(&mut waiting).chain([&mut beyond]) {
        assert_eq!(client.response().0, 200);
    }
    running.wait_for_free(5, 2);
}

#[test]
fn long_lists_wait_for_these_threads_too() {
    let long = HEARTBEAT.replace("heartbeat", "songs?order=name&limit=39999");
    let mut running = Running::held_up(Costly::with(1, 0));
    let mut searches = running.search(1);
    running.wait_for_free(0, 0);
    running.service.publish(tracks(40_000));
    let mut client = running.connect();
    client.send(&long);
    let (status, _, body) = client.response();
    assert!(status == 503 && body.contains("costly lists"), "{body}");
    // Others do not.
    client.send(&long.replace("39999", "9"));
    assert_eq!(client.response().0, 200);
    running.open();
    assert_eq!(searches[0].response().0, 200);
    running.wait_for_free(1, 1);
    let with_body = long.replace("\r\n\r\n", "\r\nContent-Length: 1\r\n\r\nx");
    for request in [&long, &with_body] {
        client.send(request);
        let (status, headers, body) = client.response();
        let songs: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(status, 200);
        assert_eq!(songs["success"].as_array().unwrap().len(), 39_999);
        client.send(&long.replace("GET", "HEAD"));
        let (status, of_head) = client.head();
        assert_eq!(status, 200);
        let length = |headers: &[(String, String)]| {
            let header = headers.iter().find(|header| header.0 == "content-length");
            header.map(|header| header.1.clone())
        };
        assert_eq!(length(&of_head), length(&headers));
    }
    running.wait_for_free(1, 1);
}

#[test]
fn who_searches_first_is_answered_first() {
    let running = Running::held_up(Costly::with(1, 9));
    let mut searches = Vec::new();
    for free in (5..10).rev() {
        searches.extend(running.search(1));
        running.wait_for_free(free, 0);
    }
    for client in &mut searches {
        running.open_for_one();
        assert_eq!(client.response().0, 200);
    }
}

#[test]
fn searches_that_panic_are_told_so_and_free_their_threads() {
    let service = Service::new("/avalon", Box::new(|_, _| ()));
    let service = service.panicking_on(Some("/avalon/search".to_owned()));
    let running = Running::searching(service, Costly::with(1, 0));
    let mut client = running.connect();
    for _ in 0..3 {
        client.send(SEARCH);
        let (status, _, body) = client.response();
        assert!(
            status == 500 && body.contains("avalon.service.error.unknown"),
            "{body}"
        );
        running.wait_for_free(1, 1);
    }
}

#[test]
fn searches_finish_when_the_server_stops_those_that_wait_too() {
    let mut running = Running::held_up(Costly::with(1, 1));
    let mut searches = running.search(2);
    running.wait_for_free(0, 0);
    let mut idle = running.connect();
    idle.send(HEARTBEAT);
    assert_eq!(idle.response().2, "OKOKOK");
    running.stop();
    assert!(idle.is_closed());
    running.open();
    for client in &mut searches {
        assert_eq!(client.response().0, 200);
        assert!(client.is_closed());
    }
    running.join();
}
