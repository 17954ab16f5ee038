//! Replies: bodies with the headers that they are sent with.
//!
//! In: a body, or what went wrong. Out: responses of the contract. Their length is not said here but
//! by hyper, which knows it of every body; only in the answer to HEAD somebody else must.

use bytes::Bytes;
use hyper::header::{
    ALLOW, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, HeaderValue,
    RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};

use super::tags::EntityTag;
use crate::response::{ApiError, Body, error};

/// How many results a list has before limit and offset.
pub(super) const AVALON_TOTAL: HeaderName = HeaderName::from_static("avalon-total");
/// The generation of the library that an answer was made from.
pub(super) const AVALON_GENERATION: HeaderName = HeaderName::from_static("avalon-generation");

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
/// What a page may do: show itself, in its own style.
const OF_PAGES: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
/// Seconds after which to ask again while the library is loading: a million tracks take about two. Searches that
/// wait for each other are mostly done as soon.
const SOON: HeaderValue = HeaderValue::from_static("1");

/// A list, with the values of `Avalon-Total` and `ETag`.
pub(super) fn list(body: Body, total: HeaderValue, tag: HeaderValue) -> Response<Body> {
    let mut response = reply(StatusCode::OK, JSON, body);
    let headers = response.headers_mut();
    headers.insert(ETAG, tag);
    headers.insert(AVALON_TOTAL, total);
    response
}

/// What is no list: one track, what a search found, suggestions.
pub(super) fn tagged(body: Body, tag: &EntityTag) -> Response<Body> {
    let mut response = reply(StatusCode::OK, JSON, body);
    response.headers_mut().insert(ETAG, tag.header());
    response
}

/// What the client has already.
pub(super) fn not_modified(tag: &EntityTag) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response.headers_mut().insert(ETAG, tag.header());
    response
}

/// A document: JSON.
pub(super) fn json(body: Bytes, tag: &EntityTag) -> Response<Body> {
    let mut response = reply(StatusCode::OK, JSON, Body::whole(body));
    response.headers_mut().insert(ETAG, tag.header());
    response
}

/// A document: a page that may load nothing, run nothing, and be part of no other.
pub(super) fn page(body: Bytes, tag: &EntityTag) -> Response<Body> {
    let mut response = reply(StatusCode::OK, HTML, Body::whole(body));
    let headers = response.headers_mut();
    headers.insert(ETAG, tag.header());
    headers.insert(CONTENT_SECURITY_POLICY, OF_PAGES);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Plain text.
pub(super) fn text(text: &'static str) -> Response<Body> {
    let body = Body::whole(Bytes::from_static(text.as_bytes()));
    reply(StatusCode::OK, TEXT, body)
}

/// Which methods there are.
pub(super) fn options() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ALLOW, ALLOWED);
    // Said of nothing, as D6 has it; a length must not be said with 204 (RFC 9110, 8.6).
    headers.insert(CONTENT_TYPE, TEXT);
    response
}

/// What went wrong.
pub(super) fn refusal(reason: &ApiError) -> Response<Body> {
    let (_, _, status) = reason.row();
    let mut response = reply(status, JSON, error(reason));
    let headers = response.headers_mut();
    match reason {
        ApiError::MethodNotAllowed { .. } => headers.insert(ALLOW, ALLOWED),
        ApiError::Unavailable | ApiError::Busy => headers.insert(RETRY_AFTER, SOON),
        _ => None,
    };
    response
}

/// The heartbeat of a server without a library.
pub(super) fn not_well() -> Response<Body> {
    let mut response = text("NONONO");
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(RETRY_AFTER, SOON);
    response
}

/// The answer to HEAD that this answer to GET becomes: its length is said, its body is not sent.
pub(super) fn without_body(response: &mut Response<Body>) {
    let body = std::mem::replace(response.body_mut(), Body::empty());
    // Nothing at all is the body of 204 and 304, whose length is not said.
    if !body.is_empty() {
        let length = number(body.len());
        response.headers_mut().insert(CONTENT_LENGTH, length);
    }
}

fn reply(status: StatusCode, content_type: HeaderValue, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// A number as the value of a header: one allocation, where `From<u64>` takes two.
pub(super) fn number(number: u64) -> HeaderValue {
    let mut digits = itoa::Buffer::new();
    HeaderValue::from_str(digits.format(number)).expect("digits may be sent")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_full() {
        for value in [0, 7, 10, 99, 100, 1_000_000, u64::MAX] {
            assert_eq!(number(value), value.to_string().as_str());
        }
    }
}
