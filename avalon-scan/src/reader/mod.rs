//! One file as the readers of tags see it: bytes at a position, few system calls, a bound.
//!
//! In: anything that reads at a position ([`ReadAt`]: an open file, or bytes in a test). Out: a
//! [`Source`] with three windows of 4 KiB, one over the head of the file and two that move, since
//! readers of tags look at the head again and again and jump between a few other places (a
//! `BufReader` drops its buffer at each jump), and another where a reader asks for it, over the
//! beginning of the sound. Reads larger than a window go straight through.
//!
//! What stays true: no more than the limit is read from one file, nothing is read after its deadline,
//! no buffer is larger than the file or than [`LARGEST_BUFFER`], and a position past the end reads
//! nothing.

mod window;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use thiserror::Error;

use window::{Window, Windows};

/// The size of the windows: a page, and more than the tags of most files.
const WINDOW: usize = 4096;

/// The most that is read from one file, in bytes (64 MiB): tags lie at the ends of a file and
/// pictures are stepped over, so a reader that comes here is lost.
pub const LARGEST_READ: u64 = 64 << 20;

/// The largest piece that is taken into memory at once, in bytes (16 MiB).
pub const LARGEST_BUFFER: u64 = 16 << 20;

/// Reads at a position without moving anything: what `pread` does.
pub trait ReadAt {
    /// Reads into `buffer` from `offset`; 0 is the end. May read less than asked.
    ///
    /// # Errors
    /// Whatever the system says.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

impl ReadAt for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }
}

impl ReadAt for [u8] {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset)
            .ok()
            .and_then(|offset| self.get(offset..))
            .unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.as_slice().read_at(buffer, offset)
    }
}

/// Why a [`Source`] refused to go on, inside an [`io::Error`].
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Limit {
    /// The whole file's bound.
    #[error("more than {} MiB would have to be read", .0 >> 20)]
    Read(u64),
    /// The bound of one piece.
    #[error("a part of {0} bytes is larger than any tag")]
    Buffer(u64),
    /// The time that a file may take.
    #[error("it took longer than {} s", .0.as_secs_f64())]
    Time(Duration),
}

/// A file to be read in pieces. It is also [`Read`] and [`Seek`], for lofty.
pub struct Source<'a> {
    file: &'a dyn ReadAt,
    len: u64,
    position: u64,
    windows: Windows,
    read: u64,
    limit: u64,
    deadline: Option<(Instant, Duration)>,
    refused: Option<Limit>,
}

impl<'a> Source<'a> {
    /// A source over a file of `len` bytes; of more than that nothing is seen.
    pub fn new(file: &'a dyn ReadAt, len: u64) -> Self {
        Self {
            file,
            len,
            position: 0,
            windows: Windows::take(),
            read: 0,
            limit: LARGEST_READ,
            deadline: None,
            refused: None,
        }
    }

    /// The source with a deadline: `patience` after `start`, reads of the file are refused with
    /// [`Limit::Time`]. One read that hangs is not interrupted.
    pub fn with_deadline(mut self, start: Instant, patience: Duration) -> Self {
        self.deadline = start.checked_add(patience).map(|end| (end, patience));
        self
    }

    /// Why a read was refused, if one was: readers of tags may have taken that for damage.
    pub fn refused(&self) -> Option<Limit> {
        self.refused
    }

    /// The size of the file in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the file has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes read from the file so far.
    #[cfg(test)]
    pub fn bytes_read(&self) -> u64 {
        self.read
    }

