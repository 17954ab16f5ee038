//! The watching of one root: its folders are walked and told to the kernel one by one.
//!
//! In: what events say is needed ([`News`]). Out: watched folders, and changes noted for what could be
//! missed meanwhile. `notify` has a recursive mode, but that gives up at the first folder that it may not
//! read, such as the `lost+found` of a disk; and a watcher for each root lets all its watches go at once.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use notify::{Config, ErrorKind, RecommendedWatcher, RecursiveMode, Watcher};
use walkdir::WalkDir;

use super::event::{Meaning, meanings};
use super::how::{How, Why};
use super::places::{Mode, Mounted, Place};
use super::{Options, Shared};

/// More new folders than these at once are found by walking over the whole root.
const MOST_NEW: usize = 1000;

/// The most links to folders whose targets are looked at for what is mounted there.
const MOST_LINKS: usize = 1000;

/// What the watching of a root needs, as its events say.
#[derive(Debug, Default)]
pub(super) struct News {
    new_folders: BTreeSet<PathBuf>,
    lost: bool,
}

/// One root.
pub(super) struct Root {
    number: usize,
    path: PathBuf,
    how: How,
    shared: Arc<Shared>,
    options: Options,
    watcher: Option<RecommendedWatcher>,
    /// The root, and where links in it lead to.
    places: Vec<Place>,
    /// What is mounted there.
    mounted: Mounted,
    /// What of that is asked regularly.
    polled: Vec<PathBuf>,
    /// Device and inode of the folder that is watched.
    identity: Option<(u64, u64)>,
    /// A stop came while its folders were walked.
    unfinished: bool,
}

impl std::fmt::Debug for Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, how, .. } = self;
        write!(f, "Root({}, {how:?})", path.display())
    }
}

