//! Names that are made up and spread like real ones: the same for the same seed, on every machine.
//! The benchmarks of the server and of the scanner share them.
//!
//! Words are of a vocabulary of 50,000 made of syllables, drawn with frequencies that fall as 1/rank
//! (Zipf). One word in twelve carries an accent.

const WORDS: usize = 50_000;

/// The words, and how often each is drawn.
pub(crate) struct Vocabulary {
    words: Vec<String>,
    zipf: Zipf,
}

impl Vocabulary {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self::of((0..WORDS).map(|_| random.word()).collect())
    }

    /// These words, the most frequent first.
    pub(crate) fn of(words: Vec<String>) -> Self {
        Self {
            zipf: Zipf::new(words.len()),
            words,
        }
    }

    /// A word.
    pub(crate) fn word(&self, random: &mut Random) -> &str {
        &self.words[self.zipf.draw(random)]
    }

    /// A name of `least` to `most` words.
    pub(crate) fn name(&self, random: &mut Random, least: usize, most: usize) -> String {
        let count = least + random.below(most - least + 1);
        let drawn: Vec<&str> = (0..count).map(|_| self.word(random)).collect();
        drawn.join(" ")
    }
}

/// SplitMix64: small, seeded, the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// A new word of one to three syllables.
    pub(crate) fn word(&mut self) -> String {
        const ONSETS: [&str; 18] = [
            "", "b", "br", "c", "ch", "d", "f", "g", "gr", "l", "m", "n", "p", "r", "s", "st", "t",
            "v",
        ];
        const VOWELS: [&str; 8] = ["a", "e", "i", "o", "u", "ea", "ou", "y"];
        const ACCENTS: [&str; 8] = ["á", "é", "ï", "ö", "ü", "è", "ô", "ÿ"];
        const CODAS: [&str; 9] = ["", "", "", "n", "r", "s", "t", "ng", "ck"];
        let accented = self.below(12) == 0;
        (0..=self.below(3))
            .map(|syllable| {
                let vowels = if accented && syllable == 0 {
                    ACCENTS
                } else {
                    VOWELS
                };
                [
                    ONSETS[self.below(ONSETS.len())],
                    vowels[self.below(vowels.len())],
                    CODAS[self.below(CODAS.len())],
                ]
                .concat()
            })
            .collect()
    }
}

/// Ranks, from 0, drawn with a frequency of 1/(rank + 1).
pub(crate) struct Zipf {
    cumulated: Vec<f64>,
}

impl Zipf {
    pub(crate) fn new(ranks: usize) -> Self {
        let mut sum = 0.0;
        let weights = (1..=ranks).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        Self {
            cumulated: weights.collect(),
        }
    }

    pub(crate) fn draw(&self, random: &mut Random) -> usize {
        let total = self.cumulated.last().copied().unwrap_or_default();
        let point = random.next() as f64 / u64::MAX as f64 * total;
        let rank = self.cumulated.partition_point(|&sum| sum < point);
        rank.min(self.cumulated.len() - 1)
    }
}
