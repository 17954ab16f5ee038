//! A list for each of many owners, all in one buffer.
//!
//! In: the lists in the order of their owners. Out: the list of an owner.

use crate::catalog::{TooLarge, number};

/// Lists by owner.
#[derive(Debug)]
pub struct Lists<T = u32> {
    /// Where the list of each owner ends.
    ends: Vec<u32>,
    members: Vec<T>,
}

impl<T> Lists<T> {
    /// No list yet, and room for some.
    pub(super) fn new(owners: usize) -> Self {
        Self {
            ends: Vec::with_capacity(owners),
            members: Vec::new(),
        }
    }

    /// Adds the list of the next owner.
    ///
    /// # Errors
    /// All lists together are longer than 32 bits can number.
    pub(super) fn push(&mut self, list: impl IntoIterator<Item = T>) -> Result<(), TooLarge> {
        self.members.extend(list);
        let end = number(self.members.len(), "names of albums and artists")?;
        self.ends.push(end);
        Ok(())
    }

    /// Gives back memory that was kept for more lists.
    pub(super) fn finish(mut self) -> Self {
        self.members.shrink_to_fit();
        self
    }

    /// How many owners there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no owner.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The list of an owner.
    ///
    /// # Panics
    /// There is no such owner.
    pub fn get(&self, owner: u32) -> &[T] {
        let at = owner as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.members[start as usize..self.ends[at] as usize]
    }

    /// The memory that they take, in bytes.
    pub(super) fn memory(&self) -> usize {
        size_of_val(&*self.ends) + size_of_val(&*self.members)
    }
}
