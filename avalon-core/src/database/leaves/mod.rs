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
mod tests;
