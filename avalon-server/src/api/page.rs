//! The description of the API as a page in HTML.
//!
//! In: the setting REQUEST_PATH and operations. Out: one page. What stays true: it refers to nothing but
//! itself and the endpoints, has no script, and whatever is put into it is escaped.

use serde_json::Value;

use super::components::headers;
use super::document::{ABOUT, server};
use super::errors::{self, EVERYWHERE, Row};
use super::operation::{Given, Operation, Parameter};
use super::schemas;

const STYLE: &str = "\
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#222;background:#fff}\
code,pre{font:.9em/1.4 ui-monospace,monospace;background:#f2f2f2}\
code{padding:0 .2em}pre{padding:.6rem;overflow:auto}pre code{padding:0}\
table{border-collapse:collapse;width:100%;margin:.6rem 0}\
th,td{border:1px solid #ccc;padding:.3rem .5rem;text-align:left;vertical-align:top}\
h2{border-top:2px solid #ccc;padding-top:.6rem;margin-top:2rem}\
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}code,pre{background:#2a2a2a}\
th,td,h2{border-color:#555}a{color:#8bf}}";

/// The whole page.
pub(super) fn render(request_path: &str, operations: &[Operation]) -> String {
    let base = base(request_path);
    let version = env!("CARGO_PKG_VERSION");
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Avalon Music Server {version}: the API</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>Avalon Music Server {version}: the API</h1>\n"
    );
    paragraphs(ABOUT, &mut page);
    contents(&base, operations, &mut page);
    for operation in operations {
        section(&base, operation, &mut page);
    }
    entities(operations, &mut page);
    header_table(&mut page);
    error_table(&mut page);
    page.push_str("</body>\n</html>\n");
    page
}

/// What paths of endpoints follow, with a slash at its end, as it stands in an address.
fn base(request_path: &str) -> String {
    let path = server(request_path);
    format!("{}/", path.trim_end_matches('/'))
}

fn contents(base: &str, operations: &[Operation], page: &mut String) {
    let rows = operations.iter().map(|operation| {
        let path = escaped(&format!("{base}{}", operation.path));
        let summary = inline(operation.summary);
        vec![
            format!("<a href=\"#{}\"><code>{path}</code></a>", operation.id),
            summary,
        ]
    });
    table(&["endpoint", "answers"], rows, page);
    page.push_str(
        "<p><a href=\"#objects\">Objects</a>, <a href=\"#headers\">headers of answers</a>, \
         <a href=\"#errors\">errors</a>; the same for programs: ",
    );
    let path = escaped(&format!("{base}openapi.json"));
    page.push_str(&format!(
        "<a href=\"{path}\"><code>{path}</code></a>.</p>\n"
    ));
}

fn section(base: &str, operation: &Operation, page: &mut String) {
    let (id, path) = (operation.id, escaped(&format!("{base}{}", operation.path)));
    page.push_str(&format!(
        "<h2 id=\"{id}\">{}</h2>\n",
        inline(operation.summary)
    ));
    page.push_str(&format!("<p><code>GET {path}</code></p>\n"));
    paragraphs(operation.description, page);
    page.push_str("<h3>Parameters</h3>\n");
    let parameters: Vec<&Parameter> = operation
        .parameters
        .iter()
        .flat_map(Given::parameters)
        .collect();
    match parameters.is_empty() {
        true => page.push_str("<p>None; whatever is given is ignored.</p>\n"),
        false => {
            let rows = parameters.into_iter().map(parameter_row);
            table(&["name", "type", "default", "meaning"], rows, page);
        }
    }
    page.push_str("<h3>Examples</h3>\n<pre><code>");
    for example in &operation.examples {
        page.push_str(&escaped(&format!(
            "curl 'http://localhost:8000{base}{example}'\n"
        )));
    }
    page.push_str("</code></pre>\n<h3>Answers</h3>\n");
    answers(operation, page);
    let example = match &operation.success.example {
        Value::Null => return,
        Value::String(text) => text.clone(),
        json => format!("{json:#}"),
    };
    page.push_str(&format!("<pre><code>{}</code></pre>\n", escaped(&example)));
}

fn parameter_row(parameter: &Parameter) -> Vec<String> {
    let needed = match (parameter.in_path, parameter.required) {
        (true, _) => "in the path",
        (false, true) => "required",
        (false, false) => &parameter.default,
    };
    vec![
        format!("<code>{}</code>", escaped(parameter.name)),
        inline(&parameter.kind.words()),
        escaped(needed),
        inline(parameter.description),
    ]
}

