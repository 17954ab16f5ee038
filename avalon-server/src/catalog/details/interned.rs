//! Byte strings that many tracks have in common, each held once.
//!
//! In: bytes, again and again. Out: a small number for them, and the bytes of a number. The first are
//! numbered 0, 1, 2 ..., so what is frequent has most often a number of one or two bytes.

use hashbrown::HashTable;
use twox_hash::XxHash3_64;

/// Byte strings by number.
#[derive(Debug, Default)]
pub(super) struct Interned {
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<u64>,
}

impl Interned {
    /// The bytes with a number that [`Interner::number`] gave; nothing for another.
    pub(super) fn get(&self, number: u64) -> &[u8] {
        let Ok(at) = usize::try_from(number) else {
            return &[];
        };
        let end_of = |at: usize| Some(*self.ends.get(at)? as usize);
        let start = at.checked_sub(1).and_then(end_of).unwrap_or_default();
        let end = end_of(at).unwrap_or_default();
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<u64>()
    }
}

/// Numbers byte strings as they come.
#[derive(Debug, Default)]
pub(super) struct Interner {
    all: Interned,
    numbers: HashTable<u32>,
}

impl Interner {
    /// The number of these bytes; `None` where there are more than can be numbered.
    pub(super) fn number(&mut self, bytes: &[u8]) -> Option<u32> {
        let all = &mut self.all;
        let hash = XxHash3_64::oneshot(bytes);
        let is_same = |&known: &u32| all.get(known.into()) == bytes;
        if let Some(&known) = self.numbers.find(hash, is_same) {
            return Some(known);
        }
        let new = u32::try_from(all.ends.len()).ok()?;
        all.bytes.extend_from_slice(bytes);
        all.ends.push(all.bytes.len() as u64);
        self.numbers.insert_unique(hash, new, |&known| {
            XxHash3_64::oneshot(all.get(known.into()))
        });
        Some(new)
    }

    /// The bytes with a number that was given.
    pub(super) fn get(&self, number: u32) -> &[u8] {
        self.all.get(number.into())
    }

    /// All of them, to be read only.
    pub(super) fn finish(mut self) -> Interned {
        self.all.bytes.shrink_to_fit();
        self.all.ends.shrink_to_fit();
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_have_one_number() {
        let mut interner = Interner::default();
        for (bytes, number) in [("", 0), ("a", 1), ("", 0), ("bc", 2), ("a", 1)] {
            assert_eq!(interner.number(bytes.as_bytes()), Some(number), "{bytes}");
        }
        for number in 3..5000_u32 {
            assert_eq!(interner.number(&number.to_le_bytes()), Some(number));
        }
        assert_eq!(interner.number(b"bc"), Some(2));
        let all = interner.finish();
        assert_eq!((all.get(0), all.get(2)), (&b""[..], &b"bc"[..]));
        assert_eq!(all.get(4999), 4999_u32.to_le_bytes());
        assert_eq!((all.get(5000), all.get(u64::MAX)), (&b""[..], &b""[..]));
    }
}
