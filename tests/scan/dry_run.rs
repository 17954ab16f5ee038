//! `--dry-run` writes nothing, and needs no right to.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{
    Collection, Database, Finished, Program, create_tables, data, insert_library, on_each_backend,
    scan,
};

on_each_backend!(
    of_a_database_of_the_original_it_tells_what_the_scan_does,
    it_is_refused_while_a_scan_runs,
    of_every_older_schema_of_ours_it_tells_what_the_scan_does,
    without_the_scanners_tables_it_tells_what_the_scan_does,
);

/// What a dry run said would come: the counts, without the time that it took.
fn counts(finished: &Finished) -> String {
    let start = finished.stderr.find(" files seen").expect("the report");
    let counts = finished.stderr[start..].lines().next().unwrap_or_default();
    let after = counts.find("/s), ").expect("how fast");
    counts[after + "/s), ".len()..].to_owned()
}

fn of_a_database_of_the_original_it_tells_what_the_scan_does(database: &Database) {
    let scratch = Database::sqlite();
    scan(&scratch, &data("library")).run().expect_code(0);
    let mut theirs = scratch.library();
    // It lacks some, and has one more.
    let mut gone = theirs.tracks.pop().unwrap();
    theirs.tracks.truncate(10);
    gone.id = "0".repeat(32);
    theirs.tracks.insert(0, gone);
    create_tables(database);
    insert_library(database, &theirs);
    let columns = match database {
        Database::Sqlite(_) => "SELECT name AS text FROM pragma_table_info('tracks')",
        Database::Postgres(_) => {
            "SELECT column_name::text AS text FROM information_schema.columns \
              WHERE table_name = 'tracks'"
        }
    };
    let program = match database {
        Database::Sqlite(_) => scan(database, &data("library")),
        // Who may read, and nothing else.
        Database::Postgres(server) => Program::new("avalon-scan")
            .args(["-d", &server.reader_url()])
            .arg(data("library")),
    };
    let dry = program.arg("--dry-run").run().expect_code(0);
    assert_eq!(database.texts(columns).len(), 8);
    assert_eq!(database.library(), theirs);
    let real = scan(database, &data("library")).run().expect_code(0);
    assert_eq!(counts(&dry), counts(&real));
    assert!(
        counts(&dry).contains("12 added, 10 changed, 0 moved, 1 removed"),
        "{}",
        dry.stderr
    );
    // And of ours, by the same user.
    if let Database::Postgres(server) = database {
        let dry = Program::new("avalon-scan")
            .args(["-d", &server.reader_url(), "--dry-run"])
            .arg(data("library"))
            .run()
            .expect_code(0);
        assert!(
            counts(&dry).contains("0 added, 0 changed"),
            "{}",
            dry.stderr
        );
    }
}

