//! Walks over real trees.
//!
//! In: a [`Tree`] of a temporary folder. Out: what a walk told of it, [`Seen`].

mod listing;

mod links;

mod ignoring;

mod below;

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
    unseen: Vec<String>,
    /// That are not named like sound.
    broken_links: Vec<String>,
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
            Found::Unseen { key, issue } => {
                self.unseen.push(check(&issue.path, &key));
                self.issues
                    .push((name(&issue.path), issue.kind, issue.message));
            }
            Found::BrokenLink {
                key,
                issue,
                is_missed,
            } => {
                let name = check(&issue.path, &key);
                match is_missed {
                    true => self.issues.push((name, issue.kind, issue.message)),
                    false => self.broken_links.push(name),
                }
            }
            Found::Ignored(path) => self.ignored.push(name(&path)),
            Found::Folder => {}
        }
    }

    fn kinds(&self) -> Vec<(&str, Kind)> {
        let kinds = self.issues.iter().map(|(name, kind, _)| (&name[..], *kind));
        kinds.collect()
    }
}
