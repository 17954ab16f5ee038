//! The files of a collection.
//!
//! In: the root as it was typed. Out: the path of every file below it, and an [`Issue`] for what
//! could not be listed. Links to files are files; links to folders are not followed, so a walk
//! always ends. FIFOs, sockets and devices are no files and are never opened.
//!
//! What stays true: a root that is missing, empty, unreadable or no folder is refused before
//! anything else happens (rule S4), because that is what a disk that was not mounted looks like.

use std::fs::{self, FileType};
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use thiserror::Error;
use walkdir::WalkDir;

use crate::audio::{Extension, extension};
use crate::issue::{Issue, Kind};

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
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Walk {
    /// Every file, as the root joined with the way to it, in no particular order.
    pub files: Vec<PathBuf>,
    /// Links to folders: not followed, so what is behind them is not in `files`.
    pub links_to_folders: Vec<PathBuf>,
    /// Folders that could not be listed, broken links, and what is named like sound and no file.
    pub issues: Vec<Issue>,
}

/// Refuses what cannot be the root of a collection.
///
/// # Errors
/// [`RootError`] names the path and says what is wrong with it.
pub fn check_root(root: &Path) -> Result<(), RootError> {
    if root.as_os_str().is_empty() {
        return Err(RootError::NoPath);
    }
    let path = || root.to_owned();
    let unreadable = |error| RootError::Unreadable(path(), error);
    match fs::metadata(root) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(RootError::NotAFolder(path())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(RootError::Missing(path()));
        }
        Err(error) => return Err(unreadable(error)),
    }
    match fs::read_dir(root).map_err(unreadable)?.next() {
        None => Err(RootError::Empty(path())),
        Some(Err(error)) => Err(unreadable(error)),
        Some(Ok(_)) => Ok(()),
    }
}

/// Lists the files below a root. `on_file` is called with the number of files so far, and stops the
/// walk when it breaks.
pub fn walk(
    root: &Path,
    on_file: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> ControlFlow<(), Walk> {
    let mut walk = Walk::default();
    for entry in WalkDir::new(root).min_depth(1) {
        match entry {
            Ok(entry) => match classify(entry.path(), entry.file_type()) {
                Entry::File => walk.files.push(entry.into_path()),
                Entry::LinkToFolder => walk.links_to_folders.push(entry.into_path()),
                Entry::Nothing => {}
                Entry::Issue(issue) => walk.issues.push(issue),
            },
            Err(error) => walk.issues.push(Issue {
                path: error.path().unwrap_or(root).to_owned(),
                kind: Kind::Unreadable,
                message: match error.io_error() {
                    Some(error) => format!("the folder cannot be read: {error}"),
                    None => error.to_string(),
                },
            }),
        }
        if on_file(walk.files.len()).is_break() {
            return ControlFlow::Break(());
        }
    }
    ControlFlow::Continue(walk)
}

enum Entry {
    File,
    LinkToFolder,
    Nothing,
    Issue(Issue),
}

fn classify(path: &Path, file_type: FileType) -> Entry {
    if file_type.is_file() {
        return Entry::File;
    }
    if file_type.is_dir() {
        return Entry::Nothing;
    }
    let issue = |kind, message: String| {
        // What is not named like sound is as little missed as a picture.
        if extension(path) == Extension::Other {
            return Entry::Nothing;
        }
        let path = path.to_owned();
        Entry::Issue(Issue {
            path,
            kind,
            message,
        })
    };
    if !file_type.is_symlink() {
        let what = special(file_type);
        return issue(Kind::NotAFile, format!("it is {what}, not a file"));
    }
    match fs::metadata(path) {
        Ok(target) if target.is_file() => Entry::File,
        Ok(target) if target.is_dir() => Entry::LinkToFolder,
        Ok(target) => {
            let what = special(target.file_type());
            issue(
                Kind::NotAFile,
                format!("it is a link to {what}, not to a file"),
            )
        }
        Err(error) => issue(Kind::BrokenLink, format!("the link leads nowhere: {error}")),
    }
}

fn special(file_type: FileType) -> &'static str {
    if file_type.is_fifo() {
        "a FIFO"
    } else if file_type.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn names(root: &Path) -> (Vec<String>, Vec<(String, Kind)>) {
        let ControlFlow::Continue(walk) = walk(root, &mut |_| ControlFlow::Continue(())) else {
            panic!("nobody stopped it");
        };
        let name = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
        let mut files: Vec<_> = walk.files.iter().map(|path| name(path)).collect();
        let mut issues: Vec<_> = walk
            .issues
            .iter()
            .map(|issue| (name(&issue.path), issue.kind))
            .collect();
        files.sort();
        issues.sort();
        (files, issues)
    }

    #[test]
    fn files_and_links_to_files_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("a/b")).unwrap();
        for file in ["a/b/1.mp3", "a/.hidden", "notes.txt"] {
            fs::write(root.join(file), "x").unwrap();
        }
        fs::write(root.join(OsStr::from_bytes(b"caf\xe9.mp3")), "x").unwrap();
        symlink("a/b/1.mp3", root.join("link.mp3")).unwrap();
        symlink("a", root.join("linked folder")).unwrap();
        symlink("..", root.join("a/b/up")).unwrap();
        symlink("nowhere", root.join("dangling.mp3")).unwrap();
        symlink("nowhere", root.join("dangling.txt")).unwrap();
        symlink("loop.mp3", root.join("loop.mp3")).unwrap();
        let _socket = UnixListener::bind(root.join("socket.mp3")).unwrap();
        symlink("socket.mp3", root.join("to a socket.mp3")).unwrap();
        let (files, issues) = names(root);
        assert_eq!(
            files,
            [
                "a/.hidden",
                "a/b/1.mp3",
                "caf\u{fffd}.mp3",
                "link.mp3",
                "notes.txt"
            ]
        );
        let expected = [
            ("dangling.mp3", Kind::BrokenLink),
            ("loop.mp3", Kind::BrokenLink),
            ("socket.mp3", Kind::NotAFile),
            ("to a socket.mp3", Kind::NotAFile),
        ];
        assert_eq!(issues, expected.map(|(name, kind)| (name.to_owned(), kind)));
    }

    #[test]
    fn paths_begin_with_the_root_as_it_was_typed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("1.mp3"), "x").unwrap();
        let root = folder.path().join(".").join("");
        let ControlFlow::Continue(walk) = walk(&root, &mut |_| ControlFlow::Continue(())) else {
            panic!("nobody stopped it");
        };
        let path = walk.files[0].to_str().unwrap();
        assert!(path.ends_with("/./1.mp3"), "{path}");
    }

    #[test]
    fn a_walk_can_be_stopped() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["1", "2", "3"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let mut seen = 0;
        let stopped = walk(folder.path(), &mut |files| {
            seen = files;
            if files < 2 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        assert!(stopped.is_break());
        assert_eq!(seen, 2);
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
            let error = check_root(&root).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(check_root(folder.path()).is_ok());
        symlink(folder.path(), path("link")).unwrap();
        assert!(check_root(&path("link")).is_ok(), "a link to a folder");
    }
}
