//! The words that one word may have been meant to be.
//!
//! In: a folded word. Out: words in sequence that are it put together, as people leave spaces out: `bluebird`,
//! `rocknroll`, `kdlang`, `newyorkcity`, `9to5`. No more of them than the word has letters, three times over, and
//! 45 of three words.

use std::ops::RangeInclusive;

/// The shortest word that may be two.
const SPLIT: usize = 4;

/// The shortest word that may be initials, and the longest that may be nothing but them.
const INITIALS: RangeInclusive<usize> = 3..=4;

/// The words that may be any three, and the fewest letters that these have.
const THREE: RangeInclusive<usize> = 8..=16;
const PARTS: [usize; 3] = [3, 2, 3];

/// Words that are read as each other.
pub(super) const SYNONYMS: [(&str, &str); 2] = [("and", "n"), ("n", "and")];

/// The words that one may have been meant to be: any two; any two with the `and` or `n` between them; initials, by
/// themselves or before a word; any three that are no initials; its letters and its digits.
pub(super) fn parted(word: &str) -> Vec<Vec<&str>> {
    let cuts: Vec<usize> = word.char_indices().map(|(at, _)| at).skip(1).collect();
    let letters = cuts.len() + 1;
    let mut all = Vec::new();
    if INITIALS.contains(&letters) {
        let ends = cuts.iter().copied().chain([word.len()]);
        let starts = [0].into_iter().chain(cuts.iter().copied());
        all.push(
            starts
                .zip(ends)
                .map(|(start, end)| &word[start..end])
                .collect(),
        );
    }
    if letters >= SPLIT {
        put_two(word, &cuts, &mut all);
    }
    if THREE.contains(&letters) {
        put_three(word, &cuts, &mut all);
    }
    let runs = runs(word);
    if runs.len() > 1 && !all.contains(&runs) {
        all.push(runs);
    }
    all
}

/// Any two words; with an `and` between them; or two initials and a word.
fn put_two<'a>(word: &'a str, cuts: &[usize], all: &mut Vec<Vec<&'a str>>) {
    for &at in cuts {
        let (left, right) = word.split_at(at);
        all.push(vec![left, right]);
        for (and, other) in SYNONYMS {
            // A letter is no word that anything is added to.
            if let Some(rest) = right.strip_prefix(and)
                && at > cuts[0]
                && rest.chars().nth(1).is_some()
            {
                all.extend([vec![left, and, rest], vec![left, other, rest]]);
            }
        }
    }
    let (first, second) = (cuts[0], cuts[1]);
    all.push(vec![&word[..first], &word[first..second], &word[second..]]);
}

/// Any three words, but for those with an `and` between them.
fn put_three<'a>(word: &'a str, cuts: &[usize], all: &mut Vec<Vec<&'a str>>) {
    let [first, second, third] = PARTS;
    let letters = cuts.len() + 1;
    for one in first..=letters - second - third {
        for two in one + second..=letters - third {
            // Where so many letters end.
            let (one, two) = (cuts[one - 1], cuts[two - 1]);
            let middle = &word[one..two];
            if SYNONYMS.iter().all(|&(and, _)| and != middle) {
                all.push(vec![&word[..one], middle, &word[two..]]);
            }
        }
    }
}

/// The runs of digits of a word, and those of all else.
fn runs(word: &str) -> Vec<&str> {
    let next = word.char_indices().skip(1);
    let changes = word.chars().zip(next);
    let changes = changes.filter(|(one, (_, other))| one.is_numeric() != other.is_numeric());
    let mut runs = Vec::new();
    let mut start = 0;
    for (_, (at, _)) in changes {
        runs.push(&word[start..at]);
        start = at;
    }
    runs.push(&word[start..]);
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_may_be_two_or_have_an_and_or_initials() {
        let told = |word| -> Vec<String> {
            let parted = parted(word).into_iter();
            parted.map(|words| words.join(" ")).collect()
        };
        assert!(told("").is_empty() && told("ab").is_empty());
        assert_eq!(told("mbv"), ["m b v"]);
        assert_eq!(
            told("abcd"),
            ["a b c d", "a bcd", "ab cd", "abc d", "a b cd"]
        );
        let of = told("rocknroll");
        for words in ["rock nroll", "rock n roll", "rock and roll", "r o cknroll"] {
            assert!(of.contains(&words.to_owned()), "{words}");
        }
        // A letter is no word that anything is added to.
        assert!(!told("xandyz").contains(&"x and yz".to_owned()));
        assert!(told("éñü").contains(&"é ñ ü".to_owned()));
    }

    #[test]
    fn a_word_may_be_three_or_be_cut_at_digits() {
        let told = |word| -> Vec<String> {
            let parted = parted(word).into_iter();
            parted.map(|words| words.join(" ")).collect()
        };
        for (word, words) in [
            ("newyorkcity", "new york city"),
            ("kingsofleon", "kings of leon"),
            ("yeahyeahyeahs", "yeah yeah yeahs"),
            ("9to5", "9 to 5"),
            ("op9", "op 9"),
            ("no5", "no 5"),
            ("u2", "u 2"),
            ("h2o", "h 2 o"),
            ("éñ12ü", "éñ 12 ü"),
        ] {
            let times = told(word).iter().filter(|it| *it == words).count();
            assert_eq!(times, 1, "{word}");
        }
        let threes = |letters| {
            let word = "x".repeat(letters);
            let longer = |words: &&Vec<&str>| words.len() == 3 && words[0].len() >= 3;
            parted(&word).iter().filter(longer).count()
        };
        assert_eq!(
            (threes(7), threes(8), threes(16), threes(17)),
            (0, 1, 45, 0)
        );
    }
}
