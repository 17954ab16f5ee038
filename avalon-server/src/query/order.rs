//! Order, then cut: direction and field first, offset and limit last.
//!
//! In: what was selected, in default order. Out: a [`Selection`] in the wanted order. The order is
//! stable in both directions: what is equal by the field stays in default order (CONTRACT,
//! Parameters). No more is sorted than the page needs, and of a large set nothing.

use std::ops::Range;
use std::sync::Arc;

use uuid::Uuid;

use super::Effort;
use super::params::{Order, Page, Query};
use super::select::Selected;
use super::set::Set;
use super::walk::{Ordered, Walk, page};
use crate::catalog::{Collection, Field};
use crate::index::{Bitmap, EntityIndex, Index, Orders, Sizes};

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

/// All that there is of a collection, and its orders.
struct Everything<'a> {
    count: u32,
    sizes: &'a Sizes,
    orders: &'a Orders,
}

impl<'a> Everything<'a> {
    fn of(collection: Collection, index: &'a Index) -> Self {
        let names = |names: &'a EntityIndex| Self {
            count: names.count,
            sizes: &names.sizes,
            orders: &names.orders,
        };
        match collection {
            Collection::Albums => names(&index.albums),
            Collection::Artists => names(&index.artists),
            Collection::Genres => names(&index.genres),
            Collection::Songs => Self {
                count: index.tracks.count,
                sizes: &index.tracks.sizes,
                orders: &index.tracks.orders,
            },
        }
    }

    /// How many were selected.
    fn total(&self, selected: &Selected<'_>) -> usize {
        match selected {
            Selected::All => self.count as usize,
            Selected::Prepared(set) => set.members.len(),
            Selected::Only(set) => set.len(),
        }
    }
}

/// Whether so much is looked at for the length of the answer, before its first byte is sent, that others should not
/// wait for it: elements, or the places of an order among which they are. Neighbours, and all there is in any order,
/// are not looked at.
fn is_long(selected: &Selected<'_>, query: &Query<'_>, index: &Index) -> bool {
    let everything = Everything::of(query.collection, index);
    let total = everything.total(selected);
    let window = window(query.page, total).len();
    let looks = match (selected, wanted_order(query, index)) {
        (Selected::All | Selected::Only(Set::Range(..)), None) => 0,
        (Selected::All, Some(_)) if window == total => 0,
        (_, None) => window,
        (_, Some(_)) => window.saturating_mul(everything.count as usize) / total.max(1),
    };
    window > everything.sizes.listed && looks > everything.sizes.at_once
}

/// The order that a query wants. What all have in common orders nothing: ties stay in default order.
fn wanted_order(query: &Query<'_>, index: &Index) -> Option<Order> {
    let orders = |order: &Order| !is_of_one(order.field, query, index);
    query.order.filter(orders)
}

/// Orders and cuts what a query selected; nothing where that takes more than may be done.
pub(super) fn arrange(
    selected: &Selected<'_>,
    query: &Query<'_>,
    index: &Index,
    effort: Effort,
) -> Option<Selection> {
    if effort == Effort::Little && is_long(selected, query, index) {
        return None;
    }
    let everything = Everything::of(query.collection, index);
    let Everything { sizes, orders, .. } = everything;
    let total = everything.total(selected);
    let window = window(query.page, total);
    let numbers = match wanted_order(query, index) {
        // Behind the last.
        _ if window.is_empty() => Numbers::List(Vec::new()),
        None => in_default_order(selected, window, sizes),
        Some(Order { field, descending }) => {
            let (number, permutation) = orders.by(field);
            let order = Ordered {
                number,
                permutation,
                descending,
            };
            let is_by_name = field == Field::Name && !descending;
            match selected {
                Selected::Prepared(set) if is_by_name && window.end <= set.by_name().len() => {
                    Numbers::List(set.by_name()[window].to_vec())
                }
                Selected::Prepared(set) => {
                    ordered(&(&set.members).into(), order, window, sizes, effort)?
                }
                Selected::Only(set) => ordered(set, order, window, sizes, effort)?,
                Selected::All => all(order, window, sizes),
            }
        }
    };
    Some(Selection { total, numbers })
}

