//! Tokens and their texts, added to an analysis.
//!
//! In: parts of the folded text, or words that are there. Out: tokens of bounded length with the bytes of
//! the analysed text that they are made of. What stays true: a text once written is not changed, so tokens
//! may share it.

use std::ops::Range;

use super::{Analysis, Class, MAX_CHARS, Token};

impl Analysis {
    /// Adds a token that is made of the words with these numbers.
    pub(super) fn push(
        &mut self,
        class: Class,
        text: Range<usize>,
        source: Range<usize>,
        places: Range<usize>,
        unspaced: bool,
    ) {
        self.tokens.push(Token {
            text: text.start..text.start + cut(&self.text[text]),
            class,
            // Neither is more than MAX_WORDS.
            place: places.start as u8,
            span: places.len() as u8,
            unspaced,
            source,
        });
    }

    /// Adds a token that is made of words of a chunk, given by their tokens.
    pub(super) fn push_of(
        &mut self,
        class: Class,
        text: Range<usize>,
        words: Range<usize>,
        unspaced: bool,
    ) {
        let (first, last) = (&self.tokens[words.start], &self.tokens[words.end - 1]);
        let source = first.source.start..last.source.end;
        let places = self.places(&words);
        self.push(class, text, source, places, unspaced);
    }

    /// The numbers of words, given by their tokens.
    pub(super) fn places(&self, words: &Range<usize>) -> Range<usize> {
        let place = usize::from(self.tokens[words.start].place);
        place..place + words.len()
    }

    /// Where a word that is a part of the folded text stands.
    pub(super) fn folded(&self, word: usize) -> Range<usize> {
        self.tokens[word].text.clone()
    }

    /// Writes words one after the other behind all text; gives where.
    pub(super) fn append(&mut self, words: Range<usize>) -> Range<usize> {
        let from = self.text.len();
        for word in words {
            let text = self.folded(word);
            self.text.extend_from_within(text);
        }
        from..self.text.len()
    }

    /// Writes a text behind all; gives where.
    pub(super) fn written(&mut self, text: &str) -> Range<usize> {
        let from = self.text.len();
        self.text.push_str(text);
        from..self.text.len()
    }

    /// The bytes of the analysed text that a part of the folded text is made of.
    pub(super) fn source(&self, folded: Range<usize>) -> Range<usize> {
        let first = self.sources.get(folded.start);
        let last = self.sources.get(folded.end.saturating_sub(1));
        match (first, last) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => folded,
        }
    }
}

/// How many bytes of a token are kept.
fn cut(text: &str) -> usize {
    if text.len() <= MAX_CHARS {
        return text.len();
    }
    text.char_indices()
        .nth(MAX_CHARS)
        .map_or(text.len(), |(at, _)| at)
}
