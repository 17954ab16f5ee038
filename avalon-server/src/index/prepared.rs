//! Sets of the prefixes that match much: made at load, so that no request gathers and sorts them.
//!
//! In: the suffix arrays whose matches an answer is made of, and the order by name. Out: by the search
//! form of a query, the set of all numbers that it matches, and the first of them by name. A form that
//! is not there has few matches, or matches of one name, or is longer than [`LONGEST`] bytes: it is looked up in
//! the suffix arrays.
//!
//! The prefixes are those of a walk through the arrays byte by byte, which goes on as long as there are
//! matches enough. Prefixes with the same matches share a set.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::bitmap::Marks;
use super::dense::{Counting, Dense};
use super::lists::{List, Lists};
use super::orders::Orders;
use super::packed::Packed;
use super::permutation::Permutation;
use super::prefix::Prefix;
use super::sizes::Sizes;
use super::tokens::END;

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
    /// Of middling size.
    Packed(Packed),
    /// Large.
    Dense(Arc<Dense>),
}

impl Stored {
    /// How many members there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Packed(set) => set.len(),
            Self::Dense(set) => set.members().len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A suffix array, and what a match in it stands for: the name itself, or the tracks of its owner.
pub(super) struct Source<'a> {
    prefix: &'a Prefix,
    /// The name that each suffix is of: asked often here, and counted from the text by the array itself.
    owners: Vec<u32>,
    lists: Option<&'a Lists>,
    /// Numbers that all suffixes before one stand for; only where there are lists.
    weights: Vec<u64>,
}

impl<'a> Source<'a> {
    /// A match stands for the number of its name.
    pub(super) fn names(prefix: &'a Prefix) -> Self {
        Self {
            owners: owners(prefix),
            prefix,
            lists: None,
            weights: Vec::new(),
        }
    }

    /// A match stands for the tracks of its owner.
    pub(super) fn tracks(prefix: &'a Prefix, lists: &'a Lists) -> Self {
        let owners = owners(prefix);
        let mut weight = 0;
        let weights = owners.iter().map(|&owner| {
            let before = weight;
            weight += lists.count(owner) as u64;
            before
        });
        let mut weights: Vec<u64> = weights.collect();
        weights.push(weight);
        Self {
            owners,
            prefix,
            lists: Some(lists),
            weights,
        }
    }

    fn weight(&self, suffixes: &Range<usize>) -> u64 {
        match self.lists {
            None => suffixes.len() as u64,
            Some(_) => self.weights[suffixes.end] - self.weights[suffixes.start],
        }
    }

    /// Marks what some matches stand for. `seen` has the owners whose tracks were marked already: a name
    /// may match at many of its words.
    fn mark(&self, suffixes: Range<usize>, seen: &mut Marks, marks: &mut Marks) {
        let owners = &self.owners[suffixes];
        let Some(lists) = self.lists else {
            owners.iter().for_each(|&owner| marks.mark(owner));
            return;
        };
        owners.iter().for_each(|&owner| seen.mark(owner));
        seen.drain(|owner| match lists.of(owner) {
            List::Range(range) => marks.mark_range(range),
            List::Listed(list) => list.iter().for_each(|&track| marks.mark(track)),
        });
    }
}

/// The name that each suffix is of.
fn owners(prefix: &Prefix) -> Vec<u32> {
    let places = (0..prefix.len()).into_par_iter().with_min_len(4096);
    places.map(|at| prefix.owner(at)).collect()
}

/// Matches in each source.
type Spans = [Range<usize>; SOURCES];

/// Prefixes and the matches of their sets, as a walk finds them.
#[derive(Default)]
struct Found {
    spans: Vec<Spans>,
    by_prefix: Vec<(Box<str>, u32)>,
}

/// A walk through the suffix arrays.
struct Walk<'a> {
    sources: &'a [Source<'a>],
    /// Fewer matches than this and one make no set.
    bound: usize,
    prefix: Vec<u8>,
    found: Found,
}

