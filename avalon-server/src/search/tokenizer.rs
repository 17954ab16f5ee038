//! The tokens of [`super::text`], as tantivy asks for them.
//!
//! In: a name. Out: its tokens, each with a position that holds its class, place and span; so that names
//! can be put together again from postings.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::text::{Analysis, analyze};

/// Analyses names for tantivy.
#[derive(Clone, Default)]
pub(super) struct NameTokenizer {
    analysis: Analysis,
    token: Token,
}

/// The tokens of one name.
pub(super) struct NameTokens<'a> {
    analysis: &'a Analysis,
    token: &'a mut Token,
    next: usize,
}

/// What a position tells of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// The class, by its number; 0 is a word.
    pub(super) class: u8,
    /// The number of its first word.
    pub(super) place: u8,
    /// How many words it is made of.
    pub(super) span: u8,
}

impl Position {
    fn pack(self) -> u32 {
        u32::from_be_bytes([0, self.class, self.place, self.span])
    }

    pub(super) fn unpack(position: u32) -> Self {
        let [_, class, place, span] = position.to_be_bytes();
        Self { class, place, span }
    }
}

impl Tokenizer for NameTokenizer {
    type TokenStream<'a> = NameTokens<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> NameTokens<'a> {
        analyze(text, &mut self.analysis);
        NameTokens {
            analysis: &self.analysis,
            token: &mut self.token,
            next: 0,
        }
    }
}

impl TokenStream for NameTokens<'_> {
    fn advance(&mut self) -> bool {
        let Some(token) = self.analysis.tokens.get(self.next) else {
            return false;
        };
        self.next += 1;
        self.token.text.clear();
        self.token.text.push_str(self.analysis.text(token));
        let position = Position {
            class: token.class as u8,
            place: token.place,
            span: token.span,
        };
        self.token.position = position.pack() as usize;
        self.token.position_length = 1;
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}
