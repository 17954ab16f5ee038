//! What changes at random found, one by one.

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
