//! Names of artists, albums, titles and genres as libraries have them: made up, the same for the same
//! seed.
//!
//! In: a stream of random numbers. Out: names. Words are drawn with frequencies that fall as 1/rank, the
//! commonest being those of English titles; one in sixty is coined for its place, so that the number of
//! different words grows with the library, as it does in real ones. An artist writes in one script: 93 % in
//! Latin letters (one word in twelve with an accent), the others in Cyrillic, Greek, Han, Kana, Hangul,
//! Arabic or Hebrew. One title in ten has punctuation, one in two thousand is very long.

use super::vocabulary::{Random, Vocabulary};

/// The words that titles have most often, the commonest first.
const COMMON: &[&str] = &[
    "the", "of", "a", "you", "in", "love", "me", "and", "to", "my", "i", "it", "on", "for", "no",
    "night", "your", "is", "all", "blue", "heart", "be", "time", "song", "one", "life", "world",
    "day", "with", "dream", "man", "down", "live", "home", "never", "dance", "black", "fire",
    "sun", "rain", "light", "from", "little", "baby", "away", "girl", "good", "don't", "moon",
    "sky",
];

/// Genres that every library knows, the commonest first.
const GENRES: &[&str] = &[
    "Rock",
    "Pop",
    "Electronic",
    "Jazz",
    "Classical",
    "Hip-Hop",
    "Folk",
    "Metal",
    "Soul",
    "Blues",
    "Country",
    "Reggae",
    "Ambient",
    "Punk",
    "Techno",
    "House",
    "R&B",
    "Indie Rock",
    "World",
    "Soundtrack",
    "Drum & Bass",
    "Latin",
    "Funk",
    "Disco",
    "Chanson",
    "Opera",
    "Trip-Hop",
    "Schlager",
];

/// How many genres there are.
pub(crate) const GENRE_COUNT: usize = 200;

/// Words of each script other than the Latin.
const SCRIPT_WORDS: usize = 4_000;

/// One Latin word in so many is coined for its place.
const COINED: usize = 60;

/// A script, and how many artists of a thousand write in it.
struct Writing {
    of_thousand: usize,
    words: Vocabulary,
    /// What stands between two words.
    space: &'static str,
}

/// The script in which an artist writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Script(usize);

impl Script {
    /// Latin letters.
    pub(crate) const LATIN: Self = Self(0);
}

/// The words of all scripts.
pub(crate) struct Names {
    writings: Vec<Writing>,
}

impl Names {
    pub(crate) fn new(random: &mut Random) -> Self {
        let common = COMMON.iter().map(|&word| word.to_owned());
        let made = (0..50_000).map(|_| random.word());
        let latin = Vocabulary::of(common.chain(made).collect());
        let mut writings = vec![Writing {
            of_thousand: 930,
            words: latin,
            space: " ",
        }];
        for (of_thousand, letters, space) in SCRIPTS {
            let words = (0..SCRIPT_WORDS).map(|_| letters.word(random)).collect();
            writings.push(Writing {
                of_thousand: *of_thousand,
                words: Vocabulary::of(words),
                space,
            });
        }
        Self { writings }
    }

    /// The script of a new artist.
    pub(crate) fn script(&self, random: &mut Random) -> Script {
        let mut point = random.below(1000);
        let mut script = 0;
        while let Some(writing) = self.writings.get(script)
            && point >= writing.of_thousand
        {
            point -= writing.of_thousand;
            script += 1;
        }
        Script(script.min(self.writings.len() - 1))
    }

    /// A name of an artist; two may be the same.
    pub(crate) fn artist(&self, random: &mut Random, script: Script) -> String {
        if script != Script::LATIN {
            return self.words(random, script, 1, 3);
        }
        // Most have a name of their own in it.
        let own = capital(&random.word());
        let rest = self.words(random, script, 1, 2);
        match random.below(20) {
            0 | 1 => format!("The {rest}"),
            2 => format!("{own} & {rest}"),
            3 => format!("{rest} {own} Orchestra"),
            4 => format!("{own}{}", random.below(100)),
            5 => format!("{own}/{rest}"),
            _ => format!("{own} {rest}"),
        }
    }

