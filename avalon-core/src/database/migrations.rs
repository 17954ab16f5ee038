//! The schema: how much of it a database has, and bringing it up to date.
//!
//! In: a connection, and for a change a transaction of the caller. Out: a [`SchemaState`], or the
//! current schema. What stays true: one program at a time changes the schema, and on PostgreSQL it
//! keeps readers waiting for no more than a second at a time while it waits for them.

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::result::{Error as DieselError, QueryResult};
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::{AnyConnection, Backend};
use super::error::DatabaseError;
use super::url::DatabaseUrl;

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Advisory lock that keeps two migrations of one PostgreSQL database apart ("avalon", 1).
const MIGRATION_LOCK: i64 = 0x6176_616c_6f6e_0001;

/// Which of the four tables of a library there are, a bit each in the order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tables(i64);

impl Tables {
    const NONE: Self = Self(0);
    const ALL: Self = Self(0b1111);

    /// The names of those that there are not.
    fn missing(self) -> String {
        let names = ["albums", "artists", "genres", "tracks"];
        let missing = (0..).zip(names).filter(|(bit, _)| self.0 >> bit & 1 == 0);
        let missing: Vec<&str> = missing.map(|(_, name)| name).collect();
        missing.join(", ")
    }
}

/// What a database has of our schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SchemaState {
    /// None of the four tables.
    Absent,
    /// Some of them, which nobody leaves behind on purpose: not to be taken for a library, nor to be made
    /// one of.
    Part(Tables),
    /// The four tables without what we add: made by the original, never scanned by us.
    Original,
    /// Of what we add, the disc.
    Disc,
    /// All columns that the server loads, and not all tables that the scanner reads.
    Details,
    /// The tables of the scanner, which do not say of roots whether links were followed.
    Memory,
    /// All columns and tables.
    Current,
}

impl AnyConnection {
    pub(super) fn schema_state(&mut self) -> QueryResult<SchemaState> {
        match &mut self.backend {
            Backend::Sqlite(c) => sqlite_schema_state(c),
            Backend::Postgres(c) => postgres_schema_state(c),
        }
    }
}

/// A library of which some tables are there and others are not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incomplete(Tables);

impl Incomplete {
    pub(super) fn of(self, url: &DatabaseUrl) -> DatabaseError {
        DatabaseError::Incomplete {
            url: url.to_string(),
            missing: self.0.missing(),
        }
    }
}

impl SchemaState {
    /// The state, unless it is a part of a library.
    pub(super) fn all_or_none(self) -> Result<Self, Incomplete> {
        match self {
            Self::Part(tables) => Err(Incomplete(tables)),
            state => Ok(state),
        }
    }
}

/// Why migrations failed: one of them, or the transaction around them, or there is a part of a library.
pub(super) enum MigrationFailure {
    Migration(Box<dyn std::error::Error + Send + Sync>),
    Transaction(DieselError),
    Incomplete(Incomplete),
}

impl MigrationFailure {
    pub(super) fn of(self, url: &DatabaseUrl) -> DatabaseError {
        DatabaseError::Migrate {
            url: url.to_string(),
            source: match self {
                Self::Migration(source) => source,
                Self::Transaction(source) => source.into(),
                Self::Incomplete(incomplete) => return incomplete.of(url),
            },
        }
    }
}

