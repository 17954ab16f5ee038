//! The windows of a [`Source`](super::Source): stretches of its file that are at hand.
//!
//! In: a place and a way to read it. Out: its bytes, without a copy where they are asked for whole.
//! Their memory outlives the file: each thread keeps it for its next one, since asking the system for
//! cleared pages costs as much as reading into them.

use std::cell::Cell;

/// The most that a thread keeps of one window for its next file, in bytes.
const MOST_KEPT: usize = 64 << 10;

/// A stretch of a file.
#[derive(Default)]
pub(super) struct Window {
    start: u64,
    len: usize,
    /// At least `len` bytes; what is behind them is left over from earlier.
    room: Vec<u8>,
}

impl Window {
    /// What it holds.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.room[..self.len]
    }

    /// Lets it hold what `read` puts into a room of `len` bytes, from `start` of the file on. After an
    /// error it holds nothing.
    pub(super) fn fill<E>(
        &mut self,
        start: u64,
        len: usize,
        read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<(), E> {
        self.len = 0;
        self.start = start;
        if self.room.len() < len {
            self.room.resize(len, 0);
        }
        self.len = read(&mut self.room[..len])?.min(len);
        Ok(())
    }

    /// Whether it holds the byte at `offset`.
    pub(super) fn holds(&self, offset: u64) -> bool {
        self.slice(offset, 1).is_some()
    }

    /// What it holds from `offset` on, if it is so much.
    pub(super) fn slice(&self, offset: u64, len: u64) -> Option<&[u8]> {
        let start = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        self.bytes().get(start..end)
    }

    /// Copies what it holds from `offset` on; 0 where it holds nothing.
    pub(super) fn copy(&self, buffer: &mut [u8], offset: u64) -> usize {
        let rest = offset
            .checked_sub(self.start)
            .and_then(|at| usize::try_from(at).ok())
            .and_then(|at| self.bytes().get(at..))
            .unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        len
    }
}

/// The windows of one file.
#[derive(Default)]
pub(super) struct Windows {
    /// Over the beginning.
    pub(super) head: Window,
    /// The one that was used last.
    pub(super) window: Window,
    /// The one before.
    pub(super) older: Window,
    /// One that a reader asked for.
    pub(super) held: Window,
}

thread_local! {
    /// Those of this thread's last file.
    static SPARE: Cell<Option<Windows>> = const { Cell::new(None) };
}

impl Windows {
    /// Windows that hold nothing.
    pub(super) fn take() -> Self {
        SPARE.take().unwrap_or_default()
    }

    /// Keeps their memory for the thread's next file.
    pub(super) fn give_back(mut self) {
        for window in [
            &mut self.head,
            &mut self.window,
            &mut self.older,
            &mut self.held,
        ] {
            window.len = 0;
            if window.room.len() > MOST_KEPT {
                window.room = Vec::new();
            }
        }
        SPARE.set(Some(self));
    }

    /// All of them.
    pub(super) fn all(&self) -> [&Window; 4] {
        [&self.head, &self.window, &self.older, &self.held]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_one_file_is_seen_in_the_next() {
        let mut windows = Windows::take();
        let read = |room: &mut [u8]| {
            room.fill(7);
            Ok::<_, ()>(room.len())
        };
        windows.head.fill(0, 100, read).unwrap();
        windows.held.fill(0, MOST_KEPT + 1, read).unwrap();
        assert_eq!(windows.head.slice(90, 10), Some(&[7; 10][..]));
        windows.give_back();
        let mut windows = Windows::take();
        assert!(windows.all().iter().all(|window| !window.holds(0)));
        assert_eq!(windows.held.room.capacity(), 0, "too much to keep");
        windows.head.fill(5, 50, |_| Ok::<_, ()>(3)).unwrap();
        assert_eq!(windows.head.bytes(), [7; 3]);
        assert_eq!(windows.head.slice(5, 4), None);
        windows.head.fill(5, 50, |_| Err(())).unwrap_err();
        assert!(!windows.head.holds(5), "after an error");
    }
}
