//! Opening a database: SQLite or PostgreSQL by its URL, for the scanner or for the server.
//!
//! In: a [`DatabaseUrl`]. Out: an [`AnyConnection`] whose schema is as its user needs it. The
//! scanner writes and so migrates; the server only reads, and makes the schema only where there is
//! none at all, so that read permission is enough for it otherwise.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::result::{Error as DieselError, QueryResult};
use diesel::sql_types::{BigInt, Bool};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::error::DatabaseError;
use super::file;
use super::url::{DatabaseUrl, PostgresParameters};

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// How long a SQLite connection waits for another's lock. A scan's commit of a large library
/// shuts readers out for seconds; an error after less would help nobody.
const BUSY_TIMEOUT: Duration = Duration::from_secs(60);

/// The size of the pages of a new SQLite file, in bytes (one that is there keeps its own): a library
/// is written and read whole, and large pages mean fewer calls and splits.
const PAGE: u32 = 16 << 10;

/// Advisory lock that keeps two migrations of one PostgreSQL database apart ("avalon", 1).
const MIGRATION_LOCK: i64 = 0x6176_616c_6f6e_0001;

/// A connection to either backend.
pub struct AnyConnection {
    pub(super) url: DatabaseUrl,
    pub(super) backend: Backend,
}

/// The connection itself. Only this folder matches on it.
pub(super) enum Backend {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// What a database has of our schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SchemaState {
    /// Not all of the four tables.
    Absent,
    /// The four tables without what we add: made by the original, never scanned by us.
    Original,
    /// All columns that the server loads.
    Current,
}

/// Opens the database for a scan. Nothing is written yet: [`update`](super::update())
/// brings the schema up to date, on SQLite in the transaction that writes the library (a scan that is
/// refused leaves no trace), on PostgreSQL in a short one before it. That the file may be written is found out now all the same, before hours of reading.
///
/// # Errors
/// Cannot be opened or reached, may not be written, or is no database.
pub fn open_for_scan(url: &DatabaseUrl) -> Result<AnyConnection, DatabaseError> {
    let mut connection = AnyConnection::connect(url)?;
    if let Backend::Sqlite(sqlite) = &mut connection.backend {
        // A cache that spills takes the exclusive lock in mid-write: readers would be shut out
        // for the length of the whole write instead of that of the commit.
        let ready = sqlite
            .batch_execute("PRAGMA cache_spill = OFF; PRAGMA foreign_keys = OFF")
            .and_then(|()| try_to_write(sqlite));
        ready.map_err(|source: DieselError| DatabaseError::Write {
            url: url.to_string(),
            source,
        })?;
    }
    Ok(connection)
}

/// Writes a page in a transaction that is rolled back, since SQLite opens a file that it may not
/// write without a word, and finds out about the folder, where its journal lies, only then.
fn try_to_write(sqlite: &mut SqliteConnection) -> QueryResult<()> {
    let tried = sqlite.immediate_transaction(|c| {
        c.batch_execute("PRAGMA user_version = 1")?;
        Err(DieselError::RollbackTransaction)
    });
    match tried {
        Err(DieselError::RollbackTransaction) => Ok(()),
        tried => tried,
    }
}

/// Opens the database for reading. Nothing is written unless there is no schema, which is then
/// made; a database of the original stays as it is.
///
/// # Errors
/// Cannot be opened or reached, is no database, or has no schema and may not be written.
pub fn open_for_server(url: &DatabaseUrl) -> Result<AnyConnection, DatabaseError> {
    let mut connection = AnyConnection::connect(url)?;
    match connection.schema_state() {
        Ok(SchemaState::Absent) => connection.migrate()?,
        Ok(SchemaState::Original | SchemaState::Current) => {}
        Err(source) => return Err(connection.read_error(source)),
    }
    Ok(connection)
}

impl AnyConnection {
    /// The largest number that a column (track, year, length, disc) holds.
    pub fn largest_number(&self) -> i64 {
        match self.backend {
            Backend::Sqlite(_) => i64::MAX,
            Backend::Postgres(_) => i32::MAX.into(),
        }
    }

