//! How the members of a set spread over an order: counted by blocks of ranks.
//!
//! In: a set and an order. Out: how many members lie in each block, and where each block begins, so that
//! a page of the set is found without a look at the members before it. A group of equals is of one
//! block as a whole, the one in which it begins.

use super::Permutation;
use crate::index::bitmap::Bitmap;

/// Into how many blocks of ranks the members of a set are counted.
const BLOCKS: usize = 256;

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

/// The block of every number in one order, to count many sets by.
#[derive(Debug)]
pub(in crate::index) struct BlockOfEach(Box<[u8]>);

impl BlockOfEach {
    /// Counts the members of a set.
    pub(in crate::index) fn count(&self, set: &Bitmap) -> Blocks {
        let mut counts = [0; BLOCKS];
        set.for_each(|number| counts[self.0[number as usize] as usize] += 1);
        Blocks(counts)
    }
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
        let shift = self.shift();
        let mut counts = [0; BLOCKS];
        self.each_rank(set.members(0).iter(set), |_, rank| {
            counts[(rank >> shift) as usize] += 1;
        });
        Blocks(counts)
    }

    /// The block of every number.
    pub(in crate::index) fn block_of_each(&self) -> BlockOfEach {
        let shift = self.shift();
        let mut blocks = Vec::with_capacity(self.len());
        // There are as many blocks as a byte has values.
        self.each_rank_of_all(|rank| blocks.push((rank >> shift) as u8));
        BlockOfEach(blocks.into())
    }

    /// Where those ranks begin that a block and all after it hold.
    pub fn start_of_block(&self, block: usize) -> usize {
        self.begin_of_group(block << self.shift())
    }
}
