//! What is mounted in a root, and which of it must be asked for what changes.
//!
//! In: the places of a root, which are the root itself and, where links are followed, the folders
//! that links in it lead to; and what is [mounted](Mounts). Out: the mount points as a walk comes to
//! them, each with its [`Mode`]. Nothing is looked at in here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::files::mounts::{self, Mount, Mounts};

/// How a folder is to be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// By events of the kernel, and by asking where that fails.
    Events,
    /// By asking: it is on a network file system, where other machines change files unseen.
    Poll,
}

/// A folder to which a walk comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Its path in the root.
    pub(super) path: PathBuf,
    /// Its path without links.
    pub(super) real: PathBuf,
}

/// What is mounted at the places and below them, by the path in the root. The places themselves are
/// among it, with what they lie on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mounted(BTreeMap<PathBuf, What>);

/// A mount: the type of its file system, and the kernel's number of it.
type What = (String, u64);

impl Mounted {
    /// Finds them.
    pub(super) fn find(places: &[Place], mounts: &Mounts) -> Self {
        let mut found = BTreeMap::new();
        for Place { path, real } in places {
            found.insert(
                path.clone(),
                mounts.mount_of(real).map(what).unwrap_or_default(),
            );
            for mount in mounts.entries.iter().filter(|mount| is_content(mount)) {
                // Of two on one point the later hides the earlier, and takes its place here.
                if mount.point != *real
                    && let Ok(below) = mount.point.strip_prefix(real)
                {
                    found.insert(path.join(below), what(mount));
                }
            }
        }
        Self(found)
    }

    /// The mode of the folder at a path; events where nothing is known.
    pub(super) fn mode_of(&self, path: &Path) -> Mode {
        match self
            .0
            .get(path)
            .is_some_and(|(of, _)| mounts::is_network(of))
        {
            true => Mode::Poll,
            false => Mode::Events,
        }
    }

    /// What is to be asked, none of it below another.
    pub(super) fn polled(&self) -> Vec<PathBuf> {
        let mut polled: Vec<PathBuf> = Vec::new();
        // Paths are in order of their components: what lies below comes next.
        for path in self.0.keys() {
            let is_covered = polled.last().is_some_and(|above| path.starts_with(above));
            if !is_covered && self.mode_of(path) == Mode::Poll {
                polled.push(path.clone());
            }
        }
        polled
    }

    /// What is mounted here and was not: also where another is mounted now, as after a disk was changed.
    pub(super) fn new_since(&self, before: &Self) -> Vec<PathBuf> {
        let is_new = |(path, of): &(&PathBuf, &What)| before.0.get(*path) != Some(of);
        let new = self.0.iter().filter(is_new);
        new.map(|(path, _)| path.clone()).collect()
    }

    /// Where nothing is mounted any more.
    pub(super) fn gone_since(&self, before: &Self) -> Vec<PathBuf> {
        let is_gone = |path: &&PathBuf| !self.0.contains_key(*path);
        before.0.keys().filter(is_gone).cloned().collect()
    }
}

fn what(mount: &Mount) -> What {
    (mount.file_system.clone(), mount.id)
}

