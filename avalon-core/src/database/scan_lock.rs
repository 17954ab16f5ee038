//! The lock that keeps two scans of one database apart.
//!
//! In: the path of a SQLite file, or a session of PostgreSQL. Out: a lock that lasts as long as the
//! value or the session, or until its process dies in whatever way. On SQLite it is a lock (flock) on
//! a file beside the database; on PostgreSQL an advisory lock of the session that writes, so whoever
//! loses the lock loses what it wrote. It is not the write lock: tags are read while readers and other
//! writers of the database go on.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use rustix::fs::OFlags;

use super::error::DatabaseError;
use super::file;
use super::url::DatabaseUrl;

/// Advisory lock of a scan ("avalon", 2).
const SCAN_LOCK: i64 = 0x6176_616c_6f6e_0002;

/// The right to scan into a SQLite database; released when dropped.
pub(super) struct ScanLock {
    file: File,
    is_described: bool,
    made: Option<PathBuf>,
}

impl ScanLock {
    /// The lock file, if it was made for this lock. Who has the lock may remove it: whoever opened it before
    /// finds out that it is another's, and tries again.
    pub(super) fn made(&self) -> Option<PathBuf> {
        self.made.clone()
    }
}

impl Drop for ScanLock {
    fn drop(&mut self) {
        if self.is_described {
            // Whoever holds it next without a word is not to be taken for us. A courtesy only.
            let _ = self.file.set_len(0);
        }
    }
}

/// Takes the lock of a SQLite file, at once or not at all. It need not exist, but its folder must.
///
/// # Errors
/// [`DatabaseError::ScanRunning`] when another scan has it; otherwise why it cannot be taken.
pub(super) fn lock_file(url: &DatabaseUrl, database: &Path) -> Result<ScanLock, DatabaseError> {
    if let Some(reason) = file::missing_folder(database) {
        let url = url.to_string();
        return Err(DatabaseError::Connect { url, reason });
    }
    let path = file::beside(database, "-scan.lock");
    let failed = |source: io::Error| DatabaseError::Lock {
        path: path.clone(),
        source,
    };
    let is_new = path.symlink_metadata().is_err();
    let (mut file, is_ours) = loop {
        let (mut file, is_ours) = open_lock(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(running(&mut file, &path)),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        // Else its last holder removed it between the two, and somebody else may have made another.
        if is_there(&file, &path).map_err(failed)? {
            break (file, is_ours);
        }
    };
    // Who holds it is told as far as the disk has room.
    let mut describe = || {
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "process {}", std::process::id())
    };
    let is_described = is_ours && describe().is_ok();
    Ok(ScanLock {
        file,
        is_described,
        made: is_new.then_some(path),
    })
}

