//! Sets of numbers in whatever form the index has them, and what two of them share.
//!
//! In: ready-made sets of the index, and lists made for one request. Out: the same, intersected. No
//! set is copied before it is known to be the smallest.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::index::{Bitmap, Blocks, Dense, Packed, Permutation, Posting, Spread, Stored, gallop};

/// Ascending numbers without repeats.
#[derive(Clone, Debug)]
pub(crate) enum Set<'a> {
    /// Neighbours; of many, also as a large set.
    Range(Range<u32>, Option<&'a Arc<Dense>>),
    /// A list, and how it spreads over each order, if that was counted.
    List(Cow<'a, [u32]>, Option<&'a Spread>),
    /// A ready-made set of middling size, and likewise.
    Packed(&'a Packed, &'a Spread),
    /// A ready-made large set.
    Dense(&'a Arc<Dense>),
    /// A large set made for this request.
    Made(Arc<Dense>),
}

impl<'a> From<&'a Stored> for Set<'a> {
    fn from(stored: &'a Stored) -> Self {
        match stored {
            Stored::Packed(set, spread) => Self::Packed(set, spread),
            Stored::Dense(set) => Self::Dense(set),
        }
    }
}

impl<'a> From<Posting<'a>> for Set<'a> {
    fn from(posting: Posting<'a>) -> Self {
        match posting {
            Posting::Range(range, set) => Self::Range(range, set),
            Posting::List(list, spread) => Self::List(list.into(), spread),
            Posting::Large(set) => Self::Dense(set),
        }
    }
}

impl From<Vec<u32>> for Set<'_> {
    fn from(numbers: Vec<u32>) -> Self {
        Self::List(numbers.into(), None)
    }
}

impl Set<'_> {
    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Range(range, _) => range.len(),
            Self::List(list, _) => list.len(),
            Self::Packed(set, _) => set.len(),
            Self::Dense(set) => set.members().len(),
            Self::Made(set) => set.members().len(),
        }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The large set that it is, if it is one.
    pub(crate) fn dense(&self) -> Option<&Arc<Dense>> {
        match self {
            Self::Dense(set) | Self::Range(_, Some(set)) => Some(set),
            Self::Made(set) => Some(set),
            _ => None,
        }
    }

    /// The numbers at some places among them.
    pub(crate) fn slice(&self, places: &Range<usize>) -> Vec<u32> {
        let (start, count) = (places.start, places.len());
        let taken = |set: &Bitmap| {
            let mut list = Vec::with_capacity(count);
            let mut members = set.members(start);
            while list.len() < count
                && let Some(number) = members.next(set)
            {
                list.push(number);
            }
            list
        };
        match self {
            Self::Range(range, _) => range.clone().skip(start).take(count).collect(),
            Self::List(list, _) => list[places.clone()].to_vec(),
            Self::Packed(set, _) => set.members(start).take(count).collect(),
            Self::Dense(set) => taken(set.members()),
            Self::Made(set) => taken(set.members()),
        }
    }

    /// Whether it is counted once for all how it spreads over each order, sooner or later.
    pub(crate) fn is_counted_once(&self) -> bool {
        match self {
            Self::Range(_, set) => set.is_some(),
            Self::List(_, spread) => spread.is_some(),
            Self::Packed(..) | Self::Dense(_) => true,
            Self::Made(_) => false,
        }
    }

    /// The same as one bit each, if it was counted how it spreads over an order, and that.
    pub(crate) fn counted(&self, order: usize) -> Option<(Bitmap, &Blocks)> {
        match self {
            Self::List(list, Some(spread)) => {
                let blocks = spread.by(order)?;
                let bits = Bitmap::up_to(*list.last()?, list.iter().copied());
                Some((bits, blocks))
            }
            Self::Packed(set, spread) => {
                let blocks = spread.by(order)?;
                Some((set.bits(), blocks))
            }
            _ => None,
        }
    }

    /// The numbers at some places of them in another order.
    pub(crate) fn page(
        &self,
        order: &Permutation,
        places: Range<usize>,
        descending: bool,
    ) -> Vec<u32> {
        let count = self.len();
        let contains = |number| self.contains(number);
        let dense = |set: &Bitmap| {
            let members = set.members(0).iter(set);
            order.page(members, count, contains, places.clone(), descending)
        };
        match self {
            Self::Range(range, _) => order.page(range.clone(), count, contains, places, descending),
            Self::List(list, _) => {
                order.page(list.iter().copied(), count, contains, places, descending)
            }
            Self::Packed(set, _) => order.page(set.members(0), count, contains, places, descending),
            Self::Dense(set) => dense(set.members()),
            Self::Made(set) => dense(set.members()),
        }
    }

    /// Whether a number is a member.
    fn contains(&self, number: u32) -> bool {
        match self {
            Self::Range(range, _) => range.contains(&number),
            Self::List(list, _) => list.binary_search(&number).is_ok(),
            Self::Packed(set, _) => set.contains(number),
            Self::Dense(set) => set.members().contains(number),
            Self::Made(set) => set.members().contains(number),
        }
    }

    /// Keeps of ascending numbers those that are members.
    fn retain(&self, numbers: &mut Vec<u32>) {
        match self {
            Self::Range(range, _) => numbers.retain(|number| range.contains(number)),
            Self::List(list, _) => {
                let mut rest = &**list;
                numbers.retain(|&number| {
                    rest = gallop(rest, |&other| other < number);
                    rest.first() == Some(&number)
                });
            }
            Self::Packed(set, _) => set.retain(numbers),
            Self::Dense(set) => numbers.retain(|&number| set.members().contains(number)),
            Self::Made(set) => numbers.retain(|&number| set.members().contains(number)),
        }
    }
}

