//! Numbers by id.
//!
//! In: an id. Out: the number of what has it. Only the numbers are kept, in the order of their ids, and
//! where those begin that share the first bits; the ids themselves are where the answers are, and
//! whoever asks says what id a number has. Ids that are spread evenly, as hashes are, are found by about
//! one such question; others, of which many begin alike, by halving.

use std::sync::Arc;

use uuid::Uuid;

/// How many ids share their first bits, where ids are spread evenly.
const SHARING: usize = 16;

/// Numbers by their ids.
#[derive(Debug)]
pub struct Ids {
    /// In the order of their ids, which an order of the collection is too.
    numbers: Arc<[u32]>,
    /// How many bits `starts` is by.
    bits: u32,
    /// Where those begin whose ids have these first bits, by these; and where the last of them end.
    starts: Box<[u32]>,
    /// Of each id, by place, the eight bits behind those.
    bytes: Box<[u8]>,
}

impl Ids {
    /// Of ids, which are numbered from 0, and of these numbers in their order.
    pub(super) fn build(ids: &[Uuid], numbers: Arc<[u32]>) -> Self {
        let bits = (ids.len() / SHARING).max(2).ilog2();
        let mut starts = vec![0; (1 << bits) + 1];
        let bytes = numbers.iter().map(|&number| {
            let (first, byte) = parts(ids[number as usize], bits);
            starts[first + 1] += 1;
            byte
        });
        let bytes = bytes.collect();
        let mut start = 0;
        for count in &mut starts {
            start += *count;
            *count = start;
        }
        Self {
            numbers,
            bits,
            starts: starts.into(),
            bytes,
        }
    }

    /// The memory that it takes, in bytes, without that of the order.
    pub(super) fn memory(&self) -> usize {
        size_of_val(&*self.starts) + size_of_val(&*self.bytes)
    }

    /// The number that has this id. `id_of` tells the id of a number.
    pub fn find(&self, id: Uuid, id_of: impl Fn(u32) -> Uuid) -> Option<u32> {
        let (first, byte) = parts(id, self.bits);
        let (start, end) = (self.starts[first] as usize, self.starts[first + 1] as usize);
        let bytes = &self.bytes[start..end];
        let start = start + bytes.partition_point(|&other| other < byte);
        let likely = self.bytes[start..end].partition_point(|&other| other == byte);
        let likely = &self.numbers[start..start + likely];
        let found = likely.binary_search_by_key(&id, |&number| id_of(number));
        found.ok().map(|at| likely[at])
    }
}

/// The first bits of an id, and the eight bits behind them.
fn parts(id: Uuid, bits: u32) -> (usize, u8) {
    let (high, _) = id.as_u64_pair();
    let first = high >> (u64::BITS - bits);
    // Fewer than 32 bits are first ones.
    (
        first as usize,
        (high << bits >> (u64::BITS - u8::BITS)) as u8,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::permutation::Permutation;

    #[test]
    fn ids_of_any_kind_are_found() {
        let of_hashes = |at: u128| at.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        for (kind, id) in [
            ("hashes", of_hashes as fn(u128) -> u128),
            ("counted upwards", |at| at),
            ("counted upwards in the first bits", |at| at << 112),
            ("both", |at| (at << 100) | (at % 3)),
        ] {
            for count in [0, 1, 2, 40, 5000] {
                let ids: Vec<Uuid> = (0..count).map(|at| Uuid::from_u128(id(at))).collect();
                let order = Permutation::by_id(&ids);
                let table = Ids::build(&ids, order.numbers());
                let find = |id: Uuid| table.find(id, |number| ids[number as usize]);
                for (number, &id) in (0..).zip(&ids) {
                    assert_eq!(find(id), Some(number), "{kind} {count}");
                }
                assert_eq!(find(Uuid::from_u128(id(count))), None, "{kind} {count}");
                assert_eq!(find(Uuid::max()), None, "{kind} {count}");
            }
        }
    }
}
