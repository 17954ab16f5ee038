//! Writing a library: pieces of it, as a scan finds them.
//!
//! In: a connection in a transaction, and [`Changes`] one after another, names, and what the scanner
//! wants to remember. Out: rows. They are never emptied by TRUNCATE, which would show readers of an older snapshot on
//! PostgreSQL an empty table.
//!
//! What stays true: tracks never refer to an album, artist or genre that is not there. On SQLite
//! that rests on the order of the writes alone (foreign keys are off for a scan, which halves its
//! cost); PostgreSQL checks it.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;

use super::changes::{Changes, NameChanges};
use super::insert::{NewAlbum, NewArtist, NewFile, NewGenre, NewTrack};
use super::memory::{IssueRow, RootRow, SPENT, ScanRow, shown};
use super::schema::{albums, artists, files, genres, scan_issues, scan_roots, scans, tracks};
use super::values::StoredId;

/// Rows that one COPY or one DELETE of PostgreSQL takes.
const PIECE: usize = 10_000;

/// Scans that are remembered.
const SCANS_KEPT: i64 = 100;

/// What is written; what each does, `Writer` tells.
pub(super) trait Record {
    fn drop_indexes(&mut self) -> QueryResult<Vec<String>>;
    fn make_indexes(&mut self, statements: &[String]) -> QueryResult<()>;
    fn write(&mut self, changes: &Changes) -> QueryResult<()>;
    fn clear(&mut self) -> QueryResult<()>;
    fn rename(&mut self, changes: &NameChanges) -> QueryResult<()>;
    fn set_added(&mut self, files: &[(i64, i64)]) -> QueryResult<()>;
    fn set_spent(&mut self, files: &[i64]) -> QueryResult<()>;
    fn set_roots(&mut self, roots: &[RootRow]) -> QueryResult<()>;
    fn set_issues(&mut self, issues: &[IssueRow]) -> QueryResult<()>;
    fn add_scan(&mut self, scan: &ScanRow) -> QueryResult<()>;
}

/// What is alike on both backends. diesel's types are those of one backend each, so it is a macro that
/// says it once.
macro_rules! record {
    ($connection:ty, $write:ident, $drop_indexes:ident) => {
        impl Record for $connection {
            fn drop_indexes(&mut self) -> QueryResult<Vec<String>> {
                $drop_indexes(self)
            }

            fn make_indexes(&mut self, statements: &[String]) -> QueryResult<()> {
                for statement in statements {
                    diesel::sql_query(statement).execute(self)?;
                }
                Ok(())
            }

            fn write(&mut self, changes: &Changes) -> QueryResult<()> {
                $write(self, changes)
            }

            fn clear(&mut self) -> QueryResult<()> {
                // Tracks first: they refer to the others.
                diesel::delete(tracks::table).execute(self)?;
                diesel::delete(albums::table).execute(self)?;
                diesel::delete(artists::table).execute(self)?;
                diesel::delete(genres::table).execute(self)?;
                diesel::delete(files::table).execute(self)?;
                Ok(())
            }

            fn rename(&mut self, changes: &NameChanges) -> QueryResult<()> {
                macro_rules! rename {
                    ($table:ident, $renamed:expr, $gone:expr) => {
                        for row in $renamed {
                            let this = $table::table.find(StoredId::from(row.id));
                            let name = $table::name.eq(row.name.as_deref());
                            diesel::update(this).set(name).execute(self)?;
                        }
                        for id in $gone {
                            let this = $table::table.find(StoredId::from(*id));
                            diesel::delete(this).execute(self)?;
                        }
                    };
                }
                rename!(albums, &changes.albums, &changes.gone_albums);
                rename!(artists, &changes.artists, &changes.gone_artists);
                rename!(genres, &changes.genres, &changes.gone_genres);
                Ok(())
            }

            fn set_added(&mut self, files: &[(i64, i64)]) -> QueryResult<()> {
                for (id, added) in files {
                    let this = files::table.find(id);
                    let set = files::added_ns.eq(added);
                    diesel::update(this).set(set).execute(self)?;
                }
                Ok(())
            }

            fn set_spent(&mut self, files: &[i64]) -> QueryResult<()> {
                for id in files {
                    let set = files::mapping.eq(SPENT);
                    diesel::update(files::table.find(id))
                        .set(set)
                        .execute(self)?;
                }
                Ok(())
            }

            fn set_roots(&mut self, roots: &[RootRow]) -> QueryResult<()> {
                diesel::delete(scan_roots::table).execute(self)?;
                for (id, root) in (1_i64..).zip(roots) {
                    let values = (
                        scan_roots::id.eq(id),
                        scan_roots::typed.eq(&root.typed),
                        scan_roots::key.eq(&root.key),
                        scan_roots::absolute.eq(&root.absolute),
                        scan_roots::path_text.eq(shown(&root.absolute)),
                        scan_roots::is_mount_point.eq(root.is_mount_point),
                        scan_roots::follows_links.eq(root.follows_links),
                    );
                    diesel::insert_into(scan_roots::table)
                        .values(values)
                        .execute(self)?;
                }
                Ok(())
            }

            fn set_issues(&mut self, issues: &[IssueRow]) -> QueryResult<()> {
                diesel::delete(scan_issues::table).execute(self)?;
                for (id, issue) in (1_i64..).zip(issues) {
                    let values = (
                        scan_issues::id.eq(id),
                        scan_issues::path.eq(&issue.path),
                        scan_issues::path_text.eq(shown(&issue.path)),
                        scan_issues::kind.eq(&issue.kind),
                        scan_issues::message.eq(issue.message.replace('\0', "\u{fffd}")),
                    );
                    diesel::insert_into(scan_issues::table)
                        .values(values)
                        .execute(self)?;
                }
                Ok(())
            }

            fn add_scan(&mut self, scan: &ScanRow) -> QueryResult<()> {
                let values = (
                    scans::id.eq(scan.id),
                    scans::generation.eq(scan.generation),
                    scans::version.eq(&scan.version),
                    scans::scope.eq(&scan.scope),
                    scans::roots.eq(&scan.roots),
                    scans::started_ns.eq(scan.started_ns),
                    scans::seconds.eq(scan.seconds),
                    scans::seen.eq(scan.seen.cast_signed()),
                    scans::read.eq(scan.read.cast_signed()),
                    scans::unchanged.eq(scan.unchanged.cast_signed()),
                    scans::added.eq(scan.added.cast_signed()),
                    scans::changed.eq(scan.changed.cast_signed()),
                    scans::moved.eq(scan.moved.cast_signed()),
                    scans::removed.eq(scan.removed.cast_signed()),
                    scans::tracks.eq(scan.tracks.cast_signed()),
                    scans::skipped.eq(scan.skipped.cast_signed()),
                    scans::warnings.eq(scan.warnings.cast_signed()),
                    scans::other.eq(scan.other.cast_signed()),
                );
                diesel::insert_into(scans::table)
                    .values(values)
                    .execute(self)?;
                let old = scans::table.filter(scans::id.le(scan.id - SCANS_KEPT));
                diesel::delete(old).execute(self)?;
                Ok(())
            }
        }
    };
}

