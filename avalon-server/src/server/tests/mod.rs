//! The server over real sockets: connections, their bounds, and their end.

mod running;

mod searches;

use std::io::Read;
use std::net::Shutdown;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crate::service::Edition;
use running::{HEARTBEAT, PATIENCE, Running, tracks};

#[test]
fn connections_are_kept_and_pipelined_requests_answered_in_order() {
    let running = Running::with_tracks(1);
    let mut client = running.connect();
    for _ in 0..2 {
        client.send(HEARTBEAT);
        assert_eq!(client.response().2, "OKOKOK");
    }
    let version = HEARTBEAT.replace("heartbeat", "version");
    let head = HEARTBEAT
        .replace("GET", "HEAD")
        .replace("heartbeat", "songs");
    client.send(&format!("{HEARTBEAT}{head}{version}{HEARTBEAT}"));
    assert_eq!(client.response().2, "OKOKOK");
    let (status, headers) = client.head();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .unwrap();
    assert!(
        status == 200 && length.1.parse::<u64>().unwrap() > 100,
        "{length:?}"
    );
    assert_eq!(client.response().2, env!("CARGO_PKG_VERSION"));
    assert_eq!(client.response().2, "OKOKOK");
}

#[test]
fn connections_end_where_the_client_wants_it() {
    let running = Running::with_tracks(1);
    for request in [
        "GET /avalon/heartbeat HTTP/1.0\r\n\r\n",
        "GET /avalon/heartbeat HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ] {
        let mut client = running.connect();
        client.send(request);
        assert_eq!(client.response().2, "OKOKOK", "{request}");
        assert!(client.is_closed(), "{request}");
    }
    let mut client = running.connect();
    client.send(HEARTBEAT);
    client.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.response().2, "OKOKOK", "half closed");
    assert!(client.is_closed(), "half closed");
}

