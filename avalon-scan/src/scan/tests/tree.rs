//! A tree of files that changes at random.
//!
//! In: [`Mutation`]s. Out: files below two roots in a folder. A mutation that makes no sense as things
//! stand (delete what is not there) does nothing, or a part of it.
//!
//! What stays true: each root holds one track that no mutation touches.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;

use super::song::Song;

/// The names of the roots.
pub(super) const ROOTS: [&str; 2] = ["one", "two"];

/// Folders below a root. In byte order `x-/a` comes before `x/a`; one is named like a file.
pub(super) const FOLDERS: [&str; 6] = ["", "x", "x/y", "x-", "Z", "a.flac"];

/// Names of files: by these alone, one is none of ours, and one that is no sound would be missed.
const NAMES: [&[u8]; 7] = [
    b"a.flac",
    b"A.flac",
    b"b.flac",
    b"c.txt",
    b"d.mp3",
    b"caf\xe9.flac",
    b"e",
];

/// A file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    root: usize,
    folder: usize,
    name: usize,
}

impl Place {
    pub(super) fn any() -> impl Strategy<Value = Self> {
        // Few places in most cases, so that mutations meet.
        let folders = prop_oneof![5 => 0..2_usize, 1 => 0..FOLDERS.len()];
        let names = prop_oneof![5 => 0..3_usize, 1 => 0..NAMES.len()];
        let place = |(root, folder, name)| Self { root, folder, name };
        (0..ROOTS.len(), folders, names).prop_map(place)
    }

    /// The way from the folder of the roots.
    pub(super) fn way(self) -> PathBuf {
        folder(self.root, self.folder).join(OsStr::from_bytes(NAMES[self.name]))
    }
}

/// The way from the folder of the roots to one of the folders.
pub(super) fn folder(root: usize, folder: usize) -> PathBuf {
    match FOLDERS[folder] {
        "" => PathBuf::from(ROOTS[root]),
        name => Path::new(ROOTS[root]).join(name),
    }
}

/// The mtime that a change leaves behind.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mtime {
    /// As it was.
    Kept,
    /// One of a few in the past.
    Past(u8),
    Now,
}

impl Mtime {
    fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            3 => Just(Self::Kept),
            3 => (0..3_u8).prop_map(Self::Past),
            1 => Just(Self::Now),
        ]
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Link {
    Copy,
    Hard,
    Symbolic,
}

/// One change of the tree.
#[derive(Clone, Debug)]
pub(super) enum Mutation {
    /// Writes a file, in place if it is there.
    Write(Place, Song, Mtime),
    /// Puts another file in the place of one.
    Replace(Place, Song, Mtime),
    /// Writes something that is no sound.
    Text(Place, Mtime),
    /// Cuts a file short: 0 to nothing.
    Cut(Place, u8, Mtime),
    Touch(Place, Mtime),
    /// Spells the album, and with it nothing else, in other letters of the same size.
    Respell(Place, Mtime),
    Chmod(Place),
    Move(Place, Place),
    Swap(Place, Place),
    Copy(Place, Place, Link),
    /// Moves a file to two places at once.
    Split(Place, [Place; 2], Link),
    Delete(Place),
    MoveFolder(usize, usize, usize),
    DeleteFolder(usize, usize),
    Dangle(Place),
    /// Takes away what a link leads to, as if its disk were gone.
    Unmount(Place),
    /// Brings back what was taken away, to where a link leads.
    Mount(Place),
    /// Writes an ignore file, or takes it away.
    Ignore(usize, usize, &'static str, Option<&'static str>),
}

