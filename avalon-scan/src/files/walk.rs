//! The walk through a collection.
//!
//! In: a [`Root`]. Out: a stream of [`Found`], folder by folder, within a folder in byte order of the
//! names. Nothing is collected but the listing of the folders on the way down to the current one.
//!
//! What stays true: a walk always ends, since a link to a folder is followed only when that is asked
//! for, and never into a folder that it is in. A regular file costs no system call of its own, and a
//! folder without an ignore file no attempt to open one: ignore files are seen in the listing, which
//! puts them first. (walkdir lists a folder before it can be told to leave it out: one that is
//! ignored is listed, but nothing in it is looked at.)

use std::cmp::Ordering;
use std::fs;
use std::io;
use std::ops::ControlFlow::{self, Continue};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::found::{Entry, Failure, Found, Hides, Trouble, classify, leads_back};
use super::ignore::{self, Effect, IgnoreFile, Rules};
use super::root::Root;
use super::stat::says_gone;
use crate::issue::{Issue, Kind};

/// How to walk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether to go into folders through links.
    pub follow_links: bool,
}

/// Tells `sink` all that is found below a root, or below a path in it: a folder or a single file,
/// named by the way from the root (see [`Root::relative`]), where everything is found that a walk
/// from the root would find there. A path that does not exist, or that such a walk would not come to,
/// gives nothing. The sink may end the walk.
pub fn walk(
    root: &Root,
    below: Option<&Path>,
    options: &Options,
    sink: &mut dyn FnMut(Found) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let typed = root.typed.as_os_str().as_bytes();
    let mut walker = Walker {
        root,
        start: typed.len() + usize::from(!typed.ends_with(b"/")),
        options,
        sink,
        rules: Rules::default(),
        above: Vec::new(),
    };
    walker.go_to(below.unwrap_or(Path::new("")))
}

struct Walker<'a> {
    root: &'a Root,
    /// Where in a path the way from the root begins.
    start: usize,
    options: &'a Options,
    sink: &'a mut dyn FnMut(Found) -> ControlFlow<()>,
    rules: Rules,
    /// The folders between the root and where the walk begins, which walkdir does not know.
    above: Vec<(PathBuf, Identity)>,
}

/// Device and inode of a folder.
type Identity = (u64, u64);

