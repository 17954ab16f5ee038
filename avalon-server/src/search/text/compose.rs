//! What follows from the words of one chunk and the symbols between and around them.
//!
//! In: an [`Analysis`], the words of a chunk by their tokens and where the chunk stands in the folded text.
//! Out: the tokens that are made of them, added behind all. What stays true: nothing reaches over a space
//! but pairs of letters of unspaced scripts.

use std::ops::Range;

use super::roman;
use super::scripts::{Kana, Kind, Sound, char_at, kana, kind, sound};
use super::stylised;
use super::{AND, Analysis, Class, Token};

/// At most so many words are joined into one.
const MAX_JOINED: usize = 8;

impl Analysis {
    /// The words that only symbols part, put together: all, and each two neighbours.
    pub(super) fn joined(&mut self, words: Range<usize>) {
        let mut at = words.start;
        while at < words.end {
            let spaced = |&word: &usize| !self.tokens[word].unspaced;
            let group = at..at + (at..words.end).take_while(spaced).count();
            if group.len() >= 2 {
                self.join(group.start..group.end.min(group.start + MAX_JOINED));
            }
            if group.len() >= 3 {
                (group.start..group.end - 1).for_each(|word| self.join(word..word + 2));
            }
            at = group.end + 1;
        }
    }

    fn join(&mut self, words: Range<usize>) {
        let text = self.append(words.clone());
        self.push_of(Class::Joined, text, words, false);
    }

    /// Each `&` between two words, as a word of its own and read out with these two.
    pub(super) fn ands(&mut self, words: Range<usize>) {
        for word in words.start..words.end - 1 {
            let between = self.folded(word).end..self.folded(word + 1).start;
            if &self.text[between.clone()] != "&" {
                continue;
            }
            // It is no word of the name, and stands before the one behind it.
            let place = self.places(&(word + 1..word + 2)).start;
            let (text, source) = (self.written(AND), self.source(between));
            self.push(Class::And, text, source, place..place, false);
            for and in ["and", "n"] {
                let start = self.text.len();
                self.append(word..word + 1);
                self.written(and);
                let end = self.append(word + 1..word + 2).end;
                self.push_of(Class::And, start..end, word..word + 2, false);
            }
        }
    }

    /// The chunk as it stands, if a symbol is left in it without brackets and the like at its ends.
    pub(super) fn symbol(&mut self, chunk: &Range<usize>, words: &Range<usize>) {
        let symbol = trimmed(&self.text, chunk.clone());
        let text = &self.text[symbol.clone()];
        if text.chars().any(|c| kind(c) == Kind::Symbol) {
            let (source, places) = (self.source(symbol.clone()), self.places(words));
            self.push(Class::Symbol, symbol, source, places, false);
        }
    }

    /// The runs of letters, digits and symbols that can be read as letters.
    pub(super) fn stylised(&mut self, chunk: &Range<usize>, words: &Range<usize>) {
        let mut at = chunk.start;
        while at < chunk.end {
            let run = at..at + run(&self.text[at..chunk.end]);
            at = run.end;
            if run.is_empty() {
                at += char_at(&self.text, at).map_or(1, char::len_utf8);
                continue;
            }
            let begins = |word: usize, at: usize| self.tokens[word].text.start < at;
            let first = words.start
                + words
                    .clone()
                    .take_while(|&word| begins(word, run.start))
                    .count();
            let end = words.start
                + words
                    .clone()
                    .take_while(|&word| begins(word, run.end))
                    .count();
            if first < end {
                self.read(run, &(first..end));
            }
        }
    }

    fn read(&mut self, run: Range<usize>, words: &Range<usize>) {
        let Some(read) = stylised::read(&self.text[run.clone()]) else {
            return;
        };
        let plain = |token: &Token| matches!(token.class, Class::Word | Class::Joined);
        let mut others = self.tokens.iter().filter(|token| plain(token));
        if others.any(|token| self.text(token) == read) {
            return;
        }
        let text = self.written(&read);
        let (source, places) = (self.source(run), self.places(words));
        self.push(Class::Stylised, text, source, places, false);
    }