    fn connect(url: &DatabaseUrl) -> Result<Self, DatabaseError> {
        let backend = match url {
            DatabaseUrl::SqliteMemory => sqlite(url, ":memory:")?,
            DatabaseUrl::SqliteFile(path) => {
                let text = file::utf8(url, path)?;
                // SQLite would take a relative name that begins with `file:` for a URI.
                match path.is_absolute() {
                    true => sqlite(url, text)?,
                    false => sqlite(url, &format!("./{text}"))?,
                }
            }
            DatabaseUrl::SqliteDefault(path) => {
                file::make_default_folder(url)?;
                sqlite(url, file::utf8(url, path)?)?
            }
            DatabaseUrl::Postgres(parameters) => postgres(url, parameters)?,
        };
        Ok(Self {
            url: url.clone(),
            backend,
        })
    }

    /// Runs the migrations that the database lacks, all or none.
    fn migrate(&mut self) -> Result<(), DatabaseError> {
        let migrated = match &mut self.backend {
            Backend::Sqlite(c) => c.immediate_transaction(migrate_sqlite),
            Backend::Postgres(c) => c.transaction(migrate_postgres),
        };
        migrated.map_err(|failure| failure.of(&self.url))
    }

    pub(super) fn schema_state(&mut self) -> QueryResult<SchemaState> {
        match &mut self.backend {
            Backend::Sqlite(c) => sqlite_schema_state(c),
            Backend::Postgres(c) => postgres_schema_state(c),
        }
    }

    /// What a failed read means: most often what the driver says; but where an interrupted write
    /// has left its journal and we may not roll it back, SQLite's words would help nobody. A journal
    /// alone says nothing: every write that is under way has one.
    pub(super) fn read_error(&self, source: DieselError) -> DatabaseError {
        match self.url.sqlite_path() {
            Some(path) if is_refused_rollback(&source) && has_journal(path) => {
                DatabaseError::HotJournal {
                    path: path.to_owned(),
                    source,
                }
            }
            _ => DatabaseError::Read {
                url: self.url.to_string(),
                source,
            },
        }
    }
}

impl fmt::Debug for AnyConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyConnection({})", self.url)
    }
}

/// Why migrations failed: one of them, or the transaction around them.
pub(super) enum MigrationFailure {
    Migration(Box<dyn std::error::Error + Send + Sync>),
    Transaction(DieselError),
}

impl MigrationFailure {
    pub(super) fn of(self, url: &DatabaseUrl) -> DatabaseError {
        DatabaseError::Migrate {
            url: url.to_string(),
            source: match self {
                Self::Migration(source) => source,
                Self::Transaction(source) => source.into(),
            },
        }
    }
}

impl From<DieselError> for MigrationFailure {
    fn from(error: DieselError) -> Self {
        Self::Transaction(error)
    }
}

/// Runs the migrations that a SQLite database lacks. The caller holds its write lock, so that two
/// programs that start at once on an empty database do it one after the other.
pub(super) fn migrate_sqlite(c: &mut SqliteConnection) -> Result<(), MigrationFailure> {
    let pending = c.run_pending_migrations(SQLITE_MIGRATIONS);
    pending.map(drop).map_err(MigrationFailure::Migration)
}

/// Runs the migrations that a PostgreSQL database lacks, inside the caller's transaction and one
/// program at a time.
pub(super) fn migrate_postgres(c: &mut PgConnection) -> Result<(), MigrationFailure> {
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<BigInt, _>(MIGRATION_LOCK)
        .execute(c)?;
    let pending = c.run_pending_migrations(POSTGRES_MIGRATIONS);
    pending.map(drop).map_err(MigrationFailure::Migration)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    tables: i64,
    #[diesel(sql_type = Bool)]
    disc: bool,
}

impl Found {
    fn state(&self) -> SchemaState {
        match (self.tables, self.disc) {
            (4, true) => SchemaState::Current,
            (4, false) => SchemaState::Original,
            _ => SchemaState::Absent,
        }
    }
}

pub(super) fn sqlite_schema_state(c: &mut SqliteConnection) -> QueryResult<SchemaState> {
    let found: Found = diesel::sql_query(
        "SELECT (SELECT count(*) FROM sqlite_master WHERE type IN ('table', 'view') \
                  AND name IN ('albums', 'artists', 'genres', 'tracks')) AS tables, \
                EXISTS (SELECT 1 FROM pragma_table_info('tracks') WHERE name = 'disc') AS disc",
    )
    .get_result(c)?;
    Ok(found.state())
}

