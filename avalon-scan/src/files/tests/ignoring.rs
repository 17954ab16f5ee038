//! Ignore files in a tree.

use super::*;

#[test]
fn ignore_files_hide_what_they_name() {
    let tree = Tree::files(&[
        "a/1.flac",
        "a/1.mp3",
        "a/b/1.flac",
        "a/b/keep.flac",
        "c/x/1.mp3",
        "x/1.mp3",
        "!.mp3",
    ])
    .with(".avalonignore", "*.flac\n/x/\n")
    .with("a/b/.avalonignore", "!keep.flac\n/1.mp3\n")
    .with("d/1.mp3", "x")
    .with("d/2.mp3", "x")
    .with("d/.ndignore", "1.mp3\n2.mp3")
    .with("d/.avalonignore", "!2.mp3")
    .with("e/.nomedia", "")
    .with("e/f/1.mp3", "x")
    .with("g/.ndignore", "# all of it\n")
    .with("g/h/1.mp3", "x")
    .with("i/.avalonignore", "")
    .with("i/1.mp3", "x");
    let seen = tree.walk();
    let expected = [
        "!.mp3",
        "a/1.mp3",
        "a/b/keep.flac",
        "c/x/1.mp3",
        "d/2.mp3",
        "i/1.mp3",
    ];
    assert_eq!(seen.files, expected);
    let expected = ["a/1.flac", "a/b/1.flac", "d/1.mp3", "e", "g", "x"];
    assert_eq!(seen.ignored, expected);
    assert_eq!(seen.kinds(), []);
}

#[test]
fn a_folder_that_is_ignored_cannot_take_that_back() {
    let tree = Tree::files(&["x/1.mp3", "y/1.mp3"])
        .with(".avalonignore", "x\n")
        .with("x/.avalonignore", "!*\n");
    let seen = tree.walk();
    assert_eq!(seen.files, ["y/1.mp3"]);
}

#[test]
fn names_that_are_no_utf_8_are_matched() {
    let tree = Tree::new()
        .with(OsStr::from_bytes(b"caf\xe9/1.mp3"), "x")
        .with(OsStr::from_bytes(b"caf\xe9/2.mp3"), "x")
        .with(OsStr::from_bytes(b"th\xe9/1.mp3"), "x")
        .with(OsStr::from_bytes(b"caf\xe9/.avalonignore"), "1.*")
        .with(".avalonignore", "th?/");
    let seen = tree.walk();
    assert_eq!(seen.files, [r"caf\xe9/2.mp3"]);
    assert_eq!(seen.ignored, [r"caf\xe9/1.mp3", r"th\xe9"]);
}

#[test]
fn ignore_files_that_are_not_heeded_are_told() {
    let tree = Tree::files(&["1.mp3", "1.ogg", "a/1.mp3", "b/1.mp3", "c/.ndignore/1.mp3"])
        .with(".avalonignore", "[z-a]\n*.ogg\n")
        .link("nowhere", "a/.ndignore")
        .link(".", "b/.avalonignore");
    let _socket = UnixListener::bind(tree.path("b/.ndignore")).unwrap();
    let seen = tree.walk();
    assert_eq!(
        seen.files,
        ["1.mp3", "a/1.mp3", "b/1.mp3", "c/.ndignore/1.mp3"]
    );
    let expected = [
        ".avalonignore",
        "a/.ndignore",
        "b/.ndignore",
        "b/.avalonignore",
    ];
    assert_eq!(seen.kinds(), expected.map(|name| (name, Kind::IgnoreFile)));
    assert!(seen.issues[0].2.contains("line 1"), "{seen:?}");
    assert_eq!(seen.unlisted, [""; 0]);
}

#[test]
fn a_collection_that_is_hidden_as_a_whole_is_told() {
    let tree = Tree::files(&["1.mp3", "a/1.mp3"]).with(".nomedia", "");
    for below in [None, Some("a"), Some("1.mp3")] {
        let seen = tree.walk_below(below, false);
        assert_eq!(
            (&seen.files[..], &seen.ignored[..]),
            (&[][..], &[String::new()][..])
        );
        assert_eq!(seen.kinds(), [(".nomedia", Kind::IgnoreFile)]);
    }
}
