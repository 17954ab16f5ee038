//! Whole lists that are asked for again, kept.
//!
//! In: a list without filters and limits, and how often it was asked for. Out: its pieces, ready to be sent as
//! they are. What stays true: a list is made when it is asked for a second time, by one; those of one collection
//! take no more than [`MOST_BYTES`], and go with their library; where there is no room, one goes that was not asked for since the new one was before, and of which nothing is being
//! sent; nobody
//! waits for a lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use arc_swap::ArcSwapOption;
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
    /// How often any of them was asked for.
    asked: AtomicU64,
    /// Bytes of those that are kept or being made, as long as anybody has them.
    bytes: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct Slot {
    /// At which of all requests it was asked for last; 0 for never.
    asked: AtomicU64,
    is_made: AtomicBool,
    kept: ArcSwapOption<Pieces>,
}

/// A list that is kept, as long as anybody has it.
#[derive(Debug)]
pub(super) struct Pieces {
    pieces: Box<[Bytes]>,
    _room: Room,
}

/// Bytes that are taken, until this goes.
#[derive(Debug)]
struct Room {
    length: usize,
    bytes: Arc<AtomicUsize>,
}

/// What becomes of a request for a list.
#[derive(Debug)]
pub(super) enum Wanted {
    /// It is kept.
    Kept(Arc<Pieces>),
    /// It is to be made, by nobody else.
    Making(Making),
    /// It was not asked for before, or somebody else makes it, or there is no room.
    Neither,
}

/// A list that is to be made.
#[derive(Debug)]
pub(super) struct Making {
    wholes: Arc<Wholes>,
    whole: Whole,
    /// Until it is kept.
    room: Option<Room>,
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
            asked: AtomicU64::new(0),
            bytes: Arc::default(),
        }
    }
}

impl Pieces {
    /// The piece at a place, if there is one.
    pub(super) fn get(&self, at: usize) -> Option<&Bytes> {
        self.pieces.get(at)
    }
}

impl Room {
    /// So many bytes, if there is room for them.
    fn take(bytes: &Arc<AtomicUsize>, length: usize) -> Option<Self> {
        let before = bytes.fetch_add(length, Ordering::Relaxed);
        // Where there is none, it goes again, and gives back what it took.
        let room = Self {
            length,
            bytes: bytes.clone(),
        };
        (before + length <= MOST_BYTES).then_some(room)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.bytes.fetch_sub(self.length, Ordering::Relaxed);
    }
}

impl Wholes {
    /// Bytes of the lists that are kept or being made.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Asks for a list of so many bytes.
    pub(super) fn ask(self: &Arc<Self>, whole: Whole, length: usize) -> Wanted {
        let slot = &self.slots[whole.0];
        let now = 1 + self.asked.fetch_add(1, Ordering::Relaxed);
        let before = slot.asked.swap(now, Ordering::Relaxed);
        if let Some(pieces) = slot.kept.load_full() {
            return Wanted::Kept(pieces);
        }
        if before == 0 || length > MOST_BYTES || slot.is_made.swap(true, Ordering::Acquire) {
            return Wanted::Neither;
        }
        let mut making = Making {
            wholes: Arc::clone(self),
            whole,
            room: None,
            length,
        };
        // Somebody else may have made it just now.
        if let Some(pieces) = slot.kept.load_full() {
            return Wanted::Kept(pieces);
        }
        making.room = self.room(length, before);
        match making.room {
            Some(_) => Wanted::Making(making),
            None => Wanted::Neither,
        }
    }

    /// Room for a list that was asked for before, at that request; lists go for it that were not since then, the one
    /// first that was not for the longest time. To let go of one that is still being sent would give no room.
    fn room(&self, length: usize, before: u64) -> Option<Room> {
        loop {
            if let Some(room) = Room::take(&self.bytes, length) {
                return Some(room);
            }
            let asked = |slot: &Slot| slot.asked.load(Ordering::Relaxed);
            // Here and there.
            let is_free = |slot: &Slot| {
                let pieces = slot.kept.load_full();
                pieces.is_some_and(|pieces| Arc::strong_count(&pieces) == 2)
            };
            let may_go = |slot: &&Slot| asked(slot) < before && is_free(slot);
            let oldest = self
                .slots
                .iter()
                .filter(may_go)
                .min_by_key(|&slot| asked(slot));
            oldest?.kept.store(None);
        }
    }
}

