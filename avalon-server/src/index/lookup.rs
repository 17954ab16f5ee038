//! Exact look-ups: from an id or a name to the numbers of albums, artists or genres.
//!
//! In: an id, or a name in lower case. Out: the number with that id; the numbers with that name,
//! accents and outer spaces included. Names have a table of their own, though ids derive from them:
//! a database made by others may hold an id that does not follow from its name, or a name twice.

use avalon_core::text::lower;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::catalog::Entities;

/// Hash tables over one kind of entity.
#[derive(Debug, Default)]
pub struct Lookup {
    by_id: FxHashMap<Uuid, u32>,
    /// Where in `numbers` the numbers with a name begin and end.
    by_name: FxHashMap<Box<str>, (u32, u32)>,
    numbers: Vec<u32>,
}

impl Lookup {
    /// Hashes ids and lower-cased names.
    pub fn build(entities: &Entities) -> Self {
        let by_id = entities.ids.iter().copied().zip(0..).collect();
        let mut named: Vec<(String, u32)> = (0..entities.ids.len() as u32)
            .into_par_iter()
            .map(|number| (lower(entities.names.get(number)), number))
            .collect();
        named.par_sort_unstable();
        let numbers = named.iter().map(|&(_, number)| number).collect();
        let mut by_name = FxHashMap::default();
        let mut start = 0;
        for equal in named.chunk_by(|(a, _), (b, _)| a == b) {
            let end = start + equal.len() as u32;
            by_name.insert(equal[0].0.as_str().into(), (start, end));
            start = end;
        }
        Self {
            by_id,
            by_name,
            numbers,
        }
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        let by_id = self.by_id.capacity() * size_of::<(Uuid, u32)>();
        let by_name = self.by_name.capacity() * size_of::<(Box<str>, (u32, u32))>();
        let names: usize = self.by_name.keys().map(|name| name.len()).sum();
        by_id + by_name + names + size_of_val(&*self.numbers)
    }

    /// The number of the entity with this id.
    pub fn with_id(&self, id: Uuid) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    /// The numbers of the entities whose name in lower case equals that of `name`, ascending.
    pub fn named(&self, name: &str) -> &[u32] {
        match self.by_name.get(lower(name).as_str()) {
            Some(&(start, end)) => &self.numbers[start as usize..end as usize],
            None => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use avalon_core::database::{AlbumRow, Rows};
    use avalon_core::ids::AlbumId;

    use super::*;
    use crate::catalog::samples::catalog;

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
        let lookup = Lookup::build(&catalog.albums);
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