/// The migrations, oldest first: their versions, and what takes them back.
fn migrations(database: &Database) -> Vec<(String, String)> {
    let folder = match database {
        Database::Sqlite(_) => "sqlite",
        Database::Postgres(_) => "postgres",
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../avalon-core/migrations")
        .join(folder);
    let migration = |name: String| {
        let down = fs::read_to_string(folder.join(&name).join("down.sql")).unwrap();
        let version = name.split('_').next().unwrap().replace('-', "");
        (version, down)
    };
    names(&folder).into_iter().map(migration).collect()
}

fn of_every_older_schema_of_ours_it_tells_what_the_scan_does(database: &Database) {
    let migrations = migrations(database);
    scan(database, &data("library")).run().expect_code(0);
    for first in (0..migrations.len()).rev() {
        for (version, down) in migrations[first..].iter().rev() {
            database.execute(down);
            let done = "DELETE FROM __diesel_schema_migrations WHERE version =";
            database.execute(&format!("{done} '{version}'"));
        }
        let dry = scan(database, &data("library")).arg("--dry-run").run();
        let dry = dry.expect_code(0);
        let real = scan(database, &data("library")).run().expect_code(0);
        assert_eq!(counts(&dry), counts(&real), "{first} migrations");
        let remembers = first >= 4;
        assert_eq!(
            real.stderr.contains(" 0 read, 25 unchanged"),
            remembers,
            "{first}: {}",
            real.stderr
        );
    }
}

fn without_the_scanners_tables_it_tells_what_the_scan_does(database: &Database) {
    scan(database, &data("library")).run().expect_code(0);
    let library = database.library();
    for gone in [
        "DROP TABLE files; DROP TABLE scan_roots; DROP TABLE scans; DROP TABLE scan_issues",
        "DROP TABLE scan_roots",
    ] {
        database.execute(gone);
        let dry = scan(database, &data("library")).arg("--dry-run").run();
        let dry = dry.expect_code(0);
        let real = scan(database, &data("library")).run().expect_code(0);
        assert_eq!(counts(&dry), counts(&real), "{gone}");
        assert!(real.stderr.contains(" 0 unchanged"), "{}", real.stderr);
        assert_eq!(database.library(), library);
        assert_eq!(database.last_scan().id, 1);
    }
}

fn it_is_refused_while_a_scan_runs(database: &Database) {
    scan(database, &data("library")).run().expect_code(0);
    let running = scan(database, &data("library")).arg("--full").spawn();
    running
        .stderr_until(|text| text.contains("Crawling").then_some(()))
        .expect("it says so");
    running.signal(rustix::process::Signal::STOP);
    scan(database, &data("library"))
        .arg("--dry-run")
        .run()
        .expect_code(2)
        .expect_stderr(&["another scan"]);
    running.signal(rustix::process::Signal::CONT);
    running.finish().expect_code(0);
}

#[test]
fn without_a_database_none_is_made() {
    let database = Database::sqlite();
    let finished = scan(&database, &data("library"))
        .arg("--dry-run")
        .run()
        .expect_code(0);
    assert_eq!(finished.stdout.lines().count(), 22);
    let folder = database.file();
    let folder = folder.parent().unwrap();
    assert_eq!(names(folder), Vec::<String>::new());
    // Nor the folder of the default one.
    let home = Collection::new();
    Program::new("avalon-scan")
        .env("HOME", home.root())
        .arg("--dry-run")
        .arg(data("library"))
        .run()
        .expect_code(0);
    assert_eq!(names(home.root()), Vec::<String>::new());
}

#[test]
fn a_read_only_file_in_a_read_only_folder_is_enough() {
    let ours = Database::sqlite();
    scan(&ours, &data("library")).run().expect_code(0);
    let originals = Database::sqlite();
    create_tables(&originals);
    insert_library(&originals, &ours.library());
    let with_lock = Database::sqlite_copy_of(&ours.file());
    fs::remove_file(ours.file().with_file_name("avalon.sqlite-scan.lock")).unwrap();
    fs::write(
        with_lock.file().with_file_name("avalon.sqlite-scan.lock"),
        "x",
    )
    .unwrap();
    let music = Collection::of("library");
    fs::set_permissions(music.root(), Permissions::from_mode(0o755)).unwrap();
    for (case, database, said) in [
        ("ours", &ours, "18 moved"),
        ("the original's", &originals, "22 added"),
        ("with a lock", &with_lock, "18 moved"),
    ] {
        let file = database.file();
        let folder = file.parent().unwrap();
        permit(folder, 0o444, 0o555);
        let before = (names(folder), fs::read(&file).unwrap());
        let finished = Program::new("avalon-scan")
            .arg("--database")
            .arg(database.url())
            .args(["--dry-run", "--allow-shrink"])
            .arg(music.root())
            .unprivileged()
            .run();
        let after = (names(folder), fs::read(&file).unwrap());
        permit(folder, 0o644, 0o755);
        let finished = finished.expect_code(0).expect_stderr(&[said]);
        assert!(before == after, "{case}: {}", finished.stderr);
    }
}

#[test]
fn what_a_killed_scan_left_is_told_and_not_rolled_back() {
    let library = Database::sqlite();
    scan(&library, &data("library")).run().expect_code(0);
    let database = library.as_left_by_a_killed_writer();
    let before = fs::read(database.file()).unwrap();
    scan(&database, &data("library"))
        .arg("--dry-run")
        .run()
        .expect_code(1)
        .expect_stderr(&["in the middle of a write by a program that was killed"]);
    assert!(fs::read(database.file()).unwrap() == before);
    scan(&database, &data("library")).run().expect_code(0);
    assert_eq!(database.library(), library.library());
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.unwrap().file_name().to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

fn permit(folder: &Path, files: u32, itself: u32) {
    for name in names(folder) {
        fs::set_permissions(folder.join(name), Permissions::from_mode(files)).unwrap();
    }
    fs::set_permissions(folder, Permissions::from_mode(itself)).unwrap();
}
