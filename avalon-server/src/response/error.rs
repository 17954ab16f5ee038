//! API errors: one table of code, message key and status.
//!
//! In: what went wrong. Out: its row of the table, and its JSON in the envelope. Codes and keys are
//! the original's up to 3 and from 100 on; 4 to 6 are ours (contract, D1, D2, D7).

use hyper::StatusCode;
use thiserror::Error;

use super::json;
use crate::query::ParamError;
use crate::search::RequestError;

/// Every error that a client can be told.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ApiError {
    /// A bug of ours; the log and Sentry know more than the client is told.
    #[error("An unknown error occurred; it has been logged")]
    Unknown,
    /// The library is not loaded yet, or what only single songs tell, or what searches are answered from.
    #[error("This part of the music library is still being loaded: try again in a moment")]
    Unavailable,
    /// More searches and costly lists than are let wait.
    #[error("Too many searches and costly lists are waiting already: try again in a moment")]
    Busy,
    /// A path that is no endpoint.
    #[error("There is nothing at {path}")]
    NotFound {
        /// The target as it was sent, up to `?`.
        path: String,
    },
    /// A method other than GET, HEAD and OPTIONS at an endpoint.
    #[error("The method {method} is not allowed: use GET, HEAD or OPTIONS")]
    MethodNotAllowed {
        /// The method.
        method: String,
    },
    /// A target longer than is served.
    #[error("The request target is longer than 16 KiB")]
    UriTooLong,
    /// A parameter that cannot be understood.
    #[error(transparent)]
    Parameter(#[from] ParamError),
    /// A parameter of a search that cannot be understood.
    #[error(transparent)]
    Search(RequestError),
}

/// A parameter is wrong in the same way, whoever has it.
impl From<RequestError> for ApiError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::List(error) => Self::Parameter(error),
            error => Self::Search(error),
        }
    }
}

