//! The rows of a SQLite table by the pages that they lie in.
//!
//! SQLite steps through a million tracks in 0.2 s; to take nine columns of each out of it, by diesel or otherwise, takes
//! twice that again. It gives out whole pages, by its table `sqlite_dbpage`, in a tenth of it all, and what is in them
//! is [told by its file format](super::tree), which is fixed.
//!
//! In: a connection in a read transaction. Out: the [`Leaves`] of a table, and the names or tracks in them. What stays
//! true: they are the rows that a SELECT gives. Where a table may lie otherwise there are no leaves of it; and a row that
//! is not as usual (it is long, or a column holds what it is not made for) is selected. So is all where SQLite was built
//! without that table: `.cargo/config.toml` asks for it.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::DefaultLoadingMode;
use diesel::deserialize;
use diesel::prelude::*;
use diesel::result::{Error as DieselError, QueryResult, UnexpectedEndOfRow, UnexpectedNullError};
use diesel::row::{Field, Row};
use diesel::sql_types::{BigInt, Binary, Bool, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::receiver::{LoadedTrack, Receiver};
use super::selection::{Disc, SqliteColumns, select_names, select_tracks};
use super::taking::{TakesNames, TakesRows, TakesTracks, each_row_of};
use super::tree::{Damaged, Page, Record, Value};
use super::values::{LastId, StoredId};

/// The columns that albums, artists and genres begin with.
const NAMES: &[&str] = &["id", "name"];

/// Those that tracks begin with; the original has no `disc`.
const TRACKS: &[&str] = &[
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

/// Pages that are above each other at most, as in SQLite itself.
const DEPTH: usize = 20;

/// Where in the first page of a file it says how many bytes at the end of each are not SQLite's.
const RESERVED: usize = 20;

/// The pages of a table that hold its rows.
pub(super) struct Leaves {
    reserved: u8,
    /// How many of the columns that each row begins with are asked for.
    columns: usize,
    pages: Vec<u32>,
}

/// Gives each row of a page to who takes it.
struct TakesPages<'a, T> {
    reserved: u8,
    columns: usize,
    takes: &'a mut T,
    /// How many pages there were.
    there: usize,
    /// The rowids of rows that are to be selected.
    others: Vec<i64>,
}

/// Who takes rows as they lie in pages.
trait TakesRecords {
    /// Takes a row; `None` where it is to be selected, and nothing was taken then.
    fn record(&mut self, record: Record<'_>) -> Option<()>;
}

#[derive(QueryableByName)]
struct Data {
    #[diesel(sql_type = Binary)]
    data: Vec<u8>,
}

#[derive(QueryableByName)]
struct Root {
    #[diesel(sql_type = BigInt)]
    page: i64,
    #[diesel(sql_type = BigInt)]
    pages_of_file: i64,
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    is_plain: bool,
}

impl Leaves {
    /// Those of a table of names.
    ///
    /// # Errors
    /// The database cannot be read, or is damaged.
    pub(super) fn of_names(c: &mut SqliteConnection, table: &str) -> QueryResult<Option<Self>> {
        Self::of(c, table, NAMES)
    }

    /// Those of the tracks.
    ///
    /// # Errors
    /// Likewise.
    pub(super) fn of_tracks(c: &mut SqliteConnection, disc: Disc) -> QueryResult<Option<Self>> {
        let columns = match disc {
            Disc::Column => TRACKS,
            Disc::Unknown => &TRACKS[..TRACKS.len() - 1],
        };
        Self::of(c, "tracks", columns)
    }

    /// Those of a table, if it is certain how its rows lie in them: they begin with these columns.
    fn of(c: &mut SqliteConnection, table: &str, columns: &[&str]) -> QueryResult<Option<Self>> {
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
        // before a column the default is meant. And where `rowid` is a column nobody can be asked for by his rowid.
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
        let mut reserved = None;
        each_page(c, &[1], |page| {
            reserved = page.get(RESERVED).copied();
            reserved.map(drop).ok_or(Damaged)
        })?;
        let reserved = reserved.unwrap_or_default();
        Ok(Some(Self {
            reserved,
            columns: columns.len(),
            pages: leaves_below(c, &root, reserved)?,
        }))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.pages.len()
    }

    /// The first and the other half of them.
    pub(super) fn halves(mut self) -> [Self; 2] {
        let other = Self {
            reserved: self.reserved,
            columns: self.columns,
            pages: self.pages.split_off(self.pages.len().div_ceil(2)),
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
        table: &'static str,
        has_failed: &AtomicBool,
    ) -> QueryResult<R::Names> {
        let mut takes = TakesNames::<SqliteColumns, R>::new(table);
        self.rows(c, table, &select_names(table), has_failed, &mut takes)?;
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
        self.rows(c, "tracks", &select_tracks(disc), has_failed, &mut takes)?;
        Ok(takes.taken)
    }

    fn rows(
        &self,
        c: &mut SqliteConnection,
        table: &str,
        select: &str,
        has_failed: &AtomicBool,
        takes: &mut (impl TakesRecords + TakesRows<Sqlite>),
    ) -> QueryResult<()> {
        let mut of_pages = TakesPages {
            reserved: self.reserved,
            columns: self.columns,
            takes,
            there: 0,
            others: Vec::new(),
        };
        let query = diesel::sql_query(PAGES).bind::<Text, _>(json(&self.pages));
        each_row_of::<DefaultLoadingMode, _, _>(c, query, has_failed, &mut of_pages)?;
        let TakesPages {
            takes,
            there,
            others,
            ..
        } = of_pages;
        // Where another thread has failed this one has stopped.
        if !has_failed.load(Ordering::Relaxed) {
            all_there(&self.pages, there)?;
        }
        if others.is_empty() {
            return Ok(());
        }
        let query = format!("{select} WHERE {table}.rowid IN (SELECT value FROM json_each(?))");
        let query = diesel::sql_query(query).bind::<Text, _>(json(&others));
        each_row_of::<DefaultLoadingMode, _, _>(c, query, has_failed, takes)
    }
}

/// Pages by their numbers, a JSON array.
const PAGES: &str = "SELECT data FROM json_each(?) CROSS JOIN sqlite_dbpage ON pgno = value";

/// What [`PAGES`] is asked for, and whoever else has many numbers.
fn json(numbers: &[impl ToString]) -> String {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("[{}]", numbers.join(","))
}

/// Does something with each of these pages.
fn each_page(
    c: &mut SqliteConnection,
    numbers: &[u32],
    mut take: impl FnMut(&[u8]) -> Result<(), Damaged>,
) -> QueryResult<()> {
    let query = diesel::sql_query(PAGES).bind::<Text, _>(json(numbers));
    let mut there = 0;
    for page in query.load_iter::<Data, DefaultLoadingMode>(c)? {
        take(&page?.data).map_err(of_damage)?;
        there += 1;
    }
    all_there(numbers, there)
}

/// That there was each of these pages: one is not where its number is none of this file.
fn all_there(numbers: &[u32], there: usize) -> QueryResult<()> {
    match there == numbers.len() {
        true => Ok(()),
        false => Err(of_damage(Damaged)),
    }
}

/// The pages with rows below that one, in the order of rowids.
fn leaves_below(c: &mut SqliteConnection, root: &Root, reserved: u8) -> QueryResult<Vec<u32>> {
    // All that are equally far from the root are of one kind.
    let mut level = vec![u32::try_from(root.page).map_err(|_| of_damage(Damaged))?];
    for _ in 0..DEPTH {
        let mut are_leaves = false;
        each_page(c, &level[..1], |page| {
            are_leaves = matches!(Page::new(page, reserved)?, Page::Leaf(_));
            Ok(())
        })?;
        if are_leaves {
            return Ok(level);
        }
        let mut below = Vec::new();
        each_page(c, &level, |page| {
            let Page::Inner(inner) = Page::new(page, reserved)? else {
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
    Err(of_damage(Damaged))
}

fn of_damage(damaged: Damaged) -> DieselError {
    DieselError::DeserializationError(damaged.into())
}

impl<T: TakesRecords> TakesRows<Sqlite> for TakesPages<'_, T> {
    fn row<'a>(&mut self, row: &impl Row<'a, Sqlite>) -> deserialize::Result<()> {
        let field = row.get(0).ok_or(UnexpectedEndOfRow)?;
        let mut data = field.value();
        let data = data.as_mut().ok_or(UnexpectedNullError)?;
        let Page::Leaf(leaf) = Page::new(data.read_blob(), self.reserved)? else {
            return Err(Damaged.into());
        };
        self.there += 1;
        for cell in leaf.cells() {
            let cell = cell?;
            let record = cell.record.map(|record| record.first(self.columns));
            let taken = record.and_then(|record| self.takes.record(record));
            if taken.is_none() {
                self.others.push(cell.rowid);
            }
        }
        Ok(())
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
        Value::Integer(_) | Value::Other => None,
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
        Value::Integer(_) | Value::Other => None,
    }
}

/// A number, which may be NULL.
fn number(record: &mut Record<'_>) -> Option<Option<i64>> {
    match record.next()? {
        Value::Null => Some(None),
        Value::Integer(number) => Some(Some(number)),
        Value::Text(_) | Value::Other => None,
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
    use super::super::{Rows, open_for_scan, open_for_server, replace};
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

    /// What is loaded by so many readers.
    fn loaded(place: &Place, many: usize) -> Result<Rows, DatabaseError> {
        let mut rows = Rows::default();
        load_in_halves(&mut open_for_server(&place.url())?, &mut rows, many)?;
        // Nothing says that an id is there once.
        rows.artists.sort_by_key(|row| (row.id, row.name.clone()));
        rows.tracks.sort_by_key(|row| (row.id, format!("{row:?}")));
        Ok(rows)
    }

    /// That as many rows are loaded by one reader and by two as are selected; gives them back.
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
    fn rows_of_many_levels_and_of_any_length_are_all_there() {
        for (size, mode) in [
            (512, "WAL"),
            (512, "DELETE"),
            (4096, "DELETE"),
            (65536, "WAL"),
        ] {
            let place = Place::new();
            place.run(&format!(
                "PRAGMA page_size = {size}; PRAGMA auto_vacuum = INCREMENTAL;
                 PRAGMA journal_mode = {mode}; {ORIGINAL}
                 WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 3000)
                 INSERT INTO tracks SELECT printf('%032x', i),
                 printf('%.*c', CASE i % 100 WHEN 7 THEN i * 3 ELSE i % 50 END, 'x'), i - 1500, i << 20,
                 NULL, printf('%032x', i / 10), printf('%032X', i % 7), NULL FROM n;
                 INSERT INTO tracks (rowid, id) VALUES (-9223372036854775808, printf('%032x', 1 << 40));
                 INSERT INTO tracks (rowid, id) VALUES (9223372036854775807, printf('%032x', 1 << 41));
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
        ] {
            let mut damaged = whole.clone();
            damaged[place_of_bytes..][..bytes.len()].copy_from_slice(&bytes);
            fs::write(place.path(), damaged).unwrap();
            for many in [0, usize::MAX] {
                let error = loaded(&place, many).unwrap_err();
                let error = &error as &dyn std::error::Error;
                let said: Vec<String> = std::iter::successors(Some(error), |error| error.source())
                    .map(ToString::to_string)
                    .collect();
                let said = said.join(": ");
                assert!(
                    said.contains("damaged") && said.contains("avalon.sqlite"),
                    "{said}"
                );
            }
        }
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
            2 => Just("'00000000-0000-0000-0000-000000000007'".to_owned()),
            2 => Just("CAST('00000000000000000000000000000007' AS BLOB)".to_owned()),
            1 => Just("NULL".to_owned()),
        ]
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
            let selected = loaded(&place, 0).map_err(|error| error.to_string());
            for by_pages in by_pages {
                prop_assert_eq!(by_pages.map_err(|error| error.to_string()), selected.clone());
            }
        }

        #[test]
        fn a_file_with_other_bytes_is_read_or_is_an_error(
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
                // It does not panic, and ends.
                let _ = loaded(&place, many);
            }
        }
    }
}
