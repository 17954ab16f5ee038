//! The baseline: a hyper server, set up as ours, that answers every request with the same bytes and
//! the same headers.

use std::convert::Infallible;
use std::env;
use std::io::Write;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};

use super::client::Answer;
use super::process::Process;

/// The first argument that makes a benchmark's program this server.
const ROLE: &str = "constant-body";

/// What hyper writes by itself, in our server and in this one.
const OF_HYPER: [&str; 2] = ["date", "content-length"];

/// Becomes the constant-body server where the program was started as that.
pub(crate) fn serve_if_asked() -> Result<bool> {
    let mut arguments = env::args().skip(1);
    if arguments.next().as_deref() != Some(ROLE) {
        return Ok(false);
    }
    let size = arguments.next().context("a size")?.parse()?;
    let mut headers = HeaderMap::new();
    while let (Some(name), Some(value)) = (arguments.next(), arguments.next()) {
        let name = HeaderName::from_bytes(name.as_bytes())?;
        headers.append(name, HeaderValue::from_str(&value)?);
    }
    serve(size, headers)?;
    Ok(true)
}

/// Starts it as a child, with a body of that size and the headers of that answer.
pub(crate) fn start(size: usize, like: &Answer) -> Result<Process> {
    let mut command = Command::new(env::current_exe()?);
    command.args([ROLE, &size.to_string()]);
    for (name, value) in &like.headers {
        if !OF_HYPER.contains(&name.to_ascii_lowercase().as_str()) {
            command.args([name, value]);
        }
    }
    Process::start(&mut command)
}

/// Serves on a free port of the loopback address until killed; says where on standard output.
fn serve(size: usize, headers: HeaderMap) -> Result<()> {
    let body = Bytes::from(vec![b'x'; size]);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        writeln!(std::io::stdout(), "listening on http://{address}")?;
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(connection(stream, body.clone(), headers.clone()));
        }
    })
}

/// The options of sockets and of hyper are those of `avalon_server::server`.
async fn connection(stream: TcpStream, body: Bytes, headers: HeaderMap) {
    let prepared = stream
        .set_nodelay(true)
        .and_then(|()| SockRef::from(&stream).set_tcp_user_timeout(Some(Duration::from_secs(60))));
    if prepared.is_err() {
        return;
    }
    let answer = service_fn(move |_: Request<hyper::body::Incoming>| {
        let mut response = Response::new(Full::new(body.clone()));
        response.headers_mut().clone_from(&headers);
        async move { Ok::<_, Infallible>(response) }
    });
    // A client that goes away is the end of its connection and nothing else.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(75))
        .max_buf_size(128 * 1024)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}
