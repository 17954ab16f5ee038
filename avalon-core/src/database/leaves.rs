//! The rows of a SQLite table by the pages that they lie in.
//!
//! To take the nine columns of a track out of SQLite takes about as long again as SQLite takes to step to it, and by diesel
//! more (docs/benchmarks.md, "Loading"). It gives out whole pages, by its table `sqlite_dbpage`, in half the time of
//! stepping, and what is in them is [told by its file format](super::tree), which is fixed.
//!
//! In: a connection in a read transaction. Out: the [`Leaves`] of a table, and the names or tracks in them. What stays
//! true: they are the rows that a SELECT gives. Where a table may lie otherwise there are no leaves of it; and a row that
//! is not as usual (it is long, or a column holds what it is not made for) is selected. So is all where SQLite was built
//! without `sqlite_dbpage`: `.cargo/config.toml` asks for it.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::DefaultLoadingMode;
use diesel::deserialize;
use diesel::prelude::*;
use diesel::result::{Error as DieselError, QueryResult, UnexpectedEndOfRow, UnexpectedNullError};
use diesel::row::{Field, Row};
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};
use thiserror::Error;

use super::receiver::{LoadedTrack, Receiver};
use super::selection::{Disc, SqliteColumns, select_names, select_tracks};
use super::taking::{TRACKS, TakesNames, TakesRows, TakesTracks, each_row_of};
use super::tree::{Damaged, Page, Record, Value};
use super::values::{LastId, StoredId};

/// The columns that albums, artists and genres begin with, those of [`select_names`].
const COLUMNS_OF_NAMES: &[&str] = &["id", "name"];

/// Those that tracks begin with, those of [`select_tracks`]; the original has no `disc`.
const COLUMNS_OF_TRACKS: &[&str] = &[
    "id",
    "name",
    "length",
    "track",
    "year",
    "album_id",
    "artist_id",
    "genre_id",
    "disc",
];

/// Pages by their numbers, a JSON array.
const PAGES: &str = "SELECT data FROM json_each(?) CROSS JOIN sqlite_dbpage ON pgno = value";

/// Pages that are above each other at most, as in SQLite itself.
const DEPTH: usize = 20;

/// Where in the first page of a file it says how many bytes at the end of each are not SQLite's.
const RESERVED: usize = 20;

/// Rows that are selected at once; so few in tests that there is more than one time.
const SELECTED: usize = if cfg!(test) { 7 } else { 1 << 16 };

/// The pages of a table that hold its rows.
pub(super) struct Leaves {
    table: &'static str,
    /// Bytes at the end of each page that are not SQLite's.
    reserved: u8,
    /// How many of the columns that each row begins with are asked for.
    columns: usize,
    /// Whether the only one is the root, which alone may be empty.
    is_root: bool,
    pages: Vec<u32>,
}

/// Who takes rows as they lie in pages.
trait TakesRecords {
    /// Takes a row; `None` where it is to be selected, and nothing was taken then.
    fn record(&mut self, record: Record<'_>) -> Option<()>;
}

/// Does something with each page that a query gives.
struct EachPage<F>(F);

/// The file is damaged.
#[derive(Debug, Error)]
#[error("the table {table} cannot be read: the database file is damaged")]
struct DamagedTable {
    table: &'static str,
    source: Damaged,
}

/// A table of the schema.
#[derive(QueryableByName)]
struct Root {
    /// The number of the page that all others of the table are below.
    #[diesel(sql_type = BigInt)]
    page: i64,
    /// How many pages the file has.
    #[diesel(sql_type = BigInt)]
    pages_of_file: i64,
}

/// A column of a table.
#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    /// Whether its value lies where it is expected to in every row.
    #[diesel(sql_type = Bool)]
    is_plain: bool,
}

impl Leaves {
    /// Those of a table of names.
    ///
    /// # Errors
    /// The database cannot be read, or is damaged.
    pub(super) fn of_names(
        c: &mut SqliteConnection,
        table: &'static str,
    ) -> QueryResult<Option<Self>> {
        Self::of(c, table, COLUMNS_OF_NAMES)
    }

    /// Those of the tracks.
    ///
    /// # Errors
    /// Likewise.
    pub(super) fn of_tracks(c: &mut SqliteConnection, disc: Disc) -> QueryResult<Option<Self>> {
        let columns = match disc {
            Disc::Column => COLUMNS_OF_TRACKS,
            Disc::Unknown => &COLUMNS_OF_TRACKS[..COLUMNS_OF_TRACKS.len() - 1],
        };
        Self::of(c, TRACKS, columns)
    }

