//! A SQLite file in a folder, neither of which the server may write: served, or clearly refused.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::support::{
    Database, Program, Server, create_tables, data, insert_library, kill_while_writing, numbered,
    scan, serve, tell,
};

#[test]
fn a_read_only_file_in_a_read_only_folder_is_served_to_an_unprivileged_user() {
    let ours = Database::sqlite();
    scan(&ours, &data("library")).run().expect_code(0);
    let originals = Database::sqlite();
    create_tables(&originals);
    insert_library(&originals, &ours.library());
    for (case, database) in [("ours", ours), ("the original's", originals)] {
        let _guard = ReadOnly::make(&database);
        let server = Server::run(unprivileged(&database)).ready("/avalon/heartbeat");
        assert_eq!(server.get("/avalon/songs").names().len(), 22, "{case}");
        server.stop().expect_code(0);
    }
}

#[test]
fn a_hot_journal_that_it_may_not_roll_back_is_an_error_that_says_what_to_do() {
    let library = Database::sqlite();
    scan(&library, &data("library")).run().expect_code(0);
    let database = library.as_left_by_a_killed_writer();
    let file = database.file();
    let guard = ReadOnly::make(&database);
    let finished = unprivileged(&database).run().expect_code(1);
    let finished = finished.expect_stderr(&[file.to_str().unwrap(), "killed", "avalon-scan"]);
    assert_eq!(
        finished.stdout.lines().count(),
        1,
        "it listened before it loaded: {}",
        finished.stdout
    );
    drop(guard);
    // A server that may write rolls it back, and serves what was there before.
    let server = Server::start(&database);
    assert_eq!(server.get("/avalon/songs").names().len(), 22);
    assert_eq!(database.library(), library.library());
}

#[test]
fn without_a_schema_and_without_the_right_to_make_one_it_fails_with_1() {
    let database = Database::sqlite();
    database.execute("CREATE TABLE other (id INTEGER)");
    let _guard = ReadOnly::make(&database);
    let file = database.file();
    unprivileged(&database)
        .run()
        .expect_code(1)
        .expect_stderr(&[file.to_str().unwrap()]);
}

/// Scans killed while they write; each time an unprivileged server looks first, while nobody
/// has rolled anything back.
#[test]
fn after_a_killed_scan_it_serves_a_whole_library_or_refuses() {
    const FILES: usize = 1500;
    let (old, new) = (numbered(FILES, "old"), numbered(FILES, "new"));
    let database = Database::sqlite();
    scan(&database, new.root()).run().expect_code(0);
    let after = database.library();
    scan(&database, old.root())
        .arg("--allow-shrink")
        .run()
        .expect_code(0);
    let before = database.library();
    let mut refused = 0;
    kill_while_writing(&database, &old, &new, |moment| {
        let seen = look(&database, moment);
        let found = database.library();
        if found == before {
            refused += usize::from(seen.is_none());
            assert!(seen.is_none_or(|word| word == "old"), "{moment:?}");
            return true;
        }
        assert!(found == after, "torn when killed after {moment:?}");
        assert_eq!(seen.as_deref(), Some("new"), "{moment:?}");
        false
    });
    tell(&format!(
        "{refused} of them left a journal that a reader refuses to open"
    ));

    /// What a server sees that may only read: the first word of every title; `None` if it refuses.
    fn look(database: &Database, moment: Duration) -> Option<String> {
        let _guard = ReadOnly::make(database);
        let mut running = unprivileged(database).spawn();
        let refused = running.stderr_until(|text| {
            let refused = text.contains("in the middle of a write by a program that was killed");
            (refused || text.contains("Ready")).then_some(refused)
        });
        match refused {
            Some(true) => {
                running.finish().expect_code(1);
                None
            }
            Some(false) => {
                let server = Server::of(running);
                let names = server.get("/avalon/songs").names();
                assert_eq!(names.len(), FILES, "killed {moment:?} into the write");
                let word = names[0].split(' ').next().unwrap().to_owned();
                assert!(
                    names.iter().all(|name| name.starts_with(&word)),
                    "torn when killed at {moment:?}"
                );
                Some(word)
            }
            None => panic!(
                "neither ready nor refused: {} {}",
                running.has_ended(),
                running.stderr()
            ),
        }
    }
}

/// The server as a user whom permissions stop.
fn unprivileged(database: &Database) -> Program {
    serve(&database.url()).unprivileged()
}

/// Takes the right to write away from a SQLite file and its folder, until dropped.
struct ReadOnly<'a> {
    database: &'a Database,
}

impl<'a> ReadOnly<'a> {
    fn make(database: &'a Database) -> Self {
        permit(database, 0o444, 0o555);
        Self { database }
    }
}

impl Drop for ReadOnly<'_> {
    fn drop(&mut self) {
        permit(self.database, 0o644, 0o755);
    }
}

fn permit(database: &Database, files: u32, folder: u32) {
    let path = database.file();
    let parent = path.parent().unwrap();
    for entry in fs::read_dir(parent).unwrap() {
        fs::set_permissions(entry.unwrap().path(), Permissions::from_mode(files)).unwrap();
    }
    fs::set_permissions(parent, Permissions::from_mode(folder)).unwrap();
}
