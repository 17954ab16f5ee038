//! A large set of numbers as one bit each.
//!
//! In: bits, or numbers by [`Marks`]. Out: whether a number is a member, and the members from any
//! place on, without a look at those before it: with each block of bits stands how many members lie
//! before it.

use std::ops::Range;

/// Words of a block, the unit of counting.
const BLOCK: usize = 8;

/// A set of numbers. There may be no words for the largest numbers, of which none is a member then.
#[derive(Clone, Debug)]
pub struct Bitmap {
    words: Box<[u64]>,
    /// Members before each block.
    before: Box<[u32]>,
    len: u32,
}

impl Bitmap {
    /// The set whose members' bits are set.
    pub fn new(words: Box<[u64]>) -> Self {
        let mut len = 0;
        let before = words
            .chunks(BLOCK)
            .map(|block| {
                let before = len;
                len += block.iter().map(|word| word.count_ones()).sum::<u32>();
                before
            })
            .collect();
        Self { words, before, len }
    }

    /// The set of some numbers, of which none is larger than `last`.
    pub fn up_to(last: u32, numbers: impl Iterator<Item = u32>) -> Self {
        let mut words = vec![0_u64; last as usize / 64 + 1];
        numbers.for_each(|number| words[number as usize / 64] |= 1 << (number % 64));
        Self::new(words.into())
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether `number` is a member.
    pub fn contains(&self, number: u32) -> bool {
        let word = self.words.get(number as usize / 64);
        word.is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// How many of some numbers are members.
    pub(super) fn count(&self, numbers: &[u32]) -> usize {
        let are_in = numbers
            .iter()
            .map(|&number| usize::from(self.contains(number)));
        are_in.sum()
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        size_of_val(&*self.words) + size_of_val(&*self.before)
    }

    /// The members that both have.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let words = self.words.iter().zip(&other.words);
        Self::new(words.map(|(a, b)| a & b).collect())
    }

    /// Gives all members in ascending order.
    pub(super) fn for_each(&self, mut member: impl FnMut(u32)) {
        for (at, &word) in (0..).zip(&self.words) {
            let mut word = word;
            while word != 0 {
                member(at * 64 + word.trailing_zeros());
                word &= word - 1;
            }
        }
    }

    /// How many members are below `number`.
    pub fn rank(&self, number: u32) -> u32 {
        let at = number as usize / 64;
        let block = at / BLOCK;
        let before = self.before.get(block).copied().unwrap_or(self.len);
        let words = self.words.get(block * BLOCK..at.min(self.words.len()));
        let words = words.unwrap_or_default();
        let bits = self
            .words
            .get(at)
            .map_or(0, |word| word & ((1 << (number % 64)) - 1));
        before + words.iter().map(|word| word.count_ones()).sum::<u32>() + bits.count_ones()
    }

    /// Leaves out members, without the first `skipped`, as long as no more than `most` of them are in another set:
    /// how many, and how many of these are in it.
    pub(super) fn pass(&self, other: &Self, skipped: usize, most: usize) -> (usize, usize) {
        // The word before `at` is begun.
        let Members { mut at, mut word } = self.members(skipped);
        let (mut left_out, mut shared) = (0, 0);
        loop {
            let theirs = other.words.get(at.saturating_sub(1)).copied();
            let mut both = word & theirs.unwrap_or_default();
            let count = both.count_ones() as usize;
            if shared + count > most {
                // Up to the first that is too much.
                for _ in shared..most {
                    both &= both - 1;
                }
                let before = word & ((1 << both.trailing_zeros()) - 1);
                return (left_out + before.count_ones() as usize, most);
            }
            left_out += word.count_ones() as usize;
            shared += count;
            // Of whole blocks its own members are counted, and words beside each other are counted faster.
            while at % BLOCK == 0
                && let Some(own) = self.words.get(at..at + BLOCK)
                && let Some(theirs) = other.words.get(at..at + BLOCK)
            {
                let both = own.iter().zip(theirs).map(|(a, b)| (a & b).count_ones());
                let count = both.sum::<u32>() as usize;
                if shared + count > most {
                    break;
                }
                shared += count;
                let block = at / BLOCK;
                let after = self.before.get(block + 1).copied().unwrap_or(self.len);
                left_out += (after - self.before[block]) as usize;
                at += BLOCK;
            }
            let Some(&next) = self.words.get(at) else {
                return (left_out, shared);
            };
            word = next;
            at += 1;
        }
    }

    /// The members in ascending order, without the first `skipped`.
    pub fn members(&self, skipped: usize) -> Members {
        let mut members = Members { at: 0, word: 0 };
        if skipped >= self.len() {
            members.at = self.words.len();
            return members;
        }
        let skipped = skipped as u32;
        let block = self.before.partition_point(|&before| before <= skipped) - 1;
        let mut left = skipped - self.before[block];
        let mut at = block * BLOCK;
        loop {
            let ones = self.words[at].count_ones();
            if left < ones {
                break;
            }
            left -= ones;
            at += 1;
        }
        let mut word = self.words[at];
        for _ in 0..left {
            word &= word - 1;
        }
        Members { at: at + 1, word }
    }
}

impl FromIterator<u32> for Bitmap {
    /// The set of numbers that may come in any order, and repeatedly.
    fn from_iter<Numbers: IntoIterator<Item = u32>>(numbers: Numbers) -> Self {
        let mut words = Vec::new();
        for number in numbers {
            let at = number as usize / 64;
            if at >= words.len() {
                words.resize(at + 1, 0);
            }
            words[at] |= 1 << (number % 64);
        }
        Self::new(words.into())
    }
}

/// A place among the members of a bitmap, which it does not hold.
#[derive(Clone, Copy, Debug)]
pub struct Members {
    /// The next word.
    at: usize,
    /// What is left of the word before it.
    word: u64,
}

impl Members {
    /// The next member of the bitmap that this place is of.
    pub fn next(&mut self, of: &Bitmap) -> Option<u32> {
        while self.word == 0 {
            self.word = *of.words.get(self.at)?;
            self.at += 1;
        }
        let bit = self.word.trailing_zeros();
        self.word &= self.word - 1;
        // Members are numbered by 32 bits.
        Some((self.at as u32 - 1) * 64 + bit)
    }

