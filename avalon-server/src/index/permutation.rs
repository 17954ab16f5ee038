//! Permutations: a collection in the order of one field, made at load.
//!
//! In: a key for each number. Out: the numbers sorted by their keys, equals in default order, and for
//! each number its rank: the place at which those with its key begin. So an ordered page of
//! everything is a slice, a small set is sorted by rank, and of a large one the members are met by
//! walking the permutation. Descending order goes through the groups of equals from behind, and
//! through each group forwards, since ties stay in default order (CONTRACT, Parameters).

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::bitmap::Bitmap;
use crate::catalog::Texts;

/// Into how many blocks of ranks the members of a set are counted.
const BLOCKS: usize = 256;

/// The most different keys that are sorted by counting.
const FEW: usize = 1 << 16;

/// A collection in the order of one field.
#[derive(Debug, Default)]
pub struct Permutation {
    numbers: Box<[u32]>,
    ranks: Ranks,
}

#[derive(Debug)]
enum Ranks {
    /// By number.
    Own(Box<[u32]>),
    /// By the number of its owner: tracks by a field of their album, artist or genre.
    OfOwner {
        owners: Arc<[u32]>,
        ranks: Box<[u32]>,
    },
}

impl Default for Ranks {
    fn default() -> Self {
        Self::Own(Box::default())
    }
}

impl Permutation {
    /// Sorts by a key that is equal for few.
    pub(super) fn by_key<Key: Ord + Send + Sync>(
        count: usize,
        key: impl Fn(u32) -> Key + Sync,
    ) -> Self {
        let mut keyed: Vec<(Key, u32)> = (0..count as u32)
            .into_par_iter()
            .map(|number| (key(number), number))
            .collect();
        keyed.par_sort_unstable();
        let numbers: Box<[u32]> = keyed.par_iter().map(|&(_, number)| number).collect();
        Self::new(numbers, |at| keyed[at - 1].0 == keyed[at].0)
    }

    /// Sorts by texts, byte by byte, which is code point by code point.
    pub(super) fn by_text(texts: &Texts) -> Self {
        // Most texts differ in their first eight bytes: compared as one number.
        let mut keyed: Vec<(u64, u32)> = (0..texts.len() as u32)
            .into_par_iter()
            .map(|number| {
                let text = texts.get(number).as_bytes();
                let mut key = [0; 8];
                let head = &text[..text.len().min(8)];
                key[..head.len()].copy_from_slice(head);
                (u64::from_be_bytes(key), number)
            })
            .collect();
        keyed.par_sort_unstable_by(|&(a_key, a), &(b_key, b)| {
            a_key
                .cmp(&b_key)
                .then_with(|| texts.get(a).cmp(texts.get(b)))
                .then_with(|| a.cmp(&b))
        });
        let numbers: Box<[u32]> = keyed.par_iter().map(|&(_, number)| number).collect();
        Self::new(numbers, |at| {
            let (a, b) = (keyed[at - 1], keyed[at]);
            a.0 == b.0 && texts.get(a.1) == texts.get(b.1)
        })
    }

    /// Sorts by a column of numbers, of which commonly many are equal; unknown before all others.
    pub(super) fn by_number(column: &[Option<i64>]) -> Self {
        let mut codes: FxHashMap<Option<i64>, u32> = FxHashMap::default();
        let mut coded = Vec::with_capacity(column.len());
        for value in column {
            let next = codes.len() as u32;
            coded.push(*codes.entry(*value).or_insert(next));
            if codes.len() > FEW {
                return Self::by_key(column.len(), |number| column[number as usize]);
            }
        }
        let mut values: Vec<(Option<i64>, u32)> = codes.into_iter().collect();
        values.sort_unstable();
        let mut counts = vec![0; values.len()];
        coded.iter().for_each(|&code| counts[code as usize] += 1);
        // Where the next number of each code goes.
        let mut next = vec![0; values.len()];
        let mut start = 0;
        for &(_, code) in &values {
            next[code as usize] = start;
            start += counts[code as usize];
        }
        let starts = next.clone();
        let mut numbers = vec![0; column.len()];
        for (number, &code) in (0..).zip(&coded) {
            numbers[next[code as usize] as usize] = number;
            next[code as usize] += 1;
        }
        Self {
            numbers: numbers.into(),
            ranks: Ranks::Own(coded.iter().map(|&code| starts[code as usize]).collect()),
        }
    }

