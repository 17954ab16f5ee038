//! What went wrong with one file or folder, in a form that can be counted, logged and stored.
//!
//! In: a path, a kind, a sentence. Out: an [`Issue`]. A *skip* means that something which should be
//! in the library is not there (exit code 3); a *warning* means that a file was kept, but not all
//! that its tags say. Names of kinds are stable: summaries and, later, a table show them.

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Skip: a folder or an audio file that the system would not let us read.
    Unreadable,
    /// Skip: an audio file that is empty, truncated, or not what it says it is.
    Damaged,
    /// Skip: a sound format that no reader here knows.
    Unsupported,
    /// Skip: a link to nothing, or in a circle.
    BrokenLink,
    /// Skip: something named like an audio file that is a FIFO, a socket or a device.
    NotAFile,
    /// Skip: a file on which a reader lost its way (too much to read, or a panic).
    ReaderFailed,
    /// Skip: a file that took longer to read than a file may.
    TooSlow,
    /// Warning: no year can be read from the date.
    Year,
    /// Warning: no number can be read from the track number.
    Track,
    /// Warning: a number that the database cannot hold.
    Number,
    /// Warning: U+0000 was removed from a text.
    Nul,
    /// Warning: a part of the tags is damaged; the rest was read.
    DamagedTags,
    /// Warning: how long the sound is cannot be known.
    Length,
    /// Warning: an ignore file, or a part of it, is not heeded (or hides the whole collection).
    IgnoreFile,
}

impl Kind {
    /// Whether the file (or what is below the folder) is missing from the library.
    pub fn is_skip(self) -> bool {
        matches!(
            self,
            Self::Unreadable
                | Self::Damaged
                | Self::Unsupported
                | Self::BrokenLink
                | Self::NotAFile
                | Self::ReaderFailed
                | Self::TooSlow
        )
    }

    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Unreadable,
        Self::Damaged,
        Self::Unsupported,
        Self::BrokenLink,
        Self::NotAFile,
        Self::ReaderFailed,
        Self::TooSlow,
        Self::Year,
        Self::Track,
        Self::Number,
        Self::Nul,
        Self::DamagedTags,
        Self::Length,
        Self::IgnoreFile,
    ];

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// A name for summaries: lower case, never changed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Damaged => "damaged",
            Self::Unsupported => "unsupported format",
            Self::BrokenLink => "broken link",
            Self::NotAFile => "not a file",
            Self::ReaderFailed => "reader failed",
            Self::TooSlow => "too slow",
            Self::Year => "year",
            Self::Track => "track number",
            Self::Number => "number too large",
            Self::Nul => "NUL character",
            Self::DamagedTags => "damaged tags",
            Self::Length => "length unknown",
            Self::IgnoreFile => "ignore file",
        }
    }
}

/// One thing that went wrong, with what it happened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The file or folder, as it was opened.
    pub path: PathBuf,
    /// What kind of thing.
    pub kind: Kind,
    /// A sentence without the path.
    pub message: String,
}

impl fmt::Display for Issue {
    /// The line of the log: what became of the file, its name, why.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.kind {
            kind if kind.is_skip() => "Skipped",
            // It is nothing that a library could keep.
            Kind::IgnoreFile => "Noted",
            _ => "Kept",
        };
        let shown = escaped(self.path.as_os_str().as_bytes());
        let message = escaped(self.message.as_bytes());
        write!(f, "{verb} {shown}: {message}")
    }
}

/// A text on one line in which no byte is lost, so that the file can be found again: what is no
/// UTF-8 as `\xE9`, controls (a line feed would forge a line of the log) as `\n` or `\u{1b}`.
pub fn escaped(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() {
                shown.extend(c.escape_default());
            } else {
                shown.push(c);
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02X}"));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_file_and_stays_one_line() {
        let issue = |kind| Issue {
            path: PathBuf::from("/m/a\nb.mp3"),
            kind,
            message: "it is\rempty".to_owned(),
        };
        assert_eq!(
            issue(Kind::Damaged).to_string(),
            r"Skipped /m/a\nb.mp3: it is\rempty"
        );
        assert!(issue(Kind::Year).to_string().starts_with("Kept /m/a"));
        let noted = issue(Kind::IgnoreFile).to_string();
        assert!(noted.starts_with("Noted /m/a"), "{noted}");
        assert_eq!(escaped(b"caf\xe9 \x1b[2J\xc3\xa9"), r"caf\xE9 \u{1b}[2Jé");
    }
}