impl Prepared {
    /// Makes the sets of numbers below `count`.
    pub(super) fn build(
        sources: &[Source<'_>],
        count: usize,
        orders: &Orders,
        counting: &Counting,
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
                    set(marks, places, orders, counting, sizes)
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
        let mut begins = form.char_indices().rev().map(|(at, _)| &form[..at]);
        let set = begins.find_map(|begin| self.find(begin))?;
        let wide = |at: u32| at as usize;
        let places = set.places.clone();
        Some(places.map(|place| wide(place.start)..wide(place.end)))
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        let sets = self.sets.iter().map(|set| {
            let members = match &set.members {
                Stored::Packed(set) => set.memory(),
                Stored::Dense(set) => set.memory(),
            };
            size_of_val(set) + members + size_of_val(&*set.by_name)
        });
        let entry = size_of::<(Box<str>, u32)>();
        let keys = self.by_prefix.keys().map(|key| entry + key.len());
        sets.sum::<usize>() + keys.sum::<usize>()
    }
}

impl Walk<'_> {
    /// Notes the current prefix and all longer ones with matches enough. `above` is the set of the
    /// longest prefix of this one that is noted.
    fn visit(&mut self, spans: &Spans, above: Option<u32>) {
        let mut above = above;
        if let Ok(prefix) = str::from_utf8(&self.prefix) {
            let is_same = above.is_some_and(|set| self.found.spans[set as usize] == *spans);
            let set = match above {
                Some(set) if is_same => set,
                _ => {
                    self.found.spans.push(spans.clone());
                    self.found.spans.len() as u32 - 1
                }
            };
            self.found.by_prefix.push((prefix.into(), set));
            above = Some(set);
        }
        if self.prefix.len() == LONGEST {
            return;
        }
        for (byte, spans) in self.children(spans) {
            self.prefix.push(byte);
            self.visit(&spans, above);
            self.prefix.pop();
        }
    }

    /// Whether few matches stand for much because all are of one album, artist or genre: its tracks are a
    /// set already, and its name may be of any length.
    fn is_of_one_name(&self, spans: &Spans) -> bool {
        let mut matching = spans
            .iter()
            .zip(self.sources)
            .filter(|(span, _)| !span.is_empty());
        let (Some((span, source)), None) = (matching.next(), matching.next()) else {
            return false;
        };
        let owners = &source.owners[span.clone()];
        owners.len() <= FEW && owners.iter().all(|owner| *owner == owners[0])
    }

    /// The prefixes that are one byte longer and have matches enough.
    fn children(&self, spans: &Spans) -> Vec<(u8, Spans)> {
        let depth = self.prefix.len();
        let mut left = spans.clone();
        let mut children = Vec::new();
        let next = |source: usize, left: &Spans| {
            let range = &left[source];
            let byte = || self.sources[source].prefix.byte(range.start, depth);
            (!range.is_empty()).then(byte)
        };
        // Names that end here come last of all.
        while let Some(byte) = (0..self.sources.len())
            .filter_map(|source| next(source, &left))
            .min()
            .filter(|&byte| byte != END)
        {
            let mut spans: Spans = std::array::from_fn(|_| 0..0);
            let mut weight = 0;
            for (source, of) in self.sources.iter().enumerate() {
                let range = &mut left[source];
                let start = range.start;
                let end = partition(range.clone(), |at| of.prefix.byte(at, depth) <= byte);
                range.start = end;
                spans[source] = start..end;
                weight += of.weight(&spans[source]);
            }
            if weight > self.bound as u64 && !self.is_of_one_name(&spans) {
                children.push((byte, spans));
            }
        }
        children
    }
}

