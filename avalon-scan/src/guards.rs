//! What a scan refuses so that no library is lost (rule S4).
//!
//! In: what is known and what would be left. Out: a [`Refusal`] that says what is wrong and what to
//! do if it is meant. Pure.

use std::path::PathBuf;

use avalon_core::database::RootRow;
use thiserror::Error;

use crate::files::Root;
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

/// Refuses to empty a library, always, and to lose more than `percent` of it, unless that is meant.
///
/// # Errors
/// [`Refusal::NoTracks`] and [`Refusal::Shrink`].
pub fn check_shrink(balance: &Balance, percent: u8, is_meant: bool) -> Result<(), Refusal> {
    let Balance {
        known,
        going,
        tracks,
        ..
    } = *balance;
    if tracks == 0 && known > 0 {
        return Err(Refusal::NoTracks { known });
    }
    let is_much = u128::from(going) * 100 > u128::from(known) * u128::from(percent);
    if going > FEW && is_much && !is_meant {
        return Err(Refusal::Shrink {
            going,
            known,
            percent,
        });
    }
    Ok(())
}
