//! How many results have each value of a facet.
//!
//! In: results by number, and the tracks that pass the filters. Out: [`Facets`]. A song has the values of
//! its track; an album, artist or genre those that any of its tracks has that passes, each once. The cost
//! is that of a pass over the results, or where there are filters over their tracks, whatever the values
//! are.

use std::cmp::Reverse;

use super::super::bits::Bits;
use super::super::found::{FacetCount, Facets};
use super::super::request::Facet;
use super::Columns;
use crate::catalog::Collection;
use crate::index::Index;

/// Values of a facet that are told, at most.
pub const FACET_VALUES: usize = 100;

/// What is counted.
struct Counted<'a> {
    columns: &'a Columns,
    facet: Facet,
    collection: Collection,
    results: &'a Bits,
    /// The tracks that pass; `None` where all do.
    passing: Option<&'a Bits>,
    index: &'a Index,
}

impl Columns {
    /// Counts the values that results have: the largest counts first, then by value: names in default order,
    /// decades from the earliest on, containers by their letters.
    ///
    /// `filter` is what [`Columns::filter`] gave; `name` spells the artist or genre with a number.
    pub fn count(
        &self,
        facet: Facet,
        collection: Collection,
        results: &Bits,
        filter: Option<&Bits>,
        index: &Index,
        name: &dyn Fn(Collection, u32) -> String,
    ) -> Facets {
        let counted = Counted {
            columns: self,
            facet,
            collection,
            results,
            passing: filter,
            index,
        };
        let counts = counted.counts();
        let value = |number: u32| match facet {
            Facet::Genre => name(Collection::Genres, number),
            Facet::Artist => name(Collection::Artists, number),
            Facet::AlbumArtist => self.album_artists.names.get(number).to_owned(),
            Facet::Decade => self.first_years[number as usize].to_string(),
            Facet::Format => self.format_names[number as usize].clone(),
        };
        let count = |(Reverse(count), number): (Reverse<u32>, u32)| FacetCount {
            value: value(number),
            count: count as usize,
        };
        Facets {
            facet,
            counts: largest(&counts).into_iter().map(count).collect(),
        }
    }
}

impl Counted<'_> {
    /// How many results have each value.
    fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.columns.value_count(self.facet)];
        let mut count = |value: u32| counts[value as usize] += 1;
        let passes = |track| self.passing.is_none_or(|passing| passing.contains(track));
        let owners = match self.collection {
            Collection::Albums => &self.index.albums,
            Collection::Artists => &self.index.artists,
            Collection::Genres => &self.index.genres,
            Collection::Songs => {
                for track in self.results.iter().filter(|&track| passes(track)) {
                    self.columns.each_value(self.facet, track, &mut count);
                }
                return counts;
            }
        };
        match (
            self.passing,
            self.columns.values.of(self.collection, self.facet),
        ) {
            (None, Some(values)) => {
                for result in self.results.iter() {
                    values.get(result).iter().copied().for_each(&mut count);
                }
            }
            _ => {
                // The result that counted last for each value; numbers are below their count, so this is
                // none.
                let mut last = vec![u32::MAX; self.columns.value_count(self.facet)];
                for result in self.results.iter() {
                    owners.postings.lists().each(result, |track| {
                        if !passes(track) {
                            return;
                        }
                        self.columns.each_value(self.facet, track, |value| {
                            let last = &mut last[value as usize];
                            if *last != result {
                                *last = result;
                                count(value);
                            }
                        });
                    });
                }
            }
        }
        counts
    }
}

/// The largest counts with their values, in order.
fn largest(counts: &[u32]) -> Vec<(Reverse<u32>, u32)> {
    let counts = counts.iter().map(|&count| Reverse(count)).zip(0..);
    let mut all: Vec<(Reverse<u32>, u32)> = counts.filter(|(count, _)| count.0 > 0).collect();
    if all.len() > FACET_VALUES {
        all.select_nth_unstable(FACET_VALUES);
        all.truncate(FACET_VALUES);
    }
    all.sort_unstable();
    all
}
