//! What a database holds, as plain values to compare.
//!
//! In: a SQLite database that was scanned into. Out: [`Books`], and which files of two of them are the
//! same.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use avalon_core::database::SPENT;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use diesel::sqlite::SqliteConnection;

/// A file's own spelling of one kind of name.
type Spelled = fn(&File) -> &Option<String>;

/// A row of `tracks`, its file's spellings, size and mtime.
type Served<'a> = (&'a str, [&'a Option<String>; 3], i64, i64);

/// Whether two files are the same by some mark.
type Rule = dyn Fn(&File, &File) -> bool;

/// The tables that are the library.
const LIBRARY: [&str; 4] = ["albums", "artists", "genres", "tracks"];

/// What there is in a database.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Books {
    /// The rows of the library with all their columns, by table.
    pub(super) library: BTreeMap<&'static str, BTreeMap<String, String>>,
    pub(super) files: BTreeMap<Vec<u8>, File>,
    /// Path, kind and message, in the order of the paths.
    pub(super) issues: Vec<(Vec<u8>, String, String)>,
    /// Every row of the other tables.
    rest: Vec<String>,
    pub(super) generation: i64,
    /// When the last scan began.
    pub(super) started_ns: i64,
}

/// A row of `files`.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub(super) struct File {
    #[diesel(sql_type = Binary)]
    pub(super) path: Vec<u8>,
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = BigInt)]
    pub(super) size: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) mtime_ns: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) inode: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) added_ns: i64,
    #[diesel(sql_type = Integer)]
    pub(super) mapping: i32,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) fingerprint: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) digest: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) track_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) album: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) artist: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) genre: Option<String>,
    /// The whole of it.
    #[diesel(sql_type = Text)]
    pub(super) row: String,
}

impl File {
    pub(super) fn is_track(&self) -> bool {
        self.kind == "track"
    }

    /// Whether it is what remains of a track whose file is gone.
    pub(super) fn is_gone(&self) -> bool {
        self.kind == "gone"
    }

    /// Whether its first-seen time went on with another file.
    pub(super) fn is_spent(&self) -> bool {
        self.mapping == SPENT
    }

    /// Whether a file is at its path, or a link that leads to one.
    pub(super) fn is_there(&self) -> bool {
        Path::new(OsStr::from_bytes(&self.path)).exists()
    }

    /// Whether nothing is at its path, not even a broken link.
    pub(super) fn is_lost(&self) -> bool {
        let path = Path::new(OsStr::from_bytes(&self.path));
        path.symlink_metadata().is_err()
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    row: String,
}

#[derive(QueryableByName)]
struct Issue {
    #[diesel(sql_type = Binary)]
    path: Vec<u8>,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    message: String,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn all<Row>(connection: &mut SqliteConnection, query: &str) -> Vec<Row>
where
    Row: QueryableByName<diesel::sqlite::Sqlite> + 'static,
{
    diesel::sql_query(query).load(connection).expect(query)
}

/// An expression for all columns of a table.
fn columns(connection: &mut SqliteConnection, table: &str) -> String {
    let query = format!(
        "SELECT '' AS id, group_concat('quote(\"' || name || '\")', '||'' ''||') AS row \
         FROM pragma_table_info('{table}')"
    );
    all::<Line>(connection, &query).remove(0).row
}

fn lines(connection: &mut SqliteConnection, table: &str) -> BTreeMap<String, String> {
    let row = columns(connection, table);
    let query = format!("SELECT CAST(id AS TEXT) AS id, {row} AS row FROM {table}");
    let lines = all::<Line>(connection, &query);
    lines.into_iter().map(|line| (line.id, line.row)).collect()
}

/// Runs statements.
pub(super) fn execute(database: &Path, sql: &str) {
    let mut connection = SqliteConnection::establish(&database.display().to_string()).unwrap();
    diesel::connection::SimpleConnection::batch_execute(&mut connection, sql).unwrap();
}

/// Where a database has sound, or had it and remembers that; nowhere, where there is no database.
pub(super) fn sound(database: &Path) -> BTreeSet<Vec<u8>> {
    if !database.exists() {
        return BTreeSet::new();
    }
    let c = &mut SqliteConnection::establish(&database.display().to_string()).unwrap();
    let files = all::<File>(c, "SELECT *, '' AS row FROM files WHERE kind <> 'other'");
    files.into_iter().map(|file| file.path).collect()
}

impl Books {
    /// Everything in the database; it must be of one piece.
    pub(super) fn of(database: &Path) -> Self {
        let c = &mut SqliteConnection::establish(&database.display().to_string()).unwrap();
        let library = LIBRARY.map(|table| (table, lines(c, table)));
        let row = columns(c, "files");
        let files = all::<File>(c, &format!("SELECT *, {row} AS row FROM files"));
        let issues = all::<Issue>(c, "SELECT * FROM scan_issues ORDER BY id");
        let mut last = |column: &str| {
            let query = format!("SELECT {column} AS number FROM scans ORDER BY id DESC LIMIT 1");
            all::<Number>(c, &query).first().map_or(0, |row| row.number)
        };
        let (generation, started_ns) = (last("generation"), last("started_ns"));
        let rest = ["scans", "scan_roots", "scan_issues"].map(|table| lines(c, table));
        let books = Self {
            library: library.into_iter().collect(),
            files: files
                .iter()
                .map(|file| (file.path.clone(), file.clone()))
                .collect(),
            issues: issues
                .into_iter()
                .map(|issue| (issue.path, issue.kind, issue.message))
                .collect(),
            rest: rest.into_iter().flat_map(BTreeMap::into_values).collect(),
            generation,
            started_ns,
        };
        assert_eq!(books.files.len(), files.len(), "one row a path");
        let dangling =
            "SELECT \"table\" || rowid AS id, parent AS row FROM pragma_foreign_key_check";
        let dangling = all::<Line>(c, dangling);
        assert_eq!(dangling.len(), 0, "rows refer to what is not there");
        books.check_tracks();
        books.check_names(c);
        books
    }