impl Mutation {
    pub(super) fn any() -> impl Strategy<Value = Self> {
        let place = Place::any;
        let mtime = Mtime::any;
        let root = || 0..ROOTS.len();
        let folder = || 1..FOLDERS.len();
        let link = || prop_oneof![Just(Link::Copy), Just(Link::Hard), Just(Link::Symbolic)];
        let rules = proptest::sample::select(vec![
            (".nomedia", Some("")),
            (".nomedia", None),
            (".avalonignore", Some("b.flac\n")),
            (".avalonignore", Some("/x/\n{z\n")),
            (".avalonignore", Some("*\n!*.flac\n!*/\n\u{e9}")),
            (".avalonignore", None),
            (".ndignore", Some("a.*\n")),
            (".ndignore", None),
        ]);
        prop_oneof![
            8 => (place(), Song::any(), mtime()).prop_map(|(a, b, c)| Self::Write(a, b, c)),
            3 => (place(), Song::any(), mtime()).prop_map(|(a, b, c)| Self::Replace(a, b, c)),
            2 => (place(), mtime()).prop_map(|(a, b)| Self::Text(a, b)),
            2 => (place(), 0..5_u8, mtime()).prop_map(|(a, b, c)| Self::Cut(a, b, c)),
            1 => (place(), mtime()).prop_map(|(a, b)| Self::Touch(a, b)),
            3 => (place(), mtime()).prop_map(|(a, b)| Self::Respell(a, b)),
            1 => place().prop_map(Self::Chmod),
            5 => (place(), place()).prop_map(|(a, b)| Self::Move(a, b)),
            2 => (place(), place()).prop_map(|(a, b)| Self::Swap(a, b)),
            3 => (place(), place(), link()).prop_map(|(a, b, c)| Self::Copy(a, b, c)),
            2 => (place(), [place(), place()], link()).prop_map(|(a, b, c)| Self::Split(a, b, c)),
            3 => place().prop_map(Self::Delete),
            2 => (root(), folder(), folder()).prop_map(|(a, b, c)| Self::MoveFolder(a, b, c)),
            1 => (root(), folder()).prop_map(|(a, b)| Self::DeleteFolder(a, b)),
            1 => place().prop_map(Self::Dangle),
            2 => place().prop_map(Self::Unmount),
            2 => place().prop_map(Self::Mount),
            2 => (root(), folder(), rules.clone()).prop_map(|(a, b, c)| Self::Ignore(a, b, c.0, c.1)),
            1 => (root(), rules).prop_map(|(a, rule)| match rule.0 {
                // That would empty the library.
                ".nomedia" => Self::Ignore(a, 1, rule.0, rule.1),
                name => Self::Ignore(a, 0, name, rule.1),
            }),
        ]
    }
}

/// The files.
pub(super) struct Tree {
    pub(super) folder: PathBuf,
}

