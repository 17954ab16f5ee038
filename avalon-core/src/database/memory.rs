//! What the scanner remembers from one scan to the next, as plain rows.
//!
//! In and out: the tables `files`, `scan_roots`, `scan_issues` and `scans`. No queries, no rules: which
//! file is unchanged, moved or gone, the scanner decides. Times are nanoseconds since 1970, paths are
//! the bytes that the system has.

use std::borrow::Cow;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A track of the library.
    Track,
    /// Sound by content or name that could not be read.
    Skipped,
    /// Something else.
    Other,
    /// Nothing any more: it was a track, and went in a scan of a part. The next one may find it
    /// elsewhere.
    Gone,
}

/// The [`FileRow::mapping`] of a track whose file is known to have moved out of its part of the
/// library: when it was first seen is now told of the file at the new place.
pub const SPENT: i32 = -1;

impl FileKind {
    /// As the column has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Skipped => "skipped",
            Self::Other => "other",
            Self::Gone => "gone",
        }
    }

    /// The kind of that name; what is unknown is read again, as anything skipped may be.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "track" => Self::Track,
            "other" => Self::Other,
            "gone" => Self::Gone,
            _ => Self::Skipped,
        }
    }
}

/// What tells a file from another and from its own past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileStat {
    /// Bytes.
    pub size: u64,
    /// When its content changed last.
    pub mtime_ns: i64,
    /// When anything about it changed last.
    pub ctime_ns: i64,
    /// Its number in its file system.
    pub inode: u64,
}

/// A row of `files` without the names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Ours, growing.
    pub id: i64,
    /// The path that the track's id is made of.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: FileKind,
    /// What it was when it was read.
    pub stat: FileStat,
    /// The version of the reading of tags, or [`SPENT`].
    pub mapping: i32,
    /// When the scan that read it began, 0 where it is to be read again; of what is gone, the scan
    /// that missed it.
    pub read_ns: i64,
    /// When the file was first seen.
    pub added_ns: i64,
    /// A hash of its sound.
    pub fingerprint: Option<[u8; 16]>,
    /// `TrackRecord::digest`.
    pub digest: Option<i64>,
}

/// A file's own spellings of its album, artist and genre.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Spellings {
    /// Of the album.
    pub album: String,
    /// Of the artist.
    pub artist: String,
    /// Of the genre.
    pub genre: String,
}

/// A row of `scan_roots`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootRow {
    /// As it was typed.
    pub typed: Vec<u8>,
    /// What paths that ids are made of begin with.
    pub key: Vec<u8>,
    /// Where it is, links resolved.
    pub absolute: Vec<u8>,
    /// Whether a file system was mounted there.
    pub is_mount_point: bool,
    /// Whether the scan went into folders through links.
    pub follows_links: bool,
}

/// A row of `scan_issues`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IssueRow {
    /// The file or folder.
    pub path: Vec<u8>,
    /// A stable name.
    pub kind: String,
    /// A sentence.
    pub message: String,
}

/// A row of `scans`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScanRow {
    /// Ours, growing.
    pub id: i64,
    /// Grows with every scan that changed what is served.
    pub generation: i64,
    /// Of the program.
    pub version: String,
    /// `changes`, `full`, or `part` with `--only`.
    pub scope: String,
    /// The roots, or the part, a JSON array of texts.
    pub roots: String,
    /// When it began.
    pub started_ns: i64,
    /// How long it took.
    pub seconds: f64,
    /// Files found.
    pub seen: u64,
    /// Files opened.
    pub read: u64,
    /// Files that were as remembered.
    pub unchanged: u64,
    /// Tracks that are new.
    pub added: u64,
    /// Tracks that say something else than before.
    pub changed: u64,
    /// Tracks whose file has another path than before.
    pub moved: u64,
    /// Tracks that are gone.
    pub removed: u64,
    /// Tracks in the library.
    pub tracks: u64,
    /// Files that should be tracks and cannot be read, and folders that cannot.
    pub skipped: u64,
    /// Oddities of files that are tracks all the same.
    pub warnings: u64,
    /// Files that are no sound.
    pub other: u64,
}

/// Bytes as a text to look at.
pub(super) fn shown(path: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(path);
    // PostgreSQL refuses U+0000, which no path of a system has.
    match text.contains('\0') {
        true => text.replace('\0', "\u{fffd}").into(),
        false => text,
    }
}
