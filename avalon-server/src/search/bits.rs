//! A set of numbers below a bound as one bit each, to be made and combined by one request.

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

    /// The numbers below `bound` that pass; each is asked for once, in order.
    pub fn matching(bound: usize, mut passes: impl FnMut(u32) -> bool) -> Self {
        let word = |at: usize| {
            let numbers = at * 64..bound.min(at * 64 + 64);
            numbers.fold(0, |word, number| {
                // Members are numbered by 32 bits.
                word | u64::from(passes(number as u32)) << (number % 64)
            })
        };
        Self {
            words: (0..bound.div_ceil(64)).map(word).collect(),
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
    pub fn insert_range(&mut self, range: std::ops::Range<u32>) {
        if range.is_empty() {
            return;
        }
        let (first, last) = (range.start as usize / 64, (range.end - 1) as usize / 64);
        let head = u64::MAX << (range.start % 64);
        let tail = u64::MAX >> (63 - (range.end - 1) % 64);
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
        let others = other.words.iter().chain(std::iter::repeat(&0));
        for (word, other) in self.words.iter_mut().zip(others) {
            *word &= other;
        }
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
        for (at, &word) in self.words.iter().enumerate() {
            // Most words of most sets are empty.
            if word == 0 {
                continue;
            }
            let in_other = |other: &Self| other.words.get(at).copied().unwrap_or_default();
            let mut word = word & !in_other(but);
            if let Some(of) = of {
                word &= in_other(of);
            }
            for number in members((at, word)) {
                if out.len() >= most {
                    return;
                }
                out.push(number);
            }
        }
    }

    /// Whether any number of a range is in.
    pub fn any_of(&self, range: std::ops::Range<u32>) -> bool {
        self.range(range).next().is_some()
    }

    /// The memory that it takes, in bytes.
    pub fn memory(&self) -> usize {
        size_of_val(&*self.words)
    }

    /// The numbers of a range that are in, ascending.
    pub fn range(&self, range: std::ops::Range<u32>) -> impl Iterator<Item = u32> {
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