    /// The rest of them.
    pub fn iter(mut self, of: &Bitmap) -> impl Iterator<Item = u32> + Clone {
        std::iter::from_fn(move || self.next(of))
    }
}

/// Bits that are marked and read off again and again: of a set of few members only their words are
/// looked at.
#[derive(Debug)]
pub(super) struct Marks {
    words: Vec<u64>,
    /// Which of the words have a bit set.
    touched: Vec<u64>,
}

impl Marks {
    /// For numbers below `bound`.
    pub(super) fn new(bound: usize) -> Self {
        let words = vec![0; bound.div_ceil(64)];
        let touched = vec![0; words.len().div_ceil(64)];
        Self { words, touched }
    }

    pub(super) fn mark(&mut self, number: u32) {
        let at = number as usize / 64;
        self.words[at] |= 1 << (number % 64);
        self.touched[at / 64] |= 1 << (at % 64);
    }

    /// Marks neighbours.
    pub(super) fn mark_range(&mut self, numbers: Range<u32>) {
        let mut start = numbers.start;
        while start < numbers.end {
            let at = start as usize / 64;
            let end = numbers.end.min((start | 63).saturating_add(1));
            let bits = u64::MAX >> (64 - (end - start)) << (start % 64);
            self.words[at] |= bits;
            self.touched[at / 64] |= 1 << (at % 64);
            start = end;
        }
    }

    /// Marks the members of a set.
    pub(super) fn mark_all(&mut self, set: &Bitmap) {
        for (at, (word, &bits)) in self.words.iter_mut().zip(&set.words).enumerate() {
            *word |= bits;
            self.touched[at / 64] |= u64::from(bits != 0) << (at % 64);
        }
    }

    /// Whether a number is marked.
    pub(super) fn contains(&self, number: u32) -> bool {
        self.words[number as usize / 64] >> (number % 64) & 1 == 1
    }

    /// How many are marked.
    pub(super) fn len(&self) -> usize {
        let mut len = 0;
        for (group, &touched) in self.touched.iter().enumerate() {
            let mut touched = touched;
            while touched != 0 {
                let at = group * 64 + touched.trailing_zeros() as usize;
                touched &= touched - 1;
                len += self.words[at].count_ones() as usize;
            }
        }
        len
    }

    /// The bits as they stand, which are cleared here.
    pub(super) fn take_bits(&mut self) -> Bitmap {
        let bits = Bitmap::new(self.words.as_slice().into());
        self.words.fill(0);
        self.touched.fill(0);
        bits
    }

