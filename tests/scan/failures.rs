//! A database that cannot be written to the end keeps the library that it had.

use rustix::process::Signal;

use crate::support::{
    Collection, Database, Library, Program, binary, numbered, scan, script_that_mounts,
};

/// Enough that they need far more room than there is.
const FILES: usize = 1000;

#[test]
fn a_full_disk_is_1_and_changes_nothing() {
    let (old, new) = (numbered(20, "old"), numbered(FILES, "new"));
    let folder = Collection::new();
    let disk = folder.folder("disk");
    let url = format!("sqlite:///{}", disk.join("avalon.sqlite").display());
    let copy = Database::sqlite();
    // A disk of 400 KiB; what is left in its database afterwards is copied out.
    let script = r#"
        scan=$1 disk=$2 url=$3 old=$4 new=$5 copy=$6
        mount -t tmpfs -o size=400k none "$disk"
        "$scan" -d "$url" "$old"
        code=0
        "$scan" -d "$url" "$new" "$old" || code=$?
        # Whoever opens it next finds it whole.
        "$scan" -d "$url" "$old"
        cp "$disk"/avalon.sqlite "$copy"
        exit $code
    "#;
    let Some(program) = script_that_mounts(script) else {
        return;
    };
    program
        .arg(binary("avalon-scan"))
        .arg(&disk)
        .arg(&url)
        .arg(old.root())
        .arg(new.root())
        .arg(copy.file())
        .run()
        .expect_code(1)
        .expect_stderr(&["[ERROR]", "disk is full", "avalon.sqlite"]);
    assert_eq!(copy.library(), made_of(&old));
    assert_eq!(copy.last_scan().changes(), [0; 4]);
    assert_eq!(copy.last_scan().id, 2, "the one that failed is none");
}

#[test]
fn a_file_that_may_not_grow_is_1_and_changes_nothing() {
    let (old, new) = (numbered(20, "old"), numbered(FILES, "new"));
    let database = Database::sqlite();
    scan(&database, old.root()).run().expect_code(0);
    let before = database.library();
    // No file of more than 200 blocks of 512 bytes, and no signal that says so.
    let limited = r#"trap '' XFSZ; ulimit -f 200; exec "$0" "$@""#;
    Program::of_the_system("sh")
        .args(["-c", limited])
        .arg(binary("avalon-scan"))
        .arg("-d")
        .arg(database.url())
        .arg(old.root())
        .arg(new.root())
        .run()
        .expect_code(1)
        .expect_stderr(&["[ERROR]", "avalon.sqlite"]);
    assert_eq!(database.library(), before);
    scan(&database, old.root())
        .arg(new.root())
        .run()
        .expect_code(0);
    assert_eq!(database.library().tracks.len(), FILES + 20);
}

#[test]
fn a_server_that_is_gone_is_1_and_changes_nothing() {
    let Some(mut database) = Database::postgres_alone() else {
        return;
    };
    let (old, new) = (numbered(20, "old"), numbered(FILES, "new"));
    scan(&database, old.root()).run().expect_code(0);
    let before = database.library();
    for line in ["Crawling", "Loaded metadata"] {
        let running = scan(&database, old.root()).arg(new.root()).spawn();
        running
            .stderr_until(|text| text.contains(line).then_some(()))
            .expect("it says so");
        running.signal(Signal::STOP);
        let Database::Postgres(server) = &mut database else {
            unreachable!("it was made on a server")
        };
        server.kill_server();
        running.signal(Signal::CONT);
        let finished = running.finish();
        server.restart_server();
        let place = database.url();
        let place = place.rsplit('@').next().unwrap();
        let finished = finished.expect_code(1).expect_stderr(&["[ERROR]", place]);
        assert!(!finished.stderr.contains("s3cret"), "{}", finished.stderr);
        assert_eq!(database.library(), before, "killed at {line:?}");
    }
    scan(&database, old.root())
        .arg(new.root())
        .run()
        .expect_code(0);
    assert_eq!(database.library().tracks.len(), FILES + 20);
}

/// What a scan into an empty database makes of it.
fn made_of(collection: &Collection) -> Library {
    let database = Database::sqlite();
    scan(&database, collection.root()).run().expect_code(0);
    database.library()
}
