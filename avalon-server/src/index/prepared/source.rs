//! A suffix array as a source of matches.
//!
//! In: the suffixes that begin with a prefix. Out: marks for what they stand for, names or the tracks of
//! owners, and how much that is at most without a look at it.

use std::ops::Range;

use crate::index::bitmap::Marks;
use crate::index::postings::{Posting, Postings};
use crate::index::prefix::Prefix;

/// A suffix array, and what a match in it stands for: the name itself, or the tracks of its owner.
pub(in crate::index) struct Source<'a> {
    pub(super) prefix: &'a Prefix,
    /// The name that each suffix is of: asked often here, and counted from the text by the array itself.
    pub(super) owners: Vec<u32>,
    postings: Option<&'a Postings>,
    /// Numbers that all suffixes before one stand for; only where there are postings.
    weights: Vec<u64>,
}

impl<'a> Source<'a> {
    /// A match stands for the number of its name, which `owners` tells of each suffix.
    pub(in crate::index) fn names(prefix: &'a Prefix, owners: Vec<u32>) -> Self {
        Self {
            owners,
            prefix,
            postings: None,
            weights: Vec::new(),
        }
    }

    /// A match stands for the tracks of its owner.
    pub(in crate::index) fn tracks(prefix: &'a Prefix, postings: &'a Postings) -> Self {
        let owners = prefix.owners();
        let mut weight = 0;
        let weights = owners.iter().map(|&owner| {
            let before = weight;
            weight += postings.lists().count(owner) as u64;
            before
        });
        let mut weights: Vec<u64> = weights.collect();
        weights.push(weight);
        Self {
            owners,
            prefix,
            postings: Some(postings),
            weights,
        }
    }

    pub(super) fn weight(&self, suffixes: &Range<usize>) -> u64 {
        match self.postings {
            None => suffixes.len() as u64,
            Some(_) => self.weights[suffixes.end] - self.weights[suffixes.start],
        }
    }

    /// Marks what some matches stand for. `seen` has the owners whose tracks were marked already: a name
    /// may match at many of its words.
    pub(super) fn mark(&self, suffixes: Range<usize>, seen: &mut Marks, marks: &mut Marks) {
        let owners = &self.owners[suffixes];
        let Some(postings) = self.postings else {
            owners.iter().for_each(|&owner| marks.mark(owner));
            return;
        };
        owners.iter().for_each(|&owner| seen.mark(owner));
        seen.drain(|owner| match postings.of(owner) {
            Posting::Range(range, _) => marks.mark_range(range),
            Posting::List(list, _) => list.iter().for_each(|&track| marks.mark(track)),
            Posting::Large(set) => marks.mark_all(set.members()),
        });
    }
}
