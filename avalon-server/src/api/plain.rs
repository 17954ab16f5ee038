//! The endpoints beside the library: heartbeat, version, and the two documents.

use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::operation::{Kind, Operation, Parameter, Success};

const TEXT: &str = "text/plain";

/// Whether the server is ready.
pub(super) fn heartbeat() -> Operation {
    let description =
        "`search` asks whether searches are answered too; any other value means nothing.";
    let of = Parameter::new("of", Kind::Text, description).example("search");
    Operation {
        summary: "Whether the server is ready",
        description: "For load balancers and scripts that wait for a start. It says that lists are answered, \
            not more, unless it is asked. Until then it is `NONONO` with status 503.",
        success: text(
            "The library is loaded.",
            json!({ "type": "string", "const": "OKOKOK" }),
            "OKOKOK",
        ),
        parameters: vec![of.into()],
        unwell: Some("NONONO"),
        examples: vec!["heartbeat", "heartbeat?of=search"],
        ..alone(Endpoint::Heartbeat, "getHeartbeat")
    }
}

/// The version of the server.
pub(super) fn version() -> Operation {
    let version = env!("CARGO_PKG_VERSION");
    Operation {
        summary: "The version of the server",
        description: "The version of the running server.",
        success: text("The version.", json!({ "type": "string" }), version),
        examples: vec!["version"],
        ..alone(Endpoint::Version, "getVersion")
    }
}

/// The description for programs.
pub(super) fn openapi() -> Operation {
    Operation {
        summary: "This API in OpenAPI 3.1",
        description: "The description of this API for programs: every path, parameter and answer.",
        success: Success {
            description: "The description.",
            media_type: "application/json",
            schema: json!({
                "type": "object",
                "required": ["openapi", "info", "paths"],
                "properties": { "openapi": { "type": "string", "pattern": "^3\\.1\\." } },
            }),
            example: Value::Null,
            headers: vec!["ETag"],
            leads_to: None,
        },
        examples: vec!["openapi.json"],
        ..alone(Endpoint::OpenApi, "getOpenApi")
    }
}

/// The description for people.
pub(super) fn docs() -> Operation {
    Operation {
        summary: "This API as a page",
        description: "The same description for people: one page that needs neither a network nor scripts.",
        success: Success {
            description: "The page.",
            media_type: "text/html",
            schema: json!({ "type": "string" }),
            example: Value::Null,
            headers: vec!["ETag"],
            leads_to: None,
        },
        examples: vec!["docs"],
        ..alone(Endpoint::Docs, "getDocs")
    }
}

/// An endpoint whose parameters, if there are any, are ignored.
fn alone(endpoint: Endpoint, id: &'static str) -> Operation {
    Operation {
        path: endpoint.path(),
        id,
        tag: "server",
        summary: "",
        description: "",
        parameters: Vec::new(),
        success: text("", json!({ "type": "string" }), ""),
        statuses: Vec::new(),
        unwell: None,
        examples: Vec::new(),
    }
}

fn text(description: &'static str, schema: Value, example: &str) -> Success {
    Success {
        description,
        media_type: TEXT,
        schema,
        example: example.into(),
        headers: Vec::new(),
        leads_to: None,
    }
}
