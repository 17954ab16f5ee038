//! Fragments: every element of a collection as JSON, rendered once at load.
//!
//! In: numbers of elements. Out: their bytes, in two pieces each: what is an element's own, and what it
//! shares with its neighbours, which ends with the comma of a list. Of a track the second is album, artist
//! and genre, two thirds of its bytes: so a library takes less than half of the memory that its whole list
//! would, and more of it stays in the caches of the processor. Lists are copied together from the pieces.

use std::ops::Range;
use std::sync::Arc;

use prefetch_index::prefetch_index;
use uuid::Uuid;

use super::whole::Wholes;

/// What every list begins with.
pub(super) const HEAD: &str = r#"{"errors":[],"success":["#;
/// What every list ends with.
pub(super) const TAIL: &str = "],\"warnings\":[]}\n";

/// What every element begins with, so that its id is found without a search.
pub(super) const ID: &str = "{\"id\":\"";

/// What every element ends with in a list.
pub(super) const END: &str = "},";

/// Elements of a chunk.
pub(super) const CHUNK: usize = 4096;

/// Bytes that come at a time: a line of the cache.
const LINE: usize = 64;

/// One collection, rendered. A clone shares the buffers.
#[derive(Clone, Debug)]
pub struct Fragments {
    pub(super) chunks: Arc<[Chunk]>,
    pub(super) count: u32,
    /// Of all elements as they stand in a list, with their commas.
    pub(super) bytes: usize,
    pub(super) digest: u128,
    /// The number of the library that it is of.
    pub library: u64,
    /// Whole lists that are kept.
    pub(super) wholes: Arc<Wholes>,
}

/// An element and its comma.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Element<'a> {
    own: &'a [u8],
    shared: &'a [u8],
}

/// Some elements.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The pieces: each that is shared just before the first element that has it.
    pub(super) text: Box<[u8]>,
    pub(super) places: Box<[Place]>,
    /// Of its elements as they stand in a list, with their commas.
    pub(super) bytes: usize,
}

/// Where the pieces of an element lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) own: (u32, u32),
    pub(super) shared: (u32, u32),
}

impl Fragments {
    /// How many elements there are.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// A digest of all of the collection.
    pub fn digest(&self) -> u128 {
        self.digest
    }

    /// The memory that they take, in bytes.
    pub fn memory(&self) -> usize {
        let chunks = self.chunks.iter();
        chunks
            .map(|chunk| chunk.text.len() + size_of_val(&*chunk.places))
            .sum()
    }

    /// The id of an element.
    pub fn id(&self, number: u32) -> Uuid {
        let digits = &self.element(number).own[ID.len()..][..36];
        Uuid::try_parse_ascii(digits).expect("it was rendered from an id")
    }

    /// The name of an element, as the tags spell it.
    pub fn spelled(&self, number: u32) -> String {
        /// What is read of an element.
        #[derive(serde::Deserialize)]
        struct Named {
            name: String,
        }
        let [own, shared] = self.element(number).open();
        let named = serde_json::from_slice(&[own, shared, b"}"].concat());
        named.map_or_else(|_| String::new(), |Named { name }| name)
    }

    /// Whether no clone and no body shares the buffers or what is kept.
    pub fn is_unique(&self) -> bool {
        Arc::strong_count(&self.chunks) == 1 && Arc::strong_count(&self.wholes) == 1
    }

    /// How long the answer with so many bytes of elements and commas is: each but the last element
    /// counts with its comma.
    pub(super) fn length(bytes: usize) -> usize {
        HEAD.len() + bytes.saturating_sub(1) + TAIL.len()
    }

    /// The bytes of some elements with their commas.
    pub(super) fn size(&self, numbers: impl Iterator<Item = u32>) -> usize {
        numbers.map(|number| self.place(number).1.size()).sum()
    }

    /// The bytes of neighbours with their commas.
    pub(super) fn size_of_range(&self, numbers: &Range<u32>) -> usize {
        if numbers.len() == self.count as usize {
            return self.bytes;
        }
        let spans = spans(numbers);
        let sizes = spans.map(|(chunk, span)| self.chunks[chunk].size(span));
        sizes.sum()
    }

    /// An element and its comma.
    #[inline]
    pub(super) fn element(&self, number: u32) -> Element<'_> {
        let (chunk, place) = self.place(number);
        chunk.element(place)
    }

    /// Appends neighbours with their commas until there are so many bytes; what is left of the numbers is to
    /// come.
    pub(super) fn append(&self, numbers: &mut Range<u32>, size: usize, out: &mut Vec<u8>) {
        let all = numbers.clone();
        for (chunk, span) in spans(&all) {
            let chunk = &self.chunks[chunk];
            for place in &chunk.places[span] {
                if out.len() >= size {
                    return;
                }
                chunk.element(place).append(out);
                numbers.start += 1;
            }
        }
    }

    /// Begins to fetch where the pieces of an element lie.
    #[inline]
    pub(super) fn fetch_place(&self, number: u32) {
        let places = &self.chunks[number as usize / CHUNK].places;
        prefetch_index::<Place>(places, number as usize % CHUNK);
    }

    #[inline]
    fn place(&self, number: u32) -> (&Chunk, &Place) {
        let chunk = &self.chunks[number as usize / CHUNK];
        (chunk, &chunk.places[number as usize % CHUNK])
    }
}

impl<'a> Element<'a> {
    /// Its length with the comma.
    pub(super) fn len(&self) -> usize {
        self.own.len() + self.shared.len()
    }

    /// Its two pieces, the object left open and without the comma.
    pub(super) fn open(&self) -> [&'a [u8]; 2] {
        [self.own, &self.shared[..self.shared.len() - END.len()]]
    }

    /// Begins to fetch its bytes, so that copying it a little later need not wait for them.
    #[inline]
    pub(super) fn fetch(&self) {
        for piece in [self.own, self.shared] {
            for line in (0..piece.len()).step_by(LINE) {
                prefetch_index::<u8>(piece, line);
            }
            // Its end may be on a line of its own.
            prefetch_index::<u8>(piece, piece.len().saturating_sub(1));
        }
    }

    /// Appends it with its comma.
    #[inline]
    pub(super) fn append(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.own);
        out.extend_from_slice(self.shared);
    }
}

impl Chunk {
    #[inline]
    fn element(&self, place: &Place) -> Element<'_> {
        let piece = |(start, end): (u32, u32)| &self.text[start as usize..end as usize];
        Element {
            own: piece(place.own),
            shared: piece(place.shared),
        }
    }

    fn size(&self, elements: Range<usize>) -> usize {
        if elements.len() == self.places.len() {
            return self.bytes;
        }
        self.places[elements].iter().map(Place::size).sum()
    }
}

impl Place {
    pub(super) fn size(&self) -> usize {
        (self.own.1 - self.own.0 + self.shared.1 - self.shared.0) as usize
    }
}

/// The chunks that neighbours lie in, and which of each chunk's elements they are.
fn spans(numbers: &Range<u32>) -> impl Iterator<Item = (usize, Range<usize>)> {
    let (start, end) = (numbers.start as usize, numbers.end as usize);
    let chunks = start / CHUNK..end.div_ceil(CHUNK).max(start / CHUNK);
    chunks.map(move |chunk| {
        let base = chunk * CHUNK;
        (chunk, start.max(base) - base..end.min(base + CHUNK) - base)
    })
}
