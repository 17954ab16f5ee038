//! What we answer where we differ from the original on purpose: one check for each rule.
//!
//! In: a recorded line with `deviation`, and our answer. Out: nothing, or what differs from the
//! rule. Source: CONTRACT, "Parity, and where we differ on purpose", D1 to D7.

use serde_json::{Value, json};

use super::support::{Exchange, Response, Server, same};

/// The type of heartbeat and version (D6).
pub(super) const PLAIN_TEXT: &str = "text/plain; charset=utf-8";

/// What every endpoint allows.
const ALLOWED: &str = "GET, HEAD, OPTIONS";

/// Digits that Python's int() takes at most.
const MOST_DIGITS: usize = 4300;

/// Checks our answer by a rule.
pub(super) fn check(
    rule: &str,
    exchange: &Exchange,
    answer: &Response,
    server: &Server,
) -> Result<(), String> {
    let target = exchange.path.as_str();
    match rule {
        "D1" => {
            let path = target.split('?').next().unwrap_or_default();
            let head = exchange.method == "HEAD";
            error(answer, head, 404, 4, "not_found", &json!({ "path": path }))
        }
        "D2" => {
            same("allow", &Some(ALLOWED), &answer.header("allow"))?;
            let payload = json!({ "method": exchange.method });
            error(answer, false, 405, 5, "method_not_allowed", &payload)
        }
        "D3" => {
            let field = parameter(target, "order");
            error(
                answer,
                false,
                400,
                100,
                "invalid_input_name",
                &json!({ "field": field }),
            )
        }
        "D4" => {
            let payload = json!({ "field": "album_id", "value": parameter(target, "album_id") });
            error(answer, false, 400, 101, "invalid_input_type", &payload)
        }
        "D5" => {
            let version = if exchange.method == "HEAD" {
                ""
            } else {
                env!("CARGO_PKG_VERSION")
            };
            same("status", &200, &answer.status)?;
            same(
                "content type",
                &Some(PLAIN_TEXT),
                &answer.header("content-type"),
            )?;
            same("body", &version, &answer.text())
        }
        "D6" => {
            same("status", &204, &answer.status)?;
            same("allow", &Some(ALLOWED), &answer.header("allow"))?;
            same("body", &"", &answer.text())
        }
        "D7" => long_target(target, answer, server),
        _ => Err(format!("no rule {rule} is known")),
    }
}

/// Targets that were too long for the original's gateway.
fn long_target(target: &str, answer: &Response, server: &Server) -> Result<(), String> {
    let expected = match parameter(target, "limit") {
        Some(limit) if limit.len() > MOST_DIGITS => {
            let payload = json!({ "field": "limit", "value": limit });
            return error(answer, false, 400, 101, "invalid_input_type", &payload);
        }
        // A limit beyond all results is none.
        Some(_) => server.get("/avalon/songs?order=id").results(),
        // A query of thousands of letters finds nothing.
        None => Vec::new(),
    };
    same("status", &200, &answer.status)?;
    same("success", &expected, &answer.results())
}

/// An error of the envelope, its message apart, which must be there.
fn error(
    answer: &Response,
    head: bool,
    status: u16,
    code: i64,
    key: &str,
    payload: &Value,
) -> Result<(), String> {
    same("status", &status, &answer.status)?;
    same(
        "content type",
        &Some("application/json"),
        &answer.header("content-type"),
    )?;
    if head {
        return same("body", &"", &answer.text());
    }
    let body = answer.json();
    let given = &body["errors"][0];
    same("success", &Value::Null, &body["success"])?;
    same(
        "number of errors",
        &Some(1),
        &body["errors"].as_array().map(Vec::len),
    )?;
    same("code", &json!(code), &given["code"])?;
    same(
        "message key",
        &json!(format!("avalon.service.error.{key}")),
        &given["message_key"],
    )?;
    same("payload", payload, &given["payload"])?;
    match given["message"].as_str() {
        Some(message) if !message.is_empty() => Ok(()),
        other => Err(format!("message {other:?}")),
    }
}

/// The first value of a query parameter, if it is there.
pub(super) fn parameter(target: &str, name: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find_map(|(known, value)| (known == name).then(|| value.into_owned()))
}
