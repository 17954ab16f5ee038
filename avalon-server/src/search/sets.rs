//! From names to sets of results.
//!
//! In: names, by their documents. Out: what they lead to: the elements of a collection that have such a name
//! among theirs. Sets are bits, so that a word with half of the library costs a pass over its
//! postings and no more.

use std::ops::Range;

use super::bits::Bits;
use super::columns::Columns;
use super::names::Names;
use super::request::NameField;
use crate::catalog::Collection;
use crate::index::{Index, List, Posting, Postings};

/// What sets are made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sets<'a> {
    pub(super) names: &'a Names,
    pub(super) columns: &'a Columns,
    pub(super) index: &'a Index,
}

/// What a unit leads to.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    /// The songs with such a title.
    pub(super) titles: Bits,
    /// The other names, each by its document less the number of titles.
    pub(super) owners: Bits,
    /// The songs with such another name; `None` where nobody asks.
    pub(super) songs: Option<Bits>,
}

/// The names that elements of a collection are found by, their own first.
pub(super) fn fields_of(collection: Collection) -> &'static [NameField] {
    match collection {
        Collection::Songs => &[
            NameField::Title,
            NameField::Artist,
            NameField::Album,
            NameField::AlbumArtist,
            NameField::Genre,
        ],
        Collection::Albums => &[NameField::Album, NameField::Artist, NameField::AlbumArtist],
        Collection::Artists => &[NameField::Artist],
        Collection::Genres => &[NameField::Genre],
    }
}

/// The own names of a collection.
pub(super) fn own_field(collection: Collection) -> NameField {
    fields_of(collection)[0]
}

impl Sets<'_> {
    /// How many elements a collection has.
    pub(super) fn count(&self, collection: Collection) -> usize {
        let count = match collection {
            Collection::Songs => self.index.tracks.count,
            Collection::Albums => self.index.albums.count,
            Collection::Artists => self.index.artists.count,
            Collection::Genres => self.index.genres.count,
        };
        count as usize
    }

    /// Leads nowhere yet; with songs by other names than titles, if these are wanted.
    pub(super) fn nowhere(&self, with_songs: bool) -> Reach {
        let songs = self.count(Collection::Songs);
        Reach {
            titles: Bits::new(songs),
            owners: Bits::new(self.names.count() - songs),
            songs: with_songs.then(|| Bits::new(songs)),
        }
    }

    /// Adds what names lead to, those among `documents`.
    pub(super) fn lead(&self, names: &[u32], documents: &Range<u32>, reach: &mut Reach) {
        let titles = self.names.of_field(NameField::Title).end;
        for &name in names {
            if !documents.contains(&name) {
                continue;
            }
            if name < titles {
                reach.titles.insert(name);
            } else if reach.owners.insert_new(name - titles)
                && let Some(songs) = &mut reach.songs
            {
                self.put_songs(name, songs);
            }
        }
    }

    /// Puts the songs in that have a name which is no title.
    fn put_songs(&self, name: u32, songs: &mut Bits) {
        let index = self.index;
        let number = |field| {
            let documents: Range<u32> = self.names.of_field(field);
            documents.contains(&name).then(|| name - documents.start)
        };
        if let Some(artist) = number(NameField::Artist) {
            put_tracks(&index.artists.postings, artist, songs);
        } else if let Some(album) = number(NameField::Album) {
            put_tracks(&index.albums.postings, album, songs);
        } else if let Some(artist) = number(NameField::AlbumArtist) {
            let tracks = self.columns.album_artists.tracks(artist).iter();
            tracks.for_each(|range| songs.insert_range(range.clone()));
        } else if let Some(genre) = number(NameField::Genre) {
            put_tracks(&index.genres.postings, genre, songs);
        }
    }

    /// Whether any of these names is one of a genre.
    pub(super) fn leads_to_genre(&self, owners: &Bits) -> bool {
        owners.any_of(self.owners_of(NameField::Genre))
    }

    /// The songs with one of these names, but for those of genres.
    pub(super) fn songs_without_genres(&self, owners: &Bits) -> Bits {
        let mut songs = Bits::new(self.count(Collection::Songs));
        let titles = self.names.of_field(NameField::Title).end;
        // Genres are the last.
        let others = owners.range(0..self.owners_of(NameField::Genre).start);
        others.for_each(|owner| self.put_songs(titles + owner, &mut songs));
        songs
    }

    /// The elements of a collection, no songs, whose own name is one of these.
    pub(super) fn own(&self, collection: Collection, owners: &Bits) -> Bits {
        owners.part(self.owners_of(own_field(collection)))
    }

    /// The elements of a collection, no songs, that have one of these names.
    pub(super) fn elements(&self, collection: Collection, owners: &Bits) -> Bits {
        let mut elements = self.own(collection, owners);
        if collection != Collection::Albums {
            return elements;
        }
        let relations = &self.columns.relations;
        for (field, albums) in [
            (NameField::Artist, &relations.albums_of_artists),
            (NameField::AlbumArtist, &relations.albums_of_album_artists),
        ] {
            for number in self.numbers(field, owners) {
                let albums = albums.get(number).iter();
                albums.for_each(|&album| elements.insert(album));
            }
        }
        elements
    }

    /// Takes the elements out that have none of these tracks.
    pub(super) fn keep_having(&self, collection: Collection, tracks: &Bits, set: &mut Bits) {
        let owners = match collection {
            Collection::Songs => return set.and(tracks),
            Collection::Albums => &self.index.albums,
            Collection::Artists => &self.index.artists,
            Collection::Genres => &self.index.genres,
        };
        let has_one = |owner| match owners.postings.lists().of(owner) {
            List::Range(range) => tracks.any_of(range),
            List::Listed(list) => list.iter().any(|&track| tracks.contains(track)),
        };
        set.retain(has_one);
    }

    /// The numbers, in their collection, of those names that are of a field.
    fn numbers<'b>(&self, field: NameField, owners: &'b Bits) -> impl Iterator<Item = u32> + 'b {
        let range = self.owners_of(field);
        let start = range.start;
        owners.range(range).map(move |owner| owner - start)
    }

    /// Where those names are that are of a field, no title.
    fn owners_of(&self, field: NameField) -> Range<u32> {
        let titles = self.names.of_field(NameField::Title).end;
        let documents = self.names.of_field(field);
        documents.start - titles..documents.end - titles
    }
}

impl Reach {
    /// Adds what another leads to.
    pub(super) fn or(&mut self, other: &Self) {
        self.titles.or(&other.titles);
        self.owners.or(&other.owners);
        if let (Some(songs), Some(other)) = (&mut self.songs, &other.songs) {
            songs.or(other);
        }
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        let songs = self.songs.as_ref().map_or(0, Bits::memory);
        self.titles.memory() + self.owners.memory() + songs
    }
}

fn put_tracks(postings: &Postings, owner: u32, out: &mut Bits) {
    match postings.of(owner) {
        Posting::Range(range, _) => out.insert_range(range),
        _ => postings.lists().each(owner, |track| out.insert(track)),
    }
}