pub(super) fn postgres_schema_state(c: &mut PgConnection) -> QueryResult<SchemaState> {
    let found: Found = diesel::sql_query(
        "SELECT (SELECT count(*) FROM (VALUES ('albums'), ('artists'), ('genres'), ('tracks')) \
                  AS wanted (name) WHERE to_regclass(name) IS NOT NULL) AS tables, \
                EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('tracks') \
                  AND attname = 'disc' AND NOT attisdropped) AS disc",
    )
    .get_result(c)?;
    Ok(found.state())
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
    let settings = format!(
        "PRAGMA busy_timeout = {}; PRAGMA page_size = {PAGE}",
        BUSY_TIMEOUT.as_millis()
    );
    let set = connection.batch_execute(&settings);
    set.map_err(|error| refused(error.to_string()))?;
    Ok(Backend::Sqlite(connection))
}

pub(super) fn postgres(
    url: &DatabaseUrl,
    parameters: &PostgresParameters,
) -> Result<Backend, DatabaseError> {
    match PgConnection::establish(&parameters.connection_string()) {
        Ok(connection) => Ok(Backend::Postgres(connection)),
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

    use super::super::samples::{ORIGINAL, Place};
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let url = DatabaseUrl::parse("sqlite:////no/such/folder/avalon.sqlite").unwrap();
        let error = open_for_server(&url).unwrap_err().to_string();
        assert!(
            error.contains("there is no folder /no/such/folder"),
            "{error}"
        );
    }

    #[test]
    fn the_default_databases_folder_is_made() {
        let place = Place::new();
        let path = place.path().with_file_name("share").join("avalon.sqlite");
        open_for_server(&DatabaseUrl::SqliteDefault(path.clone())).unwrap();
        assert!(path.is_file());
    }

    #[cfg(unix)]
    #[test]
    fn a_default_folder_that_is_not_utf8_is_refused_and_not_made() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;

        let place = Place::new();
        let folder = place.path().with_file_name(OsStr::from_bytes(b"share\xff"));
        let url = DatabaseUrl::SqliteDefault(folder.join("avalon.sqlite"));
        for opened in [open_for_server(&url), open_for_scan(&url)] {
            let error = opened.unwrap_err().to_string();
            assert!(
                error.contains("is not UTF-8") && error.contains("share\\xFF"),
                "{error}"
            );
        }
        assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 0);
    }

    #[test]
    fn only_a_refused_rollback_beside_a_journal_means_a_killed_program() {
        let place = Place::new();
        let link = place.path().with_file_name("link.sqlite");
        let connection = open_for_server(&place.url()).unwrap();
        std::os::unix::fs::symlink(place.path(), &link).unwrap();
        let by_link = open_for_server(&DatabaseUrl::SqliteFile(link)).unwrap();
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
            for connection in [&connection, &by_link] {
                let error = match words {
                    Some(words) => DieselError::DatabaseError(
                        DatabaseErrorKind::Unknown,
                        Box::new(words.to_owned()),
                    ),
                    None => DieselError::DeserializationError("no id".into()),
                };
                let said = connection.read_error(error);
                let said_hot = matches!(said, DatabaseError::HotJournal { .. });
                assert_eq!(said_hot, is_hot, "{row}: {said}");
            }
        }
    }

    #[test]
    fn a_file_that_is_no_database_is_an_error_that_names_it() {
        let place = Place::new();
        fs::write(place.path(), "this is a shopping list, not a database").unwrap();
        for opened in [open_for_server(&place.url()), open_for_scan(&place.url())] {
            let error = opened.unwrap_err();
            assert!(error.to_string().contains("avalon.sqlite"), "{error}");
        }
    }

    #[test]
    fn a_file_that_may_not_be_written_is_refused_before_the_scan() {
        let place = Place::new();
        place.run(ORIGINAL);
        // As to a user without permission, who tests that run as root are not.
        let url = format!("file:{}?mode=ro", place.path().display());
        let mut sqlite = SqliteConnection::establish(&url).unwrap();
        let error = try_to_write(&mut sqlite).unwrap_err().to_string();
        assert!(error.contains("readonly"), "{error}");
    }

    #[test]
    fn opening_for_a_scan_writes_nothing() {
        let place = Place::new();
        place.run(ORIGINAL);
        let before = fs::read(place.path()).unwrap();
        open_for_scan(&place.url()).unwrap();
        assert_eq!(fs::read(place.path()).unwrap(), before);
    }

    #[test]
    fn migrations_run_once() {
        let place = Place::new();
        for _ in 0..2 {
            let mut connection = open_for_scan(&place.url()).unwrap();
            connection.migrate().unwrap();
            assert_eq!(connection.schema_state(), Ok(SchemaState::Current));
        }
    }
}
