//! What a scan walks: whole roots, or parts of those of the last scan.
//!
//! In: a [`Request`] and the roots that the database remembers. Out: [`Walk`]s, and the [`Part`] of the
//! library that they cover; and what was at a place that is not walked.

use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use avalon_core::database::RootRow;

use super::{Request, ScanError};
use crate::files::{self, Gone, Root, RootError};
use crate::ledger::{Folders, Part};

/// A root, and the ways from it that are to be walked; none is the whole.
pub(super) struct Walk {
    pub(super) root: Root,
    pub(super) below: Vec<PathBuf>,
    pub(super) follows_links: bool,
}

/// What to walk.
pub(super) struct Plan {
    pub(super) walks: Vec<Walk>,
    pub(super) part: Part,
    /// The roots of the library whose disks are there, for a scan of a part.
    pub(super) roots: Vec<Root>,
}

/// Whether nothing is at the path of a track, below these roots; of what lies elsewhere, nobody knows.
pub(super) fn is_gone(gone: &Gone, roots: &[Root], key: &[u8]) -> bool {
    let path = roots.iter().find_map(|root| root.path_of(key));
    path.is_some_and(|path| gone.is_gone(path))
}

/// Looks at the roots that were named.
pub(super) fn open_roots(typed: &[PathBuf]) -> Result<Vec<Root>, RootError> {
    let roots: Vec<Root> = typed
        .iter()
        .map(|typed| Root::open(typed))
        .collect::<Result<_, _>>()?;
    files::check_overlap(&roots)?;
    Ok(roots)
}

/// What to walk: the roots that were named, or the parts of those of the last scan.
pub(super) fn plan(
    request: &Request,
    roots: Vec<Root>,
    remembered: &[RootRow],
) -> Result<Plan, ScanError> {
    if request.only.is_empty() {
        let whole = |root| Walk {
            root,
            below: Vec::new(),
            follows_links: request.follow_links,
        };
        return Ok(Plan {
            walks: roots.into_iter().map(whole).collect(),
            part: Part::All,
            roots: Vec::new(),
        });
    }
    let path = |bytes: &Vec<u8>| PathBuf::from(std::ffi::OsStr::from_bytes(bytes));
    // A root that is not asked about may be missing.
    let mut missing = None;
    let mut walks: Vec<Walk> = Vec::new();
    let mut roots: Vec<Root> = Vec::new();
    for row in remembered {
        match Root::open_again(&path(&row.typed), &path(&row.absolute)) {
            Ok(root) => {
                if root.is_mount_point || !row.is_mount_point {
                    roots.push(root.clone());
                }
                walks.push(Walk {
                    root,
                    below: Vec::new(),
                    follows_links: request.follow_links || row.follows_links,
                });
            }
            Err(error) => missing = missing.or(Some(error)),
        }
    }
    let all: Vec<Root> = walks.iter().map(|walk| walk.root.clone()).collect();
    let mut keys = Folders::default();
    for path in &request.only {
        let Some((at, way)) = files::find_root(&all, path) else {
            return Err(match missing {
                Some(error) => error.into(),
                None => ScanError::NotBelowARoot {
                    path: path.clone(),
                    roots: shown(remembered),
                },
            });
        };
        let walk = &mut walks[at];
        keys.add(walk.root.key_of(way.as_os_str().as_bytes()));
        walk.below.push(way);
    }
    walks.retain(|walk| !walk.below.is_empty());
    for walk in &mut walks {
        walk.below = outermost(std::mem::take(&mut walk.below));
    }
    Ok(Plan {
        walks,
        part: Part::Below(keys),
        roots,
    })
}

/// The paths that lie in none of the others: nothing is to be met twice.
fn outermost(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    // By their parts: a folder comes right before all that is in it.
    paths.sort();
    paths.dedup_by(|inner, outer| inner.starts_with(outer));
    paths
}

/// A root as the database remembers it.
pub(super) fn root_row(walk: &Walk) -> RootRow {
    let root = &walk.root;
    RootRow {
        typed: root.typed.as_os_str().as_bytes().to_vec(),
        key: root.key.clone(),
        absolute: root.absolute.as_os_str().as_bytes().to_vec(),
        is_mount_point: root.is_mount_point,
        follows_links: walk.follows_links,
    }
}

fn shown(roots: &[RootRow]) -> String {
    let typed = |row: &RootRow| String::from_utf8_lossy(&row.typed).into_owned();
    match roots {
        [] => "there was none".to_owned(),
        roots => roots.iter().map(typed).collect::<Vec<_>>().join(", "),
    }
}

/// Warns where a whole scan does not follow links to folders, and the last one did.
pub(super) fn warn_of_links(walks: &[Walk], remembered: &[RootRow]) {
    let followed = |row: &&RootRow| row.follows_links;
    if let Some(row) = remembered.iter().find(followed)
        && !walks.iter().any(|walk| walk.follows_links)
    {
        log::warn!(
            "The last scan of {} followed links to folders, and this one does not: what lies behind \
             them goes from the library (give --follow-links each time)",
            String::from_utf8_lossy(&row.typed)
        );
    }
}

/// Warns where a root is the same place as at the last scan and spelled otherwise.
pub(super) fn warn_of_spellings(roots: &[&Root], remembered: &[RootRow]) {
    for root in roots {
        let is_it = |row: &&RootRow| row.absolute == root.absolute.as_os_str().as_bytes();
        let renamed = remembered
            .iter()
            .find(is_it)
            .filter(|row| row.key != root.key);
        if let Some(row) = renamed {
            log::warn!(
                "{} is the same place as {} of the last scan: the ids of its tracks follow from \
                 the spelling, and change",
                root.typed.display(),
                String::from_utf8_lossy(&row.typed)
            );
        }
    }
}