impl Making {
    /// How many bytes the list is to have.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Keeps the list.
    pub(super) fn finish(mut self, pieces: Vec<Bytes>) {
        if let Some(room) = self.room.take() {
            let pieces = Pieces {
                pieces: pieces.into(),
                _room: room,
            };
            let slot = &self.wholes.slots[self.whole.0];
            slot.kept.store(Some(Arc::new(pieces)));
        }
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        let slot = &self.wholes.slots[self.whole.0];
        slot.is_made.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Collection;

    fn whole(query_string: &str) -> Option<Whole> {
        Whole::of(&Query::parse(Collection::Songs, query_string).unwrap())
    }

    /// Asks for a list that is to be made then.
    fn making(wholes: &Arc<Wholes>, whole: Whole, length: usize) -> Making {
        match wholes.ask(whole, length) {
            Wanted::Making(making) => making,
            other => panic!("{other:?}"),
        }
    }

    /// Asks for a list that is kept.
    fn kept(wholes: &Arc<Wholes>, whole: Whole, length: usize) -> Arc<Pieces> {
        match wholes.ask(whole, length) {
            Wanted::Kept(pieces) => pieces,
            other => panic!("{other:?}"),
        }
    }

    /// Asks for a list that is neither kept nor made.
    fn neither(wholes: &Arc<Wholes>, whole: Whole, length: usize) {
        let wanted = wholes.ask(whole, length);
        assert!(matches!(wanted, Wanted::Neither), "{wanted:?}");
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
        neither(&wholes, list, 10);
        let given_up = making(&wholes, list, 10);
        neither(&wholes, list, 10);
        drop(given_up);
        assert_eq!(wholes.bytes(), 0);
        let made = making(&wholes, list, 10);
        assert_eq!(made.length(), 10);
        made.finish(vec![Bytes::from_static(b"a piece")]);
        let pieces = kept(&wholes, list, 10);
        assert_eq!(pieces.get(0).unwrap(), "a piece");
        assert!(pieces.get(1).is_none());
        assert_eq!(wholes.bytes(), 10);
        neither(&wholes, whole("").unwrap(), 10);
    }

    #[test]
    fn all_that_is_kept_is_bounded() {
        let wholes = Arc::new(Wholes::default());
        let [one, other] = ["", "order=year"].map(|list| whole(list).unwrap());
        neither(&wholes, one, MOST_BYTES + 1);
        neither(&wholes, one, MOST_BYTES + 1);
        let made = making(&wholes, one, MOST_BYTES - 5);
        neither(&wholes, other, 6);
        neither(&wholes, other, 6);
        let small = making(&wholes, other, 5);
        drop((made, small));
        assert_eq!(wholes.bytes(), 0);
    }

    #[test]
    fn a_list_that_is_wanted_more_takes_the_place_of_one_that_is_wanted_less() {
        let wholes = Arc::new(Wholes::default());
        let [one, other, third] = ["", "order=year", "order=name"].map(|list| whole(list).unwrap());
        let half = MOST_BYTES / 2;
        for list in [one, other] {
            neither(&wholes, list, half);
            making(&wholes, list, half).finish(Vec::new());
        }
        neither(&wholes, third, half);
        // In turn with the others it is not wanted more than they are.
        kept(&wholes, one, half);
        kept(&wholes, other, half);
        neither(&wholes, third, half);
        let read = kept(&wholes, other, half);
        // The first was not asked for since, and goes.
        making(&wholes, third, half).finish(Vec::new());
        neither(&wholes, one, half);
        kept(&wholes, third, half);
        // The other is wanted less by now, but it is being sent.
        neither(&wholes, one, half);
        kept(&wholes, third, half);
        neither(&wholes, one, half);
        assert_eq!(wholes.bytes(), MOST_BYTES);
        drop(read);
        making(&wholes, one, half).finish(Vec::new());
        kept(&wholes, third, half);
        neither(&wholes, other, half);
        assert_eq!(wholes.bytes(), MOST_BYTES);
    }
}
