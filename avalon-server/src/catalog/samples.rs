//! Small libraries for tests, in the few words that a test is about.

use avalon_core::database::{AlbumRow, ArtistRow, GenreRow, LoadedTrack, Receiver, Rows, TrackRow};
use avalon_core::ids::{AlbumId, ArtistId, GenreId, TrackId};
use uuid::Uuid;

use super::{Catalog, Columns};

/// Rows that grow track by track.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    pub(crate) rows: Rows,
}

/// A track to add, by names.
#[derive(Clone, Debug)]
pub(crate) struct NewTrack {
    title: String,
    artist: String,
    album: String,
    genre: String,
    disc: Option<i64>,
    number: Option<i64>,
    year: Option<i64>,
    length: Option<i64>,
}

/// A track with this title, of `Artist`, on `Album`, in `Genre`.
pub(crate) fn track(title: &str) -> NewTrack {
    NewTrack {
        title: title.to_owned(),
        artist: "Artist".to_owned(),
        album: "Album".to_owned(),
        genre: "Genre".to_owned(),
        disc: None,
        number: Some(1),
        year: Some(2000),
        length: Some(60),
    }
}

impl NewTrack {
    pub(crate) fn by(mut self, artist: &str) -> Self {
        artist.clone_into(&mut self.artist);
        self
    }

    pub(crate) fn on(mut self, album: &str) -> Self {
        album.clone_into(&mut self.album);
        self
    }

    pub(crate) fn genre(mut self, genre: &str) -> Self {
        genre.clone_into(&mut self.genre);
        self
    }

    pub(crate) fn disc(mut self, disc: Option<i64>) -> Self {
        self.disc = disc;
        self
    }

    pub(crate) fn number(mut self, number: Option<i64>) -> Self {
        self.number = number;
        self
    }

    pub(crate) fn year(mut self, year: Option<i64>) -> Self {
        self.year = year;
        self
    }

    pub(crate) fn length(mut self, length: Option<i64>) -> Self {
        self.length = length;
        self
    }
}

/// Rows as they are loaded.
pub(crate) fn columns(rows: &Rows) -> Columns {
    let mut columns = Columns::default();
    rows.give(&mut columns);
    columns
}

/// Columns whose rows two threads take by turns; the first row of each kind is the second one's.
#[derive(Default)]
struct ByTurns(Columns);

/// What each of them took, and whose turn it is not.
#[derive(Default)]
pub(crate) struct Turns<Part> {
    parts: [Part; 2],
    last: usize,
}

impl<Part> Turns<Part> {
    fn next(&mut self) -> &mut Part {
        self.last ^= 1;
        &mut self.parts[self.last]
    }
}

fn parts<Part>(turns: Vec<Turns<Part>>) -> Vec<Part> {
    turns.into_iter().flat_map(|turns| turns.parts).collect()
}

impl Receiver for ByTurns {
    type Names = Turns<<Columns as Receiver>::Names>;
    type Tracks = Turns<<Columns as Receiver>::Tracks>;

    fn generation(&mut self, generation: i64) {
        Receiver::generation(&mut self.0, generation);
    }

    fn name(taken: &mut Self::Names, id: Uuid, name: Option<&str>) {
        Columns::name(taken.next(), id, name);
    }

    fn albums(&mut self, taken: Vec<Self::Names>) {
        self.0.albums(parts(taken));
    }

    fn artists(&mut self, taken: Vec<Self::Names>) {
        self.0.artists(parts(taken));
    }

    fn genres(&mut self, taken: Vec<Self::Names>) {
        self.0.genres(parts(taken));
    }

    fn track(&self, taken: &mut Self::Tracks, track: &LoadedTrack<'_>) {
        self.0.track(taken.next(), track);
    }

    fn tracks(&mut self, taken: Vec<Self::Tracks>) {
        self.0.tracks(parts(taken));
    }
}

/// Rows as two threads load them.
pub(crate) fn columns_by_turns(rows: &Rows) -> Columns {
    let mut columns = ByTurns::default();
    rows.give(&mut columns);
    columns.0
}

/// The catalog of rows.
pub(crate) fn catalog(rows: &Rows) -> Catalog {
    Catalog::new(columns(rows)).unwrap()
}

impl Sample {
    pub(crate) fn columns(&self) -> Columns {
        columns(&self.rows)
    }

    pub(crate) fn catalog(&self) -> Catalog {
        catalog(&self.rows)
    }

    /// Adds an album without tracks, unless there is one with its id.
    pub(crate) fn album(&mut self, name: &str) -> AlbumId {
        let id = AlbumId::of(name);
        let name = Some(name.to_owned());
        if self.rows.albums.iter().all(|row| row.id != id) {
            self.rows.albums.push(AlbumRow { id, name });
        }
        id
    }

    fn artist(&mut self, name: &str) -> ArtistId {
        let id = ArtistId::of(name);
        let name = Some(name.to_owned());
        if self.rows.artists.iter().all(|row| row.id != id) {
            self.rows.artists.push(ArtistRow { id, name });
        }
        id
    }

    fn genre(&mut self, name: &str) -> GenreId {
        let id = GenreId::of(name);
        let name = Some(name.to_owned());
        if self.rows.genres.iter().all(|row| row.id != id) {
            self.rows.genres.push(GenreRow { id, name });
        }
        id
    }

    /// Adds a track and what it belongs to.
    pub(crate) fn add(&mut self, new: NewTrack) {
        let path = format!("/music/{}.mp3", self.rows.tracks.len());
        let row = TrackRow {
            id: TrackId::of(path.as_bytes()),
            album_id: Some(self.album(&new.album)),
            artist_id: Some(self.artist(&new.artist)),
            genre_id: Some(self.genre(&new.genre)),
            name: Some(new.title),
            length: new.length,
            track: new.number,
            year: new.year,
            disc: new.disc,
        };
        self.rows.tracks.push(row);
    }
}
