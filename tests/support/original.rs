//! Databases as the original made them: its own DDL on both backends.
//!
//! In: an empty [`Database`] and a [`Library`]. Out: tables that avalonms 0.6 could have written,
//! which knows nothing of what we add to them. Source: CONTRACT "Types" and SQLAlchemy 1.2's
//! CREATE TABLE for the original's models.

use diesel::connection::SimpleConnection;

use super::database::{Database, Entity, Library};

const SQLITE: &str = "
CREATE TABLE albums (id CHAR(32) NOT NULL, name VARCHAR, PRIMARY KEY (id));
CREATE TABLE artists (id CHAR(32) NOT NULL, name VARCHAR, PRIMARY KEY (id));
CREATE TABLE genres (id CHAR(32) NOT NULL, name VARCHAR, PRIMARY KEY (id));
CREATE TABLE tracks (
    id CHAR(32) NOT NULL, name VARCHAR, length INTEGER, track INTEGER, year INTEGER,
    album_id CHAR(32), artist_id CHAR(32), genre_id CHAR(32), PRIMARY KEY (id),
    FOREIGN KEY(album_id) REFERENCES albums (id),
    FOREIGN KEY(artist_id) REFERENCES artists (id),
    FOREIGN KEY(genre_id) REFERENCES genres (id)
);
CREATE INDEX ix_tracks_artist_id ON tracks (artist_id);
CREATE INDEX ix_tracks_album_id ON tracks (album_id);
CREATE INDEX ix_tracks_genre_id ON tracks (genre_id);
";

const POSTGRES: &str = "
CREATE TABLE albums (id UUID NOT NULL, name VARCHAR, PRIMARY KEY (id));
CREATE TABLE artists (id UUID NOT NULL, name VARCHAR, PRIMARY KEY (id));
CREATE TABLE genres (id UUID NOT NULL, name VARCHAR, PRIMARY KEY (id));
CREATE TABLE tracks (
    id UUID NOT NULL, name VARCHAR, length INTEGER, track INTEGER, year INTEGER,
    album_id UUID, artist_id UUID, genre_id UUID, PRIMARY KEY (id),
    FOREIGN KEY(album_id) REFERENCES albums (id),
    FOREIGN KEY(artist_id) REFERENCES artists (id),
    FOREIGN KEY(genre_id) REFERENCES genres (id)
);
CREATE INDEX ix_tracks_artist_id ON tracks (artist_id);
CREATE INDEX ix_tracks_album_id ON tracks (album_id);
CREATE INDEX ix_tracks_genre_id ON tracks (genre_id);
";

/// Makes the original's four tables in an empty database.
pub(crate) fn create_tables(database: &Database) {
    database.execute(match database {
        Database::Sqlite(_) => SQLITE,
        Database::Postgres(_) => POSTGRES,
    });
}

/// Inserts rows into tables that exist.
pub(crate) fn insert_library(database: &Database, library: &Library) {
    let mut sql = String::from("BEGIN;\n");
    for (table, rows) in [
        ("albums", &library.albums),
        ("artists", &library.artists),
        ("genres", &library.genres),
    ] {
        for Entity { id, name } in rows {
            sql += &format!(
                "INSERT INTO {table} VALUES ('{id}', {});\n",
                quoted(name.as_deref())
            );
        }
    }
    let number =
        |number: Option<i64>| number.map_or("NULL".to_owned(), |number| number.to_string());
    for track in &library.tracks {
        sql += &format!(
            "INSERT INTO tracks (id, name, length, track, year, album_id, artist_id, genre_id) \
             VALUES ('{}', {}, {}, {}, {}, {}, {}, {});\n",
            track.id,
            quoted(track.name.as_deref()),
            number(track.length),
            number(track.track),
            number(track.year),
            quoted(track.album_id.as_deref()),
            quoted(track.artist_id.as_deref()),
            quoted(track.genre_id.as_deref()),
        );
    }
    sql += "COMMIT;";
    database.execute(&sql);
}

/// A text as a literal of SQL, which both backends read alike.
fn quoted(text: Option<&str>) -> String {
    text.map_or("NULL".to_owned(), |text| {
        format!("'{}'", text.replace('\'', "''"))
    })
}
