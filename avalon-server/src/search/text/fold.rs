//! From text to folded text, with the bytes that each folded byte comes from.
//!
//! In: any text. Out: its compatibility form (NFKC) in lower case, without what has no width; if folded
//! and not only as typed, also without the marks and the shapes of letters that people leave out.
//! What stays true: folding a folded text changes nothing; letters and their marks are folded together,
//! so what comes of them points to all their bytes.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use super::letters;
use super::scripts;

/// How much is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// What is never meant.
    Typed,
    /// Marks and shapes of letters besides.
    Folded,
}

/// Appends the folded text to `out`, and calls `note` after each piece with the bytes that it is made of.
pub(super) fn fold(
    text: &str,
    form: Form,
    out: &mut String,
    mut note: impl FnMut(&str, Range<usize>),
) {
    let mut cluster = Cluster::new(form);
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let start = at;
        at += first.len_utf8();
        if letters::vanishes(first) {
            continue;
        }
        // A letter, with what belongs to it; what has no width does not make the range longer.
        let (mut end, mut marked) = (at, false);
        if let Some(length) = am(&text[start..]) {
            at = start + length;
            (end, marked) = (at, true);
        }
        while let Some(next) = text[at..].chars().next() {
            let belongs = belongs_to_former(next) && am(&text[at..]).is_none();
            if !belongs && !letters::vanishes(next) {
                break;
            }
            at += next.len_utf8();
            if belongs {
                (end, marked) = (at, true);
            }
        }
        match alone(first, form) {
            Some(folded) if !marked => out.push(folded),
            _ => cluster.fold(&text[start..end], out),
        }
        note(out, start..end);
    }
}

/// How many bytes the two characters take that a text begins with, if they are Thai or Lao am (NFKC has no other
/// form of it): the mark belongs to what follows, not to the letter before.
fn am(text: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    let (_, mark) = chars
        .next()
        .filter(|(_, c)| matches!(c, '\u{e4d}' | '\u{ecd}'))?;
    let (at, letter) = chars.find(|&(_, c)| !letters::vanishes(c))?;
    am_of(mark, letter).map(|_| at + letter.len_utf8())
}

/// Thai or Lao am, of its two parts.
fn am_of(mark: char, letter: char) -> Option<char> {
    match (mark, letter) {
        ('\u{e4d}', '\u{e32}') => Some('\u{e33}'),
        ('\u{ecd}', '\u{eb2}') => Some('\u{eb3}'),
        _ => None,
    }
}

/// What a frequent character folds to if no mark follows: what [`Cluster`] would give, without its cost.
fn alone(c: char, form: Form) -> Option<char> {
    match c {
        '`' => Some('\''),
        '\t'..='\r' => Some(' '),
        ' '..='~' => Some(c.to_ascii_lowercase()),
        '\u{3041}'..='\u{3096}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => Some(c),
        '\u{30a1}'..='\u{30f6}' if form == Form::Folded => Some(letters::hiragana(c)),
        'а'..='и' | 'к'..='я' => Some(c),
        _ => None,
    }
}

/// Whether a character is part of the letter before it: a mark, or what completes a Korean syllable.
fn belongs_to_former(c: char) -> bool {
    match c {
        '\0'..='\u{2ff}' => false,
        '\u{1161}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7fb}' => true,
        // The same as letters of their own, in full and half width, and the sound marks of kana.
        '\u{3131}'..='\u{318e}' | '\u{ffa1}'..='\u{ffdc}' => {
            let mut first = None;
            decompose_compatible(c, |part| first = first.or(Some(part)));
            matches!(first, Some('\u{1161}'..='\u{11ff}'))
        }
        '\u{ff9e}' | '\u{ff9f}' => true,
        _ => is_combining_mark(c),
    }
}

/// Folds one letter with its marks at a time.
struct Cluster {
    form: Form,
    /// The characters that the letter is folded to.
    parts: Vec<char>,
    /// The letter that marks now belong to.
    base: Option<char>,
    /// Whether parts may have to be put together.
    composes: bool,
}

impl Cluster {
    fn new(form: Form) -> Self {
        Self {
            form,
            parts: Vec::new(),
            base: None,
            composes: false,
        }
    }

    fn fold(&mut self, text: &str, out: &mut String) {
        self.parts.clear();
        (self.base, self.composes) = (None, false);
        let mut chars = text.chars().filter(|&c| !letters::vanishes(c)).peekable();
        while let Some(c) = chars.next() {
            match chars.peek().and_then(|&next| am_of(c, next)) {
                Some(am) => {
                    chars.next();
                    self.keep(am);
                }
                None => self.take(c),
            }
        }
        match self.composes {
            true => out.extend(self.parts.iter().copied().nfc()),
            false => out.extend(self.parts.iter()),
        }
    }

    /// Takes the parts of a character.
    fn take(&mut self, c: char) {
        if let Some(shape) = letters::shape(c) {
            return self.take_part(shape);
        }
        // Thai and Lao am are typed and read as one letter; the trademark signs are no letters of a word.
        if matches!(c, '\u{e33}' | '\u{eb3}' | '™' | '℠') {
            return self.keep(c);
        }
        let before = self.parts.len();
        decompose_compatible(c, |part| self.take_part(part));
        // A mark that stands by itself (¨, ¯) would become a mark on a space.
        if self.parts.get(before) == Some(&' ') && !c.is_whitespace() {
            self.parts.truncate(before);
            self.keep(c);
        }
    }

    fn keep(&mut self, c: char) {
        self.base = None;
        self.parts.push(c);
    }

    fn take_part(&mut self, part: char) {
        if letters::vanishes(part) {
            return;
        }
        if is_combining_mark(part) {
            let left_out = |base| scripts::is_left_out(part, base);
            if self.form == Form::Typed || !self.base.is_some_and(left_out) {
                self.composes = true;
                self.parts.push(part);
            }
            return;
        }
        self.composes |= matches!(part, '\u{1100}'..='\u{11ff}');
        let part = letters::shape(part).unwrap_or(part);
        for lower in part.to_lowercase() {
            let lower = if lower == 'ς' { 'σ' } else { lower };
            self.base = Some(lower);
            match letters::plain(lower) {
                Some(plain) if self.form == Form::Folded => self.parts.extend(plain.chars()),
                _ if self.form == Form::Folded => self.parts.push(letters::hiragana(lower)),
                _ => self.parts.push(lower),
            }
        }
    }
}
