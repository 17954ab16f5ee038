//! Fragments: every element of a collection as JSON, rendered once at load, in one buffer.
//!
//! In: the catalog. Out: for each collection one buffer that is the whole answer to an unfiltered
//! request: the envelope, and in it the elements in default order, separated by commas. So the whole
//! list is the buffer itself, neighbours are a slice of it, and any page is copied from it.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use rayon::prelude::*;
use uuid::Uuid;

use super::json::{self, Sink, Size};
use crate::catalog::{Catalog, Entities};

/// What every list begins with.
pub(super) const HEAD: &[u8] = br#"{"errors":[],"success":["#;
/// What every list ends with.
pub(super) const TAIL: &[u8] = b"],\"warnings\":[]}\n";

/// Room for the fragment that a chunk runs over its size with.
const ROOM: usize = 1024;

/// Elements rendered by one task at a time.
const CHUNK: usize = 4096;

/// One collection, rendered. A clone shares the buffers.
#[derive(Clone, Debug)]
pub struct Fragments {
    bytes: Bytes,
    /// Where each fragment begins, and where one after the last would: each but the last is
    /// followed by a comma.
    starts: Arc<[usize]>,
}

impl Fragments {
    /// Albums, artists or genres.
    pub fn of_entities(entities: &Entities) -> Self {
        Self::render(entities.ids.len(), |number, out| {
            out.put(b"{\"id\":");
            put_uuid(entities.ids[number], out);
            out.put(b",\"name\":");
            json::string(entities.names.get(number as u32), out);
            out.put(b"}");
        })
    }

    /// Tracks, each with its album, artist and genre.
    pub fn of_tracks(catalog: &Catalog) -> Self {
        let albums = owner_pairs("album", &catalog.albums);
        let artists = owner_pairs("artist", &catalog.artists);
        let genres = owner_pairs("genre", &catalog.genres);
        let tracks = &catalog.tracks;
        Self::render(tracks.ids.len(), |number, out| {
            out.put(b"{");
            out.put(&albums[tracks.albums[number] as usize]);
            out.put(&artists[tracks.artists[number] as usize]);
            out.put(&genres[tracks.genres[number] as usize]);
            out.put(b"\"id\":");
            put_uuid(tracks.ids[number], out);
            out.put(b",\"length\":");
            put_number(tracks.lengths[number], out);
            out.put(b",\"name\":");
            json::string(tracks.titles.get(number as u32), out);
            out.put(b",\"track\":");
            put_number(tracks.numbers[number], out);
            out.put(b",\"year\":");
            put_number(tracks.years[number], out);
            out.put(b"}");
        })
    }

    /// How many fragments there are.
    pub fn count(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether no clone, slice or body shares the buffers.
    pub fn is_unique(&self) -> bool {
        self.bytes.is_unique() && Arc::strong_count(&self.starts) == 1
    }

    /// The whole answer: all fragments in the envelope.
    pub fn all(&self) -> Bytes {
        self.bytes.clone()
    }

    /// Neighbours, with the commas between them.
    pub(super) fn slice(&self, numbers: &Range<u32>) -> Bytes {
        if numbers.is_empty() {
            return Bytes::new();
        }
        let end = self.starts[numbers.end as usize] - 1;
        self.bytes.slice(self.starts[numbers.start as usize]..end)
    }

    /// How long the answer with these fragments is.
    pub(super) fn length(&self, numbers: &[u32]) -> usize {
        // Each but the last counts with its comma.
        let listed: usize = numbers.iter().map(|&number| self.span(number).len()).sum();
        HEAD.len() + listed.saturating_sub(1) + TAIL.len()
    }

    /// The answer with these fragments from `next` on, about `size` bytes of it. The head comes
    /// with the first fragment, the tail with the last.
    pub(super) fn chunk(&self, numbers: &[u32], next: &mut usize, size: usize) -> Bytes {
        let mut out = Vec::with_capacity(size + ROOM);
        if *next == 0 {
            out.extend_from_slice(HEAD);
        }
        while let Some(&number) = numbers.get(*next)
            && out.len() < size
        {
            // With what follows it in the buffer: a comma, or a byte of the tail in its place.
            out.extend_from_slice(&self.bytes[self.span(number)]);
            if let Some(last) = out.last_mut() {
                *last = b',';
            }
            *next += 1;
        }
        if *next == numbers.len() {
            if !numbers.is_empty() {
                out.pop();
            }
            out.extend_from_slice(TAIL);
        }
        out.into()
    }

    /// A fragment and the one byte after it.
    fn span(&self, number: u32) -> Range<usize> {
        self.starts[number as usize]..self.starts[number as usize + 1]
    }

    /// Renders twice: once to know the size of each, then into place, on all cores.
    fn render(count: usize, fragment: impl Fn(usize, &mut dyn Sink) + Sync) -> Self {
        let sizes: Vec<usize> = (0..count)
            .into_par_iter()
            .with_min_len(CHUNK)
            .map(|number| {
                let mut size = Size::default();
                fragment(number, &mut size);
                size.0
            })
            .collect();
        let mut starts = Vec::with_capacity(count + 1);
        let mut start = HEAD.len();
        starts.push(start);
        for size in sizes {
            start += size + 1;
            starts.push(start);
        }
        let end = start - usize::from(count > 0);
        // The commas are there already.
        let mut bytes = vec![b','; end + TAIL.len()];
        bytes[..HEAD.len()].copy_from_slice(HEAD);
        bytes[end..].copy_from_slice(TAIL);
        let mut rest = &mut bytes[HEAD.len()..];
        let mut places = Vec::with_capacity(count.div_ceil(CHUNK));
        for first in (0..count).step_by(CHUNK) {
            let numbers = first..count.min(first + CHUNK);
            let (place, after) = rest.split_at_mut(starts[numbers.end] - starts[first]);
            places.push((numbers, place));
            rest = after;
        }
        places.into_par_iter().for_each(|(numbers, place)| {
            let base = starts[numbers.start];
            for number in numbers {
                fragment(number, &mut Place(&mut place[starts[number] - base..]));
            }
        });
        Self {
            bytes: bytes.into(),
            starts: starts.into(),
        }
    }
}

/// Writes into bytes that are there already.
struct Place<'a>(&'a mut [u8]);

