//! Exact look-ups: from an id or a name to the numbers of albums, artists or genres.
//!
//! In: an id, or a name in lower case. Out: the number with that id; the numbers with that name,
//! accents and outer spaces included. Names have a table of their own, though ids derive from them:
//! a database made by others may hold an id that does not follow from its name, or a name twice.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use avalon_core::text::lower;
use hashbrown::HashTable;
use rayon::prelude::*;
use rustc_hash::FxBuildHasher;
use uuid::Uuid;

use super::ids::Ids;
use crate::catalog::{Entities, Texts, TooLarge};

/// Look-ups over one kind of entity.
#[derive(Debug)]
pub struct Lookup {
    ids: Vec<Uuid>,
    by_id: Ids,
    /// Each lower-cased name once.
    names: Texts,
    by_name: HashTable<u32>,
    /// Where in `numbers` the numbers with each name end.
    ends: Vec<u32>,
    numbers: Vec<u32>,
}

impl Lookup {
    /// Hashes lower-cased names. `by_id` are the numbers in the order of their ids.
    ///
    /// # Errors
    /// The names are longer than 4 GiB in lower case.
    pub(super) fn build(entities: &Entities, by_id: Arc<[u32]>) -> Result<Self, TooLarge> {
        let mut named: Vec<(String, u32)> = (0..entities.ids.len() as u32)
            .into_par_iter()
            .map(|number| (lower(entities.names.get(number)), number))
            .collect();
        named.par_sort_unstable();
        let mut lookup = Self {
            numbers: named.iter().map(|&(_, number)| number).collect(),
            by_id: Ids::build(&entities.ids, by_id),
            ids: entities.ids.clone(),
            names: Texts::default(),
            by_name: HashTable::new(),
            ends: Vec::new(),
        };
        let mut end = 0;
        for equal in named.chunk_by(|(a, _), (b, _)| a == b) {
            end += equal.len() as u32;
            lookup.ends.push(end);
            lookup.names.push(&equal[0].0)?;
        }
        let count = lookup.ends.len();
        let hash_of = |name: &u32| FxBuildHasher.hash_one(lookup.names.get(*name));
        let mut by_name = HashTable::with_capacity(count);
        for name in 0..count as u32 {
            by_name.insert_unique(hash_of(&name), name, hash_of);
        }
        lookup.by_name = by_name;
        Ok(lookup)
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        let numbers = size_of_val(&*self.ends) + size_of_val(&*self.numbers);
        let names = self.names.memory() + self.by_name.allocation_size();
        size_of_val(&*self.ids) + self.by_id.memory() + names + numbers
    }

    /// The number of the entity with this id.
    pub fn with_id(&self, id: Uuid) -> Option<u32> {
        self.by_id.find(id, |number| self.ids[number as usize])
    }

    /// The numbers of the entities whose name in lower case equals that of `name`, ascending.
    pub fn named(&self, name: &str) -> &[u32] {
        let name = lower(name);
        let hash = FxBuildHasher.hash_one(name.as_str());
        let found = self.by_name.find(hash, |&at| self.names.get(at) == name);
        found.map_or(&[], |&at| &self.numbers[self.span(at)])
    }

    fn span(&self, name: u32) -> Range<usize> {
        let at = name as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[at] as usize
    }
}

#[cfg(test)]
mod tests {
    use avalon_core::database::{AlbumRow, Rows};
    use avalon_core::ids::AlbumId;

    use super::*;
    use crate::catalog::samples::catalog;
    use crate::index::permutation::Permutation;

    #[test]
    fn names_match_in_any_case_but_with_their_accents_and_spaces() {
        let names = [Some("Café"), Some("Cafe"), Some(" Cafe"), None, Some("İ")];
        let albums = names.iter().zip(1..).map(|(name, id)| AlbumRow {
            // Ids that do not follow from the names.
            id: AlbumId(Uuid::from_u128(id)),
            name: name.map(str::to_owned),
        });
        let twice = AlbumRow {
            id: AlbumId(Uuid::from_u128(9)),
            name: Some("CAFÉ".to_owned()),
        };
        let rows = Rows {
            albums: albums.chain([twice]).collect(),
            ..Rows::default()
        };
        let catalog = catalog(&rows);
        let albums = &catalog.albums;
        let by_id = Permutation::by_id(&albums.ids);
        let lookup = Lookup::build(albums, by_id.numbers()).unwrap();
        let ids = |name: &str| -> Vec<u128> {
            let mut ids: Vec<u128> = lookup
                .named(name)
                .iter()
                .map(|&number| catalog.albums.ids[number as usize].as_u128())
                .collect();
            ids.sort_unstable();
            ids
        };
        for (name, expected) in [
            ("café", &[1, 9][..]),
            ("CAFE", &[2]),
            (" cafe", &[3]),
            ("cafe ", &[]),
            ("cafe\u{301}", &[]),
            ("", &[4]),
            ("i\u{307}", &[5]),
            ("i", &[]),
        ] {
            assert_eq!(ids(name), expected, "{name:?}");
        }
        let number = lookup.with_id(Uuid::from_u128(5)).unwrap();
        assert_eq!(catalog.albums.names.get(number), "İ");
        assert_eq!(lookup.with_id(Uuid::from_u128(6)), None);
    }
}
