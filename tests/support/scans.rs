//! What the scanner's own tables say, by SQL that knows nothing of our crates.
//!
//! In: a [`Database`]. Out: the last row of `scans`, the rows of `scan_issues`, and when files were
//! first seen.

use diesel::deserialize::QueryableByName;
use diesel::sql_types::{BigInt, Text};

use super::database::Database;

/// The last row of `scans`.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(crate) struct LastScan {
    #[diesel(sql_type = BigInt)]
    pub(crate) id: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) generation: i64,
    #[diesel(sql_type = Text)]
    pub(crate) scope: String,
    #[diesel(sql_type = Text)]
    pub(crate) roots: String,
    #[diesel(sql_type = BigInt)]
    pub(crate) seen: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) read: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) unchanged: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) added: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) changed: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) moved: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) removed: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) tracks: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) skipped: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) warnings: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) other: i64,
}

impl LastScan {
    /// Tracks added, changed, moved and removed.
    pub(crate) fn changes(&self) -> [i64; 4] {
        [self.added, self.changed, self.moved, self.removed]
    }
}

/// A row of `scan_issues`.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(crate) struct StoredIssue {
    #[diesel(sql_type = Text)]
    pub(crate) path: String,
    #[diesel(sql_type = Text)]
    pub(crate) kind: String,
    #[diesel(sql_type = Text)]
    pub(crate) message: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl Database {
    /// The scan that was last done.
    #[track_caller]
    pub(crate) fn last_scan(&self) -> LastScan {
        let mut rows: Vec<LastScan> = self.query("SELECT * FROM scans ORDER BY id DESC LIMIT 1");
        rows.pop().expect("there was a scan")
    }

    /// What was wrong at the last scan, in the order in which it is stored.
    pub(crate) fn issues(&self) -> Vec<StoredIssue> {
        self.query("SELECT path_text AS path, kind, message FROM scan_issues ORDER BY id")
    }

    /// When the file was first seen whose path ends in `end`, ns since 1970.
    #[track_caller]
    pub(crate) fn added(&self, end: &str) -> i64 {
        let rows: Vec<Number> = self.query(&format!(
            "SELECT added_ns AS number FROM files WHERE path_text LIKE '%{end}'"
        ));
        assert_eq!(rows.len(), 1, "files that end in {end}");
        rows[0].number
    }
}
