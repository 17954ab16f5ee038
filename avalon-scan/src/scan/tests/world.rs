//! A library, its database, and what must be true after each scan of it.
//!
//! In: scans. Out: a panic where the database is not what a scan of everything into an empty one
//! makes (but for links that lost their sound, of which an empty one cannot know), or where the report
//! does not tell the difference between before and after.

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;

use super::books::{Books, File, execute, moves, sound};
use super::tree::{FOLDERS, Place, ROOTS, Tree, folder};
use super::*;
use crate::files::{self, Found};
use crate::issue::Kind;
use crate::report::{Change, Counts};

/// Whether a path lies in the part that was scanned.
type IsIn<'a> = dyn Fn(&[u8]) -> bool + 'a;

/// Paths of a library.
type Paths = BTreeSet<Vec<u8>>;

/// One scan.
#[derive(Clone, Debug)]
pub(super) enum Scan {
    Whole {
        /// The first, the second, or both.
        roots: u8,
        via_link: bool,
        is_full: bool,
        is_dry_first: bool,
    },
    Only(Vec<PathBuf>),
}

impl Scan {
    pub(super) fn any() -> impl Strategy<Value = Self> {
        let way = prop_oneof![
            2 => (0..ROOTS.len(), 0..FOLDERS.len()).prop_map(|(root, at)| folder(root, at)),
            1 => Place::any().prop_map(Place::way),
        ];
        let bool = proptest::bool::weighted;
        let roots = prop_oneof![4 => Just(3_u8), 1 => 1..3_u8];
        prop_oneof![
            2 => (roots, bool(0.1), bool(0.2), bool(0.2)).prop_map(
                |(roots, via_link, is_full, is_dry_first)| Self::Whole {
                    roots,
                    via_link,
                    is_full,
                    is_dry_first,
                },
            ),
            2 => proptest::collection::vec(way, 1..3).prop_map(Self::Only),
        ]
    }
}

/// A library and its database.
pub(super) struct World {
    pub(super) tree: Tree,
    folder: tempfile::TempDir,
    database: PathBuf,
    /// As of the last whole scan.
    roots: Vec<PathBuf>,
    /// The generation after the last scan.
    generation: i64,
    is_foreign: bool,
    /// Tracks in the database.
    tracks: u64,
    /// How many scans there were.
    scans: u64,
}

