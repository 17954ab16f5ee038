//! Places of an order to come, one number after the other.
//!
//! In: a range of places of a permutation. Out: the numbers there, from the first place on; or in descending
//! order, through the groups of equals from behind and through each group forwards. It does not hold the
//! permutation, so that who holds both may outlive a request.

use std::ops::Range;

use super::large::LargeGroup;
use super::{Permutation, Sorted};
use crate::index::bitmap::Bitmap;
use crate::index::lists::Place;

/// So many numbers are left out together.
const PASSED: usize = 256;

/// Places of a permutation to come, which end where a group of equals does.
#[derive(Clone, Debug)]
pub struct Places {
    /// Places beside the run: after it, or before it in descending order.
    rest: Range<usize>,
    descending: bool,
    /// Where the numbers of the run are: in a list, or these numbers themselves.
    run: Range<usize>,
    is_listed: bool,
    /// The place of the owner whose tracks the run is.
    owner: Option<usize>,
}

impl Places {
    /// Leaves out the next ones; no more than there are in the first group, if the order is descending.
    fn skip(&mut self, count: usize, of: &Permutation) {
        if count > 0 && self.begin_run(of) {
            self.run.start += count;
        }
    }

    /// The number at the next place of the permutation that these are of.
    pub fn next(&mut self, of: &Permutation) -> Option<u32> {
        if Range::is_empty(&self.run) && !self.begin_run(of) {
            return None;
        }
        let at = self.run.start;
        self.run.start += 1;
        Some(match self.is_listed {
            true => of.listed()[at],
            // A number, of 32 bits.
            false => at as u32,
        })
    }

    /// The next numbers, as many as there are and at most `count`.
    pub fn take(&mut self, count: usize, of: &Permutation) -> Vec<u32> {
        let mut list = Vec::with_capacity(count.min(self.run.len() + self.rest.len()));
        while list.len() < count && (!Range::is_empty(&self.run) || self.begin_run(of)) {
            let start = self.run.start;
            let run = start..self.run.end.min(start + count - list.len());
            self.run.start = run.end;
            match self.is_listed {
                true => list.extend_from_slice(&of.listed()[run]),
                false => list.extend(run.start as u32..run.end as u32),
            }
        }
        list
    }

    /// Leaves out numbers as long as no more than `most` of them are in a set, many at a time; gives how many
    /// are. Some that could be left out too may be left.
    pub fn pass(&mut self, set: &Bitmap, most: usize, of: &Permutation) -> usize {
        let mut passed = 0;
        while passed <= most {
            if Range::is_empty(&self.run) {
                if let Some(places) = self.last_groups(of) {
                    let members = set.count(&of.listed()[places.clone()]);
                    if passed + members > most {
                        return passed;
                    }
                    passed += members;
                    self.rest.end = places.start;
                    continue;
                }
                if !self.begin_run(of) {
                    break;
                }
            }
            if !self.is_listed {
                // Numbers, of 32 bits.
                let before = |at: usize| set.rank(at as u32) as usize;
                let members = before(self.run.end) - before(self.run.start);
                if passed + members <= most {
                    passed += members;
                    self.run.start = self.run.end;
                    continue;
                }
                let mut left_out = set.members(before(self.run.start) + most - passed);
                if let Some(next) = left_out.next(set) {
                    self.run.start = next as usize;
                }
                return most;
            }
            let place = self.place(of);
            let until = match of.large_group_from(place) {
                None => self.run.len(),
                Some(group) if place < group.places.start => {
                    self.run.len().min(group.places.start - place)
                }
                Some(group) => {
                    let (numbers, members) = group.pass(set, place, most - passed);
                    passed += members;
                    self.run.start += numbers;
                    if place + numbers < group.places.end {
                        return passed;
                    }
                    continue;
                }
            };
            let numbers = self.run.start..self.run.start + until.min(PASSED);
            let members = set.count(&of.listed()[numbers.clone()]);
            if passed + members > most {
                return passed;
            }
            passed += members;
            self.run.start = numbers.end;
        }
        passed
    }

    /// The place at which the run begins, which is not empty.
    fn place(&self, of: &Permutation) -> usize {
        match (&of.places, self.owner) {
            (
                Sorted::Grouped {
                    owners,
                    starts,
                    lists,
                },
                Some(owner),
            ) => {
                let first = match lists.place(owners[owner]) {
                    Place::Range(range) | Place::Listed(range) => range.start as usize,
                };
                starts[owner] as usize + self.run.start - first
            }
            _ => self.run.start,
        }
    }

