//! Letters that are typed otherwise than they are written, though no mark explains the difference.
//!
//! In: one lower-case character without compatibility form. Out: what stands for it in a folded name.
//! What stays true: what comes out folds to itself. Symbols' shapes ([`shape`]) hold for typed forms too.

/// The plain letters for a letter with a stroke, a hook or a form of its own; nothing if it is plain.
///
/// Latin as Lucene's `ASCIIFoldingFilter` has it, apart from `ə`, which Azerbaijani without its letters
/// writes `e`. Arabic and Persian as Lucene's `ArabicNormalizer` and `PersianNormalizer`.
pub(super) fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'æ' => "ae",
        'œ' => "oe",
        'ß' => "ss",
        'þ' => "th",
        'ø' | 'ɵ' | 'ɔ' => "o",
        'ł' | 'ƚ' | 'ɫ' | 'ⱡ' => "l",
        'đ' | 'ð' | 'ɖ' | 'ɗ' => "d",
        'ı' | 'ɨ' | 'ɩ' => "i",
        'ħ' | 'ⱨ' => "h",
        'ŧ' | 'ⱦ' | 'ƭ' => "t",
        'ŋ' | 'ɲ' | 'ƞ' => "n",
        'ə' | 'ɛ' | 'ɇ' | 'ǝ' => "e",
        'ⱥ' | 'ɑ' => "a",
        'ƀ' | 'ɓ' => "b",
        'ȼ' | 'ƈ' => "c",
        'ƒ' => "f",
        'ǥ' | 'ɠ' => "g",
        'ɉ' | 'ȷ' => "j",
        'ƙ' | 'ⱪ' => "k",
        'ƥ' | 'ᵽ' => "p",
        'ɍ' => "r",
        'ʉ' | 'ᵾ' => "u",
        'ʋ' => "v",
        'ⱳ' => "w",
        'ɏ' | 'ƴ' => "y",
        'ƶ' | 'ȥ' | 'ⱬ' => "z",
        // Cyrillic letters with a stroke, a descender or an upturn.
        'ґ' | 'ғ' => "г",
        'қ' | 'ҝ' | 'ҡ' => "к",
        'ң' => "н",
        'ҳ' => "х",
        'ҷ' | 'ҹ' => "ч",
        'ү' | 'ұ' => "у",
        'ө' => "о",
        // Arabic: alef wasla, dotless and Persian yeh, Persian kaf, teh marbuta.
        'ٱ' => "ا",
        'ى' | 'ی' => "ي",
        'ک' => "ك",
        'ة' => "ه",
        _ => return None,
    })
}

/// Katakana as hiragana, the long mark apart; any other character as it is.
pub(super) fn hiragana(letter: char) -> char {
    match letter {
        '\u{30a1}'..='\u{30f6}' | '\u{30fd}' | '\u{30fe}' => {
            char::from_u32(u32::from(letter) - 0x60).unwrap_or(letter)
        }
        _ => letter,
    }
}

/// The ASCII shape of a quote or a dash, and of the letters that are used as quotes (Hawaiian ʻokina,
/// the half rings for ayn and hamza).
pub(super) fn shape(symbol: char) -> Option<char> {
    Some(match symbol {
        '`'
        | '\u{b4}'
        | '\u{2b9}'
        | '\u{2bb}'..='\u{2bf}'
        | '\u{2c8}'
        | '\u{2018}'..='\u{201b}' => '\'',
        '\u{2032}' | '\u{2035}' | '\u{5f3}' | '\u{a78b}' | '\u{a78c}' | '\u{1fef}' | '\u{1ffd}' => {
            '\''
        }
        '\u{2ba}' | '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{2036}' | '\u{5f4}' => '"',
        '«' | '»' => '"',
        '‹' | '›' => '\'',
        '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{5be}' | '\u{2e3a}' | '\u{2e3b}' => {
            '-'
        }
        '\u{fe58}' | '\u{fe63}' => '-',
        '\u{2044}' | '\u{2215}' => '/',
        '\u{301c}' => '~',
        _ => return None,
    })
}

/// Whether a character has no width or no meaning: Unicode's `Default_Ignorable_Code_Point`, Arabic
/// tatweel, and control characters that are no space.
pub(super) fn vanishes(c: char) -> bool {
    match c {
        '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' => true,
        '\u{a0}'..='\u{ac}' | '\u{ae}'..='\u{34e}' => false,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{640}' | '\u{115f}' | '\u{1160}' => true,
        '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' => true,
        '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' => true,
        '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' => true,
        '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}
