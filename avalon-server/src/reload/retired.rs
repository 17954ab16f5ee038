//! Libraries that are served no more, until the last answer from them is sent.
//!
//! In: the library that another one took the place of. Out: nothing; it is freed by whoever asks
//! for that here. First all goes that answers are made with, once no request is at it, and then the
//! rendered lists, once no body is sent from them.
//!
//! What stays true: no thread that serves frees a library, nor its rendered lists. What it may free is
//! the one set and the one order that the body of a long answer in order goes through, which such a body
//! holds itself: a few megabytes at a million tracks.

use std::sync::Arc;

use crate::app::Rendered;
use crate::service::Edition;

/// Old libraries, or what is left of them.
#[derive(Debug, Default)]
pub(super) struct Retired(Vec<Old>);

#[derive(Debug)]
enum Old {
    /// Requests may still be at it.
    Edition(Arc<Edition>),
    /// Bodies may still be sent from it.
    Rendered(Box<Rendered>),
}

impl Retired {
    /// Takes one that is served no more: nobody new can get at it.
    pub(super) fn push(&mut self, edition: Arc<Edition>) {
        self.0.push(Old::Edition(edition));
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The number of the oldest.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.0.first().map(|old| match old {
            Old::Edition(edition) => edition.app().library(),
            Old::Rendered(rendered) => rendered.library(),
        })
    }

    /// Frees what nobody is at any more; whether one is gone as a whole.
    pub(super) fn free(&mut self) -> bool {
        let old = std::mem::take(&mut self.0);
        let before = old.len();
        self.0 = old.into_iter().filter_map(Old::left).collect();
        self.0.len() < before
    }
}

impl Old {
    /// What must still be held of it.
    fn left(self) -> Option<Self> {
        let rendered = match self {
            Self::Edition(edition) => match Arc::try_unwrap(edition) {
                Ok(edition) => Box::new(edition.into_rendered()),
                Err(edition) => return Some(Self::Edition(edition)),
            },
            Self::Rendered(rendered) => rendered,
        };
        (!rendered.is_unique()).then_some(Self::Rendered(rendered))
    }
}
