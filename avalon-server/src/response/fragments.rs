//! Fragments: every element of a collection as JSON, rendered once at load.
//!
//! In: the catalog. Out: for each collection its elements in default order, each followed by a comma,
//! in chunks of [`CHUNK`] elements; where each begins; and a digest of all bytes. So the whole list is
//! the chunks one after the other, neighbours are slices of them, and any page is copied from them.

use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use rayon::prelude::*;
use twox_hash::XxHash3_128;
use uuid::Uuid;

use super::json;
use crate::catalog::{Catalog, Entities, Texts, TooLarge};

/// What every list begins with.
pub(super) const HEAD: &str = r#"{"errors":[],"success":["#;
/// What every list ends with.
pub(super) const TAIL: &str = "],\"warnings\":[]}\n";

/// What every element begins with, so that its id is found without a search.
const ID: &str = "{\"id\":\"";

/// Elements of a chunk.
const CHUNK: usize = 4096;

/// Bytes that one touch brings: a line of the cache and the one beside it.
const FETCHED: usize = 128;

/// One collection, rendered. A clone shares the buffers.
#[derive(Clone, Debug)]
pub struct Fragments {
    chunks: Arc<[Chunk]>,
    count: u32,
    /// Of all elements with their commas.
    bytes: usize,
    digest: u128,
}

/// Some elements, each followed by a comma.
#[derive(Debug)]
struct Chunk {
    bytes: Bytes,
    /// Where each element begins, and where one after the last would.
    starts: Box<[u32]>,
}

impl Fragments {
    /// Albums, artists or genres.
    ///
    /// # Errors
    /// Names of gigabytes.
    pub fn of_entities(entities: &Entities) -> Result<Self, TooLarge> {
        Self::render(entities.ids.len(), |number, out| {
            out.push_str(ID);
            push_uuid(entities.ids[number as usize], out);
            out.push_str("\",\"name\":");
            json::string(entities.names.get(number), out);
            out.push('}');
        })
    }

