//! A set of numbers below a bound as one bit each, to be made and combined by one request.

use std::ops::{Range, RangeInclusive};

/// A set of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// None of the numbers below `bound`, which may all be put in.
    pub fn new(bound: usize) -> Self {
        Self {
            words: vec![0; bound.div_ceil(64)],
        }
    }

    /// The places of a list whose values pass; each is asked for once, in order.
    pub fn matching<T: Copy>(values: &[T], passes: impl Fn(T) -> bool) -> Self {
        let word = |values: &[T]| {
            // One byte for each value first: that is done for many values by one instruction.
            let mut flags = [0; 64];
            for (flag, &value) in flags.iter_mut().zip(values) {
                *flag = u8::from(passes(value));
            }
            packed(&flags)
        };
        Self {
            words: values.chunks(64).map(word).collect(),
        }
    }

    /// Puts a number in.
    ///
    /// # Panics
    /// It is not below the bound, rounded up to 64.
    pub fn insert(&mut self, number: u32) {
        self.words[number as usize / 64] |= 1 << (number % 64);
    }

    /// Puts a number in; gives whether it was not in before.
    ///
    /// # Panics
    /// As [`Bits::insert`].
    pub fn insert_new(&mut self, number: u32) -> bool {
        let word = &mut self.words[number as usize / 64];
        let bit = 1 << (number % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Takes a number out.
    pub fn remove(&mut self, number: u32) {
        if let Some(word) = self.words.get_mut(number as usize / 64) {
            *word &= !(1 << (number % 64));
        }
    }

    /// Puts all numbers of a range in.
    ///
    /// # Panics
    /// As [`Bits::insert`].
    pub fn insert_range(&mut self, range: Range<u32>) {
        let Some((places, head, tail)) = parts(&range) else {
            return;
        };
        let (first, last) = places.into_inner();
        if first == last {
            self.words[first] |= head & tail;
            return;
        }
        self.words[first] |= head;
        self.words[first + 1..last].fill(u64::MAX);
        self.words[last] |= tail;
    }

    /// Takes the numbers out that do not pass.
    pub fn retain(&mut self, passes: impl Fn(u32) -> bool) {
        for (at, word) in self.words.iter_mut().enumerate() {
            for number in members((at, *word)) {
                if !passes(number) {
                    *word &= !(1 << (number % 64));
                }
            }
        }
    }

    /// Whether a number is in.
    pub fn contains(&self, number: u32) -> bool {
        let word = self.words.get(number as usize / 64);
        word.is_some_and(|word| word >> (number % 64) & 1 != 0)
    }

    /// How many numbers are in.
    pub fn len(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Keeps what is in both.
    pub fn and(&mut self, other: &Self) {
        let both = self.words.len().min(other.words.len());
        let (words, beyond) = self.words.split_at_mut(both);
        for (word, other) in words.iter_mut().zip(&other.words) {
            *word &= other;
        }
        beyond.fill(0);
    }

    /// Adds what is in the other, of the same bound.
    pub fn or(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    /// Takes out what is in the other.
    pub fn and_not(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
    }

    /// Keeps what is in one of the others too, all of the same bound.
    pub fn and_either(&mut self, one: &Self, other: &Self) {
        let others = one.words.iter().zip(&other.words);
        for (word, (one, other)) in self.words.iter_mut().zip(others) {
            *word &= one | other;
        }
    }

    /// Appends the first numbers, ascending, that are in, not in `but`, and in `of` where there is one,
    /// until there are `most`. Both may have less room.
    pub fn put_without(&self, but: &Self, of: Option<&Self>, most: usize, out: &mut Vec<u32>) {
        for first in (0..self.words.len()).step_by(EIGHT) {
            let mut words = eight(&self.words, first);
            for (word, but) in words.iter_mut().zip(eight(&but.words, first)) {
                *word &= !but;
            }
            if let Some(of) = of {
                for (word, of) in words.iter_mut().zip(eight(&of.words, first)) {
                    *word &= of;
                }
            }
            // Most of most sets is empty.
            if words.iter().fold(0, |any, word| any | word) == 0 {
                continue;
            }
            for number in (first..).zip(words).flat_map(members) {
                if out.len() >= most {
                    return;
                }
                out.push(number);
            }
        }
    }

    /// Whether any number of a range is in.
    pub fn any_of(&self, range: Range<u32>) -> bool {
        let Some((places, head, tail)) = parts(&range) else {
            return false;
        };
        let (first, last) = places.into_inner();
        let word = |at: usize| self.words.get(at).copied().unwrap_or_default();
        if first == last {
            return word(first) & head & tail != 0;
        }
        let within = self.words.get(first + 1..last.min(self.words.len()));
        word(first) & head != 0
            || within.is_some_and(|words| words.iter().any(|&word| word != 0))
            || word(last) & tail != 0
    }

    /// The numbers of a range, counted from its start on.
    pub fn part(&self, range: Range<u32>) -> Self {
        let (first, shift) = (range.start as usize / 64, range.start % 64);
        let word = |at: usize| self.words.get(at).copied().unwrap_or_default();
        let shifted = |at: usize| {
            let next = word(first + at + 1).checked_shl(64 - shift);
            word(first + at) >> shift | next.unwrap_or_default()
        };
        let mut words: Vec<u64> = (0..range.len().div_ceil(64)).map(shifted).collect();
        if let Some(last) = words.last_mut() {
            // As many as of the last word belong to the range.
            *last &= u64::MAX >> (63 - (range.len() as u32 - 1) % 64);
        }
        Self { words }
    }

    /// The memory that it takes, in bytes.
    pub fn memory(&self) -> usize {
        size_of_val(&*self.words)
    }

    /// The numbers of a range that are in, ascending.
    pub fn range(&self, range: Range<u32>) -> impl Iterator<Item = u32> {
        let first = range.start as usize / 64;
        let words = self.words.iter().enumerate();
        let words = words
            .skip(first)
            .take((range.end as usize).div_ceil(64).saturating_sub(first));
        words
            .map(|(at, &word)| (at, word))
            .flat_map(members)
            .skip_while(move |&it| it < range.start)
            .take_while(move |&it| it < range.end)
    }

    /// The numbers, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.words.iter().copied().enumerate().flat_map(members)
    }
}

/// So many words are looked at together.
const EIGHT: usize = 8;

/// The words of a set from one on, none of those beyond its room.
fn eight(words: &[u64], first: usize) -> [u64; EIGHT] {
    if let Some(Some(&eight)) = words.get(first..).map(|rest| rest.first_chunk()) {
        return eight;
    }
    let mut eight = [0; EIGHT];
    let rest = words.get(first..).unwrap_or_default();
    for (word, &there) in eight.iter_mut().zip(rest) {
        *word = there;
    }
    eight
}

/// The words of a range, and what of the first and of the last of them belongs to it; of one word both apply.
fn parts(range: &Range<u32>) -> Option<(RangeInclusive<usize>, u64, u64)> {
    let last = range.end.checked_sub(1).filter(|&it| range.start <= it)?;
    let head = u64::MAX << (range.start % 64);
    let tail = u64::MAX >> (63 - last % 64);
    Some((range.start as usize / 64..=last as usize / 64, head, tail))
}

/// Bit by bit what is 0 or 1 byte by byte.
fn packed(flags: &[u8; 64]) -> u64 {
    let (eights, _) = flags.as_chunks::<8>();
    let word = eights.iter().rev();
    word.fold(0, |word, eight| {
        // Each byte is moved to another bit of the highest one, and none meets another on the way.
        let bits = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        word << 8 | bits
    })
}

/// The numbers whose bits are set in one word.
fn members((at, word): (usize, u64)) -> impl Iterator<Item = u32> {
    let mut left = word;
    std::iter::from_fn(move || {
        let bit = (left != 0).then(|| left.trailing_zeros())?;
        left &= left - 1;
        // Members are numbered by 32 bits.
        Some(at as u32 * 64 + bit)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_of_values_that_pass_are_in_and_no_others() {
        for bound in [0, 1, 7, 8, 63, 64, 65, 130] {
            let values: Vec<u32> = (0..bound).map(|at| at * at % 11).collect();
            let wanted = (0..bound).filter(|&at| values[at as usize] < 4);
            let found = Bits::matching(&values, |value| value < 4);
            assert!(found.iter().eq(wanted), "{bound}");
            let all = Bits::matching(&values, |_| true);
            assert!(all.iter().eq(0..bound), "{bound}");
        }
    }

    fn of(numbers: &[u32], bound: u32) -> Bits {
        let mut bits = Bits::new(bound as usize);
        numbers.iter().for_each(|&number| bits.insert(number));
        bits
    }

    proptest! {
        #[test]
        fn ranges_are_those_of_the_numbers(
            numbers in prop::collection::vec(0..260_u32, 0..40),
            start in 0..300_u32,
            length in 0..200_u32,
        ) {
            let bits = of(&numbers, 260);
            let range = start..start + length;
            let wanted: Vec<u32> = (0..260)
                .filter(|it| numbers.contains(it) && range.contains(it))
                .collect();
            prop_assert_eq!(bits.range(range.clone()).collect::<Vec<_>>(), wanted.clone());
            prop_assert_eq!(bits.any_of(range.clone()), !wanted.is_empty());
            let part = bits.part(range.clone());
            prop_assert!(part.iter().eq(wanted.iter().map(|it| it - start)));
            let mut filled = of(&numbers, 512);
            filled.insert_range(range.clone());
            let wanted = (0..512).filter(|it| numbers.contains(it) || range.contains(it));
            prop_assert!(filled.iter().eq(wanted));
        }

        #[test]
        fn the_first_of_what_is_in_and_not_in_another_are_put(
            one in prop::collection::vec(0..1100_u32, 0..60),
            but in prop::collection::vec(0..1100_u32, 0..60),
            within in prop::option::of(prop::collection::vec(0..1100_u32, 0..600)),
            rooms in [0..1100_u32, 0..1100, 0..1100],
            most in 0..70_usize,
        ) {
            let below = |numbers: &[u32], room| -> Vec<u32> {
                numbers.iter().copied().filter(|&it| it < room).collect()
            };
            let (one, but) = (below(&one, rooms[0]), below(&but, rooms[1]));
            let within = within.map(|it| below(&it, rooms[2]));
            let passes = |it: &u32| {
                !but.contains(it) && within.as_ref().is_none_or(|within| within.contains(it))
            };
            let mut wanted: Vec<u32> = one.iter().copied().filter(passes).collect();
            wanted.sort_unstable();
            wanted.dedup();
            wanted.truncate(most);
            let within_bits = within.as_ref().map(|it| of(it, rooms[2]));
            let mut found = Vec::new();
            of(&one, rooms[0]).put_without(
                &of(&but, rooms[1]),
                within_bits.as_ref(),
                most,
                &mut found,
            );
            prop_assert_eq!(found, wanted);
        }

        #[test]
        fn what_is_in_both_is_kept_whatever_room_they_have(
            one in prop::collection::vec(0..260_u32, 0..40),
            other in prop::collection::vec(0..260_u32, 0..40),
            room in 0..260_u32,
        ) {
            let other: Vec<u32> = other.into_iter().filter(|&it| it < room).collect();
            let wanted: Vec<u32> = (0..260)
                .filter(|it| one.contains(it) && other.contains(it))
                .collect();
            let mut long = of(&one, 260);
            long.and(&of(&other, room));
            prop_assert!(long.iter().eq(wanted.iter().copied()));
            let mut short = of(&other, room);
            short.and(&of(&one, 260));
            prop_assert!(short.iter().eq(wanted));
        }
    }
}
