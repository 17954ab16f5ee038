//! Rows and files for the unit tests of this folder.

use std::path::PathBuf;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use tempfile::TempDir;

use super::connection::AnyConnection;
use super::load;
use super::rows::{AlbumRow, ArtistRow, GenreRow, Rows, TrackRow};
use super::url::DatabaseUrl;
use crate::ids::{AlbumId, ArtistId, GenreId, TrackId};

/// A database file that does not exist yet, in a folder that goes with the value.
pub(super) struct Place {
    folder: TempDir,
}

impl Place {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("avalon.sqlite")
    }

    pub(super) fn url(&self) -> DatabaseUrl {
        DatabaseUrl::SqliteFile(self.path())
    }

    /// Runs statements by a connection of its own, as another program would.
    pub(super) fn run(&self, statements: &str) {
        let mut other = SqliteConnection::establish(&self.path().to_string_lossy()).unwrap();
        other.batch_execute(statements).unwrap();
    }
}

/// What a database holds.
pub(super) fn loaded(connection: &mut AnyConnection) -> Rows {
    let mut rows = Rows::default();
    load(connection, &mut rows).unwrap();
    rows
}

/// A small library: one track a title, numbered from 1.
pub(super) fn library(titles: &[&str]) -> Rows {
    Rows {
        albums: vec![AlbumRow {
            id: AlbumId::of("¡Uno!"),
            name: Some("¡Uno!".to_owned()),
        }],
        artists: vec![ArtistRow {
            id: ArtistId::of(""),
            name: Some(String::new()),
        }],
        genres: vec![GenreRow {
            id: GenreId::of("Punk"),
            name: None,
        }],
        tracks: (1..)
            .zip(titles)
            .map(|(number, title)| TrackRow {
                id: TrackId::of(title.as_bytes()),
                name: Some((*title).to_owned()),
                length: Some(60 * number),
                track: Some(number),
                year: None,
                disc: (number > 1).then_some(number),
                album_id: Some(AlbumId::of("¡Uno!")),
                artist_id: Some(ArtistId::of("")),
                genre_id: Some(GenreId::of("Punk")),
            })
            .collect(),
        generation: 0,
    }
}

/// The tables as the original makes them, with one track.
pub(super) const ORIGINAL: &str = "
    CREATE TABLE albums (id CHAR(32) NOT NULL, name VARCHAR, PRIMARY KEY (id));
    CREATE TABLE artists (id CHAR(32) NOT NULL, name VARCHAR, PRIMARY KEY (id));
    CREATE TABLE genres (id CHAR(32) NOT NULL, name VARCHAR, PRIMARY KEY (id));
    CREATE TABLE tracks (
        id CHAR(32) NOT NULL, name VARCHAR, length INTEGER, track INTEGER, year INTEGER,
        album_id CHAR(32), artist_id CHAR(32), genre_id CHAR(32), PRIMARY KEY (id));
    INSERT INTO tracks (id, name, track) VALUES ('00000000000000000000000000000001', 'One', 4294967296);
";
