//! Pages beside SELECT: every kind of table, row, file and damage.

use std::fmt::Write as _;
use std::fs;

use diesel::connection::SimpleConnection;
use proptest::prelude::*;

use super::super::connection::{AnyConnection, Backend};
use super::super::error::DatabaseError;
use super::super::load::load_in_halves;
use super::super::samples::{ORIGINAL, Place, library};
use super::super::{Rows, TrackRow, open_for_scan, open_for_server, replace};
use super::*;

/// A view in place of each table, of which there are no leaves.
const AS_VIEWS: &str = "
    PRAGMA legacy_alter_table = 1;
    ALTER TABLE albums RENAME TO a; CREATE VIEW albums AS SELECT * FROM a;
    ALTER TABLE artists RENAME TO b; CREATE VIEW artists AS SELECT * FROM b;
    ALTER TABLE genres RENAME TO c; CREATE VIEW genres AS SELECT * FROM c;
    ALTER TABLE tracks RENAME TO d; CREATE VIEW tracks AS SELECT * FROM d;";

fn original(statements: &str) -> Place {
    let place = Place::new();
    place.run(ORIGINAL);
    place.run(statements);
    place
}

fn sqlite(connection: &mut AnyConnection) -> &mut SqliteConnection {
    match &mut connection.backend {
        Backend::Sqlite(c) => c,
        Backend::Postgres(_) => panic!("it is a file"),
    }
}

/// How many leaves the tracks have, if any.
fn leaves_of_tracks(place: &Place, disc: Disc) -> Option<usize> {
    let mut connection = open_for_server(&place.url()).unwrap();
    let leaves = Leaves::of_tracks(sqlite(&mut connection), disc).unwrap();
    leaves.map(|leaves| leaves.len())
}

/// What is loaded, by two readers where tracks have so many leaves.
fn loaded(place: &Place, many: usize) -> Result<Rows, DatabaseError> {
    let mut rows = Rows::default();
    load_in_halves(&mut open_for_server(&place.url())?, &mut rows, many)?;
    // Nothing says that an id is there once.
    rows.artists.sort_by_key(|row| (row.id, row.name.clone()));
    rows.tracks.sort_by_key(|row| (row.id, format!("{row:?}")));
    Ok(rows)
}

/// That one reader and two load the rows that are selected; gives them back.
fn is_what_is_selected(place: &Place) -> Rows {
    let by_one = loaded(place, usize::MAX).unwrap();
    assert_eq!(loaded(place, 0).unwrap(), by_one);
    place.run(AS_VIEWS);
    assert_eq!(loaded(place, 0).unwrap(), by_one);
    by_one
}

#[test]
fn tables_of_ours_and_of_the_original_have_leaves() {
    let place = original("");
    let leaves = leaves_of_tracks(&place, Disc::Unknown);
    assert_eq!(
        leaves,
        Some(1),
        "is SQLite built as .cargo/config.toml says?"
    );
    let mut connection = open_for_scan(&place.url()).unwrap();
    for table in ["albums", "artists", "genres"] {
        let leaves = Leaves::of_names(sqlite(&mut connection), table).unwrap();
        assert_eq!(leaves.unwrap().len(), 1, "{table}");
    }
    replace(&mut connection, &library(&["One", "Two"])).unwrap();
    assert_eq!(leaves_of_tracks(&place, Disc::Column), Some(1));
    place.run(AS_VIEWS);
    assert_eq!(leaves_of_tracks(&place, Disc::Column), None);
}

#[test]
fn usual_rows_are_read_from_pages() {
    let place = Place::new();
    let mut connection = open_for_scan(&place.url()).unwrap();
    replace(&mut connection, &library(&["One", "Two\u{301}", ""])).unwrap();
    let c = sqlite(&mut connection);
    let receiver = Rows::default();
    let mut takes = TakesTracks::<SqliteColumns, _>::new(&receiver);
    let leaves = Leaves::of_tracks(c, Disc::Column).unwrap().unwrap();
    let has_failed = AtomicBool::new(false);
    assert_eq!(leaves.records(c, &has_failed, &mut takes), Ok(vec![]));
    assert_eq!(takes.taken.len(), 3);
    let leaves = Leaves::of_names(c, "genres").unwrap().unwrap();
    let mut takes = TakesNames::<SqliteColumns, Rows>::new("genres");
    assert_eq!(leaves.records(c, &has_failed, &mut takes), Ok(vec![]));
    assert_eq!(takes.taken.len(), 1);
    // Where another one has failed none is.
    let has_failed = AtomicBool::new(true);
    assert_eq!(leaves.records(c, &has_failed, &mut takes), Ok(vec![]));
    assert_eq!(takes.taken.len(), 1);
}

