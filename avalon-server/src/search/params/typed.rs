//! The parameters as they were typed.

use std::borrow::Cow;

use crate::query::pair;

/// The names of all parameters.
const NAMES: [&str; 21] = [
    "q",
    "types",
    "album",
    "artist",
    "genre",
    "album_artist",
    "album_id",
    "artist_id",
    "genre_id",
    "year",
    "decade",
    "format",
    "order",
    "direction",
    "limit",
    "offset",
    "facets",
    "fields",
    "highlight",
    "explain",
    "strict",
];

/// Of each name the first value, decoded; `None` where it is not there.
#[derive(Default)]
pub(super) struct Typed<'a>([Option<Cow<'a, str>>; NAMES.len()]);

impl<'a> Typed<'a> {
    pub(super) fn read(query_string: &'a str) -> Self {
        let mut typed = Self::default();
        for (name, value) in query_string.split('&').map(pair) {
            if let Some(at) = place(&name) {
                typed.0[at].get_or_insert(value);
            }
        }
        typed
    }

    /// The value of a parameter, once.
    pub(super) fn take(&mut self, name: &str) -> Option<Cow<'a, str>> {
        self.0[place(name)?].take()
    }
}

fn place(name: &str) -> Option<usize> {
    NAMES.iter().position(|known| *known == name)
}
