//! Ranks: the place of each number when its kind is sorted by one field.
//!
//! In: a key for each number. Out: for each number a rank, smaller where the key is smaller and
//! equal where the keys are equal. A request that sorts compares ranks, never names; the sorting
//! of names is done once, at load.

use rayon::prelude::*;

/// The ranks of the numbers below `count` by their keys.
pub(super) fn ranks<Key: Ord>(count: usize, key: impl Fn(u32) -> Key + Sync) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count as u32).collect();
    order.par_sort_unstable_by(|&a, &b| key(a).cmp(&key(b)));
    let mut ranks = vec![0; count];
    let mut rank = 0;
    for pair in order.windows(2) {
        rank += u32::from(key(pair[0]) != key(pair[1]));
        ranks[pair[1] as usize] = rank;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_have_equal_ranks() {
        let keys = [Some(5), None, Some(-1), Some(5), Some(7)];
        assert_eq!(ranks(5, |number| keys[number as usize]), [2, 0, 1, 2, 3]);
        assert_eq!(ranks(0, |number| number), &[] as &[u32]);
    }
}