/// Whether all that a query selects are of one owner of a field.
fn is_of_one(field: Field, query: &Query<'_>, index: &Index) -> bool {
    let is_one = |id: Option<Uuid>, name: Option<&str>, owners: &EntityIndex| {
        id.is_some() || name.is_some_and(|name| owners.lookup.named(name).len() == 1)
    };
    match field {
        Field::Album | Field::AlbumId => {
            is_one(query.album_id, query.album.as_deref(), &index.albums)
        }
        Field::Artist | Field::ArtistId => {
            is_one(query.artist_id, query.artist.as_deref(), &index.artists)
        }
        Field::Genre | Field::GenreId => {
            is_one(query.genre_id, query.genre.as_deref(), &index.genres)
        }
        _ => false,
    }
}

/// Cuts a page out of what is in default order already.
fn in_default_order(selected: &Selected<'_>, window: Range<usize>, sizes: &Sizes) -> Numbers {
    let cut = |set: &Set<'_>| match (set, set.dense()) {
        (Set::Range(range, _), _) => Numbers::Range(
            // Within the range, whose ends have 32 bits.
            range.start + window.start as u32..range.start + window.end as u32,
        ),
        (_, Some(dense)) if window.len() > sizes.listed => {
            Numbers::Walk(Walk::members(dense, window.start, window.len()))
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

/// Cuts a page out of everything in an order.
fn all(order: Ordered<'_>, window: Range<usize>, sizes: &Sizes) -> Numbers {
    if window.len() <= sizes.listed {
        let permutation = order.permutation;
        let mut places = permutation.places_after(window.start, order.descending);
        return Numbers::List(places.take(window.len(), permutation));
    }
    Numbers::Walk(Walk::all(order, window.start, window.len()))
}

/// Where a page lies among so many times more places than the set has members, these are ranked instead: a place takes
/// less time than a member.
const SPARSE: usize = 4;

/// Cuts a page out of a set in an order; nothing where more is to be looked at for that than may be.
fn ordered(
    set: &Set<'_>,
    order: Ordered<'_>,
    window: Range<usize>,
    sizes: &Sizes,
    effort: Effort,
) -> Option<Numbers> {
    let is_short = window.len() <= sizes.listed;
    let may_count = match set.is_counted_once() {
        true => effort.allows(set.len(), sizes.at_once),
        false => effort.allows(set.len(), sizes.page_at_once),
    };
    let (skipped, count) = (window.start, window.len());
    let places = count.saturating_mul(order.permutation.len()) / set.len().max(1);
    if is_short && places > SPARSE * set.len() && effort.allows(set.len(), sizes.page_at_once) {
        let page = set.page(order.permutation, window, order.descending);
        return Some(Numbers::List(page));
    }
    if is_short && !effort.allows(places, sizes.page_at_once) {
        return None;
    }
    Some(match set.dense() {
        Some(dense) if is_short => {
            let blocks = || match dense.counted(order.number) {
                Some(blocks) => Some(blocks.clone()),
                None => may_count.then(|| order.permutation.blocks(dense.members())),
            };
            Numbers::List(page(order, dense.members(), blocks, window, sizes.looks)?)
        }
        Some(dense) => {
            if skipped > 0 && !may_count && dense.counted(order.number).is_none() {
                return None;
            }
            Numbers::Walk(Walk::of_set(order, dense, skipped, count))
        }
        None if is_short => Numbers::List(match set.counted(order.number) {
            Some((members, blocks)) => {
                let blocks = || Some(blocks.clone());
                page(order, &members, blocks, window, sizes.looks)?
            }
            None if may_count => set.page(order.permutation, window, order.descending),
            None => return None,
        }),
        // Sorting so many would take longer than the first of them may wait.
        None => {
            let bitmap: Bitmap = set.slice(&(0..set.len())).into_iter().collect();
            let dense = Arc::new(bitmap.into());
            Numbers::Walk(Walk::of_set(order, &dense, skipped, count))
        }
    })
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
