//! Mutants: what disks, networks, broken taggers and people with bad intent make of a file.
//!
//! In: the bytes of two files and a [`Random`]. Out: other bytes, and what was done: cut, bits turned, a
//! run overwritten, spliced with the other, a stretch repeated or left out, a size set to what it
//! cannot be. One to three of these.
//!
//! What stays true: the same mutants for the same input, and none over [`LARGEST`].

use anyhow::{Context, Result};

/// The largest mutant, in bytes.
const LARGEST: usize = 1 << 20;

/// Numbers from a number (SplitMix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(number: u64) -> Self {
        Self(number)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `most`; 0 where that is 0.
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.next().checked_rem(most as u64).unwrap_or(0) as usize
    }

    /// One of them.
    pub(crate) fn of<'t, T>(&mut self, all: &'t [T]) -> Result<&'t T> {
        all.get(self.below(all.len())).context("no seed is sound")
    }

    /// A place in so many bytes: mostly near the beginning or the end, where tags are.
    fn place(&mut self, len: usize) -> usize {
        match self.below(4) {
            0 => self.below(len),
            1 => len.saturating_sub(1 + self.below(512.min(len))),
            2 => self.below(len.min(128)),
            _ => self.below(len.min(4096)),
        }
    }
}

/// A mutant of `one`, and what was done, as a word for its name.
pub(crate) fn mutant(one: &[u8], other: &[u8], random: &mut Random) -> (String, Vec<u8>) {
    let mut bytes = one.to_vec();
    let mut kinds = Vec::new();
    for _ in 0..=[0, 0, 0, 1, 2][random.below(5)] {
        kinds.push(mutate(&mut bytes, other, random));
        bytes.truncate(LARGEST);
    }
    (kinds.join("-"), bytes)
}

fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) -> &'static str {
    let len = bytes.len();
    match random.below(8) {
        0 => {
            bytes.truncate(random.place(len));
            "cut"
        }
        1 => {
            for _ in 0..=random.below(16) {
                let (place, bit) = (random.place(len), random.below(8));
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << bit;
                }
            }
            "bits"
        }
        2 => {
            let start = random.place(len);
            let end = len.min(start + 1 + random.below(256));
            let value = [0, 0xff, 0x7f, random.next() as u8][random.below(4)];
            bytes[start..end].fill(value);
            "run"
        }
        3 => {
            bytes.truncate(random.place(len));
            bytes.extend(&other[random.place(other.len())..]);
            "splice"
        }
        4 => {
            let start = random.place(len);
            let end = len.min(start + 1 + random.below(512));
            let again = bytes[start..end].repeat(1 + random.below(200));
            bytes.splice(start..start, again);
            "repeat"
        }
        5 => {
            let start = random.place(len);
            let end = len.min(start + 1 + random.below(64));
            bytes.drain(start..end);
            "gap"
        }
        _ => {
            size(bytes, random);
            "size"
        }
    }
}

/// Overwrites what is likely a size: the number before or behind a name of four letters, else any.
fn size(bytes: &mut [u8], random: &mut Random) {
    let names = bytes.windows(4).enumerate().filter(|(_, name)| {
        let is_letter = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b' ' | 0xa9);
        name.iter().all(is_letter)
    });
    let names: Vec<usize> = names.map(|(at, _)| at).take(200).collect();
    let place = match names.get(random.below(names.len())) {
        Some(&name) if random.below(2) == 0 => name.saturating_sub(4),
        Some(&name) => name + 4,
        None => random.place(bytes.len()),
    };
    let len = bytes.len() as u32;
    let near = len.wrapping_add(random.below(64) as u32).wrapping_sub(32);
    let number = [
        u32::MAX,
        i32::MAX as u32,
        1 << 31,
        0x7f7f_7f7f,
        (16 << 20) + 1,
        16 << 20,
        len,
        near,
        7,
        1,
        0,
        random.next() as u32,
    ][random.below(12)];
    let number = match random.below(2) {
        0 => number.to_be_bytes(),
        _ => number.to_le_bytes(),
    };
    let width = [1, 2, 3, 4, 4, 4][random.below(6)];
    for (byte, new) in bytes.iter_mut().skip(place).zip(&number[..width]) {
        *byte = *new;
    }
}