    /// Each track has one file, and each file that is a track has its row.
    fn check_tracks(&self) {
        let mut of_files = BTreeSet::new();
        for file in self.files.values() {
            assert_eq!(file.is_track(), file.track_id.is_some(), "{file:?}");
            assert_eq!(file.is_track(), file.digest.is_some(), "{file:?}");
            assert_eq!(file.is_track(), file.artist.is_some(), "{file:?}");
            if let Some(id) = &file.track_id {
                assert!(of_files.insert(id), "two files of one track");
            }
        }
        let tracks: BTreeSet<&String> = self.library["tracks"].keys().collect();
        assert_eq!(of_files, tracks, "a file for each track");
    }

    /// What has a name is named by the file whose path is the last in byte order, of those that have
    /// it (rule S8), and nothing else has one.
    fn check_names(&self, c: &mut SqliteConnection) {
        let kinds: [(&str, Spelled); 3] = [
            ("album", |file| &file.album),
            ("artist", |file| &file.artist),
            ("genre", |file| &file.genre),
        ];
        for (kind, spelled) in kinds {
            let ids = format!("SELECT id, {kind}_id AS name FROM tracks");
            let ids: BTreeMap<String, Option<String>> = all::<Name>(c, &ids)
                .into_iter()
                .map(|row| (row.id, row.name))
                .collect();
            let mut expected: BTreeMap<&str, Option<&str>> = BTreeMap::new();
            for file in self.files.values() {
                if let Some(track) = &file.track_id {
                    let id = ids[track].as_deref().expect("an id");
                    expected.insert(id, spelled(file).as_deref());
                }
            }
            let names = all::<Name>(c, &format!("SELECT id, name FROM {kind}s"));
            let names: BTreeMap<&str, Option<&str>> = names
                .iter()
                .map(|row| (row.id.as_str(), row.name.as_deref()))
                .collect();
            assert_eq!(names, expected, "{kind}s");
        }
    }

    /// What is served, and what tells its files from others: by the paths of the tracks.
    pub(super) fn served(&self) -> BTreeMap<&[u8], Served<'_>> {
        let tracks = self.files.values().filter(|file| file.is_track());
        let served = |file: &'_ File| {
            let id = file.track_id.as_ref().expect("of a track");
            self.library["tracks"][id].as_str()
        };
        tracks
            .map(|file| {
                let names = [&file.album, &file.artist, &file.genre];
                let told = (served(file), names, file.size, file.mtime_ns);
                (file.path.as_slice(), told)
            })
            .collect()
    }
}

/// Where each moved file was: the one that is the same by inode, size and mtime, if it is the only
/// one and this the only one for it; of the others by sound.
pub(super) fn moves<'a>(gone: &[&'a File], came: &[&'a File]) -> BTreeMap<Vec<u8>, &'a [u8]> {
    let by_stat = |one: &File, other: &File| {
        (one.inode, one.size, one.mtime_ns) == (other.inode, other.size, other.mtime_ns)
    };
    let by_sound = |one: &File, other: &File| {
        one.fingerprint.is_some() && one.fingerprint == other.fingerprint
    };
    let rules: [&Rule; 2] = [&by_stat, &by_sound];
    let mut moved: BTreeMap<Vec<u8>, &[u8]> = BTreeMap::new();
    for is_it in rules {
        let taken = moved.clone();
        let old: Vec<&File> = gone
            .iter()
            .copied()
            .filter(|old| !taken.values().any(|from| *from == old.path))
            .collect();
        let new: Vec<&File> = came
            .iter()
            .copied()
            .filter(|new| !taken.contains_key(&new.path))
            .collect();
        for file in &new {
            let from: Vec<&&File> = old.iter().filter(|old| is_it(old, file)).collect();
            if let [from] = from[..]
                && new.iter().filter(|new| is_it(from, new)).count() == 1
            {
                moved.insert(file.path.clone(), &from.path);
            }
        }
    }
    moved
}
