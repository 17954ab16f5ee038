//! What a walk comes upon.
//!
//! In: an entry of a folder, or an error of listing it. Out: what it is to a library: a file, or an
//! [`Issue`] if something that should be there cannot be. FIFOs, sockets and devices are no files and
//! are never opened.
//!
//! What stays true: only links cost a system call here, since a listing tells the type of the rest.

use std::fs::{self, FileType};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::stat::says_gone;
use crate::audio::{Extension, extension};
use crate::issue::{Issue, Kind};

/// What a walk comes upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A file, or a link to one.
    File {
        /// The root as typed, joined with the way to the file: what to open.
        path: PathBuf,
        /// The path that its id is made of.
        key: Vec<u8>,
    },
    /// A link to a folder, which is not followed.
    LinkToFolder(PathBuf),
    /// Something that may be a folder and could not be listed, or not to its end: what the library
    /// knows below (strictly) this key may well be there, and must be kept. What could be listed of
    /// it comes as well.
    Unlisted {
        /// The path that ids below begin with.
        key: Vec<u8>,
        /// Names the folder, and says why.
        issue: Issue,
    },
    /// Something of which the system does not say what it is, or what it leads to, though it may well
    /// be there: what the library knows at this key and below must be kept.
    Unseen {
        /// The path that an id would be made of.
        key: Vec<u8>,
        /// Names it, and says why.
        issue: Issue,
    },
    /// A link that leads nowhere: what it led to may come back.
    BrokenLink {
        /// The path that an id would be made of.
        key: Vec<u8>,
        /// Names it.
        issue: Issue,
        /// Whether it is named like sound; else it is as little missed as a picture, unless the
        /// library knew sound there.
        is_missed: bool,
    },
    /// Something that is named like sound and is no file, a link in a circle, or an ignore file that
    /// is not heeded.
    Issue {
        /// The path that an id would be made of.
        key: Vec<u8>,
        /// Names it, and says what is wrong with it.
        issue: Issue,
    },
    /// A folder that is gone into: a sign of life, where folders hold no files.
    Folder,
    /// A file, or a folder with all that is in it, that an ignore file hides.
    Ignored(PathBuf),
}

/// What an entry of a folder is to a library.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    File,
    LinkToFolder,
    /// Whether it is named like sound, and what the system says.
    BrokenLink(bool, String),
    /// As little missed as a picture.
    Nothing,
    Problem(Kind, String),
}

/// Looks at what is no folder. `file_type` is the entry's own, or that of what a link leads to.
pub(super) fn classify(path: &Path, file_type: FileType) -> Entry {
    if file_type.is_file() {
        return Entry::File;
    }
    let problem = |kind, message: String| match extension(path) {
        Extension::Other => Entry::Nothing,
        _ => Entry::Problem(kind, message),
    };
    if !file_type.is_symlink() {
        let what = special(file_type);
        return problem(Kind::NotAFile, format!("it is {what}, not a file"));
    }
    match fs::metadata(path) {
        Ok(target) if target.is_file() => Entry::File,
        Ok(target) if target.is_dir() => Entry::LinkToFolder,
        Ok(target) => {
            let what = special(target.file_type());
            problem(
                Kind::NotAFile,
                format!("it is a link to {what}, not to a file"),
            )
        }
        Err(error) if leads_nowhere(&error) => {
            let is_missed = extension(path) != Extension::Other;
            Entry::BrokenLink(is_missed, format!("the link leads nowhere: {error}"))
        }
        // As with a file itself that the system does not let us see.
        Err(_) => Entry::File,
    }
}

fn special(file_type: FileType) -> &'static str {
    if file_type.is_fifo() {
        "a FIFO"
    } else if file_type.is_socket() {
        "a socket"
    } else if file_type.is_dir() {
        "a folder"
    } else {
        "a device"
    }
}

/// Whether the error of asking what a link leads to means that there is nothing, and not that it
/// cannot be reached.
fn leads_nowhere(error: &io::Error) -> bool {
    says_gone(error) || error.raw_os_error() == Some(Errno::LOOP.raw_os_error())
}

/// An error of a walk, without the way in which walkdir wraps it.
#[derive(Debug)]
pub(super) struct Failure<'a> {
    /// What could not be looked at or listed; `None` where the listing of `folder` broke off.
    pub(super) path: Option<&'a Path>,
    /// The folder that is being listed.
    pub(super) folder: &'a Path,
    /// For a link in a circle, the folder that it leads back to.
    pub(super) ancestor: Option<&'a Path>,
    /// What the system says.
    pub(super) error: Option<&'a io::Error>,
}

/// What is wrong with what.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// The issue of it.
    pub(super) issue: Issue,
    /// What of the library it hides.
    pub(super) hides: Hides,
}

/// What of the library may be there, and could not be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hides {
    Nothing,
    /// What lies below: it may be a folder.
    Below,
    /// That, and the thing itself: it may be a file.
    Itself,
}

