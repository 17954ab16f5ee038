//! Kana and Hangul in Latin letters, as people type them.
//!
//! In: a run of folded kana, or of composed Hangul. Out: how it is spelt letter by letter, and how it is
//! said, often the same; and with its long marks. What stays true: all are lower-case ASCII.

mod kana;

mod hangul;

pub(super) use hangul::hangul;
pub(super) use kana::kana;

/// A run in Latin letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Roman {
    /// As it is spelt.
    pub(super) spelt: String,
    /// As it is said.
    pub(super) said: String,
    /// As it is spelt with vowels for marks of length; empty without such.
    pub(super) long: String,
}