    /// Those of a table, if it is certain how its rows lie in them: they begin with these columns.
    fn of(
        c: &mut SqliteConnection,
        table: &'static str,
        columns: &[&str],
    ) -> QueryResult<Option<Self>> {
        // A view has no pages, and those of a table without rowids are others.
        let root: Option<Root> = diesel::sql_query(
            "SELECT rootpage AS page, (SELECT page_count FROM pragma_page_count) AS pages_of_file \
             FROM sqlite_schema AS found \
             WHERE type = 'table' AND name = ? AND rootpage > 1 \
             AND (SELECT encoding FROM pragma_encoding) = 'UTF-8' \
             AND EXISTS (SELECT 1 FROM pragma_module_list WHERE name = 'sqlite_dbpage') \
             AND EXISTS (SELECT 1 FROM pragma_table_list WHERE schema = 'main' \
             AND name = found.name AND type = 'table' AND NOT wr)",
        )
        .bind::<Text, _>(table)
        .get_result(c)
        .optional()?;
        let Some(root) = root else {
            return Ok(None);
        };
        // Not all that is a column is stored: not what is generated, nor what is the rowid itself. Where a row ends
        // before a column the default is meant. And where `rowid` is a column nothing can be asked for by its rowid.
        let begins: Vec<Column> = diesel::sql_query(
            "SELECT name, hidden = 0 AND dflt_value IS NULL \
             AND NOT (pk > 0 AND upper(type) = 'INTEGER') AND NOT EXISTS \
             (SELECT 1 FROM pragma_table_xinfo(?1) WHERE lower(name) = 'rowid') AS is_plain \
             FROM pragma_table_xinfo(?1) ORDER BY cid LIMIT ?2",
        )
        .bind::<Text, _>(table)
        .bind::<BigInt, _>(columns.len() as i64)
        .load(c)?;
        if begins.len() != columns.len()
            || !begins.iter().zip(columns).all(|(column, expected)| {
                column.is_plain && column.name.eq_ignore_ascii_case(expected)
            })
        {
            return Ok(None);
        }
        let mut leaves = Self {
            table,
            reserved: 0,
            columns: columns.len(),
            is_root: false,
            pages: Vec::new(),
        };
        let alone = AtomicBool::new(false);
        let mut reserved = 0;
        leaves.each_page(c, &[1], &alone, |page| {
            reserved = *page.get(RESERVED).ok_or(Damaged)?;
            Ok(())
        })?;
        leaves.reserved = reserved;
        leaves.pages = leaves.below(c, &root)?;
        leaves.is_root = leaves
            .pages
            .iter()
            .any(|&page| i64::from(page) == root.page);
        Ok(Some(leaves))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.pages.len()
    }

    /// The first and the other half of them.
    pub(super) fn halves(mut self) -> [Self; 2] {
        let other = Self {
            pages: self.pages.split_off(self.pages.len().div_ceil(2)),
            ..self
        };
        [self, other]
    }

    /// Takes the names in them.
    ///
    /// # Errors
    /// The database cannot be read or is damaged, or an id is none.
    pub(super) fn names<R: Receiver>(
        &self,
        c: &mut SqliteConnection,
        has_failed: &AtomicBool,
    ) -> QueryResult<R::Names> {
        let mut takes = TakesNames::<SqliteColumns, R>::new(self.table);
        self.rows(c, &select_names(self.table), has_failed, &mut takes)?;
        Ok(takes.taken)
    }

    /// Takes the tracks in them.
    ///
    /// # Errors
    /// Likewise.
    pub(super) fn tracks<R: Receiver>(
        &self,
        c: &mut SqliteConnection,
        disc: Disc,
        has_failed: &AtomicBool,
        receiver: &R,
    ) -> QueryResult<R::Tracks> {
        let mut takes = TakesTracks::<SqliteColumns, R>::new(receiver);
        self.rows(c, &select_tracks(disc), has_failed, &mut takes)?;
        Ok(takes.taken)
    }

    /// Gives each row in them to who takes it, those that are not as usual by this query for all.
    fn rows(
        &self,
        c: &mut SqliteConnection,
        select: &str,
        has_failed: &AtomicBool,
        takes: &mut (impl TakesRecords + TakesRows<Sqlite>),
    ) -> QueryResult<()> {
        let others = self.records(c, has_failed, takes)?;
        for some in others.chunks(SELECTED) {
            let table = self.table;
            let query = format!("{select} WHERE {table}.rowid IN (SELECT value FROM json_each(?))");
            let query = diesel::sql_query(query).bind::<Text, _>(json(some));
            let there = each_row_of::<DefaultLoadingMode, _, _>(c, query, has_failed, takes)?;
            self.are_there(there, some.len(), has_failed)?;
        }
        Ok(())
    }