#[test]
fn what_may_lie_otherwise_has_none() {
    for tracks in [
        "CREATE TABLE tracks (id CHAR(32) PRIMARY KEY, name, length, track, year, album_id,
         artist_id, genre_id) WITHOUT ROWID",
        "CREATE TABLE tracks (id INTEGER PRIMARY KEY, name, length, track, year, album_id,
         artist_id, genre_id)",
        "CREATE TABLE tracks (name, id, length, track, year, album_id, artist_id, genre_id)",
        "CREATE TABLE tracks (id, name, length DEFAULT 7, track, year, album_id, artist_id,
         genre_id)",
        "CREATE TABLE tracks (id, name, length, track AS (length) VIRTUAL, year, album_id,
         artist_id, genre_id)",
        "CREATE TABLE tracks (id, name, length, track AS (length) STORED, year, album_id,
         artist_id, genre_id)",
        "CREATE TABLE tracks (id, name, length, track, year, album_id, artist_id, genre_id,
         RowId)",
        "CREATE VIRTUAL TABLE tracks USING fts5(id, name, length, track, year, album_id,
         artist_id, genre_id)",
    ] {
        let place = original("DROP TABLE tracks");
        place.run(tracks);
        assert_eq!(leaves_of_tracks(&place, Disc::Unknown), None, "{tracks}");
        loaded(&place, 0).unwrap();
    }
    let place = Place::new();
    place.run(&format!("PRAGMA encoding = 'UTF-16le'; {ORIGINAL}"));
    assert_eq!(leaves_of_tracks(&place, Disc::Unknown), None);
}

#[test]
fn columns_that_came_later_are_null_and_those_of_others_are_left_alone() {
    let place = original(
        "ALTER TABLE tracks ADD COLUMN rating INTEGER DEFAULT 5;
         ALTER TABLE tracks ADD COLUMN doubled AS (rating * 2);
         INSERT INTO tracks (id, rating) VALUES ('00000000000000000000000000000002', 3)",
    );
    assert_eq!(leaves_of_tracks(&place, Disc::Unknown), Some(1));
    let rows = is_what_is_selected(&place);
    assert_eq!(rows.tracks.len(), 2);
    assert!(rows.tracks.iter().all(|track| track.disc.is_none()));
    // The rows of a database that was scanned into lack what is not known of them.
    let place = original("");
    drop(open_for_scan(&place.url()).unwrap());
    place.run("INSERT INTO tracks (id) VALUES ('00000000000000000000000000000002')");
    let mut connection = open_for_scan(&place.url()).unwrap();
    let rows = library(&["One"]);
    replace(&mut connection, &rows).unwrap();
    place.run("UPDATE tracks SET disc = 4");
    assert_eq!(is_what_is_selected(&place).tracks[0].disc, Some(4));
}