impl Walker<'_> {
    /// Goes down from the root as the walk would, but straight, and walks from there.
    fn go_to(&mut self, below: &Path) -> ControlFlow<()> {
        let mut path = self.root.typed.clone();
        let mut depth = 0;
        let named = |part: &Component| *part != Component::CurDir;
        let mut parts = below.components().filter(named).peekable();
        while let Some(part) = parts.next() {
            let Component::Normal(name) = part else {
                return Continue(());
            };
            if self.heed_all(&path, depth)? {
                return Continue(());
            }
            if self.options.follow_links
                && let Some(identity) = identity(&path)
            {
                self.above.push((path.clone(), identity));
            }
            path.push(name);
            depth += 1;
            let is_last = parts.peek().is_none();
            if !self.goes_on(&path, is_last)? {
                return Continue(());
            }
        }
        self.walk(&path, depth)
    }

    /// Whether the walk from the root would go into this folder; if it is none, it is told what it
    /// is, unless there should be something below it.
    fn goes_on(&mut self, path: &Path, is_last: bool) -> ControlFlow<(), bool> {
        let own = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if says_gone(&error) => return Continue(false),
            Err(error) => return self.fail(path, &error),
        };
        let mut file_type = own;
        if own.is_symlink() && self.options.follow_links {
            file_type = match fs::metadata(path) {
                Ok(metadata) => metadata.file_type(),
                Err(error) => return self.fail(path, &error),
            };
        }
        if !file_type.is_dir() && IgnoreFile::of(path).is_some() {
            return Continue(false);
        }
        if self.rules.ignore(path, file_type.is_dir()) {
            self.tell(Found::Ignored(path.to_owned()))?;
            return Continue(false);
        }
        if !file_type.is_dir() {
            if is_last {
                self.tell_entry(path.to_owned(), file_type)?;
            }
            return Continue(false);
        }
        if own.is_symlink()
            && let Some(trouble) = self.leads_above(path)
        {
            self.tell_trouble(trouble)?;
            return Continue(false);
        }
        Continue(true)
    }

    fn fail(&mut self, path: &Path, error: &io::Error) -> ControlFlow<(), bool> {
        let failure = Failure {
            path: Some(path),
            folder: Path::new(""),
            ancestor: None,
            error: Some(error),
        };
        self.tell_trouble(failure.trouble())?;
        Continue(false)
    }

    /// Walks from a folder that lies so deep below the root.
    fn walk(&mut self, start: &Path, depth: usize) -> ControlFlow<()> {
        let mut folders: Vec<PathBuf> = Vec::new();
        let mut entries = WalkDir::new(start)
            .follow_links(self.options.follow_links)
            .sort_by(ignore_files_first)
            .into_iter();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.tell_error(&error, &folders, start)?;
                    continue;
                }
            };
            // The start may be a link, which is followed even so.
            let is_folder = entry.file_type().is_dir() || entry.depth() == 0;
            if entry.depth() > 0 {
                let path = entry.path();
                let deep = depth + entry.depth();
                self.rules.leave(deep);
                if !is_folder && let Some(file) = IgnoreFile::of(path) {
                    let folder = folders.last().map_or(start, PathBuf::as_path);
                    if self.heed(file, path, folder, deep - 1)? {
                        entries.skip_current_dir();
                    }
                    continue;
                }
                if self.rules.ignore(path, is_folder) {
                    if is_folder {
                        entries.skip_current_dir();
                    }
                    self.tell(Found::Ignored(entry.into_path()))?;
                    continue;
                }
                if is_folder
                    && entry.path_is_symlink()
                    && let Some(trouble) = self.leads_above(path)
                {
                    entries.skip_current_dir();
                    self.tell_trouble(trouble)?;
                    continue;
                }
            }
            if is_folder {
                folders.truncate(entry.depth());
                folders.push(entry.into_path());
                self.tell(Found::Folder)?;
            } else {
                let file_type = entry.file_type();
                self.tell_entry(entry.into_path(), file_type)?;
            }
        }
        Continue(())
    }

    /// Reads the ignore files of a folder which is not listed. Whether it is ignored altogether.
    fn heed_all(&mut self, folder: &Path, depth: usize) -> ControlFlow<(), bool> {
        for name in IgnoreFile::NAMES {
            let path = folder.join(name);
            let is_there = fs::symlink_metadata(&path).is_ok_and(|metadata| !metadata.is_dir());
            if is_there
                && let Some(file) = IgnoreFile::of(&path)
                && self.heed(file, &path, folder, depth)?
            {
                return Continue(true);
            }
        }
        Continue(false)
    }

    /// Reads an ignore file. Whether its folder is ignored altogether.
    fn heed(
        &mut self,
        file: IgnoreFile,
        path: &Path,
        folder: &Path,
        depth: usize,
    ) -> ControlFlow<(), bool> {
        let (effect, problem) = ignore::read(file, path);
        let everything = matches!(effect, Effect::Everything);
        let whole = (everything && depth == 0).then(|| "it hides the whole collection".to_owned());
        if let Some(message) = problem.or(whole) {
            let issue = Issue {
                path: path.to_owned(),
                kind: Kind::IgnoreFile,
                message,
            };
            let key = self.key(path);
            self.tell(Found::Issue { key, issue })?;
        }
        match effect {
            Effect::Nothing => {}
            Effect::Everything => self.tell(Found::Ignored(folder.to_owned()))?,
            Effect::Rules(matcher) => self.rules.enter(depth, path, matcher),
        }
        Continue(everything)
    }

    /// What is wrong with a link to a folder between the root and where the walk began.
    fn leads_above(&self, link: &Path) -> Option<Trouble> {
        if self.above.is_empty() {
            return None;
        }
        let target = identity(link)?;
        let same = |(_, identity): &&(PathBuf, Identity)| *identity == target;
        let (ancestor, _) = self.above.iter().rev().find(same)?;
        Some(leads_back(link, ancestor))
    }

    /// `folders` are those on the way from the start of the walk to its present place.
    fn tell_error(
        &mut self,
        error: &walkdir::Error,
        folders: &[PathBuf],
        start: &Path,
    ) -> ControlFlow<()> {
        // Without a path: of a listing that broke off, one level above what would have come.
        let folder = match error.path() {
            Some(path) => folders.get(error.depth()).filter(|&folder| folder == path),
            None => folders.get(error.depth().saturating_sub(1)),
        };
        let entered = folder.is_some();
        let failure = Failure {
            path: error.path(),
            folder: folder.map_or(start, PathBuf::as_path),
            ancestor: error.loop_ancestor(),
            error: error.io_error(),
        };
        let trouble = failure.trouble();
        let path = &trouble.issue.path;
        self.rules.leave(self.depth_of(path));
        // What was entered is not ignored. A link in a circle leads to a folder, of the rest nobody
        // knows what it is.
        let either = |is_folder| self.rules.ignore(path, is_folder);
        if !entered
            && path != start
            && (either(true) || (trouble.hides != Hides::Nothing && either(false)))
        {
            return self.tell(Found::Ignored(trouble.issue.path));
        }
        self.tell_trouble(trouble)
    }

    /// How deep a path below the root lies; 1 for what is in the root.
    fn depth_of(&self, path: &Path) -> usize {
        self.way(path).split(|&byte| byte == b'/').count()
    }

    fn tell_entry(&mut self, path: PathBuf, file_type: fs::FileType) -> ControlFlow<()> {
        match classify(&path, file_type) {
            Entry::File => {
                let key = self.key(&path);
                self.tell(Found::File { path, key })
            }
            Entry::LinkToFolder => self.tell(Found::LinkToFolder(path)),
            Entry::Nothing => Continue(()),
            Entry::BrokenLink(is_missed, message) => {
                let key = self.key(&path);
                let issue = Issue {
                    path,
                    kind: Kind::BrokenLink,
                    message,
                };
                self.tell(Found::BrokenLink {
                    key,
                    issue,
                    is_missed,
                })
            }
            Entry::Problem(kind, message) => {
                let key = self.key(&path);
                let issue = Issue {
                    path,
                    kind,
                    message,
                };
                self.tell(Found::Issue { key, issue })
            }
        }
    }

    fn tell_trouble(&mut self, trouble: Trouble) -> ControlFlow<()> {
        let Trouble { issue, hides } = trouble;
        let key = self.key(&issue.path);
        self.tell(match hides {
            Hides::Nothing => Found::Issue { key, issue },
            Hides::Below => Found::Unlisted { key, issue },
            Hides::Itself => Found::Unseen { key, issue },
        })
    }

    fn tell(&mut self, found: Found) -> ControlFlow<()> {
        (self.sink)(found)
    }

    fn key(&self, path: &Path) -> Vec<u8> {
        self.root.key_of(self.way(path))
    }

    /// The way from the root to a path that was made from it.
    fn way<'p>(&self, path: &'p Path) -> &'p [u8] {
        path.as_os_str().as_bytes().get(self.start..).unwrap_or(b"")
    }
}

/// Entries of one folder: as their paths begin alike, the order of these is that of the names.
fn ignore_files_first(one: &DirEntry, other: &DirEntry) -> Ordering {
    let key = |entry: &DirEntry| IgnoreFile::of(entry.path());
    match (key(one), key(other)) {
        (None, None) => one.path().as_os_str().cmp(other.path().as_os_str()),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(one), Some(other)) => one.cmp(&other),
    }
}

fn identity(folder: &Path) -> Option<Identity> {
    let metadata = fs::metadata(folder).ok()?;
    Some((metadata.dev(), metadata.ino()))
}
