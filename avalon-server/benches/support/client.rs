//! A client of HTTP/1.1 on one connection, as much of it as the benchmarks need.
//!
//! In: targets. Out: status, headers and body of each answer, whose length must be said.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A connection that is kept.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names as they were sent, and values.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

impl Client {
    pub(crate) fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            buffer: vec![0; 1 << 18],
        })
    }

    /// Asks, and reads the whole answer.
    pub(crate) fn get(&mut self, target: &str) -> Result<Answer> {
        let mut body = Vec::new();
        let (status, headers) = self.ask(target, |piece| body.extend_from_slice(piece))?;
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// Asks, throws the body of a success away and returns its length.
    pub(crate) fn length(&mut self, target: &str) -> Result<usize> {
        let mut length = 0;
        let (status, _) = self.ask(target, |piece| length += piece.len())?;
        ensure!(status == 200, "{target} answers {status}");
        Ok(length)
    }

    fn ask(
        &mut self,
        target: &str,
        mut on_piece: impl FnMut(&[u8]),
    ) -> Result<(u16, Vec<(String, String)>)> {
        let request = format!("GET {target} HTTP/1.1\r\nHost: bench\r\n\r\n");
        self.stream.write_all(request.as_bytes())?;
        let mut filled = 0;
        let head_end = loop {
            ensure!(filled < self.buffer.len(), "a head that does not end");
            let read = self.stream.read(&mut self.buffer[filled..])?;
            ensure!(read > 0, "{target}: the connection ended before the answer");
            filled += read;
            let mut windows = self.buffer[..filled].windows(4);
            if let Some(end) = windows.position(|four| four == b"\r\n\r\n") {
                break end;
            }
        };
        let (status, headers) = head(str::from_utf8(&self.buffer[..head_end])?)?;
        let length = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let mut left: usize = match length {
            Some((_, length)) => length.parse()?,
            None => 0,
        };
        let first = head_end + 4..filled;
        ensure!(first.len() <= left, "{target}: more than one answer");
        left -= first.len();
        on_piece(&self.buffer[first]);
        while left > 0 {
            let most = self.buffer.len().min(left);
            let read = self.stream.read(&mut self.buffer[..most])?;
            ensure!(read > 0, "{target}: the connection ended in the answer");
            on_piece(&self.buffer[..read]);
            left -= read;
        }
        Ok((status, headers))
    }
}

fn head(text: &str) -> Result<(u16, Vec<(String, String)>)> {
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status.context("a status line")?.parse()?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    Ok((status, headers))
}
