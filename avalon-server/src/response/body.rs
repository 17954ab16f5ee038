//! Bodies: bytes of a known length.
//!
//! In: whole bytes, the numbers of elements to come, or a list that is kept. Out: frames for hyper. A long
//! answer is made chunk by chunk while it is sent, so that neither the memory of a body nor the time between two
//! frames grows with the library, and its exact length is known beforehand all the same. A body holds on to the
//! fragments that it was begun with: no answer mixes two catalogs.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

use super::elements::Elements;
use super::fragments::{Fragments, HEAD, TAIL};
use super::whole::Pieces;

/// About how much of a long answer is made at a time: what stays in the caches of one core until it is sent.
const CHUNK_BYTES: usize = 64 * 1024;

/// Room for the element that a chunk runs over its size with.
const ROOM: usize = 1024;

/// The most frames whose memory is waited for: hyper takes about two before it writes.
const MOST_SENT: usize = 4;

/// The body of a response.
#[derive(Debug)]
pub struct Body {
    left: u64,
    source: Source,
}

/// Where the bytes come from. What most bodies are not is boxed: a body is moved often on its way.
#[derive(Debug)]
enum Source {
    /// Bytes as they are.
    Whole(Bytes),
    /// Elements, made while they are sent.
    Elements(Box<Copies>),
    /// A whole list that is kept.
    Kept(Box<Kept>),
}

#[derive(Debug)]
struct Kept {
    /// Whose library it is of.
    fragments: Fragments,
    pieces: Arc<Pieces>,
    next: usize,
}

#[derive(Debug)]
struct Copies {
    fragments: Fragments,
    numbers: Elements,
    /// What comes before them, if it still does.
    head: &'static str,
    /// The last frames, whose memory is used again once they are sent: that of the first of them is in the
    /// caches, other memory would not be.
    sent: VecDeque<Bytes>,
}

impl Body {
    /// No bytes.
    pub fn empty() -> Self {
        Self::whole(Bytes::new())
    }

    /// These bytes.
    pub fn whole(bytes: Bytes) -> Self {
        Self {
            left: bytes.len() as u64,
            source: Source::Whole(bytes),
        }
    }

    /// Elements in the envelope, `length` bytes in all.
    pub(super) fn elements(fragments: Fragments, numbers: Elements, length: usize) -> Self {
        Self {
            left: length as u64,
            source: Source::Elements(Box::new(Copies {
                fragments,
                numbers,
                head: HEAD,
                sent: VecDeque::new(),
            })),
        }
    }

    /// A whole list of `length` bytes that is kept.
    pub(super) fn kept(fragments: Fragments, pieces: Arc<Pieces>, length: usize) -> Self {
        Self {
            left: length as u64,
            source: Source::Kept(Box::new(Kept {
                fragments,
                pieces,
                next: 0,
            })),
        }
    }

    /// The bytes, where they are one piece of which nothing was sent yet.
    pub fn as_whole(&self) -> Option<&Bytes> {
        match &self.source {
            Source::Whole(bytes) => Some(bytes),
            Source::Elements(_) | Source::Kept(_) => None,
        }
    }

    /// The number of the library that it is sent from; `None` where it needs none for that.
    pub fn library(&self) -> Option<u64> {
        match &self.source {
            Source::Whole(_) => None,
            Source::Elements(copies) => Some(copies.fragments.library),
            Source::Kept(kept) => Some(kept.fragments.library),
        }
    }

    /// Whether it is a list that is kept.
    #[cfg(test)]
    pub(super) fn is_kept(&self) -> bool {
        matches!(self.source, Source::Kept(_))
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
            Source::Whole(bytes) => Some(std::mem::take(bytes)),
            Source::Elements(copies) => {
                // All that is left may be less than a chunk.
                let left = usize::try_from(self.left).unwrap_or(usize::MAX);
                Some(copies.next(left.min(CHUNK_BYTES + ROOM)))
            }
            Source::Kept(kept) => kept.next(),
        }
    }
}

impl Copies {
    /// The next chunk, for which there is to be so much room.
    fn next(&mut self, room: usize) -> Bytes {
        let mut out = self.free().unwrap_or_default();
        out.reserve(room);
        out.extend_from_slice(std::mem::take(&mut self.head).as_bytes());
        append(&self.fragments, &mut self.numbers, CHUNK_BYTES, &mut out);
        let chunk = Bytes::from(out);
        self.sent.push_back(chunk.clone());
        chunk
    }

    /// The memory of a frame that nobody has any more.
    fn free(&mut self) -> Option<Vec<u8>> {
        let first = self.sent.pop_front()?;
        match first.try_into_mut() {
            Ok(mut free) => {
                free.clear();
                Some(free.into())
            }
            Err(first) => {
                if self.sent.len() < MOST_SENT {
                    self.sent.push_front(first);
                }
                None
            }
        }
    }
}

impl Kept {
    fn next(&mut self) -> Option<Bytes> {
        let piece = self.pieces.get(self.next)?;
        self.next += 1;
        Some(piece.clone())
    }
}

/// Appends elements until `out` holds `size` bytes; behind the last of them the tail.
pub(super) fn append(
    fragments: &Fragments,
    numbers: &mut Elements,
    size: usize,
    out: &mut Vec<u8>,
) {
    match numbers {
        Elements::Range(numbers) => fragments.append(numbers, size, out),
        Elements::Scattered(numbers) => {
            while out.len() < size
                && let Some(number) = numbers.next(fragments)
            {
                fragments.element(number).append(out);
            }
        }
    }
    if numbers.is_empty() {
        finish(out);
    }
}

/// Ends a list behind its last element, whose comma goes.
pub(super) fn finish(out: &mut Vec<u8>) {
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.extend_from_slice(TAIL.as_bytes());
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
