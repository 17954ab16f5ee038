//! What is found, in which order, and what is told of the rest.

use super::*;

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
            let (path, key) = match found {
                Found::File { path, key } => (path, key),
                Found::Folder => return Continue(()),
                found => panic!("{found:?}"),
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

/// Tests run in the folder of the package.
#[test]
fn a_relative_root_makes_relative_keys() {
    for (typed, path, key) in [
        (".", "./src/main.rs", "src/main.rs"),
        ("./", "./src/main.rs", "src/main.rs"),
        ("src/..", "src/../src/main.rs", "src/main.rs"),
        (
            "../avalon-scan",
            "../avalon-scan/src/main.rs",
            "../avalon-scan/src/main.rs",
        ),
        (
            "..//avalon-scan/",
            "..//avalon-scan/src/main.rs",
            "../avalon-scan/src/main.rs",
        ),
    ] {
        let root = Root::open(Path::new(typed)).unwrap();
        for below in ["src", "src/main.rs"] {
            let mut found = Vec::new();
            let _ = walk(
                &root,
                Some(Path::new(below)),
                &Options::default(),
                &mut |one| {
                    found.push(one);
                    Continue(())
                },
            );
            let main = Found::File {
                path: PathBuf::from(path),
                key: key.into(),
            };
            assert!(found.contains(&main), "{typed}, {below}: {found:?}");
        }
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
