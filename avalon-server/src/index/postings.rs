//! Postings: the tracks of each album, artist or genre.
//!
//! In: for each track the number of its owner. Out: for each owner the ascending list of its tracks,
//! all lists one after the other in one buffer.

/// Lists of tracks by owner.
#[derive(Debug, Default)]
pub struct Postings {
    ends: Vec<u32>,
    tracks: Vec<u32>,
}

impl Postings {
    /// Turns track → owner around. `count` is the number of owners.
    pub fn build(owners: &[u32], count: usize) -> Self {
        let mut ends = vec![0; count];
        for &owner in owners {
            ends[owner as usize] += 1;
        }
        let mut total = 0;
        for end in &mut ends {
            // Where the list begins; each track put moves it on, to the end at last.
            total += std::mem::replace(end, total);
        }
        let mut tracks = vec![0; owners.len()];
        for (track, &owner) in (0..).zip(owners) {
            let end = &mut ends[owner as usize];
            tracks[*end as usize] = track;
            *end += 1;
        }
        Self { ends, tracks }
    }

    /// The tracks of one owner, ascending.
    ///
    /// # Panics
    /// There is no such owner.
    pub fn of(&self, owner: u32) -> &[u32] {
        let at = owner as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.tracks[start as usize..self.ends[at] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_owner_has_its_tracks_in_order() {
        let postings = Postings::build(&[2, 0, 2, 4, 0], 5);
        let lists: Vec<&[u32]> = (0..5).map(|owner| postings.of(owner)).collect();
        assert_eq!(lists, [&[1, 4][..], &[], &[0, 2], &[], &[3]]);
    }
}
