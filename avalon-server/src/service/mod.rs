//! The service: from a request to a response, without sockets.
//!
//! In: method and target of a request. Out: the response of the contract (HTTP; D1 to D7, D11). The
//! library is read through one pointer, taken once per request, so that every answer is of one
//! library and says of which generation; until there is one, everything is answered that the service
//! is not available yet, and so are single songs until their details are there too.
//!
//! What stays true: a panic while answering is a 500 in the envelope, never a dropped connection.

mod tags;

mod conditions;

mod kept;

mod replies;

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use avalon_core::telemetry::metrics::Metric;
use hyper::header::HeaderValue;
use hyper::{Method, Request, Response};
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use crate::app::{Answer, App, Rendered};
use crate::catalog::Collection;
use crate::query::{Query, parse_uuid};
use crate::response::{ApiError, Body};
use kept::Asked;
use replies::{AVALON_GENERATION, refusal};
use tags::Tags;

/// Longer targets, as the client sent them, are not looked at (D7).
pub const MAX_TARGET_BYTES: usize = 16 * 1024;

/// The longest that such a target becomes when all of its bytes are percent-encoded on their way to
/// the service. What is longer was too long when it was sent.
pub const MAX_ENCODED_BYTES: usize = 3 * MAX_TARGET_BYTES;

/// Told how long each request for a list or a song took.
pub type Timer = Box<dyn Fn(Metric, Duration) + Send + Sync>;

/// Answers requests, on any number of threads.
pub struct Service {
    /// What paths of endpoints begin with, without the first slash: `avalon/`, or nothing.
    base: String,
    edition: ArcSwapOption<Edition>,
    timer: Timer,
    panic_on: Option<String>,
}

/// A library as it is served: with what is the same in each of its answers.
#[derive(Debug)]
pub struct Edition {
    app: App,
    generation: HeaderValue,
    tags: Tags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Heartbeat,
    Version,
    List(Collection, Metric),
    Song(Uuid),
}

