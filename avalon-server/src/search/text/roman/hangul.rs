//! Revised Romanisation of Hangul (South Korea's Ministry of Culture, notice 2000-8).
//!
//! Spelt: each syllable by itself. Said: with the assimilation between syllables (`silla`, `hangugeo`).

use super::Roman;

const FIRST: u32 = 0xac00;
const VOWELS: u32 = 21;
const FINALS: u32 = 28;

#[rustfmt::skip]
const INITIAL: [&str; 19] = [
    "g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h",
];

#[rustfmt::skip]
const VOWEL: [&str; 21] = [
    "a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi",
    "yu", "eu", "ui", "i",
];

/// Finals as they sound at the end of a word.
#[rustfmt::skip]
const FINAL: [&str; 28] = [
    "", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t",
    "t", "ng", "t", "t", "k", "t", "p", "t",
];

/// Finals before a vowel, to whose syllable the last consonant goes.
#[rustfmt::skip]
const LINKED: [&str; 28] = [
    "", "g", "kk", "ks", "n", "nj", "n", "d", "r", "lg", "lm", "lb", "ls", "lt", "lp", "r", "m", "b",
    "ps", "s", "ss", "ng", "j", "ch", "k", "t", "p", "",
];

/// A syllable by the numbers of its letters.
#[derive(Clone, Copy)]
struct Syllable {
    initial: u32,
    vowel: u32,
    last: u32,
}

impl Syllable {
    fn of(c: char) -> Option<Self> {
        let number = u32::from(c).checked_sub(FIRST)?;
        let initial = number / (VOWELS * FINALS);
        (initial < 19).then_some(Self {
            initial,
            vowel: number / FINALS % VOWELS,
            last: number % FINALS,
        })
    }
}

/// Writes a run of composed syllables in Latin letters.
pub(in super::super) fn hangul(run: &str) -> Roman {
    let mut roman = Roman::default();
    let mut last = 0;
    for syllable in run.chars().filter_map(Syllable::of) {
        let vowel = VOWEL[syllable.vowel as usize];
        roman.spelt.push_str(INITIAL[syllable.initial as usize]);
        roman.spelt.push_str(vowel);
        roman.spelt.push_str(FINAL[syllable.last as usize]);
        let (former, own) = between(last, syllable);
        roman.said.push_str(former);
        roman.said.push_str(own);
        roman.said.push_str(vowel);
        last = syllable.last;
    }
    roman.said.push_str(FINAL[last as usize]);
    roman
}

/// How a final and the consonant that follows it sound together.
fn between(last: u32, next: Syllable) -> (&'static str, &'static str) {
    let (sound, own) = (FINAL[last as usize], INITIAL[next.initial as usize]);
    let before_i = next.vowel == 20;
    match (last, own) {
        // ㄷ, ㅌ and ㄾ before i.
        (7, "") if before_i => ("", "j"),
        (25, "") if before_i => ("", "ch"),
        (13, "") if before_i => ("l", "ch"),
        (_, "") => (LINKED[last as usize], ""),
        // ㅎ, ㄶ and ㅀ.
        (27 | 6 | 15, "g" | "d" | "j" | "s") => {
            let former = if last == 27 { "" } else { sound };
            let own = match own {
                "g" => "k",
                "d" => "t",
                "j" => "ch",
                _ => "s",
            };
            (former, own)
        }
        _ => match (sound, own) {
            ("k", "n" | "m") => ("ng", own),
            ("t", "n" | "m") => ("n", own),
            ("p", "n" | "m") => ("m", own),
            ("k" | "ng", "r") => ("ng", "n"),
            ("t", "r") => ("n", "n"),
            ("p" | "m", "r") => ("m", "n"),
            ("n" | "l", "r") | ("l", "n") => ("l", "l"),
            _ => (sound, own),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangul_is_spelt_by_the_revised_romanisation() {
        // The examples of the notice, and names.
        let cases = [
            ("종로", "jongno"),
            ("왕십리", "wangsimni"),
            ("별내", "byeollae"),
            ("신라", "silla"),
            ("백마", "baengma"),
            ("독립문", "dongnimmun"),
            ("같이", "gachi"),
            ("해돋이", "haedoji"),
            ("좋고", "joko"),
            ("놓다", "nota"),
            ("한국어", "hangugeo"),
            ("묵호", "mukho"),
            ("좋은", "joeun"),
            ("방탄소년단", "bangtansonyeondan"),
            ("블랙핑크", "beullaekpingkeu"),
            ("아이유", "aiyu"),
            ("없어", "eopseo"),
        ];
        for (run, said) in cases {
            assert_eq!(hangul(run).said, said, "{run}");
        }
    }

    #[test]
    fn each_syllable_is_spelt_by_itself_too() {
        assert_eq!(hangul("한국어").spelt, "hangukeo");
        assert_eq!(hangul("독립문").spelt, "dokripmun");
        assert_eq!(hangul("힣").spelt, "hit");
    }
}