impl World {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("library");
        fs::create_dir(&library).unwrap();
        symlink(&library, folder.path().join("link")).unwrap();
        Self {
            tree: Tree::new(&library),
            database: folder.path().join("a.sqlite"),
            folder,
            roots: Vec::new(),
            generation: 0,
            is_foreign: false,
            tracks: 0,
            scans: 0,
        }
    }

    fn run(&self, request: &Request, database: &Path) -> Result<Report, ScanError> {
        let url = DatabaseUrl::parse(&format!("sqlite:///{}", database.display())).unwrap();
        let stop = AtomicBool::new(false);
        run(request, &url, &Progress::new(false), &stop)
    }

    fn request(&self) -> Request {
        Request {
            roots: self.roots.clone(),
            max_shrink: 100,
            ..Request::default()
        }
    }

    /// What a scan of everything into an empty database makes, and the links that lost their sound,
    /// which it passes by. `sound` is where there was some before.
    fn fresh(&self, sound: &Paths) -> (Report, Books) {
        let database = self.folder.path().join("fresh.sqlite");
        let request = Request {
            full: true,
            ..self.request()
        };
        let mut report = self.run(&request, &database).unwrap();
        let mut books = Books::of(&database);
        fs::remove_file(database).unwrap();
        let lost = self.lost_links(sound);
        report.counts.skipped += lost.len() as u64;
        books.issues.extend(lost);
        books.issues.sort_by(|one, other| one.0.cmp(&other.0));
        (report, books)
    }

    /// The issues of links that lead nowhere and are not called like sound, where there was sound before.
    fn lost_links(&self, sound: &Paths) -> Vec<(Vec<u8>, String, String)> {
        let mut lost = Vec::new();
        let mut sink = |found| {
            if let Found::BrokenLink {
                key,
                issue,
                is_missed: false,
            } = found
                && sound.contains(&key)
            {
                lost.push((key, issue.kind.name().to_owned(), issue.message));
            }
            ControlFlow::Continue(())
        };
        for root in plan::open_roots(&self.roots).unwrap() {
            let _ = files::walk(&root, None, &files::Options::default(), &mut sink);
        }
        lost
    }

    pub(super) fn scan(&mut self, scan: &Scan) {
        match scan {
            Scan::Whole {
                roots,
                via_link,
                is_full,
                is_dry_first,
            } => {
                let library = match via_link {
                    true => self.folder.path().join("link"),
                    false => self.tree.folder.clone(),
                };
                let named = |at: &usize| roots & (1 << at) != 0;
                let at = (0..ROOTS.len()).filter(named);
                self.roots = at.map(|at| library.join(ROOTS[at])).collect();
                self.whole(*is_full, *is_dry_first);
            }
            Scan::Only(ways) => self.only(ways),
        }
        self.age();
    }

    pub(super) fn scan_whole(&mut self) {
        self.scan(&Scan::Whole {
            roots: 3,
            via_link: false,
            is_full: false,
            is_dry_first: false,
        });
    }

    /// Makes the last scan one of an hour later than the last change, for most files.
    fn age(&mut self) {
        self.tree.tick();
        self.scans += 1;
        let hour = 3_600_000_000_000_i64;
        let recent = self.scans % 8;
        execute(
            &self.database,
            &format!(
                "UPDATE files SET read_ns = read_ns + {hour} WHERE read_ns > 0 AND id % 8 <> {recent}"
            ),
        );
    }

    /// Some tracks were read by an older mapping, which told something else.
    pub(super) fn grow_stale(&mut self, third: u8) {
        execute(
            &self.database,
            &format!(
                "UPDATE files SET mapping = 0, digest = digest + 1 WHERE id % 3 = {third} AND mapping > 0;
                 UPDATE tracks SET comment = 'stale' WHERE id IN
                     (SELECT track_id FROM files WHERE mapping = 0);"
            ),
        );
    }

    pub(super) fn be_written_by_another(&mut self, how: u8) {
        execute(
            &self.database,
            match how {
                0 => "UPDATE tracks SET format = NULL, codec = NULL",
                _ => "DELETE FROM tracks WHERE id = (SELECT MIN(id) FROM tracks)",
            },
        );
        self.tracks = self.tracks.saturating_sub(u64::from(how));
        self.is_foreign = true;
    }

    fn whole(&mut self, is_full: bool, is_dry_first: bool) {
        let request = Request {
            full: is_full,
            ..self.request()
        };
        let is_first = !self.database.exists();
        let sound = sound(&self.database);
        let before = (!is_first && !self.is_foreign).then(|| Books::of(&self.database));
        let dry = (is_dry_first && !is_first).then(|| {
            let dry = Request {
                dry_run: true,
                ..request.clone()
            };
            let bytes = fs::read(&self.database).unwrap();
            let report = self.run(&dry, &self.database).unwrap();
            assert!(
                fs::read(&self.database).unwrap() == bytes,
                "a dry run wrote"
            );
            report
        });
        let report = self.run(&request, &self.database).unwrap();
        let after = Books::of(&self.database);
        let (fresh_report, fresh) = self.fresh(&sound);
        assert_eq!(after.library, fresh.library, "the library");
        assert_eq!(after.issues, fresh.issues, "the issues");
        let common = |counts: Counts| {
            let Counts {
                seen,
                tracks,
                other,
                skipped,
                warnings,
                ..
            } = counts;
            (seen, tracks, other, skipped, warnings)
        };
        assert_eq!(common(report.counts), common(fresh_report.counts));
        let seen = after.files.values().filter(|file| file.is_there()).count();
        assert_eq!(report.counts.seen, seen as u64, "seen");
        let remembered = after.files.values().find(|file| file.is_gone());
        assert!(remembered.is_none(), "not forgotten: {remembered:?}");
        if let Some(dry) = dry {
            assert_eq!(dry.counts, report.counts, "the dry run told otherwise");
            assert_eq!(dry.generation, report.generation);
            check_list(&dry);
        }
        if is_full || self.is_foreign {
            assert_eq!(report.counts.unchanged, 0, "of a full scan");
        }
        self.check(before, &report, &after, None);
        self.is_foreign = false;
    }

    fn only(&mut self, ways: &[PathBuf]) {
        let names = |way: &&PathBuf| {
            self.roots.iter().any(|root| {
                root.file_name() == way.components().next().map(std::path::Component::as_os_str)
            })
        };
        let library = self.roots[0].parent().expect("of the library");
        let parts: Vec<PathBuf> = ways
            .iter()
            .filter(names)
            .map(|way| library.join(way))
            .collect();
        if parts.is_empty() {
            return;
        }
        let request = Request {
            roots: Vec::new(),
            only: parts.clone(),
            ..self.request()
        };
        if self.is_foreign {
            let bytes = fs::read(&self.database).unwrap();
            let error = self.run(&request, &self.database).unwrap_err();
            assert!(matches!(error, ScanError::AnotherProgram), "{error}");
            assert!(fs::read(&self.database).unwrap() == bytes, "it wrote");
            return;
        }
        let (before, sound) = (Books::of(&self.database), sound(&self.database));
        let report = match self.run(&request, &self.database) {
            Ok(report) => report,
            Err(ScanError::NothingThere(_)) => {
                let is_there = parts.iter().any(|part| part.symlink_metadata().is_ok());
                assert!(!is_there, "{parts:?}");
                return;
            }
            Err(error) => panic!("{error}"),
        };
        let after = Books::of(&self.database);
        let (_, fresh) = self.fresh(&sound);
        let is_in = |path: &[u8]| {
            let path = Path::new(std::ffi::OsStr::from_bytes(path));
            parts.iter().any(|part| path.starts_with(part))
        };
        let rows = |books: &Books, is_inside: bool| -> Vec<String> {
            let files = books.files.values();
            let there = files.filter(|file| {
                // Outside, nothing but what a move took with it is other than it was.
                let is_compared = match is_inside {
                    true => file.is_there(),
                    false => !after.files.get(&file.path).is_some_and(File::is_spent),
                };
                is_in(&file.path) == is_inside && !file.is_gone() && is_compared
            });
            let track = |file: &File| {
                let id = file.track_id.as_ref();
                id.map_or("", |id| books.library["tracks"][id].as_str())
                    .to_owned()
            };
            let row = |file: &File| match is_inside {
                true => format!("{:?} {} {}", file.path, file.kind, track(file)),
                false => format!("{} {}", file.row, track(file)),
            };
            there.map(row).collect()
        };
        assert_eq!(
            rows(&before, false),
            rows(&after, false),
            "outside of the part"
        );
        assert_eq!(rows(&fresh, true), rows(&after, true), "in the part");
        // The ignore files above the part count, and may have changed.
        let issues = |books: &Books, is_inside: bool| {
            let mut issues = books.issues.clone();
            let counts = |kind: &str| is_inside || kind != Kind::IgnoreFile.name();
            issues.retain(|(path, kind, _)| is_in(path) == is_inside && counts(kind));
            issues
        };
        assert_eq!(
            issues(&before, false),
            issues(&after, false),
            "issues outside"
        );
        assert_eq!(issues(&fresh, true), issues(&after, true), "issues inside");
        let distinct: BTreeSet<_> = after.issues.iter().collect();
        assert_eq!(distinct.len(), after.issues.len(), "{:?}", after.issues);
        self.check(Some(before), &report, &after, Some(&is_in));
    }

    /// What holds after a scan of the whole, or of a part (`is_in`). `before` is nothing where there was nothing,
    /// or what there was is not ours.
    fn check(
        &mut self,
        before: Option<Books>,
        report: &Report,
        after: &Books,
        is_in: Option<&IsIn<'_>>,
    ) {
        let counts = report.counts;
        let tracks = after.library["tracks"].len() as u64;
        assert_eq!(counts.seen, counts.read + counts.unchanged, "{counts:?}");
        assert_eq!(counts.tracks, tracks, "{counts:?}");
        assert_eq!(report.generation, after.generation);
        let grew = after.generation - self.generation;
        self.generation = after.generation;
        let change =
            tracks.checked_add_signed(-(counts.added.cast_signed() - counts.removed.cast_signed()));
        assert_eq!(change, Some(self.tracks), "{counts:?}");
        self.tracks = tracks;
        let Some(before) = before else {
            assert_eq!(grew, 1, "a library where none of ours was");
            return;
        };
        // The rule: it grows with any difference in what a track's row or file says, and in how the
        // file spells its names.
        let is_changed = before.served() != after.served();
        assert_eq!(grew, i64::from(is_changed), "the generation");
        assert!(is_changed || before.library == after.library, "not told");
        assert_eq!(grew, i64::from(counts.changes() > 0), "{counts:?}");

        let was_track = |path: &[u8]| before.files.get(path).is_some_and(File::is_track);
        let is_track = |path: &[u8]| after.files.get(path).is_some_and(File::is_track);
        let old = before.files.values().filter(|file| file.is_track());
        let new = after.files.values().filter(|file| file.is_track());
        let is_known = |file: &File| {
            after
                .files
                .get(&file.path)
                .is_some_and(|now| !now.is_gone())
        };
        // What is gone: now, since an earlier scan of a part, or outside of this one.
        let is_source = |file: &&File| match (is_in, file.is_track()) {
            (_, true) if file.is_spent() => false,
            (Some(is_in), true) if !is_in(&file.path) => file.is_lost(),
            (_, true) => !is_known(file),
            (Some(_), false) => file.is_gone() && !is_known(file) && file.is_lost(),
            (None, false) => file.is_gone() && !is_known(file),
        };
        let sources: Vec<&File> = before.files.values().filter(is_source).collect();
        let came: Vec<&File> = new.clone().filter(|file| !was_track(&file.path)).collect();
        let sources = moves(&sources, &came);
        let is_move = |from: &&&[u8]| {
            let from = &before.files[**from];
            from.is_track() && !is_known(from)
        };
        let moved = sources.values().filter(is_move).count();
        let removed = old.clone().filter(|file| !is_track(&file.path)).count() - moved;
        let is_other = |file: &&File| {
            let was = before.files.get(&file.path).filter(|was| was.is_track());
            let told = |file: &File| (file.digest, file.size, file.mtime_ns);
            was.is_some_and(|was| told(was) != told(file))
        };
        let expected = Counts {
            added: (came.len() - moved) as u64,
            changed: new.filter(is_other).count() as u64,
            moved: moved as u64,
            removed: removed as u64,
            ..counts
        };
        assert_eq!(counts, expected);
        for (path, file) in &after.files {
            let added = match (sources.get(path), before.files.get(path)) {
                (Some(from), _) => before.files[*from].added_ns,
                (None, Some(was)) => was.added_ns,
                (None, None) => after.started_ns,
            };
            assert_eq!(file.added_ns, added, "{}", path.escape_ascii());
        }
        let is_source = |path: &[u8]| sources.values().any(|from| *from == path);
        for (path, was) in &before.files {
            let shown = path.escape_ascii();
            let now = after.files.get(path);
            let went = was.is_gone() || (was.is_track() && !was.is_spent());
            match now {
                // A new place took over when it was first seen.
                Some(now) if is_source(path) => assert!(now.is_spent(), "{shown}"),
                // It may turn up in another part.
                None if went && is_in.is_some() => assert!(is_source(path), "{shown}"),
                _ => {}
            }
            let kind = Kind::BrokenLink.name();
            let mut issues = after.issues.iter();
            if was.kind != "other" && issues.any(|it| it.0 == *path && it.1 == kind) {
                assert!(now.is_some(), "{shown} may come back");
            }
        }
    }

    pub(super) fn check_that_nothing_is_read_again(&mut self) {
        execute(
            &self.database,
            "UPDATE files SET read_ns = 9000000000000000000 WHERE read_ns > 0",
        );
        let before = Books::of(&self.database);
        let report = self.run(&self.request(), &self.database).unwrap();
        assert_eq!(report.counts.read, 0, "{report}");
        let after = Books::of(&self.database);
        assert_eq!(
            (&before.files, &before.library),
            (&after.files, &after.library)
        );
        assert_eq!(
            (before.generation, &before.issues),
            (after.generation, &after.issues)
        );
    }
}

/// What was listed is what was counted.
fn check_list(report: &Report) {
    let count =
        |is_it: fn(&Change) -> bool| report.changes.iter().filter(|&it| is_it(it)).count() as u64;
    let listed = (
        count(|it| matches!(it, Change::Added(_))),
        count(|it| matches!(it, Change::Changed(_))),
        count(|it| matches!(it, Change::Moved { .. })),
        count(|it| matches!(it, Change::Removed(_))),
    );
    let counts = report.counts;
    let counted = (counts.added, counts.changed, counts.moved, counts.removed);
    assert_eq!(listed, counted, "{:?}", report.changes);
}
