//! The values of facets that tracks have, and those that albums, artists and genres have by their tracks.
//!
//! In: the columns of tracks. Out: [`Values`]: of each album, artist and genre the values of each facet,
//! ascending, each once. Values are numbers: of genres, artists, album artists, decades, containers.

use rayon::prelude::*;

use super::Columns;
use super::lists::Lists;
use crate::catalog::{Collection, TooLarge};
use crate::index::{EntityIndex, Index};
use crate::search::Facet;

/// Values by album, artist or genre.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// In the order of [`OWNERS`], of each in that of [`Facet::ALL`].
    lists: Vec<Vec<Lists>>,
}

/// What has tracks.
const OWNERS: [Collection; 3] = [Collection::Albums, Collection::Artists, Collection::Genres];

impl Values {
    /// Gathers them, on all cores.
    ///
    /// # Errors
    /// There are more than 32 bits can number.
    pub(super) fn build(columns: &Columns, index: &Index) -> Result<Self, TooLarge> {
        let of = |owners: &EntityIndex| -> Result<Vec<Lists>, TooLarge> {
            let lists = Facet::ALL.into_par_iter();
            lists
                .map(|facet| distinct(columns, owners, facet))
                .collect()
        };
        let owners = [&index.albums, &index.artists, &index.genres];
        let lists = owners.into_par_iter().map(of);
        Ok(Self {
            lists: lists.collect::<Result<_, _>>()?,
        })
    }

    /// The values of the elements of a collection; of songs there are none, they have those of their tracks.
    pub(super) fn of(&self, collection: Collection, facet: Facet) -> Option<&Lists> {
        let owner = OWNERS.iter().position(|&it| it == collection)?;
        let facet = Facet::ALL.iter().position(|&it| it == facet)?;
        self.lists.get(owner)?.get(facet)
    }

    /// The memory that they take, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.lists.iter().flatten().map(Lists::memory).sum()
    }
}

impl Columns {
    /// Gives the values of a track.
    pub(super) fn each_value(&self, facet: Facet, track: u32, mut value: impl FnMut(u32)) {
        match facet {
            Facet::Genre => value(self.genre(track)),
            Facet::Artist => value(self.artist(track)),
            Facet::AlbumArtist => {
                let artists = self.album_artists.of(track).iter();
                artists.for_each(|&artist| value(artist));
            }
            Facet::Decade => {
                if let Some(rank) = self.years.codes.get(track).checked_sub(1) {
                    value(self.decades[rank as usize]);
                }
            }
            Facet::Format => {
                if let Some(format) = self.formats.get(track).checked_sub(1) {
                    value(format);
                }
            }
        }
    }

    /// How many values a facet has.
    pub(super) fn value_count(&self, facet: Facet) -> usize {
        match facet {
            Facet::Genre => self.genres.count,
            Facet::Artist => self.artists.count,
            Facet::AlbumArtist => self.album_artists.names.len(),
            Facet::Decade => self.first_years.len(),
            Facet::Format => self.format_names.len(),
        }
    }
}

/// The different values that the tracks of each owner have, ascending.
fn distinct(columns: &Columns, owners: &EntityIndex, facet: Facet) -> Result<Lists, TooLarge> {
    let mut lists = Lists::new(owners.count as usize);
    let mut list = Vec::new();
    for owner in 0..owners.count {
        owners.postings.lists().each(owner, |track| {
            columns.each_value(facet, track, |value| {
                // Neighbours have the same more often than not.
                if list.last() != Some(&value) {
                    list.push(value);
                }
            });
        });
        list.sort_unstable();
        list.dedup();
        lists.push(list.drain(..))?;
    }
    Ok(lists.finish())
}