/// Whether a mount holds files, and not only the place of one that comes when it is asked for.
fn is_content(mount: &Mount) -> bool {
    mount.file_system != "autofs"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name, places, mount points with their file systems, and what is to be polled.
    type Row<'t> = (
        &'t str,
        &'t [Place],
        &'t [(&'t str, &'t str)],
        &'t [&'t str],
    );

    fn mounts(points: &[(&str, &str)]) -> Mounts {
        let line = |(point, of): &(&str, &str)| format!("1 1 0:1 / {point} rw - {of} x rw\n");
        let text: String = points.iter().map(line).collect();
        Mounts::parse(text.as_bytes())
    }

    fn place(path: &str, real: &str) -> Place {
        Place {
            path: path.into(),
            real: real.into(),
        }
    }

    #[test]
    fn shares_within_a_root_are_polled() {
        let root = place("/m", "/m");
        let link = place("/m/link", "/nas/music");
        let disk = ("/", "ext4");
        let (without, with) = ([root.clone()], [root, link]);
        let table: [Row; 12] = [
            ("a disk", &without, &[disk], &[]),
            ("nothing is known", &without, &[], &[]),
            ("a share", &without, &[disk, ("/m", "nfs4")], &["/m"]),
            ("on a share", &without, &[("/", "nfs4")], &["/m"]),
            (
                "a share in it",
                &without,
                &[disk, ("/m/a/nas", "cifs"), ("/m/b", "fuse.sshfs")],
                &["/m/a/nas", "/m/b"],
            ),
            ("a disk in it", &without, &[disk, ("/m/usb", "vfat")], &[]),
            (
                "a share beside it",
                &without,
                &[disk, ("/music", "nfs"), ("/n", "nfs")],
                &[],
            ),
            (
                "a share in a share",
                &without,
                &[
                    disk,
                    ("/m/a", "nfs"),
                    ("/m/a/b", "nfs"),
                    ("/m/a/disk", "ext4"),
                ],
                &["/m/a"],
            ),
            (
                "a share over what waits for it",
                &without,
                &[disk, ("/m/a", "autofs"), ("/m/a", "nfs4")],
                &["/m/a"],
            ),
            (
                "a disk over a share",
                &without,
                &[disk, ("/m/a", "nfs4"), ("/m/a", "ext4")],
                &[],
            ),
            (
                "a link to a share",
                &with,
                &[disk, ("/nas", "nfs4")],
                &["/m/link"],
            ),
            (
                "a link to a folder with a share in it",
                &with,
                &[disk, ("/nas/music/new", "nfs4"), ("/nas/other", "nfs4")],
                &["/m/link/new"],
            ),
        ];
        for (name, places, points, expected) in table {
            let mounted = Mounted::find(places, &mounts(points));
            let expected: Vec<PathBuf> = expected.iter().map(PathBuf::from).collect();
            assert_eq!(mounted.polled(), expected, "{name}");
            for path in expected {
                assert_eq!(mounted.mode_of(&path), Mode::Poll, "{name}");
            }
        }
    }

    #[test]
    fn what_is_mounted_later_is_new_and_what_is_unmounted_is_gone() {
        let find = |points: &[(&str, &str)]| Mounted::find(&[place("/m", "/m")], &mounts(points));
        let disk = ("/", "ext4");
        let before = find(&[disk, ("/m/a", "nfs4"), ("/m/b", "ext4"), ("/m/c", "autofs")]);
        let points = [
            disk,
            ("/m/b", "ext4"),
            ("/m/c", "autofs"),
            ("/m/c", "nfs4"),
            ("/m/d", "xfs"),
        ];
        let now = find(&points);
        assert_eq!(now.new_since(&before), ["/m/c", "/m/d"].map(PathBuf::from));
        assert_eq!(now.gone_since(&before), [PathBuf::from("/m/a")]);
        assert!(now.new_since(&now).is_empty());
        // A disk that was changed between two looks, and a share that nobody asked for lately.
        let text = b"1 1 0:1 / / rw - ext4 x rw\n9 1 0:2 / /m/b rw - ext4 y rw\n";
        let changed = Mounted::find(&[place("/m", "/m")], &Mounts::parse(text));
        assert_eq!(changed.new_since(&now), [PathBuf::from("/m/b")]);
        let idle = find(&[disk, ("/m/b", "ext4"), ("/m/c", "autofs"), ("/m/d", "xfs")]);
        assert!(idle.new_since(&now).is_empty());
        assert_eq!(idle.gone_since(&now), [PathBuf::from("/m/c")]);
        let other_root = find(&[("/", "nfs4")]);
        assert_eq!(other_root.new_since(&find(&[disk])), [PathBuf::from("/m")]);
    }
}