#[test]
fn tables_of_other_programs_are_read_as_they_are_selected() {
    for tracks in [
        "(id, name REAL, length REAL, track NUMERIC, year TEXT, album_id, artist_id BLOB, genre_id)",
        "(id TEXT, name TEXT, length INTEGER, track REAL, year REAL, album_id TEXT, artist_id TEXT,
         genre_id TEXT) STRICT",
        "(id, name, length, track, year, album_id, artist_id, genre_id, more INTEGER PRIMARY KEY)",
    ] {
        let place = original("DROP TABLE tracks");
        place.run(&format!(
            "CREATE TABLE tracks {tracks};
             INSERT INTO tracks (id, name, length, track, year, artist_id) VALUES
             (printf('%032x', 1), '1.5', 2, 3, 4, printf('%032x', 7)),
             (printf('%032x', 2), 'x', NULL, -1e18, 1 << 61, NULL),
             (printf('%032x', 3), '7', 1 << 61, 2.75, -0.5, printf('%032x', 7)),
             (printf('%032x', 4), NULL, 900, -9e99, 9e99, printf('%032X', 0xabc))",
        ));
        assert_eq!(leaves_of_tracks(&place, Disc::Unknown), Some(1));
        assert_eq!(is_what_is_selected(&place).tracks.len(), 4);
    }
    let place = original(
        "ALTER TABLE tracks ADD COLUMN other; ALTER TABLE tracks ADD COLUMN disc INTEGER;
         UPDATE tracks SET other = 3, disc = 9; ALTER TABLE tracks DROP COLUMN other",
    );
    assert_eq!(leaves_of_tracks(&place, Disc::Column), Some(1));
    assert_eq!(is_what_is_selected(&place).tracks.len(), 1);
}

#[test]
fn bytes_that_are_not_sqlites_are_left_alone() {
    let place = Place::new();
    place.run("PRAGMA page_size = 512; PRAGMA user_version = 1");
    let mut bytes = fs::read(place.path()).unwrap();
    bytes[RESERVED] = 32;
    // Where the cells of the first page begin, of which there are none.
    bytes[105..107].copy_from_slice(&480_u16.to_be_bytes());
    fs::write(place.path(), bytes).unwrap();
    place.run(ORIGINAL);
    place.run(
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 900)
         INSERT INTO tracks (id, name) SELECT printf('%032x', i), printf('%.*c', i, 'x') FROM n",
    );
    assert!(leaves_of_tracks(&place, Disc::Unknown) > Some(100));
    let rows = is_what_is_selected(&place);
    assert_eq!(rows.tracks.len(), 901);
    let names = rows.tracks.iter().filter_map(|track| track.name.as_ref());
    assert_eq!(names.map(String::len).max(), Some(901));
}

#[test]
fn what_was_committed_to_a_log_alone_is_read() {
    let place = original("PRAGMA journal_mode = WAL");
    let mut writer = SqliteConnection::establish(&place.path().to_string_lossy()).unwrap();
    let rows = |from: u32| {
        format!(
            "WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n LIMIT 999)
             INSERT INTO tracks (id, name) SELECT printf('%032x', i), 'New' FROM n"
        )
    };
    let before = fs::read(place.path()).unwrap();
    writer
        .batch_execute("PRAGMA wal_autocheckpoint = 0")
        .unwrap();
    writer.batch_execute(&rows(2)).unwrap();
    assert!(leaves_of_tracks(&place, Disc::Unknown) > Some(10));
    assert_eq!(loaded(&place, 0).unwrap().tracks.len(), 1000);
    writer.batch_execute(&rows(1001)).unwrap();
    assert_eq!(loaded(&place, 0).unwrap().tracks.len(), 1999);
    assert_eq!(fs::read(place.path()).unwrap(), before);
}

#[test]
fn rows_of_many_levels_and_of_any_length_are_all_there() {
    for (size, mode) in [
        (512, "NONE"),
        (512, "FULL"),
        (4096, "NONE"),
        (65536, "INCREMENTAL"),
    ] {
        let place = Place::new();
        place.run(&format!(
            "PRAGMA page_size = {size}; PRAGMA auto_vacuum = {mode}; {ORIGINAL}
             WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 3000)
             INSERT INTO tracks SELECT printf('%032x', i),
             printf('%.*c', CASE i % 100 WHEN 7 THEN i * 3 ELSE i % 50 END, 'x'), i - 1500, i << 20,
             NULL, printf('%032x', i / 10), printf('%032X', i % 7), NULL FROM n;
             INSERT INTO tracks (rowid, id, name) VALUES
             (-9223372036854775808, printf('%032x', 1 << 40), hex(zeroblob(70000))),
             (9223372036854775807, printf('%032x', 1 << 41), hex(zeroblob(70000)));
             DELETE FROM tracks WHERE rowid % 5 = 1",
        ));
        let leaves = leaves_of_tracks(&place, Disc::Unknown).unwrap();
        assert!(leaves > 200_000 / size, "{leaves}");
        assert!(is_what_is_selected(&place).tracks.len() > 2400);
    }
}

