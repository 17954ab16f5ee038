//! Postings: the tracks of each album, artist or genre as sets to select by.
//!
//! In: the lists of tracks by owner. Out: the same, with a bitmap beside the largest.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::bitmap::Bitmap;
use super::dense::{Counting, Dense};
use super::lists::{List, Lists};
use super::permutation::Spread;
use super::sizes::Sizes;

/// Tracks by owner.
#[derive(Debug)]
pub struct Postings {
    lists: Arc<Lists>,
    /// The lists that are a large part of the library.
    large: FxHashMap<u32, Arc<Dense>>,
    /// How others spread over each order that are long.
    spreads: FxHashMap<u32, Spread>,
}

/// The tracks of one owner.
#[derive(Clone, Debug)]
pub enum Posting<'a> {
    /// Neighbours; of many, also as a large set.
    Range(Range<u32>, Option<&'a Arc<Dense>>),
    /// An ascending list, and how it spreads over each order, if that was counted.
    List(&'a [u32], Option<&'a Spread>),
    /// A large part of all tracks.
    Large(&'a Arc<Dense>),
}

impl Postings {
    /// Keeps bitmaps of the lists that are longer than the bound of the tracks.
    pub(super) fn new(lists: Lists, sizes: &Sizes) -> Self {
        let mut large = FxHashMap::default();
        let mut spreads = FxHashMap::default();
        for owner in 0..lists.owners() {
            let count = lists.count(owner);
            if count > sizes.dense {
                large.insert(owner, Arc::new(bits(&lists, owner).into()));
            } else if count > sizes.counted && matches!(lists.of(owner), List::Listed(_)) {
                // Neighbours are found by their ends.
                spreads.insert(owner, Spread::default());
            }
        }
        Self {
            lists: Arc::new(lists),
            large,
            spreads,
        }
    }

    /// Counts how long lists spread over each order of the tracks.
    pub(super) fn count_spreads(&self, counting: &Counting<'_>) {
        self.large
            .par_iter()
            .for_each(|(_, set)| set.count_spread(counting));
        self.spreads.par_iter().for_each(|(&owner, spread)| {
            let len = self.lists.count(owner);
            counting.count_spread(len, || bits(&self.lists, owner), spread);
        });
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        let large = self.large.values().map(|set| set.memory());
        let spreads = self.spreads.values().map(Spread::memory);
        self.lists.memory() + large.sum::<usize>() + spreads.sum::<usize>()
    }

    /// The tracks of each owner.
    pub fn lists(&self) -> &Arc<Lists> {
        &self.lists
    }

    /// The tracks of one owner.
    ///
    /// # Panics
    /// There is no such owner.
    pub fn of(&self, owner: u32) -> Posting<'_> {
        match (self.lists.of(owner), self.large.get(&owner)) {
            (List::Range(range), large) => Posting::Range(range, large),
            (List::Listed(_), Some(set)) => Posting::Large(set),
            (List::Listed(list), None) => Posting::List(list, self.spreads.get(&owner)),
        }
    }
}

/// The tracks of an owner as one bit each.
fn bits(lists: &Lists, owner: u32) -> Bitmap {
    match lists.of(owner) {
        List::Range(range) => range.collect(),
        List::Listed(list) => list.iter().copied().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_of_much_of_the_library_have_bitmaps() {
        let owners: Vec<u32> = (0..40_000).map(|track| track % 7 % 3).collect();
        let lists = || Lists::build(&owners, 3);
        let small = Sizes {
            dense: 40_000,
            ..Sizes::of(owners.len())
        };
        let postings = Postings::new(lists(), &small);
        assert!((0..3).all(|owner| matches!(postings.of(owner), Posting::List(..))));
        let postings = Postings::new(lists(), &Sizes::of(owners.len()));
        for owner in 0..3 {
            let Posting::Large(set) = postings.of(owner) else {
                panic!("{owner} has no bitmap");
            };
            let mut list = Vec::new();
            postings.lists().each(owner, |track| list.push(track));
            let members = set.members();
            assert!(members.members(0).iter(members).eq(list));
        }
    }
}