    /// Gives all marked numbers in ascending order and clears them.
    pub(super) fn drain(&mut self, mut member: impl FnMut(u32)) {
        for (group, touched) in self.touched.iter_mut().enumerate() {
            while *touched != 0 {
                let at = group * 64 + touched.trailing_zeros() as usize;
                *touched &= *touched - 1;
                let mut word = std::mem::take(&mut self.words[at]);
                while word != 0 {
                    member(at as u32 * 64 + word.trailing_zeros());
                    word &= word - 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bitmap(bound: usize, members: &[u32]) -> Bitmap {
        let mut marks = Marks::new(bound);
        members.iter().for_each(|&member| marks.mark(member));
        marks.take_bits()
    }

    proptest! {
        #[test]
        fn members_are_found_from_any_place(
            members in proptest::collection::btree_set(0_u32..3000, 0..400),
            others in proptest::collection::btree_set(0_u32..3000, 0..400),
        ) {
            let all: Vec<u32> = members.iter().copied().collect();
            let set = bitmap(3000, &all);
            prop_assert_eq!((set.len(), set.is_empty()), (all.len(), all.is_empty()));
            for skipped in [0, 1, all.len() / 2, all.len().saturating_sub(1), all.len(), 9999] {
                let rest: Vec<u32> = set.members(skipped).iter(&set).collect();
                prop_assert_eq!(&rest[..], all.get(skipped..).unwrap_or_default());
            }
            let mut each = Vec::new();
            set.for_each(|number| each.push(number));
            prop_assert_eq!(&each, &all);
            for number in 0..3000 {
                prop_assert_eq!(set.contains(number), members.contains(&number));
                prop_assert_eq!(set.rank(number) as usize, members.range(..number).count());
            }
            prop_assert_eq!(&all.iter().rev().copied().collect::<Bitmap>().words[..], {
                let used = all.last().map_or(0, |&last| last as usize / 64 + 1);
                &set.words[..used]
            });
            let short: Bitmap = all.iter().copied().collect();
            let last = all.last().copied().unwrap_or(9);
            prop_assert_eq!(&Bitmap::up_to(last, all.iter().copied()).words[..], match all.len() {
                0 => &[0][..],
                _ => &short.words[..],
            });
            for number in [0, 1500, 2999, 9999] {
                prop_assert_eq!(short.rank(number), set.rank(number));
            }
            let other = bitmap(3000, &others.iter().copied().collect::<Vec<_>>());
            for skipped in [0, 1, all.len() / 2, all.len(), 9999] {
                let rest = all.get(skipped..).unwrap_or_default();
                for most in [0, 1, 2, 9, 400] {
                    // Up to the first that is one too much.
                    let mut shared = 0;
                    let is_left_out = |number: &&u32| {
                        shared += usize::from(others.contains(number));
                        shared <= most
                    };
                    let left_out = rest.iter().take_while(is_left_out).count();
                    let shared = rest[..left_out].iter().filter(|number| others.contains(number)).count();
                    prop_assert_eq!(set.pass(&other, skipped, most), (left_out, shared));
                }
            }
            let both = set.and(&other);
            let expected: Vec<u32> = members.intersection(&others).copied().collect();
            prop_assert_eq!(both.members(0).iter(&both).collect::<Vec<_>>(), expected);
        }

        #[test]
        fn marks_are_clear_after_each_reading(sets in proptest::collection::vec(
            prop_oneof![Just(100_u32), Just(9000)].prop_flat_map(|bound| {
                proptest::collection::btree_set(0..bound, 0..50)
            }), 0..5,
        )) {
            let mut marks = Marks::new(9000);
            for mut set in sets {
                set.iter().for_each(|&number| marks.mark(number));
                let (first, last) = (set.first().copied(), set.last().copied());
                if let (Some(first), Some(last)) = (first, last) && last - first < 300 {
                    marks.mark_range(first..last + 1);
                    set.extend(first..=last);
                }
                prop_assert_eq!(marks.len(), set.len());
                prop_assert!((0..9000).all(|number| marks.contains(number) == set.contains(&number)));
                let mut read = Vec::new();
                marks.drain(|number| read.push(number));
                prop_assert_eq!(read, set.into_iter().collect::<Vec<_>>());
            }
        }
    }
}