/// Takes the lock of a SQLite file if that can be done without writing anything; `None` otherwise.
///
/// # Errors
/// [`DatabaseError::ScanRunning`] when another scan has it.
pub(super) fn lock_file_if_there(database: &Path) -> Result<Option<ScanLock>, DatabaseError> {
    let path = file::beside(database, "-scan.lock");
    let Ok(mut file) = open_plain(reading(), &path) else {
        return Ok(None);
    };
    match file.try_lock() {
        // One that its holder has just removed keeps nobody out, and none may be made.
        Ok(()) => Ok(Some(ScanLock {
            file,
            is_described: false,
            made: None,
        })),
        Err(TryLockError::WouldBlock) => Err(running(&mut file, &path)),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

fn running(file: &mut File, path: &Path) -> DatabaseError {
    let mut holder = String::new();
    // Only a courtesy: the lock says enough when its file does not.
    let _ = file.take(256).read_to_string(&mut holder);
    let holder = match holder.trim() {
        "" => format!("it holds {}", path.display()),
        holder => format!("{holder} holds {}", path.display()),
    };
    DatabaseError::ScanRunning { holder }
}

/// Opens the lock file, and makes it where there is none; and whether it may be written. One that a
/// scan of another user left may be readable alone, which is enough to lock it.
fn open_lock(path: &Path) -> io::Result<(File, bool)> {
    let mut writing = reading();
    writing.write(true).create(true).truncate(false);
    match open_plain(writing, path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            // Where there is none to be read, the first error says why.
            let file = open_plain(reading(), path).map_err(|_| error)?;
            Ok((file, false))
        }
        opened => Ok((opened?, true)),
    }
}

/// Whether an open file is the one of that path.
fn is_there(file: &File, path: &Path) -> io::Result<bool> {
    let opened = file.metadata()?;
    let there = path.symlink_metadata();
    Ok(there.is_ok_and(|there| (there.dev(), there.ino()) == (opened.dev(), opened.ino())))
}

fn reading() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

/// Nothing but a plain file will do: through a link that somebody put there, a scan by root would
/// overwrite any file.
fn open_plain(mut options: OpenOptions, path: &Path) -> io::Result<File> {
    let plain = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
    let file = options.custom_flags(plain).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no plain file")),
    }
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

#[derive(QueryableByName)]
struct Holder {
    #[diesel(sql_type = Text)]
    holder: String,
}

/// Takes the lock for a session of PostgreSQL, at once or not at all; it has it until it ends.
///
/// # Errors
/// [`DatabaseError::ScanRunning`] when another scan has it; otherwise why it cannot be taken.
pub(super) fn lock_session(url: &DatabaseUrl, c: &mut PgConnection) -> Result<(), DatabaseError> {
    let read = |source| DatabaseError::Read {
        url: url.to_string(),
        source,
    };
    let answer: Taken = diesel::sql_query("SELECT pg_try_advisory_lock($1) AS taken")
        .bind::<BigInt, _>(SCAN_LOCK)
        .get_result(c)
        .map_err(read)?;
    if answer.taken {
        return Ok(());
    }
    // Names of other users' sessions may be hidden from us; the process id never is.
    let holder: Option<Holder> = diesel::sql_query(
        "SELECT 'session ' || l.pid || coalesce(' of ' || a.usename, '') \
                || coalesce(' from ' || host(a.client_addr), '') \
                || coalesce(' since ' || to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ'), '') \
                AS holder \
           FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid \
          WHERE l.locktype = 'advisory' AND l.granted \
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
            AND l.classid::bigint = $1 >> 32 AND l.objid::bigint = $1 & 4294967295",
    )
    .bind::<BigInt, _>(SCAN_LOCK)
    .get_result(c)
    .optional()
    .map_err(read)?;
    Err(DatabaseError::ScanRunning {
        holder: holder.map_or_else(|| "it has just ended".to_owned(), |found| found.holder),
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::Place;
    use super::*;

    fn lock(place: &Place) -> Result<ScanLock, DatabaseError> {
        lock_file(&place.url(), &place.path())
    }

    #[test]
    fn a_second_scan_is_told_who_holds_the_lock() {
        let place = Place::new();
        let held = lock(&place).unwrap();
        let error = lock(&place).err().expect("refused");
        let DatabaseError::ScanRunning { holder } = error else {
            panic!("{error:?}");
        };
        assert!(holder.contains(&std::process::id().to_string()), "{holder}");
        drop(held);
        lock(&place).unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let url = DatabaseUrl::parse("sqlite:////no/such/folder/avalon.sqlite").unwrap();
        let error = lock_file(&url, Path::new("/no/such/folder/avalon.sqlite"))
            .err()
            .expect("refused")
            .to_string();
        assert!(
            error.contains("there is no folder /no/such/folder"),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_file_that_may_only_be_read_is_lock_enough() {
        use std::os::unix::fs::PermissionsExt;

        let place = Place::new();
        drop(lock(&place).unwrap());
        let path = file::beside(&place.path(), "-scan.lock");
        // As root, whom no mode keeps out, this shows only that the mode disturbs nothing; the
        // scanner's tests run it as another user.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
        let _lock = lock(&place).unwrap();
        assert!(lock(&place).is_err());
    }

    #[test]
    fn a_link_in_the_place_of_the_lock_is_not_followed() {
        let place = Place::new();
        let victim = place.path().with_file_name("victim");
        std::fs::write(&victim, "precious").unwrap();
        let path = place.path().with_file_name("avalon.sqlite-scan.lock");
        std::os::unix::fs::symlink(&victim, &path).unwrap();
        let error = lock(&place).err().expect("refused");
        assert!(matches!(error, DatabaseError::Lock { .. }), "{error:?}");
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(lock(&place).is_err());
    }

    #[test]
    fn two_ways_to_one_file_give_one_lock() {
        let place = Place::new();
        let _lock = lock(&place).unwrap();
        let folder = place.path().parent().unwrap().to_owned();
        let detour = folder.join("..").join(folder.file_name().unwrap());
        let other = detour.join("avalon.sqlite");
        let taken = lock_file(&DatabaseUrl::SqliteFile(other.clone()), &other);
        assert!(taken.is_err());
    }

    #[test]
    fn a_lock_that_may_not_be_written_is_taken_if_it_is_there() {
        let place = Place::new();
        assert!(lock_file_if_there(&place.path()).unwrap().is_none());
        let path = file::beside(&place.path(), "-scan.lock");
        assert!(!path.exists(), "it was made");
        drop(lock(&place).unwrap());
        let held = lock_file_if_there(&place.path()).unwrap();
        assert!(held.is_some());
        let error = lock(&place).err().expect("it is taken").to_string();
        assert!(!error.contains("process"), "it tells of another: {error}");
        drop(held);
        let _held = lock(&place).unwrap();
        let error = lock_file_if_there(&place.path()).err().expect("taken");
        assert!(matches!(error, DatabaseError::ScanRunning { .. }));
        assert!(error.to_string().contains("process"), "{error}");
    }
}