    /// Each two neighbouring letters of unspaced scripts, whatever parts them.
    pub(super) fn grams(&mut self, words: Range<usize>) {
        for word in words.start..words.end - 1 {
            let (one, other) = (&self.tokens[word], &self.tokens[word + 1]);
            if !(one.unspaced && other.unspaced) {
                continue;
            }
            let text = match one.text.end == other.text.start {
                true => one.text.start..other.text.end,
                false => self.append(word..word + 2),
            };
            self.push_of(Class::Gram, text, word..word + 2, true);
        }
    }

    /// The runs of kana and of Hangul in Latin letters; of one that changes between hiragana and katakana in
    /// `typed`, the text as it was before it was folded, also what is before and behind.
    pub(super) fn romans(&mut self, words: Range<usize>, typed: &str) {
        let mut at = words.start;
        while at < words.end {
            let Some(sound) = self.sound(at) else {
                at += 1;
                continue;
            };
            let first = at;
            at += 1;
            while at < words.end
                && self.sound(at) == Some(sound)
                && self.folded(at - 1).end == self.folded(at).start
            {
                at += 1;
            }
            self.roman(first..at, sound);
            let mut script: Option<Kana> = None;
            let scripts: Vec<Option<Kana>> = (first..at)
                .map(|word| {
                    let typed = char_at(typed, self.tokens[word].source.start);
                    // What is of neither is of the one before it.
                    script = typed.and_then(kana).or(script);
                    script
                })
                .collect();
            let parts: Vec<usize> = scripts.chunk_by(PartialEq::eq).map(<[_]>::len).collect();
            if parts.len() > 1 {
                let mut part = first;
                for words in parts {
                    self.roman(part..part + words, sound);
                    part += words;
                }
            }
        }
    }

    fn sound(&self, word: usize) -> Option<Sound> {
        char_at(&self.text, self.folded(word).start).and_then(sound)
    }

    fn roman(&mut self, words: Range<usize>, sound: Sound) {
        let run = self.folded(words.start).start..self.folded(words.end - 1).end;
        let roman = match sound {
            Sound::Kana => roman::kana(&self.text[run]),
            Sound::Hangul => roman::hangul(&self.text[run]),
        };
        // A run of marks of length alone has no sound.
        if roman.spelt.is_empty() {
            return;
        }
        let text = self.written(&roman.spelt);
        self.push_of(Class::Roman, text, words.clone(), false);
        for other in [roman.said, roman.long] {
            if !other.is_empty() && other != roman.spelt {
                let text = self.written(&other);
                self.push_of(Class::Roman, text, words.clone(), false);
            }
        }
    }
}

/// How many bytes of letters, digits and symbols to be read as letters a text begins with.
fn run(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, next)| next);
        let in_run = match kind(c) {
            Kind::Letter => true,
            Kind::Mark => at > 0,
            Kind::Symbol => stylised::is_in_run(c, next),
            Kind::Space | Kind::Unspaced => false,
        };
        if !in_run {
            return at;
        }
    }
    text.len()
}

/// A chunk without brackets, quotes and the like at its ends, and without a full stop at its end.
pub(super) fn trimmed(text: &str, chunk: Range<usize>) -> Range<usize> {
    let encloses = |c: char| {
        matches!(
            c,
            '(' | ')' | '[' | ']' | '{' | '}' | '"' | '\'' | ',' | ';' | ':'
        ) || matches!(
            c,
            '、' | '。' | '《' | '》' | '〈' | '〉' | '「' | '」' | '『' | '』' | '【' | '】'
        )
    };
    let inner = text[chunk.clone()].trim_start_matches(encloses);
    let start = chunk.end - inner.len();
    let inner = inner.trim_end_matches(|c| c == '.' || encloses(c));
    start..start + inner.len()
}
