//! The lock that keeps two scans of one database apart.
//!
//! In: a [`DatabaseUrl`]. Out: a [`ScanLock`] that lasts as long as its value, or until its process
//! dies in whatever way. On SQLite it is a lock (flock) on a file beside the database, on PostgreSQL
//! an advisory lock of a session of its own. It is not the write lock: tags are read while readers
//! and other writers of the database go on.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use rustix::fs::OFlags;

use super::connection::{Backend, postgres};
use super::error::DatabaseError;
use super::file;
use super::url::{DatabaseUrl, PostgresParameters};

/// Advisory lock of a scan ("avalon", 2).
const SCAN_LOCK: i64 = 0x6176_616c_6f6e_0002;

/// The right to scan into a database; released when dropped.
pub struct ScanLock {
    _held: Held,
}

enum Held {
    File { _file: File },
    Session { _backend: Backend },
    Nothing,
}

impl ScanLock {
    /// Takes the lock, at once or not at all.
    ///
    /// # Errors
    /// [`DatabaseError::ScanRunning`] when another scan has it; otherwise why it cannot be taken.
    pub fn acquire(url: &DatabaseUrl) -> Result<Self, DatabaseError> {
        let held = match url {
            DatabaseUrl::SqliteMemory => Held::Nothing,
            DatabaseUrl::SqliteFile(path) | DatabaseUrl::SqliteDefault(path) => {
                file::make_default_folder(url)?;
                if let Some(reason) = file::missing_folder(path) {
                    let url = url.to_string();
                    return Err(DatabaseError::Connect { url, reason });
                }
                lock_file(path)?
            }
            DatabaseUrl::Postgres(parameters) => lock_session(url, parameters)?,
        };
        Ok(Self { _held: held })
    }
}

impl std::fmt::Debug for ScanLock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScanLock")
    }
}

fn lock_file(database: &Path) -> Result<Held, DatabaseError> {
    let path = file::beside(database, "-scan.lock");
    let failed = |source: io::Error| DatabaseError::Lock {
        path: path.clone(),
        source,
    };
    let (mut file, is_ours) = open_lock(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Only a courtesy: the lock says enough when its file does not.
            let _ = (&mut file).take(256).read_to_string(&mut holder);
            let holder = match holder.trim() {
                "" => format!("it holds {}", path.display()),
                holder => format!("{holder} holds {}", path.display()),
            };
            return Err(DatabaseError::ScanRunning { holder });
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    // The file stays when the lock goes: to remove it would let two others lock two files.
    if is_ours {
        let described = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "process {}", std::process::id()));
        described.map_err(failed)?;
    }
    Ok(Held::File { _file: file })
}

/// Opens the lock file, and makes it where there is none; and whether it may be written. One that a
/// scan of another user left may be readable alone, which is enough to lock it. Nothing but a plain
/// file will do: through a link that somebody put there, a scan by root would overwrite any file.
fn open_lock(path: &Path) -> io::Result<(File, bool)> {
    let plain = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(plain);
    let mut writing = options.clone();
    writing.write(true).create(true).truncate(false);
    let (file, is_ours) = match writing.open(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            // Where there is none to be read, the first error says why.
            (options.open(path).map_err(|_| error)?, false)
        }
        opened => (opened?, true),
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no plain file"));
    }
    Ok((file, is_ours))
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

fn lock_session(url: &DatabaseUrl, parameters: &PostgresParameters) -> Result<Held, DatabaseError> {
    let mut backend = postgres(url, parameters)?;
    let Backend::Postgres(c) = &mut backend else {
        return Ok(Held::Nothing);
    };
    let read = |source| DatabaseError::Read {
        url: url.to_string(),
        source,
    };
    let answer: Taken = diesel::sql_query("SELECT pg_try_advisory_lock($1) AS taken")
        .bind::<BigInt, _>(SCAN_LOCK)
        .get_result(c)
        .map_err(read)?;
    if answer.taken {
        return Ok(Held::Session { _backend: backend });
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

    #[test]
    fn a_second_scan_is_told_who_holds_the_lock() {
        let place = Place::new();
        let lock = ScanLock::acquire(&place.url()).unwrap();
        let error = ScanLock::acquire(&place.url()).unwrap_err();
        let DatabaseError::ScanRunning { holder } = error else {
            panic!("{error:?}");
        };
        assert!(holder.contains(&std::process::id().to_string()), "{holder}");
        drop(lock);
        ScanLock::acquire(&place.url()).unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let url = DatabaseUrl::parse("sqlite:////no/such/folder/avalon.sqlite").unwrap();
        let error = ScanLock::acquire(&url).unwrap_err().to_string();
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
        drop(ScanLock::acquire(&place.url()).unwrap());
        let path = file::beside(&place.path(), "-scan.lock");
        // As root, whom no mode keeps out, this shows only that the mode disturbs nothing; the
        // scanner's tests run it as another user.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
        let _lock = ScanLock::acquire(&place.url()).unwrap();
        assert!(ScanLock::acquire(&place.url()).is_err());
    }

    #[test]
    fn a_link_in_the_place_of_the_lock_is_not_followed() {
        let place = Place::new();
        let victim = place.path().with_file_name("victim");
        std::fs::write(&victim, "precious").unwrap();
        let lock = place.path().with_file_name("avalon.sqlite-scan.lock");
        std::os::unix::fs::symlink(&victim, &lock).unwrap();
        let error = ScanLock::acquire(&place.url()).unwrap_err();
        assert!(matches!(error, DatabaseError::Lock { .. }), "{error:?}");
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
        std::fs::remove_file(&lock).unwrap();
        std::fs::create_dir(&lock).unwrap();
        assert!(ScanLock::acquire(&place.url()).is_err());
    }

    #[test]
    fn two_ways_to_one_file_give_one_lock() {
        let place = Place::new();
        let _lock = ScanLock::acquire(&place.url()).unwrap();
        let folder = place.path().parent().unwrap().to_owned();
        let detour = folder.join("..").join(folder.file_name().unwrap());
        let other = DatabaseUrl::SqliteFile(detour.join("avalon.sqlite"));
        assert!(ScanLock::acquire(&other).is_err());
    }
}
