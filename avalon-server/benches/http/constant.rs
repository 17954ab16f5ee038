//! The baseline: a hyper server, set up as ours, that answers every request with the same bytes.

use std::convert::Infallible;
use std::io::Write;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

/// The first argument that makes this benchmark's program the constant-body server.
pub(crate) const ROLE: &str = "constant-body";

/// Serves `size` bytes as `content type` on a free port of the loopback address until killed;
/// says where on standard output. Arguments: size, content type.
pub(crate) fn serve(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let size = arguments.next().context("a size")?.parse()?;
    let content_type: &'static str = match arguments.next().context("a content type")?.as_str() {
        "text" => "text/plain; charset=utf-8",
        _ => "application/json",
    };
    let body = Bytes::from(vec![b'x'; size]);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(
            std::io::stdout(),
            "listening on http://{}",
            listener.local_addr()?
        )?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let body = body.clone();
            tokio::spawn(async move {
                let answer = service_fn(move |_: Request<hyper::body::Incoming>| {
                    let mut response = Response::new(Full::new(body.clone()));
                    let value = hyper::header::HeaderValue::from_static(content_type);
                    response.headers_mut().insert(CONTENT_TYPE, value);
                    async move { Ok::<_, Infallible>(response) }
                });
                // A client that goes away is the end of its connection and nothing else.
                let _ = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .pipeline_flush(true)
                    .serve_connection(TokioIo::new(stream), answer)
                    .await;
            });
        }
    })
}
