//! A database for one test, on either backend, and what stands in it.
//!
//! In: nothing. Out: a URL for the programs, and the four tables of the original as plain text and
//! numbers, read by SQL that knows nothing of our crates, so that both sides of a claim differ.

use std::fs;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::deserialize::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection, sql_query};
use tempfile::TempDir;

use super::postgres::PostgresDatabase;

/// Makes of each function over a `&Database` two tests: `sqlite::<name>` and `postgres::<name>`.
macro_rules! on_each_backend {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                super::$name(&crate::support::Database::sqlite());
            })+
        }
        mod postgres {
            $(#[test]
            fn $name() {
                if let Some(database) = crate::support::Database::postgres() {
                    super::$name(&database);
                }
            })+
        }
    };
}
pub(crate) use on_each_backend;

/// A database of one test, gone with the value.
#[derive(Debug)]
pub(crate) enum Database {
    /// A file in a folder of its own, which does not exist until somebody opens it.
    Sqlite(TempDir),
    /// A database of the throw-away server.
    Postgres(PostgresDatabase),
}

/// A row of `albums`, `artists` or `genres`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, QueryableByName)]
pub(crate) struct Entity {
    /// 32 hexadecimal digits.
    #[diesel(sql_type = Text)]
    pub(crate) id: String,
    /// As the tags spell it.
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) name: Option<String>,
}

/// A row of `tracks`, as far as the original knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, QueryableByName)]
pub(crate) struct Track {
    #[diesel(sql_type = Text)]
    pub(crate) id: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) name: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(crate) length: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(crate) track: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(crate) year: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) album_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) artist_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) genre_id: Option<String>,
}

/// The four tables, each sorted by id: equal exactly if the databases tell the original the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Library {
    pub(crate) albums: Vec<Entity>,
    pub(crate) artists: Vec<Entity>,
    pub(crate) genres: Vec<Entity>,
    pub(crate) tracks: Vec<Track>,
}

/// A lock on the tracks, released when dropped.
pub(crate) struct Lock {
    _opened: Opened,
}

/// A connection to either.
enum Opened {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

#[derive(QueryableByName)]
struct OneText {
    #[diesel(sql_type = Text)]
    text: String,
}

impl Database {
    /// A SQLite file that does not exist yet, in a folder that every user may enter.
    pub(crate) fn sqlite() -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::Builder::new()
            .prefix("avalon-database-")
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()
            .unwrap();
        Self::Sqlite(folder)
    }

    /// A copy of the SQLite file at `path`.
    pub(crate) fn sqlite_copy_of(path: &Path) -> Self {
        let database = Self::sqlite();
        // Bytes and not permissions, which may forbid writing.
        fs::write(database.file(), fs::read(path).unwrap()).unwrap();
        database
    }

    /// An empty database of the throw-away server; `None` (and a loud line) where there is none.
    pub(crate) fn postgres() -> Option<Self> {
        PostgresDatabase::create().map(Self::Postgres)
    }

    /// An empty database on a throw-away server of its own, which the test may kill; `None` as of
    /// [`postgres`](Self::postgres).
    pub(crate) fn postgres_alone() -> Option<Self> {
        PostgresDatabase::create_alone().map(Self::Postgres)
    }