    /// Tracks in the order of their owners.
    /// `each` gives the tracks of an owner in ascending order.
    pub(super) fn by_owner(
        order: &Self,
        owners: &Arc<[u32]>,
        each: impl Fn(u32, &mut dyn FnMut(u32)),
    ) -> Self {
        let mut numbers = Vec::with_capacity(owners.len());
        let mut ranks = vec![0; order.numbers.len()];
        for group in order
            .numbers
            .chunk_by(|&a, &b| order.rank(a) == order.rank(b))
        {
            let start = numbers.len();
            for &owner in group {
                ranks[owner as usize] = start as u32;
                each(owner, &mut |track| numbers.push(track));
            }
            if group.len() > 1 {
                numbers[start..].sort_unstable();
            }
        }
        Self {
            numbers: numbers.into(),
            ranks: Ranks::OfOwner {
                owners: owners.clone(),
                ranks: ranks.into(),
            },
        }
    }

    fn new(numbers: Box<[u32]>, equals_the_one_before: impl Fn(usize) -> bool) -> Self {
        let mut ranks = vec![0; numbers.len()];
        let mut rank = 0;
        for (at, &number) in numbers.iter().enumerate() {
            if at > 0 && !equals_the_one_before(at) {
                rank = at as u32;
            }
            ranks[number as usize] = rank;
        }
        Self {
            numbers,
            ranks: Ranks::Own(ranks.into()),
        }
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        let ranks = match &self.ranks {
            // The owners are shared by several.
            Ranks::Own(ranks) | Ranks::OfOwner { ranks, .. } => ranks,
        };
        size_of_val(&*self.numbers) + size_of_val(&**ranks)
    }

    /// All numbers in order.
    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// The place at which those equal to this one begin.
    pub fn rank(&self, number: u32) -> u32 {
        match &self.ranks {
            Ranks::Own(ranks) => ranks[number as usize],
            Ranks::OfOwner { owners, ranks } => ranks[owners[number as usize] as usize],
        }
    }

    /// Gives each number with its rank; what kind of ranks there are is looked at once.
    pub fn each_rank(&self, numbers: impl Iterator<Item = u32>, mut ranked: impl FnMut(u32, u32)) {
        match &self.ranks {
            Ranks::Own(ranks) => numbers.for_each(|number| ranked(number, ranks[number as usize])),
            Ranks::OfOwner { owners, ranks } => numbers.for_each(|number| {
                ranked(number, ranks[owners[number as usize] as usize]);
            }),
        }
    }