    /// Gives each row that is as usual to who takes it; gives back the rowids of the others.
    fn records(
        &self,
        c: &mut SqliteConnection,
        has_failed: &AtomicBool,
        takes: &mut impl TakesRecords,
    ) -> QueryResult<Vec<i64>> {
        let mut others = Vec::new();
        let mut last = None;
        self.each_page(c, &self.pages, has_failed, |page| {
            let Page::Leaf(leaf) = Page::new(page, self.reserved)? else {
                return Err(Damaged);
            };
            if leaf.is_empty() && !self.is_root {
                return Err(Damaged);
            }
            for cell in leaf.cells() {
                let cell = cell?;
                // Another row could be selected instead of one whose place is wrong.
                if last.replace(cell.rowid) >= Some(cell.rowid) {
                    return Err(Damaged);
                }
                let record = cell.record.map(|record| record.first(self.columns));
                if record.and_then(|record| takes.record(record)).is_none() {
                    others.push(cell.rowid);
                }
            }
            Ok(())
        })?;
        Ok(others)
    }

    /// Does something with each of these pages.
    fn each_page(
        &self,
        c: &mut SqliteConnection,
        numbers: &[u32],
        has_failed: &AtomicBool,
        mut take: impl FnMut(&[u8]) -> Result<(), Damaged>,
    ) -> QueryResult<()> {
        let query = diesel::sql_query(PAGES).bind::<Text, _>(json(numbers));
        let mut each = EachPage(|page: &[u8]| take(page).map_err(|source| self.damaged(source)));
        let there = each_row_of::<DefaultLoadingMode, _, _>(c, query, has_failed, &mut each)?;
        self.are_there(there, numbers.len(), has_failed)
    }

    /// That all of what was asked for was there, unless another thread has failed: a page is not whose number is none
    /// of this file, nor is a row whose rowid is none.
    fn are_there(&self, there: usize, expected: usize, has_failed: &AtomicBool) -> QueryResult<()> {
        if there == expected || has_failed.load(Ordering::Relaxed) {
            return Ok(());
        }
        has_failed.store(true, Ordering::Relaxed);
        Err(self.damaged(Damaged).into())
    }

    /// The pages with rows below that one, in the order of rowids.
    fn below(&self, c: &mut SqliteConnection, root: &Root) -> QueryResult<Vec<u32>> {
        let alone = AtomicBool::new(false);
        // Below a page that is none there is none.
        let mut level = vec![u32::try_from(root.page).unwrap_or_default()];
        for _ in 0..DEPTH {
            // All that are equally far from the root are of one kind.
            let mut are_leaves = false;
            self.each_page(c, &level[..1], &alone, |page| {
                are_leaves = matches!(Page::new(page, self.reserved)?, Page::Leaf(_));
                Ok(())
            })?;
            if are_leaves {
                return Ok(level);
            }
            let mut below = Vec::new();
            self.each_page(c, &level, &alone, |page| {
                let Page::Inner(inner) = Page::new(page, self.reserved)? else {
                    return Err(Damaged);
                };
                for child in inner.children() {
                    below.push(child?);
                }
                // Where pages are above themselves there would be no end of them.
                match below.len() as i64 <= root.pages_of_file {
                    true => Ok(()),
                    false => Err(Damaged),
                }
            })?;
            level = below;
        }
        Err(self.damaged(Damaged).into())
    }

    /// What is said of that in its pages.
    fn damaged(&self, source: Damaged) -> DamagedTable {
        let table = self.table;
        DamagedTable { table, source }
    }
}

/// Numbers as SQLite's `json_each` takes them.
fn json(numbers: &[impl Display]) -> String {
    let mut json = String::from("[");
    for (at, number) in numbers.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(json, "{comma}{number}");
    }
    json.push(']');
    json
}

impl From<DamagedTable> for DieselError {
    fn from(damaged: DamagedTable) -> Self {
        Self::DeserializationError(damaged.into())
    }
}

impl<F: FnMut(&[u8]) -> Result<(), DamagedTable>> TakesRows<Sqlite> for EachPage<F> {
    fn row<'a>(&mut self, row: &impl Row<'a, Sqlite>) -> deserialize::Result<()> {
        let field = row.get(0).ok_or(UnexpectedEndOfRow)?;
        let mut data = field.value();
        let data = data.as_mut().ok_or(UnexpectedNullError)?;
        Ok((self.0)(data.read_blob())?)
    }
}

impl<S, R: Receiver> TakesRecords for TakesNames<S, R> {
    fn record(&mut self, mut record: Record<'_>) -> Option<()> {
        let has_id = id(&mut record, &mut self.id)?;
        let name = name(&mut record)?;
        has_id.then(|| R::name(&mut self.taken, *self.id.get(), name.as_deref()))
    }
}

