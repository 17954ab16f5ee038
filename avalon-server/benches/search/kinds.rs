//! The kinds of searches whose time is taken: for each a name and how to draw one.
//!
//! Words and names are drawn as often as they stand in the library.

use anyhow::{Context, Result, ensure};

use crate::edits::misspelt;
use crate::searches::{Extras, Search};
use crate::support::generator::Track;
use crate::support::samples::Samples;
use crate::support::vocabulary::Random;

/// How often something is drawn until it fits.
const TRIES: usize = 100_000;

/// A kind of searches.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// One of them; `None` where what was drawn does not fit.
    draw: fn(&Samples, &mut Random) -> Option<Search>,
}

impl Kind {
    /// So many searches.
    pub(crate) fn searches(
        &self,
        count: usize,
        samples: &Samples,
        random: &mut Random,
    ) -> Result<Vec<Search>> {
        let mut one = || {
            let mut drawn = (0..TRIES).map(|_| (self.draw)(samples, random));
            let search = drawn.find_map(|search| search);
            search.with_context(|| format!("the library has nothing for {:?}", self.name))
        };
        (0..count).map(|_| one()).collect()
    }
}

/// Every kind.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "a word",
        draw: |s, r| Some(Search::of(s.word(r))),
    },
    Kind {
        name: "prefix of 1 letter",
        draw: |s, r| Some(Search::of(s.prefix(r, 1, 1))),
    },
    Kind {
        name: "prefix of 2 letters",
        draw: |s, r| Some(Search::of(s.prefix(r, 2, 2))),
    },
    Kind {
        name: "prefix of 3 to 6 letters",
        draw: |s, r| Some(Search::of(s.prefix(r, 3, 6))),
    },
    Kind {
        name: "two words of a title",
        draw: |s, r| {
            neighbours(&s.track(r).title, r).map(|(one, two)| Search::of(format!("{one} {two}")))
        },
    },
    Kind {
        name: "words of artist and title",
        draw: |s, r| {
            let track = s.track(r);
            let (one, two) = (word_of(&track.artist, r)?, word_of(&track.title, r)?);
            Some(Search::of(format!("{one} {two}")))
        },
    },
    Kind {
        name: "a word of 4 to 7 letters, one typo",
        draw: |s, r| typo(s, r, 4, 7, 1),
    },
    Kind {
        name: "a word of 8 letters or more, two typos",
        draw: |s, r| typo(s, r, 8, 40, 2),
    },
    Kind {
        name: "words of artist and title, one typo each",
        draw: |s, r| {
            let track = s.track(r);
            let (one, two) = (word_of(&track.artist, r)?, word_of(&track.title, r)?);
            let (one, two) = (misspelt_latin(one, 1, r)?, misspelt_latin(two, 1, r)?);
            Some(Search::of(format!("{one} {two}")))
        },
    },
    Kind {
        name: "1 or 2 letters within Han, Kana or Hangul",
        draw: |s, r| {
            let letters: Vec<char> = s.track(r).title.chars().collect();
            let at = 1 + r.below(letters.len());
            let infix = letters.get(at..)?.get(..1 + r.below(2))?;
            let fits = infix.iter().all(|&letter| is_unspaced(letter));
            fits.then(|| Search::of(infix.iter().collect::<String>()))
        },
    },
    Kind {
        name: "phrase of two words",
        draw: |s, r| {
            neighbours(&s.track(r).title, r)
                .map(|(one, two)| Search::of(format!("\"{one} {two}\"")))
        },
    },
    Kind {
        name: "a word without another",
        draw: |s, r| Some(Search::of(format!("{} -{}", s.word(r), s.word(r)))),
    },
    Kind {
        name: "artist:word and years",
        draw: |s, r| {
            let track = s.track(r);
            let word = word_of(&track.artist, r)?;
            let first = known_year(track)? - 5;
            Some(Search::of(format!(
                "artist:{word} year:{first}..{}",
                first + 10
            )))
        },
    },
    Kind {
        name: "prefix of 1 to 6 letters, a filter",
        draw: |s, r| {
            let (prefix, track) = (s.prefix(r, 1, 6), s.track(r));
            let filter = match r.below(4) {
                0 => Extras::Genre(track.genre.clone()),
                1 => Extras::Decade(known_year(track)? / 10 * 10),
                2 => Extras::Year(known_year(track)?),
                _ => Extras::AlbumArtist(track.artist.clone()),
            };
            Some(Search::with(prefix, filter))
        },
    },
    Kind {
        name: "prefix of 1 to 6 letters, facets, highlight, explain",
        draw: |s, r| Some(Search::with(s.prefix(r, 1, 6), Extras::All)),
    },
    Kind {
        name: "two words of a title, facets, highlight, explain",
        draw: |s, r| {
            neighbours(&s.track(r).title, r)
                .map(|(one, two)| Search::with(format!("{one} {two}"), Extras::All))
        },
    },
    Kind {
        name: "no hit",
        draw: |_, r| {
            const CONSONANTS: &[u8] = b"bcdfghjklmnpqrstvwxz";
            let letters = 7 + r.below(6);
            let letter = |_| char::from(CONSONANTS[r.below(CONSONANTS.len())]);
            Some(Search::of((0..letters).map(letter).collect::<String>()))
        },
    },
    Kind {
        name: "suggest, prefix of 1 letter",
        draw: |s, r| Some(Search::with(s.prefix(r, 1, 1), Extras::Suggest)),
    },
    Kind {
        name: "suggest, prefix of 2 letters",
        draw: |s, r| Some(Search::with(s.prefix(r, 2, 2), Extras::Suggest)),
    },
    Kind {
        name: "suggest, prefix of 3 to 6 letters",
        draw: |s, r| Some(Search::with(s.prefix(r, 3, 6), Extras::Suggest)),
    },
    Kind {
        name: "suggest, beginning of a name",
        draw: |s, r| {
            let track = s.track(r);
            let name = [&track.artist, &track.album, &track.title][r.below(3)];
            let letters = name.chars().count();
            let beginning: String = name.chars().take(1 + r.below(letters.max(1))).collect();
            Some(Search::with(beginning, Extras::Suggest))
        },
    },
];

