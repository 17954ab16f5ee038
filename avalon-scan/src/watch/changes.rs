//! Changed folders, collected until nothing has changed for a while.
//!
//! In: folders, with the time at which they changed. Out: sets of folders, when they are due. There is
//! no clock and no file system in here. What stays true: a set holds at most [`MOST`] folders (or as
//! many as there are roots), whatever has changed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::Timing;

/// With more folders than these, those that lie deepest become their parents: one walk over a
/// larger part costs less than many over small ones.
const MOST: usize = 100;

/// What has changed and was not reported yet.
#[derive(Debug)]
pub(super) struct Changes {
    timing: Timing,
    roots: Vec<PathBuf>,
    /// None lies below another.
    folders: BTreeSet<PathBuf>,
    /// When the first and the last of `folders` changed.
    since: Option<(Instant, Instant)>,
    /// Roots, and folders in them, that are asked, and when.
    polls: Vec<(PathBuf, Instant)>,
}

impl Changes {
    pub(super) fn new(timing: Timing, roots: Vec<PathBuf>) -> Self {
        Self {
            timing,
            roots,
            folders: BTreeSet::new(),
            since: None,
            polls: Vec::new(),
        }
    }

    /// Something at or below this folder changed. What lies in no root is of no interest.
    pub(super) fn changed(&mut self, folder: &Path, now: Instant) {
        if !self.roots.iter().any(|root| folder.starts_with(root)) {
            return;
        }
        let first = self.since.map_or(now, |(first, _)| first);
        self.since = Some((first, now));
        insert(&mut self.folders, folder.to_owned());
        while self.folders.len() > MOST.max(self.roots.len()) {
            self.merge_deepest();
        }
    }

    /// Puts the parents of the deepest folders in their place.
    fn merge_deepest(&mut self) {
        let depth = |folder: &PathBuf| match self.roots.contains(folder) {
            true => 0,
            false => folder.components().count(),
        };
        let deepest = self.folders.iter().map(depth).max().unwrap_or(0);
        let deep: Vec<PathBuf> = self
            .folders
            .iter()
            .filter(|folder| depth(folder) == deepest)
            .cloned()
            .collect();
        for folder in deep {
            self.folders.remove(&folder);
            if let Some(parent) = folder.parent() {
                insert(&mut self.folders, parent.to_owned());
            }
        }
    }

    /// From now on this root, or this folder in one, is reported at times.
    pub(super) fn poll(&mut self, folder: &Path, now: Instant) {
        if !self.polls.iter().any(|(other, _)| other == folder) {
            let next = now + self.timing.poll;
            self.polls.push((folder.to_owned(), next));
        }
    }

    /// It is not reported at times any more.
    pub(super) fn rest(&mut self, folder: &Path) {
        self.polls.retain(|(other, _)| other != folder);
    }

    /// Whether one of them is to be reported now.
    pub(super) fn is_poll_due(&self, now: Instant) -> bool {
        self.polls.iter().any(|(_, next)| *next <= now)
    }

    /// What was taken last has been scanned: the time to the next poll begins.
    pub(super) fn resume(&mut self, now: Instant) {
        for (_, next) in &mut self.polls {
            // One that is to come was not taken.
            if *next <= now {
                *next = now + self.timing.poll;
            }
        }
    }

    /// When something will be there to take, if nothing more happens.
    pub(super) fn due(&self) -> Option<Instant> {
        let polls = self.polls.iter().map(|(_, next)| *next);
        polls.chain(self.changes_due()).min()
    }

    fn changes_due(&self) -> Option<Instant> {
        let Timing { quiet, longest, .. } = self.timing;
        self.since
            .map(|(first, last)| (last + quiet).min(first + longest))
    }

    /// Takes what is due.
    pub(super) fn take(&mut self, now: Instant) -> Vec<PathBuf> {
        let mut taken = BTreeSet::new();
        if self.changes_due().is_some_and(|due| due <= now) {
            self.since = None;
            taken = std::mem::take(&mut self.folders);
        }
        for (folder, next) in &self.polls {
            if *next <= now {
                insert(&mut taken, folder.clone());
            }
        }
        taken.into_iter().collect()
    }
}

