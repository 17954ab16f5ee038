//! The exit codes that `--help` documents, each with what a user needs to know then.

use std::fs;

use rustix::process::Signal;

use crate::support::{Collection, Database, Program, data, on_each_backend, scan};

on_each_backend!(
    a_clean_scan_is_0,
    a_scan_with_warnings_about_kept_files_is_0,
    a_scan_that_skipped_audio_is_3,
    a_second_scan_at_the_same_time_is_2,
);

fn a_clean_scan_is_0(database: &Database) {
    let finished = scan(database, &data("library")).run().expect_code(0);
    assert_eq!(database.library().tracks.len(), 22);
    assert_eq!(finished.stdout, "");
    assert!(
        !finished.stderr.contains("[WARNING]"),
        "{}",
        finished.stderr
    );
}

fn a_scan_with_warnings_about_kept_files_is_0(database: &Database) {
    let collection = Collection::new();
    let odd = collection.add_flac("odd.flac", &[("TRACKNUMBER", "A1"), ("DATE", "long ago")]);
    scan(database, collection.root())
        .run()
        .expect_code(0)
        .expect_stderr(&[odd.to_str().unwrap(), "A1", "long ago", "[WARNING]"]);
    let library = database.library();
    assert_eq!(
        (library.tracks[0].track, library.tracks[0].year),
        (Some(0), Some(0))
    );
}

fn a_scan_that_skipped_audio_is_3(database: &Database) {
    let collection = Collection::new();
    collection.add("untagged/untagged.mp3", "good.mp3");
    let bad = collection.write("bad.mp3", b"");
    scan(database, collection.root())
        .run()
        .expect_code(3)
        .expect_stderr(&[bad.to_str().unwrap(), "1 skipped"]);
}

fn a_second_scan_at_the_same_time_is_2(database: &Database) {
    let collection = Collection::new();
    for number in 0..2000 {
        collection.add("untagged/untagged.ape", &format!("{number}.ape"));
    }
    let first = scan(database, collection.root()).spawn();
    first
        .stderr_until(|text| text.contains("Crawling").then_some(()))
        .expect("a scan says that it crawls");
    first.signal(Signal::STOP);
    let second = scan(database, collection.root()).run();
    first.signal(Signal::CONT);
    second
        .expect_code(2)
        .expect_stderr(&["another scan of this database is running"]);
    first.finish().expect_code(0);
    assert_eq!(database.library().tracks.len(), 2000);
}

#[test]
fn wrong_usage_is_2() {
    for (arguments, said) in [
        (&[][..], "COLLECTION"),
        (&["--bogus", "/music"], "--bogus"),
        (&["--only", "/music/a", "/music"], "--only"),
        (&["--watch", "--dry-run", "/music"], "--watch"),
    ] {
        let mut program = Program::new("avalon-scan");
        for argument in arguments {
            program = program.arg(argument);
        }
        program.run().expect_code(2).expect_stderr(&[said]);
    }
}

#[test]
fn wrong_settings_are_2_and_named_with_their_place() {
    let folder = Collection::new();
    let config = folder.write("avalon.toml", b"LOG_LEVEL = \"LOUD\"\nSTATSD_PROT = 1\n");
    let path = config.to_str().unwrap();
    Program::new("avalon-scan")
        .env("AVALON_CONFIG", path)
        .arg(data("library"))
        .run()
        .expect_code(2)
        .expect_stderr(&[path, "LOG_LEVEL", "LOUD", "STATSD_PROT", "STATSD_PORT"]);
}

#[test]
fn a_database_that_cannot_be_used_is_1() {
    let folder = Collection::new();
    let junk = folder.write("junk.sqlite", &[7; 4096]);
    for (url, said) in [
        (
            "sqlite:////nowhere/at/all.sqlite".to_owned(),
            "/nowhere/at/all.sqlite",
        ),
        (format!("sqlite:///{}", junk.display()), "junk.sqlite"),
        (
            "postgresql://avalon:s3cret@127.0.0.1:1/avalon".to_owned(),
            "127.0.0.1:1",
        ),
    ] {
        let finished = Program::new("avalon-scan")
            .arg("-d")
            .arg(&url)
            .arg(data("library"))
            .run()
            .expect_code(1)
            .expect_stderr(&[said]);
        assert!(!finished.stderr.contains("s3cret"), "{}", finished.stderr);
    }
    assert_eq!(fs::read(junk).unwrap(), [7; 4096]);
}

#[test]
fn version_and_help_are_0_and_on_stdout() {
    let version = Program::new("avalon-scan")
        .arg("-V")
        .run()
        .expect_code(0)
        .stdout;
    assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    let help = Program::new("avalon-scan")
        .arg("--help")
        .run()
        .expect_code(0)
        .stdout;
    for code in ["0", "1", "2", "3", "130"] {
        assert!(
            help.lines().any(|line| line.trim_start().starts_with(code)),
            "no {code} in {help}"
        );
    }
}
