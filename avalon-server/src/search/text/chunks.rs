//! From a folded text to its tokens, chunk by chunk: a chunk is what stands between spaces.
//!
//! In: an [`Analysis`] with the folded text and its sources. Out: the same with its tokens, in order, and
//! the texts of those that do not stand in the folded text behind it.
//! What stays true: the words of a chunk are found first; all else is made of them and of the symbols
//! between and around them, so nothing reaches over a space; but for pairs of letters of scripts in which
//! a space means little.

use std::ops::Range;

use super::compose::trimmed;
use super::scripts::{Kind, char_at, kind};
use super::{Analysis, Class, MAX_WORDS, Token};

/// Finds the tokens of the folded text in `out`, which `text` was folded to.
pub(super) fn tokens(text: &str, out: &mut Analysis) {
    let mut chunks = Chunks {
        text,
        end: out.text.len(),
        out,
        words: 0,
        symbols: 0,
        unspaced: false,
    };
    let mut at = 0;
    while at < chunks.end && chunks.words < MAX_WORDS {
        at = chunks.chunk(at);
    }
    if chunks.words == 0 {
        chunks.symbols_alone();
    } else if chunks.out.tokens.len() > chunks.words {
        chunks.out.tokens.sort_unstable_by_key(order);
    }
    if chunks.unspaced {
        chunks.out.grams(0..chunks.words);
        chunks.out.tokens.sort_unstable_by_key(order);
    }
}

fn order(token: &Token) -> (Class, u8, u8, usize) {
    (token.class, token.place, token.span, token.text.start)
}

/// The chunks of a text.
struct Chunks<'a> {
    /// As it was before it was folded.
    text: &'a str,
    out: &'a mut Analysis,
    /// Where the folded text ends.
    end: usize,
    /// Words found so far.
    words: usize,
    /// Chunks without a word that have a token, at most [`MAX_WORDS`] too.
    symbols: usize,
    /// Whether any letter is of an unspaced script.
    unspaced: bool,
}

/// What was seen in a chunk.
#[derive(Clone, Copy, Default)]
struct Seen {
    symbol: bool,
    digit: bool,
    unspaced: bool,
}

impl Chunks<'_> {
    /// Takes spaces and the chunk after them; gives where it ends.
    fn chunk(&mut self, from: usize) -> usize {
        let start = from + spaces(&self.out.text[from..self.end]);
        let first = self.out.tokens.len();
        let mut seen = Seen::default();
        let end = self.words_from(start, &mut seen);
        let words = first..self.out.tokens.len();
        let chunk = start..end;
        if words.is_empty() {
            self.without_words(chunk);
            return end;
        }
        if seen.symbol {
            self.out.joined(words.clone());
            self.out.symbol(&chunk, &words);
            self.out.ands(words.clone());
        }
        if seen.symbol || seen.digit {
            self.out.stylised(&chunk, &words);
        }
        if seen.unspaced {
            self.unspaced = true;
            self.out.romans(words, self.text);
        }
        end
    }

    /// Takes the words from `start` to the next space; gives where that is.
    fn words_from(&mut self, start: usize, seen: &mut Seen) -> usize {
        let mut at = start;
        // Where the word begins that is being read, and whether it is a letter of an unspaced script.
        let mut open: Option<(usize, bool)> = None;
        let end = loop {
            let Some(c) = char_at(&self.out.text[..self.end], at) else {
                break at;
            };
            match kind(c) {
                Kind::Space => break at,
                Kind::Letter => {
                    seen.digit |= c.is_ascii_digit();
                    if !matches!(open, Some((_, false))) {
                        self.close(&mut open, at);
                        open = Some((at, false));
                    }
                }
                Kind::Unspaced => {
                    seen.unspaced = true;
                    self.close(&mut open, at);
                    open = Some((at, true));
                }
                Kind::Mark => seen.symbol |= open.is_none(),
                Kind::Symbol => {
                    seen.symbol = true;
                    self.close(&mut open, at);
                }
            }
            at += c.len_utf8();
        };
        self.close(&mut open, end);
        end
    }

    fn close(&mut self, open: &mut Option<(usize, bool)>, end: usize) {
        if let Some((start, unspaced)) = open.take() {
            let source = self.out.source(start..end);
            self.word(start..end, source, unspaced);
        }
    }

    /// Adds a word, unless there are too many.
    fn word(&mut self, text: Range<usize>, source: Range<usize>, unspaced: bool) {
        if self.words == MAX_WORDS {
            return;
        }
        let place = self.words;
        self.words += 1;
        self.out
            .push(Class::Word, text, source, place..place + 1, unspaced);
    }

    /// A chunk of symbols: `&` is a word, and so is `+` between others; what only parts others is nothing.
    fn without_words(&mut self, chunk: Range<usize>) {
        if chunk.is_empty() {
            return;
        }
        let symbols = &self.out.text[chunk.clone()];
        if symbols == "&" || symbols == "+" && self.is_between(&chunk) {
            let text = self.out.written("and");
            let source = self.out.source(chunk);
            return self.word(text, source, false);
        }
        let symbol = trimmed(&self.out.text, chunk);
        if self.symbols < MAX_WORDS && !self.out.text[symbol.clone()].chars().all(parts) {
            self.symbols += 1;
            let source = self.out.source(symbol.clone());
            self.out
                .push(Class::Symbol, symbol, source, self.words..self.words, false);
        }
    }

    /// Whether a chunk has words on both sides.
    fn is_between(&self, chunk: &Range<usize>) -> bool {
        let after = &self.out.text[chunk.end..self.end];
        let next = after.chars().find(|&c| kind(c) != Kind::Space);
        self.words > 0
            && next.is_some_and(|next| matches!(kind(next), Kind::Letter | Kind::Unspaced))
    }

    /// Each chunk is a word, since the text has no other.
    fn symbols_alone(&mut self) {
        self.out.tokens.clear();
        let mut at = 0;
        while at < self.end {
            let start = at + spaces(&self.out.text[at..self.end]);
            let rest = &self.out.text[start..self.end];
            at = start + rest.find(|c| kind(c) == Kind::Space).unwrap_or(rest.len());
            if start < at {
                let source = self.out.source(start..at);
                self.word(start..at, source, false);
            }
        }
    }
}

/// How many bytes of spaces a text begins with.
fn spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches(|c| kind(c) == Kind::Space).len()
}

/// Whether a symbol only parts words where it stands by itself.
fn parts(symbol: char) -> bool {
    matches!(
        symbol,
        '-' | '/' | '\\' | '|' | '.' | ':' | ',' | ';' | '~' | '_' | '·' | '•' | '・' | '\''
    )
}
