//! Tracks by id.
//!
//! In: an id. Out: the number of the track that has it. The table holds numbers alone, eight bytes a
//! track or so: the ids themselves are where the answers are, and whoever asks says what id a number
//! has.

use hashbrown::HashTable;
use uuid::Uuid;

/// A hash table of tracks by their ids.
#[derive(Debug, Default)]
pub struct Ids {
    numbers: HashTable<u32>,
}

impl Ids {
    /// Hashes the ids, which are numbered from 0.
    pub(super) fn build(ids: &[Uuid]) -> Self {
        let mut numbers = HashTable::with_capacity(ids.len());
        for (number, &id) in (0..).zip(ids) {
            numbers.insert_unique(hash(id), number, |&number| hash(ids[number as usize]));
        }
        Self { numbers }
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.numbers.allocation_size()
    }

    /// The number of the track with this id. `id_of` tells the id of a number.
    pub fn find(&self, id: Uuid, id_of: impl Fn(u32) -> Uuid) -> Option<u32> {
        self.numbers
            .find(hash(id), |&number| id_of(number) == id)
            .copied()
    }
}

/// Every bit of an id reaches every bit of its hash: ids of other programs may count upwards anywhere.
fn hash(id: Uuid) -> u64 {
    let (high, low) = id.as_u64_pair();
    let folded = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        (product >> 64) as u64 ^ product as u64
    };
    let odd = 0x9e37_79b9_7f4a_7c15;
    folded(folded(high ^ odd, 0xa076_1d64_78bd_642f) ^ low, odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_any_kind_are_found() {
        let ids: Vec<Uuid> = (0..1000_u128)
            .flat_map(|id| [id, id << 64, id << 100])
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .map(Uuid::from_u128)
            .collect();
        let table = Ids::build(&ids);
        for (number, &id) in (0..).zip(&ids) {
            assert_eq!(table.find(id, |number| ids[number as usize]), Some(number));
        }
        for shift in 0..112 {
            // As many places as a table has: all ids in few of them would be no table.
            let places: std::collections::BTreeSet<u64> = (0..1024_u128)
                .map(|id| hash(Uuid::from_u128(id << shift)) % 1024)
                .collect();
            assert!(places.len() > 256, "{shift}: {}", places.len());
        }
        let unknown = Uuid::from_u128(u128::MAX);
        assert_eq!(table.find(unknown, |number| ids[number as usize]), None);
    }
}
