//! What a scan walks: whole roots, or parts of those of the last scan.
//!
//! In: a [`Request`] and the roots that the database remembers. Out: [`Walk`]s, and the [`Part`] of the
//! library that they cover.

use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use avalon_core::database::RootRow;

use super::{Request, ScanError};
use crate::files::{self, Root, RootError};
use crate::ledger::Part;

/// A root, and the ways from it that are to be walked; none is the whole.
pub(super) struct Walk {
    pub(super) root: Root,
    pub(super) below: Vec<PathBuf>,
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
) -> Result<(Vec<Walk>, Part), ScanError> {
    if request.only.is_empty() {
        let whole = |root| Walk {
            root,
            below: Vec::new(),
        };
        return Ok((roots.into_iter().map(whole).collect(), Part::All));
    }
    let path = |bytes: &Vec<u8>| PathBuf::from(std::ffi::OsStr::from_bytes(bytes));
    // A root that is not asked about may be missing.
    let mut missing = None;
    let mut walks: Vec<Walk> = Vec::new();
    for row in remembered {
        match Root::open_again(&path(&row.typed), &path(&row.absolute)) {
            Ok(root) => walks.push(Walk {
                root,
                below: Vec::new(),
            }),
            Err(error) => missing = missing.or(Some(error)),
        }
    }
    let mut keys = Vec::new();
    for path in &request.only {
        let found = walks.iter_mut().find_map(|walk| {
            let way = walk.root.relative(path)?;
            Some((walk, way))
        });
        let Some((walk, way)) = found else {
            return Err(match missing {
                Some(error) => error.into(),
                None => ScanError::NotBelowARoot {
                    path: path.clone(),
                    roots: shown(remembered),
                },
            });
        };
        keys.push(walk.root.key_of(way.as_os_str().as_bytes()));
        walk.below.push(way);
    }
    walks.retain(|walk| !walk.below.is_empty());
    for walk in &mut walks {
        walk.below = outermost(std::mem::take(&mut walk.below));
    }
    Ok((walks, Part::Below(keys)))
}

/// Nothing is known of which a part could be scanned.
pub(super) fn not_below(request: &Request, remembered: &[RootRow]) -> ScanError {
    ScanError::NotBelowARoot {
        path: request.only.first().cloned().unwrap_or_default(),
        roots: shown(remembered),
    }
}

/// The paths that lie in none of the others: nothing is to be met twice.
fn outermost(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    // By their parts: a folder comes right before all that is in it.
    paths.sort();
    paths.dedup_by(|inner, outer| inner.starts_with(outer));
    paths
}

/// A root as the database remembers it.
pub(super) fn root_row(root: &Root) -> RootRow {
    RootRow {
        typed: root.typed.as_os_str().as_bytes().to_vec(),
        key: root.key.clone(),
        absolute: root.absolute.as_os_str().as_bytes().to_vec(),
        is_mount_point: root.is_mount_point,
    }
}

fn shown(roots: &[RootRow]) -> String {
    let typed = |row: &RootRow| String::from_utf8_lossy(&row.typed).into_owned();
    match roots {
        [] => "there was none".to_owned(),
        roots => roots.iter().map(typed).collect::<Vec<_>>().join(", "),
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
