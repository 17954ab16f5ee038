//! Whether a PostgreSQL database can hold every name.
//!
//! In: a session. Out: nothing, or an error that says what to do. A database in LATIN1 would refuse the
//! first name beyond it, after hours of reading perhaps; SQLite has Unicode always.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::connection::read_error;
use super::error::DatabaseError;
use super::url::DatabaseUrl;

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// Refuses a database whose encoding lacks characters.
///
/// # Errors
/// [`DatabaseError::Encoding`]; or it cannot be read.
pub(super) fn require_unicode(
    url: &DatabaseUrl,
    c: &mut PgConnection,
) -> Result<(), DatabaseError> {
    let setting: Setting = diesel::sql_query("SELECT current_setting('server_encoding') AS value")
        .get_result(c)
        .map_err(|source| read_error(url, source))?;
    match holds_every_name(&setting.value) {
        true => Ok(()),
        false => Err(DatabaseError::Encoding {
            url: url.to_string(),
            encoding: setting.value,
        }),
    }
}

/// SQL_ASCII takes bytes as they come.
fn holds_every_name(encoding: &str) -> bool {
    matches!(encoding, "UTF8" | "SQL_ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unicode_and_plain_bytes_hold_every_name() {
        for (encoding, holds) in [
            ("UTF8", true),
            ("SQL_ASCII", true),
            ("LATIN1", false),
            ("EUC_JP", false),
        ] {
            assert_eq!(holds_every_name(encoding), holds, "{encoding}");
        }
    }
}
