//! Artists of whole albums, whom the lists of v1 do not know: who they are, and of which tracks.
//!
//! In: what the details say of each track, a JSON array of names; what is none is one name, as the details
//! of a song tell it. Out: each spelling once, numbered by (form, spelling), so that those that searches
//! fold to one form are neighbours; the numbers of a track, and the tracks of a number as runs: commonly
//! one run for all that an artist has made. Names of spaces alone are none.

use std::collections::hash_map::Entry;
use std::ops::Range;

use avalon_core::text::trim;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::codes::Codes;
use super::lists::Lists;
use crate::catalog::{Texts, TooLarge, number};

/// Folds a name to the form by which it is compared.
pub type Fold = fn(&str) -> String;

/// The album artists of all tracks.
#[derive(Debug)]
pub struct AlbumArtists {
    /// Each name, as the tags spell it.
    pub names: Texts,
    fold: Fold,
    /// Each different list of numbers, ascending; the first is empty.
    lists: Lists,
    /// Which of the lists each track has.
    of_tracks: Codes,
    runs: Lists<Range<u32>>,
}

impl AlbumArtists {
    /// `texts` are the different columns of the details, numbered from 1 on, and `of_tracks` says which of
    /// them each track has; 0 is none.
    ///
    /// # Errors
    /// There are more of them than 32 bits can number.
    pub(super) fn build(texts: &[&str], of_tracks: &[u32], fold: Fold) -> Result<Self, TooLarge> {
        let parsed: Vec<Vec<String>> = texts.par_iter().map(|text| names_in(text)).collect();
        let mut names: Vec<&str> = parsed.iter().flatten().map(String::as_str).collect();
        names.par_sort_unstable();
        names.dedup();
        let mut ordered: Vec<(String, &str)> =
            names.par_iter().map(|&name| (fold(name), name)).collect();
        ordered.par_sort_unstable();
        number(ordered.len(), "album artists")?;
        let numbers: FxHashMap<&str, u32> =
            ordered.iter().map(|&(_, name)| name).zip(0..).collect();

        let mut lists = Lists::new(1);
        lists.push([])?;
        let mut known: FxHashMap<Vec<u32>, u32> = [(Vec::new(), 0)].into_iter().collect();
        let mut list_of_text = vec![0];
        for names in &parsed {
            let mut list: Vec<u32> = names.iter().map(|name| numbers[name.as_str()]).collect();
            list.sort_unstable();
            list.dedup();
            // No more lists than texts, which are numbered.
            let next = known.len() as u32;
            list_of_text.push(match known.entry(list) {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => {
                    lists.push(entry.key().iter().copied())?;
                    *entry.insert(next)
                }
            });
        }
        let lists = lists.finish();
        let largest = known.len() as u32 - 1;
        let list_of = |track: u32| list_of_text[of_tracks[track as usize] as usize];
        let of_tracks = Codes::new(of_tracks.len(), largest, list_of);
        Ok(Self {
            names: Texts::collect(ordered.iter().map(|&(_, name)| name))?,
            fold,
            runs: runs(&lists, &of_tracks, ordered.len())?,
            lists,
            of_tracks,
        })
    }

    /// The numbers of a track's, ascending.
    ///
    /// # Panics
    /// There is no such track.
    pub fn of(&self, track: u32) -> &[u32] {
        self.lists.get(self.of_tracks.get(track))
    }

    /// The tracks of one of them: ascending ranges that do not touch.
    ///
    /// # Panics
    /// There is no such album artist.
    pub fn tracks(&self, number: u32) -> &[Range<u32>] {
        self.runs.get(number)
    }

    /// The numbers of those whose name is this one, folded.
    pub fn named(&self, name: &str) -> Range<u32> {
        let form = (self.fold)(name);
        let first = self.bound(|other| other < form.as_str());
        first..self.bound(|other| other <= form.as_str())
    }

