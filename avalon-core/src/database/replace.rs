//! Replacing a whole library at once.

use super::changes::Changes;
use super::connection::AnyConnection;
use super::details::SoundProperties;
use super::error::DatabaseError;
use super::record::{DetailColumns, TrackRecord};
use super::rows::{Rows, TrackRow};
use super::transaction::{End, update};

/// Rows that one step takes.
const PIECE: usize = 10_000;

/// Replaces the library by rows that no scan found: what benchmarks and tests serve.
///
/// # Errors
/// [`DatabaseError`]; the library is then as it was.
pub fn replace(connection: &mut AnyConnection, rows: &Rows) -> Result<(), DatabaseError> {
    update(connection, |writer| {
        writer.clear()?;
        writer.set_indexes_aside()?;
        writer.write(&Changes {
            albums: rows.albums.clone(),
            artists: rows.artists.clone(),
            genres: rows.genres.clone(),
            ..Changes::default()
        })?;
        for piece in rows.tracks.chunks(PIECE) {
            writer.write(&Changes {
                tracks: piece.iter().map(bare).collect(),
                ..Changes::default()
            })?;
        }
        Ok(End::Commit(()))
    })
}

/// A track of which no more is known than the original knew.
fn bare(row: &TrackRow) -> TrackRecord {
    TrackRecord {
        row: row.clone(),
        details: DetailColumns::default(),
        sound: SoundProperties::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ORIGINAL, Place, library, loaded};
    use super::super::writer::Writer;
    use super::super::{open_for_scan, open_for_server};
    use super::*;

    #[test]
    fn what_fails_in_the_middle_leaves_the_library_as_it_was() {
        let place = Place::new();
        let mut connection = open_for_scan(&place.url()).unwrap();
        let old = library(&["One", "Two"]);
        replace(&mut connection, &old).unwrap();
        let stopped = update(
            &mut connection,
            |writer| -> Result<End<()>, DatabaseError> {
                writer.clear()?;
                let (tracks, _) = writer.tracks()?;
                assert_eq!(tracks, 0);
                Ok(End::RollBack(()))
            },
        );
        stopped.unwrap();
        assert_eq!(loaded(&mut connection), old);
        let twice = library(&["Two", "Two"]);
        let error = replace(&mut connection, &twice).unwrap_err();
        assert!(matches!(error, DatabaseError::Write { .. }), "{error:?}");
        assert_eq!(loaded(&mut connection), old);
    }

    #[test]
    fn indexes_that_were_set_aside_are_there_after_the_commit() {
        use diesel::sql_types::Text;
        use diesel::{QueryableByName, RunQueryDsl};

        use super::super::connection::Backend;

        #[derive(QueryableByName)]
        struct Index {
            #[diesel(sql_type = Text)]
            name: String,
        }

        let indexes = |connection: &mut AnyConnection| {
            let Backend::Sqlite(c) = &mut connection.backend else {
                panic!("no SQLite");
            };
            let listed = diesel::sql_query(
                "SELECT name || ': ' || sql AS name FROM sqlite_master \
                 WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
            );
            let indexes: Vec<Index> = listed.load(c).unwrap();
            let name = |index: Index| index.name;
            indexes.into_iter().map(name).collect::<Vec<_>>()
        };
        let place = Place::new();
        let mut connection = open_for_scan(&place.url()).unwrap();
        replace(&mut connection, &library(&["One"])).unwrap();
        place.run("CREATE INDEX \"an\"\"other\" ON tracks (name) WHERE name > 'M'");
        let before = indexes(&mut connection);
        assert_eq!(before.len(), 5, "{before:?}");
        let rows = library(&["One", "Two"]);
        replace(&mut connection, &rows).unwrap();
        assert_eq!(indexes(&mut connection), before);
        let stopped = update(&mut connection, |writer| {
            writer.set_indexes_aside()?;
            Ok::<_, DatabaseError>(End::RollBack(()))
        });
        stopped.unwrap();
        assert_eq!(indexes(&mut connection), before);
        // Twice is as good as once.
        let twice = update(&mut connection, |writer| {
            writer.set_indexes_aside()?;
            writer.set_indexes_aside()?;
            Ok::<_, DatabaseError>(End::Commit(()))
        });
        twice.unwrap();
        assert_eq!(indexes(&mut connection), before);
        let Backend::Sqlite(c) = &mut connection.backend else {
            panic!("no SQLite");
        };
        let checked =
            diesel::sql_query("SELECT integrity_check AS name FROM pragma_integrity_check");
        let found: Vec<Index> = checked.load(c).unwrap();
        let found: Vec<String> = found.into_iter().map(|row| row.name).collect();
        assert_eq!(found, ["ok"]);
        assert_eq!(loaded(&mut connection), rows);
    }

    #[test]
    fn a_roll_back_leaves_a_database_of_the_original_without_our_schema() {
        let place = Place::new();
        place.run(ORIGINAL);
        let before = std::fs::read(place.path()).unwrap();
        let mut connection = open_for_scan(&place.url()).unwrap();
        let rolled_back = update(&mut connection, |writer| {
            writer.clear()?;
            Ok::<_, DatabaseError>(End::RollBack(()))
        });
        rolled_back.unwrap();
        drop(connection);
        assert_eq!(std::fs::read(place.path()).unwrap(), before);
    }

    #[test]
    fn readers_see_the_old_library_until_the_commit() {
        let place = Place::new();
        let mut connection = open_for_scan(&place.url()).unwrap();
        let old = library(&["One"]);
        replace(&mut connection, &old).unwrap();
        let seen = || loaded(&mut open_for_server(&place.url()).unwrap());
        let written = update(&mut connection, |writer| {
            writer.clear()?;
            assert_eq!(seen(), old);
            let tracks = library(&["Two", "Three"]).tracks;
            let tracks = tracks.iter().map(bare).collect();
            writer.write(&Changes {
                tracks,
                ..Changes::default()
            })?;
            assert_eq!(seen(), old);
            Ok::<_, DatabaseError>(End::Commit(()))
        });
        written.unwrap();
        assert_eq!(seen().tracks.len(), 2);
    }

    #[test]
    fn a_database_of_the_original_gets_what_it_lacks_and_keeps_the_rest() {
        let place = Place::new();
        place.run(ORIGINAL);
        let mut connection = open_for_scan(&place.url()).unwrap();
        let is_ours = |writer: &mut Writer<'_>| -> Result<End<_>, DatabaseError> {
            Ok(End::RollBack(writer.tracks()?))
        };
        assert_eq!(update(&mut connection, is_ours).unwrap(), (1, false));
        let rows = library(&["One", "Two"]);
        replace(&mut connection, &rows).unwrap();
        assert_eq!(update(&mut connection, is_ours).unwrap(), (2, true));
        let before = loaded(&mut open_for_server(&place.url()).unwrap());
        assert_eq!(before, rows);
        // What the original's scanner does to it.
        place.run(
            "DELETE FROM tracks;
             INSERT INTO tracks (id, name, length, track, year, album_id, artist_id, genre_id)
             VALUES ('00000000000000000000000000000002', 'x', 1, 2, 3, NULL, NULL, NULL);",
        );
        let after = loaded(&mut open_for_server(&place.url()).unwrap());
        assert_eq!((after.tracks.len(), after.tracks[0].disc), (1, None));
        assert_eq!(update(&mut connection, is_ours).unwrap(), (1, false));
    }

    #[test]
    fn one_track_of_another_program_is_noticed_wherever_it_lies() {
        for title in ["1", "5", "9"] {
            let place = Place::new();
            let mut connection = open_for_scan(&place.url()).unwrap();
            let titles = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
            replace(&mut connection, &library(&titles)).unwrap();
            let tracks = |writer: &mut Writer<'_>| -> Result<End<_>, DatabaseError> {
                Ok(End::RollBack(writer.tracks()?))
            };
            assert_eq!(update(&mut connection, tracks).unwrap(), (9, true));
            place.run(&format!(
                "DELETE FROM tracks WHERE name = '{title}';
                 INSERT INTO tracks (id, name) VALUES ('00000000000000000000000000000002', 'x')"
            ));
            assert_eq!(
                update(&mut connection, tracks).unwrap(),
                (9, false),
                "{title}"
            );
        }
    }

    #[test]
    fn tracks_of_other_programs_are_found_by_their_index() {
        use diesel::sql_types::Text;
        use diesel::{QueryDsl, QueryableByName, RunQueryDsl};

        use super::super::connection::Backend;
        use super::super::recall::tracks_of_others;

        #[derive(QueryableByName)]
        struct Step {
            #[diesel(sql_type = Text)]
            detail: String,
        }

        let place = Place::new();
        let mut connection = open_for_scan(&place.url()).unwrap();
        replace(&mut connection, &library(&["One"])).unwrap();
        let Backend::Sqlite(c) = &mut connection.backend else {
            panic!("no SQLite");
        };
        let query = tracks_of_others().limit(1);
        let query = diesel::debug_query::<diesel::sqlite::Sqlite, _>(&query).to_string();
        let explain = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}"));
        let plan: Vec<Step> = explain.load(c).unwrap();
        assert!(
            plan[0].detail.contains("tracks_of_other_programs"),
            "{}",
            plan[0].detail
        );
    }
}
