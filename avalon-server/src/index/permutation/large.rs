//! The large groups of equals of an order, as sets.
//!
//! In: an order of a large collection. Out: for the places of a large group what of a set lies among them, without
//! a look at each: inside a group numbers ascend, so both are gone through by words of 64.

use std::ops::Range;

use super::{Permutation, Sorted};
use crate::index::bitmap::Bitmap;
use crate::index::lists::Place;

/// Groups of more than this part of all are large: of them there are few.
const PART: usize = 64;

/// A large group of equals.
#[derive(Debug)]
pub(super) struct LargeGroup {
    pub(super) places: Range<usize>,
    members: Bitmap,
}

impl LargeGroup {
    /// The large groups of an order, by place.
    pub(super) fn all(of: &Permutation) -> Box<[Self]> {
        let least = of.len() / PART + 1;
        let groups = match &of.places {
            Sorted::Numbers { begins, .. } => begins.groups_of(least),
            Sorted::Grouped {
                owners,
                starts,
                lists,
            } => {
                let groups = starts.windows(2).zip(owners.iter());
                let group = |(ends, &owner): (&[u32], &u32)| {
                    let group = ends[0] as usize..ends[1] as usize;
                    // Those of neighbours are left out by the set itself.
                    let is_listed = matches!(lists.place(owner), Place::Listed(_));
                    (is_listed && group.len() >= least).then_some(group)
                };
                groups.filter_map(group).collect()
            }
        };
        let group = |places: Range<usize>| Self {
            members: of
                .places(places.clone(), false)
                .take(places.len(), of)
                .into_iter()
                .collect(),
            places,
        };
        groups.into_iter().map(group).collect()
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        size_of_val(self) + self.members.memory()
    }

    /// Leaves out numbers of the group from one of its places on, as long as no more than `most` of them are in a
    /// set: how many numbers, and how many of these are in the set.
    pub(super) fn pass(&self, set: &Bitmap, from: usize, most: usize) -> (usize, usize) {
        self.members.pass(set, from - self.places.start, most)
    }
}
