//! The errors of the API, each with a request that it is the answer to.
//!
//! In: [`ApiError`], the table of code, key and status. Out: the same as rows of the documents, with what
//! payloads hold.

use serde_json::{Value, json};

use crate::catalog::Collection;
use crate::query::Query;
use crate::response::ApiError;
use crate::search::SearchQuery;

/// A code.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) code: u16,
    pub(super) key: &'static str,
    pub(super) status: u16,
    /// When it is told.
    pub(super) when: &'static str,
    /// The schema of its payload.
    pub(super) payload: Value,
    /// Whole bodies that tell it.
    pub(super) examples: Vec<Value>,
}

/// Statuses of errors that every operation has.
pub(super) const EVERYWHERE: [u16; 4] = [405, 414, 500, 503];

/// All codes, ascending.
pub(super) fn rows() -> Vec<Row> {
    let text = || json!({ "type": "string" });
    let method = "POST".to_owned();
    let path = "/avalon/songs/none".to_owned();
    vec![
        row(
            "a fault of the server; it is logged",
            none(),
            &[ApiError::Unknown],
        ),
        row(
            "the library, or what only single songs tell or searches are answered from, is not loaded yet, or too many searches and costly lists wait already; `Retry-After` says when to ask again",
            none(),
            &[ApiError::Unavailable, ApiError::Busy],
        ),
        row(
            "there is no such endpoint or song, or a slash too many; `path` is the target up to `?`",
            members(&[("path", text())]),
            &[ApiError::NotFound { path }],
        ),
        row(
            "a method other than GET, HEAD and OPTIONS",
            members(&[("method", text())]),
            &[ApiError::MethodNotAllowed { method }],
        ),
        row(
            "the request target is longer than 16 KiB",
            none(),
            &[ApiError::UriTooLong],
        ),
        row(
            "`order` is no field of the results; a name in a list is none, or `q` of a search missing",
            place(text(), &["field"]),
            &[
                refused("order=bogus"),
                misunderstood("types=songs"),
                misunderstood("q=love&types=songs,movies"),
            ],
        ),
        row(
            "an id is no UUID, a number no integer, a year none",
            place(text(), &["field", "value"]),
            &[
                refused("limit=ten"),
                refused("album_id=1"),
                misunderstood("q=love&year=1990..x"),
            ],
        ),
        row(
            "a number is negative or too large, `direction` unknown, or a query not understood",
            json!({ "oneOf": [
                place(json!({ "type": ["integer", "string"] }), &["field", "value"]),
                members(&[("direction", text())]),
            ] }),
            &[
                refused("limit=-1"),
                refused("order=name&direction=down"),
                misunderstood("q=love&limit=101"),
                misunderstood("q=love+%22me+do&strict=1"),
            ],
        ),
    ]
}

/// The codes with their message keys and statuses, ascending.
pub fn codes() -> Vec<(u16, &'static str, u16)> {
    let all = rows().into_iter();
    all.map(|row| (row.code, row.key, row.status)).collect()
}

/// The row of errors that have one code.
fn row(when: &'static str, payload: Value, told: &[ApiError]) -> Row {
    let (code, key, status) = told.first().unwrap_or(&ApiError::Unknown).row();
    let body = |error: &ApiError| {
        serde_json::from_str(&error.render()).expect("what is rendered is JSON, as its tests see")
    };
    Row {
        code,
        key,
        status: status.as_u16(),
        when,
        payload,
        examples: told.iter().map(body).collect(),
    }
}

/// What a list of songs says of parameters that it refuses.
fn refused(query_string: &str) -> ApiError {
    match Query::parse(Collection::Songs, query_string) {
        Ok(_) => ApiError::Unknown,
        Err(error) => error.into(),
    }
}

/// An object with just these members.
fn members(members: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let properties: serde_json::Map<_, _> = members
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": names,
        "additionalProperties": false,
    })
}

/// What a search says of parameters that it refuses.
fn misunderstood(query_string: &str) -> ApiError {
    match SearchQuery::parse(query_string) {
        Ok(_) => ApiError::Unknown,
        Err(error) => error.into(),
    }
}

/// What was wrong where: the parameter, its value, and the character at fault where a part of the value is.
fn place(value: Value, required: &[&str]) -> Value {
    let column = json!({
        "type": "integer",
        "minimum": 1,
        "description": "The first character of the value that is at fault, counted from 1.",
    });
    let mut place = members(&[
        ("field", json!({ "type": "string" })),
        ("value", value),
        ("column", column),
    ]);
    place["required"] = required.into();
    place
}

/// An empty object.
fn none() -> Value {
    json!({ "type": "object", "additionalProperties": false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_there_once_and_its_examples_tell_it() {
        let rows = rows();
        assert!(rows.is_sorted_by_key(|row| row.code), "{:?}", codes());
        let told: Vec<u16> = rows.iter().map(|row| row.code).collect();
        assert_eq!(told, [1, 2, 4, 5, 6, 100, 101, 102]);
        for row in rows {
            assert!(!row.examples.is_empty(), "{}", row.code);
            for example in row.examples {
                assert_eq!(example["errors"][0]["code"], row.code);
                assert_eq!(example["errors"][0]["message_key"], row.key);
            }
        }
    }
}
