//! What a folded character is to a text: a letter, and of which kind of script, a mark, a symbol, a space.

use unicode_normalization::char::is_combining_mark;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_script::{Script, UnicodeScript};

/// What a character is to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It parts chunks.
    Space,
    /// A letter or digit of a script that is written with spaces.
    Letter,
    /// A letter of a script that is written without spaces, or of Korean.
    Unspaced,
    /// It belongs to the letter before it.
    Mark,
    /// Anything else: it parts words.
    Symbol,
}

/// What a folded character is.
pub(super) fn kind(c: char) -> Kind {
    match c {
        'a'..='z' | '0'..='9' | 'A'..='Z' => Kind::Letter,
        ' ' | '\t'..='\r' => Kind::Space,
        '\0'..='\x7f' => Kind::Symbol,
        _ if c.is_whitespace() => Kind::Space,
        _ if is_combining_mark(c) => Kind::Mark,
        _ if !c.is_alphanumeric() => Kind::Symbol,
        _ if unspaced(c) => Kind::Unspaced,
        _ => Kind::Letter,
    }
}

/// Whether a letter belongs to a script in which words are not parted by spaces, or to Hangul, whose
/// spaces are often left out. Digits of such scripts do not.
fn unspaced(letter: char) -> bool {
    match letter {
        '\0'..='\u{dff}' => false,
        '\u{3041}'..='\u{3096}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => true,
        // The long mark of kana and the mark that closes letters are common to several scripts.
        '\u{30fc}' | '\u{3006}' => true,
        _ => match letter.script() {
            Script::Han | Script::Hiragana | Script::Katakana | Script::Hangul => true,
            Script::Thai | Script::Lao | Script::Khmer | Script::Myanmar => !letter.is_numeric(),
            _ => false,
        },
    }
}

/// The scripts whose sound can be told letter by letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sound {
    /// Hiragana, and katakana folded to it.
    Kana,
    /// Composed syllables of Hangul.
    Hangul,
}

/// Of which such script a folded letter is.
pub(super) fn sound(letter: char) -> Option<Sound> {
    match letter {
        '\u{3041}'..='\u{3096}' | '\u{309d}' | '\u{309e}' | '\u{30fc}' => Some(Sound::Kana),
        '\u{ac00}'..='\u{d7a3}' => Some(Sound::Hangul),
        _ => None,
    }
}

/// The two scripts that kana are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kana {
    /// Of Japanese words.
    Hiragana,
    /// Of foreign ones.
    Katakana,
}

/// Which of the two a letter is of that is not folded; of neither is what both have, as the mark of length.
pub(super) fn kana(letter: char) -> Option<Kana> {
    match letter {
        '\u{3041}'..='\u{3096}' | '\u{309d}' | '\u{309e}' => Some(Kana::Hiragana),
        '\u{30a1}'..='\u{30fa}'
        | '\u{30fd}'
        | '\u{30fe}'
        | '\u{ff66}'..='\u{ff6f}'
        | '\u{ff71}'..='\u{ff9d}' => Some(Kana::Katakana),
        _ => None,
    }
}

/// Whether a mark on a letter is left out in folded names: in alphabets where people type the letter
/// alone. Elsewhere (kana, Thai, Indic scripts) a mark makes another letter.
pub(super) fn is_left_out(mark: char, letter: char) -> bool {
    let alphabet = letter.is_ascii_alphabetic()
        || matches!(
            letter.script(),
            Script::Latin | Script::Greek | Script::Cyrillic | Script::Arabic | Script::Hebrew
        );
    alphabet && mark.general_category() == GeneralCategory::NonspacingMark
}

/// The character that begins at a byte of a text.
pub(super) fn char_at(text: &str, at: usize) -> Option<char> {
    match text.as_bytes().get(at) {
        Some(&byte) if byte.is_ascii() => Some(char::from(byte)),
        _ => text[at..].chars().next(),
    }
}
