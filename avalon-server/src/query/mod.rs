//! Queries: select, then order, then cut.
//!
//! In: a [`Query`] and the index. Out: a [`Selection`], the numbers of what is to be sent, in that
//! order, and how many there would be without limit and offset. Pure.

mod integers;

mod uuids;

mod params;

mod walk;

mod set;

mod select;

mod order;

#[cfg(test)]
mod naive;

use crate::index::Index;

pub(crate) use params::{count, integer, is_descending, pair, uuid};

pub use integers::Integer;
pub use order::{Numbers, Selection};
pub use params::{Order, Page, ParamError, Query};
pub use uuids::parse as parse_uuid;
pub use walk::Walk;

/// How much may be done for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Not what others should not have to wait for.
    Little,
    /// Whatever it takes.
    Any,
}

impl Effort {
    /// Whether so many looks may be taken where those of little effort are bounded.
    fn allows(self, looks: usize, bound: usize) -> bool {
        self == Self::Any || looks <= bound
    }
}

/// Answers a query; nothing where that, until the first byte of the answer, takes more than may be done. With any effort
/// everything is answered.
pub fn run(query: &Query<'_>, index: &Index, effort: Effort) -> Option<Selection> {
    let selected = select::select(query, index, effort)?;
    order::arrange(&selected, query, index, effort)
}