#[test]
fn a_damaged_file_is_an_error() {
    let place = original(
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 3000)
         INSERT INTO tracks (id) SELECT printf('%032x', i) FROM n",
    );
    let mut connection = open_for_server(&place.url()).unwrap();
    let c = sqlite(&mut connection);
    let root: Root = diesel::sql_query(
        "SELECT rootpage AS page, 0 AS pages_of_file FROM sqlite_schema WHERE name = 'tracks'",
    )
    .get_result(c)
    .unwrap();
    let leaves = Leaves::of_tracks(c, Disc::Unknown).unwrap().unwrap().pages;
    drop(connection);
    let whole = fs::read(place.path()).unwrap();
    let root = (root.page as usize - 1) * 4096;
    let leaf = (leaves[5] as usize - 1) * 4096;
    assert_eq!((whole[root], whole[leaf]), (5, 13));
    let first = u16::from_be_bytes([whole[leaf + 8], whole[leaf + 9]]);
    for (place_of_bytes, bytes) in [
        // The kind of a page, of the root and of a leaf.
        (root, vec![0]),
        (leaf, vec![0]),
        (leaf, vec![5]),
        // The last page below: one that is none of this file, none at all, and the root itself.
        (root + 8, vec![0xff; 4]),
        (root + 8, vec![0; 4]),
        (root + 8, (root as u32 / 4096 + 1).to_be_bytes().to_vec()),
        // How many cells there are, and where the first is.
        (leaf + 3, vec![0xff, 0xff]),
        (leaf + 8, vec![0x0f, 0xff]),
        // None at all, which SQLite has above rows alone.
        (leaf + 3, vec![0, 0]),
        (root + 3, vec![0, 0]),
        // The first row is where the second is, and rows of no length, as where nothing was ever written.
        (leaf + 8, whole[leaf + 10..leaf + 12].to_vec()),
        (leaf + usize::from(first), vec![0; 3]),
    ] {
        let mut damaged = whole.clone();
        damaged[place_of_bytes..][..bytes.len()].copy_from_slice(&bytes);
        fs::write(place.path(), damaged).unwrap();
        for many in [0, usize::MAX] {
            let said = said(&loaded(&place, many).unwrap_err());
            assert!(
                said.contains("damaged") && said.contains("avalon.sqlite"),
                "{said}"
            );
        }
    }
}

#[test]
fn a_leaf_that_says_it_is_empty_is_damaged_however_few_there_are() {
    for rows in [150, 250] {
        let place = original(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {rows})
             INSERT INTO genres SELECT printf('%032x', i), 'Genre' FROM n"
        ));
        let mut connection = open_for_server(&place.url()).unwrap();
        let leaves = Leaves::of_names(sqlite(&mut connection), "genres").unwrap();
        drop(connection);
        let leaves = leaves.unwrap().pages;
        assert!(matches!(leaves.len(), 2 | 3), "{leaves:?}");
        let whole = fs::read(place.path()).unwrap();
        for leaf in leaves {
            let mut damaged = whole.clone();
            damaged[(leaf as usize - 1) * 4096 + 3..][..2].fill(0);
            fs::write(place.path(), damaged).unwrap();
            for many in [0, usize::MAX] {
                let said = said(&loaded(&place, many).unwrap_err());
                assert!(
                    said.contains("damaged") && said.contains("genres"),
                    "{said}"
                );
            }
        }
    }
}

#[test]
fn where_a_page_is_not_there_the_other_reader_is_told() {
    let place = original("");
    let mut connection = open_for_server(&place.url()).unwrap();
    let c = sqlite(&mut connection);
    let mut leaves = Leaves::of_names(c, "genres").unwrap().unwrap();
    leaves.pages.push(9999);
    let has_failed = AtomicBool::new(false);
    leaves.names::<Rows>(c, &has_failed).unwrap_err();
    assert!(has_failed.load(Ordering::Relaxed));
}

