//! Numbers of the elements of an answer, and what they stand for fetched ahead.
//!
//! In: the numbers of a selection. Out: the same, one after the other. What stays true: before a number
//! comes out, the processor was told to fetch where its element lies and then the element itself, some
//! elements ahead. Those of an order lie anywhere in memory, and waiting for each in its turn took most of
//! the time of a long list.

use std::ops::Range;
use std::vec;

use super::fragments::Fragments;
use crate::query::{Numbers, Walk};

/// Numbers that are known before they come out; a power of two.
const KNOWN: usize = 16;

/// Elements that are fetched before they come out: more would push one another out of the smallest cache.
const FETCHED: usize = 8;

/// The numbers of elements to come.
#[derive(Debug)]
pub(super) enum Elements {
    /// Neighbours: the processor fetches by itself what is read from one end to the other.
    Range(Range<u32>),
    /// In any order.
    Scattered(Scattered),
}

#[derive(Debug)]
pub(super) struct Scattered {
    numbers: Source,
    /// The numbers from `given` to `taken`, each at its place in the row modulo the size.
    known: [u32; KNOWN],
    given: usize,
    fetched: usize,
    taken: usize,
}

#[derive(Debug)]
enum Source {
    List(vec::IntoIter<u32>),
    Walk(Walk),
}

impl Elements {
    /// Those that were selected.
    pub(super) fn of(numbers: Numbers) -> Self {
        let numbers = match numbers {
            Numbers::Range(range) => return Self::Range(range),
            Numbers::List(list) => Source::List(list.into_iter()),
            Numbers::Walk(walk) => Source::Walk(walk),
        };
        Self::Scattered(Scattered {
            numbers,
            known: [0; KNOWN],
            given: 0,
            fetched: 0,
            taken: 0,
        })
    }

    /// The bytes of all, with their commas. Nothing may have come out yet.
    pub(super) fn size(&self, fragments: &Fragments) -> usize {
        match self {
            Self::Range(range) => fragments.size_of_range(range),
            Self::Scattered(Scattered { numbers, .. }) => numbers.size(fragments),
        }
    }

    /// Whether all have come out.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Range(range) => range.is_empty(),
            Self::Scattered(scattered) => scattered.is_empty(),
        }
    }
}

impl Scattered {
    fn is_empty(&self) -> bool {
        self.given == self.taken && self.numbers.is_empty()
    }

    /// The next one.
    #[inline]
    pub(super) fn next(&mut self, fragments: &Fragments) -> Option<u32> {
        while self.taken < self.given + KNOWN
            && let Some(number) = self.numbers.next()
        {
            fragments.fetch_place(number);
            self.known[self.taken % KNOWN] = number;
            self.taken += 1;
        }
        while self.fetched < self.taken.min(self.given + FETCHED) {
            fragments.element(self.known[self.fetched % KNOWN]).fetch();
            self.fetched += 1;
        }
        if self.given == self.taken {
            return None;
        }
        let number = self.known[self.given % KNOWN];
        self.given += 1;
        Some(number)
    }
}

impl Source {
    fn is_empty(&self) -> bool {
        match self {
            Self::List(list) => list.as_slice().is_empty(),
            Self::Walk(walk) => walk.len() == 0,
        }
    }

    fn next(&mut self) -> Option<u32> {
        match self {
            Self::List(list) => list.next(),
            Self::Walk(walk) => walk.next(),
        }
    }

    fn size(&self, fragments: &Fragments) -> usize {
        match self {
            Self::List(list) => fragments.size(list.as_slice().iter().copied()),
            Self::Walk(walk) if walk.len() == fragments.count() as usize => {
                fragments.size_of_range(&(0..fragments.count()))
            }
            Self::Walk(walk) => match walk.whole_set() {
                // In the order in which they lie.
                Some(set) => fragments.size(set.members(0).iter(set)),
                None => fragments.size(walk.clone()),
            },
        }
    }
}
