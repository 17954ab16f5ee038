//! A connection to a database: SQLite or PostgreSQL by its URL.
//!
//! In: a [`DatabaseUrl`]. Out: an [`AnyConnection`], or why there is none. Nothing is written, but a
//! SQLite file that does not exist is made, unless it is opened to be read only.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::result::{Error as DieselError, QueryResult};
use diesel::sqlite::SqliteConnection;

use super::error::DatabaseError;
use super::file::{self, Identity, Made};
use super::scan_lock::ScanLock;
use super::url::{DatabaseUrl, PostgresParameters};

/// How long a SQLite connection waits for another's lock. A scan's commit of a large library
/// shuts readers out for seconds; an error after less would help nobody.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(60);

/// The size of the pages of a new SQLite file, in bytes (one that is there keeps its own). A first scan
/// of many files is a tenth faster than with SQLite's 4 KiB, and no slower than with 16 KiB, with which
/// changes that lie far apart hold twice the memory until the commit.
const PAGE: u32 = 8 << 10;

/// A connection to either backend.
pub struct AnyConnection {
    pub(super) url: DatabaseUrl,
    pub(super) backend: Backend,
    /// The file of a SQLite database, if it is certain which one that is.
    pub(super) file: Option<Identity>,
    /// What a scan made; dropped before its lock.
    pub(super) made: Made,
    /// Of a connection that scans; on PostgreSQL the session itself holds the lock.
    pub(super) lock: Option<ScanLock>,
}

/// The connection itself. Only this folder matches on it.
pub(super) enum Backend {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl AnyConnection {
    /// Connects to be able to write.
    pub(super) fn connect(url: &DatabaseUrl) -> Result<Self, DatabaseError> {
        file::make_default_folder(url)?;
        let before = identity(url);
        let backend = match url {
            DatabaseUrl::SqliteMemory => sqlite(url, ":memory:")?,
            DatabaseUrl::SqliteFile(path) | DatabaseUrl::SqliteDefault(path) => {
                let text = file::utf8(url, path)?;
                // SQLite would take a relative name that begins with `file:` for a URI.
                match path.is_absolute() {
                    true => sqlite(url, text)?,
                    false => sqlite(url, &format!("./{text}"))?,
                }
            }
            DatabaseUrl::Postgres(parameters) => Backend::Postgres(postgres(url, parameters)?),
        };
        Ok(Self {
            url: url.clone(),
            backend,
            file: before.filter(|before| identity(url) == Some(*before)),
            made: Made::default(),
            lock: None,
        })
    }

    /// Connects to a database that was there before: a SQLite file that is gone is an error, and none is
    /// made. It may be written as far as the system allows, so that SQLite can roll an interrupted
    /// write back.
    pub(super) fn connect_again(url: &DatabaseUrl) -> Result<Self, DatabaseError> {
        let Some(path) = url.sqlite_path() else {
            return Self::connect(url);
        };
        let uri = file::existing_uri(file::utf8(url, path)?);
        let before = identity(url);
        let backend = sqlite(url, &uri).map_err(|error| match path.try_exists() {
            Ok(false) if file::missing_folder(path).is_none() => DatabaseError::Connect {
                url: url.to_string(),
                reason: "there is no such file".to_owned(),
            },
            _ => error,
        })?;
        Ok(Self {
            url: url.clone(),
            backend,
            file: before.filter(|before| identity(url) == Some(*before)),
            made: Made::default(),
            lock: None,
        })
    }

    /// Connects to read only; `None` where there is no SQLite file.
    pub(super) fn connect_to_read(url: &DatabaseUrl) -> Result<Option<Self>, DatabaseError> {
        let backend = match url {
            DatabaseUrl::SqliteMemory => return Ok(None),
            DatabaseUrl::SqliteFile(path) | DatabaseUrl::SqliteDefault(path) => {
                let uri = file::read_only_uri(file::utf8(url, path)?);
                if let Some(reason) = file::missing_folder(path) {
                    // Only the default one would be made.
                    return match url {
                        DatabaseUrl::SqliteDefault(_) => Ok(None),
                        _ => Err(DatabaseError::Connect {
                            url: url.to_string(),
                            reason,
                        }),
                    };
                }
                if path.try_exists().is_ok_and(|exists| !exists) {
                    return Ok(None);
                }
                sqlite(url, &uri)?
            }
            DatabaseUrl::Postgres(parameters) => Backend::Postgres(postgres(url, parameters)?),
        };
        Ok(Some(Self {
            url: url.clone(),
            backend,
            // Nobody loads by it.
            file: None,
            made: Made::default(),
            lock: None,
        }))
    }
}

impl fmt::Debug for AnyConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyConnection({})", self.url)
    }
}

fn identity(url: &DatabaseUrl) -> Option<Identity> {
    Identity::of(url).ok().flatten()
}

