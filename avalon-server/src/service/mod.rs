//! The service: from a request to a response, without sockets.
//!
//! In: method and target of a request. Out: the response of the contract (HTTP; D1 to D7, D11). The
//! library is read through one pointer, taken once per request, so that every answer is of one
//! library and says of which generation; until there is one, everything is answered that the service
//! is not available yet, and so are single songs until their details are there too, and searches until
//! what they are answered from is.
//!
//! What stays true: a panic while answering is a 500 in the envelope, never a dropped connection. Which
//! requests cost much, this stage says, before it does much of what costs; where they are answered, whoever serves decides.

mod tags;

mod conditions;

mod kept;

mod replies;

mod documents;

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use avalon_core::telemetry::metrics::Metric;
use hyper::header::HeaderValue;
use hyper::{Method, Request, Response};
use percent_encoding::percent_decode_str;
use tokio::sync::watch;
use uuid::Uuid;

use crate::api::{Endpoint, Place};
use crate::app::{Answer, App, Rendered};
use crate::catalog::Collection;
use crate::query::{Effort, Query, pair};
use crate::response::{ApiError, Body, search, suggestions};
use crate::search::{RequestError, SearchQuery, SuggestQuery};
use documents::Documents;
use kept::Asked;
use replies::{AVALON_GENERATION, refusal};
use tags::{EntityTag, Tags};

/// Longer targets, as the client sent them, are not looked at (D7).
pub const MAX_TARGET_BYTES: usize = 16 * 1024;

/// The longest that such a target becomes when all of its bytes are percent-encoded on their way to
/// the service. What is longer was too long when it was sent.
pub const MAX_ENCODED_BYTES: usize = 3 * MAX_TARGET_BYTES;

/// Told how long each request took that the library was asked for.
pub type Timer = Box<dyn Fn(Metric, Duration) + Send + Sync>;

