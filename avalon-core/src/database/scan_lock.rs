//! The lock that keeps two scans of one database apart.
//!
//! In: a [`DatabaseUrl`]. Out: a [`ScanLock`] that lasts as long as its value, or until its process
//! dies in whatever way. On SQLite it is a lock (flock) on a file beside the database, on PostgreSQL
//! an advisory lock of a session of its own. It is not the write lock: tags are read while readers
//! and other writers of the database go on.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::connection::{Backend, postgres};
use super::error::DatabaseError;
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
            DatabaseUrl::SqliteFile(path) => lock_file(path)?,
            DatabaseUrl::SqliteDefault(path) => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder).map_err(|source| DatabaseError::Folder {
                        folder: folder.to_owned(),
                        source,
                    })?;
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
    let path = lock_path(database);
    let failed = |source: io::Error| DatabaseError::Lock {
        path: path.clone(),
        source,
    };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(failed)?;
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
    let described = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "process {}", std::process::id()));
    described.map_err(failed)?;
    Ok(Held::File { _file: file })
}

/// `<database>-scan.lock` in the folder where the database really is, so that two ways to it give
/// one lock.
fn lock_path(database: &Path) -> PathBuf {
    let mut real = database
        .canonicalize()
        .unwrap_or_else(|_| {
            let folder = database
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            match (folder.canonicalize(), database.file_name()) {
                (Ok(folder), Some(name)) => folder.join(name),
                _ => database.to_owned(),
            }
        })
        .into_os_string();
    real.push("-scan.lock");
    real.into()
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
    fn two_ways_to_one_file_give_one_lock() {
        let place = Place::new();
        let _lock = ScanLock::acquire(&place.url()).unwrap();
        let folder = place.path().parent().unwrap().to_owned();
        let detour = folder.join("..").join(folder.file_name().unwrap());
        let other = DatabaseUrl::SqliteFile(detour.join("avalon.sqlite"));
        assert!(ScanLock::acquire(&other).is_err());
    }
}
