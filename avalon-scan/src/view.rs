//! A file as lofty is to see it: the file itself, with a few stretches replaced or left out.
//!
//! In: a [`Source`] and [`Patch`]es. Out: a [`View`], which reads and seeks as the file does. This
//! is how files that lofty would refuse or misread reach it (a frame that it must take as text, a
//! size that reaches past the end): the bytes are put right, and lofty reads them.
//!
//! What stays true: the order of the bytes, and nothing is written anywhere. Of ID3v2 tags, lofty sees
//! none but those that a patch puts there: its reader follows chapters within chapters until the
//! stack is full, which ends the program, and unpacks what is compressed without a bound.

use std::io::{self, Read, Seek, SeekFrom};

use memchr::memchr;

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
    /// What is left out, from a position to another, likewise.
    cuts: Vec<(u64, u64)>,
    /// In the file.
    position: u64,
}

impl<'v, 'f> View<'v, 'f> {
    /// A view over a file. Where patches overlap, the one that begins first counts.
    pub fn new(source: &'v mut Source<'f>, patches: Vec<Patch>) -> Self {
        Self::without(source, patches, Vec::new())
    }

    /// A view over a file from `start` on; that of the patches is still counted in the file.
    pub fn from(source: &'v mut Source<'f>, start: u64, patches: Vec<Patch>) -> Self {
        let before = (start > 0).then_some((0, start));
        Self::without(source, patches, before.into_iter().collect())
    }

    /// A view over a file in which some stretches are left out: each from a position in the file to
    /// another, one after another.
    pub fn without(source: &'v mut Source<'f>, patches: Vec<Patch>, cuts: Vec<(u64, u64)>) -> Self {
        Self {
            source,
            patches: in_order(patches),
            cuts,
            position: 0,
        }
    }

    /// Leaves out one more stretch, behind all others.
    pub fn leave_out(&mut self, start: u64, end: u64) {
        if start < end {
            self.cuts.push((start, end));
        }
    }

    /// Where in the file a position in the view is.
    fn in_file(&self, mut position: u64) -> u64 {
        for (start, end) in &self.cuts {
            if position < *start {
                break;
            }
            position = position.saturating_add(end - start);
        }
        position
    }

    /// Where in the view a position in the file is.
    fn in_view(&self, position: u64) -> u64 {
        let cuts = self.cuts.iter().take_while(|cut| cut.0 < position);
        position
            - cuts
                .map(|(start, end)| position.min(*end) - start)
                .sum::<u64>()
    }
}

impl View<'_, '_> {
    /// Takes the first letter off every header of an ID3v2 tag in what was read at `at`. No text has
    /// the number of a version behind these letters.
    fn hide_tags(&mut self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut next = 0;
        while let Some(found) = memchr(b'I', &bytes[next..]) {
            let place = next + found;
            next = place + 1;
            let here = &bytes[place..bytes.len().min(place + 3)];
            if !b"ID3".starts_with(here) {
                continue;
            }
            let header = match bytes.get(place..place + 4) {
                Some(header) => header.try_into().ok(),
                // The rest was not asked for yet.
                None => self.source.array::<4>(at + place as u64)?,
            };
            if matches!(header, Some([b'I', b'D', b'3', 2..=4])) {
                bytes[place] = 0;
            }
        }
        Ok(())
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
        let at = self.in_file(self.in_view(self.position));
        let cut = self.cuts.iter().find(|cut| cut.0 > at);
        let whole = buffer
            .len()
            .min(cut.map_or(usize::MAX, |cut| (cut.0 - at) as usize));
        let buffer = &mut buffer[..whole];
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
            let len = self.source.read_at(at, &mut buffer[..len])?;
            self.hide_tags(at, &mut buffer[..len])?;
            len
        };
        self.position = at + len as u64;
        Ok(len)
    }
}

impl Seek for View<'_, '_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, distance) = match to {
            SeekFrom::Start(position) => (position, 0),
            SeekFrom::End(distance) => (self.in_view(self.source.len()), distance),
            SeekFrom::Current(distance) => (self.in_view(self.position), distance),
        };
        let position = base.checked_add_signed(distance).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "seek to before the start of the view",
            )
        })?;
        self.position = self.in_file(position);
        Ok(position)
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
    fn tags_that_lofty_would_follow_too_deep_are_hidden() {
        for (bytes, expected) in [
            (&b"..ID3\x04..ID3\x02"[..], &b"..\0D3\x04..\0D3\x02"[..]),
            (b"IID3\x03ID", b"I\0D3\x03ID"),
            (b"ID3 in a text, ID3", b"ID3 in a text, ID3"),
            (b"ID3\x05", b"ID3\x05"),
        ] {
            let bytes = bytes.to_vec();
            for step in 1..=bytes.len() {
                let mut source = Source::new(&bytes, bytes.len() as u64);
                let mut view = View::new(&mut source, Vec::new());
                let mut read = Vec::<u8>::new();
                let mut piece = vec![0; step];
                loop {
                    match view.read(&mut piece).unwrap() {
                        0 => break,
                        len => read.extend(&piece[..len]),
                    }
                }
                assert_eq!(read, expected, "{bytes:?} by {step}");
            }
        }
        let bytes = b"0123456789".to_vec();
        let mut source = Source::new(&bytes, 10);
        let mut view = View::new(&mut source, vec![Patch::exact(2, b"ID3\x04")]);
        let mut read = Vec::new();
        view.read_to_end(&mut read).unwrap();
        assert_eq!(read, b"01ID3\x046789", "of a patch");
    }

    #[test]
    fn stretches_may_be_left_out() {
        let bytes = b"0123456789".to_vec();
        for (cuts, expected) in [
            (vec![], "0123456789"),
            (vec![(3, 5)], "01256789"),
            (vec![(0, 2), (9, 10)], "2345678"),
            (vec![(1, 2), (2, 4), (8, 20)], "04567"),
        ] {
            let mut source = Source::new(&bytes, 10);
            let patches = vec![Patch::exact(6, b"6")];
            let mut view = View::without(&mut source, patches, cuts.clone());
            let mut read = String::new();
            view.read_to_string(&mut read).unwrap();
            assert_eq!(read, expected, "{cuts:?}");
            let len = expected.len() as u64;
            assert_eq!(view.stream_position().unwrap(), len, "{cuts:?}");
            assert_eq!(view.seek(SeekFrom::End(0)).unwrap(), len, "{cuts:?}");
            for at in 0..len {
                assert_eq!(view.seek(SeekFrom::Start(at)).unwrap(), at, "{cuts:?}");
                read.clear();
                view.read_to_string(&mut read).unwrap();
                assert_eq!(read, expected[at as usize..], "{cuts:?}, {at}");
                view.seek(SeekFrom::Start(at)).unwrap();
                assert_eq!(view.seek(SeekFrom::Current(1)).unwrap(), at + 1, "{cuts:?}");
            }
        }
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
