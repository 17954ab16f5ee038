//! What can go wrong with a database. No message holds a password.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// An error of the database stage. Each level says its own part; the source says the rest.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The database could not be opened or reached.
    #[error("cannot open the database {url}: {reason}")]
    Connect {
        /// The URL without its password.
        url: String,
        /// What the driver says, and what to do where we know it.
        reason: String,
    },
    /// The folder of the default database could not be made.
    #[error("cannot make the folder {} for the database", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The schema could not be made or brought up to date.
    #[error("cannot bring the schema of the database {url} up to date")]
    Migrate {
        /// The URL without its password.
        url: String,
        /// What the driver says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Some of the four tables of a library are there, and others are not.
    #[error(
        "the database {url} holds a part of a library alone, without the tables: {missing}; restore them, \
         or drop those that are left and scan anew"
    )]
    Incomplete {
        /// The URL without its password.
        url: String,
        /// The tables that are missing.
        missing: String,
    },
    /// There is no library where there was one.
    #[error("the database {url} holds no library any more: its tables are gone")]
    Gone {
        /// The URL without its password.
        url: String,
    },
    /// A query failed.
    #[error("cannot read the database {url}")]
    Read {
        /// The URL without its password.
        url: String,
        /// What the driver says.
        source: diesel::result::Error,
    },
    /// A scan was interrupted in mid-write, and this process may not, or is not to, clean up after it.
    #[error(
        "the database {} was left in the middle of a write by a program that was killed, and this \
         program may not roll it back: run avalon-scan, or `sqlite3 {} 'SELECT 1 FROM albums'`, as a \
         user who may write to that file and its folder", path.display(), path.display()
    )]
    HotJournal {
        /// The SQLite file whose journal is hot.
        path: PathBuf,
        /// What the driver says.
        source: diesel::result::Error,
    },
    /// The library could not be written; what was there before stands.
    #[error("cannot write the database {url}; the library is as it was")]
    Write {
        /// The URL without its password.
        url: String,
        /// What the driver says.
        source: diesel::result::Error,
    },
    /// The encoding of a PostgreSQL database lacks characters.
    #[error(
        "the database {url} has the encoding {encoding}, which cannot hold every name: make one with \
         `createdb --encoding=UTF8 --template=template0` and scan into that"
    )]
    Encoding {
        /// The URL without its password.
        url: String,
        /// What PostgreSQL calls it.
        encoding: String,
    },
    /// It was told to stop while it waited for others.
    #[error("stopped while waiting for {what}")]
    Stopped {
        /// What it waited for.
        what: &'static str,
    },
    /// Another scan of this database is under way.
    #[error("another scan of this database is running: {holder}")]
    ScanRunning {
        /// Who holds the lock, as far as known.
        holder: String,
    },
    /// The lock that keeps two scans apart could not be taken.
    #[error("cannot take the lock {} that keeps two scans apart", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}
