//! Made-up libraries, and other tracks, in databases.
//!
//! In: how many tracks of which seed, and where. Out: a database as a first scan of such a collection
//! leaves it behind, with generation 1. It is written in pieces, a transaction each half million tracks, so
//! that memory does not grow with the library; the row of `scans` comes last, and tells that it is whole.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use avalon_core::database::{
    AlbumRow, ArtistRow, Changes, DatabaseError, DatabaseUrl, End, GenreRow, LastScan, RootRow,
    ScanRow, Writer, open_for_scan, update,
};
use avalon_core::ids::{AlbumId, ArtistId, GenreId};

use super::generator::{Track, tracks};
use super::postgres::Postgres;
use super::rows::{SCANNED_NS, file, record};

/// Tracks of one step of a write.
const PIECE: usize = 10_000;

/// Tracks of one transaction: what SQLite holds in memory until its end, about 500 MB.
const TRANSACTION: usize = 500_000;

/// Which library.
#[derive(Clone, Copy)]
pub(crate) struct Library {
    pub(crate) tracks: usize,
    pub(crate) seed: u64,
    /// Whether only the original's columns and the disc are written: no details, files or scans.
    pub(crate) is_bare: bool,
}

impl Library {
    /// The SQLite file of it in a folder, made where it is not there yet.
    pub(crate) fn in_folder(&self, folder: &Path) -> Result<PathBuf> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let folder = folder.canonicalize()?;
        let path = folder.join(format!("{}.sqlite", self.name()));
        if !path.exists() {
            // Under another name as long as it is not whole.
            let unfinished = folder.join(format!("{}.unfinished", self.name()));
            if unfinished.exists() {
                fs::remove_file(&unfinished)?;
            }
            self.write(&DatabaseUrl::SqliteFile(unfinished.clone()))?;
            fs::rename(&unfinished, &path)?;
            // The lock of the scan that this was goes by the name of its file.
            fs::remove_file(folder.join(format!("{}.unfinished-scan.lock", self.name())))?;
        }
        Ok(path)
    }

    /// The URL of it in a database of its own on that server, made where it is not there yet.
    pub(crate) fn on_postgres(&self, server: &Postgres) -> Result<String> {
        let name = self.database_name();
        let url = server.database(&name)?;
        if !server.has(&name)? {
            let unfinished = format!("{name}_unfinished");
            server.drop(&unfinished)?;
            server.create(&unfinished)?;
            self.write(&DatabaseUrl::parse(&server.database(&unfinished)?)?)?;
            server.rename(&unfinished, &name)?;
        }
        Ok(url)
    }

    /// The database that [`Library::on_postgres`] makes.
    pub(crate) fn database_name(&self) -> String {
        format!("avalon_bench_{}", self.name())
    }

    fn name(&self) -> String {
        let Self { tracks, seed, .. } = self;
        let bare = if self.is_bare { "_bare" } else { "" };
        format!("{tracks}_{seed}{bare}")
    }

    /// Writes it into a database, instead of whatever library is there.
    pub(crate) fn write(&self, url: &DatabaseUrl) -> Result<()> {
        let tracks = tracks(self.seed, self.tracks);
        write(url, Pieces::new(tracks, self.tracks, self.is_bare))
    }
}

/// Writes tracks with the original's columns and the disc alone, instead of whatever library is there.
pub(crate) fn write_bare(url: &DatabaseUrl, tracks: Vec<Track>) -> Result<()> {
    let count = tracks.len();
    write(url, Pieces::new(tracks.into_iter(), count, true))
}

fn write(url: &DatabaseUrl, mut pieces: Pieces<impl Iterator<Item = Track>>) -> Result<()> {
    let mut connection = open_for_scan(url)?;
    let mut is_first = true;
    while pieces.written < pieces.count || is_first {
        update(&mut connection, |writer| -> Result<_, DatabaseError> {
            if is_first {
                writer.clear()?;
                writer.set_roots(&[root()])?;
                writer.set_issues(&[])?;
            }
            writer.set_indexes_aside()?;
            write_transaction(writer, &mut pieces)?;
            Ok(End::Commit(()))
        })?;
        is_first = false;
    }
    Ok(())
}

fn write_transaction(
    writer: &mut Writer<'_>,
    pieces: &mut Pieces<impl Iterator<Item = Track>>,
) -> Result<(), DatabaseError> {
    let end = (pieces.written + TRANSACTION).min(pieces.count);
    while pieces.written < end {
        writer.write(&pieces.next((end - pieces.written).min(PIECE)))?;
    }
    if end == pieces.count && !pieces.is_bare {
        let last = writer.last_scan()?;
        writer.add_scan(&scan(pieces.count as u64, last))?;
    }
    Ok(())
}

/// The library, piece by piece.
struct Pieces<T> {
    tracks: T,
    /// How many tracks there are in all.
    count: usize,
    is_bare: bool,
    written: usize,
    albums: HashSet<AlbumId>,
    artists: HashSet<ArtistId>,
    genres: HashSet<GenreId>,
}

impl<T: Iterator<Item = Track>> Pieces<T> {
    fn new(tracks: T, count: usize, is_bare: bool) -> Self {
        Self {
            tracks,
            count,
            is_bare,
            written: 0,
            albums: HashSet::new(),
            artists: HashSet::new(),
            genres: HashSet::new(),
        }
    }

    fn next(&mut self, count: usize) -> Changes {
        let mut changes = Changes::default();
        for track in self.tracks.by_ref().take(count) {
            self.written += 1;
            let name = |name: &String| Some(name.clone());
            let id = AlbumId::of(&track.album);
            if self.albums.insert(id) {
                let name = name(&track.album);
                changes.albums.push(AlbumRow { id, name });
            }
            let id = ArtistId::of(&track.artist);
            if self.artists.insert(id) {
                let name = name(&track.artist);
                changes.artists.push(ArtistRow { id, name });
            }
            let id = GenreId::of(&track.genre);
            if self.genres.insert(id) {
                let name = name(&track.genre);
                changes.genres.push(GenreRow { id, name });
            }
            let record = record(&track, self.is_bare);
            if !self.is_bare {
                changes
                    .files
                    .push(file(&track, &record, self.written as i64));
            }
            changes.tracks.push(record);
        }
        changes
    }
}

fn root() -> RootRow {
    let path = b"/music".to_vec();
    RootRow {
        typed: path.clone(),
        key: path.clone(),
        absolute: path,
        is_mount_point: false,
        follows_links: false,
    }
}

/// A scan that found so many tracks, all new, after the last one.
fn scan(tracks: u64, last: LastScan) -> ScanRow {
    ScanRow {
        id: last.id + 1,
        generation: last.generation + 1,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        scope: "changes".to_owned(),
        roots: r#"["/music"]"#.to_owned(),
        started_ns: SCANNED_NS,
        seconds: tracks as f64 / 40_000.0,
        seen: tracks,
        read: tracks,
        added: tracks,
        tracks,
        ..ScanRow::default()
    }
}