    /// Tracks, each with its album, artist and genre.
    ///
    /// # Errors
    /// Names of gigabytes.
    pub fn of_tracks(catalog: &Catalog) -> Result<Self, TooLarge> {
        let albums = owner_pairs("album", &catalog.albums)?;
        let artists = owner_pairs("artist", &catalog.artists)?;
        let genres = owner_pairs("genre", &catalog.genres)?;
        let tracks = &catalog.tracks;
        Self::render(tracks.ids.len(), |number, out| {
            let at = number as usize;
            out.push_str(ID);
            push_uuid(tracks.ids[at], out);
            out.push_str("\",");
            out.push_str(albums.get(tracks.albums[at]));
            out.push_str(artists.get(tracks.artists[at]));
            out.push_str(genres.get(tracks.genres[at]));
            out.push_str("\"length\":");
            push_number(tracks.lengths[at], out);
            out.push_str(",\"name\":");
            json::string(tracks.titles.get(number), out);
            out.push_str(",\"track\":");
            push_number(tracks.numbers[at], out);
            out.push_str(",\"year\":");
            push_number(tracks.years[at], out);
            out.push('}');
        })
    }

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
        self.bytes + self.count as usize * size_of::<u32>()
    }

    /// An element as it stands in a list.
    pub fn get(&self, number: u32) -> &[u8] {
        let with_comma = self.with_comma(number);
        &with_comma[..with_comma.len() - 1]
    }

    /// The id of an element.
    pub fn id(&self, number: u32) -> Uuid {
        let digits = &self.with_comma(number)[ID.len()..][..36];
        Uuid::try_parse_ascii(digits).expect("it was rendered from an id")
    }

    /// Whether no clone, slice or body shares the buffers.
    pub fn is_unique(&self) -> bool {
        Arc::strong_count(&self.chunks) == 1
            && self.chunks.iter().all(|chunk| chunk.bytes.is_unique())
    }

    /// How long the answer with so many bytes of elements and commas is: each but the last element
    /// counts with its comma.
    pub(super) fn length(bytes: usize) -> usize {
        HEAD.len() + bytes.saturating_sub(1) + TAIL.len()
    }

    /// The bytes of some elements with their commas.
    pub(super) fn size(&self, numbers: impl Iterator<Item = u32>) -> usize {
        numbers.map(|number| self.with_comma(number).len()).sum()
    }

    /// The bytes of neighbours with their commas.
    pub(super) fn size_of_range(&self, numbers: &Range<u32>) -> usize {
        if numbers.len() == self.count as usize {
            return self.bytes;
        }
        let spans = spans(numbers);
        spans
            .map(|(chunk, span)| self.chunks[chunk].span(&span).len())
            .sum()
    }

    /// An element and its comma.
    pub(super) fn with_comma(&self, number: u32) -> &[u8] {
        let (chunk, at) = (number as usize / CHUNK, number as usize % CHUNK);
        let chunk = &self.chunks[chunk];
        &chunk.bytes[chunk.span(&(at..at + 1))]
    }

    /// Appends elements with their commas, which lie anywhere in memory: all are begun to be fetched
    /// before the first is copied, so that what each waits for is waited for once.
    pub(super) fn gather(elements: &[&[u8]], out: &mut Vec<u8>) {
        let mut touched = 0;
        for element in elements {
            for line in element.chunks(FETCHED) {
                touched ^= line[0];
            }
        }
        black_box(touched);
        for element in elements {
            out.extend_from_slice(element);
        }
    }

    /// Neighbours of one chunk with their commas, as a slice that shares the buffer, and how many they
    /// are: all of them, or as many as there are in the chunk of the first.
    pub(super) fn slice(&self, numbers: &Range<u32>) -> (Bytes, u32) {
        let Some((chunk, span)) = spans(numbers).next() else {
            return (Bytes::new(), 0);
        };
        let chunk = &self.chunks[chunk];
        // No more than a chunk has.
        (chunk.bytes.slice(chunk.span(&span)), span.len() as u32)
    }

    /// Appends neighbours with their commas.
    pub(super) fn append(&self, numbers: &Range<u32>, out: &mut Vec<u8>) {
        for (chunk, span) in spans(numbers) {
            let chunk = &self.chunks[chunk];
            out.extend_from_slice(&chunk.bytes[chunk.span(&span)]);
        }
    }

    /// Renders on all cores of the current pool of threads.
    fn render(count: usize, element: impl Fn(u32, &mut String) + Sync) -> Result<Self, TooLarge> {
        let count = crate::catalog::number(count, "elements")?;
        let chunk = |text: &mut String, numbers: Range<u32>| -> Result<(Chunk, u128), TooLarge> {
            text.clear();
            let mut starts = Vec::with_capacity(numbers.len() + 1);
            starts.push(0);
            for number in numbers {
                element(number, text);
                text.push(',');
                starts.push(crate::catalog::number(text.len(), "bytes of names")?);
            }
            let digest = XxHash3_128::oneshot(text.as_bytes());
            let chunk = Chunk {
                // Of just their size: what is kept for long shall not hold room.
                bytes: Bytes::copy_from_slice(text.as_bytes()),
                starts: starts.into(),
            };
            Ok((chunk, digest))
        };
        let chunks: Vec<(Chunk, u128)> = (0..count.div_ceil(CHUNK as u32))
            .into_par_iter()
            .map_init(String::new, |text, at| {
                let start = at * CHUNK as u32;
                chunk(text, start..count.min(start.saturating_add(CHUNK as u32)))
            })
            .collect::<Result<_, _>>()?;
        let digests: Vec<u8> = chunks
            .iter()
            .flat_map(|(_, digest)| digest.to_le_bytes())
            .collect();
        Ok(Self {
            bytes: chunks.iter().map(|(chunk, _)| chunk.bytes.len()).sum(),
            chunks: chunks.into_iter().map(|(chunk, _)| chunk).collect(),
            count,
            digest: XxHash3_128::oneshot(&digests),
        })
    }
}

