//! What a layer gives: values with their keys and places, not yet understood.

use super::key::Key;
use super::problem::Origin;

/// A value as a layer has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Boolean(bool),
    /// A value of a kind that no setting takes, named as in `a list`.
    Other(&'static str),
}

/// A value given for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

impl Value {
    /// The value of a layer that knows nothing but text: a number, or true or false, where the key
    /// wants one and the text is one.
    pub(crate) fn untyped(key: Key, text: &str) -> Self {
        let understood = match text.trim() {
            number if key.is_number() => number.parse().ok().map(Self::Integer),
            word if key.is_boolean() => boolean(word).map(Self::Boolean),
            _ => None,
        };
        understood.unwrap_or_else(|| Self::Text(text.to_owned()))
    }
}

/// What operators write for true and false where there is only text, in any case.
pub(crate) fn boolean(word: &str) -> Option<bool> {
    let is_one_of = |words: [&str; 4]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
    if is_one_of(["true", "1", "yes", "on"]) {
        Some(true)
    } else if is_one_of(["false", "0", "no", "off"]) {
        Some(false)
    } else {
        None
    }
}