/// A row of the table: code, message key, status.
type Row = (u16, &'static str, StatusCode);

const NAME: Row = (
    100,
    "avalon.service.error.invalid_input_name",
    StatusCode::BAD_REQUEST,
);
const TYPE: Row = (
    101,
    "avalon.service.error.invalid_input_type",
    StatusCode::BAD_REQUEST,
);
const VALUE: Row = (
    102,
    "avalon.service.error.invalid_input_value",
    StatusCode::BAD_REQUEST,
);

fn list_row(error: &ParamError) -> Row {
    match error {
        ParamError::Order { .. } => NAME,
        ParamError::Uuid { .. } | ParamError::Integer { .. } => TYPE,
        ParamError::Direction { .. } | ParamError::Negative { .. } => VALUE,
    }
}

impl ApiError {
    /// The row of the table: code, message key, status.
    pub fn row(&self) -> Row {
        match self {
            Self::Unknown => (
                1,
                "avalon.service.error.unknown",
                StatusCode::INTERNAL_SERVER_ERROR,
            ),
            Self::Unavailable | Self::Busy => (
                2,
                "avalon.service.error.unavailable",
                StatusCode::SERVICE_UNAVAILABLE,
            ),
            Self::NotFound { .. } => (4, "avalon.service.error.not_found", StatusCode::NOT_FOUND),
            Self::MethodNotAllowed { .. } => (
                5,
                "avalon.service.error.method_not_allowed",
                StatusCode::METHOD_NOT_ALLOWED,
            ),
            Self::UriTooLong => (
                6,
                "avalon.service.error.uri_too_long",
                StatusCode::URI_TOO_LONG,
            ),
            Self::Parameter(error) => list_row(error),
            Self::Search(RequestError::List(error)) => list_row(error),
            Self::Search(RequestError::Missing { .. } | RequestError::Unknown { .. }) => NAME,
            Self::Search(RequestError::Type { .. }) => TYPE,
            Self::Search(RequestError::Value { .. } | RequestError::TooLarge { .. }) => VALUE,
        }
    }

    /// The error in the envelope.
    pub fn render(&self) -> String {
        let (code, key, _) = self.row();
        let mut out = format!("{{\"errors\":[{{\"code\":{code},\"message\":");
        json::string(&self.to_string(), &mut out);
        out.push_str(",\"message_key\":");
        json::string(key, &mut out);
        out.push_str(",\"payload\":{");
        self.payload(&mut out);
        out.push_str("}}],\"success\":null,\"warnings\":[]}\n");
        out
    }

    /// What the message was made of.
    fn payload(&self, out: &mut String) {
        match self {
            Self::Unknown | Self::Unavailable | Self::Busy | Self::UriTooLong => {}
            Self::NotFound { path } => pair("path", path, out),
            Self::MethodNotAllowed { method } => pair("method", method, out),
            Self::Parameter(error) => list_payload(error, out),
            Self::Search(error) => search_payload(error, out),
        }
    }
}

fn list_payload(error: &ParamError, out: &mut String) {
    match error {
        ParamError::Order { field } => pair("field", field, out),
        ParamError::Direction { direction } => pair("direction", direction, out),
        ParamError::Uuid { field, value } | ParamError::Integer { field, value } => {
            pair("field", field, out);
            pair("value", value, out);
        }
        ParamError::Negative { field, value } => {
            pair("field", field, out);
            number("value", value, out);
        }
    }
}

fn search_payload(error: &RequestError, out: &mut String) {
    match error {
        RequestError::List(error) => list_payload(error, out),
        RequestError::Missing { field } => pair("field", field, out),
        RequestError::Unknown {
            field,
            value,
            column,
            ..
        } => {
            pair("field", field, out);
            pair("value", value, out);
            number("column", column, out);
        }
        RequestError::Type {
            field,
            value,
            column,
            ..
        }
        | RequestError::Value {
            field,
            value,
            column,
            ..
        } => {
            pair("field", field, out);
            pair("value", value, out);
            if let Some(column) = column {
                number("column", column, out);
            }
        }
        RequestError::TooLarge { field, value, .. } => {
            pair("field", field, out);
            number("value", value, out);
        }
    }
}

fn pair(key: &str, value: &str, out: &mut String) {
    begin(key, out);
    json::string(value, out);
}

/// A number of any size, not a string.
fn number(key: &str, value: &impl ToString, out: &mut String) {
    begin(key, out);
    out.push_str(&value.to_string());
}

fn begin(key: &str, out: &mut String) {
    if !out.ends_with('{') {
        out.push(',');
    }
    json::string(key, out);
    out.push(':');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Collection;
    use crate::query::Query;
    use crate::search::SearchQuery;

    #[test]
    fn what_is_wrong_with_a_search_is_told_with_its_place() {
        let big = format!("1{}", "0".repeat(40));
        for (query_string, code, payload) in [
            ("", 100, r#"{"field":"q"}"#.to_owned()),
            (
                "q=a&types=songs,x",
                100,
                r#"{"field":"types","value":"songs,x","column":7}"#.to_owned(),
            ),
            ("q=a&order=x", 100, r#"{"field":"x"}"#.to_owned()),
            (
                "q=a&explain=2",
                101,
                r#"{"field":"explain","value":"2"}"#.to_owned(),
            ),
            (
                "q=a&year=1990..x",
                101,
                r#"{"field":"year","value":"1990..x","column":7}"#.to_owned(),
            ),
            (
                "q=a+%22&strict=1",
                102,
                r#"{"field":"q","value":"a \"","column":3}"#.to_owned(),
            ),
            (
                &format!("q=a&limit={big}"),
                102,
                format!(r#"{{"field":"limit","value":{big}}}"#),
            ),
        ] {
            let error = ApiError::from(SearchQuery::parse(query_string).unwrap_err());
            let (told, _, status) = error.row();
            assert_eq!((told, status.as_u16()), (code, 400), "{query_string}");
            let rendered = error.render();
            let said = format!("\"payload\":{payload}");
            assert!(rendered.contains(&said), "{query_string}: {rendered}");
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(&rendered);
            assert!(parsed.is_ok(), "{rendered}");
        }
    }

    #[test]
    fn the_table_stands() {
        let parameter = |query_string: &str| {
            let parsed = Query::parse(Collection::Songs, query_string);
            ApiError::from(parsed.unwrap_err())
        };
        let not_found = ApiError::NotFound {
            path: "/a\"b".to_owned(),
        };
        let method = "POST".to_owned();
        let big = format!("-{}", "9".repeat(40));
        let negative = parameter(&format!("limit={big}"));
        for (error, code, status, key, message, payload) in [
            (ApiError::Unknown, 1, 500, "unknown", None, "{}".to_owned()),
            (
                ApiError::Unavailable,
                2,
                503,
                "unavailable",
                None,
                "{}".to_owned(),
            ),
            (ApiError::Busy, 2, 503, "unavailable", None, "{}".to_owned()),
            (
                not_found,
                4,
                404,
                "not_found",
                None,
                r#"{"path":"/a\"b"}"#.to_owned(),
            ),
            (
                ApiError::MethodNotAllowed { method },
                5,
                405,
                "method_not_allowed",
                None,
                r#"{"method":"POST"}"#.to_owned(),
            ),
            (
                ApiError::UriTooLong,
                6,
                414,
                "uri_too_long",
                None,
                "{}".to_owned(),
            ),
            (
                parameter("order=bogus"),
                100,
                400,
                "invalid_input_name",
                Some("Invalid order-by field 'bogus'"),
                r#"{"field":"bogus"}"#.to_owned(),
            ),
            (
                parameter("limit=abc"),
                101,
                400,
                "invalid_input_type",
                Some("Invalid field value for integer field limit: 'abc'"),
                r#"{"field":"limit","value":"abc"}"#.to_owned(),
            ),
            (
                parameter("album_id=bad"),
                101,
                400,
                "invalid_input_type",
                Some("Invalid field value for UUID field album_id: 'bad'"),
                r#"{"field":"album_id","value":"bad"}"#.to_owned(),
            ),
            (
                parameter("order=id&direction=ASC"),
                102,
                400,
                "invalid_input_value",
                Some("Invalid sort direction 'ASC'"),
                r#"{"direction":"ASC"}"#.to_owned(),
            ),
            (
                negative,
                102,
                400,
                "invalid_input_value",
                Some("The value of limit may not be negative"),
                format!(r#"{{"field":"limit","value":{big}}}"#),
            ),
        ] {
            let body: serde_json::Value = serde_json::from_str(&error.render()).unwrap();
            assert_eq!(error.row().2.as_u16(), status, "{error}");
            assert_eq!(body["success"], serde_json::Value::Null, "{error}");
            assert_eq!(body["warnings"], serde_json::json!([]), "{error}");
            let said = &body["errors"][0];
            assert_eq!(said["code"], code, "{error}");
            assert_eq!(said["message_key"], format!("avalon.service.error.{key}"));
            assert_eq!(said["message"], message.unwrap_or(&error.to_string()));
            assert_eq!(said["payload"].to_string(), payload, "{error}");
        }
    }
}
