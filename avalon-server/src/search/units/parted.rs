//! The words that one word may have been meant to be.
//!
//! In: a folded word. Out: words in sequence that are it put together, as people leave spaces out: `bluebird`,
//! `rocknroll`, `kdlang`. No more of them than the word has letters, three times over.

use std::ops::RangeInclusive;

/// The shortest word that may be two.
const SPLIT: usize = 4;

/// The shortest word that may be initials, and the longest that may be nothing but them.
const INITIALS: RangeInclusive<usize> = 3..=4;

/// Words that are read as each other.
pub(super) const SYNONYMS: [(&str, &str); 2] = [("and", "n"), ("n", "and")];

/// The words that one may have been meant to be: any two; any two with the `and` or `n` between them;
/// initials, by themselves or before a word.
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
    if letters < SPLIT {
        return all;
    }
    for &at in &cuts {
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
    all
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
}