impl Failure<'_> {
    pub(super) fn trouble(&self) -> Trouble {
        let path = self.path.unwrap_or(self.folder);
        let trouble = |kind, hides, message| Trouble {
            issue: Issue {
                path: path.to_owned(),
                kind,
                message,
            },
            hides,
        };
        if let Some(ancestor) = self.ancestor {
            return leads_back(path, ancestor);
        }
        let reason = match self.error {
            Some(error) => error.to_string(),
            None => "for no reason that is known".to_owned(),
        };
        if path == self.folder {
            let message = format!("the folder cannot be read: {reason}");
            return trouble(Kind::Unreadable, Hides::Below, message);
        }
        let is_link = path.is_symlink();
        // It may have led to a folder whose disk is not there.
        if is_link && self.error.is_some_and(leads_nowhere) {
            let message = format!("the link leads nowhere: {reason}");
            return trouble(Kind::BrokenLink, Hides::Below, message);
        }
        let hides = match self.error.is_some_and(says_gone) {
            true => Hides::Below,
            false => Hides::Itself,
        };
        let what = if is_link {
            "what the link leads to"
        } else {
            "it"
        };
        let message = format!("{what} cannot be looked at: {reason}");
        trouble(Kind::Unreadable, hides, message)
    }
}

/// A link that leads to a folder which it is in.
pub(super) fn leads_back(link: &Path, ancestor: &Path) -> Trouble {
    Trouble {
        issue: Issue {
            path: link.to_owned(),
            kind: Kind::BrokenLink,
            message: format!("the link leads in a circle, back to {}", ancestor.display()),
        },
        hides: Hides::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn errors_of_a_walk_say_what_may_be_hidden() {
        let folder = tempfile::tempdir().unwrap();
        let inside = |name: &str| folder.path().join(name);
        fs::create_dir(inside("a")).unwrap();
        symlink("nowhere", inside("dangling")).unwrap();
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let gone = io::Error::from(Errno::NOENT);
        let no_folder = io::Error::from(Errno::NOTDIR);
        let circle = io::Error::from(Errno::LOOP);
        let failed = io::Error::from(Errno::IO);
        for (path, is_loop, error, expected_path, kind, hides, message) in [
            (
                Some("a/b"),
                false,
                Some(&gone),
                "a/b",
                Kind::Unreadable,
                Hides::Below,
                "it cannot be looked at: No such file",
            ),
            (
                Some("a/b"),
                false,
                Some(&failed),
                "a/b",
                Kind::Unreadable,
                Hides::Itself,
                "it cannot be looked at: Input/output error",
            ),
            (
                Some("dangling"),
                false,
                Some(&gone),
                "dangling",
                Kind::BrokenLink,
                Hides::Below,
                "the link leads nowhere: No such file",
            ),
            (
                Some("dangling"),
                false,
                Some(&no_folder),
                "dangling",
                Kind::BrokenLink,
                Hides::Below,
                "the link leads nowhere: Not a directory",
            ),
            (
                Some("dangling"),
                false,
                Some(&circle),
                "dangling",
                Kind::BrokenLink,
                Hides::Below,
                "the link leads nowhere: Too many",
            ),
            (
                Some("dangling"),
                false,
                Some(&failed),
                "dangling",
                Kind::Unreadable,
                Hides::Itself,
                "what the link leads to cannot be looked at: Input/output error",
            ),
            (
                Some("a"),
                false,
                Some(&denied),
                "a",
                Kind::Unreadable,
                Hides::Below,
                "the folder cannot be read: permission denied",
            ),
            (
                None,
                false,
                Some(&denied),
                "a",
                Kind::Unreadable,
                Hides::Below,
                "the folder cannot be read: permission denied",
            ),
            (
                None,
                false,
                None,
                "a",
                Kind::Unreadable,
                Hides::Below,
                "the folder cannot be read: for no",
            ),
            (
                Some("a/b"),
                false,
                Some(&denied),
                "a/b",
                Kind::Unreadable,
                Hides::Itself,
                "it cannot be looked at: permission denied",
            ),
            (
                Some("dangling"),
                false,
                Some(&denied),
                "dangling",
                Kind::Unreadable,
                Hides::Itself,
                "what the link leads to cannot be looked at: permission denied",
            ),
            (
                Some("a/up"),
                true,
                None,
                "a/up",
                Kind::BrokenLink,
                Hides::Nothing,
                "the link leads in a circle, back to /top",
            ),
        ] {
            let path = path.map(inside);
            let current = inside("a");
            let failure = Failure {
                path: path.as_deref(),
                folder: &current,
                ancestor: is_loop.then_some(Path::new("/top")),
                error,
            };
            let trouble = failure.trouble();
            assert_eq!(trouble.issue.path, inside(expected_path), "{failure:?}");
            assert_eq!(
                (trouble.issue.kind, trouble.hides),
                (kind, hides),
                "{failure:?}"
            );
            assert!(trouble.issue.message.starts_with(message), "{trouble:?}");
        }
    }
}
