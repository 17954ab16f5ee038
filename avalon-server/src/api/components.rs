//! What operations refer to: schemas, headers of answers, and answers that several have.

use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::errors::Row;
use super::operation::Operation;
use super::schemas;

/// Headers of answers: name, schema, whether it is always there, description.
pub(super) fn headers() -> [(&'static str, Value, bool, &'static str); 5] {
    [
        (
            "Allow",
            json!({ "type": "string", "const": "GET, HEAD, OPTIONS" }),
            true,
            "The methods that there are.",
        ),
        (
            "Avalon-Generation",
            json!({ "type": "integer" }),
            true,
            "The generation of the library that answered: it grows when a scan changed what is served.",
        ),
        (
            "Avalon-Total",
            json!({ "type": "integer", "minimum": 0 }),
            true,
            "How many results there are before `limit` and `offset`.",
        ),
        (
            "ETag",
            json!({ "type": "string", "pattern": "^\"[0-9a-f]{32}\"$" }),
            true,
            "A strong tag of the bytes of the answer.",
        ),
        (
            "Retry-After",
            json!({ "type": "integer", "minimum": 0 }),
            true,
            "Seconds after which to ask again.",
        ),
    ]
}

/// The header with this name.
pub(super) fn header_reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// The name of the response with a status: its reason without spaces.
fn response_name(status: StatusCode) -> String {
    status
        .canonical_reason()
        .unwrap_or_default()
        .replace(' ', "")
}

/// The answer of errors with a status, or 304.
pub(super) fn response_reference(status: StatusCode) -> Value {
    json!({ "$ref": format!("#/components/responses/{}", response_name(status)) })
}

/// Headers by name.
pub(super) fn component_headers() -> Map<String, Value> {
    let told = |(name, schema, required, description): (&str, Value, bool, &str)| {
        let header = json!({ "description": description, "required": required, "schema": schema });
        (name.to_owned(), header)
    };
    headers().into_iter().map(told).collect()
}

/// Schemas by name, those of errors too.
pub(super) fn component_schemas(operations: &[Operation], rows: &[Row]) -> Map<String, Value> {
    let entities = schemas::of(operations).into_iter();
    let entities = entities.map(|(name, schema)| (name.to_owned(), schema));
    let errors = rows.iter().map(|row| {
        let mut schema = schemas::object(&[
            ("code", json!({ "const": row.code })),
            (
                "message",
                json!({ "type": "string", "description": "For people." }),
            ),
            ("message_key", json!({ "const": row.key })),
            ("payload", row.payload.clone()),
        ]);
        schema["description"] = row.when.into();
        (error_name(row), schema)
    });
    entities.chain(errors).collect()
}

fn error_name(row: &Row) -> String {
    format!("Error{}", row.code)
}

/// Answers by name.
pub(super) fn component_responses(rows: &[Row]) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert(
        response_name(StatusCode::NOT_MODIFIED),
        json!({
            "description": "The client has this answer: `If-None-Match` names its `ETag`.",
            "headers": {
                "ETag": header_reference("ETag"),
                "Avalon-Generation": header_reference("Avalon-Generation"),
            },
        }),
    );
    for of_status in rows.chunk_by(|one, next| one.status == next.status) {
        let Ok(status) = StatusCode::from_u16(of_status[0].status) else {
            continue;
        };
        told.insert(response_name(status), refusal(status, of_status));
    }
    told
}

/// The answer with one of these errors.
fn refusal(status: StatusCode, rows: &[Row]) -> Value {
    let errors: Vec<Value> = rows
        .iter()
        .map(|row| schemas::reference(&error_name(row)))
        .collect();
    let error = json!({ "oneOf": errors });
    let schema = schemas::object(&[
        (
            "errors",
            json!({ "type": "array", "items": error, "minItems": 1, "maxItems": 1 }),
        ),
        ("success", json!({ "type": "null" })),
        ("warnings", json!({ "type": "array", "maxItems": 0 })),
    ]);
    let mut examples = Map::new();
    for row in rows {
        for (at, body) in row.examples.iter().enumerate() {
            examples.insert(
                format!("{}-{}", row.code, at + 1),
                json!({ "summary": row.when, "value": body }),
            );
        }
    }
    let when: Vec<&str> = rows.iter().map(|row| row.when).collect();
    let mut headers = Map::new();
    let named = match status {
        StatusCode::METHOD_NOT_ALLOWED => &["Allow", "Avalon-Generation"][..],
        StatusCode::SERVICE_UNAVAILABLE => &["Retry-After"],
        _ => &["Avalon-Generation"],
    };
    for name in named {
        headers.insert((*name).to_owned(), header_reference(name));
    }
    json!({
        "description": format!("Told when {}.", when.join(", or ")),
        "headers": headers,
        "content": { "application/json": { "schema": schema, "examples": examples } },
    })
}
