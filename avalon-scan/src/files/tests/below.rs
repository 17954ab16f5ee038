//! Walks below a path in the root.

use super::*;

/// A walk below each path there is finds what the whole walk finds there, no more and no less.
#[test]
fn a_walk_below_a_path_is_a_part_of_the_whole() {
    let tree = Tree::files(&[
        "a/b/1.mp3",
        "a/b/2.ogg",
        "a/b/c/1.mp3",
        "a/b.mp3",
        "d/1.mp3",
        "e/f/1.mp3",
        "x/y/1.mp3",
    ])
    .with(".avalonignore", "*.ogg\n/x/\n")
    .with("a/.avalonignore", "c\n")
    .with("a/b/.ndignore", "!c\n!2.ogg\n")
    .with("e/.nomedia", "")
    .link("../..", "a/b/up")
    .link("../d", "a/to d")
    .link("../a", "d/to a")
    .link("gone", "d/gone.mp3")
    .link("d/1.mp3", "link.mp3");
    let parts = [
        "",
        "a",
        "a/b",
        "a/b/c",
        "a/b/c/1.mp3",
        "a/b/1.mp3",
        "a/b/2.ogg",
        "a/b.mp3",
        "a/b/up",
        "a/b/up/d",
        "a/to d",
        "a/to d/1.mp3",
        "a/to d/to a",
        "a/to d/to a/b",
        "d",
        "d/1.mp3",
        "d/1.mp3/x",
        "d/to a",
        "d/to a/b",
        "d/to a/b/up",
        "d/gone.mp3",
        "e",
        "e/f",
        "e/f/1.mp3",
        "x",
        "x/y",
        "link.mp3",
        "link.mp3/x",
        ".avalonignore",
        "gone",
        "gone/1.mp3",
        "./a/b",
    ];
    for follow_links in [false, true] {
        let whole = tree.walk_below(None, follow_links);
        assert!(whole.files.len() > 5, "{whole:?}");
        for part in parts {
            let seen = tree.walk_below(Some(part), follow_links);
            let below = |name: &&String| {
                let part = part.trim_start_matches("./");
                Path::new(name).starts_with(part)
            };
            let expected: Vec<&String> = whole.files.iter().filter(below).collect();
            let found: Vec<&String> = seen.files.iter().collect();
            assert_eq!(found, expected, "{part}, {follow_links}");
            let expected: Vec<&str> = whole
                .issues
                .iter()
                .map(|(name, ..)| name)
                .filter(below)
                .map(String::as_str)
                .collect();
            let found: Vec<&str> = seen
                .issues
                .iter()
                .map(|(name, ..)| name)
                .filter(below)
                .map(String::as_str)
                .collect();
            assert_eq!(found, expected, "{part}, {follow_links}");
        }
    }
    for part in ["..", "../x", "a/../d", "/", "/etc"] {
        let seen = tree.walk_below(Some(part), false);
        assert_eq!(seen.files, [""; 0], "{part}");
    }
}

#[test]
fn what_may_be_hidden_below_a_path_is_told() {
    let name = "n".repeat(300);
    let tree = Tree::files(&["a/1.mp3"]);
    let seen = tree.walk_below(Some(&format!("a/{name}/b")), false);
    assert_eq!(seen.unseen, [format!("a/{name}")]);
    assert_eq!(seen.kinds(), [(&*format!("a/{name}"), Kind::Unreadable)]);
}
