//! A set of numbers of middling size: their lower halves in one list, two bytes each.
//!
//! In: ascending numbers. Out: the same, from any place on, and the members that a list has too. The
//! upper halves are not stored: for each there is where its members end.

use super::bitmap::Bitmap;

/// A set of numbers below a bound.
#[derive(Clone, Debug)]
pub struct Packed {
    /// For each upper half from 0 on, where the members that have it end in `lows`.
    ends: Box<[u32]>,
    lows: Box<[u16]>,
}

/// A set of numbers to come, the smaller ones first.
#[derive(Debug)]
pub(super) struct Packing {
    ends: Vec<u32>,
    lows: Vec<u16>,
}

impl Packing {
    /// With room for so many.
    pub(super) fn with_capacity(count: usize) -> Self {
        Self {
            ends: Vec::new(),
            lows: Vec::with_capacity(count),
        }
    }

    /// Adds a number that is larger than all before.
    pub(super) fn push(&mut self, number: u32) {
        let high = (number >> 16) as usize;
        if self.ends.len() <= high {
            // There are no more members than numbers.
            self.ends.resize(high + 1, self.lows.len() as u32);
        }
        self.ends[high] += 1;
        // The lower half is what is wanted.
        self.lows.push(number as u16);
    }
}

impl From<Packing> for Packed {
    fn from(packing: Packing) -> Self {
        Self {
            ends: packing.ends.into(),
            lows: packing.lows.into(),
        }
    }
}

impl Packed {
    /// Packs ascending numbers without repeats.
    pub fn new(numbers: &[u32]) -> Self {
        let mut packing = Packing::with_capacity(numbers.len());
        numbers.iter().for_each(|&number| packing.push(number));
        packing.into()
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.lows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lows.is_empty()
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        size_of_val(&*self.ends) + size_of_val(&*self.lows)
    }

    /// The members in ascending order, without the first `skipped`.
    pub fn members(&self, skipped: usize) -> impl Iterator<Item = u32> + Clone {
        let mut high = self.ends.partition_point(|&end| end as usize <= skipped);
        let lows = self.lows.get(skipped..).unwrap_or_default();
        (skipped..).zip(lows).map(move |(at, &low)| {
            while self.ends[high] as usize <= at {
                high += 1;
            }
            (high as u32) << 16 | u32::from(low)
        })
    }

    /// The same as one bit each.
    pub fn bits(&self) -> Bitmap {
        // Behind the last of the last upper half.
        let last = ((self.ends.len().max(1) << 16) - 1) as u32;
        Bitmap::up_to(last, self.members(0))
    }

    /// Whether a number is a member.
    pub fn contains(&self, number: u32) -> bool {
        // The lower half is what is stored.
        let low = number as u16;
        self.lows_of((number >> 16) as usize)
            .binary_search(&low)
            .is_ok()
    }

    /// Keeps of ascending numbers those that are members.
    pub fn retain(&self, numbers: &mut Vec<u32>) {
        // The upper half that `rest` is of.
        let mut high = 0;
        let mut rest = self.lows_of(0);
        numbers.retain(|&number| {
            if number >> 16 != high {
                high = number >> 16;
                rest = self.lows_of(high as usize);
            }
            let low = number as u16;
            rest = gallop(rest, |&other| other < low);
            rest.first() == Some(&low)
        });
    }

    fn lows_of(&self, high: usize) -> &[u16] {
        let Some(&end) = self.ends.get(high) else {
            return &[];
        };
        let start = high.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.lows[start as usize..end as usize]
    }
}

/// The list without its first members, all those for which `is_before` holds: doubling steps until
/// one is passed for which it does not, then a search in the last step.
pub(crate) fn gallop<T>(list: &[T], is_before: impl Fn(&T) -> bool) -> &[T] {
    let mut step = 1;
    while step < list.len() && is_before(&list[step]) {
        step *= 2;
    }
    // Up to half of the step all are before.
    let near = &list[..list.len().min(step + 1)];
    &list[near.partition_point(is_before)..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn members_come_back_from_any_place(
            members in proptest::collection::btree_set(0_u32..300_000, 0..200),
            others in proptest::collection::btree_set(0_u32..300_000, 0..200),
        ) {
            let all: Vec<u32> = members.iter().copied().collect();
            let packed = Packed::new(&all);
            prop_assert_eq!((packed.len(), packed.is_empty()), (all.len(), all.is_empty()));
            for skipped in [0, 1, all.len() / 2, all.len(), 9999] {
                let rest: Vec<u32> = packed.members(skipped).collect();
                prop_assert_eq!(&rest[..], all.get(skipped..).unwrap_or_default());
            }
            let mut kept: Vec<u32> = others.iter().copied().chain(all.iter().copied()).collect();
            kept.sort_unstable();
            kept.dedup();
            packed.retain(&mut kept);
            prop_assert_eq!(&kept, &all);
            let bits = packed.bits();
            prop_assert_eq!(bits.members(0).iter(&bits).collect::<Vec<_>>(), &all[..]);
            for number in members.iter().chain(&others) {
                prop_assert_eq!(packed.contains(*number), members.contains(number));
            }
            let mut kept: Vec<u32> = others.iter().copied().collect();
            packed.retain(&mut kept);
            prop_assert_eq!(kept, members.intersection(&others).copied().collect::<Vec<_>>());
        }
    }

    #[test]
    fn galloping_passes_all_that_are_before() {
        let list: Vec<u32> = (0..100).collect();
        for limit in [0, 1, 2, 3, 50, 98, 99, 100, 500] {
            let rest = gallop(&list, |&number| number < limit);
            assert_eq!(rest.len(), 100 - limit.min(100) as usize);
        }
        assert_eq!(gallop(&[] as &[u32], |_| true), &[] as &[u32]);
    }
}