/// What a column may hold, as SQL spells it.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("NULL".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        (-300_i64..300).prop_map(|number| number.to_string()),
        any::<f32>()
            .prop_filter("SQL has no other", |number| number.is_finite())
            .prop_map(|number| format!("{number:e}")),
        "[a-zäöü𝄞' ]{0,20}".prop_map(|text| format!("'{}'", text.replace('\'', "''"))),
        (0_u32..2000).prop_map(|length| format!("hex(zeroblob({length}))")),
        proptest::collection::vec(any::<u8>(), 0..9).prop_map(|bytes| {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("CAST(x'{hex}' AS TEXT)")
        }),
        Just("x'00ff41'".to_owned()),
    ]
}

/// Likewise an id, which is one for the most part.
fn any_id() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => (0..9).prop_map(|id| format!("'{id:032x}'")),
        2 => any::<u128>().prop_map(|id| format!("'{id:032X}'")),
        1 => prop_oneof![100 => Just("NULL"), 1 => Just("'nonsense'")].prop_map(str::to_owned),
        2 => Just("'00000000-0000-0000-0000-000000000007'".to_owned()),
        2 => Just("CAST('00000000000000000000000000000007' AS BLOB)".to_owned()),
        1 => Just("NULL".to_owned()),
    ]
}

/// Everything that an error says.
fn said(error: &DatabaseError) -> String {
    let error = error as &dyn std::error::Error;
    let chain = std::iter::successors(Some(error), |error| error.source());
    let said: Vec<String> = chain.map(ToString::to_string).collect();
    said.join(": ")
}

/// The tracks that are selected.
fn selected(place: &Place) -> QueryResult<Vec<TrackRow>> {
    let mut c = SqliteConnection::establish(&place.path().to_string_lossy()).unwrap();
    let receiver = Rows::default();
    let mut takes = TakesTracks::<SqliteColumns, _>::new(&receiver);
    let query = diesel::sql_query(select_tracks(Disc::Unknown));
    let has_failed = AtomicBool::new(false);
    each_row_of::<DefaultLoadingMode, _, _>(&mut c, query, &has_failed, &mut takes)?;
    takes.taken.sort_by_key(|row| (row.id, format!("{row:?}")));
    Ok(takes.taken)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_the_rows_they_are_those_that_are_selected(
        size in prop_oneof![Just(512), Just(4096)],
        tracks in proptest::collection::vec(
            (any::<u128>(), value(), [value(), value(), value()], [any_id(), any_id(), any_id()]),
            0..40,
        ),
        names in proptest::collection::vec((any_id(), value()), 0..40),
    ) {
        let place = Place::new();
        let mut statements = format!("PRAGMA page_size = {size}; {ORIGINAL}");
        for (id, name, [length, track, year], [album, artist, genre]) in tracks {
            let _ = writeln!(
                statements,
                "INSERT INTO tracks VALUES ('{id:032x}', {name}, {length}, {track}, {year}, \
                 {album}, {artist}, {genre});"
            );
        }
        for (id, name) in names {
            let _ = writeln!(statements, "INSERT OR IGNORE INTO artists VALUES ({id}, {name});");
        }
        let mut c = SqliteConnection::establish(&place.path().to_string_lossy()).unwrap();
        c.batch_execute(&statements).unwrap();
        drop(c);
        let by_pages = [usize::MAX, 0].map(|many| loaded(&place, many));
        place.run(AS_VIEWS);
        let selected = loaded(&place, 0).map_err(|error| said(&error));
        for by_pages in by_pages {
            prop_assert_eq!(by_pages.map_err(|error| said(&error)), selected.clone());
        }
    }

    #[test]
    fn a_file_with_other_bytes_is_read_as_it_is_selected_or_is_an_error(
        others in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..20),
    ) {
        let place = original(
            "PRAGMA page_size = 512; VACUUM;
             WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 50)
             INSERT INTO tracks (id) SELECT printf('%032x', i) FROM n",
        );
        let mut bytes = fs::read(place.path()).unwrap();
        // What the first page says of the file is SQLite's.
        let behind = bytes.len() - 512;
        for (at, byte) in others {
            bytes[512 + at % behind] = byte;
        }
        fs::write(place.path(), bytes).unwrap();
        for many in [0, usize::MAX] {
            if let Ok(rows) = loaded(&place, many) {
                prop_assert_eq!(Ok(rows.tracks), selected(&place));
            }
        }
    }
}