    /// A page of some numbers, in ascending or descending order; equals always in default order. No more
    /// is sorted than the page, and no more held than twice what comes before its end.
    pub fn page(
        &self,
        numbers: impl Iterator<Item = u32>,
        page: Range<usize>,
        descending: bool,
    ) -> Vec<u32> {
        if page.is_empty() {
            return Vec::new();
        }
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

    /// Where the group of equals is in which the place `at` lies.
    pub fn group(&self, at: usize) -> Range<usize> {
        let rank = self.rank(self.numbers[at]);
        rank as usize..self.end_of(rank, at)
    }

    /// Where the group with this rank ends, in which the place `at` lies.
    fn end_of(&self, rank: u32, at: usize) -> usize {
        let rest = &self.numbers[at..];
        let is_equal = |&number: &u32| self.rank(number) == rank;
        let mut step = 1;
        while step < rest.len() && is_equal(&rest[step]) {
            step *= 2;
        }
        at + rest[..rest.len().min(step + 1)].partition_point(is_equal)
    }

    /// How far ranks are shifted to give the number of their block.
    fn shift(&self) -> u32 {
        let mut shift = 0;
        while self.numbers.len() >> shift >= BLOCKS {
            shift += 1;
        }
        shift
    }

    /// Counts the members of a set by blocks of ranks.
    pub fn blocks(&self, set: &Bitmap) -> Blocks {
        let shift = self.shift();
        let mut counts = [0; BLOCKS];
        self.each_rank(set.members(0).iter(set), |_, rank| {
            counts[(rank >> shift) as usize] += 1;
        });
        Blocks(counts)
    }

    /// Where those ranks begin that a block and all after it hold.
    pub fn start_of_block(&self, block: usize) -> usize {
        let at = block << self.shift();
        match self.numbers.get(at) {
            None => self.numbers.len(),
            Some(&number) => match self.rank(number) {
                rank if rank as usize == at => at,
                // This group begins before, and so belongs to a block before.
                rank => self.end_of(rank, at),
            },
        }
    }
}

/// How many members of a set each block of ranks holds.
#[derive(Clone, Debug)]
pub struct Blocks([u32; BLOCKS]);

impl Blocks {
    /// Each block with the number of its members, from the first on or from the last.
    pub fn counts(&self, descending: bool) -> impl Iterator<Item = (usize, usize)> {
        (0..BLOCKS).map(move |at| {
            let block = if descending { BLOCKS - 1 - at } else { at };
            (block, self.0[block] as usize)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranks(permutation: &Permutation) -> Vec<u32> {
        let count = permutation.numbers().len() as u32;
        (0..count).map(|number| permutation.rank(number)).collect()
    }

    #[test]
    fn equals_have_the_rank_of_the_first_of_them() {
        let keys = [Some(5), None, Some(-1), Some(5), Some(7)];
        let counted = Permutation::by_number(&keys);
        let sorted = Permutation::by_key(5, |number| keys[number as usize]);
        for permutation in [&counted, &sorted] {
            assert_eq!(permutation.numbers(), [1, 2, 0, 3, 4]);
            assert_eq!(ranks(permutation), [2, 0, 1, 2, 4]);
            assert_eq!(permutation.group(2), 2..4);
            assert_eq!(permutation.group(3), 2..4);
        }
        assert!(Permutation::by_number(&[]).numbers().is_empty());
    }

    #[test]
    fn numbers_of_many_values_are_sorted_like_those_of_few() {
        let column: Vec<Option<i64>> = (0..FEW as i64 + 9)
            .map(|value| Some(value * 7919 % 100_003 - 5))
            .collect();
        let permutation = Permutation::by_number(&column);
        let sorted: Vec<Option<i64>> = permutation
            .numbers()
            .iter()
            .map(|&number| column[number as usize])
            .collect();
        assert!(sorted.is_sorted());
    }

    #[test]
    fn texts_are_sorted_by_code_points() {
        let names = [
            "b",
            "",
            "abcdefgh",
            "abcdefghi",
            "B",
            "é",
            "e\u{301}",
            "b",
            "abcdefgh\0",
        ];
        let texts = Texts::collect(names.into_iter()).unwrap();
        let permutation = Permutation::by_text(&texts);
        assert_eq!(permutation.numbers(), [1, 4, 2, 8, 3, 0, 7, 6, 5]);
        assert_eq!(permutation.rank(7), permutation.rank(0));
        assert_ne!(permutation.rank(8), permutation.rank(2));
    }

    #[test]
    fn tracks_follow_their_owners_and_those_of_equal_owners_mix() {
        // Owners 0 and 2 are equal, 1 is before them.
        let order = Permutation::by_number(&[Some(5), Some(1), Some(5)]);
        let owners = [0, 2, 1, 0, 1];
        let each = |owner: u32, track: &mut dyn FnMut(u32)| {
            let tracks = (0..).zip(owners).filter(|&(_, of)| of == owner);
            tracks.for_each(|(number, _)| track(number));
        };
        let permutation = Permutation::by_owner(&order, &owners.as_slice().into(), each);
        assert_eq!(permutation.numbers(), [2, 4, 0, 1, 3]);
        assert_eq!(ranks(&permutation), [2, 2, 0, 2, 0]);
    }

    #[test]
    fn a_page_is_what_a_sort_puts_there() {
        let column: Vec<Option<i64>> = (0..300).map(|at| Some(at * 17 % 23)).collect();
        let permutation = Permutation::by_number(&column);
        let numbers = || (0..300).filter(|number| number % 3 > 0);
        for descending in [false, true] {
            let mut sorted: Vec<u32> = numbers().collect();
            sorted.sort_by_key(|&number| {
                let value = column[number as usize].unwrap();
                if descending { -value } else { value }
            });
            for start in [0, 1, 19, 199, 200, 300] {
                for end in [0, 1, 2, 20, 99, 200, 500, usize::MAX] {
                    let end = end.max(start);
                    let page = permutation.page(numbers(), start..end, descending);
                    let expected = &sorted[start.min(200)..end.min(200)];
                    assert_eq!(page, expected, "{start} {end} {descending}");
                }
            }
        }
    }

    #[test]
    fn blocks_hold_the_members_that_they_count() {
        let column: Vec<Option<i64>> = (0..5000).map(|at| Some(at * at % 37)).collect();
        let permutation = Permutation::by_number(&column);
        let set: Bitmap = (0..5000).filter(|number| number * 7919 % 5 < 2).collect();
        let blocks = permutation.blocks(&set);
        for descending in [false, true] {
            let counts: Vec<(usize, usize)> = blocks.counts(descending).collect();
            let all: usize = counts.iter().map(|(_, count)| count).sum();
            assert_eq!(all, set.len());
            assert_eq!(counts[0].0, if descending { BLOCKS - 1 } else { 0 });
            for (block, count) in counts {
                let start = permutation.start_of_block(block);
                let end = permutation.start_of_block(block + 1);
                let places = permutation.numbers()[start..end].iter();
                let members = places.filter(|&&number| set.contains(number));
                assert_eq!(members.count(), count, "{block}");
            }
        }
        assert_eq!(permutation.start_of_block(BLOCKS), 5000);
    }
}
