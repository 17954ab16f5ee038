//! From units to sets of results.
//!
//! In: units. Out: for each unit the names that it is found in, and the elements of a collection that have
//! such a name among theirs; of all units what has all of them. Sets are bits, so that a word with half of
//! the library costs a pass over its postings and no more.

use super::bits::Bits;
use super::columns::Columns;
use super::names::Names;
use super::request::NameField;
use super::units::{Level, Unit};
use crate::catalog::Collection;
use crate::index::{Index, Posting, Postings};

/// What sets are made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sets<'a> {
    pub(super) names: &'a Names,
    pub(super) columns: &'a Columns,
    pub(super) index: &'a Index,
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

    /// The names that a unit is found in.
    pub(super) fn names(&self, unit: &Unit, level: Level) -> Bits {
        let mut found = Bits::new(self.names.count());
        unit.each_name(self.names, level, |names| {
            names.iter().for_each(|&name| found.insert(name));
        });
        found
    }

    /// The elements of a collection that have one of these names, in the field of the unit or, without
    /// one, in any.
    pub(super) fn elements(&self, collection: Collection, unit: &Unit, names: &Bits) -> Bits {
        let mut elements = Bits::new(self.count(collection));
        for &field in fields_of(collection) {
            if unit.field.is_none_or(|only| only == field) {
                self.put(collection, field, names, &mut elements);
            }
        }
        elements
    }

    /// The elements whose own name is one of these.
    pub(super) fn own(&self, collection: Collection, names: &Bits) -> Bits {
        let mut elements = Bits::new(self.count(collection));
        self.put(collection, fields_of(collection)[0], names, &mut elements);
        elements
    }

    fn put(&self, collection: Collection, field: NameField, names: &Bits, out: &mut Bits) {
        let documents = self.names.of_field(field);
        if fields_of(collection)[0] == field && documents.start == 0 {
            out.or_head(names, documents.end);
            return;
        }
        let numbers = names
            .range(documents.clone())
            .map(|document| document - documents.start);
        let (index, columns) = (self.index, self.columns);
        match (collection, field) {
            (Collection::Songs, NameField::Artist) => {
                numbers.for_each(|artist| put_tracks(&index.artists.postings, artist, out));
            }
            (Collection::Songs, NameField::Album) => {
                numbers.for_each(|album| put_tracks(&index.albums.postings, album, out));
            }
            (Collection::Songs, NameField::Genre) => {
                numbers.for_each(|genre| put_tracks(&index.genres.postings, genre, out));
            }
            (Collection::Songs, NameField::AlbumArtist) => numbers.for_each(|artist| {
                let tracks = columns.album_artists.tracks(artist).iter();
                tracks.for_each(|range| out.insert_range(range.clone()));
            }),
            (Collection::Albums, NameField::Artist) => numbers.for_each(|artist| {
                let albums = columns.relations.albums_of_artists.get(artist).iter();
                albums.for_each(|&album| out.insert(album));
            }),
            (Collection::Albums, NameField::AlbumArtist) => numbers.for_each(|artist| {
                let tracks = columns
                    .album_artists
                    .tracks(artist)
                    .iter()
                    .cloned()
                    .flatten();
                tracks.for_each(|track| out.insert(columns.album(track)));
            }),
            _ => numbers.for_each(|number| out.insert(number)),
        }
    }
}

fn put_tracks(postings: &Postings, owner: u32, out: &mut Bits) {
    match postings.of(owner) {
        Posting::Range(range, _) => out.insert_range(range),
        _ => postings.lists().each(owner, |track| out.insert(track)),
    }
}
