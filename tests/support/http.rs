//! An HTTP/1.1 client that sends what it is told to: any method, any target, byte for byte.
//!
//! In: a method and a raw request target. Out: status, headers and body. Every ready-made client
//! normalises targets (`//avalon/./songs`, a stray `%`), which is what these tests are about.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::PATIENCE;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    /// The status code.
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// A connection that is kept open from request to request.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Connection {
    /// Connects.
    pub(crate) fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            host: address.to_string(),
        })
    }

    /// Sends a request and reads its answer.
    pub(crate) fn request(&mut self, method: &str, target: &str) -> std::io::Result<Response> {
        self.send(format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host).as_bytes())?;
        self.receive(method)
    }

    /// Sends a GET with these header lines, and reads its answer.
    pub(crate) fn get_with(&mut self, target: &str, lines: &[&str]) -> std::io::Result<Response> {
        let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        let host = &self.host;
        self.send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n").as_bytes())?;
        self.receive("GET")
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Reads the answer to a request of that method.
    pub(crate) fn receive(&mut self, method: &str) -> std::io::Result<Response> {
        Response::read(&mut self.stream, method)
    }

    /// Whether the other side has closed it: waits for the next byte, or the end.
    pub(crate) fn is_closed(&mut self) -> std::io::Result<bool> {
        Ok(self.stream.fill_buf()?.is_empty())
    }
}

impl Response {
    /// Reads one answer; the method matters, since an answer to HEAD has no body (RFC 9112, 6.3).
    fn read(input: &mut impl BufRead, method: &str) -> std::io::Result<Self> {
        let status_line = line(input)?;
        let status = status_line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .ok_or_else(|| broken(format!("no status line: {status_line:?}")))?;
        let mut response = Self {
            status,
            headers: headers(input)?,
            body: Vec::new(),
        };
        if method == "HEAD" || matches!(status, 100..=199 | 204 | 304) {
            return Ok(response);
        }
        // Every answer of ours has an exact length, however long it is.
        let length = response
            .header("content-length")
            .and_then(|length| length.parse().ok());
        let length =
            length.ok_or_else(|| broken(format!("no length in {:?}", response.headers)))?;
        response.body = vec![0; length];
        input.read_exact(&mut response.body)?;
        Ok(response)
    }

    /// The value of a header, by its lower-case name; the values of repeated ones count as broken.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(
            values.next().is_none(),
            "several {name} in {:?}",
            self.headers
        );
        value
    }

    /// The body as text.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body is UTF-8")
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!(
                "{error} in a body of status {}: {}",
                self.status,
                self.text()
            )
        })
    }

    /// The results of an answer that must be 200.
    #[track_caller]
    pub(crate) fn results(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.text());
        match self.json() {
            Value::Object(mut envelope) => match envelope.remove("success") {
                Some(Value::Array(results)) => results,
                other => panic!("success is {other:?}"),
            },
            other => panic!("no envelope: {other}"),
        }
    }

    /// The names of the results of an answer that must be 200, in their order.
    #[track_caller]
    pub(crate) fn names(&self) -> Vec<String> {
        let name = |result: &Value| {
            result["name"]
                .as_str()
                .expect("a result has a name")
                .to_owned()
        };
        self.results().iter().map(name).collect()
    }
}

/// A line without its end.
fn line(input: &mut impl BufRead) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    input.read_until(b'\n', &mut bytes)?;
    match bytes.strip_suffix(b"\r\n") {
        Some(line) => {
            String::from_utf8(line.to_vec()).map_err(|_| broken("a line is no UTF-8".to_owned()))
        }
        None => Err(broken(format!(
            "closed in the middle of an answer, after {bytes:?}"
        ))),
    }
}

fn headers(input: &mut impl BufRead) -> std::io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let line = line(input)?;
        if line.is_empty() {
            return Ok(headers);
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| broken(format!("header {line:?}")))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

fn broken(what: String) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, what)
}
