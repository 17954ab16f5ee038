//! Small numbers, one for each track or entity, in as few bytes as the largest of them needs.
//!
//! In: numbers, or values that are numbered here by their order. Out: the same by place, and the places
//! with some of them. What stays true: whatever the values are, none is rounded or cut.

use std::ops::Range;

use rayon::prelude::*;

use super::super::bits::Bits;

/// Places that one task fills at least.
const CHUNK: usize = 8192;

/// Numbers by place.
#[derive(Debug)]
pub(super) enum Codes {
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
}

impl Codes {
    /// `count` numbers, none above `largest`; on all cores.
    pub(super) fn new(count: usize, largest: u32, code: impl Fn(u32) -> u32 + Send + Sync) -> Self {
        // Whatever the catalog holds is numbered by 32 bits.
        let places = (0..count as u32).into_par_iter().with_min_len(CHUNK);
        match largest {
            0..=0xff => Self::One(places.map(|at| code(at) as u8).collect()),
            0x100..=0xffff => Self::Two(places.map(|at| code(at) as u16).collect()),
            _ => Self::Four(places.map(code).collect()),
        }
    }

    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::One(codes) => codes.len(),
            Self::Two(codes) => codes.len(),
            Self::Four(codes) => codes.len(),
        }
    }

    /// The number at a place.
    ///
    /// # Panics
    /// There is no such place.
    pub(super) fn get(&self, at: u32) -> u32 {
        let at = at as usize;
        match self {
            Self::One(codes) => codes[at].into(),
            Self::Two(codes) => codes[at].into(),
            Self::Four(codes) => codes[at],
        }
    }

    /// The places whose number is in a range.
    pub(super) fn within(&self, range: Range<u32>) -> Bits {
        // In the width of the numbers, so that one instruction compares many of them. What does not fit is
        // above all of them.
        fn among<T: Copy + Ord + TryFrom<u32>>(codes: &[T], range: Range<u32>) -> Bits {
            let last = range.end.checked_sub(1).filter(|&last| range.start <= last);
            let (Ok(first), Some(last)) = (T::try_from(range.start), last) else {
                return Bits::new(codes.len());
            };
            match T::try_from(last) {
                Ok(last) => Bits::matching(codes, |code| (first <= code) & (code <= last)),
                Err(_) => Bits::matching(codes, |code| first <= code),
            }
        }
        match self {
            Self::One(codes) => among(codes, range),
            Self::Two(codes) => among(codes, range),
            Self::Four(codes) => among(codes, range),
        }
    }

    /// The memory that they take, in bytes.
    pub(super) fn memory(&self) -> usize {
        match self {
            Self::One(codes) => size_of_val(&**codes),
            Self::Two(codes) => size_of_val(&**codes),
            Self::Four(codes) => size_of_val(&**codes),
        }
    }
}

/// Values by place, some of them unknown.
#[derive(Debug)]
pub(super) struct Ranks {
    /// 0 where the value is unknown, else one more than its place in `values`.
    pub(super) codes: Codes,
    /// Each known value once, ascending.
    pub(super) values: Vec<i64>,
}

impl Ranks {
    /// Numbers `count` values, on all cores.
    pub(super) fn new(count: usize, value: impl Fn(u32) -> Option<i64> + Sync) -> Self {
        let places = (0..count as u32).into_par_iter().with_min_len(CHUNK);
        let mut values: Vec<i64> = places.filter_map(&value).collect();
        values.par_sort_unstable();
        values.dedup();
        values.shrink_to_fit();
        let rank = |at: u32| {
            let known = value(at).map(|value| values.partition_point(|&other| other <= value));
            // No more than there are places.
            known.unwrap_or_default() as u32
        };
        Self {
            codes: Codes::new(count, values.len() as u32, rank),
            values,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_width_come_back() {
        for (largest, width) in [(0xff, 1), (0x100, 2), (0xffff, 2), (0x1_0000, 4)] {
            let codes = Codes::new(130, largest, |at| largest - at);
            assert_eq!(codes.memory(), 130 * width, "{largest}");
            assert!((0..130).all(|at| codes.get(at) == largest - at));
            for (range, places) in [
                (largest - 69..largest + 1, 0..70),
                (largest - 69..u32::MAX, 0..70),
                (largest - 129..largest - 127, 128..130),
                (largest..largest, 0..0),
                (largest + 1..largest + 2, 0..0),
                (largest + 1..u32::MAX, 0..0),
                (0..u32::MAX, 0..130),
            ] {
                let found = codes.within(range.clone());
                assert!(found.iter().eq(places), "{largest} {range:?}");
            }
        }
    }

    #[test]
    fn values_are_ranked_whatever_they_are() {
        let all = [
            Some(i64::MAX),
            None,
            Some(-40_000),
            Some(i64::MIN),
            Some(-40_000),
        ];
        let ranks = Ranks::new(all.len(), |at| all[at as usize]);
        assert_eq!(ranks.values, [i64::MIN, -40_000, i64::MAX]);
        let codes: Vec<u32> = (0..5).map(|at| ranks.codes.get(at)).collect();
        assert_eq!(codes, [3, 0, 2, 1, 2]);
    }
}
