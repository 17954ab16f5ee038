//! Taking over a database of the original on PostgreSQL, where a change of the schema locks readers out
//! until the commit.
//!
//! In: a transaction that has just begun on a database of the original. [`stage`] lets whatever follows
//! find a copy of the library in temporary tables of our schema, under the same names; [`bring_over`]
//! puts what is in them then in the place of the library. What stays true: readers wait for the second
//! alone, and a transaction that never comes to it leaves nothing.

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::migrations::{MigrationFailure, migrate_postgres};

/// The search path that finds the original's tables.
pub(super) struct Staged {
    search_path: String,
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// Copies the original's tables into temporary ones of our schema, and hides them behind these.
pub(super) fn stage(c: &mut PgConnection) -> Result<Staged, MigrationFailure> {
    let setting: Setting =
        diesel::sql_query("SELECT current_setting('search_path') AS value").get_result(c)?;
    let staged = Staged {
        search_path: setting.value,
    };
    set_search_path(c, "pg_temp")?;
    migrate_postgres(c)?;
    show_originals(c, &staged)?;
    c.batch_execute(
        "INSERT INTO pg_temp.albums (id, name) SELECT id, name FROM albums;
         INSERT INTO pg_temp.artists (id, name) SELECT id, name FROM artists;
         INSERT INTO pg_temp.genres (id, name) SELECT id, name FROM genres;
         INSERT INTO pg_temp.tracks
                (id, name, length, track, year, album_id, artist_id, genre_id)
         SELECT id, name, length, track, year, album_id, artist_id, genre_id FROM tracks",
    )?;
    set_search_path(c, "pg_temp")?;
    Ok(staged)
}

/// Lets names mean the original's tables again, and the temporary ones only behind `pg_temp.`.
pub(super) fn show_originals(c: &mut PgConnection, staged: &Staged) -> QueryResult<()> {
    set_search_path(c, &format!("{}, pg_temp", staged.search_path))
}

/// Brings the original's tables up to date and puts what was staged into them. The caller has shown
/// them and holds the locks for it.
pub(super) fn bring_over(c: &mut PgConnection, staged: &Staged) -> Result<(), MigrationFailure> {
    migrate_postgres(c)?;
    c.batch_execute(
        "DELETE FROM tracks; DELETE FROM albums; DELETE FROM artists; DELETE FROM genres;
         DO $$ DECLARE
             target text;
             fields text;
         BEGIN
             FOREACH target IN ARRAY ARRAY['albums', 'artists', 'genres', 'tracks',
                                           'files', 'scan_roots', 'scan_issues', 'scans'] LOOP
                 SELECT string_agg(quote_ident(attname), ', ') INTO fields FROM pg_attribute
                  WHERE attrelid = to_regclass('pg_temp.' || target)
                    AND attnum > 0 AND NOT attisdropped;
                 EXECUTE format('INSERT INTO %I (%s) SELECT %s FROM pg_temp.%I',
                                target, fields, fields, target);
             END LOOP;
         END $$;
         DROP TABLE pg_temp.tracks, pg_temp.albums, pg_temp.artists, pg_temp.genres, pg_temp.files,
                    pg_temp.scan_roots, pg_temp.scan_issues, pg_temp.scans,
                    pg_temp.__diesel_schema_migrations",
    )?;
    set_search_path(c, &staged.search_path)?;
    Ok(())
}

/// Until the end of the transaction.
fn set_search_path(c: &mut PgConnection, path: &str) -> QueryResult<()> {
    diesel::sql_query("SELECT set_config('search_path', $1, true)")
        .bind::<Text, _>(path)
        .execute(c)
        .map(drop)
}
