//! What the last scans saw: every file below the roots, as the database remembers it.
//!
//! In: rows of `files`. Out: a [`Memory`] that finds a file by its path and says whether it is as it
//! was. It takes about 150 bytes a file and its path, whatever is in the tags: names stay in the
//! database until they are needed.
//!
//! What stays true: a file counts as unchanged only where nothing about it changed, by four marks of
//! the system, and where its last change lay clearly before it was read: a file written twice
//! within one tick of a file system's clock would look the same.

use std::hash::BuildHasher;

use avalon_core::database::{FileKind, FileRow, FileStat, SPENT};
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::moves::Marks;

/// How much older than the beginning of the scan that read it a file's last change must be, in ns:
/// two seconds, the coarsest clock of a file system (FAT).
const SETTLED_NS: i64 = 2_000_000_000;

/// A remembered file.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The number of its row.
    pub id: i64,
    /// What it is.
    pub kind: FileKind,
    /// What it was when it was read.
    pub stat: FileStat,
    /// When it was first seen, ns since 1970.
    pub added_ns: i64,
    /// A hash of its sound.
    pub fingerprint: Option<[u8; 16]>,
    /// A hash of its row.
    pub digest: Option<i64>,
    mapping: i32,
    read_ns: i64,
    path_end: usize,
}

/// All remembered files.
#[derive(Debug, Default)]
pub struct Memory {
    files: Vec<Known>,
    paths: Vec<u8>,
    by_path: HashTable<u32>,
}

impl Memory {
    /// Adds a row.
    pub fn add(&mut self, row: &FileRow) {
        let Ok(index) = u32::try_from(self.files.len()) else {
            // Four thousand million files: they are read again.
            return;
        };
        self.paths.extend_from_slice(&row.path);
        self.files.push(Known {
            id: row.id,
            kind: row.kind,
            stat: row.stat,
            added_ns: row.added_ns,
            fingerprint: row.fingerprint,
            digest: row.digest,
            mapping: row.mapping,
            read_ns: row.read_ns,
            path_end: self.paths.len(),
        });
        let (files, paths) = (&self.files, &self.paths);
        let hash_of = |&index: &u32| hash(path_of(files, paths, index as usize));
        self.by_path.insert_unique(hash(&row.path), index, hash_of);
    }

    /// The number of files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The number of tracks.
    pub fn tracks(&self) -> u64 {
        let is_track = |known: &&Known| known.kind == FileKind::Track;
        self.files.iter().filter(is_track).count() as u64
    }

    /// The place of the file with this path.
    pub fn find(&self, path: &[u8]) -> Option<usize> {
        let found = self
            .by_path
            .find(hash(path), |&index| self.path(index as usize) == path);
        found.map(|&index| index as usize)
    }

    /// The file at a place.
    pub fn get(&self, place: usize) -> &Known {
        &self.files[place]
    }

    /// The path of the file at a place.
    pub fn path(&self, place: usize) -> &[u8] {
        path_of(&self.files, &self.paths, place)
    }

    /// Every file, in the order of its place.
    pub fn files(&self) -> &[Known] {
        &self.files
    }
}

impl Known {
    /// Whether a file that is so now need not be opened, when tags are read as by `mapping`.
    pub fn is_unchanged(&self, now: &FileStat, mapping: i32) -> bool {
        self.read_ns > 0
            && self.kind != FileKind::Gone
            && self.stat == *now
            && self.mapping == mapping
            && now.mtime_ns < self.read_ns.saturating_sub(SETTLED_NS)
    }

    /// By what it is known again.
    pub fn marks(&self) -> Marks {
        Marks {
            stat: self.stat,
            fingerprint: self.fingerprint,
        }
    }

    /// Whether it is known to be elsewhere by now, under another path.
    pub fn is_spent(&self) -> bool {
        self.mapping == SPENT
    }

    /// Whether it is to be read at the next scan, whatever it is like then.
    pub fn is_tried_again(&self) -> bool {
        self.read_ns == 0
    }

    /// Of what is gone, when the scan began that missed it, ns since 1970.
    pub fn missed_ns(&self) -> i64 {
        self.read_ns
    }
}

fn path_of<'a>(files: &[Known], paths: &'a [u8], place: usize) -> &'a [u8] {
    let start = match place {
        0 => 0,
        place => files[place - 1].path_end,
    };
    &paths[start..files[place].path_end]
}

fn hash(path: &[u8]) -> u64 {
    FxBuildHasher.hash_one(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, path: &str) -> FileRow {
        FileRow {
            id,
            path: path.as_bytes().to_vec(),
            kind: FileKind::Track,
            stat: FileStat {
                size: 10,
                mtime_ns: 5,
                ctime_ns: 6,
                inode: 7,
            },
            mapping: 1,
            read_ns: 6 + SETTLED_NS,
            added_ns: 1,
            fingerprint: None,
            digest: Some(1),
        }
    }

    #[test]
    fn files_are_found_by_their_whole_path() {
        let mut memory = Memory::default();
        for id in 0..1000 {
            memory.add(&row(id, &format!("/m/{id}")));
        }
        memory.add(&row(1000, ""));
        for id in 0..1000_usize {
            let place = memory.find(format!("/m/{id}").as_bytes()).unwrap();
            assert_eq!(memory.get(place).id, id as i64);
            assert_eq!(memory.path(place), format!("/m/{id}").as_bytes());
        }
        assert_eq!(
            memory.find(b"").map(|place| memory.get(place).id),
            Some(1000)
        );
        for path in ["/m/", "/m/1000", "m/1", "/M/1"] {
            assert_eq!(memory.find(path.as_bytes()), None, "{path}");
        }
    }

    #[test]
    fn a_file_is_unchanged_only_where_every_mark_is() {
        let mut memory = Memory::default();
        memory.add(&row(1, "/m/a"));
        let known = memory.get(0);
        let same = known.stat;
        assert!(known.is_unchanged(&same, 1));
        assert!(!known.is_unchanged(&same, 2), "another mapping");
        let [mut size, mut mtime, mut ctime, mut inode] = [same; 4];
        size.size += 1;
        mtime.mtime_ns -= 1;
        ctime.ctime_ns += 1;
        inode.inode += 1;
        for now in [size, mtime, ctime, inode] {
            assert!(!known.is_unchanged(&now, 1), "{now:?}");
        }
        let mut recent = row(2, "/m/b");
        recent.stat.mtime_ns = recent.read_ns - SETTLED_NS;
        memory.add(&recent);
        assert!(!memory.get(1).is_unchanged(&recent.stat, 1), "just written");
        let mut again = row(3, "/m/c");
        (again.stat.mtime_ns, again.read_ns) = (-2 * SETTLED_NS, 0);
        memory.add(&again);
        let known = memory.get(2);
        assert!(known.is_tried_again());
        assert!(!known.is_unchanged(&again.stat, 1), "older than 1970");
        let mut gone = row(4, "/m/d");
        gone.kind = FileKind::Gone;
        memory.add(&gone);
        assert!(!memory.get(3).is_unchanged(&gone.stat, 1), "it came back");
    }
}
