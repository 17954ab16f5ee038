//! Sets of the prefixes that match much: made at load, so that no request gathers and sorts them.
//!
//! In: the suffix arrays whose matches an answer is made of, and the order by name. Out: by the search
//! form of a query, the set of all numbers that it matches, and the first of them by name. A form that
//! is not there has few matches, or matches of one name, or is longer than [`LONGEST`] bytes: it is looked up in
//! the suffix arrays.
//!
//! The prefixes are those of a walk through the arrays byte by byte, which goes on as long as there are
//! matches enough. Prefixes with the same matches share a set.

mod source;

mod walk;

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::bitmap::Marks;
use super::dense::{Counting, Dense};
use super::orders::Orders;
use super::packed::Packed;
use super::permutation::{Permutation, Spread};
use super::sizes::Sizes;
use walk::{Found, Spans, Walk};

pub(super) use source::Source;

/// The longest prefix whose set is made.
const LONGEST: usize = 64;

/// Matches among which it is looked whether all are of one name.
const FEW: usize = 16;

/// The suffix arrays that one collection is searched by, at most: of titles, albums, artists, genres.
const SOURCES: usize = 4;

/// Sets by prefix.
#[derive(Debug, Default)]
pub struct Prepared {
    sets: Vec<PreparedSet>,
    by_prefix: FxHashMap<Box<str>, u32>,
}

/// What a prefix matches.
#[derive(Debug)]
pub struct PreparedSet {
    /// All of it.
    pub members: Stored,
    /// The first of it in ascending order of names: more of a large set than of a small one.
    pub by_name: Box<[u32]>,
    /// Where in the array of each source the matches are.
    places: [Range<u32>; SOURCES],
}

/// A set in the form in which it takes the least room.
#[derive(Debug)]
pub enum Stored {
    /// Of middling size, and how it spreads over each order, once that is counted.
    Packed(Packed, Spread),
    /// Large.
    Dense(Arc<Dense>),
}

impl Stored {
    /// How many members there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Packed(set, _) => set.len(),
            Self::Dense(set) => set.members().len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Prepared {
    /// Makes the sets of numbers below `count`.
    pub(super) fn build(
        sources: &[Source<'_>],
        count: usize,
        orders: &Orders,
        sizes: &Sizes,
    ) -> Self {
        let root: Spans = std::array::from_fn(|source| match sources.get(source) {
            Some(source) => 0..source.prefix.len(),
            None => 0..0,
        });
        let walk = |prefix: Vec<u8>| Walk {
            sources,
            bound: sizes.prepared,
            prefix,
            found: Found::default(),
        };
        let branches = walk(Vec::new()).children(&root);
        let branches: Vec<Found> = branches
            .into_par_iter()
            .map(|(byte, spans)| {
                let mut walk = walk(vec![byte]);
                walk.visit(&spans, None);
                walk.found
            })
            .collect();
        let mut prepared = Self::default();
        let mut spans = Vec::new();
        for mut branch in branches {
            let base = spans.len() as u32;
            spans.append(&mut branch.spans);
            let keys = branch.by_prefix.into_iter();
            prepared
                .by_prefix
                .extend(keys.map(|(prefix, set)| (prefix, base + set)));
        }
        let owners = sources.iter().flat_map(|source| source.owners.iter().max());
        let most_owners = owners.max().map_or(0, |&owner| owner as usize + 1);
        prepared.sets = spans
            .into_par_iter()
            .map_init(
                || (Marks::new(count), Marks::new(most_owners)),
                |(marks, seen), spans| {
                    // A suffix array has no more places than 32 bits number.
                    let places = spans.clone().map(|span| span.start as u32..span.end as u32);
                    for (source, suffixes) in sources.iter().zip(spans) {
                        source.mark(suffixes, seen, marks);
                    }
                    set(marks, places, orders, sizes)
                },
            )
            .collect();
        prepared.by_prefix.shrink_to_fit();
        prepared
    }

    /// What the search form of a query matches, if that is much.
    pub fn find(&self, form: &str) -> Option<&PreparedSet> {
        let set = *self.by_prefix.get(form)?;
        Some(&self.sets[set as usize])
    }

    /// Where in the array of each source all matches of a form are that is not there itself: where those
    /// of its longest beginning are that is there.
    pub fn places_around(&self, form: &str) -> Option<[Range<usize>; SOURCES]> {
        let set = beginnings(form).find_map(|begin| self.find(begin))?;
        let wide = |at: u32| at as usize;
        let places = set.places.clone();
        Some(places.map(|place| wide(place.start)..wide(place.end)))
    }

    /// Counts how large sets spread over each order.
    pub(super) fn count(&self, counting: &Counting<'_>) {
        self.sets.par_iter().for_each(|set| match &set.members {
            Stored::Packed(set, spread) if set.len() > counting.bound => {
                counting.count(&set.bits(), spread);
            }
            Stored::Packed(..) => {}
            Stored::Dense(set) => set.count(counting),
        });
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        let sets = self.sets.iter().map(|set| {
            let members = match &set.members {
                Stored::Packed(set, spread) => set.memory() + spread.memory(),
                Stored::Dense(set) => set.memory(),
            };
            size_of_val(set) + members + size_of_val(&*set.by_name)
        });
        let entry = size_of::<(Box<str>, u32)>();
        let keys = self.by_prefix.keys().map(|key| entry + key.len());
        sets.sum::<usize>() + keys.sum::<usize>()
    }
}

/// The shorter beginnings of a form that may have a set, the longest first.
fn beginnings(form: &str) -> impl Iterator<Item = &str> {
    let ends = (0..form.len().min(LONGEST + 1)).rev();
    ends.filter_map(|end| form.get(..end))
}

/// The set that is marked.
fn set(
    marks: &mut Marks,
    places: [Range<u32>; SOURCES],
    orders: &Orders,
    sizes: &Sizes,
) -> PreparedSet {
    let len = marks.len();
    let by_name = orders.by_name();
    let head = if len < sizes.headed {
        sizes.short_head
    } else {
        sizes.head
    };
    let first = met_first(marks, head, len, by_name);
    if len > sizes.dense {
        let bits = marks.take_bits();
        let page = || {
            let contains = |number| bits.contains(number);
            by_name.page(bits.members(0).iter(&bits), len, contains, 0..head, false)
        };
        return PreparedSet {
            by_name: first.unwrap_or_else(page).into(),
            places,
            members: Stored::Dense(Arc::new(bits.into())),
        };
    }
    let mut numbers = Vec::with_capacity(len);
    marks.drain(|number| numbers.push(number));
    let page = || {
        let contains = |number| numbers.binary_search(&number).is_ok();
        by_name.page(numbers.iter().copied(), len, contains, 0..head, false)
    };
    PreparedSet {
        by_name: first.unwrap_or_else(page).into(),
        places,
        members: Stored::Packed(Packed::new(&numbers), Spread::default()),
    }
}

/// The first of what is marked by name, if they are met at the first `looks` places: more would take longer
/// than a look at the rank of each that is marked.
fn met_first(marks: &Marks, count: usize, looks: usize, by_name: &Permutation) -> Option<Vec<u32>> {
    let mut first = Vec::with_capacity(count);
    let mut places = by_name.places_after(0, false);
    for _ in 0..looks {
        if first.len() == count {
            break;
        }
        let number = places.next(by_name)?;
        if marks.contains(number) {
            first.push(number);
        }
    }
    (first.len() == count).then_some(first)
}

#[cfg(test)]
mod tests;
