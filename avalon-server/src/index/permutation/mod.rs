//! Permutations: a collection in the order of one field, made at load.
//!
//! In: a key for each number. Out: the numbers sorted by their keys, equals in default order, and for
//! each number its rank: the place at which those with its key begin. So an ordered page of
//! everything is found at its place, a small set is sorted by rank, and of a large one the members are
//! met by walking the permutation. Descending order goes through the groups of equals from behind, and
//! through each group forwards, since ties stay in default order (CONTRACT, Parameters).
//!
//! Where many have one key, a rank is kept for each key. Tracks by a field of their album, artist or genre
//! are not sorted at all: owners in order are, and the tracks of each are known.

mod begins;

mod build;

mod large;

mod places;

mod blocks;

use std::ops::Range;
use std::sync::Arc;

use super::groups::Groups;
use super::lists::Lists;

use begins::Begins;
use blocks::ByBlocks;
pub use blocks::{Blocks, Spread};
pub use places::Places;

/// A collection in the order of one field.
#[derive(Debug)]
pub struct Permutation {
    places: Sorted,
    ranks: Ranks,
    /// Of a large collection.
    by_blocks: Option<ByBlocks>,
}

/// To look whether a number is in a set that is no bitmap takes as long as to look at the blocks of so many.
const LOOK: usize = 16;

/// What is at each place.
#[derive(Debug)]
enum Sorted {
    /// These numbers.
    Numbers { numbers: Arc<[u32]>, begins: Begins },
    /// The tracks of one owner after the other.
    Grouped {
        /// In their order.
        owners: Arc<[u32]>,
        /// At which place the tracks of each begin, by the place of the owner; after them, how many
        /// there are.
        starts: Box<[u32]>,
        lists: Arc<Lists>,
    },
}

#[derive(Debug)]
enum Ranks {
    /// By number.
    Own(Box<[u32]>),
    /// By the number of its group: of those with the same key, or of the tracks of its owner.
    OfGroup {
        groups: Arc<Groups>,
        ranks: Box<[u32]>,
    },
}

