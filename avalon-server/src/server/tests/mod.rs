//! The server over real sockets: connections, their bounds, and their end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use avalon_core::telemetry::metrics::Metric;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::app::App;
use crate::catalog::Details;
use crate::catalog::samples::{Sample, track};

/// A test that waits for what never comes shall fail, not hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server on a port of its own, stopped when asked or dropped.
struct Running {
    /// Held until searches shall come to their end; gone before the runtime, which waits for them.
    gate: Option<mpsc::Sender<()>>,
    runtime: Runtime,
    address: SocketAddr,
    service: Arc<Service>,
    costly: Arc<Costly>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<()>>,
}

impl Running {
    /// Without a library.
    fn loading() -> Self {
        let service = Service::new("/avalon", Box::new(|_, _| ()));
        Self::of(service, Costly::new())
    }

    fn of(service: Service, costly: Costly) -> Self {
        let (service, costly) = (Arc::new(service), Arc::new(costly));
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        let answers = Answers {
            service: service.clone(),
            costly: costly.clone(),
        };
        let served = runtime.spawn(serve_with(listener, answers, stopped));
        Self {
            gate: None,
            runtime,
            address,
            service,
            costly,
            stop: Some(stop),
            served: Some(served),
        }
    }

    /// With a library of so many tracks.
    fn with_tracks(count: usize) -> Self {
        let running = Self::loading();
        let mut sample = Sample::default();
        (0..count).for_each(|number| sample.add(track(&format!("Track {number}"))));
        running
            .service
            .publish(App::build(sample.columns()).unwrap());
        running
    }

    /// With a library of one track that can be searched.
    fn searching(service: Service, costly: Costly) -> Self {
        let running = Self::of(service, costly);
        let mut sample = Sample::default();
        sample.add(track("Live"));
        let app = App::build(sample.columns()).unwrap();
        app.complete(Details::default());
        app.build_search(&[]).unwrap();
        running.service.publish(app);
        running
    }

    /// The same, with searches that do not come to their end before the gate is opened.
    fn held_up(costly: Costly) -> Self {
        let (gate, opened) = mpsc::channel();
        let opened = Mutex::new(opened);
        let timer = move |metric, _| {
            if metric == Metric::Search {
                // Open for one, or for all.
                let _ = opened.lock().unwrap().recv();
            }
        };
        let service = Service::new("/avalon", Box::new(timer));
        Self {
            gate: Some(gate),
            ..Self::searching(service, costly)
        }
    }

    fn open_for_one(&self) {
        self.gate.as_ref().unwrap().send(()).unwrap();
    }

    fn open(&mut self) {
        self.gate = None;
    }

    /// Clients that have asked for a search each.
    fn search(&self, count: usize) -> Vec<Client> {
        let mut clients: Vec<Client> = (0..count).map(|_| self.connect()).collect();
        clients.iter_mut().for_each(|client| client.send(SEARCH));
        clients
    }

    /// Waits until so many costly requests would still be taken, and so many of them at once.
    fn wait_for_free(&self, places: usize, threads: usize) {
        let start = Instant::now();
        while self.costly.free() != (places, threads) {
            assert!(start.elapsed() < PATIENCE, "{:?}", self.costly.free());
            thread::yield_now();
        }
    }

    fn connect(&self) -> Client {
        Client::new(TcpStream::connect(self.address).unwrap())
    }

    fn ask(&self, request: &str) -> (u16, String) {
        let mut client = self.connect();
        client.send(request);
        let (status, _, body) = client.response();
        (status, body)
    }

    fn stop(&mut self) {
        self.stop = None;
    }

    /// Waits until `serve` has returned.
    fn join(&mut self) {
        self.runtime.block_on(self.served.take().unwrap()).unwrap();
    }
}

struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            stream: BufReader::new(stream),
        }
    }

    fn send(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Status and headers in lower case.
    fn head(&mut self) -> (u16, Vec<(String, String)>) {
        let first = self.line();
        let status = first
            .split(' ')
            .nth(1)
            .unwrap_or_else(|| panic!("{first:?}"));
        let status = status.parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        (status, headers)
    }

    fn response(&mut self) -> (u16, Vec<(String, String)>, String) {
        let (status, headers) = self.head();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.map_or(0, |(_, length)| length.parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        (status, headers, String::from_utf8(body).unwrap())
    }

    fn is_closed(&mut self) -> bool {
        self.stream.fill_buf().is_ok_and(<[u8]>::is_empty)
    }
}

const SEARCH: &str = "GET /avalon/search?q=live HTTP/1.1\r\nHost: x\r\n\r\n";

const HEARTBEAT: &str = "GET /avalon/heartbeat HTTP/1.1\r\nHost: x\r\n\r\n";

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
    assert!(TcpStream::connect(running.address).is_err());
}

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
