//! Sorting by long keys, eight bytes at a time.
//!
//! In: items, and the pieces of the key of each. Out: the items in the order of their keys, those with
//! equal keys in their own. A piece is looked up once and then compared as one number: only items that are
//! equal so far have their next pieces looked up, so that nothing is fetched for a comparison.

use std::cmp::Ordering;

use rayon::prelude::*;

use crate::sorting;

/// So many pieces decide; what is equal until then is compared at length. It bounds the recursion: keys
/// may be of any length.
const LEVELS: usize = 32;

/// The bit that is set in an entry that equals the one before, where that is told.
const EQUAL: u128 = 1 << u32::BITS;

/// The keys to sort by.
pub(super) trait Keys: Sync {
    /// Whether an item is told to equal the one before; items have 32 bits then.
    const TELLS_EQUALS: bool = true;

    /// A piece of the key of an item, counted from 0: what comes first in it is in its highest bits.
    fn piece(&self, item: u64, level: usize) -> u64;

    /// Whether a key with this piece may have another one behind it.
    fn goes_on(&self, piece: u64, level: usize) -> bool;

    /// Compares two items whose first [`LEVELS`] pieces are equal.
    fn compare(&self, a: u64, b: u64) -> Ordering;
}

/// An item in its place: the piece that it was last compared by above, the item itself below, so that one
/// comparison decides and equals stay in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry(u128);

impl Entry {
    fn new(item: u64, keys: &impl Keys, level: usize) -> Self {
        Self(u128::from(keys.piece(item, level)) << u64::BITS | u128::from(item))
    }

    fn piece(self) -> u64 {
        (self.0 >> u64::BITS) as u64
    }

    /// The item; where equals are told, in its lower 32 bits.
    pub(super) fn item(self) -> u64 {
        // The lowest bits are the item.
        self.0 as u64
    }

    /// Whether its key is that of the item before; only where that is told.
    pub(super) fn equals_before(self) -> bool {
        self.0 & EQUAL != 0
    }
}

/// Sorts items, on all cores of the current pool of threads.
pub(super) fn sort<Of: Keys>(
    items: impl IndexedParallelIterator<Item = u64>,
    keys: &Of,
) -> Vec<Entry> {
    let entry = |item| {
        debug_assert!(!Of::TELLS_EQUALS || item <= u64::from(u32::MAX));
        Entry::new(item, keys, 0)
    };
    let mut entries: Vec<Entry> = items.map(entry).collect();
    sorting::sort(&mut entries);
    entries
        .par_chunk_by_mut(|a, b| a.piece() == b.piece())
        .for_each(|run| refine(run, keys, 0));
    entries
}

/// Sorts items that are equal up to a piece.
fn refine<Of: Keys>(run: &mut [Entry], keys: &Of, level: usize) {
    if run.len() < 2 {
        return;
    }
    if !keys.goes_on(run[0].piece(), level) {
        if Of::TELLS_EQUALS {
            run[1..].iter_mut().for_each(|entry| entry.0 |= EQUAL);
        }
        return;
    }
    let level = level + 1;
    if level == LEVELS {
        let compare = |a: Entry, b: Entry| keys.compare(a.item(), b.item());
        run.sort_by(|&a, &b| compare(a, b).then_with(|| a.item().cmp(&b.item())));
        for at in (1..run.len()).rev() {
            if Of::TELLS_EQUALS && compare(run[at - 1], run[at]).is_eq() {
                run[at].0 |= EQUAL;
            }
        }
        return;
    }
    for entry in run.iter_mut() {
        *entry = Entry::new(entry.item(), keys, level);
    }
    run.sort_unstable();
    for run in run.chunk_by_mut(|a, b| a.piece() == b.piece()) {
        refine(run, keys, level);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Lists of numbers of two bits, each a piece with whether another one follows.
    struct Lists(Vec<Vec<u64>>);

    impl Keys for Lists {
        fn piece(&self, item: u64, level: usize) -> u64 {
            let list = &self.0[item as usize];
            list.get(level).map_or(0, |number| number << 1 | 1)
        }

        fn goes_on(&self, piece: u64, _: usize) -> bool {
            piece & 1 == 1
        }

        fn compare(&self, a: u64, b: u64) -> Ordering {
            self.0[a as usize].cmp(&self.0[b as usize])
        }
    }

    proptest! {
        #[test]
        fn items_are_sorted_by_keys_of_any_length(
            (alike, lists) in (0_usize..80, proptest::collection::vec(
                proptest::collection::vec(0_u64..3, 0..5), 0..60,
            )),
        ) {
            // Some that differ only where pieces are not looked at any more.
            let lengthen = |list: Vec<u64>| [vec![1; alike], list].concat();
            let lists = Lists(lists.into_iter().map(lengthen).collect());
            let mut expected: Vec<u64> = (0..lists.0.len() as u64).collect();
            expected.sort_by_key(|&item| &lists.0[item as usize]);
            let sorted = sort(expected.clone().into_par_iter(), &lists);
            prop_assert!(sorted.iter().map(|one| u64::from(one.item() as u32)).eq(expected));
            let list = |one: &Entry| &lists.0[one.item() as u32 as usize];
            for (at, one) in sorted.iter().enumerate() {
                let equals = at > 0
                    && list(&sorted[at - 1]) == list(one);
                prop_assert_eq!(one.equals_before(), equals);
            }
        }
    }
}
