//! Walks over real trees: what is found, in which order, and what is told of the rest.

use std::ffi::OsStr;
use std::fs;
use std::ops::ControlFlow::{Break, Continue};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, mkdirat, open, openat};
use tempfile::TempDir;

use super::*;
use crate::issue::Kind;

struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with(self, name: impl AsRef<Path>, content: &str) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    fn files(names: &[&str]) -> Self {
        names
            .iter()
            .fold(Self::new(), |tree, name| tree.with(name, "x"))
    }

    fn link(self, target: &str, name: &str) -> Self {
        symlink(target, self.path(name)).unwrap();
        self
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    fn root(&self) -> Root {
        Root::open(self.0.path()).unwrap()
    }

    fn walk(&self) -> Seen {
        self.walk_below(None, false)
    }

    fn follow(&self) -> Seen {
        self.walk_below(None, true)
    }

    fn walk_below(&self, below: Option<&str>, follow_links: bool) -> Seen {
        let mut seen = Seen::default();
        let root = self.root();
        let options = Options { follow_links };
        let ended = walk(&root, below.map(Path::new), &options, &mut |found| {
            seen.take(&root, found);
            Continue(())
        });
        assert!(ended.is_continue(), "nobody stopped it");
        seen
    }
}

/// What was found, by the way from the root, in the order of the walk.
#[derive(Debug, Default)]
struct Seen {
    files: Vec<String>,
    links_to_folders: Vec<String>,
    unlisted: Vec<String>,
    issues: Vec<(String, Kind, String)>,
    ignored: Vec<String>,
}

impl Seen {
    fn take(&mut self, root: &Root, found: Found) {
        let name = |path: &Path| {
            let way = path.strip_prefix(&root.typed).unwrap();
            way.as_os_str().as_bytes().escape_ascii().to_string()
        };
        let check = |path: &Path, key: &[u8]| {
            let expected = crate::paths::normalise(path.as_os_str().as_bytes());
            assert_eq!(key, expected, "{}", path.display());
            name(path)
        };
        match found {
            Found::File { path, key } => self.files.push(check(&path, &key)),
            Found::LinkToFolder(path) => self.links_to_folders.push(name(&path)),
            Found::Unlisted { key, issue } => {
                self.unlisted.push(check(&issue.path, &key));
                self.issues
                    .push((name(&issue.path), issue.kind, issue.message));
            }
            Found::Issue { key, issue } => {
                let name = check(&issue.path, &key);
                self.issues.push((name, issue.kind, issue.message));
            }
            Found::Ignored(path) => self.ignored.push(name(&path)),
        }
    }

    fn kinds(&self) -> Vec<(&str, Kind)> {
        let kinds = self.issues.iter().map(|(name, kind, _)| (&name[..], *kind));
        kinds.collect()
    }
}

#[test]
fn files_and_links_to_files_are_found_in_order() {
    let tree = Tree::files(&[
        "b/b/1.mp3",
        "b/.hidden",
        "notes.txt",
        "a b/1",
        "a/1",
        "a/Z",
        "B/1",
    ])
    .with(OsStr::from_bytes(b"caf\xe9.mp3"), "x")
    .link("b/b/1.mp3", "link.mp3")
    .link("b", "linked folder")
    .link("..", "b/b/up")
    .link("nowhere", "dangling.mp3")
    .link("nowhere", "dangling.txt")
    .link("loop.mp3", "loop.mp3")
    .link("socket.mp3", "to a socket.mp3");
    let _socket = UnixListener::bind(tree.path("socket.mp3")).unwrap();
    let seen = tree.walk();
    let expected = [
        "B/1",
        "a/1",
        "a/Z",
        "a b/1",
        "b/.hidden",
        "b/b/1.mp3",
        r"caf\xe9.mp3",
        "link.mp3",
        "notes.txt",
    ];
    assert_eq!(seen.files, expected);
    assert_eq!(seen.links_to_folders, ["b/b/up", "linked folder"]);
    let expected = [
        ("dangling.mp3", Kind::BrokenLink),
        ("loop.mp3", Kind::BrokenLink),
        ("socket.mp3", Kind::NotAFile),
        ("to a socket.mp3", Kind::NotAFile),
    ];
    assert_eq!(seen.kinds(), expected);
    assert_eq!(seen.unlisted, [""; 0]);
}

#[test]
fn paths_begin_with_the_root_as_it_was_typed() {
    let tree = Tree::files(&["a/1.mp3"]);
    for (typed, ending) in [
        ("", "/a/1.mp3"),
        (".", "/./a/1.mp3"),
        ("./", "/./a/1.mp3"),
        ("a/..", "/a/../a/1.mp3"),
    ] {
        let typed = match typed {
            "" => tree.0.path().to_owned(),
            typed => tree.path(typed),
        };
        let root = Root::open(&typed).unwrap();
        let mut files = 0;
        let _ = walk(&root, None, &Options::default(), &mut |found| {
            let Found::File { path, key } = found else {
                panic!("{found:?}");
            };
            assert!(
                path.as_os_str().as_bytes().ends_with(ending.as_bytes()),
                "{path:?}"
            );
            assert_eq!(key, tree.path("a/1.mp3").as_os_str().as_bytes());
            files += 1;
            Continue(())
        });
        assert_eq!(files, 1, "{ending}");
    }
}

#[test]
fn a_walk_can_be_stopped() {
    let tree = Tree::files(&["1", "2", "3"]);
    for below in [None, Some(Path::new("2"))] {
        let mut seen = 0;
        let stopped = walk(&tree.root(), below, &Options::default(), &mut |_| {
            seen += 1;
            Break(())
        });
        assert!(stopped.is_break());
        assert_eq!(seen, 1);
    }
}

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

/// A folder so deep that the system refuses its path, which holds for root too.
#[test]
fn a_folder_that_cannot_be_listed_is_told_and_the_walk_goes_on() {
    let tree = Tree::files(&["z.mp3"]);
    let flags = OFlags::DIRECTORY | OFlags::RDONLY;
    let mut folder = open(tree.0.path(), flags, Mode::empty()).unwrap();
    let name = "n".repeat(250);
    for _ in 0..20 {
        mkdirat(&folder, &name, Mode::RWXU).unwrap();
        folder = openat(&folder, &name, flags, Mode::empty()).unwrap();
    }
    let seen = tree.walk();
    assert_eq!(seen.files, ["z.mp3"]);
    assert_eq!(seen.unlisted.len(), 1, "{seen:?}");
    assert!(tree.path(&seen.unlisted[0]).as_os_str().len() > 4000);
    assert_eq!(seen.issues[0].1, Kind::Unreadable);
    let message = &seen.issues[0].2;
    assert!(
        message.starts_with("the folder cannot be read"),
        "{message}"
    );
    let tree = tree.with(".avalonignore", "nnn*\n");
    let seen = tree.walk();
    assert_eq!((seen.unlisted, seen.ignored), (vec![], vec![name]));
}

#[test]
fn a_root_that_went_is_told_as_unlisted() {
    let tree = Tree::files(&["music/a/1.mp3"]);
    let root = Root::open(&tree.path("music")).unwrap();
    fs::remove_dir_all(tree.path("music")).unwrap();
    let mut found = Vec::new();
    let _ = walk(&root, None, &Options::default(), &mut |one| {
        found.push(one);
        Continue(())
    });
    let [Found::Unlisted { key, .. }] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(key, &root.key);
}

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
    assert_eq!(seen.unlisted, [format!("a/{name}")]);
}