impl From<Incomplete> for MigrationFailure {
    fn from(incomplete: Incomplete) -> Self {
        Self::Incomplete(incomplete)
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
    let found = sqlite_found(c)?;
    found.state().all_or_none()?;
    let recorded: Vec<Recorded> = match found.is_recorded {
        true => diesel::sql_query(RECORDED).load(c)?,
        false => Vec::new(),
    };
    c.batch_execute(&found.repair(&recorded))?;
    let pending = c.run_pending_migrations(SQLITE_MIGRATIONS);
    pending.map(drop).map_err(MigrationFailure::Migration)
}

/// Whether a PostgreSQL database with some of our schema lacks some of it.
pub(super) fn postgres_lacks_migrations(c: &mut PgConnection) -> Result<bool, MigrationFailure> {
    if !postgres_repair(c)?.is_empty() {
        return Ok(true);
    }
    let pending = c.has_pending_migration(POSTGRES_MIGRATIONS);
    pending.map_err(MigrationFailure::Migration)
}

/// Lets the migrations run again whose tables somebody dropped, as on SQLite. Not where temporary tables
/// lie before those of the database.
pub(super) fn repair_postgres(c: &mut PgConnection) -> Result<(), MigrationFailure> {
    // An empty query would be an error.
    match postgres_repair(c)? {
        repair if repair.is_empty() => Ok(()),
        repair => Ok(c.batch_execute(&repair)?),
    }
}

fn postgres_repair(c: &mut PgConnection) -> Result<String, MigrationFailure> {
    let found = postgres_found(c)?;
    found.state().all_or_none()?;
    let recorded: Vec<Recorded> = match found.is_recorded {
        true => diesel::sql_query(RECORDED).load(c)?,
        false => Vec::new(),
    };
    Ok(found.repair(&recorded))
}

/// Runs the migrations that a PostgreSQL database lacks, inside the caller's transaction. Unless the
/// tables are the caller's own, it holds the locks of [`try_to_lock_migrations`] and, where there are
/// tables, of [`try_to_lock_tracks`].
pub(super) fn migrate_postgres(c: &mut PgConnection) -> Result<(), MigrationFailure> {
    let pending = c.run_pending_migrations(POSTGRES_MIGRATIONS);
    pending.map(drop).map_err(MigrationFailure::Migration)
}

/// Takes the last migration of a SQLite database back.
#[cfg(test)]
pub(super) fn revert_sqlite(c: &mut SqliteConnection) {
    c.revert_last_migration(SQLITE_MIGRATIONS).unwrap();
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// Tries to become the one program that migrates a PostgreSQL database, until the end of the
/// transaction.
pub(super) fn try_to_lock_migrations(c: &mut PgConnection) -> QueryResult<bool> {
    let answer: Taken = diesel::sql_query("SELECT pg_try_advisory_xact_lock($1) AS taken")
        .bind::<BigInt, _>(MIGRATION_LOCK)
        .get_result(c)?;
    Ok(answer.taken)
}

/// Tries for a second to get the lock that a change of the columns of `tracks` needs, until the end of
/// the transaction. Whoever wants to read the table meanwhile waits behind us, even if we wait
/// ourselves, so it must not be longer. PL/pgSQL, since diesel tells a timeout from other errors by
/// a translated text alone.
pub(super) fn try_to_lock_tracks(c: &mut PgConnection) -> QueryResult<bool> {
    try_to_lock(c, "LOCK TABLE tracks IN ACCESS EXCLUSIVE MODE")
}

/// [`try_to_lock_tracks`] where the other tables are emptied, too: no other writer of a row of any of
/// them is then waited for with the tracks locked. One that reads them alone does not notice.
pub(super) fn try_to_lock_library(c: &mut PgConnection) -> QueryResult<bool> {
    try_to_lock(
        c,
        "LOCK TABLE albums, artists, genres IN EXCLUSIVE MODE;
         LOCK TABLE tracks IN ACCESS EXCLUSIVE MODE",
    )
}

fn try_to_lock(c: &mut PgConnection, locks: &'static str) -> QueryResult<bool> {
    c.batch_execute(&format!(
        "SET LOCAL avalon.is_locked = 'f';
         SET LOCAL lock_timeout = '1s';
         DO $$ BEGIN
             {locks};
             SET LOCAL avalon.is_locked = 't';
         EXCEPTION WHEN lock_not_available THEN NULL;
         END $$;
         SET LOCAL lock_timeout TO DEFAULT"
    ))?;
    let answer: Taken =
        diesel::sql_query("SELECT current_setting('avalon.is_locked')::boolean AS taken")
            .get_result(c)?;
    Ok(answer.taken)
}

#[derive(QueryableByName)]
struct Found {
    /// As of [`Tables`].
    #[diesel(sql_type = BigInt)]
    tables: i64,
    #[diesel(sql_type = Bool)]
    disc: bool,
    #[diesel(sql_type = Bool)]
    format: bool,
    #[diesel(sql_type = BigInt)]
    memory: i64,
    #[diesel(sql_type = Bool)]
    links: bool,
    #[diesel(sql_type = Bool)]
    is_recorded: bool,
}

/// A migration that is done, as diesel remembers it.
#[derive(QueryableByName)]
struct Recorded {
    #[diesel(sql_type = Text)]
    version: String,
}

const RECORDED: &str = "SELECT version FROM __diesel_schema_migrations";

impl Found {
    /// Statements that take back the record of migrations of which the tables or columns are gone, so
    /// that they run again. The scanner's tables are one memory, of one library: where a part of it is
    /// gone, the rest is worth nothing. Tables that no migration made are let alone.
    fn repair(&self, recorded: &[Recorded]) -> String {
        let has_tables = Tables(self.tables) == Tables::ALL;
        let is_library = has_tables && self.disc && self.format;
        let is_memory = is_library && self.memory == 4;
        let mut repair = String::new();
        for Recorded { version } in recorded {
            let is_there = match version.as_str() {
                "20261121000001" => has_tables,
                "20261121000002" => self.disc,
                "20261121000003" | "20261121000005" => self.format,
                "20261121000004" | "20261121000006" => is_memory,
                "20261121000007" => is_memory && self.links,
                _ => true,
            };
            if is_there {
                continue;
            }
            if version == "20261121000004" {
                for table in ["files", "scan_roots", "scan_issues", "scans"] {
                    repair += &format!("DROP TABLE IF EXISTS {table};");
                }
            }
            repair +=
                &format!("DELETE FROM __diesel_schema_migrations WHERE version = '{version}';");
        }
        repair
    }

    fn state(&self) -> SchemaState {
        match Tables(self.tables) {
            Tables::NONE => return SchemaState::Absent,
            Tables::ALL => {}
            part => return SchemaState::Part(part),
        }
        match (self.disc, self.format, self.memory, self.links) {
            (true, true, 4, true) => SchemaState::Current,
            (true, true, 4, false) => SchemaState::Memory,
            (true, true, _, _) => SchemaState::Details,
            (true, false, _, _) => SchemaState::Disc,
            (false, _, _, _) => SchemaState::Original,
        }
    }
}

pub(super) fn sqlite_schema_state(c: &mut SqliteConnection) -> QueryResult<SchemaState> {
    Ok(sqlite_found(c)?.state())
}

pub(super) fn postgres_schema_state(c: &mut PgConnection) -> QueryResult<SchemaState> {
    Ok(postgres_found(c)?.state())
}

fn sqlite_found(c: &mut SqliteConnection) -> QueryResult<Found> {
    diesel::sql_query(
        "SELECT (SELECT coalesce(sum(CASE name WHEN 'albums' THEN 1 WHEN 'artists' THEN 2 \
                    WHEN 'genres' THEN 4 WHEN 'tracks' THEN 8 ELSE 0 END), 0) FROM sqlite_master \
                  WHERE type IN ('table', 'view')) AS tables, \
                EXISTS (SELECT 1 FROM pragma_table_info('tracks') WHERE name = 'disc') AS disc, \
                EXISTS (SELECT 1 FROM pragma_table_info('tracks') WHERE name = 'format') AS format, \
                (SELECT count(*) FROM sqlite_master WHERE type = 'table' \
                  AND name IN ('files', 'scan_roots', 'scan_issues', 'scans')) AS memory, \
                EXISTS (SELECT 1 FROM pragma_table_info('scan_roots') \
                  WHERE name = 'follows_links') AS links, \
                EXISTS (SELECT 1 FROM sqlite_master \
                  WHERE name = '__diesel_schema_migrations') AS is_recorded",
    )
    .get_result(c)
}

fn postgres_found(c: &mut PgConnection) -> QueryResult<Found> {
    diesel::sql_query(
        "SELECT (SELECT coalesce(sum(bit), 0) FROM (VALUES ('albums', 1), ('artists', 2), \
                    ('genres', 4), ('tracks', 8)) AS wanted (name, bit) \
                  WHERE to_regclass(name) IS NOT NULL) AS tables, \
                EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('tracks') \
                  AND attname = 'disc' AND NOT attisdropped) AS disc, \
                EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('tracks') \
                  AND attname = 'format' AND NOT attisdropped) AS format, \
                (SELECT count(*) FROM (VALUES ('files'), ('scan_roots'), ('scan_issues'), ('scans')) \
                  AS wanted (name) WHERE to_regclass(name) IS NOT NULL) AS memory, \
                EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('scan_roots') \
                  AND attname = 'follows_links' AND NOT attisdropped) AS links, \
                to_regclass('__diesel_schema_migrations') IS NOT NULL AS is_recorded",
    )
    .get_result(c)
}
