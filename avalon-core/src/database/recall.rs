//! Reading what the scanner remembers, inside the transaction that will write.
//!
//! In: a [`Writer`]. Out: rows of the scanner's tables, one by one where there may be millions.

use diesel::connection::DefaultLoadingMode;
use diesel::pg::{PgConnection, PgRowByRowLoadingMode};
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sqlite::SqliteConnection;

use super::error::DatabaseError;
use super::memory::{FileKind, FileRow, FileStat, IssueRow, RootRow, Spellings};
use super::rows::{AlbumRow, ArtistRow, GenreRow, Rows};
use super::schema::{albums, artists, files, genres, scan_issues, scan_roots, scans, tracks};
use super::transaction::{Inner, Writer, on_writer};
use super::values::StoredId;
use crate::ids::TrackId;

/// What is known of the last scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastScan {
    /// Its number; 0 where there was none.
    pub id: i64,
    /// The generation after it; 0 where there was none.
    pub generation: i64,
}

type File = (
    i64,
    Vec<u8>,
    String,
    i64,
    i64,
    i64,
    i64,
    i32,
    i64,
    i64,
    Option<Vec<u8>>,
    Option<i64>,
);

macro_rules! queries {
    ($connection:ty, $mode:ty, $each_file:ident, $each_name:ident) => {
        fn $each_file(c: &mut $connection, on_file: &mut dyn FnMut(FileRow)) -> QueryResult<()> {
            let rows = files::table
                .select((
                    files::id,
                    files::path,
                    files::kind,
                    files::size,
                    files::mtime_ns,
                    files::ctime_ns,
                    files::inode,
                    files::mapping,
                    files::read_ns,
                    files::added_ns,
                    files::fingerprint,
                    files::digest,
                ))
                .load_iter::<File, $mode>(c)?;
            for row in rows {
                on_file(file(row?));
            }
            Ok(())
        }

        fn $each_name(
            c: &mut $connection,
            on_names: &mut dyn FnMut(i64, Spellings),
        ) -> QueryResult<()> {
            type Names = (i64, Option<String>, Option<String>, Option<String>);
            let rows = files::table
                .filter(files::track_id.is_not_null())
                .select((files::id, files::album, files::artist, files::genre))
                .load_iter::<Names, $mode>(c)?;
            for row in rows {
                let (id, album, artist, genre) = row?;
                let names = Spellings {
                    album: album.unwrap_or_default(),
                    artist: artist.unwrap_or_default(),
                    genre: genre.unwrap_or_default(),
                };
                on_names(id, names);
            }
            Ok(())
        }
    };
}

queries!(
    SqliteConnection,
    DefaultLoadingMode,
    sqlite_files,
    sqlite_names
);
queries!(
    PgConnection,
    PgRowByRowLoadingMode,
    postgres_files,
    postgres_names
);

fn file(row: File) -> FileRow {
    let (id, path, kind, size, mtime, ctime, inode, mapping, read, added, fingerprint, digest) =
        row;
    FileRow {
        id,
        path,
        kind: FileKind::of(&kind),
        stat: FileStat {
            size: size.cast_unsigned(),
            mtime_ns: mtime,
            ctime_ns: ctime,
            inode: inode.cast_unsigned(),
        },
        mapping,
        read_ns: read,
        added_ns: added,
        fingerprint: fingerprint.and_then(|bytes| bytes.try_into().ok()),
        digest,
    }
}