    /// How many of them there are before the first whose form does not hold.
    fn bound(&self, holds: impl Fn(&str) -> bool) -> u32 {
        let mut places = 0..self.names.len() as u32;
        while !places.is_empty() {
            let middle = places.start + (places.end - places.start) / 2;
            if holds(&(self.fold)(self.names.get(middle))) {
                places.start = middle + 1;
            } else {
                places.end = middle;
            }
        }
        places.start
    }

    /// The memory that they take, in bytes.
    pub(super) fn memory(&self) -> usize {
        let of_tracks = self.of_tracks.memory() + self.runs.memory();
        self.names.memory() + self.lists.memory() + of_tracks
    }
}

/// The names in a column of the details.
fn names_in(text: &str) -> Vec<String> {
    let mut names: Vec<String> =
        serde_json::from_str(text).unwrap_or_else(|_| vec![text.to_owned()]);
    names.retain(|name| !trim(name).is_empty());
    names
}

/// The runs of tracks of each album artist.
fn runs(lists: &Lists, of_tracks: &Codes, count: usize) -> Result<Lists<Range<u32>>, TooLarge> {
    let mut all: Vec<(u32, Range<u32>)> = Vec::new();
    let mut last: Vec<Range<u32>> = vec![0..0; count];
    for track in 0..of_tracks.len() as u32 {
        for &number in lists.get(of_tracks.get(track)) {
            let run = &mut last[number as usize];
            if run.end != track {
                let ended = std::mem::replace(run, track..track);
                all.push((number, ended));
            }
            run.end = track + 1;
        }
    }
    all.extend((0..).zip(last));
    all.retain(|(_, run)| !run.is_empty());
    all.par_sort_unstable_by_key(|(number, run)| (*number, run.start));
    let mut runs = Lists::new(count);
    let mut rest = all.into_iter().peekable();
    for number in 0..count as u32 {
        let of_number = || rest.next_if(|(of, _)| *of == number).map(|(_, run)| run);
        runs.push(std::iter::from_fn(of_number))?;
    }
    Ok(runs.finish())
}

#[cfg(test)]
mod tests {
    use avalon_core::text::search_form;

    use super::*;

    fn built(texts: &[&str], of_tracks: &[u32]) -> AlbumArtists {
        AlbumArtists::build(texts, of_tracks, search_form).unwrap()
    }

    #[test]
    fn each_spelling_counts_once_in_the_order_of_forms() {
        let texts = [
            r#"["b","Á"]"#,
            r#"[ "Á", "b", "b" ]"#,
            "Plain, text",
            r#"["a", " ", ""]"#,
            "[]",
            " ",
            "[1]",
            r#"["A"]"#,
        ];
        let artists = built(&texts, &[0, 1, 2, 3, 4, 5, 6, 7, 8]);
        let names: Vec<&str> = artists.names.iter().collect();
        assert_eq!(names, ["[1]", "A", "a", "Á", "b", "Plain, text"]);
        let of_tracks: Vec<&[u32]> = (0..9).map(|track| artists.of(track)).collect();
        let expected: [&[u32]; 9] = [&[], &[3, 4], &[3, 4], &[5], &[2], &[], &[], &[0], &[1]];
        assert_eq!(of_tracks, expected);
        for (name, numbers) in [
            ("á", 1..4),
            ("B", 4..5),
            ("plain, TEXT", 5..6),
            ("zz", 6..6),
            ("", 0..0),
            ("az", 4..4),
        ] {
            assert_eq!(artists.named(name), numbers, "{name}");
        }
    }

    #[test]
    fn tracks_are_runs_that_do_not_touch() {
        let texts = [r#"["a"]"#, r#"["a","b"]"#, r#"["b"]"#];
        let artists = built(&texts, &[1, 2, 2, 0, 3, 1, 1]);
        assert_eq!(artists.tracks(0), [0..3, 5..7]);
        assert_eq!(artists.tracks(1), [1..3, 4..5]);
        assert!(built(&[], &[0, 0]).of(1).is_empty());
    }
}
