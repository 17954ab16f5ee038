//! A large ready-made set: its bitmap, and how its members spread over each order.
//!
//! In: a bitmap and, once lists are served, the permutations of its collection. Out: the same, with the counts by
//! which a page at any offset of any order is found without a look at the members before it.

use std::borrow::Borrow;
use std::sync::Arc;

use super::bitmap::Bitmap;
use super::orders::Orders;
use super::permutation::{Blocks, Permutation, Spread};
use super::sizes::Sizes;

/// A set of which pages are cut in any order.
#[derive(Debug)]
pub struct Dense {
    members: Bitmap,
    /// Nothing until it is counted, and of a set that is not so large, or made for one request.
    spread: Spread,
}

/// What the members of large sets are counted by, once the library can be asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counting<'a> {
    /// Each order of their collection.
    orders: &'a [Arc<Permutation>],
    /// Sets with no more members than this are not counted.
    bound: usize,
}

impl<'a> Counting<'a> {
    /// By the orders of a collection.
    pub(super) fn new(orders: &'a Orders, sizes: &Sizes) -> Self {
        Self {
            orders: orders.all(),
            bound: sizes.counted,
        }
    }

    /// Counts the members of a set, of which there are so many, in each order, if they are many.
    pub(super) fn count_spread<Set: Borrow<Bitmap>>(
        &self,
        len: usize,
        set: impl FnOnce() -> Set,
        spread: &Spread,
    ) {
        if len > self.bound {
            spread.count(set().borrow(), self.orders);
        }
    }
}

impl From<Bitmap> for Dense {
    fn from(members: Bitmap) -> Self {
        let spread = Spread::default();
        Self { members, spread }
    }
}

impl Dense {
    /// Counts the members in each order, if they are many.
    pub(super) fn count_spread(&self, counting: &Counting<'_>) {
        counting.count_spread(self.members.len(), || &self.members, &self.spread);
    }

    /// The members.
    pub fn members(&self) -> &Bitmap {
        &self.members
    }

    /// How many members lie in each block of the permutation with this number, if that was counted.
    pub fn counted(&self, order: usize) -> Option<&Blocks> {
        self.spread.by(order)
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.members.memory() + self.spread.memory()
    }
}
