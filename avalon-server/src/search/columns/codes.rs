//! Small numbers, one for each track or entity, in as few bytes as the largest of them needs.
//!
//! In: numbers, or values that are numbered here by their order. Out: the same by place, and the places
//! with some of them. What stays true: whatever the values are, none is rounded or cut.

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

    /// The places whose number passes.
    pub(super) fn matching(&self, passes: impl Fn(u32) -> bool) -> Bits {
        fn among<T: Copy + Into<u32>>(codes: &[T], passes: impl Fn(u32) -> bool) -> Bits {
            Bits::matching(codes.len(), |at| passes(codes[at as usize].into()))
        }
        match self {
            Self::One(codes) => among(codes, passes),
            Self::Two(codes) => among(codes, passes),
            Self::Four(codes) => among(codes, passes),
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
            let found = codes.matching(|code| code > largest - 70);
            assert!(found.iter().eq(0..70), "{largest}");
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
