//! API errors: one table of code, message key and status.
//!
//! In: what went wrong. Out: its row of the table, and its JSON in the envelope. Codes and keys are
//! the original's up to 3 and from 100 on; 4 to 6 are ours (contract, D1, D2, D7).

use hyper::StatusCode;
use thiserror::Error;

use super::json;
use crate::query::ParamError;

/// Every error that a client can be told.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ApiError {
    /// A bug of ours; the log and Sentry know more than the client is told.
    #[error("An unknown error occurred; it has been logged")]
    Unknown,
    /// The library is not loaded yet, or what only single songs tell.
    #[error("This part of the music library is still being loaded: try again in a moment")]
    Unavailable,
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
}

impl ApiError {
    /// The row of the table: code, message key, status.
    pub fn row(&self) -> (u16, &'static str, StatusCode) {
        match self {
            Self::Unknown => (
                1,
                "avalon.service.error.unknown",
                StatusCode::INTERNAL_SERVER_ERROR,
            ),
            Self::Unavailable => (
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
            Self::Parameter(ParamError::Order { .. }) => (
                100,
                "avalon.service.error.invalid_input_name",
                StatusCode::BAD_REQUEST,
            ),
            Self::Parameter(ParamError::Uuid { .. } | ParamError::Integer { .. }) => (
                101,
                "avalon.service.error.invalid_input_type",
                StatusCode::BAD_REQUEST,
            ),
            Self::Parameter(ParamError::Direction { .. } | ParamError::Negative { .. }) => (
                102,
                "avalon.service.error.invalid_input_value",
                StatusCode::BAD_REQUEST,
            ),
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
        let mut pair = |key: &str, value: &str| {
            if !out.ends_with('{') {
                out.push(',');
            }
            json::string(key, out);
            out.push(':');
            json::string(value, out);
        };
        match self {
            Self::Unknown | Self::Unavailable | Self::UriTooLong => {}
            Self::NotFound { path } => pair("path", path),
            Self::MethodNotAllowed { method } => pair("method", method),
            Self::Parameter(ParamError::Order { field }) => pair("field", field),
            Self::Parameter(ParamError::Direction { direction }) => pair("direction", direction),
            Self::Parameter(
                ParamError::Uuid { field, value } | ParamError::Integer { field, value },
            ) => {
                pair("field", field);
                pair("value", value);
            }
            Self::Parameter(ParamError::Negative { field, value }) => {
                pair("field", field);
                // A number of any size, not a string.
                out.push_str(&format!(",\"value\":{value}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Collection;
    use crate::query::Query;

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
