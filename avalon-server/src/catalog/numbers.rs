//! A column of numbers of which some are unknown: four bytes each, since a million tracks have four of them.
//!
//! In: numbers one after the other. Out: the same by their place. What stays true: every number comes back as it was,
//! also those that need more than four bytes, which are kept beside the others.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Stands for an unknown number.
const UNKNOWN: i32 = i32::MIN;

/// Stands for one that is kept beside.
const LARGE: i32 = i32::MIN + 1;

/// Numbers, or that they are unknown, by place.
#[derive(Debug, Default)]
pub struct Numbers {
    small: Vec<i32>,
    /// By place, those that are too large for the others, or that stand for something else there.
    large: FxHashMap<u32, i64>,
}

impl Numbers {
    /// Adds a number. There must be fewer than 2³² - 1 before it.
    pub fn push(&mut self, number: Option<i64>) {
        let small = code(number);
        if small == LARGE
            && let Some(large) = number
        {
            self.large.insert(self.small.len() as u32, large);
        }
        self.small.push(small);
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.small.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.small.is_empty()
    }

    /// The number at this place.
    ///
    /// # Panics
    /// There is no such place.
    pub fn get(&self, at: u32) -> Option<i64> {
        match self.small[at as usize] {
            UNKNOWN => None,
            LARGE => self.large.get(&at).copied(),
            small => Some(small.into()),
        }
    }

    /// All numbers in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = Option<i64>> {
        // There are no more places than that.
        (0..self.len() as u32).map(|at| self.get(at))
    }

    /// The number of each member; on all cores. There must be fewer than 2³² of them.
    pub fn gathered<T: Sync>(members: &[T], number: impl Fn(&T) -> Option<i64> + Sync) -> Self {
        let small = gathered(members, |member| code(number(member)));
        let large = small.iter().zip(members).zip(0..);
        let large = large
            .filter(|&((&small, _), _)| small == LARGE)
            .filter_map(|((_, member), at)| Some((at, number(member)?)))
            .collect();
        Self { small, large }
    }
}

/// Something of each member, in their order; on all cores.
pub(super) fn gathered<M: Sync, T: Send>(members: &[M], get: impl Fn(&M) -> T + Sync) -> Vec<T> {
    members.par_iter().with_min_len(4096).map(&get).collect()
}

/// What stands for a number.
fn code(number: Option<i64>) -> i32 {
    match number.map(i32::try_from) {
        None => UNKNOWN,
        Some(Ok(small)) if small > LARGE => small,
        Some(_) => LARGE,
    }
}

impl FromIterator<Option<i64>> for Numbers {
    fn from_iter<I: IntoIterator<Item = Option<i64>>>(numbers: I) -> Self {
        let mut all = Self::default();
        numbers.into_iter().for_each(|number| all.push(number));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_come_back() {
        let around = |number: i64| [number - 1, number, number + 1];
        let some: Vec<Option<i64>> = [
            [i64::MIN, i64::MIN + 1, i64::MAX],
            around(0),
            around(i32::MIN.into()),
            around(i32::MAX.into()),
            around(1 << 32),
        ]
        .into_iter()
        .flatten()
        .map(Some)
        .chain([None])
        .collect();
        let all: Numbers = some.iter().copied().collect();
        assert_eq!(all.iter().collect::<Vec<_>>(), some);
        let places: Vec<usize> = (0..some.len()).rev().chain(0..some.len()).collect();
        let gathered = Numbers::gathered(&places, |&at| some[at]);
        let expected: Vec<Option<i64>> = places.iter().map(|&at| some[at]).collect();
        assert_eq!(gathered.iter().collect::<Vec<_>>(), expected);
        assert!(Numbers::default().is_empty() && gathered.len() == expected.len());
    }
}
