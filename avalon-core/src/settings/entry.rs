//! What a layer gives: values with their keys and places, not yet understood.

use super::key::Key;
use super::problem::Origin;

/// A value as a layer has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
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
    /// The value of a layer that knows nothing but text: a number where the key wants one and the
    /// text is one.
    pub(crate) fn untyped(key: Key, text: &str) -> Self {
        match text.trim().parse() {
            Ok(number) if key.is_number() => Self::Integer(number),
            _ => Self::Text(text.to_owned()),
        }
    }
}