    /// Fills `buffer` from `offset` on and says how much of it: less only at the end of the file.
    ///
    /// # Errors
    /// The system's, or a [`Limit`].
    pub fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.len.saturating_sub(offset))
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let mut done = 0;
        while done < wanted {
            let at = offset + done as u64;
            let rest = &mut buffer[done..wanted];
            let Windows {
                head,
                window,
                older,
                held,
            } = &mut self.windows;
            let mut copied = head.copy(rest, at);
            if copied == 0 {
                copied = window.copy(rest, at);
            }
            if copied == 0 {
                copied = older.copy(rest, at);
                if copied > 0 {
                    std::mem::swap(window, older);
                }
            }
            if copied == 0 {
                copied = held.copy(rest, at);
            }
            if copied == 0 && rest.len() >= WINDOW {
                copied = self.read_through(at, rest)?;
                if copied == 0 {
                    break;
                }
            }
            if copied == 0 && !self.fill_window(at)? {
                break;
            }
            done += copied;
        }
        Ok(done)
    }

    /// Like [`Source::read_at`], past the windows: for walks that touch each place once, where a
    /// window would read a page for a few bytes.
    ///
    /// # Errors
    /// As [`Source::read_at`].
    pub fn read_once(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.len.saturating_sub(offset))
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let mut done = 0;
        while done < wanted {
            match self.read_through(offset + done as u64, &mut buffer[done..wanted])? {
                0 => break,
                read => done += read,
            }
        }
        Ok(done)
    }

    /// The `N` bytes at `offset`; `None` where the file ends before.
    ///
    /// # Errors
    /// As [`Source::read_at`].
    pub fn array<const N: usize>(&mut self, offset: u64) -> io::Result<Option<[u8; N]>> {
        let mut bytes = [0; N];
        let read = self.read_at(offset, &mut bytes)?;
        Ok((read == N).then_some(bytes))
    }

    /// Up to `len` bytes from `offset`: fewer only where the file ends.
    ///
    /// # Errors
    /// As [`Source::read_at`]; [`Limit::Buffer`] for more than [`LARGEST_BUFFER`].
    pub fn piece(&mut self, offset: u64, len: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; self.buffered(offset, len)?];
        let read = self.read_at(offset, &mut bytes)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    /// How much there is of `len` bytes from `offset` on, if a buffer may hold it.
    fn buffered(&self, offset: u64, len: u64) -> io::Result<usize> {
        match len.min(self.len.saturating_sub(offset)) {
            there @ ..=LARGEST_BUFFER => Ok(there as usize),
            there => Err(io::Error::other(Limit::Buffer(there))),
        }
    }

    /// Like [`Source::piece`], without a copy where a window holds it; else in `buffer`.
    ///
    /// # Errors
    /// As [`Source::piece`].
    pub fn stretch<'s>(
        &'s mut self,
        offset: u64,
        len: u64,
        buffer: &'s mut Vec<u8>,
    ) -> io::Result<&'s [u8]> {
        if self.windows.head.bytes().is_empty() && offset < WINDOW as u64 {
            self.fill_window(offset)?;
        }
        let has = |window: &&Window| window.slice(offset, len).is_some();
        if let Some(at) = self.windows.all().iter().position(has) {
            let window = self.windows.all()[at];
            return Ok(window.slice(offset, len).unwrap_or_default());
        }
        *buffer = self.piece(offset, len)?;
        Ok(buffer)
    }

    /// Reads up to `len` bytes from `offset` into a window of its own, which stays: the place is
    /// looked at again.
    ///
    /// # Errors
    /// As [`Source::piece`].
    pub fn hold(&mut self, offset: u64, len: u64) -> io::Result<&[u8]> {
        let there = self.buffered(offset, len)?;
        let mut held = std::mem::take(&mut self.windows.held);
        let filled = held.fill(offset, there, |room| self.read_at(offset, room));
        self.windows.held = held;
        filled?;
        Ok(self.windows.held.bytes())
    }

    /// Reads a page that holds `at` into the window that is due; `false` at the end of the file.
    fn fill_window(&mut self, at: u64) -> io::Result<bool> {
        let is_head = at < WINDOW as u64 && self.windows.head.bytes().is_empty();
        let due = match is_head {
            true => &mut self.windows.head,
            false => &mut self.windows.older,
        };
        let start = match is_head {
            true => 0,
            // Readers come to the end of a file in small steps backwards: one page serves them.
            false => at.min(self.len.saturating_sub(WINDOW as u64)),
        };
        let mut window: Window = std::mem::take(due);
        let filled = window.fill(start, WINDOW, |room| self.read_once(start, room));
        let holds = window.holds(at);
        if is_head {
            self.windows.head = window;
        } else {
            self.windows.older = std::mem::replace(&mut self.windows.window, window);
        }
        filled.map(|()| holds)
    }

    fn read_through(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read + buffer.len() as u64 > self.limit {
            return self.refuse(Limit::Read(self.limit));
        }
        if let Some((end, patience)) = self.deadline
            && Instant::now() >= end
        {
            return self.refuse(Limit::Time(patience));
        }
        loop {
            match self.file.read_at(buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => {
                    let read = read?;
                    self.read += read as u64;
                    return Ok(read);
                }
            }
        }
    }

    fn refuse(&mut self, limit: Limit) -> io::Result<usize> {
        self.refused = Some(limit);
        Err(io::Error::other(limit))
    }
}

