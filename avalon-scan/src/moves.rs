//! Which new files are old ones at another place.
//!
//! In: the tracks that are gone and those that are new. Out: pairs of them. Pure.
//!
//! What stays true: a pair has no rival. Where two files could be the moved one, or one could have
//! come from two places, all of them are new.

use avalon_core::database::FileStat;
use rustc_hash::{FxHashMap, FxHashSet};

/// By what a file is known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Size, time and number of the file.
    pub stat: FileStat,
    /// A hash of its sound.
    pub fingerprint: Option<[u8; 16]>,
}

impl Marks {
    /// Inode, size and mtime.
    fn of_file(&self) -> (u64, u64, i64) {
        (self.stat.inode, self.stat.size, self.stat.mtime_ns)
    }
}

/// What a file must be like to be one of those that are new: a look at few of very many.
#[derive(Debug, Default)]
pub struct Wanted {
    files: FxHashSet<(u64, u64, i64)>,
    sounds: FxHashSet<[u8; 16]>,
}

impl Wanted {
    /// By the marks of what is new.
    pub fn of<'a>(new: impl Iterator<Item = &'a Marks>) -> Self {
        let mut wanted = Self::default();
        for marks in new {
            wanted.files.insert(marks.of_file());
            wanted.sounds.extend(marks.fingerprint);
        }
        wanted
    }

    /// Whether any of these could be this one.
    pub fn matches(&self, marks: &Marks) -> bool {
        let is_sound = |sound| self.sounds.contains(sound);
        self.files.contains(&marks.of_file()) || marks.fingerprint.as_ref().is_some_and(is_sound)
    }
}

/// The pairs (place among the gone, place among the new): the same inode, size and mtime, else the
/// same sound.
pub fn pairs(gone: &[Marks], new: &[Marks]) -> Vec<(usize, usize)> {
    let mut gone_free = vec![true; gone.len()];
    let mut new_free = vec![true; new.len()];
    let mut pairs = Vec::new();
    let by_stat = |marks: &Marks| Some(marks.of_file());
    let by_sound = |marks: &Marks| marks.fingerprint;
    let mut take = |found: Vec<(usize, usize)>| {
        for &(old, young) in &found {
            gone_free[old] = false;
            new_free[young] = false;
        }
        pairs.extend(found);
        (gone_free.clone(), new_free.clone())
    };
    let (gone_left, new_left) = take(single(gone, new, &[], &[], by_stat));
    take(single(gone, new, &gone_left, &new_left, by_sound));
    pairs.sort_unstable();
    pairs
}

/// The pairs of equal keys that stand alone on both sides, of those that are still free (all, where
/// nothing is said).
fn single<Key: Eq + std::hash::Hash>(
    gone: &[Marks],
    new: &[Marks],
    gone_free: &[bool],
    new_free: &[bool],
    key: impl Fn(&Marks) -> Option<Key>,
) -> Vec<(usize, usize)> {
    #[derive(Default)]
    struct Group {
        gone: Vec<usize>,
        new: Vec<usize>,
    }
    let is_free = |free: &[bool], place: usize| free.get(place).copied().unwrap_or(true);
    let mut groups: FxHashMap<Key, Group> = FxHashMap::default();
    for (place, marks) in gone.iter().enumerate() {
        if let Some(key) = key(marks).filter(|_| is_free(gone_free, place)) {
            groups.entry(key).or_default().gone.push(place);
        }
    }
    for (place, marks) in new.iter().enumerate() {
        let group = key(marks).and_then(|key| groups.get_mut(&key));
        if let Some(group) = group.filter(|_| is_free(new_free, place)) {
            group.new.push(place);
        }
    }
    let alone = |group: Group| match (&group.gone[..], &group.new[..]) {
        (&[old], &[young]) => Some((old, young)),
        _ => None,
    };
    groups.into_values().filter_map(alone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(inode: u64, sound: u8) -> Marks {
        Marks {
            stat: FileStat {
                size: 100,
                mtime_ns: 1,
                ctime_ns: inode as i64 * 7,
                inode,
            },
            fingerprint: (sound > 0).then_some([sound; 16]),
        }
    }

    #[test]
    fn wanted_is_what_has_one_of_the_marks() {
        let new = [marks(1, 1), marks(2, 0)];
        let wanted = Wanted::of(new.iter());
        for (row, marks, expected) in [
            ("the file", marks(1, 9), true),
            ("the sound", marks(9, 1), true),
            ("the file of no sound", marks(2, 5), true),
            ("neither", marks(9, 9), false),
            ("no sound is no mark", marks(9, 0), false),
        ] {
            assert_eq!(wanted.matches(&marks), expected, "{row}");
        }
    }

    #[test]
    fn a_pair_is_the_same_file_or_the_same_sound_and_has_no_rival() {
        for (row, gone, new, expected) in [
            ("nothing", vec![], vec![], vec![]),
            (
                "renamed",
                vec![marks(1, 1)],
                vec![marks(1, 1)],
                vec![(0, 0)],
            ),
            (
                "renamed and retagged in place",
                vec![marks(1, 1)],
                vec![marks(1, 2)],
                vec![(0, 0)],
            ),
            (
                "to another file system",
                vec![marks(1, 1)],
                vec![marks(9, 1)],
                vec![(0, 0)],
            ),
            ("another", vec![marks(1, 1)], vec![marks(2, 2)], vec![]),
            ("no sound", vec![marks(1, 0)], vec![marks(2, 0)], vec![]),
            (
                "two copies came",
                vec![marks(1, 1)],
                vec![marks(8, 1), marks(9, 1)],
                vec![],
            ),
            (
                "of two that went",
                vec![marks(1, 1), marks(2, 1)],
                vec![marks(9, 1)],
                vec![],
            ),
            (
                "the file before the copy",
                vec![marks(1, 1)],
                vec![marks(9, 1), marks(1, 1)],
                vec![(0, 1)],
            ),
            (
                "two files changed their names",
                vec![marks(1, 1), marks(2, 1)],
                vec![marks(2, 1), marks(1, 1)],
                vec![(0, 1), (1, 0)],
            ),
            (
                "what one mark settles frees the other",
                vec![marks(1, 1), marks(2, 1)],
                vec![marks(1, 1), marks(9, 1)],
                vec![(0, 0), (1, 1)],
            ),
            (
                "hard links",
                vec![marks(1, 1)],
                vec![marks(1, 1), marks(1, 1)],
                vec![],
            ),
        ] {
            assert_eq!(pairs(&gone, &new), expected, "{row}");
        }
    }
}
