//! Bodies: bytes of a known length, sent without more copies than needed.
//!
//! In: whole bytes, slices of the fragments, or the numbers of fragments to come. Out: frames for
//! hyper. A long answer is made chunk by chunk while it is sent, so that neither memory nor the time
//! between two frames grows with the library, and its exact length is known beforehand all the same.
//! A body holds on to the fragments that it was begun with: no answer mixes two catalogs.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

use super::fragments::Fragments;

/// About how much of a long answer is made at a time.
const CHUNK_BYTES: usize = 128 * 1024;

/// The body of a response.
#[derive(Debug)]
pub struct Body {
    left: u64,
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// At most three slices, the next one last.
    Slices([Bytes; 3]),
    /// Fragments by number; `next` is the first that was not sent.
    List {
        fragments: Fragments,
        numbers: Vec<u32>,
        next: usize,
    },
}

impl Body {
    /// No bytes.
    pub fn empty() -> Self {
        Self::slices([Bytes::new(), Bytes::new(), Bytes::new()])
    }

    /// These bytes.
    pub fn whole(bytes: Bytes) -> Self {
        Self::slices([bytes, Bytes::new(), Bytes::new()])
    }

    /// Three slices, one after the other.
    pub(super) fn slices(slices: [Bytes; 3]) -> Self {
        Self {
            left: slices.iter().map(|slice| slice.len() as u64).sum(),
            source: Source::Slices(slices),
        }
    }

    /// The fragments with these numbers in the envelope, `length` bytes in all.
    pub(super) fn list(fragments: Fragments, numbers: Vec<u32>, length: usize) -> Self {
        let next = 0;
        Self {
            left: length as u64,
            source: Source::List {
                fragments,
                numbers,
                next,
            },
        }
    }

    /// How many bytes are still to come.
    pub fn len(&self) -> u64 {
        self.left
    }

    /// Whether there is nothing to come.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    fn next_frame(&mut self) -> Option<Bytes> {
        if self.left == 0 {
            return None;
        }
        match &mut self.source {
            Source::Slices(slices) => slices
                .iter_mut()
                .find(|slice| !slice.is_empty())
                .map(std::mem::take),
            Source::List {
                fragments,
                numbers,
                next,
            } => Some(fragments.chunk(numbers, next, CHUNK_BYTES)),
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let frame = self.next_frame();
        let length = frame.as_ref().map_or(0, Bytes::len);
        self.left = self.left.saturating_sub(length as u64);
        Poll::Ready(frame.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
