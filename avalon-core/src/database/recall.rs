//! Reading what the scanner remembers.
//!
//! In: a connection to a database of the current schema. Out: rows of the scanner's tables, one by one
//! where there may be millions.

use diesel::connection::DefaultLoadingMode;
use diesel::pg::{PgConnection, PgRowByRowLoadingMode};
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::memory::{FileKind, FileRow, FileStat, IssueRow, RootRow, Spellings};
use super::rows::{AlbumRow, ArtistRow, GenreRow, Rows};
use super::schema::{albums, artists, files, genres, scan_issues, scan_roots, scans, tracks};
use super::values::StoredId;
use crate::ids::TrackId;

/// What is known of the last scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastScan {
    /// Its number; 0 where there was none.
    pub id: i64,
    /// The generation after it; 0 where there was none.
    pub generation: i64,
    /// When it began, nanoseconds since 1970; 0 where there was none. It tells two scans of one number
    /// apart, of which one was undone by a restore of the database.
    pub started_ns: i64,
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

/// The ids of tracks that another program wrote. An index holds just these.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn tracks_of_others() -> _ {
    tracks::table
        .filter(tracks::format.is_null())
        .select(tracks::id)
}

/// What is read alike on both backends; what each gives, `Writer` tells.
pub(super) trait Recall {
    fn files(&mut self, on_file: &mut dyn FnMut(FileRow)) -> QueryResult<()>;
    fn spellings(&mut self, on_names: &mut dyn FnMut(i64, Spellings)) -> QueryResult<()>;
    fn names(&mut self) -> QueryResult<Rows>;
    fn track_ids(&mut self) -> QueryResult<Vec<TrackId>>;
    fn count_tracks(&mut self) -> QueryResult<u64>;
    fn has_tracks_of_others(&mut self) -> QueryResult<bool>;
    fn roots(&mut self) -> QueryResult<Vec<RootRow>>;
    /// [`Recall::roots`] of a schema that does not say whether links were followed: none were.
    fn roots_without_links(&mut self) -> QueryResult<Vec<RootRow>>;
    fn issues(&mut self) -> QueryResult<Vec<IssueRow>>;
    fn last_scan(&mut self) -> QueryResult<LastScan>;
}

/// diesel's types are those of one backend each, so it is a macro that says it once.
macro_rules! recall {
    ($connection:ty, $mode:ty) => {
        impl Recall for $connection {
            fn files(&mut self, on_file: &mut dyn FnMut(FileRow)) -> QueryResult<()> {
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
                    .load_iter::<File, $mode>(self)?;
                for row in rows {
                    on_file(file(row?));
                }
                Ok(())
            }

            fn spellings(&mut self, on_names: &mut dyn FnMut(i64, Spellings)) -> QueryResult<()> {
                type Names = (i64, Option<String>, Option<String>, Option<String>);
                let rows = files::table
                    .filter(files::track_id.is_not_null())
                    .select((files::id, files::album, files::artist, files::genre))
                    .load_iter::<Names, $mode>(self)?;
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

            fn names(&mut self) -> QueryResult<Rows> {
                Ok(Rows {
                    albums: named(albums::table.load(self)?, |id, name| AlbumRow {
                        id: id.into(),
                        name,
                    }),
                    artists: named(artists::table.load(self)?, |id, name| ArtistRow {
                        id: id.into(),
                        name,
                    }),
                    genres: named(genres::table.load(self)?, |id, name| GenreRow {
                        id: id.into(),
                        name,
                    }),
                    ..Rows::default()
                })
            }

            fn track_ids(&mut self) -> QueryResult<Vec<TrackId>> {
                let ids: Vec<StoredId> = tracks::table.select(tracks::id).load(self)?;
                Ok(ids.into_iter().map(TrackId::from).collect())
            }

            fn count_tracks(&mut self) -> QueryResult<u64> {
                let count: i64 = tracks::table.count().get_result(self)?;
                Ok(count.unsigned_abs())
            }

            fn has_tracks_of_others(&mut self) -> QueryResult<bool> {
                let other: Option<StoredId> = tracks_of_others().first(self).optional()?;
                Ok(other.is_some())
            }

            fn roots(&mut self) -> QueryResult<Vec<RootRow>> {
                type Root = (Vec<u8>, Vec<u8>, Vec<u8>, bool, bool);
                let rows: Vec<Root> = scan_roots::table
                    .select((
                        scan_roots::typed,
                        scan_roots::key,
                        scan_roots::absolute,
                        scan_roots::is_mount_point,
                        scan_roots::follows_links,
                    ))
                    .order(scan_roots::id)
                    .load(self)?;
                let row = |(typed, key, absolute, is_mount_point, follows_links)| RootRow {
                    typed,
                    key,
                    absolute,
                    is_mount_point,
                    follows_links,
                };
                Ok(rows.into_iter().map(row).collect())
            }

            fn roots_without_links(&mut self) -> QueryResult<Vec<RootRow>> {
                type Root = (Vec<u8>, Vec<u8>, Vec<u8>, bool);
                let rows: Vec<Root> = scan_roots::table
                    .select((
                        scan_roots::typed,
                        scan_roots::key,
                        scan_roots::absolute,
                        scan_roots::is_mount_point,
                    ))
                    .order(scan_roots::id)
                    .load(self)?;
                let row = |(typed, key, absolute, is_mount_point)| RootRow {
                    typed,
                    key,
                    absolute,
                    is_mount_point,
                    follows_links: false,
                };
                Ok(rows.into_iter().map(row).collect())
            }

            fn issues(&mut self) -> QueryResult<Vec<IssueRow>> {
                let rows: Vec<(Vec<u8>, String, String)> = scan_issues::table
                    .select((scan_issues::path, scan_issues::kind, scan_issues::message))
                    .order(scan_issues::id)
                    .load(self)?;
                let row = |(path, kind, message)| IssueRow {
                    path,
                    kind,
                    message,
                };
                Ok(rows.into_iter().map(row).collect())
            }

            fn last_scan(&mut self) -> QueryResult<LastScan> {
                let last: Option<(i64, i64, i64)> = scans::table
                    .select((scans::id, scans::generation, scans::started_ns))
                    .order(scans::id.desc())
                    .first(self)
                    .optional()?;
                let (id, generation, started_ns) = last.unwrap_or_default();
                Ok(LastScan {
                    id,
                    generation,
                    started_ns,
                })
            }
        }
    };
}

recall!(SqliteConnection, DefaultLoadingMode);
recall!(PgConnection, PgRowByRowLoadingMode);

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

fn named<Row>(
    all: Vec<(StoredId, Option<String>)>,
    row: impl Fn(StoredId, Option<String>) -> Row,
) -> Vec<Row> {
    all.into_iter().map(|(id, name)| row(id, name)).collect()
}
