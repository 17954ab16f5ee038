//! Walks: the numbers of a long answer, in order, one after the other while it is sent.
//!
//! In: a set or everything, and an order. Out: the numbers, as many as there were said to be, without
//! a list of them. A walk holds on to what it goes through, so it may outlive the request.

use std::ops::Range;
use std::sync::Arc;

use crate::index::{Bitmap, Blocks, Members, Permutation};

/// Numbers to come.
#[derive(Clone, Debug)]
pub struct Walk {
    through: Through,
    left: usize,
}

#[derive(Clone, Debug)]
enum Through {
    /// The members of a set in default order.
    Members { set: Arc<Bitmap>, at: Members },
    /// A permutation, with its members that are in the set if there is one.
    Ordered {
        permutation: Arc<Permutation>,
        set: Option<Arc<Bitmap>>,
        /// The places that come next.
        places: Range<usize>,
        /// In descending order, where the group of equals begins that these places are of.
        group: Option<usize>,
    },
}

impl Walk {
    /// `count` members of a set in default order, without the first `skipped`.
    pub(super) fn members(set: &Arc<Bitmap>, skipped: usize, count: usize) -> Self {
        Self {
            left: count.min(set.len().saturating_sub(skipped)),
            through: Through::Members {
                at: set.members(skipped),
                set: set.clone(),
            },
        }
    }

    /// `count` numbers of a permutation, without the first `skipped`.
    pub(super) fn ordered(
        permutation: &Arc<Permutation>,
        descending: bool,
        skipped: usize,
        count: usize,
    ) -> Self {
        let all = permutation.numbers().len();
        let left = count.min(all.saturating_sub(skipped));
        let (places, group) = if left == 0 {
            (0..0, None)
        } else if descending {
            // Seen from behind, a group of equals is where its mirror image is; inside, it goes forwards.
            let group = permutation.group(all - 1 - skipped);
            let inside = skipped - (all - group.end);
            (group.start + inside..group.end, Some(group.start))
        } else {
            (skipped..all, None)
        };
        Self {
            left,
            through: Through::Ordered {
                permutation: permutation.clone(),
                set: None,
                places,
                group,
            },
        }
    }

    /// `count` members of a set in the order of a permutation, without the first `skipped`.
    pub(super) fn of_set(
        permutation: &Arc<Permutation>,
        descending: bool,
        set: &Arc<Bitmap>,
        skipped: usize,
        count: usize,
    ) -> Self {
        let left = count.min(set.len().saturating_sub(skipped));
        let (places, skipped) = match left {
            0 => (0..0, 0),
            _ => start(permutation, descending, set, skipped),
        };
        let mut walk = Self {
            left: left + skipped,
            through: Through::Ordered {
                permutation: permutation.clone(),
                group: descending.then_some(places.start),
                set: Some(set.clone()),
                places,
            },
        };
        for _ in 0..skipped {
            walk.next();
        }
        walk
    }

    /// Whether all members of this set are to come, if they are of a set.
    pub(crate) fn whole_set(&self) -> Option<&Bitmap> {
        match &self.through {
            Through::Members { set, .. } | Through::Ordered { set: Some(set), .. } => {
                (set.len() == self.left).then_some(set)
            }
            Through::Ordered { set: None, .. } => None,
        }
    }
}

/// Where in a permutation to begin in order to skip some members of a set, and how many of them come
/// after that place.
fn start(
    permutation: &Permutation,
    descending: bool,
    set: &Bitmap,
    skipped: usize,
) -> (Range<usize>, usize) {
    let all = permutation.numbers().len();
    // Places that are likely to be looked at before as many members are met.
    let looks = skipped as u64 * all as u64 / set.len() as u64;
    // Counting looks at each member once.
    if looks <= set.len() as u64 {
        return (if descending { all..all } else { 0..all }, skipped);
    }
    let blocks: Blocks = permutation.blocks(set);
    if descending {
        let (block, left) = blocks.find_from_behind(skipped);
        let end = permutation.start_of_block(block);
        (end..end, left)
    } else {
        let (block, left) = blocks.find(skipped);
        (permutation.start_of_block(block)..all, left)
    }
}

impl Iterator for Walk {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        match &mut self.through {
            Through::Members { set, at } => at.next(set),
            Through::Ordered {
                permutation,
                set,
                places,
                group,
            } => loop {
                if places.len() == 0 {
                    let end = (*group)?;
                    let before = permutation.numbers()[end.checked_sub(1)?];
                    let start = permutation.rank(before) as usize;
                    (*places, *group) = (start..end, Some(start));
                }
                let number = permutation.numbers()[places.start];
                places.start += 1;
                if set.as_ref().is_none_or(|set| set.contains(number)) {
                    return Some(number);
                }
            },
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Walk {}