fn sqlite(url: &DatabaseUrl, path: &str) -> Result<Backend, DatabaseError> {
    let refused = |reason: String| DatabaseError::Connect {
        url: url.to_string(),
        reason,
    };
    let mut connection = SqliteConnection::establish(path).map_err(|error| {
        let missing = url.sqlite_path().and_then(file::missing_folder);
        refused(missing.unwrap_or_else(|| error.to_string()))
    })?;
    set_busy_timeout(&mut connection, BUSY_TIMEOUT)
        .and_then(|()| connection.batch_execute(&format!("PRAGMA page_size = {PAGE}")))
        .map_err(|error| refused(error.to_string()))?;
    Ok(Backend::Sqlite(connection))
}

fn postgres(
    url: &DatabaseUrl,
    parameters: &PostgresParameters,
) -> Result<PgConnection, DatabaseError> {
    match PgConnection::establish(&parameters.connection_string()) {
        Ok(connection) => Ok(connection),
        Err(error) => {
            let said = parameters.without_secrets(error.to_string().trim());
            let reason = match said.contains("SSL support is not compiled in") {
                true => format!("{said}: build with --features postgres-tls"),
                false => said,
            };
            Err(DatabaseError::Connect {
                url: url.to_string(),
                reason,
            })
        }
    }
}

/// Sets how long a SQLite connection waits for a lock before it says that the database is locked.
pub(super) fn set_busy_timeout(c: &mut SqliteConnection, timeout: Duration) -> QueryResult<()> {
    c.batch_execute(&format!("PRAGMA busy_timeout = {}", timeout.as_millis()))
}

/// Whether a statement of SQLite failed for nothing but another's lock. diesel keeps its words and
/// not its codes.
pub(super) fn is_busy(error: &DieselError) -> bool {
    matches!(error, DieselError::DatabaseError(_, said) if said.message() == "database is locked")
}

/// What a failed read means: most often what the driver says; but where an interrupted write
/// has left its journal and we may not roll it back, SQLite's words would help nobody. A journal
/// alone says nothing: every write that is under way has one.
pub(super) fn read_error(url: &DatabaseUrl, source: DieselError) -> DatabaseError {
    match url.sqlite_path() {
        Some(path) if is_refused_rollback(&source) && has_journal(path) => {
            DatabaseError::HotJournal {
                path: path.to_owned(),
                source,
            }
        }
        _ => DatabaseError::Read {
            url: url.to_string(),
            source,
        },
    }
}

/// Whether a failed read may mean that a rollback was needed and not permitted. diesel keeps
/// SQLite's words and not its codes: those of SQLITE_READONLY (the file), SQLITE_CANTOPEN (the
/// journal), SQLITE_PERM, and SQLITE_IOERR (the journal in a folder where nothing may be removed).
fn is_refused_rollback(error: &DieselError) -> bool {
    let DieselError::DatabaseError(_, said) = error else {
        return false;
    };
    [
        "attempt to write a readonly database",
        "unable to open database file",
        "access permission denied",
        "disk I/O error",
    ]
    .contains(&said.message())
}

/// Whether a rollback journal with content lies beside the file.
fn has_journal(path: &Path) -> bool {
    fs::metadata(file::beside(path, "-journal")).is_ok_and(|metadata| metadata.len() > 0)
}

#[cfg(test)]
mod tests {
    use diesel::result::DatabaseErrorKind;

    use super::super::samples::Place;
    use super::*;

    #[test]
    fn only_a_refused_rollback_beside_a_journal_means_a_killed_program() {
        let place = Place::new();
        let link = place.path().with_file_name("link.sqlite");
        place.run("SELECT 1");
        std::os::unix::fs::symlink(place.path(), &link).unwrap();
        let by_link = DatabaseUrl::SqliteFile(link);
        let journal = file::beside(&place.path(), "-journal");
        let read_only = "attempt to write a readonly database";
        for (row, content, words, is_hot) in [
            ("no journal", None, Some(read_only), false),
            ("an empty journal", Some(""), Some(read_only), false),
            ("a read-only file", Some("x"), Some(read_only), true),
            (
                "a read-only folder",
                Some("x"),
                Some("unable to open database file"),
                true,
            ),
            ("nothing removed", Some("x"), Some("disk I/O error"), true),
            ("a live scan", Some("x"), Some("database is locked"), false),
            ("a bad id", Some("x"), None, false),
        ] {
            if let Some(content) = content {
                fs::write(&journal, content).unwrap();
            }
            for url in [&place.url(), &by_link] {
                let error = match words {
                    Some(words) => DieselError::DatabaseError(
                        DatabaseErrorKind::Unknown,
                        Box::new(words.to_owned()),
                    ),
                    None => DieselError::DeserializationError("no id".into()),
                };
                let said = read_error(url, error);
                let said_hot = matches!(said, DatabaseError::HotJournal { .. });
                assert_eq!(said_hot, is_hot, "{row}: {said}");
            }
        }
    }
}
