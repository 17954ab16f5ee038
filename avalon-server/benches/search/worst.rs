//! The worst searches that we could think of: what they are, drawn from the names of a library.
//!
//! Each is there for one way in which a search could cost more than it should: many hits for each word,
//! many words, long words, many expansions of a prefix or a typo, many letters of a script without
//! spaces, many exclusions, and all of these with facets, highlights and explanations, and the last page that may
//! be asked for. All are as long as a search may be, or shorter.

use crate::edits::misspelt;
use crate::searches::{Extras, Search};
use crate::support::samples::Samples;
use crate::support::vocabulary::Random;

/// The commonest words of titles in the made-up library.
const COMMONEST: [&str; 16] = [
    "the", "of", "a", "you", "in", "love", "me", "and", "to", "my", "i", "it", "on", "for", "no",
    "night",
];

/// Characters and words that a search may have.
pub(crate) const BOUNDS: (usize, usize) = (256, 16);

/// Searches, and what is bad about each.
pub(crate) fn searches(samples: &Samples) -> Vec<(&'static str, Search)> {
    let mut random = Random::new(7);
    let common = |count: usize| COMMONEST[..count].join(" ");
    let long: Vec<&str> = samples.rare_words().take(16).collect();
    let mut misspelt_long = |count: usize| {
        let words = long.iter().take(count);
        let words: Vec<String> = words.map(|word| misspelt(word, 2, &mut random)).collect();
        words.join(" ")
    };
    let words = vec![
        ("the commonest word", common(1)),
        ("one letter", "a".to_owned()),
        ("one letter, twice", "a a".to_owned()),
        ("the 2 commonest words", common(2)),
        ("the 4 commonest words", common(4)),
        ("the 8 commonest words", common(8)),
        ("the 16 commonest words", common(16)),
        ("4 letters, each a prefix", "s t m c".to_owned()),
        ("8 letters, each a prefix", "s t m c b d g l".to_owned()),
        (
            "16 letters, each a prefix",
            ('a'..)
                .take(16)
                .map(|letter| format!("{letter} "))
                .collect(),
        ),
        ("the commonest word 16 times", "the ".repeat(16)),
        (
            "a phrase of the 8 commonest words",
            format!("\"{}\"", common(8)),
        ),
        (
            "a phrase of the commonest word, 16 times",
            format!("\"{}\"", "the ".repeat(16)),
        ),
        (
            "16 phrases of a word",
            COMMONEST.map(|word| format!("\"{word}\"")).join(" "),
        ),
        ("16 phrases of the commonest word", "\"the\" ".repeat(16)),
        (
            "every year, and 15 phrases of the commonest word",
            format!("year:1..9999 {}", "\"the\" ".repeat(15)),
        ),
        (
            "a letter without 15 phrases of a word",
            format!("s -\"{}\"", COMMONEST[..15].join("\" -\"")),
        ),
        (
            "a letter without 15 phrases of the commonest word",
            format!("s {}", "-\"the\" ".repeat(15)),
        ),
        ("every year without 15 letters", {
            let letters = ('a'..).take(15).map(|letter| format!(" -{letter}"));
            format!("year:1..9999{}", letters.collect::<String>())
        }),
        (
            "the commonest word, as often as it is looked for",
            ["the"; 32].join("×"),
        ),
        ("a letter without the 15 commonest words", {
            format!("s -{}", COMMONEST[..15].join(" -"))
        }),
        ("only exclusions", format!("-{}", COMMONEST[..8].join(" -"))),
        ("every year", "year:1..9999".to_owned()),
        (
            "a letter in every field",
            "title:a artist:a album:a genre:a".to_owned(),
        ),
        ("a long word with 2 typos", misspelt_long(1)),
        ("4 long words with 2 typos each", misspelt_long(4)),
        ("12 long words with 2 typos each", misspelt_long(12)),
        (
            "8 common words misspelt",
            "nigth lvoe yuo teh niht tiem worl dreem".to_owned(),
        ),
        ("a word of 40 letters", "abcdefghij".repeat(4)),
        ("a word of 250 letters", "abcdefghij".repeat(25)),
        ("a word of 250 times a", "a".repeat(250)),
        ("a Han letter", "一".to_owned()),
        ("60 Han letters", ('一'..).take(60).collect()),
        ("a Kana letter 60 times", "な".repeat(60)),
        ("40 Hangul letters", ('가'..).step_by(28).take(40).collect()),
        ("16 letters joined by hyphens", ["a"; 16].join("-")),
        (
            "20 letters with 10 marks each",
            format!("a{}", "\u{301}".repeat(10)).repeat(20),
        ),
        ("ligatures that fold to many letters", "ﷺ".repeat(40)),
        ("quotes and operators", "\"-:\"-".repeat(30)),
    ];
    let mut searches: Vec<(&str, Search)> = words
        .iter()
        .map(|(what, q)| (*what, Search::of(q.as_str())))
        .collect();
    for extras in [Extras::All, Extras::Deep, Extras::DeepAll] {
        let with = |(what, q): &(&'static str, String)| (*what, Search::with(q, extras.clone()));
        searches.extend(words.iter().map(with));
    }
    for letter in 'a'..='z' {
        searches.push(("suggest, one letter", Search::with(letter, Extras::Suggest)));
    }
    searches
}
