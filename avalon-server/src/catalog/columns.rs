//! What is loaded, in columns, as it comes: ids become numbers at once, so that no row is kept.
//!
//! In: rows, by [`Receiver`], of each kind by one thread or two. Out: [`Columns`], numbered in the order in which they
//! came. A track whose album, artist or genre is NULL or dangling is counted and not kept (contract, D10).

use avalon_core::database::{LoadedTrack, Receiver};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use uuid::Uuid;

use super::numbers::Numbers;
use super::texts::{Texts, TooLarge, number};

/// A library in the order in which it came.
#[derive(Debug, Default)]
pub struct Columns {
    /// Nothing where there were no tables.
    pub(super) generation: Option<i64>,
    pub(super) albums: Named,
    pub(super) artists: Named,
    pub(super) genres: Named,
    pub(super) tracks: LoadedTracks,
    /// The first thing that there was too much of.
    pub(super) too_large: Option<TooLarge>,
}

/// Albums, artists or genres in the order in which they came, those of one thread after those of another.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) ids: Vec<Uuid>,
    pub(super) names: Texts,
    numbers: FxHashMap<Uuid, u32>,
}

/// Those of one thread.
#[derive(Debug, Default)]
pub struct NameColumns {
    ids: Vec<Uuid>,
    names: Texts,
    /// The first thing that there was too much of.
    too_large: Option<TooLarge>,
}

/// Tracks in the order in which they came, those of one thread after those of another.
#[derive(Debug, Default)]
pub(super) struct LoadedTracks(Vec<TrackColumns>);

/// Tracks of one thread as they came, with the numbers that their albums, artists and genres came with.
#[derive(Debug, Default)]
pub struct TrackColumns {
    pub(super) ids: Vec<Uuid>,
    pub(super) titles: Texts,
    pub(super) lengths: Numbers,
    pub(super) numbers: Numbers,
    pub(super) years: Numbers,
    pub(super) discs: Numbers,
    pub(super) albums: Vec<u32>,
    pub(super) artists: Vec<u32>,
    pub(super) genres: Vec<u32>,
    /// Tracks that were not kept.
    invisible: usize,
    /// The first thing that there was too much of.
    too_large: Option<TooLarge>,
    /// The last album, artist and genre that were asked for: neighbours often have the same.
    last: [Option<(Uuid, u32)>; 3],
}

impl Named {
    /// Those of all threads.
    fn new(taken: Vec<NameColumns>) -> Result<Self, TooLarge> {
        let mut parts = taken.into_iter();
        let NameColumns {
            ids,
            names,
            too_large,
        } = parts.next().unwrap_or_default();
        too_large.map_or(Ok(()), Err)?;
        let mut all = Self {
            ids,
            names,
            numbers: FxHashMap::default(),
        };
        for part in parts {
            part.too_large.map_or(Ok(()), Err)?;
            all.ids.extend(part.ids);
            all.names.append(part.names)?;
        }
        number(all.ids.len(), "albums, artists or genres")?;
        all.numbers.reserve(all.ids.len());
        all.numbers.extend(all.ids.iter().copied().zip(0..));
        Ok(all)
    }
}

impl TrackColumns {
    /// The numbers of the album, artist and genre of a track.
    fn owners(&mut self, columns: &Columns, track: &LoadedTrack<'_>) -> Option<[u32; 3]> {
        let owners = [
            (&columns.albums, track.album_id?.0),
            (&columns.artists, track.artist_id?.0),
            (&columns.genres, track.genre_id?.0),
        ];
        let mut numbers = [0; 3];
        for ((number, last), (named, id)) in numbers.iter_mut().zip(&mut self.last).zip(owners) {
            *number = match *last {
                Some((last, at)) if last == id => at,
                _ => {
                    let at = *named.numbers.get(&id)?;
                    *last = Some((id, at));
                    at
                }
            };
        }
        Some(numbers)
    }

    fn push(&mut self, track: &LoadedTrack<'_>, owners: [u32; 3]) {
        let [album, artist, genre] = owners;
        let title = track.name.unwrap_or_default();
        self.ids.push(track.id.0);
        let pushed = self.titles.push(title);
        self.lengths.push(track.length);
        self.numbers.push(track.track);
        self.years.push(track.year);
        self.discs.push(track.disc);
        self.albums.push(album);
        self.artists.push(artist);
        self.genres.push(genre);
        self.too_large = self.too_large.or(pushed.err());
    }
}

impl LoadedTracks {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|part| part.ids.len()).sum()
    }

    /// Gives their albums, artists and genres other numbers: those that are at their numbers here.
    pub(super) fn renumber_owners(&mut self, albums: &[u32], artists: &[u32], genres: &[u32]) {
        for part in &mut self.0 {
            for (numbers, new) in [
                (&mut part.albums, albums),
                (&mut part.artists, artists),
                (&mut part.genres, genres),
            ] {
                let numbers = numbers.par_iter_mut().with_min_len(4096);
                numbers.for_each(|number| *number = new[*number as usize]);
            }
        }
    }

    /// The columns that the track with this number is in, and its place there.
    ///
    /// # Panics
    /// There is no such track.
    pub(super) fn find(&self, number: u32) -> (&TrackColumns, u32) {
        let mut at = number;
        for part in &self.0 {
            match part.ids.len() as u32 {
                // Neither has as many as there are numbers, or it is too large.
                length if length <= at => at -= length,
                _ => return (part, at),
            }
        }
        panic!("there is no track {number}");
    }
}

impl Columns {
    /// The generation that the database gives to it; 0 for one of the original.
    pub fn generation(&self) -> i64 {
        self.generation.unwrap_or_default()
    }

    /// Whether the database had the tables of a library, if empty ones.
    pub fn has_tables(&self) -> bool {
        self.generation.is_some()
    }

    /// How many tracks were left out.
    pub fn invisible(&self) -> usize {
        self.tracks.0.iter().map(|part| part.invisible).sum()
    }

    fn named(&mut self, taken: Vec<NameColumns>) -> Named {
        Named::new(taken).unwrap_or_else(|error| {
            self.too_large.get_or_insert(error);
            Named::default()
        })
    }
}

impl Receiver for Columns {
    type Names = NameColumns;
    type Tracks = TrackColumns;

    fn generation(&mut self, generation: i64) {
        self.generation = Some(generation);
    }

    fn name(taken: &mut NameColumns, id: Uuid, name: Option<&str>) {
        // What is refused in the end takes no more memory.
        if taken.too_large.is_none() {
            taken.ids.push(id);
            let pushed = taken.names.push(name.unwrap_or_default());
            taken.too_large = pushed.err();
        }
    }

    fn albums(&mut self, taken: Vec<NameColumns>) {
        self.albums = self.named(taken);
    }

    fn artists(&mut self, taken: Vec<NameColumns>) {
        self.artists = self.named(taken);
    }

    fn genres(&mut self, taken: Vec<NameColumns>) {
        self.genres = self.named(taken);
    }

    fn track(&self, taken: &mut TrackColumns, track: &LoadedTrack<'_>) {
        if self.too_large.is_some() || taken.too_large.is_some() {
            return;
        }
        match taken.owners(self, track) {
            Some(owners) => taken.push(track, owners),
            None => taken.invisible += 1,
        }
    }

    fn tracks(&mut self, taken: Vec<TrackColumns>) {
        self.tracks = LoadedTracks(taken);
        let too_large = self.tracks.0.iter().find_map(|part| part.too_large);
        let too_many = number(self.tracks.len(), "tracks").err();
        self.too_large = self.too_large.or(too_large).or(too_many);
    }
}
