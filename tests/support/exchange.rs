//! Recorded requests with the answers they must get, one JSON object a line.
//!
//! In: a file of lines with `method`, `path` (the raw request target), `status`, `content_type`,
//! `body` and `order`. Out: [`Exchange`]s, and whether a [`Response`] is the recorded one: the
//! same status and type, and the same JSON value (the bytes that spell it are free). `order` says
//! how far the sequence of `success` is defined: `exact`, `unordered` (the same set), or
//! `arbitrary` (as many).

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::http::Response;

/// One request and its answer.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Exchange {
    /// The method of the request.
    pub(crate) method: String,
    /// The raw request target.
    pub(crate) path: String,
    /// The status of the answer.
    pub(crate) status: u16,
    /// The type of its body; `None` where there is none.
    pub(crate) content_type: Option<String>,
    /// A text, or for JSON also the value itself.
    pub(crate) body: Value,
    /// How far the sequence of `success` is defined.
    #[serde(default)]
    pub(crate) order: Order,
    /// The rule by which we answer otherwise, such as `D1`.
    pub(crate) deviation: Option<String>,
}

/// How far the sequence of the results is defined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    /// Wholly.
    #[default]
    Exact,
    /// Not at all, but which results is.
    Unordered,
    /// Not even which results, only how many.
    Arbitrary,
}

impl Exchange {
    /// All lines of a file.
    pub(crate) fn read(path: &Path) -> Vec<Self> {
        let text =
            fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        text.lines()
            .enumerate()
            .map(|(number, line)| {
                serde_json::from_str(line).unwrap_or_else(|error| {
                    panic!("{} line {}: {error}", path.display(), number + 1)
                })
            })
            .collect()
    }

    /// `GET /avalon/songs?...`, for messages; long ones are cut.
    pub(crate) fn title(&self) -> String {
        let path: String = self.path.chars().take(150).collect();
        format!("{} {path}", self.method)
    }

    /// Whether the body is JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.content_type.as_deref() == Some("application/json")
    }

    /// The recorded body as a JSON value.
    pub(crate) fn json(&self) -> Value {
        match &self.body {
            Value::String(text) => serde_json::from_str(text).expect("a recorded body is JSON"),
            value => value.clone(),
        }
    }

    /// Compares an answer; an error says what differs.
    pub(crate) fn check(&self, response: &Response) -> Result<(), String> {
        same("status", &self.status, &response.status)?;
        same(
            "content type",
            &self.content_type.as_deref(),
            &response.header("content-type"),
        )?;
        if self.method == "HEAD" || self.content_type.is_none() {
            return same("body", &"", &response.text());
        }
        if !self.is_json() {
            return same("body", &self.body.as_str(), &Some(response.text()));
        }
        check_json(&self.json(), &response.json(), self.order)
    }
}

/// Compares two envelopes.
pub(crate) fn check_json(expected: &Value, got: &Value, order: Order) -> Result<(), String> {
    let (Some(wanted), Some(given)) = (expected["success"].as_array(), got["success"].as_array())
    else {
        return same("body", expected, got);
    };
    for key in ["errors", "warnings"] {
        same(key, &expected[key], &got[key])?;
    }
    match order {
        Order::Exact => same("success", wanted, given),
        Order::Unordered => same("success as a set", &sorted(wanted), &sorted(given)),
        Order::Arbitrary => same("number of results", &wanted.len(), &given.len()),
    }
}

fn sorted(values: &[Value]) -> Vec<String> {
    let mut texts: Vec<String> = values.iter().map(Value::to_string).collect();
    texts.sort();
    texts
}

/// An error that shows both, unless they are equal.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    expected: &T,
    got: &T,
) -> Result<(), String> {
    if expected == got {
        return Ok(());
    }
    let cut = |value: &T| format!("{value:?}").chars().take(600).collect::<String>();
    Err(format!(
        "{what}: expected {}, got {}",
        cut(expected),
        cut(got)
    ))
}
