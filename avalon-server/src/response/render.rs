//! Rendering: from the catalog to fragments, once at load.
//!
//! In: the catalog. Out: the [`Fragments`] of each collection, in default order, with a digest of all that
//! they say. What stays true: the same content makes the same fragments and the same digest.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use twox_hash::XxHash3_128;
use uuid::Uuid;

use super::fragments::{CHUNK, Chunk, END, Fragments, ID, Place};
use super::json;
use crate::catalog::{Catalog, Entities, TooLarge, Tracks};

/// Album, artist and genre of a track.
type Owners = (u32, u32, u32);

impl Fragments {
    /// Albums, artists or genres.
    ///
    /// # Errors
    /// Names of gigabytes.
    pub fn of_entities(entities: &Entities) -> Result<Self, TooLarge> {
        let own = |number: u32, out: &mut String| {
            out.push_str(ID);
            push_uuid(entities.ids[number as usize], out);
            out.push_str("\",\"name\":");
            json::string(entities.names.get(number), out);
        };
        Self::render(entities.ids.len(), own, |_| (0, 0, 0), |_, _| ())
    }

    /// Tracks, each with its album, artist and genre.
    ///
    /// # Errors
    /// Names of gigabytes.
    pub fn of_tracks(catalog: &Catalog) -> Result<Self, TooLarge> {
        let tracks = &catalog.tracks;
        let owners = |number: u32| {
            let at = number as usize;
            (tracks.albums[at], tracks.artists[at], tracks.genres[at])
        };
        let shared = |(album, artist, genre): Owners, out: &mut String| {
            push_owner(
                ",\"album\":",
                ",\"album_id\":\"",
                &catalog.albums,
                album,
                out,
            );
            push_owner(
                ",\"artist\":",
                ",\"artist_id\":\"",
                &catalog.artists,
                artist,
                out,
            );
            push_owner(
                ",\"genre\":",
                ",\"genre_id\":\"",
                &catalog.genres,
                genre,
                out,
            );
        };
        let own = |number, out: &mut String| push_track(tracks, number, out);
        Self::render(tracks.ids.len(), own, owners, shared)
    }

    /// Renders on all cores of the current pool of threads: what is its own of each element, what those with
    /// the same owners share, and the end of both.
    fn render(
        count: usize,
        own: impl Fn(u32, &mut String) + Sync,
        owners: impl Fn(u32) -> Owners + Sync,
        shared: impl Fn(Owners, &mut String) + Sync,
    ) -> Result<Self, TooLarge> {
        let count = crate::catalog::number(count, "elements")?;
        let chunk = |work: &mut Work, numbers: Range<u32>| -> Result<(Chunk, u128), TooLarge> {
            work.clear();
            let mut places = Vec::with_capacity(numbers.len());
            for number in numbers {
                let shared = work.shared(owners(number), &shared)?;
                let own = work.append(|text| own(number, text))?;
                places.push(Place { own, shared });
            }
            Ok(work.finish(places.into()))
        };
        let chunks: Vec<(Chunk, u128)> = (0..count.div_ceil(CHUNK as u32))
            .into_par_iter()
            .map_init(Work::default, |work, at| {
                let start = at * CHUNK as u32;
                chunk(work, start..count.min(start.saturating_add(CHUNK as u32)))
            })
            .collect::<Result<_, _>>()?;
        let digests: Vec<u8> = chunks
            .iter()
            .flat_map(|(_, digest)| digest.to_le_bytes())
            .collect();
        Ok(Self {
            bytes: chunks.iter().map(|(chunk, _)| chunk.bytes).sum(),
            chunks: chunks.into_iter().map(|(chunk, _)| chunk).collect(),
            count,
            digest: XxHash3_128::oneshot(&digests),
            library: 0,
            wholes: Arc::default(),
        })
    }
}

/// What a thread renders chunks with.
#[derive(Default)]
struct Work {
    text: String,
    /// What is shared, by what it is of.
    shared: FxHashMap<Owners, (u32, u32)>,
    last: Option<(Owners, (u32, u32))>,
}

impl Work {
    fn clear(&mut self) {
        self.text.clear();
        self.shared.clear();
        self.last = None;
    }

    fn append(&mut self, write: impl FnOnce(&mut String)) -> Result<(u32, u32), TooLarge> {
        let end = |text: &String| crate::catalog::number(text.len(), "bytes of names");
        let start = end(&self.text)?;
        write(&mut self.text);
        Ok((start, end(&self.text)?))
    }

    /// Where that which these owners' elements share lies, written now if it is not there yet.
    fn shared(
        &mut self,
        owners: Owners,
        write: impl FnOnce(Owners, &mut String),
    ) -> Result<(u32, u32), TooLarge> {
        // Neighbours mostly have the same.
        if let Some((of, place)) = self.last
            && of == owners
        {
            return Ok(place);
        }
        let place = match self.shared.get(&owners) {
            Some(&place) => place,
            None => self.append(|text| {
                write(owners, text);
                text.push_str(END);
            })?,
        };
        self.shared.insert(owners, place);
        self.last = Some((owners, place));
        Ok(place)
    }