impl Tree {
    /// A tree of no more than what is never touched.
    pub(super) fn new(folder: &Path) -> Self {
        for root in ROOTS {
            fs::create_dir(folder.join(root)).unwrap();
            let song = Song {
                artist: "Anchor",
                album: root,
                genre: "Rock",
                title: root,
                track: "1",
                sound: 0,
                is_aiff: false,
            };
            fs::write(folder.join(root).join("anchor.flac"), song.bytes()).unwrap();
        }
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Changes the tree; what cannot be, is not.
    pub(super) fn apply(&self, mutation: &Mutation) {
        let _ = self.try_apply(mutation);
    }

    fn path(&self, place: Place) -> PathBuf {
        self.folder.join(place.way())
    }

    fn try_apply(&self, mutation: &Mutation) -> io::Result<()> {
        match mutation {
            Mutation::Write(place, song, mtime) => {
                self.write(&self.path(*place), &song.bytes(), *mtime)
            }
            Mutation::Replace(place, song, mtime) => {
                let path = self.path(*place);
                let was = fs::metadata(&path)?.modified()?;
                let beside = self.folder.join("beside");
                self.write(&beside, &song.bytes(), *mtime)?;
                if matches!(mtime, Mtime::Kept) {
                    set_mtime(&beside, was)?;
                }
                fs::rename(beside, path)
            }
            Mutation::Text(place, mtime) => self.write(&self.path(*place), b"text", *mtime),
            Mutation::Cut(place, percent, mtime) => {
                let path = self.path(*place);
                let content = fs::read(&path)?;
                let end = content.len() * usize::from(*percent) / 10;
                self.write(&path, &content[..end], *mtime)
            }
            Mutation::Touch(place, mtime) => {
                let path = self.path(*place);
                let content = fs::read(&path)?;
                self.write(&path, &content, *mtime)
            }
            Mutation::Respell(place, mtime) => {
                let path = self.path(*place);
                let mut content = fs::read(&path)?;
                let field = b"ALBUM=";
                let at = content.windows(field.len()).position(|part| part == field);
                let at = at.ok_or(io::ErrorKind::NotFound)? + field.len() + 1;
                content[at] ^= b' ' * u8::from(content[at].is_ascii_alphabetic());
                self.write(&path, &content, *mtime)
            }
            Mutation::Chmod(place) => {
                fs::set_permissions(self.path(*place), fs::Permissions::from_mode(0o640))
            }
            Mutation::Move(from, to) => fs::rename(self.path(*from), self.path(*to)),
            Mutation::Swap(one, other) => {
                let beside = self.folder.join("beside");
                let (one, other) = (self.path(*one), self.path(*other));
                fs::metadata(&other)?;
                fs::rename(&one, &beside)?;
                // Where the other one is a folder above, things go back.
                fs::rename(&other, &one).or_else(|_| fs::rename(&beside, &one))?;
                fs::rename(&beside, &other)
            }
            Mutation::Copy(from, to, link) => self.copy(*from, *to, *link),
            Mutation::Split(from, to, link) => {
                self.copy(*from, to[0], Link::Copy)?;
                self.copy(to[0], to[1], *link)?;
                fs::remove_file(self.path(*from))
            }
            Mutation::Delete(place) => fs::remove_file(self.path(*place)),
            Mutation::MoveFolder(root, from, to) => {
                let path = |at| self.folder.join(folder(*root, at));
                fs::rename(path(*from), path(*to))
            }
            Mutation::DeleteFolder(root, at) => {
                fs::remove_dir_all(self.folder.join(folder(*root, *at)))
            }
            Mutation::Dangle(place) => symlink("nowhere", self.path(*place)),
            Mutation::Unmount(place) => {
                let target = fs::read_link(self.path(*place))?;
                fs::rename(target, self.folder.join("away"))
            }
            Mutation::Mount(place) => {
                let target = fs::read_link(self.path(*place))?;
                fs::rename(self.folder.join("away"), target)
            }
            Mutation::Ignore(root, at, name, content) => {
                let path = self.folder.join(folder(*root, *at)).join(name);
                match content {
                    Some(content) => fs::write(path, content.as_bytes()),
                    None => fs::remove_file(path),
                }
            }
        }
    }

    fn copy(&self, from: Place, to: Place, link: Link) -> io::Result<()> {
        let (from, to) = (self.path(from), self.path(to));
        match link {
            Link::Copy => {
                let mtime = fs::metadata(&from)?.modified()?;
                self.write(&to, &fs::read(from)?, Mtime::Now)?;
                set_mtime(&to, mtime)
            }
            Link::Hard => fs::hard_link(from, to),
            Link::Symbolic => symlink(from, to),
        }
    }

    fn write(&self, path: &Path, content: &[u8], mtime: Mtime) -> io::Result<()> {
        let before = fs::metadata(path).and_then(|before| before.modified());
        let time = match mtime {
            Mtime::Kept => Some(before.unwrap_or(past(0))),
            Mtime::Past(at) => Some(past(at)),
            Mtime::Now => None,
        };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
        time.map_or(Ok(()), |time| set_mtime(path, time))
    }

    /// Waits until what is changed from now on has another ctime than what was changed before: the
    /// clock of a file system may tick as rarely as every 10 ms.
    pub(super) fn tick(&self) {
        let path = self.folder.join("tick");
        let ctime = || {
            fs::write(&path, b"").unwrap();
            let metadata = fs::metadata(&path).unwrap();
            fs::remove_file(&path).unwrap();
            (metadata.ctime(), metadata.ctime_nsec())
        };
        let start = ctime();
        while ctime() == start {}
    }
}

fn past(at: u8) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000_000 + u64::from(at))
}

fn set_mtime(path: &Path, time: SystemTime) -> io::Result<()> {
    File::options().write(true).open(path)?.set_modified(time)
}
