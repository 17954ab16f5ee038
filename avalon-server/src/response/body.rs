//! Bodies: bytes of a known length, sent without more copies than needed.
//!
//! In: whole bytes, or the numbers of elements to come. Out: frames for hyper. A long answer is made
//! chunk by chunk while it is sent, so that neither memory nor the time between two frames grows with
//! the library, and its exact length is known beforehand all the same. A body holds on to the
//! fragments that it was begun with: no answer mixes two catalogs.

use std::convert::Infallible;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

use super::fragments::{Fragments, HEAD, TAIL};
use crate::query::Walk;

/// About how much of a long answer is made at a time: less than what glibc would ask the system for anew
/// each time, 128 KiB.
const CHUNK_BYTES: usize = 64 * 1024;

/// Elements that are fetched together.
const TOGETHER: usize = 32;

/// Room for the element that a chunk runs over its size with.
const ROOM: usize = 1024;

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
    /// Neighbours as slices of their chunks.
    Range(Box<Slices>),
    /// Elements in any order.
    Elements(Box<Copies>),
}

#[derive(Debug)]
struct Slices {
    fragments: Fragments,
    numbers: Range<u32>,
    /// What comes before them, if it still does.
    head: Bytes,
}

#[derive(Debug)]
struct Copies {
    fragments: Fragments,
    numbers: Elements,
    /// What comes before them, if it still does.
    head: &'static str,
}

/// The numbers of elements to come.
#[derive(Debug)]
pub(super) enum Elements {
    List(vec::IntoIter<u32>),
    Walk(Walk),
}

impl Iterator for Elements {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        match self {
            Self::List(numbers) => numbers.next(),
            Self::Walk(numbers) => numbers.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::List(numbers) => numbers.size_hint(),
            Self::Walk(numbers) => numbers.size_hint(),
        }
    }
}

impl ExactSizeIterator for Elements {}

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

    /// Neighbours in the envelope, `length` bytes in all.
    pub(super) fn range(fragments: Fragments, numbers: Range<u32>, length: usize) -> Self {
        let head = Bytes::from_static(HEAD.as_bytes());
        Self {
            left: length as u64,
            source: Source::Range(Box::new(Slices {
                fragments,
                numbers,
                head,
            })),
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
            })),
        }
    }

    /// The bytes, where they are one piece of which nothing was sent yet.
    pub fn as_whole(&self) -> Option<&Bytes> {
        match &self.source {
            Source::Whole(bytes) => Some(bytes),
            Source::Range(_) | Source::Elements(_) => None,
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
            Source::Whole(bytes) => Some(std::mem::take(bytes)),
            Source::Range(slices) => Some(slices.next()),
            Source::Elements(copies) => {
                // All that is left may be less than a chunk.
                let left = usize::try_from(self.left).unwrap_or(usize::MAX);
                Some(copies.next(left.min(CHUNK_BYTES + ROOM)))
            }
        }
    }
}

impl Slices {
    /// The head, then the slices, then the tail.
    fn next(&mut self) -> Bytes {
        if !self.head.is_empty() {
            return std::mem::take(&mut self.head);
        }
        if Range::is_empty(&self.numbers) {
            return Bytes::from_static(TAIL.as_bytes());
        }
        let (mut slice, taken) = self.fragments.slice(&self.numbers);
        self.numbers.start += taken;
        if Range::is_empty(&self.numbers) {
            // No comma behind the last.
            slice.truncate(slice.len() - 1);
        }
        slice
    }
}

impl Copies {
    /// The next chunk, for which there is to be so much room.
    fn next(&mut self, room: usize) -> Bytes {
        let mut out = Vec::with_capacity(room);
        out.extend_from_slice(std::mem::take(&mut self.head).as_bytes());
        append(&self.fragments, &mut self.numbers, CHUNK_BYTES, &mut out);
        out.into()
    }
}

/// Appends elements until `out` holds `size` bytes; behind the last of them the tail.
pub(super) fn append(
    fragments: &Fragments,
    numbers: &mut impl ExactSizeIterator<Item = u32>,
    size: usize,
    out: &mut Vec<u8>,
) {
    let mut elements: [&[u8]; TOGETHER] = [&[]; TOGETHER];
    let mut left = size.saturating_sub(out.len());
    while left > 0 && numbers.len() > 0 {
        let mut count = 0;
        while count < TOGETHER
            && left > 0
            && let Some(number) = numbers.next()
        {
            elements[count] = fragments.with_comma(number);
            left = left.saturating_sub(elements[count].len());
            count += 1;
        }
        Fragments::gather(&elements[..count], out);
    }
    if numbers.len() == 0 {
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