    /// The chunk, and a digest of what it says and of which element has which piece.
    fn finish(&self, places: Box<[Place]>) -> (Chunk, u128) {
        let text = self.text.as_bytes();
        let pieces = places.iter().flat_map(|place| {
            place
                .own
                .0
                .to_le_bytes()
                .into_iter()
                .chain(place.shared.0.to_le_bytes())
        });
        let pieces: Vec<u8> = pieces.collect();
        let both = [XxHash3_128::oneshot(text), XxHash3_128::oneshot(&pieces)];
        let digest = XxHash3_128::oneshot(both.map(u128::to_le_bytes).as_flattened());
        let chunk = Chunk {
            bytes: places.iter().map(Place::size).sum(),
            // Of just their size: what is kept for long shall not hold room.
            text: text.into(),
            places,
        };
        (chunk, digest)
    }
}

/// What is a track's own: its id first, then what is neither album, artist nor genre.
fn push_track(tracks: &Tracks, number: u32, out: &mut String) {
    out.push_str(ID);
    push_uuid(tracks.ids[number as usize], out);
    out.push_str("\",\"length\":");
    push_number(tracks.lengths.get(number), out);
    out.push_str(",\"name\":");
    json::string(tracks.titles.get(number), out);
    out.push_str(",\"track\":");
    push_number(tracks.numbers.get(number), out);
    out.push_str(",\"year\":");
    push_number(tracks.years.get(number), out);
}

/// An album, artist or genre of a track; both texts before its name and its id.
fn push_owner(name: &str, id: &str, owners: &Entities, number: u32, out: &mut String) {
    out.push_str(name);
    json::string(owners.names.get(number), out);
    out.push_str(id);
    push_uuid(owners.ids[number as usize], out);
    out.push('"');
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

    fn text(fragments: &Fragments, numbers: Range<u32>) -> String {
        let mut out = Vec::new();
        numbers.for_each(|number| fragments.element(number).append(&mut out));
        String::from_utf8(out).unwrap()
    }

    fn parsed(fragments: &Fragments, number: u32) -> Value {
        let text = text(fragments, number..number + 1);
        serde_json::from_str(text.strip_suffix(',').unwrap()).unwrap()
    }

    #[test]
    fn elements_have_the_fields_of_the_contract() {
        let catalog = library(1);
        let fragments = Fragments::of_tracks(&catalog).unwrap();
        let parsed: Value = parsed(&fragments, 0);
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
        let expected = format!("{{\"id\":\"{id}\",\"name\":\"Album\"}},");
        assert_eq!(text(&albums, 0..1), expected);
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
            let text = text(&fragments, range.clone());
            assert_eq!(text.len(), fragments.size_of_range(&range), "{range:?}");
            assert_eq!(text.len(), fragments.size(range.clone()), "{range:?}");
            let list = format!("[{}]", text.trim_end_matches(','));
            let parsed: Vec<Value> = serde_json::from_str(&list).unwrap();
            let numbers = parsed.iter().map(|song| song["track"].as_u64().unwrap());
            assert!(numbers.eq(range.map(u64::from)));
        }
        let shared = fragments.clone();
        assert!(!fragments.is_unique());
        drop(shared);
        assert!(fragments.is_unique());
    }

    #[test]
    fn what_tracks_share_is_there_once_and_each_has_its_own() {
        let mut sample = Sample::default();
        for number in 0..60 {
            let (genre, title) = (number % 3, format!("{number:02}"));
            sample.add(
                track(&title)
                    .number(Some(number))
                    .genre(["A", "B", "C"][genre as usize]),
            );
        }
        let catalog = sample.catalog();
        let fragments = Fragments::of_tracks(&catalog).unwrap();
        for number in 0..60 {
            let expected = ["A", "B", "C"][number as usize % 3];
            assert_eq!(parsed(&fragments, number)["genre"], expected, "{number}");
        }
        let whole = text(&fragments, 0..60);
        assert_eq!(whole.len(), fragments.size_of_range(&(0..60)));
        let chunk = &fragments.chunks[0].text;
        let shared = String::from_utf8_lossy(chunk).matches("\"album\":").count();
        assert_eq!(shared, 3);
    }

    #[test]
    fn the_digest_tells_which_track_has_which_owners() {
        let digest = |genres: [&str; 4]| {
            let mut sample = Sample::default();
            for (number, genre) in (0..).zip(genres) {
                sample.add(track("x").number(Some(number)).genre(genre));
            }
            let catalog = sample.catalog();
            Fragments::of_tracks(&catalog).unwrap().digest()
        };
        assert_eq!(digest(["A", "B", "A", "A"]), digest(["A", "B", "A", "A"]));
        assert_ne!(digest(["A", "B", "A", "A"]), digest(["A", "B", "A", "B"]));
        assert_ne!(digest(["A", "B", "A", "A"]), digest(["A", "B", "B", "A"]));
    }

    #[test]
    fn the_digest_tells_contents_apart() {
        let digest = |count| Fragments::of_tracks(&library(count)).unwrap().digest();
        assert_eq!(digest(5), digest(5));
        assert_ne!(digest(5), digest(6));
        assert_ne!(digest(0), digest(1));
    }
}
