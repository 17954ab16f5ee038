//! Links to folders: followed, in circles, ignored.

use super::*;

#[test]
fn links_are_followed_when_that_is_asked_for() {
    let outside = Tree::files(&["disc/1.mp3"]);
    let tree = Tree::files(&["a/1.mp3", "b/2.mp3"])
        .link("../a", "b/again")
        .link("..", "b/up")
        .link("gone", "lost disk")
        .link("self.mp3", "self.mp3")
        .link(outside.path("disc").to_str().unwrap(), "disc");
    let seen = tree.follow();
    let expected = ["a/1.mp3", "b/2.mp3", "b/again/1.mp3", "disc/1.mp3"];
    assert_eq!(seen.files, expected);
    assert_eq!(seen.links_to_folders, [""; 0]);
    let expected = ["b/up", "lost disk", "self.mp3"].map(|name| (name, Kind::BrokenLink));
    assert_eq!(seen.kinds(), expected);
    assert_eq!(
        seen.unlisted,
        ["lost disk", "self.mp3"],
        "a link may have led to a folder"
    );
    assert!(seen.issues[0].2.contains("in a circle"), "{seen:?}");
}

#[test]
fn links_that_lead_into_each_other_end() {
    let tree = Tree::files(&["a/1.mp3", "b/2.mp3"])
        .link("../b", "a/to b")
        .link("../a", "b/to a");
    let seen = tree.follow();
    let expected = ["a/1.mp3", "a/to b/2.mp3", "b/2.mp3", "b/to a/1.mp3"];
    assert_eq!(seen.files, expected);
    let expected = ["a/to b/to a", "b/to a/to b"].map(|name| (name, Kind::BrokenLink));
    assert_eq!(seen.kinds(), expected);
}

#[test]
fn ignored_links_are_not_told() {
    let tree = Tree::files(&["a/1.mp3"])
        .with(".avalonignore", "gone\nup/\n")
        .link("nowhere", "gone")
        .link("..", "a/up");
    let seen = tree.follow();
    assert_eq!(seen.files, ["a/1.mp3"]);
    assert_eq!(seen.kinds(), []);
    assert_eq!(seen.ignored, ["a/up", "gone"]);
}
