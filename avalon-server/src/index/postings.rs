//! Postings: the tracks of each album, artist or genre.
//!
//! In: for each track the number of its owner. Out: for each owner the ascending list of its tracks,
//! all lists one after the other in one buffer; of the largest also a bitmap. Where the tracks are in
//! the order of their owners, as with artists, each list is a range and no buffer is kept.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::bitmap::Marks;
use super::dense::Dense;
use super::permutation::Permutation;
use super::sizes::Sizes;

/// Lists of tracks by owner.
#[derive(Debug, Default)]
pub struct Postings {
    ends: Vec<u32>,
    /// `None` where every track stands at its own number.
    tracks: Option<Vec<u32>>,
    /// The lists that are most of the library.
    large: FxHashMap<u32, Arc<Dense>>,
}

/// The tracks of one owner.
#[derive(Clone, Debug)]
pub enum Posting<'a> {
    /// Neighbours; of many, also as a large set.
    Range(Range<u32>, Option<&'a Arc<Dense>>),
    /// An ascending list.
    List(&'a [u32]),
    /// A large part of all tracks.
    Large(&'a Arc<Dense>),
}

impl Postings {
    /// Turns track → owner around. `count` is the number of owners.
    pub(super) fn build(owners: &[u32], count: usize) -> Self {
        let mut ends = vec![0; count];
        for &owner in owners {
            ends[owner as usize] += 1;
        }
        let mut total = 0;
        for end in &mut ends {
            // Where the list begins; each track put moves it on, to the end at last.
            total += std::mem::replace(end, total);
        }
        if owners.is_sorted() {
            for &owner in owners {
                ends[owner as usize] += 1;
            }
            return Self {
                ends,
                tracks: None,
                large: FxHashMap::default(),
            };
        }
        let mut tracks = vec![0; owners.len()];
        for (track, &owner) in (0..).zip(owners) {
            let end = &mut ends[owner as usize];
            tracks[*end as usize] = track;
            *end += 1;
        }
        Self {
            ends,
            tracks: Some(tracks),
            large: FxHashMap::default(),
        }
    }

    /// Keeps bitmaps of the lists that are longer than the bound. `orders` are those that tracks may be
    /// wanted in.
    pub(super) fn keep_large(&mut self, sizes: &Sizes, orders: &[Arc<Permutation>]) {
        let tracks = self.ends.last().copied().unwrap_or_default();
        let mut marks = Marks::new(tracks as usize);
        let owners = 0..self.ends.len() as u32;
        let large = owners.filter(|&owner| self.count(owner) > sizes.dense);
        self.large = large
            .map(|owner| {
                self.each(owner, |track| marks.mark(track));
                let set = Dense::new(marks.take_bits(), orders, sizes);
                (owner, Arc::new(set))
            })
            .collect();
    }

    fn span(&self, owner: u32) -> Range<u32> {
        let at = owner as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        start..self.ends[at]
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        let tracks = self.tracks.as_deref().unwrap_or_default();
        let large = self.large.values().map(|set| set.memory());
        size_of_val(&*self.ends) + size_of_val(tracks) + large.sum::<usize>()
    }

    /// How many tracks an owner has.
    ///
    /// # Panics
    /// There is no such owner, as with all that follow.
    pub fn count(&self, owner: u32) -> usize {
        self.span(owner).len()
    }

    /// The tracks of one owner.
    pub fn of(&self, owner: u32) -> Posting<'_> {
        let span = self.span(owner);
        let large = self.large.get(&owner);
        let Some(tracks) = &self.tracks else {
            return Posting::Range(span, large);
        };
        match (&tracks[span.start as usize..span.end as usize], large) {
            // Ascending without repeats: as many as from the first to the last is all of them.
            (list @ [first, .., last], _) if (last - first) as usize == list.len() - 1 => {
                Posting::Range(*first..last + 1, large)
            }
            (_, Some(set)) => Posting::Large(set),
            (list, None) => Posting::List(list),
        }
    }

    /// Gives the tracks of one owner in ascending order.
    pub fn each(&self, owner: u32, mut track: impl FnMut(u32)) {
        let span = self.span(owner);
        match &self.tracks {
            None => span.for_each(track),
            Some(tracks) => {
                let list = &tracks[span.start as usize..span.end as usize];
                list.iter().for_each(|&number| track(number));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(owners: &[u32], count: usize) -> Vec<Vec<u32>> {
        let mut postings = Postings::build(owners, count);
        postings.keep_large(&Sizes::of(owners.len()), &[]);
        let list = |owner: u32| {
            let mut list = Vec::new();
            postings.each(owner, |track| list.push(track));
            let same: Vec<u32> = match postings.of(owner) {
                Posting::Range(range, _) => range.collect(),
                Posting::List(list) => list.to_vec(),
                Posting::Large(set) => set.members().members(0).iter(set.members()).collect(),
            };
            assert_eq!(list, same);
            assert_eq!(list.len(), postings.count(owner));
            list
        };
        (0..count as u32).map(list).collect()
    }

    #[test]
    fn each_owner_has_its_tracks_in_order() {
        let expected: [&[u32]; 5] = [&[1, 4], &[], &[0, 2], &[], &[3]];
        assert_eq!(lists(&[2, 0, 2, 4, 0], 5), expected);
        let expected: [&[u32]; 4] = [&[0, 1], &[], &[2], &[]];
        assert_eq!(lists(&[0, 0, 2], 4), expected);
        assert_eq!(lists(&[], 1), [&[] as &[u32]]);
    }

    #[test]
    fn owners_of_much_of_the_library_have_bitmaps() {
        let owners: Vec<u32> = (0..40_000).map(|track| track % 7 % 3).collect();
        let mut postings = Postings::build(&owners, 3);
        postings.keep_large(&Sizes::of(owners.len()), &[]);
        assert!((0..3).all(|owner| matches!(postings.of(owner), Posting::Large(_))));
        assert_eq!(lists(&owners, 3)[2][..3], [2, 5, 9]);
    }
}