impl Root {
    /// The root with this number among the shared ones; not watched yet.
    pub(super) fn new(number: usize, path: PathBuf, shared: Arc<Shared>, options: Options) -> Self {
        Self {
            number,
            path,
            how: How::Events(0),
            shared,
            options,
            watcher: None,
            places: Vec::new(),
            mounted: Mounted::default(),
            polled: Vec::new(),
            identity: None,
            unfinished: false,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn how(&self) -> &How {
        &self.how
    }

    /// Asks it regularly from now on.
    fn poll(&mut self, why: Why) {
        self.watcher = None;
        self.shared.lock().changes.poll(&self.path, Instant::now());
        self.is(How::Polled(why));
    }

    /// Watches it by events, anew if it was so already; or by asking, where it is on a network.
    pub(super) fn watch(&mut self, stop: &dyn Fn() -> bool) {
        self.watcher = None;
        self.identity = identity(&self.path);
        if self.identity.is_none() {
            return self.is(How::Gone);
        }
        self.places = vec![Place {
            path: self.path.clone(),
            real: self.path.clone(),
        }];
        self.mounted = Mounted::find(&self.places, &(self.options.mounts)());
        if self.mounted.mode_of(&self.path) == Mode::Poll {
            return self.poll(Why::Network);
        }
        let mut watcher = match self.listen() {
            Ok(watcher) => watcher,
            Err(error) => return self.poll(Why::from(&error)),
        };
        match self.add_all(&mut watcher, &self.path.clone(), stop) {
            Ok(folders) => {
                self.unfinished = stop();
                self.watcher = Some(watcher);
                self.is(How::Events(folders));
                self.mounted = Mounted::find(&self.places, &(self.options.mounts)());
                self.poll_shares();
            }
            Err(why) => self.poll(why),
        }
    }

    /// Asks what is on a network within it, and nothing else.
    fn poll_shares(&mut self) {
        let polled = self.mounted.polled();
        let before = std::mem::replace(&mut self.polled, polled);
        let mut noted = self.shared.lock();
        for share in before.iter().filter(|share| !self.polled.contains(share)) {
            noted.changes.rest(share);
        }
        for share in &self.polled {
            noted.changes.poll(share, Instant::now());
            if !before.contains(share) {
                let how = How::Polled(Why::Network);
                log::info!("Watching {} {how}", share.display());
            }
        }
    }

    /// Looks for what was mounted in it, and unmounted, since the last time.
    fn follow_mounts(&mut self, stop: &dyn Fn() -> bool) {
        let mounted = Mounted::find(&self.places, &(self.options.mounts)());
        let before = std::mem::replace(&mut self.mounted, mounted);
        let (new, gone) = (
            self.mounted.new_since(&before),
            self.mounted.gone_since(&before),
        );
        if new.is_empty() && gone.is_empty() {
            return;
        }
        if self.mounted.mode_of(&self.path) == Mode::Poll {
            return self.poll(Why::Network);
        }
        self.poll_shares();
        // What an unmounted disk hides is looked at by the next scan of all alone: until then its
        // tracks stay.
        self.watch_folders(gone.iter(), false, stop);
        self.watch_folders(new.iter(), true, stop);
    }

    /// Does what is needed since the last time; `check`s also that the root is the same folder.
    pub(super) fn follow(&mut self, check: bool, stop: &dyn Fn() -> bool) {
        if matches!(self.how, How::Polled(_)) {
            return;
        }
        let news = {
            let mut noted = self.shared.lock();
            noted.news.get_mut(self.number).map(std::mem::take)
        };
        let news = news.unwrap_or_default();
        let other = || identity(&self.path) != self.identity;
        if news.lost || self.unfinished || (check && other()) {
            self.watch(stop);
            // A root that is gone is nothing to scan: it would be refused.
            if self.how != How::Gone {
                self.changed(&self.path);
            }
        } else {
            self.watch_folders(news.new_folders.iter(), true, stop);
            if check {
                self.follow_mounts(stop);
            }
        }
    }

    /// Watches folders that were not watched yet, and reports them where they are `news`.
    fn watch_folders<'p>(
        &mut self,
        folders: impl Iterator<Item = &'p PathBuf>,
        news: bool,
        stop: &dyn Fn() -> bool,
    ) {
        for folder in folders {
            let Some(mut watcher) = self.watcher.take() else {
                return;
            };
            match self.add_all(&mut watcher, folder, stop) {
                Ok(added) => {
                    self.watcher = Some(watcher);
                    if let How::Events(known) = &mut self.how {
                        *known += added;
                    }
                }
                Err(why) => {
                    self.poll(why);
                    return self.changed(&self.path);
                }
            }
            self.unfinished |= stop();
            // What came into it before it was watched is found by a scan after that.
            if news {
                self.changed(folder);
            }
        }
    }

    /// Watches a folder and all below it; the number of folders. Those that are gone meanwhile, or may
    /// not be read, are passed by.
    fn add_all(
        &mut self,
        watcher: &mut RecommendedWatcher,
        folder: &Path,
        stop: &dyn Fn() -> bool,
    ) -> Result<usize, Why> {
        let mut added = 0;
        // A folder is watched before it is listed: walkdir lists it after it was handed out.
        for entry in WalkDir::new(folder).follow_links(self.options.follow_links) {
            if stop() {
                break;
            }
            let Ok(entry) = entry else { continue };
            // The folder itself may be a link: it was given, or it was looked at already.
            if !entry.file_type().is_dir() && entry.depth() > 0 {
                continue;
            }
            match watcher.watch(entry.path(), RecursiveMode::NonRecursive) {
                Ok(()) => added += 1,
                Err(error) if matches!(error.kind, ErrorKind::MaxFilesWatch) => {
                    return Err(Why::from(&error));
                }
                Err(error) => log::debug!("Not watched: {}: {error}", entry.path().display()),
            }
            if entry.path_is_symlink() {
                self.note_link(entry.path());
            }
        }
        Ok(added)
    }

    /// Remembers where a link leads to, for what is mounted there.
    fn note_link(&mut self, link: &Path) {
        let is_known = self.places.iter().any(|place| place.path == link);
        if !is_known
            && self.places.len() < MOST_LINKS
            && let Ok(real) = link.canonicalize()
        {
            let path = link.to_owned();
            self.places.push(Place { path, real });
        }
    }

    /// A watcher that notes what its events mean.
    fn listen(&self) -> notify::Result<RecommendedWatcher> {
        let (number, root, follow_links) =
            (self.number, self.path.clone(), self.options.follow_links);
        let (shared, ignore) = (Arc::clone(&self.shared), Arc::clone(&self.options.ignore));
        let is_folder = move |path: &Path| match follow_links {
            true => path.is_dir(),
            false => fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()),
        };
        let note = move |event| {
            let meanings = meanings(&event, &root, &is_folder, &*ignore);
            if !meanings.is_empty() {
                shared.note(number, meanings);
            }
        };
        RecommendedWatcher::new(note, Config::default())
    }

    fn changed(&self, folder: &Path) {
        self.shared.lock().changes.changed(folder, Instant::now());
    }

    fn is(&mut self, how: How) {
        let same = std::mem::discriminant(&self.how) == std::mem::discriminant(&how);
        let path = self.path.display();
        match &how {
            How::Events(_) | How::Polled(Why::Network) => log::info!("Watching {path} {how}"),
            How::Gone if same && self.identity.is_none() => log::debug!("Watching {path} {how}"),
            How::Polled(_) | How::Gone => log::warn!("Watching {path} {how}"),
        }
        self.how = how;
    }
}

impl Shared {
    fn note(&self, root: usize, meanings: Vec<Meaning>) {
        let mut noted = self.lock();
        let noted = &mut *noted;
        let Some(news) = noted.news.get_mut(root) else {
            return;
        };
        for meaning in meanings {
            match meaning {
                Meaning::Changed(folder) => noted.changes.changed(&folder, Instant::now()),
                Meaning::NewFolder(folder) => {
                    noted.changes.changed(&folder, Instant::now());
                    news.new_folders.insert(folder);
                }
                Meaning::Lost => news.lost = true,
            }
        }
        if news.new_folders.len() > MOST_NEW {
            news.new_folders.clear();
            news.lost = true;
        }
        self.changed.notify_all();
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let metadata = fs::metadata(path).ok()?;
    metadata.is_dir().then(|| (metadata.dev(), metadata.ino()))
}
