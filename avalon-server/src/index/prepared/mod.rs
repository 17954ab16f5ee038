//! Sets of the prefixes that match much: made beforehand, so that no request gathers and sorts them.
//!
//! In: the suffix arrays whose matches an answer is made of; and later, once lists are served, these again and the
//! orders. Out: by the search form of a query, the set of all numbers that it matches, if these are very many; and then
//! of forms with fewer matches, and the first of each set by name. A form that is not there then has few matches, or
//! matches of one name, or is longer than [`LONGEST`] bytes: it is looked up in the suffix arrays.
//!
//! The prefixes are those of a walk through the arrays byte by byte, which goes on as long as there are
//! matches enough. Prefixes with the same matches share a set.

mod source;

mod walk;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::bitmap::Marks;
use super::dense::{Counting, Dense};
use super::orders::Orders;
use super::packed::{Packed, Packing};
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
#[derive(Debug)]
pub struct Prepared {
    /// Of the prefixes with the most matches.
    first: Table,
    /// Of the others, once they are made, which may be while requests are answered: these take longer until then.
    others: OnceLock<Table>,
}

/// Some of them.
#[derive(Debug, Default)]
struct Table {
    sets: Vec<PreparedSet>,
    by_prefix: FxHashMap<Box<str>, u32>,
}

/// What a prefix matches.
#[derive(Debug)]
pub struct PreparedSet {
    /// All of it.
    pub members: Stored,
    /// The first of it in ascending order of names, once they are found.
    by_name: OnceLock<Box<[u32]>>,
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

impl PreparedSet {
    /// The first of it in ascending order of names, more of a large set than of a small one; nothing until they
    /// are found, which may be while requests are answered.
    pub fn by_name(&self) -> &[u32] {
        self.by_name.get().map_or(&[], |first| first)
    }

