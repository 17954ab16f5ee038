//! From a name, or what was typed, to folded tokens.
//!
//! In: text as tags spell it, or as a user types it: the same rules for both. Out: [`Analysis`]: the
//! tokens in which it is found, each with its place among the words of the text and the bytes that it
//! is made of.

mod letters;

mod scripts;

mod fold;

mod stylised;

mod roman;

mod write;

mod compose;

mod chunks;

#[cfg(test)]
mod tests;

use std::ops::Range;

use fold::{Form, fold};
use scripts::{Kind, kind};

/// At most so many words of a text are seen.
pub const MAX_WORDS: usize = 255;

/// Tokens are cut to so many characters.
pub const MAX_CHARS: usize = 64;

/// What `and` and `n` are also read as: the token of an `&` between two words. Nothing that is typed is or
/// begins so: no control character is left in what is folded.
pub const AND: &str = "\u{1}&";

/// A token as it is shown.
pub fn shown(token: &str) -> &str {
    if token == AND { "&" } else { token }
}

/// What kind of token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// A word, as it stands; of scripts that are written without spaces each letter.
    Word = 0,
    /// Neighbouring words that only punctuation parts, put together: `acdc`, `dont`, `jayz`.
    Joined = 1,
    /// Symbols read as the letters that they look like: `pink` for `P!nk`.
    Stylised = 2,
    /// Kana or Hangul in Latin letters.
    Roman = 3,
    /// Two neighbouring letters of a script that is written without spaces.
    Gram = 4,
    /// What stands between spaces, with its symbols: `ac/dc`, `c++`, `!!!`.
    Symbol = 5,
    /// An `&` between two words of one chunk: itself ([`AND`]), and read out with these words `randb` and `rnb`.
    /// Of names alone: who types `r&b` has not typed `and`.
    And = 6,
}

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where its text is in [`Analysis::text`].
    pub text: Range<usize>,
    /// What kind of token it is.
    pub class: Class,
    /// The number of its first word in the text, from 0 on.
    pub place: u8,
    /// How many words it is made of; 0 for symbols without a word.
    pub span: u8,
    /// Whether it is a letter of a script that is written without spaces, or two of them.
    pub unspaced: bool,
    /// The bytes of the analysed text that it is made of.
    pub source: Range<usize>,
}

/// The tokens of a text: words first, then by class, each class by place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Analysis {
    /// The folded text, then the texts of tokens that do not stand in it.
    pub text: String,
    /// The tokens.
    pub tokens: Vec<Token>,
    /// For each byte of the folded text the bytes that it is made of; empty where it is made of itself.
    sources: Vec<Range<usize>>,
}

impl Analysis {
    /// The words.
    pub fn words(&self) -> impl Iterator<Item = &Token> {
        let tokens = self.tokens.iter();
        tokens.take_while(|token| token.class == Class::Word)
    }

    /// The folded text of a token.
    pub fn text(&self, token: &Token) -> &str {
        &self.text[token.text.clone()]
    }
}

/// Analyses a text into `out`, whose former content goes.
///
/// Of a text with any letter or digit each run of letters and digits is a [`Class::Word`]; so is an `&`
/// between spaces, as `and`. Of another each chunk between spaces is one. The rest follows from the words
/// of one chunk and what stands between them; see [`Class`]. For one text of a token, class and place
/// never go down from one to the next.
pub fn analyze(text: &str, out: &mut Analysis) {
    out.text.clear();
    out.tokens.clear();
    out.sources.clear();
    let plain = |byte| matches!(byte, b' '..=b'~') && byte != b'`';
    if text.bytes().all(plain) {
        out.text.push_str(text);
        out.text.make_ascii_lowercase();
    } else {
        let sources = &mut out.sources;
        fold(text, Form::Folded, &mut out.text, |folded, range| {
            sources.resize(folded.len(), range);
        });
    }
    chunks::tokens(text, out);
}

/// Whether the first word of a text stands as an article does: between spaces, or with an apostrophe before a
/// word of three letters or more (`L'Amour`; not `I'm`, `A-ha` or `L.A.`).
pub fn may_lead(text: &str) -> bool {
    let is_letter = |c| matches!(kind(c), Kind::Letter | Kind::Unspaced);
    let is_of_word = |c| is_letter(c) || kind(c) == Kind::Mark;
    let closes = |c| matches!(c, ')' | ']' | '}' | '"' | ',');
    let begun = text.trim_start_matches(|c| !is_letter(c));
    let behind = begun.trim_start_matches(is_of_word);
    let mut behind = behind.trim_start_matches(closes).chars();
    let Some(next) = behind.next() else {
        return true;
    };
    let is_apostrophe = letters::shape(next).unwrap_or(next) == '\'';
    kind(next) == Kind::Space
        || is_apostrophe && behind.take(3).filter(|&c| is_letter(c)).count() == 3
}

/// How many words a text has once it is folded, a run of a script without spaces being one.
pub fn words(text: &str) -> usize {
    let mut analysis = Analysis::default();
    analyze(text, &mut analysis);
    let words: Vec<&Token> = analysis.words().collect();
    words.len() - words.windows(2).filter(|pair| goes_on(pair)).count()
}

/// Whether the second of two words goes on with the run of the first.
pub(super) fn goes_on(pair: &[&Token]) -> bool {
    pair.iter().all(|word| word.unspaced) && pair[0].source.end == pair[1].source.start
}

/// Whether a word is a letter of a script that is written without spaces.
pub(super) fn is_unspaced(word: &str) -> bool {
    word.chars()
        .next()
        .is_some_and(|letter| kind(letter) == Kind::Unspaced)
}

/// The text as it was typed, without what is never meant: compatibility forms, case, repeated spaces and
/// spaces at the ends, the shapes of quotes and dashes; marks and punctuation stay.
pub fn typed_form(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold(text, Form::Typed, &mut folded, |_, _| {});
    let mut typed = String::with_capacity(folded.len());
    for chunk in folded.split_whitespace() {
        if !typed.is_empty() {
            typed.push(' ');
        }
        typed.push_str(chunk);
    }
    typed
}
