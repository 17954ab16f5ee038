//! The files of a collection.
//!
//! In: roots as they were typed. Out: every file below them with its path and key, and an issue for
//! what could not be listed.
//!
//! ```text
//! PathBuf --Root::open--> Root --walk--> Found ... --stat--> FileStat
//! ```
//!
//! What stays true: a root that is missing, empty, unreadable or no folder is refused before
//! anything else happens (rule S4), because that is what a disk that was not mounted looks like; and
//! a folder that could not be listed is never taken for an empty one.

pub mod mounts;

mod root;

mod stat;

mod gone;

mod ignore;

mod found;

mod walk;

#[cfg(test)]
mod tests;

pub use self::ignore::is_ignore_file;
pub use found::Found;
pub use gone::Gone;
pub use root::{Identity, Root, RootError, check_overlap, find_root, roots_overlap};
pub use stat::{stat, stat_of};
pub use walk::{Options, walk};