impl Service {
    /// A service without a library yet. `request_path` is the setting: `/` or `/some/path`.
    pub fn new(request_path: &str, timer: Timer) -> Self {
        let path = request_path.trim_start_matches('/');
        let slash = if path.is_empty() { "" } else { "/" };
        let base = format!("{path}{slash}");
        Self {
            base,
            edition: ArcSwapOption::empty(),
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

    /// Serves this library from now on, and gives back the one before it. Requests may still be at
    /// that one, and bodies be sent from it; whoever lets go of it last frees it all.
    pub fn publish(&self, app: App) -> Option<Arc<Edition>> {
        self.edition.swap(Some(Arc::new(Edition::of(app))))
    }

    /// The library that is served.
    pub fn edition(&self) -> Option<Arc<Edition>> {
        self.edition.load_full()
    }

    /// Answers one request. The body of the request means nothing.
    pub fn handle<B>(&self, request: &Request<B>) -> Response<Body> {
        let edition = self.edition.load();
        let edition = edition.as_deref();
        let answered = catch_unwind(AssertUnwindSafe(|| match edition {
            Some(edition) => self.answer(request, edition),
            None => self.unavailable(request),
        }));
        let mut response = answered.unwrap_or_else(|_| {
            // What it panicked with was logged and reported by the panic hook.
            log::error!("A request failed: {} {}", request.method(), request.uri());
            refusal(&ApiError::Unknown)
        });
        if let Some(edition) = edition {
            let generation = edition.generation.clone();
            response.headers_mut().insert(AVALON_GENERATION, generation);
        }
        if request.method() == Method::HEAD {
            replies::without_body(&mut response);
        }
        response
    }

    /// The answer as long as there is no library.
    fn unavailable<B>(&self, request: &Request<B>) -> Response<Body> {
        match self.endpoint(request.uri().path()) {
            Some(Endpoint::Heartbeat) if reads(request.method()) => replies::not_well(),
            _ => refusal(&ApiError::Unavailable),
        }
    }

    /// The routes.
    fn answer<B>(&self, request: &Request<B>, edition: &Edition) -> Response<Body> {
        let (method, uri) = (request.method(), request.uri());
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
        match (method, self.endpoint(uri.path())) {
            (&Method::OPTIONS, Some(_)) => replies::options(),
            (&Method::OPTIONS, None) if uri.path() == "*" => replies::options(),
            (_, None) => not_found(uri),
            (method, Some(endpoint)) if reads(method) => match endpoint {
                Endpoint::Heartbeat => replies::text("OKOKOK"),
                Endpoint::Version => replies::text(env!("CARGO_PKG_VERSION")),
                Endpoint::List(collection, metric) => {
                    let start = Instant::now();
                    let response = edition.list(collection, request);
                    (self.timer)(metric, start.elapsed());
                    response
                }
                Endpoint::Song(id) => {
                    let start = Instant::now();
                    let response = edition.song(id, request);
                    (self.timer)(Metric::Song, start.elapsed());
                    response
                }
            },
            (method, Some(_)) => refusal(&ApiError::MethodNotAllowed {
                method: method.to_string(),
            }),
        }
    }

    /// The endpoint at a path: percent-decoded, and however many slashes it begins with.
    fn endpoint(&self, path: &str) -> Option<Endpoint> {
        let decoded = match path.contains('%') {
            true => percent_decode_str(path).decode_utf8_lossy(),
            false => Cow::Borrowed(path),
        };
        let name = decoded.trim_start_matches('/').strip_prefix(&self.base)?;
        match name {
            "heartbeat" => Some(Endpoint::Heartbeat),
            "version" => Some(Endpoint::Version),
            "albums" => Some(Endpoint::List(Collection::Albums, Metric::Albums)),
            "artists" => Some(Endpoint::List(Collection::Artists, Metric::Artists)),
            "genres" => Some(Endpoint::List(Collection::Genres, Metric::Genres)),
            "songs" => Some(Endpoint::List(Collection::Songs, Metric::Songs)),
            other => parse_uuid(other.strip_prefix("songs/")?).map(Endpoint::Song),
        }
    }
}

impl Edition {
    fn of(app: App) -> Self {
        Self {
            generation: app.generation().into(),
            tags: Tags::of(app.digest()),
            app,
        }
    }

    /// The library itself.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Frees all but what bodies may still be sent from.
    pub fn into_rendered(self) -> Rendered {
        self.app.into_rendered()
    }

    /// Answers a request for a list. Parameters are judged first, whatever the client has.
    fn list<B>(&self, collection: Collection, request: &Request<B>) -> Response<Body> {
        let query_string = request.uri().query().unwrap_or_default();
        let tag = self.tags.list(collection, query_string);
        let asked = Asked {
            collection,
            query_string,
            tag,
        };
        if let Some(kept) = kept::find(asked) {
            // It was answered before, so its parameters are good.
            return match conditions::has_it(request.headers(), &tag) {
                true => replies::not_modified(&tag),
                false => replies::list(Body::whole(kept.body), kept.total, kept.tag),
            };
        }
        let query = match Query::parse(collection, query_string) {
            Ok(query) => query,
            Err(error) => return refusal(&error.into()),
        };
        if conditions::has_it(request.headers(), &tag) {
            return replies::not_modified(&tag);
        }
        let Answer { body, total } = self.app.answer(&query);
        let (total, tag) = (replies::number(total), tag.header());
        if let Some(body) = body.as_whole() {
            kept::keep(asked, body, &total, &tag);
        }
        replies::list(body, total, tag)
    }

    /// Answers a request for one track.
    fn song<B>(&self, id: Uuid, request: &Request<B>) -> Response<Body> {
        let Some(number) = self.app.track(id) else {
            return not_found(request.uri());
        };
        let Some(details) = self.app.details() else {
            return refusal(&ApiError::Unavailable);
        };
        let tag = self.tags.song(id, details.digest());
        if conditions::has_it(request.headers(), &tag) {
            return replies::not_modified(&tag);
        }
        replies::song(self.app.song(number, details), &tag)
    }
}

/// Whether a method reads what is there.
fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Nothing is there; the target is told as it was sent, up to `?`.
fn not_found(uri: &hyper::Uri) -> Response<Body> {
    let path = match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => format!("{scheme}://{authority}{}", uri.path()),
        (None, Some(authority)) => authority.to_string(),
        _ => uri.path().to_owned(),
    };
    refusal(&ApiError::NotFound { path })
}

#[cfg(test)]
mod tests;
