//! Queries: select, then order, then cut.
//!
//! In: a [`Query`], the catalog and its index. Out: a [`Selection`], the numbers of what is to be
//! sent, in that order. Pure and without allocation beyond the selection itself.

mod integers;

mod uuids;

mod params;

mod select;

mod order;

#[cfg(test)]
mod naive;

use crate::catalog::Catalog;
use crate::index::Index;

pub use integers::Integer;
pub use order::Selection;
pub use params::{Field, Order, Page, ParamError, Query};
pub(crate) use uuids::parse as parse_uuid;

/// Answers a query.
pub fn run(query: &Query, catalog: &Catalog, index: &Index) -> Selection {
    let selected = select::select(query, catalog, index);
    let (collection, page) = (query.collection, query.page);
    match query.order {
        None => order::in_default_order(selected, catalog.len(collection), page),
        Some(order) => order::by_field(&selected, order, page, collection, (catalog, index)),
    }
}