/// Adds a folder, of which none is to lie below another.
fn insert(folders: &mut BTreeSet<PathBuf>, folder: PathBuf) {
    if folder.ancestors().any(|above| folders.contains(above)) {
        return;
    }
    // Paths are ordered by their components, so all that lies below comes next.
    let below: Vec<PathBuf> = folders
        .range(folder.clone()..)
        .take_while(|other| other.starts_with(&folder))
        .cloned()
        .collect();
    for other in below {
        folders.remove(&other);
    }
    folders.insert(folder);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const TIMING: Timing = Timing {
        quiet: Duration::from_secs(2),
        longest: Duration::from_secs(30),
        poll: Duration::from_secs(300),
        check: Duration::from_secs(10),
    };

    fn changes(roots: &[&str]) -> (Changes, impl Fn(u64) -> Instant) {
        let start = Instant::now();
        let roots = roots.iter().map(PathBuf::from).collect();
        let at = move |milliseconds| start + Duration::from_millis(milliseconds);
        (Changes::new(TIMING, roots), at)
    }

    fn paths(paths: &[&str]) -> Vec<PathBuf> {
        paths.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn changes_are_taken_after_a_quiet_time() {
        let (mut changes, at) = changes(&["/m"]);
        assert_eq!(changes.due(), None);
        changes.changed(Path::new("/m/a"), at(0));
        changes.changed(Path::new("/m/a"), at(1500));
        assert_eq!(changes.due(), Some(at(3500)));
        assert_eq!(changes.take(at(3499)), paths(&[]));
        assert_eq!(changes.take(at(3500)), paths(&["/m/a"]));
        assert_eq!((changes.due(), changes.take(at(9000))), (None, paths(&[])));
    }

    #[test]
    fn a_change_waits_no_longer_than_the_longest_time() {
        let (mut changes, at) = changes(&["/m"]);
        for second in 0..60 {
            changes.changed(Path::new("/m/copy"), at(second * 1000));
            let expected = match second {
                30 => paths(&["/m/copy"]),
                _ => paths(&[]),
            };
            assert_eq!(changes.take(at(second * 1000)), expected, "{second}");
        }
        assert_eq!(changes.due(), Some(at(61_000)), "31 s + 30 s");
    }

    #[test]
    fn a_folder_stands_for_all_below_it() {
        let table: &[(&str, &[&str], &[&str])] = &[
            ("the same", &["/m/a", "/m/a"], &["/m/a"]),
            ("above after", &["/m/a/b/c", "/m/a/d", "/m/a"], &["/m/a"]),
            ("above before", &["/m/a", "/m/a/b/c"], &["/m/a"]),
            (
                "like it, but beside",
                &["/m/a-b/c", "/m/a", "/m/a b"],
                &["/m/a", "/m/a b", "/m/a-b/c"],
            ),
            ("two roots", &["/m/a", "/n/a", "/n"], &["/m/a", "/n"]),
            ("outside", &["/m/a", "/x", "/ma", "/"], &["/m/a"]),
            ("only outside", &["/x/y", "/home"], &[]),
        ];
        for (name, changed, expected) in table {
            let (mut changes, at) = changes(&["/m", "/n"]);
            for folder in *changed {
                changes.changed(Path::new(folder), at(0));
            }
            assert_eq!(changes.take(at(5000)), paths(expected), "{name}");
        }
    }

    #[test]
    fn many_folders_become_those_above_them() {
        let (mut changes, at) = changes(&["/m"]);
        for album in 0..101 {
            let folder = format!("/m/artist {}/album {album}", album % 3);
            changes.changed(Path::new(&folder), at(0));
        }
        changes.changed(Path::new("/m/other"), at(0));
        let expected = ["/m/artist 0", "/m/artist 1", "/m/artist 2", "/m/other"];
        assert_eq!(changes.take(at(5000)), paths(&expected));
        for artist in 0..101 {
            changes.changed(&Path::new("/m").join(artist.to_string()), at(0));
        }
        assert_eq!(changes.take(at(5000)), paths(&["/m"]));
    }

    #[test]
    fn a_polled_root_is_reported_some_time_after_its_last_scan() {
        let (mut changes, at) = changes(&["/m", "/nas"]);
        changes.poll(Path::new("/nas"), at(0));
        changes.poll(Path::new("/nas"), at(0));
        changes.changed(Path::new("/m/a"), at(299_000));
        assert_eq!(changes.due(), Some(at(300_000)));
        assert_eq!(
            changes.take(at(300_000)),
            paths(&["/nas"]),
            "/m/a is not due"
        );
        // The scan took 100 s.
        changes.resume(at(400_000));
        assert_eq!(changes.take(at(400_000)), paths(&["/m/a"]));
        changes.resume(at(401_000));
        assert_eq!(changes.due(), Some(at(700_000)));
        changes.changed(Path::new("/nas/b"), at(690_000));
        assert_eq!(
            changes.take(at(700_000)),
            paths(&["/nas"]),
            "and all below it"
        );
    }

    #[test]
    fn a_polled_folder_in_a_polled_root_is_not_reported_twice() {
        let (mut changes, at) = changes(&["/m"]);
        changes.poll(Path::new("/m/nas"), at(0));
        changes.poll(Path::new("/m"), at(0));
        assert!(!changes.is_poll_due(at(299_999)) && changes.is_poll_due(at(300_000)));
        assert_eq!(changes.take(at(300_000)), paths(&["/m"]));
        changes.resume(at(300_000));
        changes.rest(Path::new("/m"));
        assert_eq!(changes.take(at(600_000)), paths(&["/m/nas"]));
    }

    proptest! {
        #[test]
        fn whatever_changes_is_covered_by_few_folders_that_do_not_overlap(
            names in proptest::collection::vec(proptest::collection::vec("[a-f]", 0..5), 1..400),
        ) {
            let (mut changes, at) = changes(&["/m", "/n"]);
            let changed: Vec<PathBuf> = names
                .iter()
                .map(|names| names.iter().fold(PathBuf::from("/m"), |path, name| path.join(name)))
                .collect();
            for folder in &changed {
                changes.changed(folder, at(0));
            }
            let taken = changes.take(at(2000));
            prop_assert!(taken.len() <= MOST);
            for folder in &changed {
                let covering = taken.iter().filter(|other| folder.starts_with(other)).count();
                prop_assert_eq!(covering, 1, "{:?} in {:?}", folder, taken);
            }
            prop_assert!(taken.iter().all(|folder| folder.starts_with("/m")));
        }
    }
}