impl Writer<'_> {
    fn read_error(&self, source: DieselError) -> DatabaseError {
        DatabaseError::Read {
            url: self.url.to_string(),
            source,
        }
    }

    /// Every remembered file.
    ///
    /// # Errors
    /// [`DatabaseError::Read`], as of all that follow.
    pub fn files(&mut self, on_file: &mut dyn FnMut(FileRow)) -> Result<(), DatabaseError> {
        let read = match &mut self.inner {
            Inner::Sqlite(c) => sqlite_files(c, on_file),
            Inner::Postgres(c) => postgres_files(c, on_file),
        };
        read.map_err(|source| self.read_error(source))
    }

    /// The spellings of every file that is a track, by the number of the file.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn spellings(
        &mut self,
        on_names: &mut dyn FnMut(i64, Spellings),
    ) -> Result<(), DatabaseError> {
        let read = match &mut self.inner {
            Inner::Sqlite(c) => sqlite_names(c, on_names),
            Inner::Postgres(c) => postgres_names(c, on_names),
        };
        read.map_err(|source| self.read_error(source))
    }

    /// The albums, artists and genres as they stand, without tracks.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn names(&mut self) -> Result<Rows, DatabaseError> {
        type Named = (StoredId, Option<String>);
        let read: QueryResult<[Vec<Named>; 3]> = on_writer!(self, c => albums::table
            .load(*c)
            .and_then(|albums| Ok([albums, artists::table.load(*c)?, genres::table.load(*c)?])));
        let [albums, artists, genres] = read.map_err(|source| self.read_error(source))?;
        Ok(Rows {
            albums: rows(albums, |id, name| AlbumRow {
                id: id.into(),
                name,
            }),
            artists: rows(artists, |id, name| ArtistRow {
                id: id.into(),
                name,
            }),
            genres: rows(genres, |id, name| GenreRow {
                id: id.into(),
                name,
            }),
            tracks: Vec::new(),
        })
    }

    /// The ids of all tracks: what an original's database knows of its files.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn track_ids(&mut self) -> Result<Vec<TrackId>, DatabaseError> {
        let read: QueryResult<Vec<StoredId>> =
            on_writer!(self, c => tracks::table.select(tracks::id).load(*c));
        let ids = read.map_err(|source| self.read_error(source))?;
        Ok(ids.into_iter().map(TrackId::from).collect())
    }

    /// The number of tracks, and whether they are of our writing (none is, of the original's).
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn tracks(&mut self) -> Result<(u64, bool), DatabaseError> {
        let read: QueryResult<(i64, Option<bool>)> = on_writer!(self, c => tracks::table
        .count()
        .get_result(*c)
        .and_then(|count| {
            let ours = tracks::table.select(tracks::format.is_not_null()).limit(1);
            Ok((count, ours.get_result(*c).optional()?))
        }));
        let (count, ours) = read.map_err(|source| self.read_error(source))?;
        Ok((count.unsigned_abs(), ours.unwrap_or(true)))
    }

    /// The roots of the last scan.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn roots(&mut self) -> Result<Vec<RootRow>, DatabaseError> {
        type Root = (Vec<u8>, Vec<u8>, Vec<u8>, bool);
        let read: QueryResult<Vec<Root>> = on_writer!(self, c => scan_roots::table
            .select((scan_roots::typed, scan_roots::key, scan_roots::absolute, scan_roots::is_mount_point))
            .order(scan_roots::id)
            .load(*c));
        let row = |(typed, key, absolute, is_mount_point)| RootRow {
            typed,
            key,
            absolute,
            is_mount_point,
        };
        Ok(read
            .map_err(|source| self.read_error(source))?
            .into_iter()
            .map(row)
            .collect())
    }

    /// The issues as of the last scan, in their order.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn issues(&mut self) -> Result<Vec<IssueRow>, DatabaseError> {
        let read: QueryResult<Vec<(Vec<u8>, String, String)>> = on_writer!(self, c => scan_issues::table
                .select((scan_issues::path, scan_issues::kind, scan_issues::message))
                .order(scan_issues::id)
                .load(*c));
        let row = |(path, kind, message)| IssueRow {
            path,
            kind,
            message,
        };
        Ok(read
            .map_err(|source| self.read_error(source))?
            .into_iter()
            .map(row)
            .collect())
    }

    /// The last scan.
    ///
    /// # Errors
    /// [`DatabaseError::Read`].
    pub fn last_scan(&mut self) -> Result<LastScan, DatabaseError> {
        let read: QueryResult<Option<(i64, i64)>> = on_writer!(self, c => scans::table
            .select((scans::id, scans::generation))
            .order(scans::id.desc())
            .first(*c)
            .optional());
        let (id, generation) = read
            .map_err(|source| self.read_error(source))?
            .unwrap_or_default();
        Ok(LastScan { id, generation })
    }
}

fn rows<Row>(
    all: Vec<(StoredId, Option<String>)>,
    row: impl Fn(StoredId, Option<String>) -> Row,
) -> Vec<Row> {
    all.into_iter().map(|(id, name)| row(id, name)).collect()
}