#[test]
fn small_bodies_are_forgotten_and_the_connection_goes_on() {
    let running = Running::with_tracks(1);
    let mut client = running.connect();
    let get = "GET /avalon/heartbeat HTTP/1.1\r\nHost: x\r\n";
    for (headers, body) in [
        ("Content-Length: 5\r\n", "hello".to_owned()),
        ("Content-Length: 30000\r\n", "x".repeat(30_000)),
        (
            "Transfer-Encoding: chunked\r\n",
            "5\r\nhello\r\n0\r\n\r\n".to_owned(),
        ),
    ] {
        client.send(&format!("{get}{headers}\r\n{body}"));
        assert_eq!(client.response().2, "OKOKOK", "{headers}");
    }
    client.send("POST /avalon/songs HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    assert_eq!(client.response().0, 405);
    client.send(HEARTBEAT);
    assert_eq!(client.response().2, "OKOKOK");
}

#[test]
fn large_bodies_end_the_connection_after_the_answer() {
    let running = Running::with_tracks(1);
    let mut client = running.connect();
    client.send("POST /avalon/songs HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n");
    let (status, headers, _) = client.response();
    assert_eq!(status, 405);
    assert!(
        headers.contains(&("connection".to_owned(), "close".to_owned())),
        "{headers:?}"
    );
    assert!(client.is_closed());
}

#[test]
fn long_targets_are_refused_in_the_envelope() {
    let running = Running::with_tracks(1);
    let get = |character: &str, length: usize| {
        let start = "/avalon/songs?query=";
        let query = character.repeat((length - start.len()) / character.len());
        format!("GET {start}{query} HTTP/1.1\r\nHost: x\r\n\r\n")
    };
    for character in ["a", "\"", "é", "%22"] {
        let status = running.ask(&get(character, 16 * 1024)).0;
        assert_eq!(status, 200, "{character}");
    }
    for (character, length) in [
        ("a", 16 * 1024 + 1),
        ("\"", 16 * 1024 + 1),
        ("%22", 16 * 1024 + 5),
        ("a", 70_000),
        ("a", 1_000_000),
    ] {
        let (status, body) = running.ask(&get(character, length));
        assert_eq!(status, 414, "{character} {length}");
        assert!(
            body.contains("avalon.service.error.uri_too_long"),
            "{length} {body}"
        );
    }
}

#[test]
fn targets_that_are_no_uris_are_answered() {
    let running = Running::with_tracks(1);
    let mut client = running.connect();
    for (target, status) in [
        ("/avalon/songs?query=<3", 200),
        ("/avalon/songs?query=\"track\"&limit=1", 200),
        ("/avalon/songs?album_id={0}", 400),
        ("/avalon/<songs>", 404),
    ] {
        client.send(&format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"));
        let (said, _, body) = client.response();
        assert_eq!(said, status, "{target} {body}");
    }
}

#[test]
fn what_is_no_http_is_refused_and_answers_before_it_are_kept() {
    let running = Running::with_tracks(1);
    let headers = |count: usize| "A: b\r\n".repeat(count);
    for (request, status) in [
        ("nonsense\r\n\r\n".to_owned(), 400),
        ("GET /avalon/songs HTTP/9.9\r\n\r\n".to_owned(), 400),
        ("GET /avalon/songs?a b HTTP/1.1\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\n{}\r\n", headers(101)), 431),
    ] {
        let mut client = running.connect();
        client.send(&format!("{HEARTBEAT}{request}"));
        assert_eq!(client.response().2, "OKOKOK", "{request:.60}");
        assert_eq!(client.head().0, status, "{request:.60}");
    }
    let at_most = format!("GET /avalon/version HTTP/1.1\r\n{}\r\n", headers(100));
    assert_eq!(running.ask(&at_most).0, 200);
}

#[test]
fn requests_are_answered_while_the_library_is_loading() {
    let running = Running::loading();
    assert_eq!(running.ask(HEARTBEAT), (503, "NONONO".to_owned()));
    let (status, body) = running.ask(&HEARTBEAT.replace("heartbeat", "songs"));
    assert!(
        status == 503 && body.contains("avalon.service.error.unavailable"),
        "{body}"
    );
}

#[test]
fn requests_in_flight_finish_when_the_server_stops() {
    let mut running = Running::with_tracks(30_000);
    let mut idle = running.connect();
    idle.send(HEARTBEAT);
    assert_eq!(idle.response().2, "OKOKOK");
    let mut busy = running.connect();
    // More than the buffers of both sockets hold, so the answer is in flight until it is read.
    busy.send(&HEARTBEAT.replace("heartbeat", "songs?order=name"));
    let (_, headers) = busy.head();
    running.stop();
    assert!(idle.is_closed());
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .unwrap();
    let mut body = vec![0; length.1.parse().unwrap()];
    busy.stream.read_exact(&mut body).unwrap();
    assert!(
        body.len() > 9_000_000 && body.ends_with(b"],\"warnings\":[]}\n"),
        "{}",
        body.len()
    );
    assert!(busy.is_closed());
    running.join();
    assert!(std::net::TcpStream::connect(running.address).is_err());
}

/// Ends an old library, and waits until it can be freed, since nothing is sent from it. Until then nothing is to
/// be read: who reads may have all of an answer before the connection ends.
fn end(running: &Running, old: Arc<Edition>) {
    running.service.end(old.app().library());
    let rendered = Arc::into_inner(old).unwrap().into_rendered();
    let start = Instant::now();
    while !rendered.is_unique() {
        assert!(start.elapsed() < PATIENCE);
        thread::yield_now();
    }
}

#[test]
fn connections_that_dawdle_over_something_from_an_ended_library_end_and_no_others_do() {
    let running = Running::with_tracks_for(30_000, u64::MAX);
    let whole = HEARTBEAT.replace("heartbeat", "songs?order=name");
    let publish = || running.service.publish(tracks(30_000)).unwrap();
    // Idle, and idle after an answer from the first library.
    let mut idle = running.connect();
    idle.send(HEARTBEAT);
    assert_eq!(idle.response().2, "OKOKOK");
    let mut done = running.connect();
    done.send(&whole);
    assert!(done.response().2.ends_with("],\"warnings\":[]}\n"));
    done.send(HEARTBEAT);
    assert_eq!(done.response().2, "OKOKOK");
    // Each from another library, and more than the buffers of both sockets hold.
    let mut busy: Vec<_> = std::iter::repeat_with(|| {
        let mut client = running.connect();
        client.send(&whole);
        let length = client.begin();
        (client, length, publish())
    })
    .take(3)
    .collect();
    let (mut third, third_length, _) = busy.pop().unwrap();
    for (mut client, length, old) in busy {
        end(&running, old);
        assert!(client.rest() < length, "it was cut off");
    }
    for client in [&mut idle, &mut done] {
        client.send(HEARTBEAT);
        assert_eq!(client.response().2, "OKOKOK");
    }
    let mut body = vec![0; third_length];
    third.stream.read_exact(&mut body).unwrap();
    assert!(body.ends_with(b"],\"warnings\":[]}\n"));
}

#[test]
fn a_body_that_is_not_sent_hides_no_client_that_dawdles() {
    let running = Running::with_tracks_for(30_000, u64::MAX);
    let mut client = running.connect();
    let asks = HEARTBEAT.replace("heartbeat", "songs?order=name");
    client.send(&asks.replace("\r\n\r\n", "\r\nContent-Length: 100000\r\n\r\n"));
    let length = client.begin();
    // Of a body that nobody wants hyper takes note while it answers.
    client.send("x");
    let old = running.service.publish(tracks(1)).unwrap();
    end(&running, old);
    assert!(client.rest() < length, "it was cut off");
}

#[test]
fn clients_that_take_what_they_are_sent_are_not_cut_off() {
    let running = Running::with_tracks_for(30_000, 1);
    let mut client = running.connect();
    client.send(&HEARTBEAT.replace("heartbeat", "songs?order=name"));
    let length = client.begin();
    let old = running.service.publish(tracks(1)).unwrap();
    running.service.end(old.app().library());
    let mut body = vec![0; length];
    client.stream.read_exact(&mut body).unwrap();
    assert!(body.ends_with(b"],\"warnings\":[]}\n"));
    client.send(HEARTBEAT);
    assert_eq!(client.response().2, "OKOKOK");
}