fn answers(operation: &Operation, page: &mut String) {
    let success = &operation.success;
    let mut rows = vec![vec![
        "200".to_owned(),
        inline(success.description),
        format!("<code>{}</code>", escaped(success.media_type)),
    ]];
    if success.headers.contains(&"ETag") {
        let meaning = inline("`If-None-Match` names the `ETag`.");
        rows.push(vec!["304".to_owned(), meaning, String::new()]);
    }
    let all = errors::rows();
    let mut statuses: Vec<u16> = operation
        .statuses
        .iter()
        .chain(&EVERYWHERE)
        .copied()
        .collect();
    statuses.sort_unstable();
    for status in statuses {
        if let (503, Some(text)) = (status, operation.unwell) {
            let (meaning, kind) = (
                format!("<code>{}</code>", escaped(text)),
                "<code>text/plain</code>",
            );
            rows.push(vec![status.to_string(), meaning, kind.to_owned()]);
            continue;
        }
        let codes = all.iter().filter(|row| row.status == status);
        let codes: Vec<String> = codes.map(|row| row.code.to_string()).collect();
        let meaning = format!("<a href=\"#errors\">code {}</a>", codes.join(", "));
        rows.push(vec![
            status.to_string(),
            meaning,
            "<code>application/json</code>".to_owned(),
        ]);
    }
    table(&["status", "meaning", "type"], rows.into_iter(), page);
}

/// The members of what answers hold.
fn entities(operations: &[Operation], page: &mut String) {
    page.push_str("<h2 id=\"objects\">Objects</h2>\n");
    for (name, schema) in schemas::of(operations) {
        page.push_str(&format!("<h3 id=\"{name}\">{name}</h3>\n"));
        paragraphs(schema["description"].as_str().unwrap_or_default(), page);
        let parts = schema["allOf"]
            .as_array()
            .map_or(std::slice::from_ref(&schema), Vec::as_slice);
        for part in parts {
            if let Some(other) = part["$ref"]
                .as_str()
                .and_then(|path| path.rsplit('/').next())
            {
                page.push_str(&format!(
                    "<p>All of <a href=\"#{other}\">{other}</a>, and:</p>\n"
                ));
            }
            let members = part["properties"].as_object().into_iter().flatten();
            let rows: Vec<Vec<String>> = members
                .map(|(name, schema)| {
                    let description = schema["description"].as_str().unwrap_or_default();
                    vec![
                        format!("<code>{}</code>", escaped(name)),
                        type_of(schema),
                        inline(description),
                    ]
                })
                .collect();
            if !rows.is_empty() {
                table(&["member", "type", "meaning"], rows.into_iter(), page);
            }
        }
    }
}

/// The type of a member, in words.
fn type_of(schema: &Value) -> String {
    if let Some(other) = schema["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next())
    {
        return format!("<a href=\"#{other}\">{other}</a>");
    }
    let types = match &schema["type"] {
        Value::Array(types) => types
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(", "),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    match schema["format"].as_str() {
        Some(format) => format!("{} ({})", escaped(&types), escaped(format)),
        None => escaped(&types),
    }
}

fn header_table(page: &mut String) {
    page.push_str("<h2 id=\"headers\">Headers of answers</h2>\n");
    let rows = headers().into_iter().map(|(name, schema, _, description)| {
        vec![
            format!("<code>{name}</code>"),
            type_of(&schema),
            inline(description),
        ]
    });
    table(&["header", "type", "says"], rows, page);
}

fn error_table(page: &mut String) {
    page.push_str("<h2 id=\"errors\">Errors</h2>\n");
    let row = |row: Row| {
        let example = row
            .examples
            .first()
            .map_or(Value::Null, |body| body["errors"][0]["payload"].clone());
        vec![
            row.code.to_string(),
            format!("<code>{}</code>", escaped(row.key)),
            row.status.to_string(),
            inline(row.when),
            format!("<code>{}</code>", escaped(&example.to_string())),
        ]
    };
    let rows = errors::rows().into_iter().map(row);
    table(
        &[
            "code",
            "message key",
            "status",
            "when",
            "payload, for example",
        ],
        rows,
        page,
    );
}

/// A table; cells are HTML already.
fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>, page: &mut String) {
    page.push_str("<table>\n<tr>");
    for head in heads {
        page.push_str(&format!("<th scope=\"col\">{}</th>", escaped(head)));
    }
    page.push_str("</tr>\n");
    for row in rows {
        page.push_str("<tr>");
        for cell in row {
            page.push_str(&format!("<td>{cell}</td>"));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
}

/// Paragraphs of CommonMark.
fn paragraphs(text: &str, page: &mut String) {
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
        page.push_str(&format!("<p>{}</p>\n", inline(paragraph)));
    }
}

/// A line of CommonMark: what is between backticks is code.
fn inline(text: &str) -> String {
    let mut html = String::new();
    for (at, part) in text.split('`').enumerate() {
        match at % 2 {
            0 => html.push_str(&escaped(part)),
            _ => html.push_str(&format!("<code>{}</code>", escaped(part))),
        }
    }
    html
}

/// Text as it stands in HTML, also in values of attributes.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}