impl<S, R: Receiver> TakesRecords for TakesTracks<'_, S, R> {
    fn record(&mut self, mut record: Record<'_>) -> Option<()> {
        let has_id = id(&mut record, &mut self.id)?;
        let name = name(&mut record)?;
        let length = number(&mut record)?;
        let track = number(&mut record)?;
        let year = number(&mut record)?;
        let has_album = id(&mut record, &mut self.album)?;
        let has_artist = id(&mut record, &mut self.artist)?;
        let has_genre = id(&mut record, &mut self.genre)?;
        let track = LoadedTrack {
            id: self.id.get(),
            name: name.as_deref(),
            length,
            track,
            year,
            disc: number(&mut record)?,
            album_id: has_album.then_some(self.album.get()),
            artist_id: has_artist.then_some(self.artist.get()),
            genre_id: has_genre.then_some(self.genre.get()),
        };
        has_id.then(|| self.receiver.track(&mut self.taken, &track))
    }
}

/// Reads an id after that of the row before; whether it is not NULL.
fn id<I: From<StoredId>>(record: &mut Record<'_>, last: &mut LastId<I>) -> Option<bool> {
    match record.next()? {
        Value::Null => Some(false),
        Value::Text(text) => last.read(text).ok().map(|()| true),
        Value::Integer(_) | Value::Real(_) | Value::Blob => None,
    }
}

/// A name, which may be NULL.
fn name<'a>(record: &mut Record<'a>) -> Option<Option<Cow<'a, str>>> {
    match record.next()? {
        Value::Null => Some(None),
        // As diesel reads a text that is none.
        Value::Text(text) => Some(Some(
            str::from_utf8(text).map_or_else(|_| String::from_utf8_lossy(text), Cow::Borrowed),
        )),
        Value::Integer(_) | Value::Real(_) | Value::Blob => None,
    }
}

