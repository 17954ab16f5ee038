//! Answers that are asked for again and again, kept by the thread that made them.
//!
//! In: an answer with its request and entity tag. Out: the same for the same. A strong tag names the very
//! bytes of an answer, those of another library, release or request being other ones, so nothing here can
//! be out of date; the request is compared all the same, since tags that equal another can be sought. Only
//! what is asked for again soon is kept: an answer that nobody wants twice would cost memory that is in no
//! cache. What is kept is bounded in bytes, and goes when twice the bound of newer answers has come. Each
//! thread keeps its own: no lock, and nothing that two cores would pass to and fro.

use std::cell::RefCell;
use std::hash::BuildHasher;

use bytes::Bytes;
use hyper::header::HeaderValue;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::tags::EntityTag;
use crate::catalog::Collection;

/// Bytes of the answers that one of two halves takes, with what they need around them.
const HALF_BYTES: usize = 2 << 20;

/// Longer answers cost far more to send than to make.
const MOST_BYTES: usize = 32 << 10;

/// What an answer takes beside its bytes, about.
const AROUND: usize = 256;

/// Requests of which a thread knows that they were asked for, about: the latest, each in a slot of its own
/// unless two have the same.
const SEEN: usize = 1024;

/// A list that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    pub(super) collection: Collection,
    pub(super) query_string: &'a str,
    /// Of the answer.
    pub(super) tag: EntityTag,
}

/// A list as it was answered.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// The whole body.
    pub(super) body: Bytes,
    /// The value of `Avalon-Total`.
    pub(super) total: HeaderValue,
    /// The value of `ETag`.
    pub(super) tag: HeaderValue,
}

#[derive(Debug)]
struct Entry {
    collection: Collection,
    query_string: Box<str>,
    answer: Kept,
}

/// What a thread keeps: the newer half and the older.
#[derive(Debug)]
struct Halves {
    newer: FxHashMap<EntityTag, Entry>,
    older: FxHashMap<EntityTag, Entry>,
    /// Bytes of the newer half.
    bytes: usize,
    /// Hashes of the tags that were asked for and not kept.
    seen: Box<[u64]>,
}

thread_local! {
    static HALVES: RefCell<Halves> = RefCell::default();
}

/// The answer to this request, if this thread still has it.
pub(super) fn find(asked: Asked<'_>) -> Option<Kept> {
    HALVES.with_borrow_mut(|halves| halves.find(asked))
}

/// Keeps an answer that was asked for before, unless it or its request is long.
pub(super) fn keep(asked: Asked<'_>, body: &Bytes, total: &HeaderValue, tag: &HeaderValue) {
    if body.len() > MOST_BYTES || asked.query_string.len() > AROUND {
        return;
    }
    HALVES.with_borrow_mut(|halves| {
        if halves.was_seen(asked) {
            let (body, total, tag) = (body.clone(), total.clone(), tag.clone());
            halves.keep(asked, Kept { body, total, tag });
        }
    });
}

impl Default for Halves {
    fn default() -> Self {
        Self {
            newer: FxHashMap::default(),
            older: FxHashMap::default(),
            bytes: 0,
            seen: vec![0; SEEN].into(),
        }
    }
}

impl Halves {
    /// Whether this was asked for lately; from now on it was.
    fn was_seen(&mut self, asked: Asked<'_>) -> bool {
        let hash = FxBuildHasher.hash_one(asked.tag);
        let slot = &mut self.seen[hash as usize % SEEN];
        std::mem::replace(slot, hash) == hash
    }

    fn find(&mut self, asked: Asked<'_>) -> Option<Kept> {
        let is_it = |entry: &&Entry| {
            entry.collection == asked.collection && *entry.query_string == *asked.query_string
        };
        if let Some(entry) = self.newer.get(&asked.tag) {
            return Some(entry).filter(is_it).map(|entry| entry.answer.clone());
        }
        let entry = self.older.remove(&asked.tag)?;
        let answer = Some(&entry).filter(is_it)?.answer.clone();
        self.keep(asked, answer.clone());
        Some(answer)
    }

    fn keep(&mut self, asked: Asked<'_>, answer: Kept) {
        let bytes = answer.body.len() + asked.query_string.len() + AROUND;
        if self.bytes + bytes > HALF_BYTES {
            self.older = std::mem::take(&mut self.newer);
            self.bytes = 0;
        }
        let entry = Entry {
            collection: asked.collection,
            query_string: asked.query_string.into(),
            answer,
        };
        if self.newer.insert(asked.tag, entry).is_none() {
            self.bytes += bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::tags::Tags;

    fn asked(query_string: &str) -> Asked<'_> {
        let collection = Collection::Songs;
        Asked {
            collection,
            query_string,
            tag: Tags::of(1).list(collection, query_string),
        }
    }

    fn answer(size: usize) -> Kept {
        Kept {
            body: vec![b'x'; size].into(),
            total: HeaderValue::from(size),
            tag: asked("").tag.header(),
        }
    }

    /// Whether an answer of this size is there after it was asked for as often.
    fn is_kept(query_string: &str, size: usize, times: usize) -> bool {
        let Kept { body, total, tag } = answer(size);
        for _ in 0..times {
            keep(asked(query_string), &body, &total, &tag);
        }
        find(asked(query_string)).is_some()
    }

    #[test]
    fn what_is_asked_for_stays_and_what_is_not_goes() {
        let mut halves = Halves::default();
        for request in 0..1000 {
            let query_string = request.to_string();
            halves.keep(asked(&query_string), answer(10_000 + request));
            let first = halves.find(asked("0")).unwrap();
            assert_eq!(first.body.len(), 10_000);
            assert!(halves.bytes <= HALF_BYTES);
            let entries = halves.newer.values().chain(halves.older.values());
            let all: usize = entries.map(|entry| entry.answer.body.len()).sum();
            assert!(all <= 2 * HALF_BYTES);
        }
        assert_eq!(halves.find(asked("999")).unwrap().total, "10999");
        assert!(halves.find(asked("1")).is_none());
    }

    #[test]
    fn another_request_with_the_same_tag_gets_nothing() {
        assert!(is_kept("a", 7, 2));
        let other = Asked {
            query_string: "b",
            ..asked("a")
        };
        assert!(find(other).is_none());
        let collection = Collection::Albums;
        assert!(
            find(Asked {
                collection,
                ..asked("a")
            })
            .is_none()
        );
    }

    #[test]
    fn what_is_asked_for_once_is_not_kept() {
        assert!(!is_kept("once", 7, 1));
        assert!(is_kept("once", 7, 1));
        assert!(!is_kept("rarely", 7, 1));
        for other in 0..100 * SEEN {
            is_kept(&other.to_string(), 7, 1);
        }
        assert!(!is_kept("rarely", 7, 1));
    }

    #[test]
    fn long_answers_and_requests_are_not_kept() {
        assert!(is_kept("long", MOST_BYTES, 2));
        assert!(!is_kept("longer", MOST_BYTES + 1, 2));
        assert!(is_kept(&"x".repeat(AROUND), 1, 2));
        assert!(!is_kept(&"x".repeat(AROUND + 1), 1, 2));
    }
}