impl Sink for Place<'_> {
    fn put(&mut self, bytes: &[u8]) {
        let (place, after) = std::mem::take(&mut self.0).split_at_mut(bytes.len());
        place.copy_from_slice(bytes);
        self.0 = after;
    }
}

/// `"album":"...","album_id":"...",` for each album; likewise for artists and genres.
fn owner_pairs(kind: &str, owners: &Entities) -> Vec<Box<[u8]>> {
    let pair = |(number, &id): (usize, &Uuid)| {
        let mut out = Vec::new();
        json::string(kind, &mut out);
        out.put(b":");
        json::string(owners.names.get(number as u32), &mut out);
        out.put(b",");
        json::string(&format!("{kind}_id"), &mut out);
        out.put(b":");
        put_uuid(id, &mut out);
        out.put(b",");
        out.into()
    };
    owners.ids.iter().enumerate().map(pair).collect()
}

fn put_uuid(id: Uuid, out: &mut dyn Sink) {
    out.put(b"\"");
    out.put(
        id.hyphenated()
            .encode_lower(&mut Uuid::encode_buffer())
            .as_bytes(),
    );
    out.put(b"\"");
}

fn put_number(number: Option<i64>, out: &mut dyn Sink) {
    match number {
        Some(number) => out.put(number.to_string().as_bytes()),
        None => out.put(b"null"),
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
        Catalog::new(sample.rows).unwrap()
    }

    #[test]
    fn elements_have_the_fields_of_the_contract() {
        let catalog = library(1);
        let parsed: Value = serde_json::from_slice(&Fragments::of_tracks(&catalog).all()).unwrap();
        let expected = json!({"errors": [], "warnings": [], "success": [{
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
        }]});
        assert_eq!(parsed, expected);
        let albums = Fragments::of_entities(&catalog.albums).all();
        let id = catalog.albums.ids[0];
        let expected = format!(
            "{{\"errors\":[],\"success\":[{{\"id\":\"{id}\",\"name\":\"Album\"}}],\"warnings\":[]}}\n"
        );
        assert_eq!(albums, expected.as_bytes());
    }

    #[test]
    fn an_empty_list_has_the_originals_41_bytes() {
        let all = Fragments::of_tracks(&Catalog::default()).all();
        assert_eq!(
            all,
            &br#"{"errors":[],"success":[],"warnings":[]}"#
                .iter()
                .chain(b"\n")
                .copied()
                .collect::<Vec<u8>>()[..]
        );
        assert_eq!(all.len(), 41);
    }

    #[test]
    fn fragments_are_in_place_over_several_chunks() {
        let count = 2 * CHUNK + 3;
        let fragments = Fragments::of_tracks(&library(count));
        assert_eq!(fragments.count(), count);
        let parsed: Value = serde_json::from_slice(&fragments.all()).unwrap();
        let numbers = parsed["success"]
            .as_array()
            .unwrap()
            .iter()
            .map(|song| &song["track"]);
        assert!(numbers.eq((0..count).map(Value::from).collect::<Vec<_>>().iter()));
    }
}
