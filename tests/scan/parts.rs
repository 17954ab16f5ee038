//! Several roots, and scans of parts of them (`--only`).

use std::fs;
use std::path::Path;

use crate::support::{Collection, Database, Program, on_each_backend, scan};

on_each_backend!(
    two_roots_are_one_library,
    a_part_is_scanned_and_nothing_else,
    a_part_may_be_spelled_in_any_way,
    a_part_of_a_relative_root_is_found_from_elsewhere,
    a_part_that_is_gone_goes_alone,
    a_single_file_is_a_part,
    what_lies_in_no_root_is_refused,
    links_are_followed_in_a_part_as_in_the_whole,
    a_way_back_from_behind_a_link_is_that_of_the_system,
);

/// `avalon-scan --only <part>...`
fn only(database: &Database, parts: &[&Path]) -> Program {
    let program = Program::new("avalon-scan")
        .arg("--database")
        .arg(database.url());
    parts
        .iter()
        .fold(program, |program, part| program.arg("--only").arg(part))
}

/// `a/1.flac`, `b/2.flac`, scanned.
fn scanned(database: &Database) -> Collection {
    let collection = Collection::new();
    collection.add_flac("a/1.flac", &[("TITLE", "One")]);
    collection.add_flac("b/2.flac", &[("TITLE", "Two")]);
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    collection
}