    /// That. `marks`, of which none is set, are for numbers of the collection.
    fn first(&self, by_name: &Permutation, marks: &mut Marks, sizes: &Sizes) -> Vec<u32> {
        match &self.members {
            Stored::Packed(packed, _) => {
                packed.members(0).for_each(|number| marks.mark(number));
                let contains = |number| marks.contains(number);
                let first = first(by_name, packed.members(0), packed.len(), contains, sizes);
                marks.drain(|_| ());
                first
            }
            Stored::Dense(dense) => {
                let bits = dense.members();
                let contains = |number| bits.contains(number);
                let members = bits.members(0).iter(bits);
                first(by_name, members, bits.len(), contains, sizes)
            }
        }
    }
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
    /// Makes the sets of numbers below `count` that requests would miss most.
    pub(super) fn build(sources: &[Source<'_>], count: usize, sizes: &Sizes) -> Self {
        Self {
            first: Table::build(sources, sizes.prepared_first, usize::MAX, count, sizes),
            others: OnceLock::new(),
        }
    }

    /// Makes what pages of those in an order are found by.
    pub(super) fn prepare_first(&self, orders: &Orders, sizes: &Sizes) {
        self.first.prepare_orders(orders, sizes);
    }

    /// Makes the others, of the same sources, and what their pages in an order are found by.
    pub(super) fn prepare_others<const N: usize>(
        &self,
        sources: [Source<'_>; N],
        orders: &Orders,
        sizes: &Sizes,
    ) {
        let count = orders.by_name().len();
        let others = || {
            // Taken, so that they go here.
            let sources = sources;
            Table::build(&sources, sizes.prepared, sizes.prepared_first, count, sizes)
        };
        let others = self.others.get_or_init(others);
        others.prepare_orders(orders, sizes);
    }

    /// What the search form of a query matches, if that is much.
    pub fn find(&self, form: &str) -> Option<&PreparedSet> {
        let others = || self.others.get()?.find(form);
        self.first.find(form).or_else(others)
    }

    /// Where in the array of each source all matches of a form are that is not there itself: where those
    /// of its longest beginning are that is there.
    pub fn places_around(&self, form: &str) -> Option<[Range<usize>; SOURCES]> {
        let set = beginnings(form).find_map(|begin| self.find(begin))?;
        let wide = |at: u32| at as usize;
        let places = set.places.clone();
        Some(places.map(|place| wide(place.start)..wide(place.end)))
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.first.memory() + self.others.get().map_or(0, Table::memory)
    }
}

impl Table {
    /// Makes the sets of the prefixes with more matches than one bound and no more than the other, repeats included.
    fn build(
        sources: &[Source<'_>],
        more_than: usize,
        at_most: usize,
        count: usize,
        sizes: &Sizes,
    ) -> Self {
        let root: Spans = std::array::from_fn(|source| match sources.get(source) {
            Some(source) => 0..source.prefix.len(),
            None => 0..0,
        });
        let walk = |prefix: Vec<u8>| Walk {
            sources,
            bound: more_than,
            most: at_most,
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
        let mut table = Self::default();
        let mut spans = Vec::new();
        for mut branch in branches {
            let base = spans.len() as u32;
            spans.append(&mut branch.spans);
            let keys = branch.by_prefix.into_iter();
            table
                .by_prefix
                .extend(keys.map(|(prefix, set)| (prefix, base + set)));
        }
        let owners = sources.iter().flat_map(|source| source.owners.iter().max());
        let most_owners = owners.max().map_or(0, |&owner| owner as usize + 1);
        table.sets = spans
            .into_par_iter()
            .map_init(
                || (Marks::new(count), Marks::new(most_owners)),
                |(marks, seen), spans| {
                    // A suffix array has no more places than 32 bits number.
                    let places = spans.clone().map(|span| span.start as u32..span.end as u32);
                    for (source, suffixes) in sources.iter().zip(spans) {
                        source.mark(suffixes, seen, marks);
                    }
                    PreparedSet {
                        members: stored(marks, sizes),
                        by_name: OnceLock::new(),
                        places,
                    }
                },
            )
            .collect();
        table.by_prefix.shrink_to_fit();
        table
    }

    fn find(&self, form: &str) -> Option<&PreparedSet> {
        let set = *self.by_prefix.get(form)?;
        Some(&self.sets[set as usize])
    }

    /// Finds the first of each set by name, and counts how large ones spread over each order.
    fn prepare_orders(&self, orders: &Orders, sizes: &Sizes) {
        let counting = Counting::new(orders, sizes);
        let by_name = orders.by_name();
        let marks = || Marks::new(by_name.len());
        self.sets.par_iter().for_each_init(marks, |marks, set| {
            let first = || set.first(by_name, marks, sizes).into();
            set.by_name.get_or_init(first);
            match &set.members {
                Stored::Packed(packed, spread) => {
                    counting.count_spread(packed.len(), || packed.bits(), spread);
                }
                Stored::Dense(dense) => dense.count_spread(&counting),
            }
        });
    }

    fn memory(&self) -> usize {
        let sets = self.sets.iter().map(|set| {
            let members = match &set.members {
                Stored::Packed(set, spread) => set.memory() + spread.memory(),
                Stored::Dense(set) => set.memory(),
            };
            size_of_val(set) + members + size_of_val(set.by_name())
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
fn stored(marks: &mut Marks, sizes: &Sizes) -> Stored {
    let len = marks.len();
    if len > sizes.dense {
        return Stored::Dense(Arc::new(marks.take_bits().into()));
    }
    let mut packing = Packing::with_capacity(len);
    marks.drain(|number| packing.push(number));
    Stored::Packed(packing.into(), Spread::default())
}

/// The first of a set by name: of `members`, of which there are so many, and what tells whether a number is one.
fn first(
    by_name: &Permutation,
    members: impl Iterator<Item = u32> + Clone,
    len: usize,
    contains: impl Fn(u32) -> bool,
    sizes: &Sizes,
) -> Vec<u32> {
    let head = if len < sizes.headed {
        sizes.short_head
    } else {
        sizes.head
    };
    let met = met_first(&contains, head, len, by_name);
    met.unwrap_or_else(|| by_name.page(members, len, contains, 0..head, false))
}

/// The first members by name, if they are met at the first `looks` places: more would take longer than a look at the
/// rank of each.
fn met_first(
    contains: impl Fn(u32) -> bool,
    count: usize,
    looks: usize,
    by_name: &Permutation,
) -> Option<Vec<u32>> {
    let mut first = Vec::with_capacity(count);
    let mut places = by_name.places_after(0, false);
    for _ in 0..looks {
        if first.len() == count {
            break;
        }
        let number = places.next(by_name)?;
        if contains(number) {
            first.push(number);
        }
    }
    (first.len() == count).then_some(first)
}

#[cfg(test)]
mod tests;
