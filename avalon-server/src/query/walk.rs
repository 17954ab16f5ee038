//! Walks: numbers in order, one after the other, without a list of them.
//!
//! In: a large set or everything, and an order. Out: the numbers, as many as there were said to be, for
//! answers that are put in order while they are sent; and pages of such sets, found by the counts of
//! their blocks. A walk holds on to what it goes through, so it may outlive the request.

use std::ops::Range;
use std::sync::Arc;

use crate::index::{Bitmap, Blocks, Dense, Members, Permutation, Places};

/// An order of a collection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ordered<'a> {
    /// The number of the permutation in its collection.
    pub(super) number: usize,
    pub(super) permutation: &'a Arc<Permutation>,
    pub(super) descending: bool,
}

/// Numbers to come.
#[derive(Clone, Debug)]
pub struct Walk {
    through: Through,
    left: usize,
}

#[derive(Clone, Debug)]
enum Through {
    /// The members of a set in default order.
    Members { set: Arc<Dense>, at: Members },
    /// A permutation, with its members that are in the set if there is one.
    Ordered {
        permutation: Arc<Permutation>,
        set: Option<Arc<Dense>>,
        places: Places,
        /// The numbers to come as a set, where they are a part of all.
        window: Option<Arc<Bitmap>>,
    },
}

impl Walk {
    /// `count` members of a set in default order, without the first `skipped`.
    pub(super) fn members(set: &Arc<Dense>, skipped: usize, count: usize) -> Self {
        let members = set.members();
        Self {
            left: count.min(members.len().saturating_sub(skipped)),
            through: Through::Members {
                at: members.members(skipped),
                set: set.clone(),
            },
        }
    }

    /// `count` numbers of everything in an order, without the first `skipped`.
    pub(super) fn all(order: Ordered<'_>, skipped: usize, count: usize) -> Self {
        let permutation = order.permutation;
        let left = count.min(permutation.len().saturating_sub(skipped));
        let places = permutation.places_after(skipped.min(permutation.len()), order.descending);
        let walk = Self {
            left,
            through: Through::Ordered {
                permutation: permutation.clone(),
                set: None,
                places,
                window: None,
            },
        };
        walk.with_window(permutation.len())
    }

    /// `count` members of a set in an order, without the first `skipped`.
    pub(super) fn of_set(
        order: Ordered<'_>,
        set: &Arc<Dense>,
        skipped: usize,
        count: usize,
    ) -> Self {
        let permutation = order.permutation;
        let all = permutation.len();
        let left = count.min(set.members().len().saturating_sub(skipped));
        let mut inside = skipped;
        let mut places = 0..all;
        if skipped > 0 && left > 0 {
            let counted = set.counted(order.number).cloned();
            let blocks = counted.unwrap_or_else(|| permutation.blocks(set.members()));
            for (block, members) in blocks.counts(order.descending) {
                if inside < members {
                    match order.descending {
                        false => places.start = permutation.start_of_block(block),
                        true => places.end = permutation.start_of_block(block + 1),
                    }
                    break;
                }
                inside -= members;
            }
        }
        let mut places = permutation.places(places, order.descending);
        if left > 0 {
            inside -= places.pass(set.members(), inside, permutation);
        }
        let mut walk = Self {
            left: left + inside,
            through: Through::Ordered {
                permutation: permutation.clone(),
                set: Some(set.clone()),
                places,
                window: None,
            },
        };
        if left == 0 {
            walk.left = 0;
        } else {
            walk.by_ref().take(inside).for_each(|_| ());
        }
        walk.with_window(set.members().len())
    }

    /// Notes what is to come as a set, unless it is all there is, `all` of it: what each number stands for
    /// is looked at faster in default order than in another, as for the length of an answer.
    fn with_window(mut self, all: usize) -> Self {
        let numbers = self.clone();
        if let Through::Ordered { window, .. } = &mut self.through
            && numbers.left < all
        {
            *window = Some(Arc::new(numbers.collect()));
        }
        self
    }

    /// The set all of whose members are to come, if one is known.
    pub(crate) fn whole_set(&self) -> Option<&Bitmap> {
        let set = match &self.through {
            Through::Ordered {
                window: Some(window),
                ..
            } => window,
            Through::Members { set, .. } | Through::Ordered { set: Some(set), .. } => set.members(),
            Through::Ordered { .. } => return None,
        };
        (set.len() == self.left).then_some(set)
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
            Through::Members { set, at } => at.next(set.members()),
            Through::Ordered {
                permutation,
                set,
                places,
                ..
            } => loop {
                let number = places.next(permutation)?;
                if set
                    .as_ref()
                    .is_none_or(|set| set.members().contains(number))
                {
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

/// The members of a large set at some places of an order, of which few are looked at; `blocks` tells how many lie in
/// each block of it, if that is needed. Nothing where it does not.
pub(super) fn page(
    order: Ordered<'_>,
    set: &Bitmap,
    blocks: impl FnOnce() -> Option<Blocks>,
    page: Range<usize>,
    looks: usize,
) -> Option<Vec<u32>> {
    let quick = quick_page(order, set, &page, looks);
    quick.or_else(|| Some(counted_page(order, set, &blocks()?, page)))
}

/// A page that few looks find, as most first ones are.
fn quick_page(
    order: Ordered<'_>,
    members: &Bitmap,
    page: &Range<usize>,
    looks: usize,
) -> Option<Vec<u32>> {
    let all = order.permutation.len();
    let likely = page.end as u64 * all as u64 / members.len().max(1) as u64;
    if 2 * likely > looks as u64 {
        return None;
    }
    let mut list = Vec::with_capacity(page.len());
    let mut places = order.permutation.places(0..all, order.descending);
    let mut met = 0;
    for _ in 0..looks {
        if list.len() == page.len() {
            return Some(list);
        }
        let number = places.next(order.permutation)?;
        if members.contains(number) {
            if met >= page.start {
                list.push(number);
            }
            met += 1;
        }
    }
    (list.len() == page.len()).then_some(list)
}

/// A page by the counts of its blocks: only those are walked through that it lies in.
fn counted_page(order: Ordered<'_>, set: &Bitmap, blocks: &Blocks, page: Range<usize>) -> Vec<u32> {
    let permutation = order.permutation;
    let (mut skipped, mut wanted) = (page.start, page.len());
    let mut list = Vec::with_capacity(wanted);
    for (block, members) in blocks.counts(order.descending) {
        if wanted == 0 {
            break;
        }
        if skipped >= members {
            skipped -= members;
            continue;
        }
        let places = permutation.start_of_block(block)..permutation.start_of_block(block + 1);
        let mut places = permutation.places(places, order.descending);
        let passed = places.pass(set, skipped, permutation);
        skipped -= passed;
        let mut left = members.min(passed + skipped + wanted) - passed;
        while left > 0
            && let Some(number) = places.next(permutation)
        {
            if !set.contains(number) {
                continue;
            }
            left -= 1;
            match skipped {
                0 => {
                    list.push(number);
                    wanted -= 1;
                }
                _ => skipped -= 1,
            }
        }
    }
    list
}
