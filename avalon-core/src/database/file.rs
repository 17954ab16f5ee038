//! Where the file of a SQLite database is, and what is beside it.
//!
//! In: a [`DatabaseUrl`] or the path in it. Out: the folder made or named as missing, the path as
//! SQLite can take it, and the paths of the files beside it. SQLite follows symbolic links and puts
//! its journal beside their target; what is ours lies there too.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

use super::error::DatabaseError;
use super::url::DatabaseUrl;

/// Which file is at a path: as long as anybody has it open, no other one has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// That of the file that a database is, if it is one.
    ///
    /// # Errors
    /// It is not there, or cannot be looked at.
    pub(super) fn of(url: &DatabaseUrl) -> io::Result<Option<Self>> {
        let Some(path) = url.sqlite_path() else {
            return Ok(None);
        };
        Ok(Some((&path.metadata()?).into()))
    }
}

impl From<&fs::Metadata> for Identity {
    fn from(metadata: &fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}

/// What a scan made where there was nothing. Dropped under the scan's lock, and after the connection, it
/// takes all away again where the database is still empty.
#[derive(Default)]
pub(super) struct Made {
    /// Outermost first.
    folders: Vec<PathBuf>,
    pub(super) lock: Option<PathBuf>,
    database: Option<PathBuf>,
}

impl Made {
    /// Makes the folder of the default database.
    pub(super) fn folder(url: &DatabaseUrl) -> Result<Self, DatabaseError> {
        let mut folders: Vec<PathBuf> = match url {
            DatabaseUrl::SqliteDefault(path) => path
                .ancestors()
                .skip(1)
                .take_while(|folder| !folder.exists())
                .map(Path::to_owned)
                .collect(),
            _ => Vec::new(),
        };
        folders.reverse();
        make_default_folder(url)?;
        Ok(Self {
            folders,
            lock: None,
            database: None,
        })
    }

    /// Makes an empty database where there is none. What is in the way of that, SQLite will tell.
    pub(super) fn make_database(&mut self, path: &Path) {
        let mut new = fs::OpenOptions::new();
        // The mode is SQLite's.
        new.write(true).create_new(true).mode(0o644);
        if path.to_str().is_some() && new.open(path).is_ok() {
            self.database = Some(path.to_owned());
        }
    }

    /// Removes a database in which nobody wrote. SQLite's own lock keeps others from beginning to.
    fn remove_database(path: &Path) -> Option<()> {
        let path_text = path.to_str()?;
        let text = match path.is_absolute() {
            true => path_text.to_owned(),
            false => format!("./{path_text}"),
        };
        let is_empty = || fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0);
        if !is_empty() {
            return None;
        }
        let mut connection = SqliteConnection::establish(&text).ok()?;
        connection.batch_execute("BEGIN EXCLUSIVE").ok()?;
        match is_empty() {
            true => fs::remove_file(path).ok(),
            false => None,
        }
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        let is_gone = match &self.database {
            Some(path) => Self::remove_database(path).is_some(),
            None => false,
        };
        // A courtesy, as far as it goes: a folder with anything in it stays.
        if let Some(lock) = self.lock.as_ref().filter(|_| is_gone) {
            let _ = fs::remove_file(lock);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Makes the folder of the default database; those that a user chose must be there.
pub(super) fn make_default_folder(url: &DatabaseUrl) -> Result<(), DatabaseError> {
    let DatabaseUrl::SqliteDefault(path) = url else {
        return Ok(());
    };
    utf8(url, path)?;
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    fs::create_dir_all(folder).map_err(|source| DatabaseError::Folder {
        folder: folder.to_owned(),
        source,
    })
}

/// The path as SQLite takes it. One that is no UTF-8 is refused: changed, it would be another file.
pub(super) fn utf8<'a>(url: &DatabaseUrl, path: &'a Path) -> Result<&'a str, DatabaseError> {
    path.to_str().ok_or_else(|| DatabaseError::Connect {
        url: url.to_string(),
        reason: format!("the path {path:?} is not UTF-8: set DATABASE_URL to one that is"),
    })
}

/// Which folder is not there, in words. SQLite says "unable to open database file" for it.
pub(super) fn missing_folder(path: &Path) -> Option<String> {
    let folder = path.parent()?;
    let is_missing = !folder.as_os_str().is_empty() && !folder.is_dir();
    is_missing.then(|| format!("there is no folder {}", folder.display()))
}

/// The path of the file beside the database whose name is that of the database and `suffix`, in
/// the folder where the database really is, so that two ways to it give one file.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut path = database
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
    path.push(suffix);
    path.into()
}

/// The path as a URI of SQLite that opens the file to be read only, and makes none.
pub(super) fn read_only_uri(path: &str) -> String {
    uri(path, "ro")
}

/// The path as a URI of SQLite that opens the file as far as it may be written, and makes none.
pub(super) fn existing_uri(path: &str) -> String {
    uri(path, "rw")
}

fn uri(path: &str, mode: &str) -> String {
    let mut uri = String::from("file:");
    // `file://` would begin a host.
    if path.starts_with("//") {
        uri.push_str("//");
    }
    for character in path.chars() {
        match character {
            '%' => uri.push_str("%25"),
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            character => uri.push(character),
        }
    }
    uri.push_str("?mode=");
    uri.push_str(mode);
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_names_the_same_file_as_its_path() {
        for (path, uri) in [
            ("/a b/c.sqlite", "file:/a b/c.sqlite?mode=ro"),
            ("a.sqlite", "file:a.sqlite?mode=ro"),
            ("//a", "file:////a?mode=ro"),
            ("/50%?#é", "file:/50%25%3f%23é?mode=ro"),
        ] {
            assert_eq!(read_only_uri(path), uri, "{path}");
        }
    }
}