/// A look for a number in a list takes as long as so many into a bitmap.
const LIST_LOOKS: usize = 8;

/// How many looks it takes, one member after the other, to find what all of the sets share. Sorts the sets by size.
pub(crate) fn looks_to_intersect(sets: &mut [Set<'_>]) -> usize {
    sets.sort_by_key(Set::len);
    match sets {
        [smallest, second, ..] => match (smallest.dense(), second) {
            (Some(_), second) if second.dense().is_some() => 0,
            (_, Set::List(..) | Set::Packed(..)) => smallest.len() * LIST_LOOKS,
            _ => smallest.len(),
        },
        _ => 0,
    }
}

/// What all of the sets share, beginning with the smallest; `None` where there is no set.
pub(crate) fn intersection(mut sets: Vec<Set<'_>>) -> Option<Set<'_>> {
    sets.sort_by_key(Set::len);
    let mut sets = sets.into_iter();
    let smallest = sets.next()?;
    Some(match sets.next() {
        None => smallest,
        Some(second) => match (smallest.dense(), second.dense()) {
            // All that follow are larger, and so bitmaps or ranges.
            (Some(a), Some(b)) => {
                let mut both = a.members().and(b.members());
                let mut ranges = Vec::new();
                for set in sets {
                    match set.dense() {
                        Some(other) => both = both.and(other.members()),
                        None => ranges.push(set),
                    }
                }
                restricted(both, &ranges)
            }
            _ => {
                let all = 0..smallest.len();
                let mut numbers = match smallest {
                    Set::List(list, _) => list.into_owned(),
                    set => set.slice(&all),
                };
                second.retain(&mut numbers);
                sets.for_each(|set| set.retain(&mut numbers));
                numbers.into()
            }
        },
    })
}

/// Those of a bitmap that are in all of some other sets.
fn restricted(bitmap: Bitmap, others: &[Set<'_>]) -> Set<'static> {
    if others.is_empty() {
        return Set::Made(Arc::new(bitmap.into()));
    }
    let mut numbers = bitmap.members(0).iter(&bitmap).collect();
    others.iter().for_each(|set| set.retain(&mut numbers));
    numbers.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOUND: u32 = 400;

    #[test]
    fn members_are_looked_at_unless_the_smallest_sets_are_large() {
        let large = [dense(&[1, 2, 3, 4]), dense(&[1, 2, 3, 4, 5])];
        let [four, five] = large.each_ref().map(Set::Dense);
        let three = || Set::from(vec![7, 8, 9]);
        for (mut sets, looks) in [
            (vec![], 0),
            (vec![three()], 0),
            (vec![four.clone(), three()], 3),
            (vec![three(), vec![1, 2, 3, 4].into()], 3 * LIST_LOOKS),
            (vec![three(), Set::Range(0..9, None)], 3),
            (vec![four.clone(), five.clone()], 0),
            (vec![Set::Range(0..9, None), five.clone(), four.clone()], 0),
            (vec![Set::Range(0..9, None), four.clone()], 4),
        ] {
            assert_eq!(looks_to_intersect(&mut sets), looks, "{sets:?}");
        }
    }

    fn dense(numbers: &[u32]) -> Arc<Dense> {
        let bitmap: Bitmap = numbers.iter().copied().collect();
        Arc::new(bitmap.into())
    }

    /// A set's numbers with its form.
    fn form() -> impl Strategy<Value = (Vec<u32>, u8)> {
        let numbers = prop_oneof![
            proptest::collection::btree_set(0..BOUND, 0..300)
                .prop_map(|set| set.into_iter().collect::<Vec<_>>()),
            (0..BOUND, 0..BOUND).prop_map(|(start, end)| (start..end).collect()),
        ];
        (numbers, 0_u8..5)
    }

    proptest! {
        #[test]
        fn sets_of_all_forms_share_what_they_share(forms in proptest::collection::vec(form(), 0..4)) {
            let packed: Vec<Packed> = forms.iter().map(|(numbers, _)| Packed::new(numbers)).collect();
            let large: Vec<Arc<Dense>> = forms.iter().map(|(numbers, _)| dense(numbers)).collect();
            let uncounted = Spread::default();
            let sets = forms.iter().enumerate().map(|(at, (numbers, form))| match form {
                0 => Set::List(numbers.into(), None),
                1 => Set::Packed(&packed[at], &uncounted),
                2 => Set::Dense(&large[at]),
                3 => Set::Made(large[at].clone()),
                _ => match numbers[..] {
                    [first, .., last] if (last - first) as usize == numbers.len() - 1 => {
                        Set::Range(first..last + 1, Some(&large[at]))
                    }
                    _ => Set::List(numbers.into(), None),
                },
            });
            let sets: Vec<Set> = sets.collect();
            for (set, (numbers, _)) in sets.iter().zip(&forms) {
                prop_assert_eq!(set.len(), numbers.len());
                prop_assert_eq!(set.is_empty(), numbers.is_empty());
                let middle = numbers.len() / 3..numbers.len() / 2;
                prop_assert_eq!(&set.slice(&middle), &numbers[middle.clone()]);
            }
            let expected: Option<Vec<u32>> = (!forms.is_empty()).then(|| {
                let in_all = |number: &u32| forms.iter().all(|(numbers, _)| numbers.contains(number));
                (0..BOUND).filter(in_all).collect()
            });
            let shared = intersection(sets).map(|set| set.slice(&(0..set.len())));
            prop_assert_eq!(shared, expected);
        }
    }
}
