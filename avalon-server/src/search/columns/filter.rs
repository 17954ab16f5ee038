//! Which tracks pass the filters of a search.
//!
//! In: [`Filters`]; names and ids are looked up in the index, as lists do it. Out: a set of tracks. Whatever is asked for costs at most a pass over one column.

use avalon_core::text::lower;

use super::super::bits::Bits;
use super::super::request::{Filters, Years};
use super::Columns;
use crate::index::{EntityIndex, Index};

impl Columns {
    /// The tracks that pass all filters; `None` where there is no filter.
    pub fn filter(&self, filters: &Filters<'_>, index: &Index) -> Option<Bits> {
        let Filters {
            album,
            artist,
            genre,
            album_artist,
            album_id,
            artist_id,
            genre_id,
            year,
            decade,
            format,
        } = filters;
        let named = [
            (album, &index.albums),
            (artist, &index.artists),
            (genre, &index.genres),
        ];
        let named = named.into_iter().filter_map(|(name, owners)| {
            let numbers = owners.lookup.named(name.as_deref()?);
            Some(self.of_owners(owners, numbers))
        });
        let with_id = [
            (album_id, &index.albums),
            (artist_id, &index.artists),
            (genre_id, &index.genres),
        ];
        let with_id = with_id.into_iter().filter_map(|(id, owners)| {
            let number = owners.lookup.with_id((*id)?);
            Some(self.of_owners(owners, number.as_slice()))
        });
        let decade = decade.map(|first| Years {
            first,
            last: first.saturating_add(9),
        });
        let years = [*year, decade].into_iter().flatten();
        let album_artist = album_artist.as_deref();
        named
            .chain(with_id)
            .chain(album_artist.map(|name| self.of_album_artist(name)))
            .chain(years.map(|years| self.of_years(years)))
            .chain(format.as_deref().map(|format| self.of_format(format)))
            .reduce(|mut passing, also| {
                passing.and(&also);
                passing
            })
    }

    /// The tracks of these years.
    pub fn of_years(&self, years: Years) -> Bits {
        let values = &self.years.values;
        // Ranks are counted from 1 on; there are no more than tracks.
        let before = values.partition_point(|&year| year < years.first) as u32;
        let last = values.partition_point(|&year| year <= years.last) as u32;
        self.years.codes.within(before + 1..last + 1)
    }

    /// The tracks of the album artists whose name is this one, folded.
    pub fn of_album_artist(&self, name: &str) -> Bits {
        let mut tracks = Bits::new(self.tracks());
        for number in self.album_artists.named(name) {
            for run in self.album_artists.tracks(number) {
                tracks.insert_range(run.clone());
            }
        }
        tracks
    }

    fn of_format(&self, format: &str) -> Bits {
        match self.format_names.binary_search(&lower(format)) {
            Ok(place) => {
                let wanted = place as u32 + 1;
                self.formats.within(wanted..wanted + 1)
            }
            Err(_) => Bits::new(self.tracks()),
        }
    }

    fn of_owners(&self, owners: &EntityIndex, numbers: &[u32]) -> Bits {
        let mut tracks = Bits::new(self.tracks());
        for &number in numbers {
            owners
                .postings
                .lists()
                .each(number, |track| tracks.insert(track));
        }
        tracks
    }
}
