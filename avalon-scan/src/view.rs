//! A file as lofty is to see it: the file itself or the rest of it, with a few stretches replaced.
//!
//! In: a [`Source`] and [`Patch`]es. Out: a [`View`], which reads and seeks as the file does. This
//! is how files that lofty would refuse or misread reach it (a frame that it must take as text, a
//! size that reaches past the end): the bytes are put right, and lofty reads them.
//!
//! What stays true: every byte keeps its distance to every other, and nothing is written anywhere.

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
    /// Where in the file the view begins.
    start: u64,
    position: u64,
}

impl<'v, 'f> View<'v, 'f> {
    /// A view over a file. Where patches overlap, the one that begins first counts.
    pub fn new(source: &'v mut Source<'f>, patches: Vec<Patch>) -> Self {
        Self::from(source, 0, patches)
    }

    /// A view over a file from `start` on; that of the patches is still counted in the file.
    pub fn from(source: &'v mut Source<'f>, start: u64, patches: Vec<Patch>) -> Self {
        Self {
            source,
            patches: in_order(patches),
            start,
            position: start,
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
            let bytes = patch.bytes.get((at - patch.start) as usize..);
            let bytes = bytes.unwrap_or_default();
            let given = bytes.len().min(len);
            buffer[..given].copy_from_slice(&bytes[..given]);
            buffer[given..len].fill(0);
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
        let end = self.source.len().max(self.start);
        let (base, distance) = match to {
            SeekFrom::Start(position) => (self.start.saturating_add(position), 0),
            SeekFrom::End(distance) => (end, distance),
            SeekFrom::Current(distance) => (self.position, distance),
        };
        let position = base.checked_add_signed(distance);
        let position = position.filter(|&position| position >= self.start);
        self.position = position.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "seek to before the start of the view",
            )
        })?;
        Ok(self.position - self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_may_begin_within_the_file() {
        let bytes = b"0123456789".to_vec();
        let mut source = Source::new(&bytes, 10);
        let mut view = View::from(&mut source, 4, vec![Patch::exact(5, b"x")]);
        let mut read = String::new();
        view.read_to_string(&mut read).unwrap();
        assert_eq!(read, "4x6789");
        assert_eq!(view.seek(SeekFrom::End(-1)).unwrap(), 5);
        assert_eq!(view.seek(SeekFrom::Start(2)).unwrap(), 2);
        assert!(view.seek(SeekFrom::Current(-3)).is_err());
        read.clear();
        view.read_to_string(&mut read).unwrap();
        assert_eq!(read, "6789");
        let mut view = View::from(&mut source, 40, vec![]);
        assert_eq!(view.seek(SeekFrom::End(0)).unwrap(), 0, "past the end");
    }

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
