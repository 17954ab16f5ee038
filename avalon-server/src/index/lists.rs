//! The tracks of each album, artist or genre.
//!
//! In: for each track the number of its owner. Out: for each owner its tracks in ascending order: a range
//! where they are neighbours, as those of artists are and of most albums, else a list in one buffer.

use std::ops::Range;

/// Tracks by owner.
#[derive(Debug)]
pub struct Lists {
    spans: Box<[Span]>,
    /// Those of owners whose tracks are no neighbours, one list after the other.
    listed: Box<[u32]>,
}

/// Where the tracks of an owner are.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// The first of the tracks; of a list, where it ends in the buffer.
    first: u32,
    /// What follows the last of them; of a list, where it begins: less than its end, as with no range.
    end: u32,
}

/// The tracks of one owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List<'a> {
    /// Neighbours.
    Range(Range<u32>),
    /// An ascending list.
    Listed(&'a [u32]),
}

/// The tracks of one owner, by where they are.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// At their own numbers.
    Range(Range<u32>),
    /// In the buffer of all lists.
    Listed(Range<u32>),
}

impl Lists {
    /// Turns track → owner around. `count` is the number of owners.
    pub(super) fn build(owners: &[u32], count: usize) -> Self {
        let none = Span {
            first: u32::MAX,
            end: 0,
        };
        let mut spans = vec![none; count];
        let mut counts = vec![0_u32; count];
        for (track, &owner) in (0..).zip(owners) {
            let span = &mut spans[owner as usize];
            span.first = span.first.min(track);
            span.end = track + 1;
            counts[owner as usize] += 1;
        }
        let mut listed = 0;
        // Where the next track of each list goes.
        let mut next = counts;
        for (span, next) in spans.iter_mut().zip(&mut next) {
            let count = *next;
            if count == 0 {
                *span = Span { first: 0, end: 0 };
            } else if span.end - span.first > count {
                *next = listed;
                listed += count;
                *span = Span {
                    first: listed,
                    end: *next,
                };
            }
        }
        let mut tracks = vec![0; listed as usize];
        if listed > 0 {
            for (track, &owner) in (0..).zip(owners) {
                if let Place::Listed(_) = spans[owner as usize].place() {
                    let next = &mut next[owner as usize];
                    tracks[*next as usize] = track;
                    *next += 1;
                }
            }
        }
        Self {
            spans: spans.into(),
            listed: tracks.into(),
        }
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        size_of_val(&*self.spans) + size_of_val(&*self.listed)
    }

    /// How many owners there are.
    pub(super) fn owners(&self) -> u32 {
        // They are numbered by 32 bits.
        self.spans.len() as u32
    }

    /// How many tracks an owner has.
    ///
    /// # Panics
    /// There is no such owner, as with all that follow.
    pub fn count(&self, owner: u32) -> usize {
        let Span { first, end } = self.spans[owner as usize];
        first.abs_diff(end) as usize
    }

    /// How many pieces the tracks of an owner are in: one range, or each by itself.
    pub fn pieces(&self, owner: u32) -> usize {
        match self.place(owner) {
            Place::Range(_) => 1,
            Place::Listed(places) => places.len(),
        }
    }

    /// The tracks of one owner.
    pub fn of(&self, owner: u32) -> List<'_> {
        match self.place(owner) {
            Place::Range(range) => List::Range(range),
            Place::Listed(places) => {
                List::Listed(&self.listed[places.start as usize..places.end as usize])
            }
        }
    }

    /// Gives the tracks of one owner in ascending order.
    pub fn each(&self, owner: u32, track: impl FnMut(u32)) {
        match self.of(owner) {
            List::Range(range) => range.for_each(track),
            List::Listed(list) => list.iter().copied().for_each(track),
        }
    }

    /// Where the tracks of one owner are.
    pub(super) fn place(&self, owner: u32) -> Place {
        self.spans[owner as usize].place()
    }

    /// All lists, one after the other.
    pub(super) fn listed(&self) -> &[u32] {
        &self.listed
    }
}

impl Span {
    fn place(self) -> Place {
        match self.first <= self.end {
            true => Place::Range(self.first..self.end),
            false => Place::Listed(self.end..self.first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_owner_has_its_tracks_in_order() {
        for (owners, expected) in [
            (
                &[2, 0, 2, 4, 0][..],
                &[
                    List::Listed(&[1, 4]),
                    List::Range(0..0),
                    List::Listed(&[0, 2]),
                    List::Range(0..0),
                    List::Range(3..4),
                ][..],
            ),
            (
                &[0, 0, 2],
                &[List::Range(0..2), List::Range(0..0), List::Range(2..3)],
            ),
            (&[], &[List::Range(0..0)]),
            (
                &[1, 1, 0, 1, 2],
                &[
                    List::Range(2..3),
                    List::Listed(&[0, 1, 3]),
                    List::Range(4..5),
                ],
            ),
        ] {
            let lists = Lists::build(owners, expected.len());
            assert_eq!(lists.owners() as usize, expected.len());
            for (owner, list) in (0..).zip(expected) {
                assert_eq!(lists.of(owner), *list, "{owner}");
                let mut tracks = Vec::new();
                lists.each(owner, |track| tracks.push(track));
                let of_owner = (0..).zip(owners).filter(|&(_, &of)| of == owner);
                assert!(of_owner.map(|(track, _)| track).eq(tracks.iter().copied()));
                assert_eq!(lists.count(owner), tracks.len());
            }
        }
    }
}
