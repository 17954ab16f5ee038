//! Requests while scans commit: none fails, and every answer is of one generation, the one it says.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::{
    Collection, Connection, Database, PATIENCE, Server, on_each_backend, scan, serve, until,
};

on_each_backend!(answers_are_of_one_generation_while_scans_commit);

const TRACKS: usize = 40;
const SCANS: i64 = 5;

fn answers_are_of_one_generation_while_scans_commit(database: &Database) {
    let collection = Collection::new();
    let commit = |generation: i64| {
        fill(&collection, generation);
        scan(database, collection.root()).run().expect_code(0);
        assert_eq!(database.last_scan().generation, generation);
    };
    commit(1);
    let server = serve(&database.url()).env("AVALON_RELOAD_SECONDS", "1");
    let server = Server::run(server).ready("/avalon/heartbeat");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let askers = [
            "/avalon/songs",
            "/avalon/songs?limit=7&offset=3&order=name&direction=desc",
            "/avalon/songs?query=number",
            "/avalon/albums",
            "/avalon/heartbeat",
        ]
        .map(|target| {
            let (mut connection, is_over) = (server.connect(), &is_over);
            scope.spawn(move || {
                let mut seen = vec![1];
                while !is_over.load(Ordering::Relaxed) {
                    let generation = ask(&mut connection, target);
                    if seen.last() != Some(&generation) {
                        seen.push(generation);
                    }
                }
                seen
            })
        });
        let mut served = Ok(());
        for generation in 2..=SCANS {
            commit(generation);
            let is_served = until(PATIENCE, || {
                let answer = server.get("/avalon/version");
                let said = answer.header("avalon-generation").unwrap();
                (said == generation.to_string()).then_some(())
            });
            served = served.and(is_served.ok_or(generation));
        }
        is_over.store(true, Ordering::Relaxed);
        for asker in askers {
            let seen = asker.join().unwrap();
            assert!(seen.is_sorted(), "{seen:?}");
            assert!(seen.len() > 2, "{seen:?}");
        }
        assert_eq!(served, Ok(()), "stderr:\n{}", server.stderr());
    });
    let finished = server.stop().expect_code(0);
    assert!(!finished.stderr.contains("[ERROR]"), "{}", finished.stderr);
}

/// Every title, and the album, tells the generation in which it will be served.
fn fill(collection: &Collection, generation: i64) {
    let album = format!("of {generation}");
    for number in 0..TRACKS {
        let title = format!("number {number} of {generation}");
        collection.add_flac(
            &format!("{number}.flac"),
            &[("TITLE", title.as_str()), ("ALBUM", album.as_str())],
        );
    }
    collection.age();
}

/// Asks once, and gives the generation that the answer is of from its first to its last result.
fn ask(connection: &mut Connection, target: &str) -> i64 {
    let answer = connection.request("GET", target).unwrap();
    assert_eq!(answer.status, 200, "{target}: {}", answer.text());
    let said = answer.header("avalon-generation").unwrap();
    if target.ends_with("heartbeat") {
        assert_eq!(answer.text(), "OKOKOK");
    } else {
        let (names, of) = (answer.names(), format!("of {said}"));
        let expected = match target {
            _ if target.contains("limit=7") => 7,
            _ if target.ends_with("albums") => 1,
            _ => TRACKS,
        };
        assert_eq!(names.len(), expected, "{target}");
        assert!(
            names.iter().all(|name| name.ends_with(&of)),
            "{target}: {names:?} in generation {said}"
        );
    }
    said.parse().unwrap()
}
