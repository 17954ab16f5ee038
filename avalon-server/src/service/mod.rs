//! The service: from a request to a response, without sockets.
//!
//! In: method and target of a request. Out: the response of the contract (HTTP; D1 to D7, D11). The
//! library is read through one pointer, taken once per request, so that every answer is of one
//! library; until there is one, everything is answered that the service is not available yet.
//!
//! What stays true: a panic while answering is a 500 in the envelope, never a dropped connection.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use avalon_core::telemetry::metrics::Metric;
use bytes::Bytes;
use hyper::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;

use crate::app::App;
use crate::catalog::Collection;
use crate::query::Query;
use crate::response::{ApiError, Body, error};

/// Longer targets, as the client sent them, are not looked at (D7).
pub const MAX_TARGET_BYTES: usize = 16 * 1024;

/// The longest that such a target becomes when all of its bytes are percent-encoded on their way to
/// the service. What is longer was too long when it was sent.
pub const MAX_ENCODED_BYTES: usize = 3 * MAX_TARGET_BYTES;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
/// Seconds after which to ask again while the library is loading: a million tracks take about two.
const SOON: HeaderValue = HeaderValue::from_static("1");

/// Told how long each request for a list took.
pub type Timer = Box<dyn Fn(Metric, Duration) + Send + Sync>;

/// Answers requests, on any number of threads.
pub struct Service {
    /// What paths of endpoints begin with, without the first slash: `avalon/`, or nothing.
    base: String,
    app: ArcSwapOption<App>,
    timer: Timer,
    panic_on: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Heartbeat,
    Version,
    List(Collection, Metric),
}

impl Service {
    /// A service without a library yet. `request_path` is the setting: `/` or `/some/path`.
    pub fn new(request_path: &str, timer: Timer) -> Self {
        let path = request_path.trim_start_matches('/');
        let slash = if path.is_empty() { "" } else { "/" };
        let base = format!("{path}{slash}");
        Self {
            base,
            app: ArcSwapOption::empty(),
            timer,
            panic_on: None,
        }
    }

    /// Panics at each request for this path, to see that panics are reported.
    #[must_use]
    pub fn panicking_on(mut self, path: Option<String>) -> Self {
        self.panic_on = path;
        self
    }

    /// Serves this library from now on.
    pub fn publish(&self, app: App) {
        self.app.store(Some(Arc::new(app)));
    }

    /// Answers one request. The body of the request means nothing.
    pub fn handle<B>(&self, request: &Request<B>) -> Response<Body> {
        let answered = catch_unwind(AssertUnwindSafe(|| self.answer(request)));
        let mut response = answered.unwrap_or_else(|_| {
            // What it panicked with was logged and reported by the panic hook.
            log::error!("A request failed: {} {}", request.method(), request.uri());
            refusal(&ApiError::Unknown)
        });
        if request.method() == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
        response
    }

    /// The routes.
    fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        let (method, uri) = (request.method(), request.uri());
        let endpoint = self.endpoint(uri.path());
        let app = self.app.load();
        let reads = matches!(*method, Method::GET | Method::HEAD);
        let Some(app) = app.as_deref() else {
            return match endpoint {
                Some(Endpoint::Heartbeat) if reads => unavailable(text("NONONO")),
                _ => unavailable(refusal(&ApiError::Unavailable)),
            };
        };
        if self.panic_on.as_deref() == Some(uri.path()) {
            panic!("asked for by --panic-on");
        }
        if uri
            .path_and_query()
            .map_or(0, |target| target.as_str().len())
            > MAX_ENCODED_BYTES
        {
            return refusal(&ApiError::UriTooLong);
        }
        match (method, endpoint) {
            (&Method::OPTIONS, Some(_)) => options(),
            (&Method::OPTIONS, None) if uri.path() == "*" => options(),
            (_, None) => refusal(&ApiError::NotFound {
                path: target_path(uri),
            }),
            (_, Some(Endpoint::Heartbeat)) if reads => text("OKOKOK"),
            (_, Some(Endpoint::Version)) if reads => text(env!("CARGO_PKG_VERSION")),
            (_, Some(Endpoint::List(collection, metric))) if reads => {
                let start = Instant::now();
                let response = match Query::parse(collection, uri.query().unwrap_or_default()) {
                    Ok(query) => response(StatusCode::OK, JSON, app.answer(&query).body),
                    Err(error) => refusal(&error.into()),
                };
                (self.timer)(metric, start.elapsed());
                response
            }
            (method, Some(_)) => refusal(&ApiError::MethodNotAllowed {
                method: method.to_string(),
            }),
        }
    }

    /// The endpoint at a path: percent-decoded, and however many slashes it begins with.
    fn endpoint(&self, path: &str) -> Option<Endpoint> {
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        let name = decoded.trim_start_matches('/').strip_prefix(&self.base)?;
        match name {
            "heartbeat" => Some(Endpoint::Heartbeat),
            "version" => Some(Endpoint::Version),
            "albums" => Some(Endpoint::List(Collection::Albums, Metric::Albums)),
            "artists" => Some(Endpoint::List(Collection::Artists, Metric::Artists)),
            "genres" => Some(Endpoint::List(Collection::Genres, Metric::Genres)),
            "songs" => Some(Endpoint::List(Collection::Songs, Metric::Songs)),
            _ => None,
        }
    }
}

/// The target as it was sent, up to `?`.
fn target_path(uri: &hyper::Uri) -> String {
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => format!("{scheme}://{authority}{}", uri.path()),
        (None, Some(authority)) => authority.to_string(),
        _ => uri.path().to_owned(),
    }
}

fn response(status: StatusCode, content_type: HeaderValue, body: Body) -> Response<Body> {
    let length = HeaderValue::from(body.len());
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    // Said here, because hyper would not say it in the answer to a HEAD.
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}

fn text(text: &'static str) -> Response<Body> {
    let body = Body::whole(Bytes::from_static(text.as_bytes()));
    response(StatusCode::OK, TEXT, body)
}

fn options() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ALLOW, ALLOWED);
    // Said of nothing, as D6 has it; a length must not be said with 204 (RFC 9110, 8.6).
    headers.insert(CONTENT_TYPE, TEXT);
    response
}

fn refusal(reason: &ApiError) -> Response<Body> {
    let (_, _, status) = reason.row();
    let mut response = response(status, JSON, error(reason));
    if matches!(reason, ApiError::MethodNotAllowed { .. }) {
        response.headers_mut().insert(ALLOW, ALLOWED);
    }
    response
}

fn unavailable(mut response: Response<Body>) -> Response<Body> {
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(RETRY_AFTER, SOON);
    response
}

#[cfg(test)]
mod tests;