impl Chunk {
    fn span(&self, elements: &Range<usize>) -> Range<usize> {
        self.starts[elements.start] as usize..self.starts[elements.end] as usize
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

/// `"album":"...","album_id":"...",` for each album; likewise for artists and genres.
fn owner_pairs(kind: &str, owners: &Entities) -> Result<Texts, TooLarge> {
    Texts::build(owners.ids.len(), |number, out| {
        json::string(kind, out);
        out.push(':');
        json::string(owners.names.get(number), out);
        out.push(',');
        json::string(&format!("{kind}_id"), out);
        out.push_str(":\"");
        push_uuid(owners.ids[number as usize], out);
        out.push_str("\",");
    })
}

fn push_uuid(id: Uuid, out: &mut String) {
    out.push_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
}

fn push_number(number: Option<i64>, out: &mut String) {
    match number {
        Some(number) => out.push_str(itoa::Buffer::new().format(number)),
        None => out.push_str("null"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::catalog::samples::{Sample, track};

    fn library(count: usize) -> Catalog {
        let mut sample = Sample::default();
        for number in 0..count {
            let title = format!("{number:05} \"é\"\n");
            sample.add(
                track(&title)
                    .number(Some(number as i64))
                    .length(None)
                    .year(Some(-1)),
            );
        }
        sample.catalog()
    }

    #[test]
    fn elements_have_the_fields_of_the_contract() {
        let catalog = library(1);
        let fragments = Fragments::of_tracks(&catalog).unwrap();
        let parsed: Value = serde_json::from_slice(fragments.get(0)).unwrap();
        let expected = json!({
            "album": "Album",
            "album_id": catalog.albums.ids[0].to_string(),
            "artist": "Artist",
            "artist_id": catalog.artists.ids[0].to_string(),
            "genre": "Genre",
            "genre_id": catalog.genres.ids[0].to_string(),
            "id": catalog.tracks.ids[0].to_string(),
            "length": null,
            "name": "00000 \"é\"\n",
            "track": 0,
            "year": -1,
        });
        assert_eq!(parsed, expected);
        assert_eq!(fragments.id(0), catalog.tracks.ids[0]);
        let albums = Fragments::of_entities(&catalog.albums).unwrap();
        let id = catalog.albums.ids[0];
        let expected = format!("{{\"id\":\"{id}\",\"name\":\"Album\"}}");
        assert_eq!(albums.get(0), expected.as_bytes());
        assert_eq!(albums.id(0), id);
    }

    #[test]
    fn fragments_are_in_place_over_several_chunks() {
        let count = 2 * CHUNK as u32 + 3;
        let fragments = Fragments::of_tracks(&library(count as usize)).unwrap();
        assert_eq!(fragments.count(), count);
        let chunk = CHUNK as u32;
        for range in [
            0..count,
            0..0,
            5..5,
            chunk - 1..chunk + 1,
            chunk..chunk,
            chunk..count,
            7..9,
        ] {
            let mut text = Vec::new();
            fragments.append(&range, &mut text);
            assert_eq!(text.len(), fragments.size_of_range(&range), "{range:?}");
            assert_eq!(text.len(), fragments.size(range.clone()), "{range:?}");
            let mut slices = Vec::new();
            let mut rest = range.clone();
            while !rest.is_empty() {
                let (slice, taken) = fragments.slice(&rest);
                slices.extend_from_slice(&slice);
                rest.start += taken;
            }
            assert_eq!(slices, text);
            let list = format!(
                "[{}]",
                String::from_utf8(text).unwrap().trim_end_matches(',')
            );
            let parsed: Vec<Value> = serde_json::from_str(&list).unwrap();
            let numbers = parsed.iter().map(|song| song["track"].as_u64().unwrap());
            assert!(numbers.eq(range.map(u64::from)));
        }
        let shared = fragments.slice(&(1..2)).0;
        assert!(!fragments.is_unique());
        drop(shared);
        assert!(fragments.is_unique());
    }

    #[test]
    fn the_digest_tells_contents_apart() {
        let digest = |count| Fragments::of_tracks(&library(count)).unwrap().digest();
        assert_eq!(digest(5), digest(5));
        assert_ne!(digest(5), digest(6));
        assert_ne!(digest(0), digest(1));
    }
}
