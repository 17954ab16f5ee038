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

/// Answers a query.
pub fn run(query: &Query<'_>, index: &Index) -> Selection {
    let selected = select::select(query, index);
    order::arrange(&selected, query, index)
}

/// Answers a query, unless so much is to be sent that others would have to wait before its first byte.
pub fn run_at_once(query: &Query<'_>, index: &Index) -> Option<Selection> {
    let selected = select::select(query, index);
    let is_long = order::is_long(&selected, query, index);
    (!is_long).then(|| order::arrange(&selected, query, index))
}
