//! What a scan refuses so that no library is lost (rule S4).
//!
//! In: what is known and what would be left. Out: a [`Refusal`] that says what is wrong and what to
//! do if it is meant. Pure.

use std::path::PathBuf;

use avalon_core::database::RootRow;
use thiserror::Error;

use crate::files::{Identity, Root};
use crate::ledger::Balance;

/// So few tracks may always go.
const FEW: u64 = 20;

/// Why a scan is refused.
#[derive(Debug, Error)]
pub enum Refusal {
    /// The disk is not there.
    #[error(
        "{} was a mount point at the last scan and is none now: mount its disk and scan again; if \
         it moved here for good, say so with --allow-shrink", .0.display()
    )]
    NotMounted(PathBuf),
    /// A root went away while it was scanned.
    #[error(
        "{} is not the folder any more that it was when the scan began: was its disk taken out?",
        .0.display()
    )]
    RootWent(PathBuf),
    /// A library of another program, of which a part is out of sight.
    #[error(
        "{} cannot be listed, and what a library of another program has below it cannot be kept: \
         make it readable, or say with --allow-shrink that it may go", .0.display()
    )]
    OutOfSight(PathBuf),
    /// Nothing would be left.
    #[error(
        "the library would be emptied: there is no sound that can be read, but the database holds \
         {known} tracks; to start anew, name another database"
    )]
    NoTracks {
        /// Tracks in the database.
        known: u64,
    },
    /// Too much would go.
    #[error(
        "{going} of {known} tracks would go from the library, which is more than {percent} %: is a \
         disk missing, or was a folder forgotten? If it is meant, say so with --allow-shrink"
    )]
    Shrink {
        /// Tracks that would go.
        going: u64,
        /// Tracks in the database.
        known: u64,
        /// The most that may go.
        percent: u8,
    },
    /// Too much would go, bit by bit.
    #[error(
        "{going} tracks would go from the library, and with those that went when parts of it were \
         scanned {all} of {before} since the last scan of the whole, which is more than {percent} %: \
         is a disk failing? If it is meant, say so with --allow-shrink"
    )]
    Erosion {
        /// Tracks that would go.
        going: u64,
        /// With those that went.
        all: u64,
        /// Tracks in the database, with those that went.
        before: u64,
        /// The most that may go.
        percent: u8,
    },
}

/// Refuses a root that had a disk at the last scan and has none now.
///
/// # Errors
/// [`Refusal::NotMounted`].
pub fn check_mounts(roots: &[&Root], remembered: &[RootRow]) -> Result<(), Refusal> {
    use std::os::unix::ffi::OsStrExt;

    for root in roots {
        let was_mounted = remembered.iter().any(|row| {
            let is_it = row.absolute == root.absolute.as_os_str().as_bytes() || row.key == root.key;
            is_it && row.is_mount_point
        });
        if was_mounted && !root.is_mount_point {
            return Err(Refusal::NotMounted(root.typed.clone()));
        }
    }
    Ok(())
}

/// Refuses roots that are other folders than they were, or empty: what was not found there is not
/// gone.
///
/// # Errors
/// [`Refusal::RootWent`].
pub fn check_still_there(roots: &[(Root, Option<Identity>)]) -> Result<(), Refusal> {
    let went = roots
        .iter()
        .find(|(root, before)| before.is_none() || root.identity() != *before);
    match went {
        Some((root, _)) => Err(Refusal::RootWent(root.typed.clone())),
        None => Ok(()),
    }
}