record!(SqliteConnection, into_sqlite, drop_sqlite_indexes);
record!(PgConnection, into_postgres, drop_no_indexes);

/// An index as SQLite remembers it.
#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql: String,
}

/// Drops the indexes of tracks, all but that of its key; what makes them again.
fn drop_sqlite_indexes(c: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    let indexes: Vec<Index> = diesel::sql_query(
        "SELECT name, sql FROM sqlite_master \
         WHERE type = 'index' AND tbl_name = 'tracks' AND sql IS NOT NULL ORDER BY name",
    )
    .load(c)?;
    for index in &indexes {
        let name = index.name.replace('"', "\"\"");
        diesel::sql_query(format!("DROP INDEX \"{name}\"")).execute(c)?;
    }
    Ok(indexes.into_iter().map(|index| index.sql).collect())
}

/// Readers would have to wait for the commit.
fn drop_no_indexes(_: &mut PgConnection) -> QueryResult<Vec<String>> {
    Ok(Vec::new())
}

/// One prepared statement a table, run once a row: the fastest way into SQLite.
fn into_sqlite(c: &mut SqliteConnection, changes: &Changes) -> QueryResult<()> {
    macro_rules! insert {
        ($new:ident, $rows:expr) => {
            for row in $rows {
                $new::from(row).execute(c)?;
            }
        };
    }
    for id in &changes.gone_tracks {
        diesel::delete(tracks::table.find(StoredId::from(*id))).execute(c)?;
    }
    for id in &changes.gone_files {
        diesel::delete(files::table.find(id)).execute(c)?;
    }
    insert!(NewAlbum, &changes.albums);
    insert!(NewArtist, &changes.artists);
    insert!(NewGenre, &changes.genres);
    insert!(NewTrack, &changes.tracks);
    insert!(NewFile, &changes.files);
    Ok(())
}

/// COPY in pieces: the fastest way into PostgreSQL.
fn into_postgres(c: &mut PgConnection, changes: &Changes) -> QueryResult<()> {
    macro_rules! copy {
        ($table:ident, $new:ident, $rows:expr) => {
            for piece in $rows.chunks(PIECE) {
                let values: Vec<_> = piece.iter().map($new::from).collect();
                diesel::copy_from($table::table)
                    .from_insertable(&values)
                    .execute(c)?;
            }
        };
    }
    for ids in changes.gone_tracks.chunks(PIECE) {
        let ids: Vec<StoredId> = ids.iter().copied().map(StoredId::from).collect();
        diesel::delete(tracks::table.filter(tracks::id.eq_any(ids))).execute(c)?;
    }
    for ids in changes.gone_files.chunks(PIECE) {
        diesel::delete(files::table.filter(files::id.eq_any(ids))).execute(c)?;
    }
    copy!(albums, NewAlbum, changes.albums);
    copy!(artists, NewArtist, changes.artists);
    copy!(genres, NewGenre, changes.genres);
    copy!(tracks, NewTrack, changes.tracks);
    copy!(files, NewFile, changes.files);
    Ok(())
}