/// A number, which may be NULL.
fn number(record: &mut Record<'_>) -> Option<Option<i64>> {
    match record.next()? {
        Value::Null => Some(None),
        Value::Integer(number) => Some(Some(number)),
        // Without its fraction, and as near as there is a number, as SQLite reads it.
        Value::Real(number) => Some(Some(number as i64)),
        Value::Text(_) | Value::Blob => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::fs;

    use diesel::connection::SimpleConnection;
    use proptest::prelude::*;

    use super::super::connection::{AnyConnection, Backend};
    use super::super::error::DatabaseError;
    use super::super::load::load_in_halves;
    use super::super::samples::{ORIGINAL, Place, library};
    use super::super::{Rows, TrackRow, open_for_scan, open_for_server, replace};
    use super::*;

    /// A view in place of each table, of which there are no leaves.
    const AS_VIEWS: &str = "
        PRAGMA legacy_alter_table = 1;
        ALTER TABLE albums RENAME TO a; CREATE VIEW albums AS SELECT * FROM a;
        ALTER TABLE artists RENAME TO b; CREATE VIEW artists AS SELECT * FROM b;
        ALTER TABLE genres RENAME TO c; CREATE VIEW genres AS SELECT * FROM c;
        ALTER TABLE tracks RENAME TO d; CREATE VIEW tracks AS SELECT * FROM d;";

    fn original(statements: &str) -> Place {
        let place = Place::new();
        place.run(ORIGINAL);
        place.run(statements);
        place
    }

    fn sqlite(connection: &mut AnyConnection) -> &mut SqliteConnection {
        match &mut connection.backend {
            Backend::Sqlite(c) => c,
            Backend::Postgres(_) => panic!("it is a file"),
        }
    }

    /// How many leaves the tracks have, if any.
    fn leaves_of_tracks(place: &Place, disc: Disc) -> Option<usize> {
        let mut connection = open_for_server(&place.url()).unwrap();
        let leaves = Leaves::of_tracks(sqlite(&mut connection), disc).unwrap();
        leaves.map(|leaves| leaves.len())
    }

    /// What is loaded, by two readers where tracks have so many leaves.
    fn loaded(place: &Place, many: usize) -> Result<Rows, DatabaseError> {
        let mut rows = Rows::default();
        load_in_halves(&mut open_for_server(&place.url())?, &mut rows, many)?;
        // Nothing says that an id is there once.
        rows.artists.sort_by_key(|row| (row.id, row.name.clone()));
        rows.tracks.sort_by_key(|row| (row.id, format!("{row:?}")));
        Ok(rows)
    }

    /// That one reader and two load the rows that are selected; gives them back.
    fn is_what_is_selected(place: &Place) -> Rows {
        let by_one = loaded(place, usize::MAX).unwrap();
        assert_eq!(loaded(place, 0).unwrap(), by_one);
        place.run(AS_VIEWS);
        assert_eq!(loaded(place, 0).unwrap(), by_one);
        by_one
    }

    #[test]
    fn tables_of_ours_and_of_the_original_have_leaves() {
        let place = original("");
        let leaves = leaves_of_tracks(&place, Disc::Unknown);
        assert_eq!(
            leaves,
            Some(1),
            "is SQLite built as .cargo/config.toml says?"
        );
        let mut connection = open_for_scan(&place.url()).unwrap();
        for table in ["albums", "artists", "genres"] {
            let leaves = Leaves::of_names(sqlite(&mut connection), table).unwrap();
            assert_eq!(leaves.unwrap().len(), 1, "{table}");
        }
        replace(&mut connection, &library(&["One", "Two"])).unwrap();
        assert_eq!(leaves_of_tracks(&place, Disc::Column), Some(1));
        place.run(AS_VIEWS);
        assert_eq!(leaves_of_tracks(&place, Disc::Column), None);
    }

    #[test]
    fn usual_rows_are_read_from_pages() {
        let place = Place::new();
        let mut connection = open_for_scan(&place.url()).unwrap();
        replace(&mut connection, &library(&["One", "Two\u{301}", ""])).unwrap();
        let c = sqlite(&mut connection);
        let receiver = Rows::default();
        let mut takes = TakesTracks::<SqliteColumns, _>::new(&receiver);
        let leaves = Leaves::of_tracks(c, Disc::Column).unwrap().unwrap();
        let has_failed = AtomicBool::new(false);
        assert_eq!(leaves.records(c, &has_failed, &mut takes), Ok(vec![]));
        assert_eq!(takes.taken.len(), 3);
        let leaves = Leaves::of_names(c, "genres").unwrap().unwrap();
        let mut takes = TakesNames::<SqliteColumns, Rows>::new("genres");
        assert_eq!(leaves.records(c, &has_failed, &mut takes), Ok(vec![]));
        assert_eq!(takes.taken.len(), 1);
        // Where another one has failed none is.
        let has_failed = AtomicBool::new(true);
        assert_eq!(leaves.records(c, &has_failed, &mut takes), Ok(vec![]));
        assert_eq!(takes.taken.len(), 1);
    }

    #[test]
    fn what_may_lie_otherwise_has_none() {
        for tracks in [
            "CREATE TABLE tracks (id CHAR(32) PRIMARY KEY, name, length, track, year, album_id,
             artist_id, genre_id) WITHOUT ROWID",
            "CREATE TABLE tracks (id INTEGER PRIMARY KEY, name, length, track, year, album_id,
             artist_id, genre_id)",
            "CREATE TABLE tracks (name, id, length, track, year, album_id, artist_id, genre_id)",
            "CREATE TABLE tracks (id, name, length DEFAULT 7, track, year, album_id, artist_id,
             genre_id)",
            "CREATE TABLE tracks (id, name, length, track AS (length) VIRTUAL, year, album_id,
             artist_id, genre_id)",
            "CREATE TABLE tracks (id, name, length, track AS (length) STORED, year, album_id,
             artist_id, genre_id)",
            "CREATE TABLE tracks (id, name, length, track, year, album_id, artist_id, genre_id,
             RowId)",
            "CREATE VIRTUAL TABLE tracks USING fts5(id, name, length, track, year, album_id,
             artist_id, genre_id)",
        ] {
            let place = original("DROP TABLE tracks");
            place.run(tracks);
            assert_eq!(leaves_of_tracks(&place, Disc::Unknown), None, "{tracks}");
            loaded(&place, 0).unwrap();
        }
        let place = Place::new();
        place.run(&format!("PRAGMA encoding = 'UTF-16le'; {ORIGINAL}"));
        assert_eq!(leaves_of_tracks(&place, Disc::Unknown), None);
    }

    #[test]
    fn columns_that_came_later_are_null_and_those_of_others_are_left_alone() {
        let place = original(
            "ALTER TABLE tracks ADD COLUMN rating INTEGER DEFAULT 5;
             ALTER TABLE tracks ADD COLUMN doubled AS (rating * 2);
             INSERT INTO tracks (id, rating) VALUES ('00000000000000000000000000000002', 3)",
        );
        assert_eq!(leaves_of_tracks(&place, Disc::Unknown), Some(1));
        let rows = is_what_is_selected(&place);
        assert_eq!(rows.tracks.len(), 2);
        assert!(rows.tracks.iter().all(|track| track.disc.is_none()));
        // The rows of a database that was scanned into lack what is not known of them.
        let place = original("");
        drop(open_for_scan(&place.url()).unwrap());
        place.run("INSERT INTO tracks (id) VALUES ('00000000000000000000000000000002')");
        let mut connection = open_for_scan(&place.url()).unwrap();
        let rows = library(&["One"]);
        replace(&mut connection, &rows).unwrap();
        place.run("UPDATE tracks SET disc = 4");
        assert_eq!(is_what_is_selected(&place).tracks[0].disc, Some(4));
    }

    #[test]
    fn tables_of_other_programs_are_read_as_they_are_selected() {
        for tracks in [
            "(id, name REAL, length REAL, track NUMERIC, year TEXT, album_id, artist_id BLOB, genre_id)",
            "(id TEXT, name TEXT, length INTEGER, track REAL, year REAL, album_id TEXT, artist_id TEXT,
             genre_id TEXT) STRICT",
            "(id, name, length, track, year, album_id, artist_id, genre_id, more INTEGER PRIMARY KEY)",
        ] {
            let place = original("DROP TABLE tracks");
            place.run(&format!(
                "CREATE TABLE tracks {tracks};
                 INSERT INTO tracks (id, name, length, track, year, artist_id) VALUES
                 (printf('%032x', 1), '1.5', 2, 3, 4, printf('%032x', 7)),
                 (printf('%032x', 2), 'x', NULL, -1e18, 1 << 61, NULL),
                 (printf('%032x', 3), '7', 1 << 61, 2.75, -0.5, printf('%032x', 7)),
                 (printf('%032x', 4), NULL, 900, -9e99, 9e99, printf('%032X', 0xabc))",
            ));
            assert_eq!(leaves_of_tracks(&place, Disc::Unknown), Some(1));
            assert_eq!(is_what_is_selected(&place).tracks.len(), 4);
        }
        let place = original(
            "ALTER TABLE tracks ADD COLUMN other; ALTER TABLE tracks ADD COLUMN disc INTEGER;
             UPDATE tracks SET other = 3, disc = 9; ALTER TABLE tracks DROP COLUMN other",
        );
        assert_eq!(leaves_of_tracks(&place, Disc::Column), Some(1));
        assert_eq!(is_what_is_selected(&place).tracks.len(), 1);
    }

    #[test]
    fn bytes_that_are_not_sqlites_are_left_alone() {
        let place = Place::new();
        place.run("PRAGMA page_size = 512; PRAGMA user_version = 1");
        let mut bytes = fs::read(place.path()).unwrap();
        bytes[RESERVED] = 32;
        // Where the cells of the first page begin, of which there are none.
        bytes[105..107].copy_from_slice(&480_u16.to_be_bytes());
        fs::write(place.path(), bytes).unwrap();
        place.run(ORIGINAL);
        place.run(
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 900)
             INSERT INTO tracks (id, name) SELECT printf('%032x', i), printf('%.*c', i, 'x') FROM n",
        );
        assert!(leaves_of_tracks(&place, Disc::Unknown) > Some(100));
        let rows = is_what_is_selected(&place);
        assert_eq!(rows.tracks.len(), 901);
        let names = rows.tracks.iter().filter_map(|track| track.name.as_ref());
        assert_eq!(names.map(String::len).max(), Some(901));
    }

    #[test]
    fn what_was_committed_to_a_log_alone_is_read() {
        let place = original("PRAGMA journal_mode = WAL");
        let mut writer = SqliteConnection::establish(&place.path().to_string_lossy()).unwrap();
        let rows = |from: u32| {
            format!(
                "WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n LIMIT 999)
                 INSERT INTO tracks (id, name) SELECT printf('%032x', i), 'New' FROM n"
            )
        };
        let before = fs::read(place.path()).unwrap();
        writer
            .batch_execute("PRAGMA wal_autocheckpoint = 0")
            .unwrap();
        writer.batch_execute(&rows(2)).unwrap();
        assert!(leaves_of_tracks(&place, Disc::Unknown) > Some(10));
        assert_eq!(loaded(&place, 0).unwrap().tracks.len(), 1000);
        writer.batch_execute(&rows(1001)).unwrap();
        assert_eq!(loaded(&place, 0).unwrap().tracks.len(), 1999);
        assert_eq!(fs::read(place.path()).unwrap(), before);
    }

    #[test]
    fn rows_of_many_levels_and_of_any_length_are_all_there() {
        for (size, mode) in [
            (512, "NONE"),
            (512, "FULL"),
            (4096, "NONE"),
            (65536, "INCREMENTAL"),
        ] {
            let place = Place::new();
            place.run(&format!(
                "PRAGMA page_size = {size}; PRAGMA auto_vacuum = {mode}; {ORIGINAL}
                 WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 3000)
                 INSERT INTO tracks SELECT printf('%032x', i),
                 printf('%.*c', CASE i % 100 WHEN 7 THEN i * 3 ELSE i % 50 END, 'x'), i - 1500, i << 20,
                 NULL, printf('%032x', i / 10), printf('%032X', i % 7), NULL FROM n;
                 INSERT INTO tracks (rowid, id, name) VALUES
                 (-9223372036854775808, printf('%032x', 1 << 40), hex(zeroblob(70000))),
                 (9223372036854775807, printf('%032x', 1 << 41), hex(zeroblob(70000)));
                 DELETE FROM tracks WHERE rowid % 5 = 1",
            ));
            let leaves = leaves_of_tracks(&place, Disc::Unknown).unwrap();
            assert!(leaves > 200_000 / size, "{leaves}");
            assert!(is_what_is_selected(&place).tracks.len() > 2400);
        }
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        let place = original(
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 3000)
             INSERT INTO tracks (id) SELECT printf('%032x', i) FROM n",
        );
        let mut connection = open_for_server(&place.url()).unwrap();
        let c = sqlite(&mut connection);
        let root: Root = diesel::sql_query(
            "SELECT rootpage AS page, 0 AS pages_of_file FROM sqlite_schema WHERE name = 'tracks'",
        )
        .get_result(c)
        .unwrap();
        let leaves = Leaves::of_tracks(c, Disc::Unknown).unwrap().unwrap().pages;
        drop(connection);
        let whole = fs::read(place.path()).unwrap();
        let root = (root.page as usize - 1) * 4096;
        let leaf = (leaves[5] as usize - 1) * 4096;
        assert_eq!((whole[root], whole[leaf]), (5, 13));
        let first = u16::from_be_bytes([whole[leaf + 8], whole[leaf + 9]]);
        for (place_of_bytes, bytes) in [
            // The kind of a page, of the root and of a leaf.
            (root, vec![0]),
            (leaf, vec![0]),
            (leaf, vec![5]),
            // The last page below: one that is none of this file, none at all, and the root itself.
            (root + 8, vec![0xff; 4]),
            (root + 8, vec![0; 4]),
            (root + 8, (root as u32 / 4096 + 1).to_be_bytes().to_vec()),
            // How many cells there are, and where the first is.
            (leaf + 3, vec![0xff, 0xff]),
            (leaf + 8, vec![0x0f, 0xff]),
            // None at all, which SQLite has above rows alone.
            (leaf + 3, vec![0, 0]),
            (root + 3, vec![0, 0]),
            // The first row is where the second is, and rows of no length, as where nothing was ever written.
            (leaf + 8, whole[leaf + 10..leaf + 12].to_vec()),
            (leaf + usize::from(first), vec![0; 3]),
        ] {
            let mut damaged = whole.clone();
            damaged[place_of_bytes..][..bytes.len()].copy_from_slice(&bytes);
            fs::write(place.path(), damaged).unwrap();
            for many in [0, usize::MAX] {
                let said = said(&loaded(&place, many).unwrap_err());
                assert!(
                    said.contains("damaged") && said.contains("avalon.sqlite"),
                    "{said}"
                );
            }
        }
    }

    #[test]
    fn a_leaf_that_says_it_is_empty_is_damaged_however_few_there_are() {
        for rows in [150, 250] {
            let place = original(&format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {rows})
                 INSERT INTO genres SELECT printf('%032x', i), 'Genre' FROM n"
            ));
            let mut connection = open_for_server(&place.url()).unwrap();
            let leaves = Leaves::of_names(sqlite(&mut connection), "genres").unwrap();
            drop(connection);
            let leaves = leaves.unwrap().pages;
            assert!(matches!(leaves.len(), 2 | 3), "{leaves:?}");
            let whole = fs::read(place.path()).unwrap();
            for leaf in leaves {
                let mut damaged = whole.clone();
                damaged[(leaf as usize - 1) * 4096 + 3..][..2].fill(0);
                fs::write(place.path(), damaged).unwrap();
                for many in [0, usize::MAX] {
                    let said = said(&loaded(&place, many).unwrap_err());
                    assert!(
                        said.contains("damaged") && said.contains("genres"),
                        "{said}"
                    );
                }
            }
        }
    }

    #[test]
    fn where_a_page_is_not_there_the_other_reader_is_told() {
        let place = original("");
        let mut connection = open_for_server(&place.url()).unwrap();
        let c = sqlite(&mut connection);
        let mut leaves = Leaves::of_names(c, "genres").unwrap().unwrap();
        leaves.pages.push(9999);
        let has_failed = AtomicBool::new(false);
        leaves.names::<Rows>(c, &has_failed).unwrap_err();
        assert!(has_failed.load(Ordering::Relaxed));
    }

    /// What a column may hold, as SQL spells it.
    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("NULL".to_owned()),
            any::<i64>().prop_map(|number| number.to_string()),
            (-300_i64..300).prop_map(|number| number.to_string()),
            any::<f32>()
                .prop_filter("SQL has no other", |number| number.is_finite())
                .prop_map(|number| format!("{number:e}")),
            "[a-zäöü𝄞' ]{0,20}".prop_map(|text| format!("'{}'", text.replace('\'', "''"))),
            (0_u32..2000).prop_map(|length| format!("hex(zeroblob({length}))")),
            proptest::collection::vec(any::<u8>(), 0..9).prop_map(|bytes| {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("CAST(x'{hex}' AS TEXT)")
            }),
            Just("x'00ff41'".to_owned()),
        ]
    }

    /// Likewise an id, which is one for the most part.
    fn any_id() -> impl Strategy<Value = String> {
        prop_oneof![
            20 => (0..9).prop_map(|id| format!("'{id:032x}'")),
            2 => any::<u128>().prop_map(|id| format!("'{id:032X}'")),
            1 => prop_oneof![100 => Just("NULL"), 1 => Just("'nonsense'")].prop_map(str::to_owned),
            2 => Just("'00000000-0000-0000-0000-000000000007'".to_owned()),
            2 => Just("CAST('00000000000000000000000000000007' AS BLOB)".to_owned()),
            1 => Just("NULL".to_owned()),
        ]
    }

    /// Everything that an error says.
    fn said(error: &DatabaseError) -> String {
        let error = error as &dyn std::error::Error;
        let chain = std::iter::successors(Some(error), |error| error.source());
        let said: Vec<String> = chain.map(ToString::to_string).collect();
        said.join(": ")
    }

    /// The tracks that are selected.
    fn selected(place: &Place) -> QueryResult<Vec<TrackRow>> {
        let mut c = SqliteConnection::establish(&place.path().to_string_lossy()).unwrap();
        let receiver = Rows::default();
        let mut takes = TakesTracks::<SqliteColumns, _>::new(&receiver);
        let query = diesel::sql_query(select_tracks(Disc::Unknown));
        let has_failed = AtomicBool::new(false);
        each_row_of::<DefaultLoadingMode, _, _>(&mut c, query, &has_failed, &mut takes)?;
        takes.taken.sort_by_key(|row| (row.id, format!("{row:?}")));
        Ok(takes.taken)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn whatever_the_rows_they_are_those_that_are_selected(
            size in prop_oneof![Just(512), Just(4096)],
            tracks in proptest::collection::vec(
                (any::<u128>(), value(), [value(), value(), value()], [any_id(), any_id(), any_id()]),
                0..40,
            ),
            names in proptest::collection::vec((any_id(), value()), 0..40),
        ) {
            let place = Place::new();
            let mut statements = format!("PRAGMA page_size = {size}; {ORIGINAL}");
            for (id, name, [length, track, year], [album, artist, genre]) in tracks {
                let _ = writeln!(
                    statements,
                    "INSERT INTO tracks VALUES ('{id:032x}', {name}, {length}, {track}, {year}, \
                     {album}, {artist}, {genre});"
                );
            }
            for (id, name) in names {
                let _ = writeln!(statements, "INSERT OR IGNORE INTO artists VALUES ({id}, {name});");
            }
            let mut c = SqliteConnection::establish(&place.path().to_string_lossy()).unwrap();
            c.batch_execute(&statements).unwrap();
            drop(c);
            let by_pages = [usize::MAX, 0].map(|many| loaded(&place, many));
            place.run(AS_VIEWS);
            let selected = loaded(&place, 0).map_err(|error| said(&error));
            for by_pages in by_pages {
                prop_assert_eq!(by_pages.map_err(|error| said(&error)), selected.clone());
            }
        }

        #[test]
        fn a_file_with_other_bytes_is_read_as_it_is_selected_or_is_an_error(
            others in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..20),
        ) {
            let place = original(
                "PRAGMA page_size = 512; VACUUM;
                 WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 50)
                 INSERT INTO tracks (id) SELECT printf('%032x', i) FROM n",
            );
            let mut bytes = fs::read(place.path()).unwrap();
            // What the first page says of the file is SQLite's.
            let behind = bytes.len() - 512;
            for (at, byte) in others {
                bytes[512 + at % behind] = byte;
            }
            fs::write(place.path(), bytes).unwrap();
            for many in [0, usize::MAX] {
                if let Ok(rows) = loaded(&place, many) {
                    prop_assert_eq!(Ok(rows.tracks), selected(&place));
                }
            }
        }
    }
}
