//! The root of a collection.
//!
//! In: a path as it was typed. Out: a [`Root`], which knows what ids are made of (the path as
//! typed), which place it is (the path without links), and whether a disk is mounted there.
//!
//! What stays true: what looks like a disk that is not mounted is no root (rule S4).

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{self, Component, Path, PathBuf};

use thiserror::Error;

use super::mounts;
use crate::paths;

/// Why a path is no root of a collection.
#[derive(Debug, Error)]
pub enum RootError {
    /// `""`.
    #[error("the path of the collection is empty")]
    NoPath,
    /// Nothing there, or a part of the way to it.
    #[error("{} does not exist", .0.display())]
    Missing(PathBuf),
    /// A file, for example.
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// The system does not let us list it.
    #[error("{} cannot be read", .0.display())]
    Unreadable(PathBuf, #[source] io::Error),
    /// A folder with nothing in it.
    #[error(
        "{} is empty; if its disk is not mounted, mount it and scan again", .0.display()
    )]
    Empty(PathBuf),
    /// Two roots that share files.
    #[error(
        "{} and {} overlap, so files would be in the library twice; name the outer one alone",
        .0.display(), .1.display()
    )]
    Overlap(PathBuf, PathBuf),
}

/// A folder of music that can be listed and has something in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// As it was typed: what paths to open begin with.
    pub typed: PathBuf,
    /// The typed path without detours: what the paths that ids are made of begin with.
    pub key: Vec<u8>,
    /// The place: absolute, all links resolved.
    pub absolute: PathBuf,
    /// Whether something is mounted at just this place.
    pub is_mount_point: bool,
    prefix: Vec<u8>,
}

impl Root {
    /// Looks at what was typed.
    ///
    /// # Errors
    /// [`RootError`] names the path and says what is wrong with it.
    pub fn open(typed: &Path) -> Result<Self, RootError> {
        if typed.as_os_str().is_empty() {
            return Err(RootError::NoPath);
        }
        let unreadable = |error| RootError::Unreadable(typed.to_owned(), error);
        match fs::metadata(typed) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(RootError::NotAFolder(typed.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(RootError::Missing(typed.to_owned()));
            }
            Err(error) => return Err(unreadable(error)),
        }
        match fs::read_dir(typed).map_err(unreadable)?.next() {
            None => return Err(RootError::Empty(typed.to_owned())),
            Some(Err(error)) => return Err(unreadable(error)),
            Some(Ok(_)) => {}
        }
        let absolute = typed.canonicalize().map_err(unreadable)?;
        let key = paths::normalise(typed.as_os_str().as_bytes());
        Ok(Self {
            typed: typed.to_owned(),
            prefix: paths::prefix(&key),
            key,
            is_mount_point: mounts::is_mount_point(&absolute),
            absolute,
        })
    }

    /// Looks at a root of an earlier scan. Where a relative path leads elsewhere now, from another
    /// working folder, it is opened at the place that it had (`absolute`); what ids are made of stays
    /// that of the path as it was typed.
    ///
    /// # Errors
    /// As of [`Root::open`].
    pub fn open_again(typed: &Path, absolute: &Path) -> Result<Self, RootError> {
        match Self::open(typed) {
            Ok(root) if typed.is_absolute() || root.absolute == absolute => Ok(root),
            Err(error) if typed.is_absolute() => Err(error),
            _ => {
                let key = paths::normalise(typed.as_os_str().as_bytes());
                Ok(Self {
                    prefix: paths::prefix(&key),
                    key,
                    ..Self::open(absolute)?
                })
            }
        }
    }

    /// The path that the id of what lies below is made of: [`paths::normalise`] of the root as typed,
    /// joined with the way from it. The way has no `.`, `..` or empty part; if it is empty, this is
    /// the key of the root.
    pub fn key_of(&self, relative: &[u8]) -> Vec<u8> {
        match relative {
            b"" => self.key.clone(),
            relative => [&self.prefix, relative].concat(),
        }
    }