    /// Some of the last places that are left, of whole groups: not where the last group has more.
    fn last_groups(&self, of: &Permutation) -> Option<Range<usize>> {
        let Sorted::Numbers { begins, .. } = &of.places else {
            return None;
        };
        let Range { start, end } = self.rest;
        let start = begins.next(end.saturating_sub(PASSED).max(start));
        (self.descending && start < end).then_some(start..end)
    }

    /// Goes on to the next run of numbers that lie one after the other; whether there is one.
    fn begin_run(&mut self, of: &Permutation) -> bool {
        if Range::is_empty(&self.rest) {
            return false;
        }
        let rest = self.rest.clone();
        match &of.places {
            Sorted::Numbers { begins, .. } => {
                self.is_listed = true;
                self.run = if self.descending {
                    let group = begins.group(rest.end - 1).start;
                    self.rest.end = group.max(rest.start);
                    self.rest.end..rest.end
                } else {
                    self.rest.start = rest.end;
                    rest
                };
            }
            Sorted::Grouped {
                owners,
                starts,
                lists,
            } => {
                let start_of = |owner: usize| starts[owner] as usize;
                let owner = if self.descending {
                    // The last one that begins before the end.
                    let mut owner = match self.owner {
                        Some(after) => after - 1,
                        None => starts.partition_point(|&start| (start as usize) < rest.end) - 1,
                    };
                    while start_of(owner) >= rest.end {
                        owner -= 1;
                    }
                    owner
                } else {
                    // The one that ends behind the start.
                    let mut owner = match self.owner {
                        Some(before) => before + 1,
                        None => starts.partition_point(|&start| start as usize <= rest.start) - 1,
                    };
                    while start_of(owner + 1) <= rest.start {
                        owner += 1;
                    }
                    owner
                };
                self.owner = Some(owner);
                let (start, end) = (start_of(owner), start_of(owner + 1));
                let places = start.max(rest.start)..end.min(rest.end);
                match self.descending {
                    true => self.rest.end = places.start,
                    false => self.rest.start = places.end,
                }
                let (first, is_listed) = match lists.place(owners[owner]) {
                    Place::Range(range) => (range.start, false),
                    Place::Listed(range) => (range.start, true),
                };
                let first = first as usize;
                self.is_listed = is_listed;
                self.run = first + places.start - start..first + places.end - start;
            }
        }
        true
    }
}

impl Permutation {
    /// All of some places; in descending order, of whole groups of equals.
    pub fn places(&self, places: Range<usize>, descending: bool) -> Places {
        Places {
            rest: places,
            descending,
            run: 0..0,
            is_listed: false,
            owner: None,
        }
    }

    /// All places but the first `skipped`, no more than there are.
    pub fn places_after(&self, skipped: usize, descending: bool) -> Places {
        let all = self.len();
        if !descending || skipped == all {
            return self.places(skipped.min(all)..all, false);
        }
        // Seen from behind, a group of equals is where its mirror image is; inside, it goes forwards.
        let end = self.group(all - 1 - skipped).end;
        let mut places = self.places(0..end, true);
        places.skip(skipped - (all - end), self);
        places
    }

    /// Where runs of numbers that are no neighbours are.
    fn listed(&self) -> &[u32] {
        match &self.places {
            Sorted::Numbers { numbers, .. } => numbers,
            Sorted::Grouped { lists, .. } => lists.listed(),
        }
    }

    /// The large group in which a place lies, or else the next one.
    fn large_group_from(&self, place: usize) -> Option<&LargeGroup> {
        let large = &self.by_blocks.as_ref()?.large;
        large.get(large.partition_point(|group| group.places.end <= place))
    }

    /// Where the group of equals is in which the place `at` lies.
    fn group(&self, at: usize) -> Range<usize> {
        match &self.places {
            Sorted::Numbers { begins, .. } => begins.group(at),
            Sorted::Grouped { starts, .. } => {
                let end = starts.partition_point(|&start| start as usize <= at);
                starts[end - 1] as usize..starts[end] as usize
            }
        }
    }

    /// The first place from `at` on at which a group of equals begins.
    pub(super) fn begin_of_group(&self, at: usize) -> usize {
        match &self.places {
            Sorted::Numbers { begins, .. } => begins.next(at),
            Sorted::Grouped { starts, .. } => {
                let next = starts.partition_point(|&start| (start as usize) < at);
                starts[next.min(starts.len() - 1)] as usize
            }
        }
    }
}
