//! How the members of a set spread over an order: counted by blocks of ranks.
//!
//! In: a set and an order. Out: how many members lie in each block, and where each block begins, so that
//! a page of the set is found without a look at the ranks of the members before it. A group of equals is of one
//! block as a whole, the one in which it begins.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::Permutation;
use super::large::LargeGroup;
use crate::index::bitmap::Bitmap;

/// Into how many blocks of ranks the members of a set are counted.
const BLOCKS: usize = 256;

/// So many members are counted in one order after the other: they stay in the nearest cache.
const CHUNK: usize = 4096;

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

/// How the members of a set spread over each order of their collection, by the number of the order; nothing until
/// that is counted, which may be while requests are answered.
#[derive(Clone, Debug, Default)]
pub struct Spread(OnceLock<Box<[Blocks]>>);

impl Spread {
    /// Counts the members of the set in each order, unless that was done.
    pub(in crate::index) fn count(&self, set: &Bitmap, orders: &[Arc<Permutation>]) {
        self.0.get_or_init(|| {
            let mut all: Box<[Blocks]> = orders.iter().map(|_| Blocks([0; BLOCKS])).collect();
            each_chunk(set, |numbers| {
                for (order, blocks) in orders.iter().zip(&mut all) {
                    order.add_blocks(numbers, blocks);
                }
            });
            all
        });
    }

    /// That in one order, if it was counted.
    pub fn by(&self, order: usize) -> Option<&Blocks> {
        self.0.get()?.get(order)
    }

    /// The memory that it takes, in bytes.
    pub(in crate::index) fn memory(&self) -> usize {
        self.0.get().map_or(0, |blocks| size_of_val(&**blocks))
    }
}

/// What a large collection has of one order besides: the block of every number, since a byte for each is read sooner
/// than a rank, and the large groups.
#[derive(Debug)]
pub(super) struct ByBlocks {
    blocks: Box<[u8]>,
    /// By place.
    pub(super) large: Box<[LargeGroup]>,
    /// Of more numbers a page is looked for by their blocks first.
    pub(super) many: usize,
}

impl ByBlocks {
    /// The memory that they take, in bytes.
    pub(super) fn memory(&self) -> usize {
        let large: usize = self.large.iter().map(LargeGroup::memory).sum();
        size_of_val(&*self.blocks) + large
    }

    /// How many of some numbers each block holds.
    pub(super) fn count(&self, numbers: impl Iterator<Item = u32>) -> Blocks {
        let mut counts = [0; BLOCKS];
        numbers.for_each(|number| counts[self.of(number)] += 1);
        Blocks(counts)
    }

    /// The block of a number.
    pub(super) fn of(&self, number: u32) -> usize {
        self.blocks[number as usize].into()
    }
}

/// Neighbouring blocks that a page lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Around {
    pub(super) blocks: Range<usize>,
    /// The members in the blocks that come before.
    pub(super) before: usize,
    /// Those in these.
    pub(super) members: usize,
}

impl Blocks {
    /// The blocks that a page of the members lies in; it is not empty, and there are members at it.
    pub(super) fn around(&self, page: &Range<usize>, descending: bool) -> Around {
        let mut around = Around {
            blocks: 0..0,
            before: 0,
            members: 0,
        };
        let mut met = 0;
        for (block, members) in self.counts(descending) {
            let places = met..met + members;
            met = places.end;
            if places.end <= page.start {
                around.before = places.end;
            } else if places.start < page.end && members > 0 {
                around.blocks = match around.members {
                    0 => block..block + 1,
                    _ => around.blocks.start.min(block)..around.blocks.end.max(block + 1),
                };
                around.members += members;
            }
        }
        around
    }
}

/// Gives the members of a set, many at a time.
fn each_chunk(set: &Bitmap, mut chunk: impl FnMut(&[u32])) {
    let mut numbers = Vec::with_capacity(CHUNK);
    set.for_each(|number| {
        numbers.push(number);
        if numbers.len() == CHUNK {
            chunk(&numbers);
            numbers.clear();
        }
    });
    chunk(&numbers);
}

impl Permutation {
    /// How far ranks are shifted to give the number of their block.
    fn shift(&self) -> u32 {
        let mut shift = 0;
        while self.len() >> shift >= BLOCKS {
            shift += 1;
        }
        shift
    }

    /// Counts the members of a set by blocks of ranks.
    pub fn blocks(&self, set: &Bitmap) -> Blocks {
        let mut blocks = Blocks([0; BLOCKS]);
        each_chunk(set, |numbers| self.add_blocks(numbers, &mut blocks));
        blocks
    }

    /// Counts some more numbers.
    fn add_blocks(&self, numbers: &[u32], Blocks(counts): &mut Blocks) {
        let Some(blocks) = &self.by_blocks else {
            let shift = self.shift();
            self.each_rank(numbers.iter().copied(), |_, rank| {
                counts[(rank >> shift) as usize] += 1;
            });
            return;
        };
        // Neighbours are often of one block: every other number has counts of its own, so that none waits for the
        // one before.
        let mut others = [0; BLOCKS];
        let (pairs, last) = numbers.as_chunks();
        for &[one, other] in pairs {
            counts[blocks.of(one)] += 1;
            others[blocks.of(other)] += 1;
        }
        last.iter()
            .for_each(|&number| counts[blocks.of(number)] += 1);
        counts
            .iter_mut()
            .zip(others)
            .for_each(|(count, other)| *count += other);
    }

    /// With the block of every number, by which pages of more than `many` of them are found.
    #[must_use]
    pub(in crate::index) fn with_blocks(mut self, many: usize) -> Self {
        let shift = self.shift();
        let mut blocks = Vec::with_capacity(self.len());
        // There are as many blocks as a byte has values.
        self.each_rank_of_all(|rank| blocks.push((rank >> shift) as u8));
        self.by_blocks = Some(ByBlocks {
            blocks: blocks.into(),
            large: LargeGroup::all(&self),
            many,
        });
        self
    }

    /// Where those ranks begin that a block and all after it hold.
    pub fn start_of_block(&self, block: usize) -> usize {
        self.begin_of_group(block << self.shift())
    }
}
