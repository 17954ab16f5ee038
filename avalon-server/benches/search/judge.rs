//! Judging answers.
//!
//! In: what should be found and the names that were. Out: the rank of the right one, and [`Score`]s over
//! many searches. A result is right when its name equals the wanted one after folding: compatibility
//! decomposition, no marks, lower case, letters and digits alone.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Results that are asked for and looked at.
pub(crate) const LOOKED_AT: usize = 20;

/// What is compared of a name. Where it has no letters or digits, all of it.
pub(crate) fn folded(name: &str) -> String {
    let decomposed = name.nfkd().filter(|&letter| !is_combining_mark(letter));
    let lower = decomposed.flat_map(char::to_lowercase);
    let letters: String = lower.filter(|letter| letter.is_alphanumeric()).collect();
    match letters.is_empty() {
        true => name.trim().to_owned(),
        false => letters,
    }
}

/// The rank of the first right one among the names, from 1.
pub(crate) fn rank(wanted: &str, names: &[String]) -> Option<usize> {
    let wanted = folded(wanted);
    let mut names = names.iter().take(LOOKED_AT);
    names
        .position(|name| folded(name) == wanted)
        .map(|at| at + 1)
}

/// How well searches were answered.
#[derive(Clone, Copy, Default)]
pub(crate) struct Score {
    pub(crate) searches: usize,
    /// Right ones among the first 1, 5 and 20.
    found: [usize; 3],
    reciprocals: f64,
}

impl Score {
    /// Counts a search whose right answer has this rank.
    pub(crate) fn count(&mut self, rank: Option<usize>) {
        self.searches += 1;
        let Some(rank) = rank else { return };
        for (found, most) in self.found.iter_mut().zip([1, 5, LOOKED_AT]) {
            *found += usize::from(rank <= most);
        }
        self.reciprocals += 1.0 / rank as f64;
    }

    /// Counts all of another.
    pub(crate) fn add(&mut self, other: &Self) {
        self.searches += other.searches;
        for (found, more) in self.found.iter_mut().zip(other.found) {
            *found += more;
        }
        self.reciprocals += other.reciprocals;
    }

    /// The part of the searches with a right answer among the first five.
    pub(crate) fn at_5(&self) -> f64 {
        self.part(self.found[1] as f64)
    }

    /// success@1, @5, @20 and the mean reciprocal rank (0 where it is not among the first 20).
    pub(crate) fn shown(&self) -> String {
        let found = self.found.map(|found| self.part(found as f64));
        let [one, five, twenty] = found;
        let mean = self.part(self.reciprocals);
        format!("{one:.3} {five:.3} {twenty:.3} {mean:.3}")
    }

    fn part(&self, of: f64) -> f64 {
        of / self.searches.max(1) as f64
    }
}

/// How searches were answered that should find nothing.
#[derive(Clone, Copy, Default)]
pub(crate) struct NoHit {
    /// Nothing was found.
    pub(crate) nothing: usize,
    /// All that was found is marked as the answer for another spelling.
    pub(crate) corrected: usize,
    /// Something was found.
    pub(crate) neither: usize,
}
