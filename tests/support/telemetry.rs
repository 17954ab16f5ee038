//! Listeners for what the programs report: statsd packets and Sentry events, both on loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::PATIENCE;

/// A statsd daemon that only remembers.
#[derive(Debug)]
pub(crate) struct StatsdListener {
    socket: UdpSocket,
}

impl StatsdListener {
    /// Listens on a free port.
    pub(crate) fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        Self { socket }
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.socket.local_addr().unwrap().port()
    }

    /// Metrics received (one per line of a packet) until `enough` says so of all of them.
    pub(crate) fn receive_until(&self, enough: impl Fn(&[String]) -> bool) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut metrics = Vec::new();
        let mut packet = [0; 65536];
        while !enough(&metrics) {
            let left = deadline.saturating_duration_since(Instant::now());
            self.socket
                .set_read_timeout(Some(left.max(Duration::from_millis(1))))
                .unwrap();
            let count = self
                .socket
                .recv(&mut packet)
                .unwrap_or_else(|error| panic!("{error}; received until then: {metrics:?}"));
            let text = String::from_utf8_lossy(&packet[..count]);
            metrics.extend(text.lines().map(str::to_owned));
        }
        metrics
    }
}

/// A Sentry server that only remembers.
#[derive(Debug)]
pub(crate) struct SentryEndpoint {
    port: u16,
    events: Receiver<Value>,
}

impl SentryEndpoint {
    /// Listens on a free port.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, events) = channel();
        // Ends with the process; whoever connects to it has ended before.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sender = sender.clone();
                thread::spawn(move || receive_envelopes(stream, &sender));
            }
        });
        Self { port, events }
    }

    /// The DSN that names it.
    pub(crate) fn dsn(&self) -> String {
        format!("http://public@127.0.0.1:{}/1", self.port)
    }

    /// Waits for the next event.
    pub(crate) fn event(&self) -> Value {
        self.events.recv_timeout(PATIENCE).expect("no event came")
    }
}

/// Answers every request on a connection, and passes on the events of their envelopes.
fn receive_envelopes(stream: TcpStream, events: &Sender<Value>) {
    let mut stream = BufReader::new(stream);
    while let Some(body) = request_body(&mut stream) {
        // An envelope: a line of header, then for each item a line of header and one of content.
        let values: Vec<Value> = body
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        for item in values.windows(2).filter(|pair| pair[0]["type"] == "event") {
            // Nobody listens any more once the test has what it wanted.
            let _ = events.send(item[1].clone());
        }
        let answer =
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        if stream.get_mut().write_all(answer).is_err() {
            break;
        }
    }
}

/// The body of the next request, with a length or in chunks; `None` when there is none.
fn request_body(stream: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut length = Some(0);
    loop {
        let mut line = String::new();
        stream
            .read_line(&mut line)
            .ok()
            .filter(|count| *count > 0)?;
        let line = line.trim_end().to_ascii_lowercase();
        match line.split_once(':') {
            None if line.is_empty() => break,
            Some(("content-length", value)) => length = value.trim().parse().ok(),
            Some(("transfer-encoding", _)) => length = None,
            Some(_) | None => {}
        }
    }
    let mut body = Vec::new();
    match length {
        Some(length) => {
            stream.take(length).read_to_end(&mut body).ok()?;
        }
        None => loop {
            let mut size = String::new();
            stream.read_line(&mut size).ok()?;
            let size = u64::from_str_radix(size.trim(), 16).ok()?;
            // Each chunk ends with an empty line, the last one too.
            let mut chunk = Vec::new();
            stream.take(size + 2).read_to_end(&mut chunk).ok()?;
            if size == 0 {
                break;
            }
            body.extend_from_slice(&chunk[..chunk.len().saturating_sub(2)]);
        },
    }
    Some(body)
}
