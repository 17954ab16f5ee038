//! Where the groups of equals of an order begin.
//!
//! In: the places at which they do. Out: for any place the group that it lies in. A bit for each place is read in
//! the order of places, where the ranks of what is there would be read from anywhere.

use std::ops::Range;

/// Places at which groups begin; the first is one, if there is any.
#[derive(Debug)]
pub(super) struct Begins {
    words: Box<[u64]>,
    /// How many places there are.
    len: usize,
}

impl Begins {
    /// Of so many places, those at which groups begin.
    pub(super) fn new(len: usize, places: impl Iterator<Item = usize>) -> Self {
        let mut words = vec![0_u64; len.div_ceil(64)];
        places.for_each(|place| words[place / 64] |= 1 << (place % 64));
        Self {
            words: words.into(),
            len,
        }
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        size_of_val(&*self.words)
    }

    /// The group in which a place lies.
    pub(super) fn group(&self, place: usize) -> Range<usize> {
        let mut at = place / 64;
        // Up to the place.
        let mut word = self.words[at] & u64::MAX >> (63 - place % 64);
        while word == 0 && at > 0 {
            at -= 1;
            word = self.words[at];
        }
        let start = at * 64 + word.checked_ilog2().unwrap_or_default() as usize;
        start..self.next(place + 1)
    }

    /// The first place from this one on at which a group begins; behind the last group, how many there are.
    pub(super) fn next(&self, place: usize) -> usize {
        let mut at = place / 64;
        let Some(&word) = self.words.get(at) else {
            return self.len;
        };
        let mut word = word & u64::MAX << (place % 64);
        while word == 0 {
            at += 1;
            match self.words.get(at) {
                None => return self.len,
                Some(&next) => word = next,
            }
        }
        at * 64 + word.trailing_zeros() as usize
    }

    /// All groups of at least so many.
    pub(super) fn groups_of(&self, least: usize) -> Vec<Range<usize>> {
        let mut groups = Vec::new();
        let mut start = 0;
        while start < self.len {
            let end = self.next(start + 1);
            if end - start >= least {
                groups.push(start..end);
            }
            start = end;
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn groups_are_those_that_were_told(sizes in proptest::collection::vec(1_usize..200, 0..30)) {
            let starts = || sizes.iter().scan(0, |start, size| {
                let begin = *start;
                *start += size;
                Some(begin)
            });
            let len = sizes.iter().sum();
            let begins = Begins::new(len, starts());
            let groups: Vec<Range<usize>> = starts().zip(&sizes).map(|(at, size)| at..at + size).collect();
            for group in &groups {
                for place in group.clone() {
                    prop_assert_eq!(begins.group(place), group.clone());
                    prop_assert_eq!(begins.next(place), if place == group.start { place } else { group.end });
                }
            }
            prop_assert_eq!(begins.next(len), len);
            let large = groups.iter().filter(|group| group.len() >= 100).cloned();
            prop_assert_eq!(begins.groups_of(100), large.collect::<Vec<_>>());
        }
    }
}
