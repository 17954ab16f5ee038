//! Hepburn romanisation of kana.
//!
//! Spelt: long vowels as written (`toukyou`), the long mark dropped (`ramen`), no apostrophes. Said: long
//! o and u short (`tokyo`), the particle を as `o`. Long: as spelt, with the vowel before a long mark twice
//! (`raamen`).

use super::Roman;

/// From U+3041 on: small and full kana as they sound alone.
#[rustfmt::skip]
const SYLLABLES: [&str; 86] = [
    "a", "a", "i", "i", "u", "u", "e", "e", "o", "o",
    "ka", "ga", "ki", "gi", "ku", "gu", "ke", "ge", "ko", "go",
    "sa", "za", "shi", "ji", "su", "zu", "se", "ze", "so", "zo",
    "ta", "da", "chi", "ji", "", "tsu", "zu", "te", "de", "to", "do",
    "na", "ni", "nu", "ne", "no",
    "ha", "ba", "pa", "hi", "bi", "pi", "fu", "bu", "pu", "he", "be", "pe", "ho", "bo", "po",
    "ma", "mi", "mu", "me", "mo",
    "ya", "ya", "yu", "yu", "yo", "yo",
    "ra", "ri", "ru", "re", "ro",
    "wa", "wa", "wi", "we", "wo", "n", "vu", "ka", "ke",
];

/// The mark of a long vowel.
const LONG: char = 'ー';

/// Writes a run of hiragana, with the long mark and the marks of repetition, in Latin letters.
pub(in super::super) fn kana(run: &str) -> Roman {
    let mut roman = Roman {
        spelt: spelt(run, false),
        ..Roman::default()
    };
    roman.said = said(&roman.spelt);
    if run.contains(LONG) {
        roman.long = spelt(run, true);
    }
    roman.spelt.make_ascii_lowercase();
    roman.long.make_ascii_lowercase();
    roman
}

/// A run as it is spelt, but for `Wo` for を; long marks are left out, or each is the vowel before it.
fn spelt(run: &str, with_marks: bool) -> String {
    let mut spelt = String::new();
    let mut last = "";
    let mut doubles = false;
    let mut is_long = false;
    for c in run.chars() {
        if c == LONG {
            doubles = false;
            // Several are no more than one.
            if with_marks
                && !std::mem::replace(&mut is_long, true)
                && let Some(vowel) = spelt.chars().next_back().filter(|&c| "aiueo".contains(c))
            {
                spelt.push(vowel);
            }
            continue;
        }
        is_long = false;
        let syllable = match c {
            'ゝ' | 'ゞ' => last,
            _ => alone(c),
        };
        if c == 'っ' {
            doubles = true;
            continue;
        }
        if is_small(c) && extend(&mut spelt, last, syllable, c) {
            last = syllable;
            continue;
        }
        if std::mem::take(&mut doubles) {
            double(&mut spelt, syllable);
        }
        // Told apart until long vowels are shortened.
        spelt.push_str(if c == 'を' { "Wo" } else { syllable });
        if !syllable.is_empty() {
            last = syllable;
        }
    }
    spelt
}

fn alone(c: char) -> &'static str {
    let at = u32::from(c).checked_sub(0x3041);
    let syllable = at.and_then(|at| SYLLABLES.get(at as usize));
    syllable.copied().unwrap_or_default()
}

fn is_small(c: char) -> bool {
    matches!(
        c,
        'ぁ' | 'ぃ' | 'ぅ' | 'ぇ' | 'ぉ' | 'ゃ' | 'ゅ' | 'ょ' | 'ゎ'
    )
}

