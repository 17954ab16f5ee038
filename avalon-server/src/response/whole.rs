//! Whole lists that are asked for again, kept.
//!
//! In: a list without filters and limits, and how often it was asked for. Out: its pieces, ready to be sent as
//! they are. What stays true: a list is made when it is asked for a second time, by one; those of one collection
//! take no more than [`MOST_BYTES`], and go with their library; nobody waits for a lock.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::catalog::Field;
use crate::query::{Order, Query};

/// What the kept lists of one collection may take together.
const MOST_BYTES: usize = 96 << 20;

/// Which whole list of its collection a request is for: by its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole(usize);

/// Lists that there are: in default order, and by each field in both directions.
const WHOLES: usize = 1 + 2 * Field::ALL.len();

/// The kept lists of a collection.
#[derive(Debug)]
pub(super) struct Wholes {
    slots: [Slot; WHOLES],
    /// Bytes of those that are kept or being made.
    bytes: AtomicUsize,
}

#[derive(Debug, Default)]
struct Slot {
    was_asked: AtomicBool,
    is_taken: AtomicBool,
    pieces: OnceLock<Box<[Bytes]>>,
}

/// A list that is to be made, by nobody else.
#[derive(Debug)]
pub(super) struct Making {
    wholes: Arc<Wholes>,
    whole: Whole,
    length: usize,
}

impl Whole {
    /// The list that a query asks for, if it asks for all of one.
    pub fn of(query: &Query<'_>) -> Option<Self> {
        if !query.is_of_everything() {
            return None;
        }
        let Some(Order { field, descending }) = query.order else {
            return Some(Self(0));
        };
        let field = Field::ALL.iter().position(|&it| it == field)?;
        Some(Self(1 + 2 * field + usize::from(descending)))
    }
}

impl Default for Wholes {
    fn default() -> Self {
        Self {
            slots: std::array::from_fn(|_| Slot::default()),
            bytes: AtomicUsize::new(0),
        }
    }
}

impl Wholes {
    /// The pieces of a list, once it is kept.
    pub(super) fn pieces(&self, Whole(at): Whole) -> Option<&[Bytes]> {
        self.slots[at].pieces.get().map(|pieces| &**pieces)
    }

    /// Bytes of the lists that are kept or being made.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Lets a list of so many bytes be made: if it was asked for before, there is room, and nobody else
    /// makes it.
    pub(super) fn make(self: &Arc<Self>, whole: Whole, length: usize) -> Option<Making> {
        let slot = &self.slots[whole.0];
        if !slot.was_asked.swap(true, Ordering::Relaxed) || length > MOST_BYTES {
            return None;
        }
        if slot.is_taken.swap(true, Ordering::Acquire) {
            return None;
        }
        let making = Making {
            wholes: Arc::clone(self),
            whole,
            length,
        };
        // Where there is no room, it goes again, and gives back what it took.
        let taken = self.bytes.fetch_add(length, Ordering::Relaxed);
        (taken + length <= MOST_BYTES).then_some(making)
    }
}

impl Making {
    /// How many bytes the list is to have.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Keeps the list.
    pub(super) fn finish(self, pieces: Vec<Bytes>) {
        let slot = &self.wholes.slots[self.whole.0];
        // Nobody else has made it.
        slot.pieces.get_or_init(|| pieces.into());
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        let slot = &self.wholes.slots[self.whole.0];
        if slot.pieces.get().is_none() {
            self.wholes.bytes.fetch_sub(self.length, Ordering::Relaxed);
            slot.is_taken.store(false, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Collection;

    fn whole(query_string: &str) -> Option<Whole> {
        Whole::of(&Query::parse(Collection::Songs, query_string).unwrap())
    }

    #[test]
    fn only_whole_lists_are_told_apart_by_their_orders() {
        let some = ["", "order=name", "order=name&direction=desc", "order=year"];
        let places: Vec<Whole> = some.into_iter().filter_map(whole).collect();
        assert_eq!(places.len(), some.len());
        for (at, place) in places.iter().enumerate() {
            assert!(!places[..at].contains(place), "{}", some[at]);
        }
        for part in ["limit=9", "query=a", "album=a", "artist=a", "genre=a"] {
            assert_eq!(whole(part), None, "{part}");
        }
    }

    #[test]
    fn a_list_is_made_when_it_is_asked_for_again_and_by_one() {
        let wholes = Arc::new(Wholes::default());
        let list = whole("order=name").unwrap();
        assert!(wholes.make(list, 10).is_none());
        let given_up = wholes.make(list, 10).unwrap();
        assert!(wholes.make(list, 10).is_none());
        drop(given_up);
        assert_eq!(wholes.bytes(), 0);
        assert!(wholes.pieces(list).is_none());
        let making = wholes.make(list, 10).unwrap();
        assert_eq!(making.length(), 10);
        making.finish(vec![Bytes::from_static(b"a piece")]);
        assert_eq!(wholes.pieces(list).unwrap(), ["a piece"]);
        assert_eq!(wholes.bytes(), 10);
        assert!(wholes.make(list, 10).is_none());
        assert!(wholes.pieces(whole("").unwrap()).is_none());
    }

    #[test]
    fn all_that_is_kept_is_bounded() {
        let wholes = Arc::new(Wholes::default());
        let [one, other] = ["", "order=year"].map(|list| whole(list).unwrap());
        assert!(wholes.make(one, MOST_BYTES + 1).is_none());
        assert!(wholes.make(one, MOST_BYTES + 1).is_none());
        let made = wholes.make(one, MOST_BYTES - 5).unwrap();
        assert!(wholes.make(other, 6).is_none());
        assert!(wholes.make(other, 6).is_none());
        let small = wholes.make(other, 5).unwrap();
        drop((made, small));
        assert_eq!(wholes.bytes(), 0);
    }
}
