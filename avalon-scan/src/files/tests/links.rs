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

/// A target whose name is too long for the system: it cannot be told that nothing is there.
#[test]
fn a_link_that_cannot_be_followed_to_its_end_is_not_broken() {
    let target = format!("/{}", "n".repeat(300));
    let tree = Tree::files(&["a/1.mp3", "file"])
        .link(&target, "far.mp3")
        .link(&target, "far")
        .link("a/1.mp3/below", "no folder.mp3")
        .link("gone", "gone.mp3")
        .link("loop.mp3", "loop.mp3");
    let broken = ["gone.mp3", "loop.mp3", "no folder.mp3"];
    let seen = tree.walk();
    assert_eq!(seen.files, ["a/1.mp3", "far", "far.mp3", "file"]);
    assert_eq!(seen.kinds(), broken.map(|name| (name, Kind::BrokenLink)));
    let seen = tree.follow();
    assert_eq!(seen.files, ["a/1.mp3", "file"]);
    assert_eq!(seen.unseen, ["far", "far.mp3"]);
    assert_eq!(seen.unlisted, broken);
    for name in ["far", "far.mp3"] {
        assert_eq!(tree.walk_below(Some(name), false).files, [name]);
        assert_eq!(tree.walk_below(Some(name), true).unseen, [name]);
    }
}