/// The first place of a range at which `is_before` does not hold; it is near the start more often
/// than not.
fn partition(range: Range<usize>, is_before: impl Fn(usize) -> bool) -> usize {
    let mut step = 1;
    let mut low = range.start;
    while low + step < range.end && is_before(low + step) {
        low += step;
        step *= 2;
    }
    let mut high = range.end.min(low + step + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// The set that is marked.
fn set(
    marks: &mut Marks,
    places: [Range<u32>; SOURCES],
    orders: &Orders,
    counting: &Counting,
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
        let page = || by_name.page(bits.members(0).iter(&bits), 0..head, false);
        return PreparedSet {
            by_name: first.unwrap_or_else(page).into(),
            places,
            members: Stored::Dense(Arc::new(Dense::new(bits, counting))),
        };
    }
    let mut numbers = Vec::with_capacity(len);
    marks.drain(|number| numbers.push(number));
    let page = || by_name.page(numbers.iter().copied(), 0..head, false);
    PreparedSet {
        by_name: first.unwrap_or_else(page).into(),
        places,
        members: Stored::Packed(Packed::new(&numbers)),
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
mod tests {
    use avalon_core::text::search_form;

    use super::*;
    use crate::catalog::{Field, Texts};

    const NAMES: [&str; 9] = [
        "The Beatles",
        "The Bees",
        "Beat it",
        "Élan vital",
        "elan",
        "élan",
        "日本",
        "日本語",
        "Be",
    ];

    fn members(set: &PreparedSet) -> Vec<u32> {
        match &set.members {
            Stored::Packed(set) => set.members(0).collect(),
            Stored::Dense(set) => set.members().members(0).iter(set.members()).collect(),
        }
    }

    #[test]
    fn what_matches_much_is_there_and_nothing_else() {
        let forms: Vec<String> = NAMES.iter().map(|name| search_form(name)).collect();
        let forms = Texts::collect(forms.iter().map(String::as_str)).unwrap();
        let names = Texts::collect(NAMES.into_iter()).unwrap();
        let prefix = Prefix::build(&forms).unwrap();
        let orders = Orders::new([(Field::Name, Permutation::by_text(&names))]);
        for dense in [0, 3, 9] {
            let sizes = Sizes {
                prepared: 1,
                dense,
                counted: 5,
                headed: 3,
                head: 2,
                short_head: 1,
                looks: 3,
                listed: 2,
            };
            let sources = [Source::names(&prefix)];
            let counting = Counting::new(orders.all(), sizes.counted);
            let prepared = Prepared::build(&sources, NAMES.len(), &orders, &counting, &sizes);
            for (form, expected, by_name) in [
                ("be", &[0, 1, 2, 8][..], &[8, 2][..]),
                ("bea", &[0, 2], &[2]),
                ("beat", &[0, 2], &[2]),
                ("the be", &[0, 1], &[0]),
                ("elan", &[3, 4, 5], &[4, 3]),
                ("日", &[6, 7], &[6]),
                ("日本", &[6, 7], &[6]),
            ] {
                let set = prepared.find(form).unwrap_or_else(|| panic!("{form}"));
                assert_eq!(members(set), expected, "{form}");
                assert_eq!(*set.by_name, *by_name, "{form}");
                assert_eq!(set.members.len(), expected.len());
            }
            for form in ["", "beatl", "bee", "日本語", "x", "it"] {
                assert!(prepared.find(form).is_none(), "{form}");
            }
            let (bea, beat) = (prepared.by_prefix["bea"], prepared.by_prefix["beat"]);
            assert_eq!(bea, beat, "they share a set");
        }
    }

    #[test]
    fn tracks_of_matching_owners_count() {
        let names = ["rock", "rocksteady", "pop"];
        let forms = Texts::collect(names.into_iter()).unwrap();
        let prefix = Prefix::build(&forms).unwrap();
        let owners = [0, 1, 0, 2, 1, 0];
        let lists = Lists::build(&owners, 3);
        let sizes = Sizes {
            prepared: 2,
            dense: 4,
            counted: 5,
            headed: 3,
            head: 3,
            short_head: 1,
            looks: 3,
            listed: 2,
        };
        let backwards: Vec<Option<i64>> = (0..6).map(|track| Some(-track)).collect();
        let by_title = Permutation::by_number(&backwards);
        let orders = Orders::new([(Field::Name, by_title)]);
        let sources = [Source::tracks(&prefix, &lists)];
        let counting = Counting::new(orders.all(), sizes.counted);
        let prepared = Prepared::build(&sources, 6, &orders, &counting, &sizes);
        let set = prepared.find("rock").unwrap();
        assert_eq!(members(set), [0, 1, 2, 4, 5]);
        assert_eq!(*set.by_name, [5, 4, 2]);
        assert!(prepared.find("p").is_none() && prepared.find("rocks").is_none());
        assert_eq!(prepared.sets.len(), 1);
    }

    #[test]
    fn partitions_are_found_wherever_they_lie() {
        for end in 0..40 {
            for at in 3..=3 + end {
                assert_eq!(partition(3..3 + end, |place| place < at), at, "{end}");
            }
        }
    }
}
