//! What changes at random found, one by one.

use std::os::unix::fs::symlink;

use super::world::{Scan, World};
use super::*;

#[test]
fn parts_of_parts_are_scanned_once() {
    let collection = Collection::new().with("a.aiff", &aiff("A"));
    collection.scan().unwrap();
    let folder = collection.root().join("x/y");
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir(collection.root().join("x-")).unwrap();
    let collection = collection
        .with("x/y/1.aiff", &aiff("One"))
        .with("x/2.aiff", &aiff("Two"))
        .with("x-/3.aiff", &aiff("Three"));
    let parts = ["x/y", "x", "x-", "x", "x/2.aiff", "x/y/1.aiff"];
    let only = parts.map(|part| collection.root().join(part)).to_vec();
    let report = collection.scan_only(only).unwrap();
    assert_eq!((report.counts.seen, report.counts.added), (3, 3));
    assert_eq!(collection.titles(), ["A", "One", "Three", "Two"]);
}

#[test]
fn a_link_from_root_to_root_lies_where_it_is() {
    let collection = Collection::new();
    for root in ["one", "two"] {
        fs::create_dir(collection.root().join(root)).unwrap();
    }
    let collection = collection
        .with("one/a.aiff", &aiff("A"))
        .with("two/b.aiff", &aiff("B"));
    let [one, two] = ["one", "two"].map(|root| collection.root().join(root));
    let stop = AtomicBool::new(false);
    let request = Request {
        roots: vec![one.clone(), two.clone()],
        ..collection.request()
    };
    run(&request, &collection.url, &Progress::new(false), &stop).unwrap();
    std::os::unix::fs::symlink(one.join("a.aiff"), two.join("link.aiff")).unwrap();
    // In the spelling of the root, and in another one.
    let beside = collection.folder.path().join("beside");
    std::os::unix::fs::symlink(collection.root(), &beside).unwrap();
    for (path, added) in [
        (two.join("link.aiff"), 1),
        (beside.join("two/link.aiff"), 0),
    ] {
        let counts = collection.scan_only(vec![path]).unwrap().counts;
        assert_eq!((counts.seen, counts.added, counts.tracks), (1, added, 3));
    }
}

#[test]
fn a_library_of_another_program_is_counted_by_what_it_had() {
    let collection = Collection::new()
        .with("1.aiff", &aiff("One"))
        .with("2.aiff", &aiff("Two"))
        .with("3.aiff", &aiff("Three"));
    let database = collection.folder.path().join("a.sqlite");
    collection.scan().unwrap();
    books::execute(&database, "UPDATE tracks SET format = NULL");
    books::execute(&database, "DELETE FROM tracks WHERE name = 'Three'");
    fs::rename(
        collection.root().join("2.aiff"),
        collection.root().join("4.aiff"),
    )
    .unwrap();
    fs::remove_file(collection.root().join("3.aiff")).unwrap();
    let collection = collection.with("5.aiff", &aiff("Five"));
    let counts = collection.scan().unwrap().counts;
    let told = (counts.added, counts.changed, counts.moved, counts.removed);
    assert_eq!(told, (1, 1, 1, 0), "the third was not in the library");
}

#[test]
fn a_part_tells_of_an_ignore_file_above_it_once() {
    let collection = Collection::new().with("a.aiff", &aiff("A"));
    fs::create_dir(collection.root().join("x")).unwrap();
    fs::create_dir(collection.root().join("y")).unwrap();
    let collection = collection
        .with("x/b.aiff", &aiff("B"))
        .with(".avalonignore", b"{z\n");
    assert_eq!(collection.scan().unwrap().counts.warnings, 1);
    let parts = ["x", "y"].map(|part| collection.root().join(part));
    for parts in [&parts[..1], &parts] {
        let report = collection.scan_only(parts.to_vec()).unwrap();
        assert_eq!(report.counts.warnings, 1, "{:?}", report.issues);
    }
    let collection = collection.with(".avalonignore", b"\n\n{z\n");
    let report = collection.scan_only(parts.to_vec()).unwrap();
    assert_eq!(report.issues.len(), 1, "{:?}", report.issues);
    let message = &report.issues[0].message;
    assert!(message.contains("line 3"), "as it is now: {message}");
}

/// The world knows which are told: those called like sound, and those that had sound behind them.
#[test]
fn a_link_that_lost_its_target_is_told_as_long_as_it_is_there() {
    for (link, target) in [
        ("e", "a.flac"),
        ("c.txt", "a.flac"),
        ("b.flac", "a.flac"),
        ("e", "text"),
        ("b.flac", "text"),
    ] {
        let mut world = World::new();
        let root = world.tree.folder.join("one");
        let target = root.join(target);
        fs::copy(root.join("anchor.flac"), root.join("a.flac")).unwrap();
        fs::write(root.join("text"), b"text").unwrap();
        symlink(&target, root.join(link)).unwrap();
        world.scan_whole();
        fs::remove_file(target).unwrap();
        world.scan_whole();
        world.scan(&Scan::Only(vec![Path::new("one").join(link)]));
        world.be_written_by_another(0);
        world.scan_whole();
        world.check_that_nothing_is_read_again();
        fs::remove_file(root.join(link)).unwrap();
        world.scan_whole();
    }
}
