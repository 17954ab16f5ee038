//! What a database remembers of scans: issues of the last, numbers of the last hundred.

use std::path::Path;

use crate::support::{Collection, Database, Opens, Program, on_each_backend, scan};

on_each_backend!(
    bad_files_are_told_again_without_being_opened,
    issues_are_those_of_the_last_scan,
    a_hundred_scans_are_kept,
    a_refused_scan_is_no_scan,
);

/// Path below the root, and kind, of what is stored.
fn issues(database: &Database, root: &Path) -> Vec<(String, String)> {
    let way = |path: &str| {
        let way = Path::new(path).strip_prefix(root).unwrap();
        way.to_str().unwrap().to_owned()
    };
    let issues = database.issues().into_iter();
    issues.map(|issue| (way(&issue.path), issue.kind)).collect()
}

fn pair(path: &str, kind: &str) -> (String, String) {
    (path.to_owned(), kind.to_owned())
}

fn bad_files_are_told_again_without_being_opened(database: &Database) {
    let collection = Collection::of("bad");
    collection.add_flac("good.flac", &[("TITLE", "Good")]);
    collection.add_flac("odd.flac", &[("TITLE", "Odd"), ("DATE", "long ago")]);
    collection.age();
    let warnings = |program: Program| -> Vec<String> {
        let finished = program.run().expect_code(3);
        let of_warnings = |line: &str| Some(line.split_once("[WARNING]")?.1.to_owned());
        let mut lines: Vec<String> = finished.stderr.lines().filter_map(of_warnings).collect();
        lines.sort();
        lines
    };
    let told = warnings(scan(database, collection.root()));
    let (first, stored) = (database.last_scan(), database.issues());
    assert_eq!((first.skipped, first.warnings), (13, 1));
    assert_eq!((told.len(), stored.len()), (14, 14));
    let opens = Opens::watch(collection.root());
    assert_eq!(warnings(scan(database, collection.root())), told);
    assert_eq!(opens.files(), [""; 0]);
    let second = database.last_scan();
    assert_eq!((second.skipped, second.warnings), (13, 1));
    assert_eq!(database.issues(), stored);
    // One that was made good is opened, and no longer told.
    collection.add_flac("empty.flac", &[("TITLE", "Full")]);
    collection.age();
    let told_now = warnings(scan(database, collection.root()));
    assert_eq!(opens.files(), ["empty.flac"]);
    assert_eq!(told_now.len(), 13);
    assert_eq!(database.issues().len(), 13);
    assert_eq!(database.library().titles(), ["Full", "Good", "Odd"]);
}

fn issues_are_those_of_the_last_scan(database: &Database) {
    let collection = Collection::new();
    collection.add_flac("a/odd.flac", &[("DATE", "long ago"), ("TRACKNUMBER", "A1")]);
    collection.write("a/bad.mp3", b"");
    collection.write("b/bad.mp3", b"");
    collection.link("a/gone.mp3", "nowhere");
    collection.age();
    let root = collection.root();
    scan(database, root).run().expect_code(3);
    let in_a = [
        pair("a/bad.mp3", "damaged"),
        pair("a/gone.mp3", "broken link"),
        pair("a/odd.flac", "year"),
        pair("a/odd.flac", "track number"),
    ];
    let in_b = pair("b/bad.mp3", "damaged");
    let mut stored = issues(database, root);
    stored[2..4].sort_by(|one, other| other.cmp(one));
    assert_eq!(stored, [&in_a[..], std::slice::from_ref(&in_b)].concat());
    // A scan of a part brings those of that part up to date, and counts all.
    collection.remove("a/bad.mp3");
    collection.remove("a/gone.mp3");
    collection.add_flac("a/odd.flac", &[("DATE", "long ago")]);
    collection.age();
    let part = Program::new("avalon-scan")
        .arg("--database")
        .arg(database.url())
        .arg("--only")
        .arg(collection.path("a"));
    part.run().expect_code(3);
    assert_eq!(issues(database, root), [pair("a/odd.flac", "year"), in_b]);
    let last = database.last_scan();
    assert_eq!((last.skipped, last.warnings), (1, 1));
    // And with its file an issue goes.
    collection.remove("b/bad.mp3");
    scan(database, root).run().expect_code(0);
    assert_eq!(issues(database, root), [pair("a/odd.flac", "year")]);
}

fn a_hundred_scans_are_kept(database: &Database) {
    let collection = Collection::new();
    collection.add_flac("a.flac", &[("TITLE", "A")]);
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    // As if there had been many more.
    let columns = "generation, version, scope, roots, started_ns, seconds, seen, read, unchanged, \
                   added, changed, moved, removed, tracks, skipped, warnings, other";
    let many: Vec<String> = (2..=120)
        .map(|id| {
            format!(
                "INSERT INTO scans (id, {columns}) SELECT {id}, {columns} FROM scans WHERE id = 1;"
            )
        })
        .collect();
    database.execute(&many.concat());
    scan(database, collection.root()).run().expect_code(0);
    let ids = database.texts("SELECT CAST(id AS TEXT) AS text FROM scans ORDER BY id");
    let expected: Vec<String> = (22..=121).map(|id| id.to_string()).collect();
    assert_eq!(ids, expected);
    let last = database.last_scan();
    assert_eq!((last.generation, last.unchanged), (1, 1));
}

fn a_refused_scan_is_no_scan(database: &Database) {
    let collection = Collection::new();
    collection.add_flac("a.flac", &[("TITLE", "A")]);
    scan(database, collection.root()).run().expect_code(0);
    let before = (database.last_scan(), database.issues());
    collection.write("a.flac", b"");
    scan(database, collection.root())
        .arg("--allow-shrink")
        .run()
        .expect_code(2)
        .expect_stderr(&["would be emptied", "1 tracks", "a.flac"]);
    assert_eq!((database.last_scan(), database.issues()), before);
}
