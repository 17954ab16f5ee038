//! What is loaded, in columns, as it comes: ids become numbers at once, so that no row is kept, and names
//! have their search forms, since whoever takes rows has time until the next ones are read.
//!
//! In: rows, by [`Receiver`]; albums, artists and genres before tracks. Out: [`Columns`], numbered in
//! the order in which they came. A track whose album, artist or genre is NULL or dangling is counted
//! and not kept (contract, D10).

use avalon_core::database::{LoadedTrack, Receiver};
use avalon_core::ids::{AlbumId, ArtistId, GenreId};
use avalon_core::text::append_search_form;
use rustc_hash::FxHashMap;
use uuid::Uuid;

use super::texts::{Texts, TooLarge, number};

/// A library in the order in which it came.
#[derive(Debug, Default)]
pub struct Columns {
    /// Nothing where there were no tables.
    pub(super) generation: Option<i64>,
    pub(super) albums: Named,
    pub(super) artists: Named,
    pub(super) genres: Named,
    pub(super) tracks: TrackColumns,
    /// Tracks that were not kept.
    pub(super) invisible: usize,
    /// The first thing that there was too much of.
    pub(super) too_large: Option<TooLarge>,
}

/// Albums, artists or genres as they came.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) ids: Vec<Uuid>,
    pub(super) names: Texts,
    /// The search forms of the names.
    pub(super) forms: Texts,
    numbers: FxHashMap<Uuid, u32>,
    /// The last one asked for: neighbours are often of one album.
    last: Option<(Uuid, u32)>,
}

/// Tracks as they came, with the numbers that their albums, artists and genres came with.
#[derive(Debug, Default)]
pub(super) struct TrackColumns {
    pub(super) ids: Vec<Uuid>,
    pub(super) titles: Texts,
    /// The search forms of the titles.
    pub(super) forms: Texts,
    pub(super) lengths: Vec<Option<i64>>,
    pub(super) numbers: Vec<Option<i64>>,
    pub(super) years: Vec<Option<i64>>,
    pub(super) discs: Vec<Option<i64>>,
    pub(super) albums: Vec<u32>,
    pub(super) artists: Vec<u32>,
    pub(super) genres: Vec<u32>,
}

impl Named {
    fn push(&mut self, id: Uuid, name: Option<&str>) -> Result<(), TooLarge> {
        let at = number(self.ids.len(), "albums, artists or genres")?;
        self.ids.push(id);
        self.numbers.insert(id, at);
        let name = name.unwrap_or_default();
        self.names.push(name)?;
        self.forms.push_by(|out| append_search_form(name, out))
    }

    fn number(&mut self, id: Uuid) -> Option<u32> {
        match self.last {
            Some((last, at)) if last == id => Some(at),
            _ => {
                let at = *self.numbers.get(&id)?;
                self.last = Some((id, at));
                Some(at)
            }
        }
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
        self.invisible
    }

    fn note(&mut self, pushed: Result<(), TooLarge>) {
        if let Err(error) = pushed {
            self.too_large.get_or_insert(error);
        }
    }

    /// The numbers of its album, artist and genre.
    fn owners(&mut self, track: &LoadedTrack<'_>) -> Option<[u32; 3]> {
        Some([
            self.albums.number(track.album_id?.0)?,
            self.artists.number(track.artist_id?.0)?,
            self.genres.number(track.genre_id?.0)?,
        ])
    }
}

impl Receiver for Columns {
    fn generation(&mut self, generation: i64) {
        self.generation = Some(generation);
    }

    fn album(&mut self, id: AlbumId, name: Option<&str>) {
        let pushed = self.albums.push(id.0, name);
        self.note(pushed);
    }

    fn artist(&mut self, id: ArtistId, name: Option<&str>) {
        let pushed = self.artists.push(id.0, name);
        self.note(pushed);
    }

    fn genre(&mut self, id: GenreId, name: Option<&str>) {
        let pushed = self.genres.push(id.0, name);
        self.note(pushed);
    }

    fn track(&mut self, track: &LoadedTrack<'_>) {
        // What is refused in the end takes no more memory.
        if self.too_large.is_some() {
            return;
        }
        let Some([album, artist, genre]) = self.owners(track) else {
            self.invisible += 1;
            return;
        };
        let tracks = &mut self.tracks;
        let title = track.name.unwrap_or_default();
        tracks.ids.push(track.id.0);
        let pushed = tracks.titles.push(title);
        let formed = tracks.forms.push_by(|out| append_search_form(title, out));
        tracks.lengths.push(track.length);
        tracks.numbers.push(track.track);
        tracks.years.push(track.year);
        tracks.discs.push(track.disc);
        tracks.albums.push(album);
        tracks.artists.push(artist);
        tracks.genres.push(genre);
        self.note(pushed.and(formed));
    }
}
