//! What a scan did, in numbers and as text.
//!
//! In: what the books say. Out: a [`Report`] for people (its `Display` ends the log) and, as JSON
//! lines, for programs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::exit::ExitCode;
use crate::issue::{Issue, Kind, escaped};

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Files found.
    pub seen: u64,
    /// Files opened.
    pub read: u64,
    /// Files that were as remembered.
    pub unchanged: u64,
    /// Tracks that are new.
    pub added: u64,
    /// Tracks that say something else than before, or whose files have another size or mtime.
    pub changed: u64,
    /// Tracks whose file has another path than before.
    pub moved: u64,
    /// Tracks that are gone.
    pub removed: u64,
    /// Tracks in the library.
    pub tracks: u64,
    /// Files that are no sound.
    pub other: u64,
    /// What should be in the library and is not.
    pub skipped: u64,
    /// Oddities of what is in it.
    pub warnings: u64,
}

impl Counts {
    /// Tracks that are served otherwise than before.
    pub fn changes(&self) -> u64 {
        self.added + self.changed + self.moved + self.removed
    }
}

/// One difference to the library as it was. The paths are those that ids are made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A track that was not there.
    Added(Vec<u8>),
    /// A track that says something else, or whose file has another size or mtime.
    Changed(Vec<u8>),
    /// A track at another place.
    Moved {
        /// Where it was.
        from: Vec<u8>,
        /// Where it is.
        to: Vec<u8>,
    },
    /// A track that is gone.
    Removed(Vec<u8>),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(path) => write!(f, "added    {}", escaped(path)),
            Self::Changed(path) => write!(f, "changed  {}", escaped(path)),
            Self::Moved { from, to } => {
                write!(f, "moved    {} -> {}", escaped(from), escaped(to))
            }
            Self::Removed(path) => write!(f, "removed  {}", escaped(path)),
        }
    }
}

/// What a scan did.
#[derive(Debug)]
pub struct Report {
    /// What was counted.
    pub counts: Counts,
    /// Skips and warnings, by path.
    pub issues: Vec<Issue>,
    /// What changed; listed for a dry run only.
    pub changes: Vec<Change>,
    /// The generation of the library; it grew if anything is served otherwise than before.
    pub generation: i64,
    /// Whether nothing was written.
    pub is_dry: bool,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// How the program ends.
    pub fn exit_code(&self) -> ExitCode {
        match self.counts.skipped {
            0 => ExitCode::Done,
            _ => ExitCode::Skipped,
        }
    }

    /// Files a second.
    pub fn speed(&self) -> f64 {
        self.counts.seen as f64 / self.took.as_secs_f64().max(0.001)
    }

    /// The number of skips (`true`) or warnings of each kind.
    pub fn kinds(&self, skips: bool) -> BTreeMap<&'static str, u64> {
        let mut kinds: BTreeMap<Kind, u64> = BTreeMap::new();
        let of_sort = |issue: &&Issue| issue.kind.is_skip() == skips;
        for issue in self.issues.iter().filter(of_sort) {
            *kinds.entry(issue.kind).or_default() += 1;
        }
        let named = |(kind, count): (Kind, u64)| (kind.name(), count);
        kinds.into_iter().map(named).collect()
    }

    /// `(2 damaged, 1 unreadable)`.
    fn by_kind(&self, skips: bool) -> String {
        let kinds = self.kinds(skips);
        if kinds.is_empty() {
            return String::new();
        }
        let kinds: Vec<String> = kinds
            .into_iter()
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        format!(" ({})", kinds.join(", "))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            seen,
            read,
            unchanged,
            added,
            changed,
            moved,
            removed,
            tracks,
            other,
            skipped,
            warnings,
        } = self.counts;
        let end = match self.is_dry {
            true => "Nothing was written (dry run)",
            false => "Done",
        };
        write!(
            f,
            "{end} in {:.2} s: {seen} files seen ({:.0}/s), {read} read, {unchanged} unchanged; \
             {tracks} tracks: {added} added, {changed} changed, {moved} moved, {removed} removed; \
             {other} not audio, {skipped} skipped{}, {warnings} warnings{}; generation {}",
            self.took.as_secs_f64(),
            self.speed(),
            self.by_kind(true),
            self.by_kind(false),
            self.generation,
        )
    }
}