    /// A name of an album. Some are the same in real libraries, and here.
    pub(crate) fn album(&self, random: &mut Random, script: Script) -> String {
        match random.below(100) {
            0 => "Greatest Hits".to_owned(),
            1 => format!("Live at {}", self.words(random, script, 1, 2)),
            2 => format!(
                "{} [Disc {}]",
                self.words(random, script, 2, 4),
                1 + random.below(2)
            ),
            3 => format!("Vol. {}", 1 + random.below(40)),
            _ => self.words(random, script, 2, 5),
        }
    }

    /// A title.
    pub(crate) fn title(&self, random: &mut Random, script: Script) -> String {
        if random.below(2_000) == 0 {
            return self.words(random, script, 30, 60);
        }
        let title = self.words(random, script, 1, 5);
        if random.below(10) != 0 {
            return title;
        }
        match random.below(9) {
            0 => format!("{title} (Live)"),
            1 => format!("{title} (Remastered {})", 1990 + random.below(35)),
            2 => format!("{title} [feat. {}]", self.artist(random, script)),
            3 => format!("{title}, Pt. {}", 1 + random.below(4)),
            4 => format!("{title}!"),
            5 => format!("“{title}”"),
            6 => format!("{title} / {}", self.words(random, script, 1, 3)),
            7 => format!("No. {}: {title}…", 1 + random.below(24)),
            _ => format!("{title} - {}", self.words(random, script, 1, 2)),
        }
    }

    /// All genres, the commonest first.
    pub(crate) fn genres(random: &mut Random) -> Vec<String> {
        let known = GENRES.iter().map(|&name| name.to_owned());
        let made = (GENRES.len()..GENRE_COUNT).map(|_| match random.below(3) {
            0 => format!(
                "{} {}",
                capital(&random.word()),
                GENRES[random.below(GENRES.len())]
            ),
            _ => capital(&(random.word() + &random.word())),
        });
        known.chain(made).collect()
    }

    /// `least` to `most` words, as titles are written: most with capitals.
    fn words(&self, random: &mut Random, script: Script, least: usize, most: usize) -> String {
        let writing = &self.writings[script.0];
        let count = least + random.below(most - least + 1);
        let spelling = random.below(20);
        let mut name = String::new();
        for at in 0..count {
            if at > 0 {
                name += writing.space;
            }
            if script == Script::LATIN && random.below(COINED) == 0 {
                name += &capital(&(random.word() + &random.word()));
                continue;
            }
            let word = writing.words.word(random);
            match spelling {
                0 => name += word,
                1 if at > 0 => name += word,
                2 => name += &word.to_uppercase(),
                _ => name += &capital(word),
            }
        }
        name
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// What words of a script are made of.
enum Letters {
    /// Consonants and vowels by turns, in two to four syllables.
    Syllables(&'static str, &'static str),
    /// Any letters, from so many to so many.
    Any(&'static str, usize, usize),
    /// Characters from this one on, so many, from so many to so many in a word.
    Range(u32, usize, usize, usize),
}

/// How many artists of a thousand, what words are made of, and what stands between them.
const SCRIPTS: &[(usize, Letters, &str)] = &[
    (
        20,
        Letters::Syllables("бвгджзклмнпрстфхцчшщ", "аеиоуыюяё"),
        " ",
    ),
    (
        8,
        Letters::Syllables("βγδζθκλμνξπρστφχψ", "αεηιουωάέόί"),
        " ",
    ),
    (16, Letters::Range(0x4e00, 2_500, 1, 2), ""),
    (8, Letters::Range(0x3042, 80, 2, 4), ""),
    (8, Letters::Range(0xac00, 11_172, 2, 3), " "),
    (7, Letters::Any("ابتثجحدرسشصعفقكلمنهوي", 3, 6), " "),
    (3, Letters::Any("אבגדהוזחטיכלמנסעפצקרשת", 3, 5), " "),
];

impl Letters {
    fn word(&self, random: &mut Random) -> String {
        let one = |random: &mut Random, letters: &str| {
            let at = random.below(letters.chars().count());
            letters.chars().nth(at)
        };
        match self {
            Self::Syllables(consonants, vowels) => (0..2 + random.below(3))
                .flat_map(|_| [one(random, consonants), one(random, vowels)])
                .flatten()
                .collect(),
            Self::Any(letters, least, most) => (0..least + random.below(most - least + 1))
                .filter_map(|_| one(random, letters))
                .collect(),
            Self::Range(first, count, least, most) => (0..least + random.below(most - least + 1))
                .filter_map(|_| char::from_u32(first + random.below(*count) as u32))
                .collect(),
        }
    }
}
