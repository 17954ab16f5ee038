//! The files that scans write themselves: if they lie in a root, each scan would ask for the next one.
//!
//! In: where the database and the log are, as far as they are files. Out: paths without links, since
//! that is how the kernel names what changes.

use std::path::{Path, PathBuf};

/// What SQLite puts beside a database, and the lock of a scan.
const BESIDE: [&str; 5] = ["", "-journal", "-wal", "-shm", "-scan.lock"];

/// The paths that a scan with this database and this log writes. Of a file in a folder that is not
/// there, none.
pub fn own_files(database: Option<&Path>, log: Option<&Path>) -> Vec<PathBuf> {
    let database = database.and_then(real);
    let database = database.as_deref().map(beside).into_iter().flatten();
    database.chain(log.and_then(real)).collect()
}

/// The path without links but the last, of a file that need not be there yet.
fn real(path: &Path) -> Option<PathBuf> {
    let folder = match path.parent()? {
        folder if folder.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    Some(folder.canonicalize().ok()?.join(path.file_name()?))
}

fn beside(path: &Path) -> [PathBuf; BESIDE.len()] {
    BESIDE.map(|suffix| {
        let mut path = path.as_os_str().to_owned();
        path.push(suffix);
        path.into()
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn all_that_a_scan_writes_is_named_by_its_real_path() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        let link = real.join("link");
        symlink(&real, &link).unwrap();
        let database = link.join("a.sqlite");
        let found = own_files(Some(&database), Some(&link.join("scan.log")));
        let expected = [
            "a.sqlite",
            "a.sqlite-journal",
            "a.sqlite-wal",
            "a.sqlite-shm",
            "a.sqlite-scan.lock",
            "scan.log",
        ];
        assert_eq!(found, expected.map(|name| real.join(name)));
        let here = Path::new(".").canonicalize().unwrap();
        assert_eq!(
            own_files(None, Some(Path::new("a.log"))),
            [here.join("a.log")]
        );
        assert!(own_files(Some(&real.join("gone/a.sqlite")), None).is_empty());
    }
}
