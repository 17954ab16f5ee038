//! The orders of a collection: a permutation for each field that it may be asked for by.
//!
//! In: permutations with their fields. Out: the one of a field, and the number that it has here, by
//! which large sets know their counts.

use std::sync::Arc;

use rayon::prelude::*;

use super::permutation::Permutation;
use super::sizes::Sizes;
use crate::catalog::Field;

/// Permutations by field.
#[derive(Debug)]
pub struct Orders {
    fields: Box<[Field]>,
    permutations: Box<[Arc<Permutation>]>,
}

impl Orders {
    /// Of a collection that may have counted sets they know the block of each element.
    pub(super) fn new(
        orders: impl IntoIterator<Item = (Field, Permutation)>,
        sizes: &Sizes,
    ) -> Self {
        let (fields, permutations): (Vec<Field>, Vec<Permutation>) = orders.into_iter().unzip();
        let permutations: Vec<Arc<Permutation>> = permutations
            .into_par_iter()
            .map(|order| match order.len() > sizes.counted {
                true => order.with_blocks(sizes.many),
                false => order,
            })
            .map(Arc::new)
            .collect();
        Self {
            fields: fields.into(),
            permutations: permutations.into(),
        }
    }

    /// All permutations, by number.
    pub(super) fn all(&self) -> &[Arc<Permutation>] {
        &self.permutations
    }

    /// The number and the permutation of a field.
    ///
    /// # Panics
    /// The collection has no such field.
    pub fn by(&self, field: Field) -> (usize, &Arc<Permutation>) {
        let number = self.fields.iter().position(|&of| of == field);
        let number = number.expect("queries name fields of their collection alone");
        (number, &self.permutations[number])
    }

    /// By name.
    pub(super) fn by_name(&self) -> &Arc<Permutation> {
        self.by(Field::Name).1
    }
}
