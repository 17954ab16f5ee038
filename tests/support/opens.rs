//! Which files somebody opens.
//!
//! In: a folder. Out: the ways from it to the files below that were opened since. The kernel
//! tells (inotify(7)), so that nothing depends on what a program says of itself. Folders that come
//! later are not watched.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init};
use rustix::io::Errno;

/// A watch for files that are opened.
#[derive(Debug)]
pub(crate) struct Opens {
    root: PathBuf,
    inotify: OwnedFd,
    folders: BTreeMap<i32, PathBuf>,
}

impl Opens {
    /// Begins to watch a folder and all below.
    pub(crate) fn watch(folder: &Path) -> Self {
        let mut opens = Self {
            root: folder.to_owned(),
            inotify: init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).unwrap(),
            folders: BTreeMap::new(),
        };
        opens.add(folder);
        // Listing the folders opened them, but no file.
        assert_eq!(opens.files(), Vec::<String>::new());
        opens
    }

    fn add(&mut self, folder: &Path) {
        let number = add_watch(&self.inotify, folder, WatchFlags::OPEN).unwrap();
        self.folders.insert(number, folder.to_owned());
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                self.add(&entry.path());
            }
        }
    }

    /// The files that were opened since the last call, each once.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(&self.inotify, &mut buffer);
        let mut files = Vec::new();
        loop {
            let event = match reader.next() {
                Ok(event) => event,
                Err(Errno::WOULDBLOCK) => break,
                Err(error) => panic!("inotify: {error}"),
            };
            let lost = event.events().contains(ReadFlags::QUEUE_OVERFLOW);
            assert!(!lost, "more files are opened than the kernel can tell");
            if let (Some(name), Some(folder)) = (event.file_name(), self.folders.get(&event.wd()))
                && !event.events().contains(ReadFlags::ISDIR)
            {
                let path = folder.join(OsStr::from_bytes(name.to_bytes()));
                let way = path.strip_prefix(&self.root).unwrap();
                files.push(way.to_str().unwrap().to_owned());
            }
        }
        files.sort();
        files.dedup();
        files
    }
}
