//! What the system says about a file without opening it.
//!
//! In: a path. Out: a [`FileStat`], by which a file that did not change is known again. One system call.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use avalon_core::database::FileStat;

/// Asks about a file, or about the one that a link leads to. `None` when there is no regular file: it
/// went since it was listed, or something else took its place. Times before 1678 or after 2262, which
/// nanoseconds cannot tell, are the nearest that they can.
///
/// # Errors
/// The system's, except that there is nothing.
pub fn stat(path: &Path) -> io::Result<Option<FileStat>> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => metadata,
        Ok(_) => return Ok(None),
        Err(error) if says_gone(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(stat_of(&metadata)))
}

/// What the system said about a file.
pub fn stat_of(metadata: &Metadata) -> FileStat {
    FileStat {
        size: metadata.size(),
        mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        inode: metadata.ino(),
    }
}

/// Whether nothing is at a path, not even a broken link.
pub(super) fn is_gone(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| says_gone(&error))
}

/// Whether an error means that nothing is there, or that a part of the way is no folder any more.
pub(super) fn says_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

fn nanoseconds(seconds: i64, nanoseconds: i64) -> i64 {
    seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(nanoseconds)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn times_saturate() {
        for (seconds, rest, expected) in [
            (0, 0, 0),
            (1, 5, 1_000_000_005),
            (-1, 999_999_999, -1),
            (9_223_372_036, 854_775_807, i64::MAX),
            (9_223_372_036, 854_775_808, i64::MAX),
            (9_223_372_037, 0, i64::MAX),
            (i64::MAX, 0, i64::MAX),
            (i64::MIN, 999_999_999, i64::MIN + 999_999_999),
        ] {
            assert_eq!(nanoseconds(seconds, rest), expected, "{seconds} {rest}");
        }
    }

    #[test]
    fn files_and_links_to_them_have_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "four").unwrap();
        let file = fs::File::options().write(true).open(path("a")).unwrap();
        let time = UNIX_EPOCH + Duration::new(1_000_000_000, 123_456_789);
        file.set_modified(time).unwrap();
        symlink("a", path("link")).unwrap();
        let first = stat(&path("a")).unwrap().unwrap();
        assert_eq!(
            (first.size, first.mtime_ns),
            (4, 1_000_000_000_123_456_789),
            "{first:?}"
        );
        assert_eq!(stat(&path("link")).unwrap(), Some(first), "of the target");
        fs::hard_link(path("a"), path("b")).unwrap();
        assert_eq!(stat(&path("b")).unwrap().unwrap().inode, first.inode);
    }

    #[test]
    fn what_is_no_file_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "x").unwrap();
        symlink("nowhere", path("dangling")).unwrap();
        symlink("loop", path("loop")).unwrap();
        let _socket = UnixListener::bind(path("socket")).unwrap();
        for name in ["", "missing", "file/below", "dangling", "socket"] {
            assert_eq!(stat(&path(name)).unwrap(), None, "{name}");
        }
        assert!(stat(&path("loop")).is_err());
    }
}
