//! Order, then cut: direction and field first, offset and limit last.
//!
//! In: what was selected, in default order. Out: a [`Selection`] in the wanted order. The order is
//! stable in both directions: what is equal by the field stays in default order (CONTRACT,
//! Parameters). No more is sorted than the page needs, and of a large set nothing.

use std::ops::Range;
use std::sync::Arc;

use super::params::{Field, Order, Page, Query};
use super::select::Selected;
use super::set::Set;
use super::walk::Walk;
use crate::catalog::Collection;
use crate::index::{EntityIndex, Index, Permutation, Sizes};

/// What is to be sent, in the order in which it is to be sent.
#[derive(Clone, Debug)]
pub struct Selection {
    /// How many there would be without limit and offset.
    pub total: usize,
    /// What is sent of them.
    pub numbers: Numbers,
}

/// Numbers of a collection.
#[derive(Clone, Debug)]
pub enum Numbers {
    /// All of a range, ascending.
    Range(Range<u32>),
    /// These.
    List(Vec<u32>),
    /// Many, put in order while they are sent.
    Walk(Walk),
}

#[cfg(test)]
impl Numbers {
    /// The numbers, in order.
    pub fn list(&self) -> Vec<u32> {
        match self {
            Self::Range(range) => range.clone().collect(),
            Self::List(list) => list.clone(),
            Self::Walk(walk) => walk.clone().collect(),
        }
    }
}

/// Orders and cuts what a query selected.
pub(super) fn arrange(selected: &Selected<'_>, query: &Query<'_>, index: &Index) -> Selection {
    let (count, sizes) = match query.collection {
        Collection::Albums => bounds(&index.albums),
        Collection::Artists => bounds(&index.artists),
        Collection::Genres => bounds(&index.genres),
        Collection::Songs => (index.tracks.count, &index.tracks.sizes),
    };
    let total = match selected {
        Selected::All => count as usize,
        Selected::Prepared(set) => set.members.len(),
        Selected::Only(set) => set.len(),
    };
    let window = window(query.page, total);
    let numbers = match query.order {
        None => in_default_order(selected, window, sizes),
        Some(order) => {
            let permutation = permutation(query.collection, order.field, index);
            by_field(selected, order, permutation, window, sizes)
        }
    };
    Selection { total, numbers }
}

fn bounds(names: &EntityIndex) -> (u32, &Sizes) {
    (names.count, &names.sizes)
}

/// The collection in the order of one of its fields.
fn permutation(collection: Collection, field: Field, index: &Index) -> &Arc<Permutation> {
    let tracks = &index.tracks;
    match collection {
        Collection::Albums => of_names(field, &index.albums),
        Collection::Artists => of_names(field, &index.artists),
        Collection::Genres => of_names(field, &index.genres),
        Collection::Songs => match field {
            Field::Album => &tracks.by_album.name,
            Field::AlbumId => &tracks.by_album.id,
            Field::Artist => &tracks.by_artist.name,
            Field::ArtistId => &tracks.by_artist.id,
            Field::Genre => &tracks.by_genre.name,
            Field::GenreId => &tracks.by_genre.id,
            Field::Id => &tracks.by_id,
            Field::Length => &tracks.by_length,
            Field::Name => &tracks.by_title,
            Field::Track => &tracks.by_number,
            Field::Year => &tracks.by_year,
        },
    }
}

fn of_names(field: Field, names: &EntityIndex) -> &Arc<Permutation> {
    match field {
        Field::Id => &names.by_id,
        _ => &names.by_name,
    }
}

/// Cuts a page out of what is in default order already.
fn in_default_order(selected: &Selected<'_>, window: Range<usize>, sizes: &Sizes) -> Numbers {
    let cut = |set: &Set<'_>| match (set, set.bitmap()) {
        (Set::Range(range), _) => Numbers::Range(
            // Within the range, whose ends have 32 bits.
            range.start + window.start as u32..range.start + window.end as u32,
        ),
        (_, Some(bitmap)) if window.len() > sizes.listed => {
            Numbers::Walk(Walk::members(bitmap, window.start, window.len()))
        }
        _ => Numbers::List(set.slice(&window)),
    };
    match selected {
        // Whatever there is is numbered by 32 bits.
        Selected::All => Numbers::Range(window.start as u32..window.end as u32),
        Selected::Prepared(set) => cut(&(&set.members).into()),
        Selected::Only(set) => cut(set),
    }
}

/// Cuts a page out of what is selected, in the order of a field.
fn by_field(
    selected: &Selected<'_>,
    Order { field, descending }: Order,
    permutation: &Arc<Permutation>,
    window: Range<usize>,
    sizes: &Sizes,
) -> Numbers {
    let (skipped, count) = (window.start, window.len());
    let taken = |walk: Walk| match count > sizes.listed {
        true => Numbers::Walk(walk),
        false => Numbers::List(walk.collect()),
    };
    let walk = |bitmap: &Arc<_>| {
        taken(Walk::of_set(
            permutation,
            descending,
            bitmap,
            skipped,
            count,
        ))
    };
    let of_set = |set: &Set<'_>| match set {
        Set::Bitmap(bitmap) => walk(bitmap),
        Set::Made(bitmap) => walk(bitmap),
        // Sorting that many would take longer than sending the first of them may wait.
        set if count > sizes.listed => {
            let numbers = set.slice(&(0..set.len()));
            walk(&Arc::new(numbers.into_iter().collect()))
        }
        Set::Range(range) => first(permutation, range.clone(), window.clone(), descending),
        Set::List(list) => {
            let list = list.iter().copied();
            first(permutation, list, window.clone(), descending)
        }
        Set::Packed(packed) => {
            let members = packed.members(0);
            first(permutation, members, window.clone(), descending)
        }
    };
    match selected {
        Selected::All => match (descending, count > sizes.listed) {
            (false, false) => Numbers::List(permutation.numbers()[window].to_vec()),
            _ => taken(Walk::ordered(permutation, descending, skipped, count)),
        },
        Selected::Prepared(set) => match (field, descending, set.by_name.get(window.clone())) {
            (Field::Name, false, Some(ready)) => Numbers::List(ready.to_vec()),
            _ => of_set(&(&set.members).into()),
        },
        Selected::Only(set) => of_set(set),
    }
}

fn first(
    permutation: &Permutation,
    numbers: impl Iterator<Item = u32>,
    window: Range<usize>,
    descending: bool,
) -> Numbers {
    let mut first = permutation.first(numbers, window.end, descending);
    first.drain(..window.start);
    Numbers::List(first)
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

    #[test]
    fn pages_end_where_the_list_does() {
        let page = |offset: usize, limit: usize| Some(Page { offset, limit });
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
}
