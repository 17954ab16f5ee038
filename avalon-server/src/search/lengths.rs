//! The elements of each collection by how many words their names have.
//!
//! In: the names. Out: sets, from which those of a set with the shortest names are found without a look at
//! the others.

use super::bits::Bits;
use super::names::Names;
use super::sets::own_field;
use crate::catalog::Collection;

/// Names of so many words or more are in one set.
const LONG: usize = 12;

/// So many elements are told apart by their names sooner than by the sets of all lengths.
const FEW: usize = 2048;

/// Elements by the number of words of their names, in the order of [`Collection::ALL`].
#[derive(Debug)]
pub(super) struct Lengths {
    sets: [Vec<Bits>; Collection::ALL.len()],
}

impl Lengths {
    /// Counts the words of all names.
    pub(super) fn build(names: &Names) -> Self {
        let sets = Collection::ALL.map(|collection| {
            let documents = names.of_field(own_field(collection));
            let mut sets = vec![Bits::new(documents.len()); LONG + 1];
            for document in documents.clone() {
                let length = usize::from(names.word_count(document)).min(LONG);
                sets[length].insert(document - documents.start);
            }
            sets
        });
        Self { sets }
    }

    /// The `most` elements of `set`, not in `but`, whose names have the fewest words, of equal ones the
    /// first; in that order.
    pub(super) fn shortest(
        &self,
        names: &Names,
        collection: Collection,
        set: &Bits,
        but: &Bits,
        most: usize,
    ) -> Vec<u32> {
        let first = names.of_field(own_field(collection)).start;
        let words = |number: &u32| names.word_count(first + number);
        let mut few = Vec::with_capacity(FEW + 1);
        set.put_without(but, None, FEW + 1, &mut few);
        if few.len() <= FEW {
            few.sort_by_key(words);
            few.truncate(most);
            return few;
        }
        let at = Collection::ALL.iter().position(|&it| it == collection);
        let sets = &self.sets[at.unwrap_or_default()];
        let mut shortest = Vec::with_capacity(most);
        for (length, of_length) in sets.iter().enumerate() {
            if length < LONG {
                set.put_without(but, Some(of_length), most, &mut shortest);
            } else {
                let mut long = Vec::new();
                set.put_without(but, Some(of_length), usize::MAX, &mut long);
                long.sort_by_key(words);
                long.truncate(most - shortest.len());
                shortest.append(&mut long);
            }
            if shortest.len() == most {
                break;
            }
        }
        shortest
    }

    /// The memory that they take, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.sets.iter().flatten().map(Bits::memory).sum()
    }
}