fn known_year(track: &Track) -> Option<i64> {
    (track.year > 0).then_some(track.year)
}

/// Words as letters and figures, of which punctuation and spaces are no part.
fn words(name: &str) -> Vec<&str> {
    let words = name.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).collect()
}

fn word_of<'a>(name: &'a str, random: &mut Random) -> Option<&'a str> {
    let words = words(name);
    let at = random.below(words.len().max(1));
    words.get(at).copied()
}

/// Two words that follow each other in the name.
fn neighbours<'a>(name: &'a str, random: &mut Random) -> Option<(&'a str, &'a str)> {
    let words = words(name);
    let at = random.below(words.len().saturating_sub(1).max(1));
    Some((words.get(at)?, words.get(at + 1)?))
}

/// A word of `least` to `most` Latin letters with so many typos.
fn typo(
    samples: &Samples,
    random: &mut Random,
    least: usize,
    most: usize,
    edits: usize,
) -> Option<Search> {
    let word = samples.word(random);
    let fits = (least..=most).contains(&word.chars().count());
    fits.then(|| misspelt_latin(word, edits, random))?
        .map(Search::of)
}

/// Of four letters or more, since no shorter one is found misspelt.
fn misspelt_latin(word: &str, edits: usize, random: &mut Random) -> Option<String> {
    let is_latin = |letter: char| letter < '\u{250}' && letter.is_alphabetic();
    let fits = word.chars().count() >= 4 && word.chars().all(is_latin);
    fits.then(|| misspelt(word, edits, random))
}

/// Whether the letter is of a script that the generator writes without spaces or searches by parts.
fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

/// Every kind by its name, as far as the name has this in it.
pub(crate) fn named(part: &str) -> Result<Vec<&'static Kind>> {
    let kinds: Vec<_> = KINDS
        .iter()
        .filter(|kind| kind.name.contains(part))
        .collect();
    ensure!(!kinds.is_empty(), "no kind has {part:?} in its name");
    Ok(kinds)
}
