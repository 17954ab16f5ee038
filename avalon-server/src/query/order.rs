//! Order, then cut: direction and field first, offset and limit last.
//!
//! In: what was selected, in default order. Out: a [`Selection`] in the wanted order. The sort is
//! stable in both directions: what is equal by the field stays in default order (CONTRACT,
//! Parameters). No more is sorted than the page needs.

use std::ops::Range;

use super::params::{Field, Order, Page};
use super::select::Selected;
use crate::catalog::{Catalog, Collection};
use crate::index::{EntityIndex, Index};

/// What is to be sent, in the order in which it is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All numbers of a range, ascending.
    Range(Range<u32>),
    /// These numbers.
    List(Vec<u32>),
}

#[cfg(test)]
impl Selection {
    /// The numbers, in order.
    pub fn numbers(&self) -> Vec<u32> {
        match self {
            Self::Range(range) => range.clone().collect(),
            Self::List(list) => list.clone(),
        }
    }
}

/// Cuts a page out of what is in default order already.
pub(crate) fn in_default_order(selected: Selected, count: usize, page: Option<Page>) -> Selection {
    match selected {
        Selected::All => {
            let window = window(page, count);
            // Whatever the catalog holds is numbered by 32 bits.
            Selection::Range(window.start as u32..window.end as u32)
        }
        Selected::Only(list) => {
            let window = window(page, list.len());
            match &list[window.clone()] {
                // Ascending without repeats: as many as from the first to the last is all of them.
                [first, .., last] if (last - first) as usize == window.len() - 1 => {
                    Selection::Range(*first..last + 1)
                }
                cut => Selection::List(cut.to_vec()),
            }
        }
    }
}

/// Sorts by a field, then cuts a page.
pub(crate) fn by_field(
    selected: &Selected,
    order: Order,
    page: Option<Page>,
    collection: Collection,
    (catalog, index): (&Catalog, &Index),
) -> Selection {
    let count = catalog.len(collection);
    let (tracks, ranks) = (&catalog.tracks, &index.tracks);
    let arranged = |rank: &dyn Fn(u32) -> u32| arranged(selected, count, order, page, rank);
    let by = |ranks: &[u32]| arranged(&|number| ranks[number as usize]);
    let by_owner =
        |owners: &[u32], ranks: &[u32]| arranged(&|number| ranks[owners[number as usize] as usize]);
    let of_names = |names: &EntityIndex| match order.field {
        Field::Id => by(&names.ids),
        _ => by(&names.names),
    };
    let list = match collection {
        Collection::Albums => of_names(&index.albums),
        Collection::Artists => of_names(&index.artists),
        Collection::Genres => of_names(&index.genres),
        Collection::Songs => match order.field {
            Field::Album => by_owner(&tracks.albums, &index.albums.names),
            Field::AlbumId => by_owner(&tracks.albums, &index.albums.ids),
            Field::Artist => by_owner(&tracks.artists, &index.artists.names),
            Field::ArtistId => by_owner(&tracks.artists, &index.artists.ids),
            Field::Genre => by_owner(&tracks.genres, &index.genres.names),
            Field::GenreId => by_owner(&tracks.genres, &index.genres.ids),
            Field::Id => by(&ranks.ids),
            Field::Length => by(&ranks.lengths),
            Field::Name => by(&ranks.titles),
            Field::Track => by(&ranks.numbers),
            Field::Year => by(&ranks.years),
        },
    };
    Selection::List(list)
}

fn arranged(
    selected: &Selected,
    count: usize,
    order: Order,
    page: Option<Page>,
    rank: &dyn Fn(u32) -> u32,
) -> Vec<u32> {
    // Rank above, number below: one comparison decides, and equals stay in default order, also
    // where the ranks are turned around.
    let turn = if order.descending { u32::MAX } else { 0 };
    let key = |number: u32| u64::from(rank(number) ^ turn) << 32 | u64::from(number);
    let mut keys: Vec<u64> = match selected {
        Selected::All => (0..count as u32).map(key).collect(),
        Selected::Only(list) => list.iter().map(|&number| key(number)).collect(),
    };
    let window = window(page, keys.len());
    if window.end < keys.len() {
        keys.select_nth_unstable(window.end);
        keys.truncate(window.end);
    }
    if window.start > 0 && window.start < keys.len() {
        keys.select_nth_unstable(window.start);
    }
    let wanted = &mut keys[window.start..];
    wanted.sort_unstable();
    wanted.iter().map(|&key| key as u32).collect()
}

/// The part of `count` elements that a page is.
fn window(page: Option<Page>, count: usize) -> Range<usize> {
    match page {
        None => 0..count,
        Some(Page { offset, limit }) => {
            let start = offset.min(count);
            start..start.saturating_add(limit).min(count)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(offset: usize, limit: usize) -> Option<Page> {
        Some(Page { offset, limit })
    }

    #[test]
    fn pages_end_where_the_list_does() {
        for (page, expected) in [
            (None, 0..10),
            (page(0, 0), 0..0),
            (page(0, 3), 0..3),
            (page(8, 3), 8..10),
            (page(10, 3), 10..10),
            (page(usize::MAX, usize::MAX), 10..10),
            (page(1, usize::MAX), 1..10),
        ] {
            assert_eq!(window(page, 10), expected, "{page:?}");
        }
    }

    #[test]
    fn neighbours_in_default_order_are_a_range() {
        for (list, page, expected) in [
            (vec![4, 5, 6], None, Selection::Range(4..7)),
            (vec![1, 4, 5, 9], page(1, 2), Selection::Range(4..6)),
            (vec![1, 4, 6], None, Selection::List(vec![1, 4, 6])),
            (vec![4], None, Selection::List(vec![4])),
            (vec![], None, Selection::List(vec![])),
        ] {
            let selected = Selected::Only(list.into());
            assert_eq!(in_default_order(selected, 10, page), expected);
        }
        assert_eq!(
            in_default_order(Selected::All, 10, page(3, 4)),
            Selection::Range(3..7)
        );
    }

    #[test]
    fn equals_stay_in_default_order_in_both_directions() {
        let ranks = [1, 0, 1, 2, 0, 1];
        let rank = |number: u32| ranks[number as usize];
        for (descending, expected) in [(false, [1, 4, 0, 2, 5, 3]), (true, [3, 0, 2, 5, 1, 4])] {
            let field = Field::Name;
            let order = Order { field, descending };
            for offset in 0..7 {
                for limit in 0..7 {
                    let list = arranged(&Selected::All, 6, order, page(offset, limit), &rank);
                    assert_eq!(
                        list,
                        expected[window(page(offset, limit), 6)],
                        "{offset} {limit}"
                    );
                }
            }
        }
    }
}
