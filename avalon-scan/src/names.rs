//! Who names an album, artist or genre.
//!
//! In: the spellings of every file, in any order, and the names that the database has. Out: the
//! [`NameChanges`] that bring it up to date. Pure.
//!
//! What stays true: of several spellings of one id (`AC/DC`, `Ac/Dc`) the file whose path is last in
//! byte order names it (rule S8), in whatever order the files came.

use std::hash::Hash;

use avalon_core::database::{AlbumRow, ArtistRow, GenreRow, NameChanges, Rows, Spellings};
use avalon_core::ids::{AlbumId, ArtistId, GenreId};
use rustc_hash::FxHashMap;

/// The ids of a file's album, artist and genre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameIds {
    /// Of the album.
    pub album: AlbumId,
    /// Of the artist.
    pub artist: ArtistId,
    /// Of the genre.
    pub genre: GenreId,
}

/// Makes ids of spellings. Files come folder by folder, so the last ones are remembered.
#[derive(Debug, Default)]
pub struct Ids {
    last: Option<(Spellings, NameIds)>,
}

impl Ids {
    /// The ids of these names.
    pub fn of(&mut self, names: &Spellings) -> NameIds {
        let last = self.last.as_ref();
        let ids = NameIds {
            album: match last {
                Some((last, ids)) if last.album == names.album => ids.album,
                _ => AlbumId::of(&names.album),
            },
            artist: match last {
                Some((last, ids)) if last.artist == names.artist => ids.artist,
                _ => ArtistId::of(&names.artist),
            },
            genre: match last {
                Some((last, ids)) if last.genre == names.genre => ids.genre,
                _ => GenreId::of(&names.genre),
            },
        };
        match &mut self.last {
            Some((last, last_ids)) => {
                last.clone_from(names);
                *last_ids = ids;
            }
            None => self.last = Some((names.clone(), ids)),
        }
        ids
    }
}

/// The spelling that wins, for every id.
#[derive(Debug, Default)]
pub struct Names {
    albums: FxHashMap<AlbumId, Winner>,
    artists: FxHashMap<ArtistId, Winner>,
    genres: FxHashMap<GenreId, Winner>,
}

#[derive(Debug)]
struct Winner {
    name: String,
    path: Vec<u8>,
}

impl Names {
    /// Adds a file.
    pub fn add(&mut self, ids: NameIds, names: &Spellings, path: &[u8]) {
        offer(&mut self.albums, ids.album, &names.album, path);
        offer(&mut self.artists, ids.artist, &names.artist, path);
        offer(&mut self.genres, ids.genre, &names.genre, path);
    }

    /// What must change in a database that has `stored`: no row of which is missing in it.
    pub fn changes(self, stored: &Stored) -> NameChanges {
        let (albums, gone_albums) = changes(self.albums, &stored.albums);
        let (artists, gone_artists) = changes(self.artists, &stored.artists);
        let (genres, gone_genres) = changes(self.genres, &stored.genres);
        let album = |(id, name)| AlbumRow { id, name };
        let artist = |(id, name)| ArtistRow { id, name };
        let genre = |(id, name)| GenreRow { id, name };
        NameChanges {
            albums: albums.into_iter().map(album).collect(),
            artists: artists.into_iter().map(artist).collect(),
            genres: genres.into_iter().map(genre).collect(),
            gone_albums,
            gone_artists,
            gone_genres,
        }
    }
}

fn offer<Id: Eq + Hash>(winners: &mut FxHashMap<Id, Winner>, id: Id, name: &str, path: &[u8]) {
    let winner = winners.entry(id).or_insert_with(|| Winner {
        name: name.to_owned(),
        path: Vec::new(),
    });
    if winner.path.as_slice() < path {
        path.clone_into(&mut winner.path);
        if winner.name != name {
            name.clone_into(&mut winner.name);
        }
    }
}

type Named<Id> = (Id, Option<String>);

fn changes<Id: Copy + Eq + Hash + Ord>(
    winners: FxHashMap<Id, Winner>,
    stored: &FxHashMap<Id, Option<String>>,
) -> (Vec<Named<Id>>, Vec<Id>) {
    let mut gone: Vec<Id> = stored.keys().copied().collect();
    gone.retain(|id| !winners.contains_key(id));
    let mut renamed: Vec<Named<Id>> = Vec::new();
    for (id, Winner { name, .. }) in winners {
        if stored.get(&id).and_then(Option::as_deref) != Some(&name) {
            renamed.push((id, Some(name)));
        }
    }
    gone.sort_unstable();
    renamed.sort_unstable();
    (renamed, gone)
}

/// The names that the database has.
#[derive(Debug, Default)]
pub struct Stored {
    albums: FxHashMap<AlbumId, Option<String>>,
    artists: FxHashMap<ArtistId, Option<String>>,
    genres: FxHashMap<GenreId, Option<String>>,
}

impl Stored {
    /// What was loaded.
    pub fn of(rows: Rows) -> Self {
        Self {
            albums: rows.albums.into_iter().map(|row| (row.id, row.name)).collect(),
            artists: rows.artists.into_iter().map(|row| (row.id, row.name)).collect(),
            genres: rows.genres.into_iter().map(|row| (row.id, row.name)).collect(),
        }
    }

    /// The rows that must be there before a track of these names is; each is asked for once.
    pub fn missing(&mut self, ids: NameIds, names: &Spellings) -> Missing {
        fn first<Id: Eq + Hash>(
            stored: &mut FxHashMap<Id, Option<String>>,
            id: Id,
            name: &str,
        ) -> Option<String> {
            if stored.contains_key(&id) {
                return None;
            }
            stored.insert(id, Some(name.to_owned()));
            Some(name.to_owned())
        }
        let album = first(&mut self.albums, ids.album, &names.album);
        let artist = first(&mut self.artists, ids.artist, &names.artist);
        let genre = first(&mut self.genres, ids.genre, &names.genre);
        Missing {
            album: album.map(|name| AlbumRow {
                id: ids.album,
                name: Some(name),
            }),
            artist: artist.map(|name| ArtistRow {
                id: ids.artist,
                name: Some(name),
            }),
            genre: genre.map(|name| GenreRow {
                id: ids.genre,
                name: Some(name),
            }),
        }
    }
}

/// New rows for one track.
#[derive(Debug)]
pub struct Missing {
    /// Of its album.
    pub album: Option<AlbumRow>,
    /// Of its artist.
    pub artist: Option<ArtistRow>,
    /// Of its genre.
    pub genre: Option<GenreRow>,
}
