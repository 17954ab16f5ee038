//! A file as lofty is to see it: the file itself, with a few stretches of it replaced.
//!
//! In: a [`Source`] and [`Patch`]es. Out: a [`View`], which reads and seeks as the file does. This
//! is how files that lofty would refuse or misread reach it (a frame that it must take as text, a
//! size that reaches past the end): the bytes are put right, and lofty reads them.
//!
//! What stays true: every byte keeps its position, and nothing is written anywhere.

use std::io::{self, Read, Seek, SeekFrom};

use crate::reader::Source;

/// A stretch of a file that reads as something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Where it begins.
    pub start: u64,
    /// Where it ends; zeros fill what `bytes` leaves.
    pub end: u64,
    /// What is read instead.
    pub bytes: Vec<u8>,
}

impl Patch {
    /// Replaces as many bytes as are given.
    pub fn exact(start: u64, bytes: &[u8]) -> Self {
        Self {
            start,
            end: start + bytes.len() as u64,
            bytes: bytes.to_vec(),
        }
    }
}

/// A file with patches.
pub struct View<'v, 'f> {
    source: &'v mut Source<'f>,
    /// In their order in the file; none overlaps another, and none is empty.
    patches: Vec<Patch>,
    position: u64,
}

impl<'v, 'f> View<'v, 'f> {
    /// A view over a file. Where patches overlap, the one that begins first counts.
    pub fn new(source: &'v mut Source<'f>, patches: Vec<Patch>) -> Self {
        Self {
            source,
            patches: in_order(patches),
            position: 0,
        }
    }
}

/// The patches one after another, each without what an earlier one covers.
fn in_order(mut patches: Vec<Patch>) -> Vec<Patch> {
    patches.sort_by_key(|patch| patch.start);
    let mut covered = 0;
    patches.retain_mut(|patch| {
        if patch.start < covered {
            let cut = (covered - patch.start).min(patch.bytes.len() as u64);
            patch.bytes.drain(..cut as usize);
            patch.start = covered;
        }
        covered = covered.max(patch.end);
        patch.start < patch.end
    });
    patches
}

impl Read for View<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let at = self.position;
        // A file may need many patches, and lofty reads it in small pieces: no walk over them here.
        let next = self.patches.partition_point(|patch| patch.end <= at);
        let next = self.patches.get(next);
        let len = if let Some(patch) = next.filter(|patch| patch.start <= at) {
            let end = patch.end.min(self.source.len());
            let len = buffer.len().min(end.saturating_sub(at) as usize);
            let bytes = patch.bytes.iter().skip((at - patch.start) as usize);
            let bytes = bytes.copied().chain(std::iter::repeat(0));
            for (to, byte) in buffer[..len].iter_mut().zip(bytes) {
                *to = byte;
            }
            len
        } else {
            let most = next.map_or(usize::MAX, |next| (next.start - at) as usize);
            let len = buffer.len().min(most);
            self.source.read_at(at, &mut buffer[..len])?
        };
        self.position += len as u64;
        Ok(len)
    }
}

impl Seek for View<'_, '_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if matches!(to, SeekFrom::Current(_)) {
            self.source.seek(SeekFrom::Start(self.position))?;
        }
        self.position = self.source.seek(to)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_are_read_in_place_of_the_file() {
        let bytes = b"0123456789".to_vec();
        for (name, patches, expected) in [
            ("none", vec![], &b"0123456789"[..]),
            ("one byte", vec![Patch::exact(3, b"x")], b"012x456789"),
            (
                "filled with zeros",
                vec![Patch {
                    start: 1,
                    end: 4,
                    bytes: b"x".to_vec(),
                }],
                b"0x\x00\x00456789",
            ),
            (
                "two",
                vec![Patch::exact(8, b"yy"), Patch::exact(0, b"xx")],
                b"xx234567yy",
            ),
            ("past the end", vec![Patch::exact(9, b"xyz")], b"012345678x"),
            (
                "overlapping",
                vec![Patch::exact(3, b"yyyy"), Patch::exact(1, b"xxx")],
                b"0xxxyyy789",
            ),
            (
                "one within another",
                vec![Patch::exact(2, b"y"), Patch::exact(1, b"xxx")],
                b"0xxx456789",
            ),
            ("empty", vec![Patch::exact(3, b"")], b"0123456789"),
            (
                "side by side",
                (0..10)
                    .rev()
                    .map(|at| Patch::exact(at, &[b'a' + at as u8]))
                    .collect(),
                b"abcdefghij",
            ),
        ] {
            let mut source = Source::new(&bytes, 10);
            let mut view = View::new(&mut source, patches);
            let mut read = Vec::new();
            view.read_to_end(&mut read).unwrap();
            assert_eq!(read, expected, "{name}");
            view.seek(SeekFrom::End(-2)).unwrap();
            view.seek(SeekFrom::Current(1)).unwrap();
            read.clear();
            view.read_to_end(&mut read).unwrap();
            assert_eq!(read, &expected[9..], "{name}");
        }
    }
}