impl Drop for Source<'_> {
    fn drop(&mut self) {
        std::mem::take(&mut self.windows).give_back();
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.read_at(self.position, buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Source<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, distance) = match to {
            SeekFrom::Start(position) => (position, 0),
            SeekFrom::End(distance) => (self.len, distance),
            SeekFrom::Current(distance) => (self.position, distance),
        };
        self.position = base.checked_add_signed(distance).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "seek to before the start of the file",
            )
        })?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// Hands out at most seven bytes a call, as a file on a network may.
    struct Trickle(Vec<u8>);

    impl ReadAt for Trickle {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            let len = buffer.len().min(7);
            self.0.read_at(&mut buffer[..len], offset)
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Start(u64),
        End(i64),
        Current(i64),
        Read(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..20_000u64).prop_map(Step::Start),
            (-13_000..100i64).prop_map(Step::End),
            (-9_000..9_000i64).prop_map(Step::Current),
            (0..10_000usize).prop_map(Step::Read),
            (0..40usize).prop_map(Step::Read),
        ]
    }

    proptest! {
        #[test]
        fn a_source_reads_and_seeks_as_a_cursor_does(
            len in 0..13_000usize,
            trickle in any::<bool>(),
            steps in proptest::collection::vec(step(), 1..40),
        ) {
            let bytes: Vec<u8> = (0..len).map(|at| (at * 31 % 251) as u8).collect();
            let slow = Trickle(bytes.clone());
            let file: &dyn ReadAt = if trickle { &slow } else { &bytes };
            let mut source = Source::new(file, bytes.len() as u64);
            let mut cursor = Cursor::new(&bytes);
            for step in steps {
                let seek = match step {
                    Step::Start(to) => SeekFrom::Start(to),
                    Step::End(by) => SeekFrom::End(by),
                    Step::Current(by) => SeekFrom::Current(by),
                    Step::Read(len) => {
                        let (mut ours, mut theirs) = (vec![0; len], vec![0; len]);
                        let read = source.read(&mut ours).unwrap();
                        prop_assert_eq!(read, cursor.read(&mut theirs).unwrap());
                        prop_assert_eq!(&ours, &theirs);
                        continue;
                    }
                };
                match (source.seek(seek), cursor.seek(seek)) {
                    (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours, theirs),
                    (Err(_), Err(_)) => {}
                    (ours, theirs) => prop_assert!(false, "{ours:?} against {theirs:?}"),
                }
            }
        }
    }

    #[test]
    fn the_head_and_two_other_places_are_read_once() {
        let bytes = vec![1; 100_000];
        let mut source = Source::new(&bytes, 100_000);
        for _ in 0..10 {
            assert_eq!(source.array::<4>(10).unwrap(), Some([1; 4]));
            assert_eq!(source.array::<4>(90_000).unwrap(), Some([1; 4]));
            assert_eq!(source.array::<4>(50_000).unwrap(), Some([1; 4]));
        }
        assert_eq!(source.bytes_read(), 3 * WINDOW as u64);
    }

    #[test]
    fn a_file_is_never_read_beyond_the_limit() {
        struct Endless;
        impl ReadAt for Endless {
            fn read_at(&self, buffer: &mut [u8], _: u64) -> io::Result<usize> {
                Ok(buffer.len())
            }
        }
        let mut source = Source::new(&Endless, u64::MAX);
        let error = io::copy(&mut source, &mut io::sink()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "more than 64 MiB would have to be read",
            "{error:?}"
        );
        assert!(source.bytes_read() <= LARGEST_READ);
        let error = source.piece(0, LARGEST_BUFFER + 1).unwrap_err();
        assert!(error.to_string().contains("larger than any tag"), "{error}");
    }

    #[test]
    fn nothing_is_read_after_the_deadline() {
        let bytes = vec![1; 100_000];
        let (now, patience) = (Instant::now(), Duration::ZERO);
        let mut source = Source::new(&bytes, 100_000).with_deadline(now, patience);
        assert_eq!(source.refused(), None, "before it matters");
        let error = source.array::<4>(0).unwrap_err();
        assert_eq!(error.to_string(), "it took longer than 0 s");
        assert_eq!(source.refused(), Some(Limit::Time(patience)));
        assert_eq!(source.bytes_read(), 0);
        let mut source = Source::new(&bytes, 100_000).with_deadline(Instant::now(), Duration::MAX);
        assert_eq!(source.array::<4>(0).unwrap(), Some([1; 4]), "no end");
    }

    #[test]
    fn a_place_that_is_held_is_read_once() {
        let bytes: Vec<u8> = (0..100_000).map(|at| (at % 251) as u8).collect();
        let mut source = Source::new(&bytes, 100_000);
        assert_eq!(source.hold(50_000, 16_384).unwrap(), &bytes[50_000..66_384]);
        let mut buffer = Vec::new();
        for (offset, len) in [(50_000, 16_384), (60_000, 10), (5, 10), (90_000, 9_000)] {
            let expected = &bytes[offset as usize..(offset + len) as usize];
            assert_eq!(source.stretch(offset, len, &mut buffer).unwrap(), expected);
        }
        assert_eq!(source.stretch(99_990, 100, &mut buffer).unwrap().len(), 10);
        assert!(source.bytes_read() < 16_384 + 3 * 9_000);
    }

    #[test]
    fn a_piece_past_the_end_is_short() {
        let bytes = b"abcdef".to_vec();
        let mut source = Source::new(&bytes, 6);
        assert_eq!(source.array::<4>(4).unwrap(), None);
        assert_eq!(source.piece(4, 1 << 40).unwrap(), b"ef");
        assert_eq!(source.piece(1 << 60, 4).unwrap(), b"");
    }
}