fn two_roots_are_one_library(database: &Database) {
    let collection = Collection::new();
    collection.add_flac("one/1.flac", &[("TITLE", "One")]);
    collection.add_flac("two/2.flac", &[("TITLE", "Two")]);
    collection.age();
    let (one, two) = (collection.path("one"), collection.path("two"));
    scan(database, &one).arg(&two).run().expect_code(0);
    assert_eq!(database.library().titles(), ["One", "Two"]);
    let roots = database.last_scan().roots;
    let expected = format!(r#"["{}","{}"]"#, one.display(), two.display());
    assert_eq!(roots, expected);
    // Their order is of no account.
    let before = database.library();
    scan(database, &two).arg(&one).run().expect_code(0);
    assert_eq!(database.last_scan().read, 0);
    assert_eq!(database.library(), before);
    // From one to the other is a move.
    collection.rename("one/1.flac", "two/1.flac");
    collection.add_flac("one/3.flac", &[("TITLE", "Three")]);
    scan(database, &one).arg(&two).run().expect_code(0);
    assert_eq!(database.last_scan().changes(), [1, 0, 1, 0]);
}

#[test]
fn roots_that_overlap_are_refused() {
    let collection = Collection::new();
    collection.add_flac("a/1.flac", &[]);
    collection.link("link", "a");
    let database = Database::sqlite();
    for (one, other) in [
        ("", "a"),
        ("a", ""),
        ("a", "a"),
        ("a", "link"),
        ("a", "a/."),
    ] {
        let (one, other) = (collection.path(one), collection.path(other));
        scan(&database, &one)
            .arg(&other)
            .run()
            .expect_code(2)
            .expect_stderr(&["overlap", one.to_str().unwrap(), other.to_str().unwrap()]);
    }
    assert!(!database.file().exists());
}

fn a_part_is_scanned_and_nothing_else(database: &Database) {
    let collection = scanned(database);
    let elsewhere = collection.add_flac("b/2.flac", &[("TITLE", "Two!")]);
    collection.add_flac("a/1.flac", &[("TITLE", "One!")]);
    collection.add_flac("a/deep/3.flac", &[("TITLE", "Three")]);
    collection.add_flac("aa/4.flac", &[("TITLE", "Four")]);
    only(database, &[&collection.path("a")])
        .run()
        .expect_code(0);
    assert_eq!(database.library().titles(), ["One!", "Three", "Two"]);
    let last = database.last_scan();
    assert_eq!((last.seen, last.tracks), (2, 3));
    assert_eq!(
        (last.scope.as_str(), last.changes()),
        ("part", [1, 1, 0, 0])
    );
    let root = collection.root().display().to_string();
    assert_eq!(last.roots, format!(r#"["{root}/a"]"#));
    // What went elsewhere stays too, until it is its turn.
    fs::remove_file(elsewhere).unwrap();
    only(database, &[&collection.path("a")])
        .run()
        .expect_code(0);
    assert_eq!(database.library().titles(), ["One!", "Three", "Two"]);
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(database.library().titles(), ["Four", "One!", "Three"]);
}

fn a_part_may_be_spelled_in_any_way(database: &Database) {
    let collection = scanned(database);
    let id = database.library().track("One").id.clone();
    let outside = Collection::new();
    let link = outside.link("link", collection.root()).join("a");
    let absolute = collection.path("a");
    let spellings = [
        absolute.as_path(),
        Path::new("a"),
        Path::new("./a/"),
        Path::new("b/../a"),
        &link,
    ];
    for (number, part) in spellings.into_iter().enumerate() {
        let title = format!("One {number}");
        collection.add_flac("a/1.flac", &[("TITLE", &title)]);
        only(database, &[part])
            .current_dir(collection.root())
            .run()
            .expect_code(0);
        let library = database.library();
        assert_eq!(library.titles(), [&title, "Two"], "{}", part.display());
        assert_eq!(library.track(&title).id, id, "{}", part.display());
    }
}

fn a_part_of_a_relative_root_is_found_from_elsewhere(database: &Database) {
    let (collection, other) = (Collection::new(), Collection::new());
    collection.add_flac("music/a/1.flac", &[("TITLE", "One")]);
    other.add_flac("music/a/1.flac", &[("TITLE", "Another")]);
    collection.age();
    scan(database, Path::new("music"))
        .current_dir(collection.root())
        .run()
        .expect_code(0);
    let id = database.library().track("One").id.clone();
    collection.add_flac("music/a/1.flac", &[("TITLE", "One!")]);
    // Where there is no folder of that name, and where there is another.
    let nowhere = Collection::new();
    for (title, folder) in [("One!", &nowhere), ("One!!", &other)] {
        collection.add_flac("music/a/1.flac", &[("TITLE", title)]);
        only(database, &[&collection.path("music/a")])
            .current_dir(folder.root())
            .run()
            .expect_code(0);
        let library = database.library();
        assert_eq!(library.titles(), [title]);
        assert_eq!(library.track(title).id, id);
    }
    only(database, &[Path::new("music/a")])
        .current_dir(other.root())
        .run()
        .expect_code(2)
        .expect_stderr(&["below no root"]);
}

fn a_part_that_is_gone_goes_alone(database: &Database) {
    let collection = scanned(database);
    fs::remove_dir_all(collection.path("a")).unwrap();
    collection.remove("b/2.flac");
    collection.add_flac("c/3.flac", &[("TITLE", "Three")]);
    let parts = [collection.path("a"), collection.path("c")];
    only(database, &[&parts[0], &parts[1]]).run().expect_code(0);
    assert_eq!(database.library().titles(), ["Three", "Two"]);
}

fn a_single_file_is_a_part(database: &Database) {
    let collection = scanned(database);
    let file = collection.add_flac("a/1.flac", &[("TITLE", "One!")]);
    let new = collection.add_flac("a/3.flac", &[("TITLE", "Three")]);
    only(database, &[&file]).run().expect_code(0);
    assert_eq!(database.library().titles(), ["One!", "Two"]);
    only(database, &[&new]).run().expect_code(0);
    assert_eq!(database.library().titles(), ["One!", "Three", "Two"]);
    collection.remove("a/1.flac");
    only(database, &[&file]).run().expect_code(0);
    assert_eq!(database.library().titles(), ["Three", "Two"]);
}

fn what_lies_in_no_root_is_refused(database: &Database) {
    let elsewhere = Collection::new();
    let part = elsewhere.add_flac("a/1.flac", &[]);
    only(database, &[&part])
        .run()
        .expect_code(2)
        .expect_stderr(&["below no root of the last scan", part.to_str().unwrap()]);
    let collection = scanned(database);
    let before = database.library();
    for part in [part, elsewhere.path("gone"), collection.path("..")] {
        only(database, &[&collection.path("a"), &part])
            .run()
            .expect_code(2)
            .expect_stderr(&[
                part.to_str().unwrap(),
                "below no root",
                collection.root().to_str().unwrap(),
            ]);
    }
    assert_eq!(database.library(), before);
}

fn links_are_followed_in_a_part_as_in_the_whole(database: &Database) {
    let (collection, outside) = (scanned(database), Collection::new());
    outside.add_flac("3.flac", &[("TITLE", "Three")]);
    collection.link("a/link", outside.root());
    scan(database, collection.root())
        .arg("--follow-links")
        .run()
        .expect_code(0);
    only(database, &[&collection.path("a")])
        .run()
        .expect_code(0);
    assert_eq!(database.library().titles(), ["One", "Three", "Two"]);
    scan(database, collection.root())
        .run()
        .expect_code(0)
        .expect_stderr(&[
            "[WARNING]",
            "followed links to folders, and this one does not",
        ]);
    assert_eq!(database.library().titles(), ["One", "Two"]);
    let again = scan(database, collection.root()).run().expect_code(0);
    assert!(!again.stderr.contains("[WARNING]"), "{}", again.stderr);
}

fn a_way_back_from_behind_a_link_is_that_of_the_system(database: &Database) {
    let (collection, outside) = (scanned(database), Collection::new());
    outside.folder("there");
    outside.add_flac("1.flac", &[("TITLE", "Outside")]);
    collection.link("a/out", outside.path("there"));
    collection.link("b/in", collection.path("a"));
    collection.add_flac("a/1.flac", &[("TITLE", "One!")]);
    collection.add_flac("b/2.flac", &[("TITLE", "Two!")]);
    only(database, &[&collection.path("a/out/../1.flac")])
        .run()
        .expect_code(2)
        .expect_stderr(&["below no root"]);
    only(database, &[&collection.path("b/in/../b/2.flac")])
        .run()
        .expect_code(0);
    assert_eq!(database.library().titles(), ["One", "Two!"]);
}
