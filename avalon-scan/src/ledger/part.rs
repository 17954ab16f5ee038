//! What of the library is scanned, and what lies below what.

use crate::paths;

/// What of the library is scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    All,
    /// What is or lies below these paths, which ids are made of.
    Below(Vec<Vec<u8>>),
}

impl Part {
    /// Whether a path belongs to it.
    pub fn contains(&self, path: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::Below(parts) => parts
                .iter()
                .any(|part| part == path || is_below(path, part)),
        }
    }
}

/// Whether a path lies strictly below a folder.
pub(super) fn is_below(path: &[u8], folder: &[u8]) -> bool {
    paths::relative(path, folder).is_some_and(|way| !way.is_empty())
}