/// Refuses to empty a library, always, and to lose more than `percent` of it, unless that is meant: in
/// one scan, or in scans of parts of it and this one together.
///
/// # Errors
/// [`Refusal::NoTracks`], [`Refusal::Shrink`] and [`Refusal::Erosion`].
pub fn check_shrink(balance: &Balance, percent: u8, is_meant: bool) -> Result<(), Refusal> {
    let Balance {
        known,
        going,
        eroded,
        tracks,
        ..
    } = *balance;
    if tracks == 0 && known > 0 {
        return Err(Refusal::NoTracks { known });
    }
    let is_much = |going: u64, known: u64| {
        going > FEW && u128::from(going) * 100 > u128::from(known) * u128::from(percent)
    };
    if is_meant || going == 0 {
        return Ok(());
    }
    if is_much(going, known) {
        return Err(Refusal::Shrink {
            going,
            known,
            percent,
        });
    }
    let (all, before) = (going.saturating_add(eroded), known.saturating_add(eroded));
    if is_much(all, before) {
        return Err(Refusal::Erosion {
            all,
            going,
            before,
            percent,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use super::*;

    fn balance(known: u64, going: u64, tracks: u64) -> Balance {
        let mut balance = Balance::default();
        (balance.known, balance.going, balance.tracks) = (known, going, tracks);
        balance
    }

    #[test]
    fn a_library_may_lose_few_tracks_or_a_small_part() {
        for (case, numbers, percent, is_meant, is_allowed) in [
            ("the first scan", (0, 0, 5), 20, false, true),
            ("nothing there, nothing known", (0, 0, 0), 20, false, true),
            ("nothing goes", (1000, 0, 1000), 0, false, true),
            ("20 go, of 21", (21, 20, 1), 20, false, true),
            ("20 go, and none may", (1000, 20, 980), 0, false, true),
            ("21 go, of 105", (105, 21, 84), 20, false, true),
            ("21 go, of 104", (104, 21, 83), 20, false, false),
            ("21 go, and none may", (1000, 21, 979), 0, false, false),
            ("all are replaced", (100, 100, 100), 20, false, false),
            ("all may be replaced", (100, 100, 100), 100, false, true),
            ("it is meant", (104, 103, 1), 20, true, true),
            ("the last one goes", (1, 1, 0), 100, false, false),
            (
                "the last one goes, and is meant to",
                (1, 1, 0),
                100,
                true,
                false,
            ),
            (
                "none is left of those out of sight",
                (5, 0, 0),
                20,
                true,
                false,
            ),
            (
                "beyond all numbers",
                (u64::MAX, u64::MAX / 2, 1),
                49,
                false,
                false,
            ),
            ("just within", (u64::MAX, u64::MAX / 2, 1), 50, false, true),
        ] {
            let (known, going, tracks) = numbers;
            let checked = check_shrink(&balance(known, going, tracks), percent, is_meant);
            assert_eq!(checked.is_ok(), is_allowed, "{case}: {checked:?}");
        }
    }

    #[test]
    fn what_went_in_parts_counts_with_what_goes() {
        for (case, numbers, percent, is_meant, is_allowed) in [
            ("nothing goes now", (800, 0, 300), 20, false, true),
            ("20 in all", (50, 10, 10), 20, false, true),
            ("21 of 105", (95, 11, 10), 20, false, true),
            ("21 of 104", (94, 11, 10), 20, false, false),
            ("190 of 1000, then 10", (810, 10, 190), 20, false, true),
            ("190 of 1000, then 11", (810, 11, 190), 20, false, false),
            ("it is meant", (810, 400, 190), 20, true, true),
            ("all may go", (810, 400, 190), 100, false, true),
            (
                "beyond all numbers",
                (u64::MAX, 21, u64::MAX),
                100,
                false,
                true,
            ),
        ] {
            let (known, going, eroded) = numbers;
            let mut balance = balance(known, going, known - going);
            balance.eroded = eroded;
            let checked = check_shrink(&balance, percent, is_meant);
            assert_eq!(checked.is_ok(), is_allowed, "{case}: {checked:?}");
            if let Err(refusal) = checked {
                let told = refusal.to_string();
                assert!(told.contains("since the last scan of the whole"), "{told}");
            }
        }
    }

    #[test]
    fn a_refusal_says_what_would_go_and_what_to_do() {
        let refused = |known, going, tracks| {
            let refusal = check_shrink(&balance(known, going, tracks), 20, false);
            refusal.unwrap_err().to_string()
        };
        let shrinks = refused(100, 30, 70);
        assert!(
            shrinks.starts_with("30 of 100 tracks would go"),
            "{shrinks}"
        );
        assert!(shrinks.contains("more than 20 %"), "{shrinks}");
        assert!(shrinks.contains("--allow-shrink"), "{shrinks}");
        let emptied = refused(100, 100, 0);
        assert!(emptied.contains("holds 100 tracks"), "{emptied}");
        assert!(emptied.contains("another database"), "{emptied}");
        assert!(
            !emptied.contains("--allow-shrink"),
            "it would not help: {emptied}"
        );
    }

    #[test]
    fn a_disk_that_was_there_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "x").unwrap();
        let plain = Root::open(folder.path()).unwrap();
        let mounted = Root::open(Path::new("/")).unwrap();
        let row = |root: &Root, is_mount_point| RootRow {
            typed: root.typed.as_os_str().as_bytes().to_vec(),
            key: root.key.clone(),
            absolute: root.absolute.as_os_str().as_bytes().to_vec(),
            is_mount_point,
            follows_links: false,
        };
        let mut by_key = row(&plain, true);
        by_key.absolute = b"/elsewhere".to_vec();
        let mut by_place = row(&plain, true);
        by_place.key = b"music".to_vec();
        let mut another = row(&plain, true);
        (another.key, another.absolute) = (b"music".to_vec(), b"/elsewhere".to_vec());
        for (case, root, remembered, is_allowed) in [
            ("the first scan", &plain, vec![], true),
            ("as it was", &plain, vec![row(&plain, false)], true),
            ("mounted still", &mounted, vec![row(&mounted, true)], true),
            ("mounted now", &mounted, vec![row(&mounted, false)], true),
            ("another root was", &plain, vec![another], true),
            ("unmounted", &plain, vec![row(&plain, true)], false),
            ("the link leads elsewhere", &plain, vec![by_key], false),
            ("under another name", &plain, vec![by_place], false),
            (
                "one of two",
                &plain,
                vec![row(&mounted, true), row(&plain, true)],
                false,
            ),
        ] {
            let checked = check_mounts(&[&mounted, root], &remembered);
            assert_eq!(checked.is_ok(), is_allowed, "{case}: {checked:?}");
            if let Err(refusal) = checked {
                let told = refusal.to_string();
                assert!(told.contains(&*folder.path().to_string_lossy()), "{told}");
            }
        }
    }
}
