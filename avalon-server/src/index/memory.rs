//! How much memory the parts of an index take, for the log.

use super::{EntityIndex, Index, Orders};

/// Bytes by what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Suffix arrays.
    pub prefixes: usize,
    /// Sets of prefixes with many matches.
    pub prepared: usize,
    /// Permutations and ranks; of each track its album, artist and genre.
    pub orders: usize,
    /// Tracks by album, artist and genre.
    pub postings: usize,
    /// Look-ups by id and by exact name.
    pub lookups: usize,
}

impl Index {
    /// What it takes.
    pub fn memory(&self) -> Memory {
        let Self {
            albums,
            artists,
            genres,
            tracks,
        } = self;
        let entities = [albums, artists, genres];
        let of = |part: fn(&EntityIndex) -> usize| entities.into_iter().map(part).sum::<usize>();
        let orders =
            |orders: &Orders| -> usize { orders.all().iter().map(|order| order.memory()).sum() };
        Memory {
            prefixes: of(|index| index.prefix.memory()) + tracks.prefix.memory(),
            prepared: of(|index| index.prepared.memory()) + tracks.prepared.memory(),
            orders: entities
                .into_iter()
                .map(|index| orders(&index.orders))
                .sum::<usize>()
                + orders(&tracks.orders),
            postings: of(|index| index.postings.memory()),
            lookups: of(|index| index.lookup.memory()) + tracks.ids.memory(),
        }
    }
}
