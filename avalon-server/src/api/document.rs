//! The description of the API in OpenAPI 3.1.
//!
//! In: the setting REQUEST_PATH and operations. Out: JSON. What stays true: every `$ref` leads somewhere, and
//! names of operations are unique.

use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::components::{
    component_headers, component_responses, component_schemas, header_reference, response_reference,
};
use super::errors;
use super::operation::{Given, Kind, Operation, Parameter};

/// What operations belong to: name and description.
pub(super) const TAGS: [(&str, &str); 3] = [
    (
        "lists",
        "Lists of what is in the library, and single songs.",
    ),
    ("search", "Ranked, forgiving search."),
    ("server", "The server itself."),
];

/// What is true of all operations.
pub(super) const ABOUT: &str = "Answers questions about a music library.\n\n\
    Lists and errors are JSON in one envelope: `success` holds the results, or `null` where there was an \
    error; `errors` says what went wrong; `warnings` is empty. All is read with GET. HEAD is answered as GET \
    without the body, OPTIONS with 204 and `Allow: GET, HEAD, OPTIONS`, and any other method with 405.\n\n\
    Parameters are a query string of a form. Of one that is given twice the first counts, and unknown ones are \
    ignored. Integers may also have a sign, spaces around them, single underscores between digits, and \
    digits of any script; UUIDs may also lack hyphens, be in upper case, in braces, or follow `urn:uuid:`.\n\n\
    A request whose header `If-None-Match` names the `ETag` of the answer, or is `*`, is answered with 304 and \
    nothing. What is no HTTP at all is refused without the envelope: a malformed request with 400, more than \
    100 headers or a head of more than 128 KiB with 431.";

/// The whole description, without a line end.
pub(super) fn render(request_path: &str, operations: &[Operation]) -> String {
    let rows = errors::rows();
    let paths: Map<String, Value> = operations
        .iter()
        .map(|operation| (format!("/{}", operation.path), path_item(operation)))
        .collect();
    let tags: Vec<Value> = TAGS
        .iter()
        .filter(|(tag, _)| operations.iter().any(|operation| operation.tag == *tag))
        .map(|(name, description)| json!({ "name": name, "description": description }))
        .collect();
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Avalon Music Server",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": server(request_path) }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": component_schemas(operations, &rows),
            "headers": component_headers(),
            "responses": component_responses(&rows),
        },
    })
    .to_string()
}

/// The path that all others follow, as it stands in an address.
pub(super) fn server(request_path: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'/')
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(request_path, KEPT).to_string()
}

fn path_item(operation: &Operation) -> Value {
    let (told, untold): (Vec<&Given>, Vec<&Given>) = operation
        .parameters
        .iter()
        .partition(|given| !matches!(given, Given::One(one) if one.beyond_schemas));
    let parameters: Vec<Value> = told.into_iter().map(given).collect();
    let mut description = operation.description.to_owned();
    for parameter in untold.into_iter().flat_map(Given::parameters) {
        let (name, kind) = (parameter.name, parameter.kind.words());
        let told = format!(
            "\n\nThere is a parameter `{name}` ({kind}) besides, which schemas cannot tell: "
        );
        description.push_str(&told);
        description.push_str(parameter.description);
    }
    json!({
        "get": {
            "operationId": operation.id,
            "tags": [operation.tag],
            "summary": operation.summary,
            "description": description,
            "parameters": parameters,
            "responses": responses(operation),
        },
    })
}

fn given(given: &Given) -> Value {
    match given {
        Given::One(one) => parameter(one),
        Given::Together {
            name,
            description,
            members,
        } => together(name, description, members),
    }
}

/// An object whose members are sent as parameters: so it can be said of each that counts only beside
/// another, what it must be then.
fn together(name: &str, description: &str, members: &[Parameter]) -> Value {
    let (mut taken, mut examples) = (Map::new(), Map::new());
    let mut rules = Vec::new();
    for member in members {
        examples.insert(member.name.to_owned(), example(member));
        let schema = match member.beside {
            None => member.kind.schema(),
            Some(other) => {
                rules.push(json!({
                    "if": { "required": [other] },
                    "then": { "properties": { member.name: member.kind.schema() } },
                }));
                member.kind.loose_schema()
            }
        };
        taken.insert(member.name.to_owned(), annotated(schema, member));
    }
    json!({
        "name": name,
        "in": "query",
        "description": description,
        "style": "form",
        "explode": true,
        "example": examples,
        "schema": { "type": "object", "properties": taken, "allOf": rules },
    })
}

fn annotated(mut schema: Value, parameter: &Parameter) -> Value {
    schema["description"] = parameter.description.into();
    schema
}

fn parameter(parameter: &Parameter) -> Value {
    let mut told = json!({
        "name": parameter.name,
        "in": if parameter.in_path { "path" } else { "query" },
        "required": parameter.required,
        "description": parameter.description,
        "schema": parameter.kind.schema(),
    });
    if !parameter.example.is_empty() {
        told["example"] = example(parameter);
    }
    told
}

/// The example of a parameter as its type has it.
fn example(parameter: &Parameter) -> Value {
    match parameter.kind {
        Kind::Count { .. } => parameter
            .example
            .parse::<u64>()
            .map_or(Value::Null, Value::from),
        _ => parameter.example.into(),
    }
}

fn responses(operation: &Operation) -> Value {
    let success = &operation.success;
    let mut body = json!({ "schema": success.schema });
    if !success.example.is_null() {
        body["example"] = success.example.clone();
    }
    let mut headers: Map<String, Value> = success
        .headers
        .iter()
        .map(|name| ((*name).to_owned(), header_reference(name)))
        .collect();
    headers.insert(
        "Avalon-Generation".to_owned(),
        header_reference("Avalon-Generation"),
    );
    let mut answered = json!({
        "200": {
            "description": success.description,
            "headers": headers,
            "content": { success.media_type: body },
        },
    });
    if let Some(operation_id) = success.leads_to {
        answered["200"]["links"] = json!({
            "first": {
                "operationId": operation_id,
                "parameters": { "id": "$response.body#/success/0/id" },
                "description": "The first result, in full.",
            },
        });
    }
    if success.headers.contains(&"ETag") {
        answered["304"] = response_reference(StatusCode::NOT_MODIFIED);
    }
    for status in operation.statuses.iter().chain(&errors::EVERYWHERE) {
        let reference = StatusCode::from_u16(*status).map_or(Value::Null, response_reference);
        answered[status.to_string()] = reference;
    }
    if let Some(text) = operation.unwell {
        answered["503"] = json!({
            "description": "The library is not loaded yet.",
            "headers": { "Retry-After": header_reference("Retry-After") },
            "content": { "text/plain": {
                "schema": { "type": "string", "const": text },
                "example": text,
            } },
        });
    }
    answered
}
