//! SQLite's full-text search: one table for each list, `unicode61` without diacritics, the best by bm25
//! first.
//!
//! In: songs, then searches. A search is cut at everything but letters and digits; every word must be
//! there, the last one as a prefix.

use anyhow::Result;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{QueryableByName, SqliteConnection, sql_query};

use crate::engines::{Engine, Reply};
use crate::judge::LOOKED_AT;
use crate::queries::List;
use crate::songs::Songs;

const TABLES: &str = "
    CREATE VIRTUAL TABLE artists USING fts5(name, tokenize = 'unicode61 remove_diacritics 2');
    CREATE VIRTUAL TABLE albums USING fts5(name, tokenize = 'unicode61 remove_diacritics 2');
    CREATE VIRTUAL TABLE songs USING fts5(name, artist, album, tokenize = 'unicode61 remove_diacritics 2');
";

/// The tables, in memory.
pub(crate) struct Fts5(SqliteConnection);

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    name: String,
}

impl Fts5 {
    pub(crate) fn of(songs: &Songs) -> Result<Self> {
        let mut connection = SqliteConnection::establish(":memory:")?;
        connection.batch_execute(TABLES)?;
        connection.transaction(|connection| -> Result<()> {
            for (table, names) in [("artists", &songs.artists), ("albums", &songs.albums)] {
                for name in names {
                    let insert = format!("INSERT INTO {table} VALUES (?)");
                    let insert = sql_query(insert).bind::<Text, _>(name);
                    insert.execute(connection)?;
                }
            }
            for song in &songs.songs {
                sql_query("INSERT INTO songs VALUES (?, ?, ?)")
                    .bind::<Text, _>(&song.title)
                    .bind::<Text, _>(&song.artist)
                    .bind::<Text, _>(&song.album)
                    .execute(connection)?;
            }
            Ok(())
        })?;
        Ok(Self(connection))
    }
}

impl Engine for Fts5 {
    fn name(&self) -> &'static str {
        "SQLite FTS5"
    }

    fn ask(&mut self, q: &str, list: List) -> Result<Reply> {
        let words = q.split(|letter: char| !letter.is_alphanumeric());
        let words = words.filter(|word| !word.is_empty());
        let quoted: Vec<String> = words.map(|word| format!("\"{word}\"")).collect();
        if quoted.is_empty() {
            return Ok(Reply::default());
        }
        let table = list.name();
        let select = format!(
            "SELECT name FROM {table} WHERE {table} MATCH ? ORDER BY bm25({table}) LIMIT {LOOKED_AT}"
        );
        let rows: Vec<Row> = sql_query(select)
            .bind::<Text, _>(quoted.join(" ") + "*")
            .load(&mut self.0)?;
        Ok(Reply {
            names: rows.into_iter().map(|row| row.name).collect(),
            is_corrected: false,
        })
    }
}