impl Permutation {
    /// The memory that it takes, in bytes; of what several permutations share its part.
    pub(super) fn memory(&self) -> usize {
        let places = match &self.places {
            Sorted::Numbers { numbers, begins } => size_of_val(&**numbers) + begins.memory(),
            Sorted::Grouped { starts, .. } => size_of_val(&**starts),
        };
        let ranks = match &self.ranks {
            Ranks::Own(ranks) => size_of_val(&**ranks),
            Ranks::OfGroup { groups, ranks } => {
                size_of_val(&**ranks) + groups.memory() / Arc::strong_count(groups)
            }
        };
        let blocks = self.by_blocks.as_ref().map_or(0, ByBlocks::memory);
        places + ranks + blocks
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        match &self.places {
            Sorted::Numbers { numbers, .. } => numbers.len(),
            Sorted::Grouped { starts, .. } => starts[starts.len() - 1] as usize,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All numbers in order.
    pub(super) fn numbers(&self) -> Arc<[u32]> {
        match &self.places {
            Sorted::Numbers { numbers, .. } => numbers.clone(),
            Sorted::Grouped { .. } => self.places_after(0, false).take(self.len(), self).into(),
        }
    }

    /// The place at which those equal to this one begin.
    pub fn rank(&self, number: u32) -> u32 {
        match &self.ranks {
            Ranks::Own(ranks) => ranks[number as usize],
            Ranks::OfGroup { groups, ranks } => ranks[groups.of(number) as usize],
        }
    }

    /// Gives each number with its rank; what kind of ranks there are is looked at once.
    pub fn each_rank(&self, numbers: impl Iterator<Item = u32>, mut ranked: impl FnMut(u32, u32)) {
        match &self.ranks {
            Ranks::Own(ranks) => numbers.for_each(|number| ranked(number, ranks[number as usize])),
            Ranks::OfGroup { groups, ranks } => groups.each(numbers, |number, group| {
                ranked(number, ranks[group as usize]);
            }),
        }
    }

    /// Gives the rank of every number, from 0 on.
    fn each_rank_of_all(&self, mut rank: impl FnMut(u32)) {
        match &self.ranks {
            Ranks::Own(ranks) => ranks.iter().for_each(|&of| rank(of)),
            Ranks::OfGroup { groups, ranks } => groups.for_all(|of| rank(ranks[of as usize])),
        }
    }

    /// A page of a set, in ascending or descending order; equals always in default order: of its members, of
    /// which there are so many, and what tells whether a number is one. Of many only those are ranked that lie
    /// in the blocks of the page, if a look at few places there does not give it.
    pub fn page<Numbers: Iterator<Item = u32> + Clone>(
        &self,
        numbers: Numbers,
        count: usize,
        contains: impl Fn(u32) -> bool,
        page: Range<usize>,
        descending: bool,
    ) -> Vec<u32> {
        if page.is_empty() || page.start >= count {
            return Vec::new();
        }
        let blocks = match &self.by_blocks {
            Some(blocks) if count > blocks.many => blocks,
            _ => return self.sorted(numbers, page, descending),
        };
        let around = blocks.count(numbers.clone()).around(&page, descending);
        let within = page.start - around.before..page.end - around.before;
        let starts = [around.blocks.start, around.blocks.end].map(|at| self.start_of_block(at));
        // As many members among these places as elsewhere among these.
        let looks = within.end.min(around.members) * (starts[1] - starts[0]) / around.members;
        let most = count / LOOK;
        if 2 * looks < most {
            let mut places = self.places(starts[0]..starts[1], descending);
            let mut members = (0..most)
                .map_while(|_| places.next(self))
                .filter(|&number| contains(number));
            let wanted = within.end.min(around.members);
            let first: Vec<u32> = members.by_ref().take(wanted).collect();
            // Where they stand closer elsewhere all are ranked.
            if first.len() == wanted {
                return first[within.start..].to_vec();
            }
        }
        let numbers = numbers.filter(|&number| around.blocks.contains(&blocks.of(number)));
        self.sorted(numbers, within, descending)
    }

    /// A page by the ranks of all of some numbers. No more are held than twice what comes before its end.
    fn sorted(
        &self,
        numbers: impl Iterator<Item = u32>,
        page: Range<usize>,
        descending: bool,
    ) -> Vec<u32> {
        // Rank above, number below: one comparison decides, and equals stay in default order, also
        // where the ranks are turned around.
        let turn = if descending { u32::MAX } else { 0 };
        let room = page.end.saturating_mul(2);
        let mut best = Vec::with_capacity(room.min(numbers.size_hint().0));
        let mut bound = u64::MAX;
        self.each_rank(numbers, |number, rank| {
            let key = u64::from(rank ^ turn) << 32 | u64::from(number);
            if key < bound {
                best.push(key);
                if best.len() == room {
                    bound = *best.select_nth_unstable(page.end - 1).1;
                    best.truncate(page.end);
                }
            }
        });
        if page.end < best.len() {
            best.select_nth_unstable(page.end);
            best.truncate(page.end);
        }
        let start = page.start.min(best.len());
        if start > 0 && start < best.len() {
            best.select_nth_unstable(start);
        }
        let page = &mut best[start..];
        page.sort_unstable();
        // The lower half is the number.
        page.iter().map(|&key| key as u32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Numbers;
    use crate::index::bitmap::Bitmap;

    #[test]
    fn a_page_is_what_a_sort_puts_there() {
        let column: Numbers = (0..300).map(|at| Some(at * 17 % 23)).collect();
        let permutation = Permutation::by_number(&column);
        let numbers = || (0..300).filter(|number| number % 3 > 0);
        let count = numbers().count();
        let contains = |number: u32| !number.is_multiple_of(3);
        for descending in [false, true] {
            let mut sorted: Vec<u32> = numbers().collect();
            sorted.sort_by_key(|&number| {
                let value = column.get(number).unwrap();
                if descending { -value } else { value }
            });
            for start in [0, 1, 19, 199, 200, 300] {
                for end in [0, 1, 2, 20, 99, 200, 500, usize::MAX] {
                    let end = end.max(start);
                    let page = permutation.page(numbers(), count, contains, start..end, descending);
                    let expected = &sorted[start.min(200)..end.min(200)];
                    assert_eq!(page, expected, "{start} {end} {descending}");
                }
            }
        }
    }

    /// Tracks by what they belong to, in the order of its number.
    fn by_owner(owners: &[i64]) -> Permutation {
        let owners: Vec<u32> = owners.iter().map(|&owner| owner as u32).collect();
        let count = owners.iter().max().map_or(0, |&last| last + 1);
        let order: Numbers = (0..count).map(|owner| Some(owner.into())).collect();
        let lists = Lists::build(&owners, count as usize);
        let order = Permutation::by_number(&order);
        Permutation::by_owner(&order, &Arc::new(Groups::new(&owners)), &Arc::new(lists))
    }

    #[test]
    fn a_page_of_many_is_that_of_their_sort() {
        for values in [3, 1000, 1_000_000] {
            let column: Vec<i64> = (0..30_000)
                .map(|at: i64| at * 7919 % 30_011 % values)
                .collect();
            let numbers: Numbers = column.iter().copied().map(Some).collect();
            for permutation in [Permutation::by_number(&numbers), by_owner(&column)] {
                let permutation = permutation.with_blocks(100);
                // Everywhere, and where a walk along the order meets none at first.
                let everywhere: fn(u32) -> bool = |number| !number.is_multiple_of(3);
                for contains in [everywhere, |number| number >= 20_000] {
                    for descending in [false, true] {
                        pages_are_those_of_a_sort(&permutation, &column, contains, descending);
                    }
                }
            }
        }
    }

    fn pages_are_those_of_a_sort(
        permutation: &Permutation,
        column: &[i64],
        contains: fn(u32) -> bool,
        descending: bool,
    ) {
        let numbers = || (0..column.len() as u32).filter(|&number| contains(number));
        let mut sorted: Vec<u32> = numbers().collect();
        sorted.sort_by_key(|&number| {
            let value = column[number as usize];
            if descending { -value } else { value }
        });
        for start in [0, 1, 77, 9_999, 19_990, 20_000, 20_001] {
            let page = start..start + 20;
            let found = permutation.page(numbers(), sorted.len(), contains, page, descending);
            let wanted = sorted.iter().skip(start).take(20).copied();
            assert!(found.into_iter().eq(wanted), "{start} {descending}");
        }
    }

    #[test]
    fn blocks_hold_the_members_that_they_count() {
        let column: Numbers = (0..5000).map(|at| Some(at * at % 37)).collect();
        let permutation = Permutation::by_number(&column);
        let set: Bitmap = (0..5000).filter(|number| number * 7919 % 5 < 2).collect();
        let blocks = permutation.blocks(&set);
        let permutation = permutation.with_blocks(0);
        let counted = permutation.blocks(&set);
        assert!(counted.counts(false).eq(blocks.counts(false)));
        for descending in [false, true] {
            let counts: Vec<(usize, usize)> = blocks.counts(descending).collect();
            let all: usize = counts.iter().map(|(_, count)| count).sum();
            assert_eq!(all, set.len());
            assert_eq!(counts[0].0, if descending { 255 } else { 0 });
            for (block, count) in counts {
                let start = permutation.start_of_block(block);
                let end = permutation.start_of_block(block + 1);
                let all = permutation.numbers();
                let places = all[start..end].iter();
                let members = places.filter(|&&number| set.contains(number));
                assert_eq!(members.count(), count, "{block}");
            }
        }
        assert_eq!(permutation.start_of_block(256), 5000);
    }
}
