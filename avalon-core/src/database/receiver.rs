//! What a library is loaded into, row by row.
//!
//! In: rows on their way, albums, artists and genres before tracks. Out: whatever the receiver makes of them. What
//! stays true: rows of each kind may be taken by several threads, each of which has its own until all are there.

use uuid::Uuid;

use super::rows::{AlbumRow, ArtistRow, GenreRow, Rows, TrackRow};
use crate::ids::{AlbumId, ArtistId, GenreId, TrackId};

/// What a load gives its rows to.
pub trait Receiver: Sync {
    /// Albums, artists or genres that one thread takes; none by default.
    type Names: Default + Send;
    /// Tracks that one thread takes; none by default.
    type Tracks: Default + Send;

    /// The generation of the library, before all rows; 0 is that of a database of the original. It is not
    /// told where there are no tables.
    fn generation(&mut self, generation: i64);

    /// An album, artist or genre, for those that this thread takes, in no order; `None` is a name that is NULL.
    fn name(taken: &mut Self::Names, id: Uuid, name: Option<&str>);

    /// The albums that each thread took.
    fn albums(&mut self, taken: Vec<Self::Names>);

    /// The artists that each thread took.
    fn artists(&mut self, taken: Vec<Self::Names>);

    /// The genres that each thread took.
    fn genres(&mut self, taken: Vec<Self::Names>);

    /// A track, for those that this thread takes, in no order; after all of the others.
    fn track(&self, taken: &mut Self::Tracks, track: &LoadedTrack<'_>);

    /// The tracks that each thread took.
    fn tracks(&mut self, taken: Vec<Self::Tracks>);
}

/// A row of `tracks` on its way, like [`TrackRow`].
#[derive(Clone, Copy, Debug)]
pub struct LoadedTrack<'a> {
    /// Made of the path of the file.
    pub id: &'a TrackId,
    /// The title.
    pub name: Option<&'a str>,
    /// Whole seconds.
    pub length: Option<i64>,
    /// Number on its disc.
    pub track: Option<i64>,
    /// Year of the recording.
    pub year: Option<i64>,
    /// Number of the disc; `None` in a database of the original.
    pub disc: Option<i64>,
    /// The row of `albums` it belongs to.
    pub album_id: Option<&'a AlbumId>,
    /// The row of `artists` it belongs to.
    pub artist_id: Option<&'a ArtistId>,
    /// The row of `genres` it belongs to.
    pub genre_id: Option<&'a GenreId>,
}

impl Receiver for Rows {
    type Names = Vec<(Uuid, Option<String>)>;
    type Tracks = Vec<TrackRow>;

    fn generation(&mut self, generation: i64) {
        self.generation = generation;
    }

    fn name(taken: &mut Self::Names, id: Uuid, name: Option<&str>) {
        taken.push((id, name.map(str::to_owned)));
    }

    fn albums(&mut self, taken: Vec<Self::Names>) {
        let row = |(id, name)| AlbumRow {
            id: AlbumId(id),
            name,
        };
        self.albums.extend(taken.into_iter().flatten().map(row));
    }

    fn artists(&mut self, taken: Vec<Self::Names>) {
        let row = |(id, name)| ArtistRow {
            id: ArtistId(id),
            name,
        };
        self.artists.extend(taken.into_iter().flatten().map(row));
    }

    fn genres(&mut self, taken: Vec<Self::Names>) {
        let row = |(id, name)| GenreRow {
            id: GenreId(id),
            name,
        };
        self.genres.extend(taken.into_iter().flatten().map(row));
    }

    fn track(&self, taken: &mut Vec<TrackRow>, track: &LoadedTrack<'_>) {
        taken.push(TrackRow {
            id: *track.id,
            name: track.name.map(str::to_owned),
            length: track.length,
            track: track.track,
            year: track.year,
            disc: track.disc,
            album_id: track.album_id.copied(),
            artist_id: track.artist_id.copied(),
            genre_id: track.genre_id.copied(),
        });
    }

    fn tracks(&mut self, taken: Vec<Vec<TrackRow>>) {
        self.tracks.extend(taken.into_iter().flatten());
    }
}

impl Rows {
    /// Gives every row to a receiver, as [`load()`](super::load()) does with those of a database.
    pub fn give<R: Receiver>(&self, receiver: &mut R) {
        receiver.generation(self.generation);
        let mut taken = <[R::Names; 3]>::default();
        let [albums, artists, genres] = &mut taken;
        for row in &self.albums {
            R::name(albums, row.id.0, row.name.as_deref());
        }
        for row in &self.artists {
            R::name(artists, row.id.0, row.name.as_deref());
        }
        for row in &self.genres {
            R::name(genres, row.id.0, row.name.as_deref());
        }
        let [albums, artists, genres] = taken;
        receiver.albums(vec![albums]);
        receiver.artists(vec![artists]);
        receiver.genres(vec![genres]);
        let mut taken = R::Tracks::default();
        for row in &self.tracks {
            let track = LoadedTrack {
                id: &row.id,
                name: row.name.as_deref(),
                length: row.length,
                track: row.track,
                year: row.year,
                disc: row.disc,
                album_id: row.album_id.as_ref(),
                artist_id: row.artist_id.as_ref(),
                genre_id: row.genre_id.as_ref(),
            };
            receiver.track(&mut taken, &track);
        }
        receiver.tracks(vec![taken]);
    }
}
