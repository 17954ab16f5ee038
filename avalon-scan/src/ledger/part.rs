//! What of the library is scanned, and what lies below what.
//!
//! In: paths of folders, and one path after another. Out: whether it lies in one of them. Pure.
//!
//! What stays true: an answer takes as many look-ups in a sorted set as the path has parts, however
//! many folders there are: it is asked for every file.

use std::collections::BTreeSet;

use crate::paths;

/// What of the library is scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    All,
    /// What is or lies below these paths, which ids are made of.
    Below(Folders),
}

impl Part {
    /// Whether a path belongs to it.
    pub fn contains(&self, path: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::Below(folders) => folders.has(path) || folders.has_above(path),
        }
    }
}

/// Normalised paths, most of them of folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders(BTreeSet<Vec<u8>>);

impl Folders {
    /// Adds a path.
    pub fn add(&mut self, path: Vec<u8>) {
        self.0.insert(path);
    }

    /// The first in byte order.
    pub fn first(&self) -> Option<&[u8]> {
        self.0.first().map(Vec::as_slice)
    }

    /// Whether just this path is one of them.
    fn has(&self, path: &[u8]) -> bool {
        self.0.contains(path)
    }

    /// Whether one of them is a folder that this path lies strictly below.
    pub(super) fn has_above(&self, path: &[u8]) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let slashes = (0..path.len()).filter(|&at| path[at] == b'/');
        let above = slashes.map(|at| &path[..at]);
        // What a prefix up to a slash does not name.
        let tops: [&[u8]; 3] = [b"/", b"//", b"."];
        let is_above = |folder: &[u8]| {
            self.has(folder) && paths::relative(path, folder).is_some_and(|way| !way.is_empty())
        };
        above.chain(tops).any(is_above)
    }
}

impl FromIterator<Vec<u8>> for Folders {
    fn from_iter<Paths: IntoIterator<Item = Vec<u8>>>(paths: Paths) -> Self {
        Self(paths.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn below(parts: &[&str]) -> Part {
        let parts = parts.iter().map(|part| part.as_bytes().to_vec());
        Part::Below(parts.collect())
    }

    #[test]
    fn a_part_is_what_is_named_and_what_lies_below() {
        for (part, path, expected) in [
            (Part::All, "/m/a", true),
            (Part::All, "", true),
            (below(&[]), "/m/a", false),
            (below(&["/m"]), "/m", true),
            (below(&["/m"]), "/m/a", true),
            (below(&["/m"]), "/m/a/b", true),
            (below(&["/m"]), "/m2/a", false),
            (below(&["/m"]), "/m.flac", false),
            (below(&["/m"]), "m/a", false),
            (below(&["/m/x"]), "/m/x", true),
            (below(&["/m/x"]), "/m/x-/a", false),
            (below(&["/m/x"]), "/m", false),
            (below(&["/m/x", "/n"]), "/n/a", true),
            (below(&["/m/x", "/n"]), "/m/y", false),
            (below(&["/m/x", "/m/x-", "/m/x/z"]), "/m/x/y", true),
            (below(&["a/b"]), "a/bc", false),
            (below(&["a/b"]), "a/bc/d", false),
            (below(&["a/bc"]), "a/b", false),
            (below(&["a/b", "a/b-", "a/bc"]), "a/b/c", true),
            (below(&["a/b/c/d", "a/b/c", "a/b"]), "a/b/x", true),
            (below(&["/"]), "/m/a", true),
            (below(&["/"]), "m/a", false),
            (below(&["/"]), "//m", false),
            (below(&["//"]), "//m", true),
            (below(&["//"]), "/m", false),
            (below(&["."]), "m/a", true),
            (below(&["."]), "/m/a", false),
            (below(&["."]), "../a", false),
            (below(&[".."]), "../a", true),
            (below(&[".."]), "../../a", false),
            (below(&["../.."]), "../../a", true),
        ] {
            assert_eq!(
                part.contains(path.as_bytes()),
                expected,
                "{path} in {part:?}"
            );
        }
    }

    fn path() -> impl Strategy<Value = Vec<u8>> {
        "(/{0,2})((\\.\\./){0,2})([ab-]{1,2}/){0,3}[ab-]{0,2}"
            .prop_map(|path| paths::normalise(path.as_bytes()))
    }

    proptest! {
        #[test]
        fn a_path_is_below_what_any_of_the_folders_says(
            folders in proptest::collection::vec(path(), 0..6),
            path in path(),
        ) {
            let is_below = |folder: &Vec<u8>| {
                paths::relative(&path, folder).is_some_and(|way| !way.is_empty())
            };
            let expected = folders.iter().any(is_below);
            let is_one = folders.contains(&path);
            let folders: Folders = folders.into_iter().collect();
            prop_assert_eq!(folders.has_above(&path), expected);
            prop_assert_eq!(Part::Below(folders).contains(&path), expected || is_one);
        }
    }
}