    /// Its URL, as an operator writes it.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(_) => format!("sqlite:///{}", self.file().display()),
            Self::Postgres(database) => database.url(),
        }
    }

    /// The path of the SQLite file.
    pub(crate) fn file(&self) -> PathBuf {
        match self {
            Self::Sqlite(folder) => folder.path().join("avalon.sqlite"),
            Self::Postgres(_) => panic!("a database on a server has no file"),
        }
    }

    /// Runs statements.
    pub(crate) fn execute(&self, sql: &str) {
        match self.open() {
            Opened::Sqlite(mut connection) => connection.batch_execute(sql),
            Opened::Postgres(mut connection) => connection.batch_execute(sql),
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The rows of a SELECT with one column of text, which must be called `text`.
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        let rows: Vec<OneText> = self.query(sql);
        rows.into_iter().map(|row| row.text).collect()
    }

    /// All that the original would read from it.
    pub(crate) fn library(&self) -> Library {
        let entities = |table: &str| {
            let mut rows: Vec<Entity> =
                self.query(&format!("SELECT {} AS id, name FROM {table}", hex("id")));
            rows.sort();
            rows
        };
        let integer = |column: &str| format!("CAST({column} AS BIGINT) AS {column}");
        let reference = |column: &str| format!("{} AS {column}", hex(column));
        let mut tracks: Vec<Track> = self.query(&format!(
            "SELECT {}, name, {}, {}, {}, {}, {}, {} FROM tracks",
            reference("id"),
            integer("length"),
            integer("track"),
            integer("year"),
            reference("album_id"),
            reference("artist_id"),
            reference("genre_id"),
        ));
        tracks.sort();
        Library {
            albums: entities("albums"),
            artists: entities("artists"),
            genres: entities("genres"),
            tracks,
        }
    }

    /// Keeps everybody from reading the tracks, until dropped.
    pub(crate) fn lock(&self) -> Lock {
        let mut opened = self.open();
        match &mut opened {
            Opened::Sqlite(connection) => connection.batch_execute("BEGIN EXCLUSIVE"),
            Opened::Postgres(connection) => {
                connection.batch_execute("BEGIN; LOCK TABLE tracks IN ACCESS EXCLUSIVE MODE")
            }
        }
        .unwrap();
        Lock { _opened: opened }
    }

    /// Reads a track, and keeps its transaction open, until dropped.
    pub(crate) fn read(&self) -> Lock {
        self.begin("SELECT count(*) FROM tracks")
    }

    /// Runs statements, and keeps their transaction open, until dropped.
    pub(crate) fn begin(&self, statements: &str) -> Lock {
        let mut opened = self.open();
        let begin = format!("BEGIN; {statements}");
        match &mut opened {
            Opened::Sqlite(connection) => connection.batch_execute(&begin),
            Opened::Postgres(connection) => connection.batch_execute(&begin),
        }
        .unwrap();
        Lock { _opened: opened }
    }

    /// A copy of a SQLite file in the state in which a writer leaves it that is killed in mid-write:
    /// half of its change in the file, what was there before in a journal.
    pub(crate) fn as_left_by_a_killed_writer(&self) -> Self {
        let Opened::Sqlite(mut connection) = self.open() else {
            panic!("a database on a server has no journal");
        };
        // A cache of one page writes what is changed to the file at once; more than a page is
        // changed.
        connection
            .batch_execute(
                "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE;
                 UPDATE tracks SET name = 'torn ' || hex(randomblob(2000));",
            )
            .unwrap();
        let copy = Self::sqlite();
        for suffix in ["", "-journal"] {
            let mut from = self.file().into_os_string();
            let mut to = copy.file().into_os_string();
            from.push(suffix);
            to.push(suffix);
            fs::copy(&from, &to).unwrap_or_else(|error| panic!("{from:?}: {error}"));
        }
        connection.batch_execute("ROLLBACK").unwrap();
        copy
    }

    pub(super) fn query<T>(&self, sql: &str) -> Vec<T>
    where
        T: QueryableByName<diesel::sqlite::Sqlite> + QueryableByName<diesel::pg::Pg> + 'static,
    {
        match self.open() {
            Opened::Sqlite(mut connection) => sql_query(sql).load(&mut connection),
            Opened::Postgres(mut connection) => sql_query(sql).load(&mut connection),
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    fn open(&self) -> Opened {
        match self {
            Self::Sqlite(_) => {
                let path = self.file();
                let mut connection = SqliteConnection::establish(path.to_str().unwrap())
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                // A test may look while a program writes.
                connection
                    .batch_execute("PRAGMA busy_timeout = 30000")
                    .unwrap();
                Opened::Sqlite(connection)
            }
            Self::Postgres(database) => Opened::Postgres(database.connect()),
        }
    }
}

/// An id as 32 hexadecimal digits, from CHAR(32) as from uuid.
fn hex(column: &str) -> String {
    format!("REPLACE(CAST({column} AS TEXT), '-', '')")
}

impl Library {
    /// The one track of that title.
    #[track_caller]
    pub(crate) fn track(&self, name: &str) -> &Track {
        let mut found = self
            .tracks
            .iter()
            .filter(|track| track.name.as_deref() == Some(name));
        match (found.next(), found.next()) {
            (Some(track), None) => track,
            (first, _) => panic!(
                "not exactly one track {name:?}: {first:?} ... in {:#?}",
                self.tracks
            ),
        }
    }

    /// The names of all tracks, sorted.
    pub(crate) fn titles(&self) -> Vec<&str> {
        let mut titles: Vec<&str> = self
            .tracks
            .iter()
            .map(|track| track.name.as_deref().unwrap_or("NULL"))
            .collect();
        titles.sort_unstable();
        titles
    }

    /// The name of the album with that id.
    pub(crate) fn album(&self, id: Option<&str>) -> Option<&str> {
        name_of(&self.albums, id)
    }

    /// The name of the artist with that id.
    pub(crate) fn artist(&self, id: Option<&str>) -> Option<&str> {
        name_of(&self.artists, id)
    }

    /// The name of the genre with that id.
    pub(crate) fn genre(&self, id: Option<&str>) -> Option<&str> {
        name_of(&self.genres, id)
    }
}

fn name_of<'a>(rows: &'a [Entity], id: Option<&str>) -> Option<&'a str> {
    rows.iter()
        .find(|row| Some(row.id.as_str()) == id)?
        .name
        .as_deref()
}