    /// What to open for a path that an id is made of; `None` where that lies elsewhere.
    pub fn path_of(&self, key: &[u8]) -> Option<PathBuf> {
        let way = paths::relative(key, &self.key)?;
        Some(self.typed.join(OsStr::from_bytes(way)))
    }

    /// The way from the root to a path that is or lies below it, however the path is spelled; empty
    /// for the root itself, `None` for what lies elsewhere. Nothing need be there (any more).
    ///
    /// The spelling of the root is tried first, then its place. A path with `..` is resolved up to that,
    /// as the system does it, and one that leads into the root through a link up to there; links below
    /// the root stay as they are.
    pub fn relative(&self, path: &Path) -> Option<PathBuf> {
        find_root(std::slice::from_ref(self), path).map(|(_, way)| way)
    }
}

/// The root (by index) that a path lies in, and the way from there, as of [`Root::relative`]. A link in
/// one root that leads into another lies in the first.
pub fn find_root(roots: &[Root], path: &Path) -> Option<(usize, PathBuf)> {
    if path.as_os_str().is_empty() {
        return None;
    }
    let path = path::absolute(path).ok()?;
    let (upper, rest) = without_parents(&path)?;
    let path = upper.join(rest);
    for (at, root) in roots.iter().enumerate() {
        // `..` of the root may stand behind a link: then only its real place says where it is.
        let typed = path::absolute(&root.typed).ok()?;
        if !has_parents(&typed)
            && let Ok(way) = path.strip_prefix(typed)
        {
            return Some((at, way.to_owned()));
        }
    }
    let mut place = PathBuf::new();
    let mut parts = path.components();
    while let Some(part) = parts.next() {
        place.push(part);
        // What is not there leads nowhere else.
        let resolved = place.canonicalize().ok()?;
        for (at, root) in roots.iter().enumerate() {
            if let Ok(way) = resolved.strip_prefix(&root.absolute) {
                return Some((at, way.components().chain(parts).collect()));
            }
        }
    }
    None
}

fn has_parents(path: &Path) -> bool {
    path.components().any(|part| part == Component::ParentDir)
}

/// An absolute path up to its last `..`, resolved, and the rest.
fn without_parents(path: &Path) -> Option<(PathBuf, &Path)> {
    let mut rest = path.components();
    let mut upper = None;
    let mut parts = path.components();
    while let Some(part) = parts.next() {
        if part == Component::ParentDir {
            upper = path.ancestors().nth(parts.clone().count());
            rest = parts.clone();
        }
    }
    match upper {
        Some(upper) => Some((upper.canonicalize().ok()?, rest.as_path())),
        None => Some((PathBuf::new(), path)),
    }
}

/// A folder as the system tells it from all others: its file system, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Root {
    /// Which folder it is just now; `None` where there is none any more, or nothing is in it.
    pub fn identity(&self) -> Option<Identity> {
        let identity = Identity::of(&self.typed)?;
        fs::read_dir(&self.typed).ok()?.next()?.ok()?;
        Some(identity)
    }

    /// Which folders it and those above it are, from the inside out.
    fn lineage(&self) -> Vec<Option<Identity>> {
        self.absolute.ancestors().map(Identity::of).collect()
    }
}

impl Identity {
    fn of(folder: &Path) -> Option<Self> {
        let metadata = fs::metadata(folder).ok()?;
        Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }
}

/// The first two roots (by index) that are one place, or of which one lies in the other, on the disk
/// (where a folder may be mounted at a second place, too) or by the paths that ids are made of.
pub fn roots_overlap(roots: &[Root]) -> Option<(usize, usize)> {
    let pairs = (0..roots.len()).flat_map(|one| (one + 1..roots.len()).map(move |two| (one, two)));
    let lineages: Vec<_> = roots.iter().map(Root::lineage).collect();
    let is_within = |one: usize, two: usize| {
        let outer = lineages[two].first().copied().flatten();
        outer.is_some() && lineages[one].contains(&outer)
    };
    let mut overlaps = pairs.filter(|&(one, two)| {
        if is_within(one, two) || is_within(two, one) {
            return true;
        }
        let (one, two) = (&roots[one], &roots[two]);
        // Two places can have one key, through `link/..`: their tracks would have one id.
        let below = |one: &Root, two: &Root| {
            one.absolute.starts_with(&two.absolute) || paths::relative(&one.key, &two.key).is_some()
        };
        below(one, two) || below(two, one)
    });
    overlaps.next()
}

