//! The documents about the API: made once, at the first request for one.
//!
//! In: the setting REQUEST_PATH. Out: the same bytes under the same tag at each request.

use std::sync::OnceLock;

use bytes::Bytes;
use hyper::{HeaderMap, Response};

use super::tags::{EntityTag, Tags};
use super::{conditions, replies};
use crate::api;
use crate::response::Body;

/// The two documents.
#[derive(Debug)]
pub(super) struct Documents {
    request_path: String,
    openapi: OnceLock<Document>,
    docs: OnceLock<Document>,
}

#[derive(Debug)]
struct Document {
    body: Bytes,
    tag: EntityTag,
}

impl Documents {
    /// Those of a service at this path.
    pub(super) fn new(request_path: &str) -> Self {
        Self {
            request_path: request_path.to_owned(),
            openapi: OnceLock::new(),
            docs: OnceLock::new(),
        }
    }

    /// The answer to a request with these headers for the description for programs.
    pub(super) fn openapi(&self, headers: &HeaderMap) -> Response<Body> {
        let document = self
            .openapi
            .get_or_init(|| Document::of(api::openapi(&self.request_path)));
        document.answer(headers, replies::json)
    }

    /// The answer to a request with these headers for the description for people.
    pub(super) fn docs(&self, headers: &HeaderMap) -> Response<Body> {
        let document = self
            .docs
            .get_or_init(|| Document::of(api::docs(&self.request_path)));
        document.answer(headers, replies::page)
    }
}

impl Document {
    fn of(text: String) -> Self {
        Self {
            tag: Tags::of_bytes(text.as_bytes()),
            body: text.into(),
        }
    }

    fn answer(
        &self,
        headers: &HeaderMap,
        whole: fn(Bytes, &EntityTag) -> Response<Body>,
    ) -> Response<Body> {
        match conditions::has_it(headers, &self.tag) {
            true => replies::not_modified(&self.tag),
            false => whole(self.body.clone(), &self.tag),
        }
    }
}
