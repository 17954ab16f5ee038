//! A folder of music for one test: files of `tests/data`, and worse.
//!
//! In: names below `tests/data`, or raw bytes. Out: a temporary folder that is gone with the value.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

/// A file or folder below `tests/data`, by its path there.
pub(crate) fn data(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/data")
        .join(name);
    path.canonicalize()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A temporary folder of music files, readable by every user.
#[derive(Debug)]
pub(crate) struct Collection {
    folder: TempDir,
}

impl Collection {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("avalon-collection-")
            .permissions(Permissions::from_mode(0o755))
            .tempdir()
            .unwrap();
        Self { folder }
    }

    /// A copy of a folder below `tests/data`, with all that is in it.
    pub(crate) fn of(folder: &str) -> Self {
        let collection = Self::new();
        copy_folder(&data(folder), collection.root());
        collection
    }

    /// The folder itself: what a scan is given.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The path of `name` inside.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// Copies `source`, a file below `tests/data`, to `name`.
    pub(crate) fn add(&self, source: &str, name: &str) -> PathBuf {
        self.write(name, &fs::read(data(source)).unwrap())
    }

    /// A FLAC file with these Vorbis comments, such as `("TITLE", "Low Tide")`.
    pub(crate) fn add_flac(&self, name: &str, comments: &[(&str, &str)]) -> PathBuf {
        self.write(name, &flac_with(comments))
    }

    /// Writes `bytes` to `name`, with the folders on the way.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        self.write_at(OsStr::new(name), bytes)
    }

    /// Like [`write`](Self::write), to a name that need not be UTF-8.
    pub(crate) fn write_raw_name(&self, name: &[u8], bytes: &[u8]) -> PathBuf {
        self.write_at(OsStr::from_bytes(name), bytes)
    }

    fn write_at(&self, name: &OsStr, bytes: &[u8]) -> PathBuf {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// An empty folder.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// A symbolic link at `name` to `target`, which need not exist.
    pub(crate) fn link(&self, name: &str, target: impl AsRef<Path>) -> PathBuf {
        let path = self.path(name);
        symlink(target, &path).unwrap();
        path
    }

    /// A named pipe: whoever opens it for reading waits until somebody writes.
    pub(crate) fn fifo(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o644), 0).unwrap();
        path
    }

    /// Makes every file one that was written long ago, as those of a collection are: one that was
    /// written just before a scan is read by the next one too. Those that are old already stay
    /// untouched.
    pub(crate) fn age(&self) {
        age_below(self.root());
    }

    /// Renames `from` to `to`, with the folders on the way.
    pub(crate) fn rename(&self, from: &str, to: &str) {
        let to = self.path(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::rename(self.path(from), to).unwrap();
    }

    /// Removes the file `name`.
    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Changes the permission bits of `name`. Whoever takes away the right to enter a folder gives
    /// it back before the end, or the folder stays behind.
    pub(crate) fn permit(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }
}

/// The time at which [`Collection::age`] has files written: the 1st of January 2020.
const LONG_AGO: Duration = Duration::from_secs(1_577_836_800);

fn age_below(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let time = UNIX_EPOCH + LONG_AGO;
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_dir() {
            age_below(&path);
        } else if metadata.is_file() && metadata.modified().unwrap() > time {
            set_mtime(&path, time);
        }
    }
}

/// Says of a file when it was written; that this was said stays in its ctime.
pub(crate) fn set_mtime(path: &Path, time: SystemTime) {
    let file = fs::File::open(path).unwrap();
    file.set_modified(time).unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The untagged FLAC file with other Vorbis comments: block type 4 is replaced (RFC 9639, 8.6).
fn flac_with(fields: &[(&str, &str)]) -> Vec<u8> {
    let flac = fs::read(data("untagged/untagged.flac")).unwrap();
    let mut comments = vec![0, 0, 0, 0];
    comments.extend(u32::try_from(fields.len()).unwrap().to_le_bytes());
    for (name, value) in fields {
        let field = format!("{name}={value}");
        comments.extend(u32::try_from(field.len()).unwrap().to_le_bytes());
        comments.extend(field.as_bytes());
    }
    let mut out = flac[..4].to_vec();
    let mut at = 4;
    loop {
        let (kind, last) = (flac[at] & 0x7f, flac[at] & 0x80 != 0);
        let size = usize::from(flac[at + 1]) << 16
            | usize::from(flac[at + 2]) << 8
            | usize::from(flac[at + 3]);
        if kind == 4 {
            out.push(flac[at]);
            out.extend(&u32::try_from(comments.len()).unwrap().to_be_bytes()[1..]);
            out.extend(&comments);
        } else {
            out.extend(&flac[at..at + 4 + size]);
        }
        at += 4 + size;
        if last {
            out.extend(&flac[at..]);
            return out;
        }
    }
}
