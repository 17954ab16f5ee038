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
            albums: rows
                .albums
                .into_iter()
                .map(|row| (row.id, row.name))
                .collect(),
            artists: rows
                .artists
                .into_iter()
                .map(|row| (row.id, row.name))
                .collect(),
            genres: rows
                .genres
                .into_iter()
                .map(|row| (row.id, row.name))
                .collect(),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spelled(album: &str, artist: &str) -> Spellings {
        Spellings {
            album: album.to_owned(),
            artist: artist.to_owned(),
            genre: "Rock".to_owned(),
        }
    }

    /// The names after files in this order, over a database that has the first spelling that came.
    fn names(files: &[(String, Spellings)]) -> NameChanges {
        let mut ids = Ids::default();
        let mut names = Names::default();
        for (path, spellings) in files {
            names.add(ids.of(spellings), spellings, path.as_bytes());
        }
        names.changes(&Stored::default())
    }

    #[test]
    fn the_last_path_in_byte_order_names_what_is_spelled_in_several_ways() {
        let files = [
            ("/m/b", spelled("One", "AC/DC")),
            ("/m/a", spelled("one", "ac/dc")),
            // After Z in byte order, though not in a dictionary.
            ("/m/Z", spelled("ONE", "Ac/Dc")),
        ];
        let names = names(&files.map(|(path, names)| (path.to_owned(), names)));
        assert_eq!(names.artists.len(), 1);
        assert_eq!(names.artists[0].name.as_deref(), Some("AC/DC"));
        assert_eq!(names.albums[0].name.as_deref(), Some("One"));
        assert_eq!(names.genres.len(), 1);
    }

    #[test]
    fn a_database_gets_new_spellings_and_loses_what_nobody_has() {
        let old = spelled("One", "AC/DC");
        let mut ids = Ids::default();
        let mut stored = Stored::default();
        let missing = stored.missing(ids.of(&old), &old);
        assert_eq!(
            missing.artist.and_then(|row| row.name).as_deref(),
            Some("AC/DC")
        );
        let again = stored.missing(ids.of(&old), &spelled("one", "ac/dc"));
        assert!(again.album.is_none() && again.artist.is_none() && again.genre.is_none());
        let new = spelled("Two", "Ac/Dc");
        let mut names = Names::default();
        names.add(ids.of(&new), &new, b"/m/a");
        let changes = names.changes(&stored);
        assert_eq!(changes.gone_albums, [AlbumId::of("One")]);
        assert_eq!(
            changes.albums.len(),
            1,
            "never lost, even if nobody wrote it"
        );
        assert_eq!(changes.artists[0].name.as_deref(), Some("Ac/Dc"));
        assert_eq!((changes.gone_artists.len(), changes.genres.len()), (0, 0));
    }

    proptest! {
        #[test]
        fn names_do_not_depend_on_the_order_of_reading(
            names_of in proptest::collection::vec(("[a-c]", "[aA]", "[bB]"), 0..20),
            seed in any::<u64>(),
        ) {
            let mut files: Vec<(String, Spellings)> = names_of
                .iter()
                .enumerate()
                .map(|(at, (path, album, artist))| (format!("/m/{path}{at}"), spelled(album, artist)))
                .collect();
            let expected = names(&files);
            files.sort_by_key(|(path, _)| ArtistId::of(path).0.as_u128() ^ u128::from(seed));
            prop_assert_eq!(names(&files), expected);
        }
    }
}