/// Answers requests, on any number of threads.
pub struct Service {
    /// What paths of endpoints begin with, without the first slash: `avalon/`, or nothing.
    base: String,
    documents: Documents,
    edition: ArcSwapOption<Edition>,
    /// How many libraries there were.
    published: AtomicU64,
    /// The last library that is to be done with.
    ended: watch::Sender<u64>,
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

impl Service {
    /// A service without a library yet. `request_path` is the setting: `/` or `/some/path`.
    pub fn new(request_path: &str, timer: Timer) -> Self {
        let path = request_path.trim_start_matches('/');
        let slash = if path.is_empty() { "" } else { "/" };
        let base = format!("{path}{slash}");
        Self {
            base,
            documents: Documents::new(request_path),
            edition: ArcSwapOption::empty(),
            published: AtomicU64::new(0),
            ended: watch::Sender::new(0),
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

    /// Serves this library from now on, under the next number, and gives back the one before it. Requests may
    /// still be at that one, and bodies be sent from it; whoever lets go of it last frees it all.
    pub fn publish(&self, mut app: App) -> Option<Arc<Edition>> {
        app.set_library(self.published.fetch_add(1, Ordering::Relaxed) + 1);
        self.edition.swap(Some(Arc::new(Edition::of(app))))
    }

    /// The library that is served.
    pub fn edition(&self) -> Option<Arc<Edition>> {
        self.edition.load_full()
    }

    /// Wants the library of this number, and those before it, to be done with: clients that dawdle over what they are
    /// sent from them are cut off.
    pub fn end(&self, library: u64) {
        self.ended.send_replace(library);
    }

    /// Where whoever serves is told of that.
    pub fn ended(&self) -> watch::Receiver<u64> {
        self.ended.subscribe()
    }

    /// Answers one request, whatever that takes. The body of the request means nothing.
    pub fn handle<B>(&self, request: &Request<B>) -> Response<Body> {
        let answer = self.handle_within(request, Effort::Any);
        answer.expect("with any effort everything is answered")
    }

    /// Answers one request, unless that costs so much that others should not have to wait for it: a search
    /// that can be answered, or a list for which much is looked at before its first byte.
    pub fn handle_at_once<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        self.handle_within(request, Effort::Little)
    }

    fn handle_within<B>(&self, request: &Request<B>, effort: Effort) -> Option<Response<Body>> {
        let edition = self.edition.load();
        let edition = edition.as_deref();
        let answered = catch_unwind(AssertUnwindSafe(|| match edition {
            Some(edition) => self.answer(request, edition, effort),
            None => Some(self.unavailable(request)),
        }));
        let response = answered.unwrap_or_else(|_| {
            // What it panicked with was logged and reported by the panic hook.
            log::error!("A request failed: {} {}", request.method(), request.uri());
            Some(refusal(&ApiError::Unknown))
        });
        Some(finished(response?, request, edition))
    }

    /// The answer to a costly request that would wait for too many others.
    pub fn busy<B>(&self, request: &Request<B>) -> Response<Body> {
        let edition = self.edition.load();
        finished(refusal(&ApiError::Busy), request, edition.as_deref())
    }

    /// The answer as long as there is no library.
    fn unavailable<B>(&self, request: &Request<B>) -> Response<Body> {
        let place = self.place(request.uri().path());
        match place.map(|place| place.endpoint) {
            Some(Endpoint::Heartbeat) if reads(request.method()) => replies::not_well(),
            _ => refusal(&ApiError::Unavailable),
        }
    }

    /// The routes; nothing where it would cost more than may be done.
    fn answer<B>(
        &self,
        request: &Request<B>,
        edition: &Edition,
        effort: Effort,
    ) -> Option<Response<Body>> {
        let (method, uri) = (request.method(), request.uri());
        if self.panic_on.as_deref() == Some(uri.path()) {
            panic!("asked for by --panic-on");
        }
        if uri
            .path_and_query()
            .map_or(0, |target| target.as_str().len())
            > MAX_ENCODED_BYTES
        {
            return Some(refusal(&ApiError::UriTooLong));
        }
        Some(match (method, self.place(uri.path())) {
            (&Method::OPTIONS, Some(_)) => replies::options(),
            (&Method::OPTIONS, None) if uri.path() == "*" => replies::options(),
            (_, None) => not_found(uri),
            (method, Some(Place { endpoint, id })) if reads(method) => match endpoint {
                Endpoint::Heartbeat if !edition.is_well(uri) => replies::not_well(),
                Endpoint::Heartbeat => replies::text("OKOKOK"),
                Endpoint::Version => replies::text(env!("CARGO_PKG_VERSION")),
                Endpoint::List(collection) => {
                    let answer = || edition.list(collection, request, effort);
                    return self.timed(metric(collection), answer);
                }
                Endpoint::Song => {
                    return self.timed(Metric::Song, || Some(edition.song(id, request)));
                }
                Endpoint::Search => {
                    return self.timed(Metric::Search, || edition.search(request, effort));
                }
                Endpoint::Suggest => {
                    return self.timed(Metric::Suggest, || Some(edition.suggest(request)));
                }
                Endpoint::OpenApi => self.documents.openapi(request.headers()),
                Endpoint::Docs => self.documents.docs(request.headers()),
            },
            (method, Some(_)) => refusal(&ApiError::MethodNotAllowed {
                method: method.to_string(),
            }),
        })
    }

    /// Answers a request, and tells how long that took.
    fn timed(
        &self,
        metric: Metric,
        answer: impl FnOnce() -> Option<Response<Body>>,
    ) -> Option<Response<Body>> {
        let start = Instant::now();
        let response = answer()?;
        (self.timer)(metric, start.elapsed());
        Some(response)
    }

    /// What is at a path: percent-decoded, and however many slashes it begins with.
    fn place(&self, path: &str) -> Option<Place> {
        let decoded = match path.contains('%') {
            true => percent_decode_str(path).decode_utf8_lossy(),
            false => Cow::Borrowed(path),
        };
        Endpoint::at(decoded.trim_start_matches('/').strip_prefix(&self.base)?)
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
    fn list<B>(
        &self,
        collection: Collection,
        request: &Request<B>,
        effort: Effort,
    ) -> Option<Response<Body>> {
        let query_string = request.uri().query().unwrap_or_default();
        let tag = self.tags.list(collection, query_string);
        let asked = Asked {
            collection,
            query_string,
            tag,
        };
        if let Some(kept) = kept::find(asked) {
            // It was answered before, so its parameters are good.
            return Some(match conditions::has_it(request.headers(), &tag) {
                true => replies::not_modified(&tag),
                false => replies::list(Body::whole(kept.body), kept.total, kept.tag),
            });
        }
        let query = match Query::parse(collection, query_string) {
            Ok(query) => query,
            Err(error) => return Some(refusal(&error.into())),
        };
        if conditions::has_it(request.headers(), &tag) {
            return Some(replies::not_modified(&tag));
        }
        let Answer { body, total } = self.app.answer(&query, effort)?;
        let (total, tag) = (replies::number(total), tag.header());
        if let Some(body) = body.as_whole() {
            kept::keep(asked, body, &total, &tag);
        }
        Some(replies::list(body, total, tag))
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
        replies::tagged(self.app.song(number, details), &tag)
    }

    /// Whether what the heartbeat is asked for is there: the lists are, and `of=search` asks for searches.
    fn is_well(&self, uri: &hyper::Uri) -> bool {
        let mut pairs = uri.query().unwrap_or_default().split('&').map(pair);
        let of = pairs.find(|(name, _)| name == "of");
        of.is_none_or(|(_, value)| value != "search") || self.app.search_digest().is_some()
    }

    /// Answers a search, which costs much where searches can be answered at all.
    fn search<B>(&self, request: &Request<B>, effort: Effort) -> Option<Response<Body>> {
        if effort == Effort::Little && self.app.search_digest().is_some() {
            return None;
        }
        Some(
            self.found(request, SearchQuery::parse, Tags::search, |query| {
                Some(search(&self.app.search(&query.request)?, query, &self.app))
            }),
        )
    }

    /// Answers what a text may become.
    fn suggest<B>(&self, request: &Request<B>) -> Response<Body> {
        self.found(request, SuggestQuery::parse, Tags::suggestions, |query| {
            let suggested = self.app.suggest(&query.q, &query.types, query.limit)?;
            Some(suggestions(&suggested, &self.app))
        })
    }

    /// Answers from what searches are answered from, if that is there. Parameters are judged first,
    /// whether it is or not and whatever the client has.
    fn found<'a, B, Q>(
        &self,
        request: &'a Request<B>,
        parse: impl FnOnce(&'a str) -> Result<Q, RequestError>,
        tag: impl FnOnce(&Tags, &str, u128) -> EntityTag,
        answer: impl FnOnce(&Q) -> Option<Body>,
    ) -> Response<Body> {
        let query_string = request.uri().query().unwrap_or_default();
        let query = match parse(query_string) {
            Ok(query) => query,
            Err(error) => return refusal(&error.into()),
        };
        let Some(digest) = self.app.search_digest() else {
            return refusal(&ApiError::Unavailable);
        };
        let tag = tag(&self.tags, query_string, digest);
        if conditions::has_it(request.headers(), &tag) {
            return replies::not_modified(&tag);
        }
        match answer(&query) {
            Some(body) => replies::tagged(body, &tag),
            None => refusal(&ApiError::Unavailable),
        }
    }
}

/// An answer with what is the same in all of a library, as the method has it.
fn finished<B>(
    mut response: Response<Body>,
    request: &Request<B>,
    edition: Option<&Edition>,
) -> Response<Body> {
    if let Some(edition) = edition {
        let generation = edition.generation.clone();
        response.headers_mut().insert(AVALON_GENERATION, generation);
    }
    if request.method() == Method::HEAD {
        replies::without_body(&mut response);
    }
    response
}

/// By what the time of requests for a list is told.
fn metric(collection: Collection) -> Metric {
    match collection {
        Collection::Albums => Metric::Albums,
        Collection::Artists => Metric::Artists,
        Collection::Genres => Metric::Genres,
        Collection::Songs => Metric::Songs,
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