/// Puts a small kana into the syllable before it: `ki` and `ya` to `kya`, `fu` and `o` to `fo`. False if
/// the two sound one after the other.
fn extend(spelt: &mut String, last: &str, small: &str, c: char) -> bool {
    // The syllable may be gone from the end by a mark of length or by another small kana.
    if last.is_empty() || !spelt.ends_with(last) {
        return false;
    }
    let vowel = small.trim_start_matches(['y', 'w']);
    let (stem, end) = last.split_at(last.len() - 1);
    let between = match (last, c) {
        ("shi" | "chi" | "ji", 'ゃ' | 'ゅ' | 'ょ' | 'ぇ') => "",
        ("te" | "de" | "fu" | "vu", 'ゃ' | 'ゅ' | 'ょ') => "y",
        (_, 'ゃ' | 'ゅ' | 'ょ') if end == "i" && !stem.is_empty() => "y",
        ("i", 'ぇ') => "y",
        ("u", 'ぁ' | 'ぃ' | 'ぇ' | 'ぉ') => "w",
        ("ku" | "gu", 'ぁ' | 'ぃ' | 'ぇ' | 'ぉ' | 'ゎ') => "w",
        ("te" | "de", 'ぃ') | ("to" | "do", 'ぅ') => "",
        ("tsu" | "fu" | "vu" | "su" | "zu", 'ぁ' | 'ぃ' | 'ぇ' | 'ぉ') => "",
        _ => return false,
    };
    spelt.truncate(spelt.len() - 1);
    spelt.push_str(between);
    spelt.push_str(vowel);
    true
}

/// The first consonant of the next syllable once more.
fn double(spelt: &mut String, next: &str) {
    match next.chars().next() {
        Some('c') => spelt.push('t'),
        Some(first) if !"aiueon".contains(first) => spelt.push(first),
        _ => {}
    }
}

/// Long o and u short; `Wo` stands for the particle.
fn said(spelt: &str) -> String {
    let mut said = String::with_capacity(spelt.len());
    for c in spelt.chars() {
        let long = matches!(
            (said.chars().next_back(), c),
            (Some('o'), 'u' | 'o') | (Some('u'), 'u')
        );
        if !long && c != 'W' {
            said.push(c);
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kana_is_spelt_as_people_type_it() {
        let cases = [
            ("とうきょう", "toukyou", "tokyo"),
            ("らーめん", "ramen", "ramen"),
            ("しゃつ", "shatsu", "shatsu"),
            ("きっちゃ", "kitcha", "kitcha"),
            ("がっこう", "gakkou", "gakko"),
            ("しんや", "shinya", "shinya"),
            ("こいをした", "koiwoshita", "koioshita"),
            ("ふぁいる", "fairu", "fairu"),
            ("ぱーてぃー", "pati", "pati"),
            ("ゔぁいおりん", "vaiorin", "vaiorin"),
            ("うぃんく", "winku", "winku"),
            ("うぇぶ", "webu", "webu"),
            ("ちぇりー", "cheri", "cheri"),
            ("じぇっと", "jetto", "jetto"),
            ("でゅえっと", "dyuetto", "dyuetto"),
            ("くぁ", "kwa", "kwa"),
            ("くぉ", "kwo", "kwo"),
            ("いぇす", "yesu", "yesu"),
            ("ねぇ", "nee", "nee"),
            ("あぁ", "aa", "aa"),
            ("はぃ", "hai", "hai"),
            ("いすゞ", "isusu", "isusu"),
            ("ぎゅうにゅう", "gyuunyuu", "gyunyu"),
            ("っ", "", ""),
            ("ー", "", ""),
            ("ゃ", "ya", "ya"),
        ];
        for (run, spelt, heard) in cases {
            let roman = kana(run);
            assert_eq!(
                (roman.spelt.as_str(), roman.said.as_str()),
                (spelt, heard),
                "{run}"
            );
        }
    }

    #[test]
    fn a_long_mark_may_be_the_vowel_before_it() {
        for (run, long) in [
            ("こーひー", "koohii"),
            ("ぱーてぃー", "paatii"),
            ("すーぱーかー", "suupaakaa"),
            ("せーらーむーん", "seeraamuun"),
            ("らーーめん", "raamen"),
            ("をー", "woo"),
            ("んー", "n"),
            ("ー", ""),
            ("とうきょう", ""),
        ] {
            assert_eq!(kana(run).long, long, "{run}");
        }
    }

    #[test]
    fn every_kana_is_in_its_place_of_the_table() {
        assert_eq!(alone('ぁ'), "a");
        assert_eq!(alone('ち'), "chi");
        assert_eq!(alone('ぽ'), "po");
        assert_eq!(alone('ん'), "n");
        assert_eq!(alone('ゖ'), "ke");
        assert_eq!(alone('ー'), "");
    }
}
