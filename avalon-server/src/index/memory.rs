//! How much memory the parts of an index take, for the log.

use super::{ByOwner, EntityIndex, Index, Permutation};

/// Bytes by what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Suffix arrays.
    pub prefixes: usize,
    /// Sets of prefixes with many matches.
    pub prepared: usize,
    /// Permutations and ranks.
    pub orders: usize,
    /// Tracks by album, artist and genre, and the reverse.
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
        let owned = [&tracks.by_album, &tracks.by_artist, &tracks.by_genre];
        let own = [
            &tracks.by_id,
            &tracks.by_title,
            &tracks.by_length,
            &tracks.by_number,
            &tracks.by_year,
        ];
        let by_owner = |order: &ByOwner| order.id.memory() + order.name.memory();
        let owners = owned.len() * tracks.count as usize * size_of::<u32>();
        Memory {
            prefixes: of(|index| index.prefix.memory()) + tracks.prefix.memory(),
            prepared: of(|index| index.prepared.memory()) + tracks.prepared.memory(),
            orders: of(|index| index.by_id.memory() + index.by_name.memory())
                + own
                    .into_iter()
                    .map(|order| Permutation::memory(order))
                    .sum::<usize>()
                + owned.into_iter().map(by_owner).sum::<usize>(),
            postings: of(|index| index.postings.memory()) + owners,
            lookups: of(|index| index.lookup.memory()) + tracks.ids.memory(),
        }
    }
}