/// Refuses roots that share files.
///
/// # Errors
/// [`RootError::Overlap`] with both, as they were typed.
pub fn check_overlap(roots: &[Root]) -> Result<(), RootError> {
    match roots_overlap(roots) {
        Some((one, two)) => Err(RootError::Overlap(
            roots[one].typed.clone(),
            roots[two].typed.clone(),
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use proptest::prelude::*;

    use super::*;

    /// A root as typed, whatever is there.
    fn typed(bytes: &[u8]) -> Root {
        let key = paths::normalise(bytes);
        Root {
            typed: PathBuf::from(OsStr::from_bytes(bytes)),
            prefix: paths::prefix(&key),
            key,
            absolute: PathBuf::from("/nowhere"),
            is_mount_point: false,
        }
    }

    #[test]
    fn a_root_must_be_a_folder_with_something_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name| folder.path().join(name);
        fs::write(path("file"), "x").unwrap();
        fs::create_dir(path("empty")).unwrap();
        symlink("nowhere", path("dangling")).unwrap();
        for (root, expected) in [
            (PathBuf::new(), "the path of the collection is empty"),
            (path("missing"), "does not exist"),
            (path("missing/below"), "does not exist"),
            (path("dangling"), "does not exist"),
            (path("file"), "is not a folder"),
            (path("file/below"), "cannot be read"),
            (path("empty"), "is empty; if its disk is not mounted"),
        ] {
            let error = Root::open(&root).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(Root::open(folder.path()).is_ok());
        symlink(folder.path(), path("link")).unwrap();
        let root = Root::open(&path("link")).expect("a link to a folder");
        assert_eq!(root.typed, path("link"));
        assert_eq!(root.key, path("link").as_os_str().as_bytes());
        assert_eq!(root.absolute, folder.path().canonicalize().unwrap());
        assert!(!root.is_mount_point);
        assert!(Root::open(Path::new("/")).unwrap().is_mount_point);
    }

    #[test]
    fn keys_begin_with_the_root_as_typed() {
        for (root, key) in [
            (&b"."[..], &b"a/1.mp3"[..]),
            (b"./", b"a/1.mp3"),
            (b"/", b"/a/1.mp3"),
            (b"//", b"//a/1.mp3"),
            (b"///", b"/a/1.mp3"),
            (b"..", b"../a/1.mp3"),
            (b"../x", b"../x/a/1.mp3"),
            (b"x/..", b"a/1.mp3"),
            (b"/srv/./music/", b"/srv/music/a/1.mp3"),
            (b"/..", b"/a/1.mp3"),
        ] {
            let case = root.escape_ascii();
            assert_eq!(typed(root).key_of(b"a/1.mp3"), key, "{case}");
            assert_eq!(typed(root).key_of(b""), paths::normalise(root), "{case}");
        }
    }

    fn part() -> impl Strategy<Value = &'static [u8]> {
        prop::sample::select(vec![
            &b""[..],
            b".",
            b"..",
            b"x",
            b"...",
            b"a b",
            b"caf\xe9",
        ])
    }

    fn name() -> impl Strategy<Value = &'static [u8]> {
        part().prop_filter("a name", |part| !matches!(*part, b"" | b"." | b".."))
    }

    proptest! {
        #[test]
        fn a_key_is_the_normalised_path(
            slashes in 0..4_usize,
            root in prop::collection::vec(part(), 1..6),
            way in prop::collection::vec(name(), 1..4),
        ) {
            let bytes = [&b"/".repeat(slashes)[..], &root.join(&b'/')].concat();
            prop_assume!(!bytes.is_empty());
            let way = way.join(&b'/');
            let root = typed(&bytes);
            let joined = root.typed.join(OsStr::from_bytes(&way));
            let key = root.key_of(&way);
            prop_assert_eq!(&key, &paths::normalise(joined.as_os_str().as_bytes()));
            prop_assert_eq!(paths::relative(&key, &root.key), Some(&way[..]));
        }
    }

    #[test]
    fn roots_overlap_where_they_share_a_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["music/a", "music 2/x"] {
            fs::create_dir_all(path(name)).unwrap();
            fs::write(path(name).join("1.mp3"), "x").unwrap();
        }
        symlink("music/a", path("link")).unwrap();
        for (names, expected) in [
            (&["music"][..], None),
            (&["music", "music 2"], None),
            (&["music/a", "music 2", "music"], Some((0, 2))),
            (&["music", "music/../music"], Some((0, 1))),
            (&["music 2", "music", "link"], Some((1, 2))),
            (&["link", "music/a"], Some((0, 1))),
        ] {
            let roots: Vec<Root> = names
                .iter()
                .map(|name| Root::open(&path(name)).unwrap())
                .collect();
            assert_eq!(roots_overlap(&roots), expected, "{names:?}");
            let refused = check_overlap(&roots).map_err(|error| error.to_string());
            match expected {
                None => assert_eq!(refused, Ok(())),
                Some((one, two)) => {
                    let message = refused.unwrap_err();
                    for name in [names[one], names[two]] {
                        let shown = path(name).display().to_string();
                        assert!(message.contains(&shown), "{message}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_path_below_a_root_is_found_in_every_spelling() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        let path = |name: &str| real.join(name);
        fs::create_dir_all(path("music/a/b")).unwrap();
        fs::create_dir(path("other")).unwrap();
        symlink("music", path("link")).unwrap();
        symlink("../../other", path("music/a/out")).unwrap();
        symlink("../a", path("music/a/self")).unwrap();
        symlink("music/a", path("album")).unwrap();
        for root in ["music", "link", "other/../music", "music/", "music/a/.."] {
            let root = Root::open(&path(root)).unwrap();
            for (name, expected) in [
                ("music", Some("")),
                ("music/a", Some("a")),
                ("music/./a//b/", Some("a/b")),
                ("link/a", Some("a")),
                ("music/a/../a/b", Some("a/b")),
                ("music/a/gone/1.mp3", Some("a/gone/1.mp3")),
                ("link/gone", Some("gone")),
                ("music/a/out", Some("a/out")),
                ("music/a/out/x", Some("a/out/x")),
                ("other", None),
                ("musi", None),
                ("music 2", None),
                ("music/../other", None),
                ("music/gone/../../other", None),
                ("music/a/self/x", Some("a/self/x")),
                // `..` is what the system makes of it, behind a link too.
                ("music/a/out/../music/a", Some("a")),
                ("music/a/out/../x", None),
                ("music/a/self/../x", Some("x")),
                ("music/a/self/../a/out", Some("a/out")),
                ("music/a/../a/out/x", Some("a/out/x")),
                ("link/a/out", Some("a/out")),
                ("album/out", Some("a/out")),
                ("album/gone", Some("a/gone")),
                ("album/../gone", Some("gone")),
                ("", None),
            ] {
                let case = format!("{name} in {}", root.typed.display());
                let asked = if name.is_empty() {
                    PathBuf::new()
                } else {
                    path(name)
                };
                let found = root.relative(&asked);
                assert_eq!(found.as_deref(), expected.map(Path::new), "{case}");
            }
        }
    }

    #[test]
    fn a_relative_root_knows_absolute_paths() {
        let here = std::env::current_dir().unwrap();
        let root = Root::open(Path::new(".")).unwrap();
        let found = root.relative(&here.join("src/gone"));
        assert_eq!(found.as_deref(), Some(Path::new("src/gone")));
        let found = root.relative(Path::new("./src"));
        assert_eq!(found.as_deref(), Some(Path::new("src")));
        assert_eq!(root.relative(here.parent().unwrap()), None);
        assert_eq!(root.key_of(b"src/gone"), b"src/gone");
    }
}
