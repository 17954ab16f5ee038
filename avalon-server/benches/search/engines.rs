//! What is asked: ours, and what it is put beside.
//!
//! In: what was typed and the list that is wanted. Out: the names found in it, the best first, at most
//! as many as are looked at.

use anyhow::Result;

use crate::queries::List;

/// The answer to a search.
#[derive(Default)]
pub(crate) struct Reply {
    pub(crate) names: Vec<String>,
    /// Whether it says that it is for another spelling than was typed.
    pub(crate) is_corrected: bool,
}

/// Something that searches.
pub(crate) trait Engine {
    fn name(&self) -> &'static str;

    fn ask(&mut self, q: &str, list: List) -> Result<Reply>;
}
