//! What is mounted where.
//!
//! In: `/proc/self/mountinfo`, as proc_pid_mountinfo(5) describes it. Out: whether a folder is a
//! mount point (one that stops being one is a disk that is not mounted), and on which kind of file
//! system it lies (networks tell nobody here what others change there).
//!
//! What stays true: paths are bytes, and lines that make no sense are passed over. Device numbers
//! count only where there is no mountinfo (macOS): they may change at each start of the machine, but
//! a folder and its parent are compared within the same second.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The kernel's list of what this process sees mounted.
const MOUNTINFO: &str = "/proc/self/mountinfo";

/// Types of file systems that change without this kernel taking part: on another machine, or on the
/// host of a virtual one.
const NETWORKS: [&str; 27] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "davfs",
    "glusterfs",
    "gfs2",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "orangefs",
    "prl_fs",
    "pvfs2",
    "smb2",
    "smb3",
    "smbfs",
    "vboxsf",
    "virtiofs",
    "vmhgfs",
    // macOS.
    "afpfs",
    "ftp",
    "webdav",
];

/// The same of programs that serve a file system through FUSE: `fuse.` and this.
const FUSE_NETWORKS: [&str; 18] = [
    "ceph-fuse",
    "curlftpfs",
    "davfs",
    "davfs2",
    "gcsfuse",
    "glusterfs",
    "goofys",
    "google-drive-ocamlfuse",
    "gvfsd-fuse",
    "httpdirfs",
    "juicefs",
    "moosefs",
    "rclone",
    "s3fs",
    "seaweedfs",
    "smbnetfs",
    "sshfs",
    "vmhgfs-fuse",
];

/// What is mounted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mounts {
    /// In the order of mounting: of two on one mount point, the later hides the earlier.
    pub entries: Vec<Mount>,
}

/// One mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The kernel's number of it: another mount at the same point has another.
    pub id: u64,
    /// Where: an absolute path without links.
    pub point: PathBuf,
    /// What: `ext4`, `nfs4`, `fuse.sshfs`.
    pub file_system: String,
}

impl Mounts {
    /// What is mounted now.
    ///
    /// # Errors
    /// Where the system keeps no such list.
    pub fn read() -> io::Result<Self> {
        fs::read(MOUNTINFO).map(|text| Self::parse(&text))
    }

    /// Reads the lines of a mountinfo.
    pub fn parse(text: &[u8]) -> Self {
        let entries = text.split(|&byte| byte == b'\n').filter_map(mount);
        Self {
            entries: entries.collect(),
        }
    }

    /// Whether something is mounted at this very path, which must be absolute and without links.
    /// `/` always is a mount point.
    pub fn is_mount_point(&self, absolute: &Path) -> bool {
        let here = |mount: &Mount| mount.point == absolute;
        absolute == Path::new("/") || self.entries.iter().any(here)
    }

    /// What a path lies on, which must be absolute and without links.
    pub fn mount_of(&self, absolute: &Path) -> Option<&Mount> {
        self.entries
            .iter()
            .filter(|mount| absolute.starts_with(&mount.point))
            // Of equals the last.
            .max_by_key(|mount| mount.point.as_os_str().len())
    }

    /// The type of the file system that a path lies on, which must be absolute and without links.
    pub fn file_system_of(&self, absolute: &Path) -> Option<&str> {
        self.mount_of(absolute)
            .map(|mount| mount.file_system.as_str())
    }
}

/// Whether this is a type of file system on which others may change files without a notice here.
pub fn is_network(file_system: &str) -> bool {
    match file_system.strip_prefix("fuse.") {
        Some(program) => FUSE_NETWORKS.contains(&program),
        None => NETWORKS.contains(&file_system),
    }
}

/// Whether something is mounted at this very path now, by the kernel's list, or else by the device
/// numbers of the folder and its parent. The path must be absolute and without links.
pub fn is_mount_point(absolute: &Path) -> bool {
    match Mounts::read() {
        Ok(mounts) => mounts.is_mount_point(absolute),
        Err(_) => is_on_another_device_than_its_parent(absolute),
    }
}

fn is_on_another_device_than_its_parent(absolute: &Path) -> bool {
    let Some(parent) = absolute.parent() else {
        return true;
    };
    let device = |path| fs::metadata(path).map(|metadata| metadata.dev());
    matches!((device(absolute), device(parent)), (Ok(own), Ok(parents)) if own != parents)
}

/// `36 35 98:0 /of/the/device /mount/point rw,noatime master:1 - ext3 /dev/root rw`: the first and the
/// fifth field, and the first after the lone hyphen that ends a varying number of optional ones.
fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|&byte| byte == b' ');
    let id = str::from_utf8(fields.next()?).ok()?.parse().ok()?;
    let point = unescaped(fields.nth(3).filter(|point| point.starts_with(b"/"))?);
    let file_system = fields.skip_while(|&field| field != b"-").nth(1)?;
    Some(Mount {
        id,
        point: PathBuf::from(OsString::from_vec(point)),
        file_system: String::from_utf8_lossy(file_system).into_owned(),
    })
}

/// Puts back what would break a line: the kernel writes a space as `\040`.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        bytes.push(match (first, after) {
            (
                b'\\',
                [
                    a @ b'0'..=b'3',
                    b @ b'0'..=b'7',
                    c @ b'0'..=b'7',
                    after @ ..,
                ],
            ) => {
                rest = after;
                (a - b'0') * 64 + (b - b'0') * 8 + (c - b'0')
            }
            _ => first,
        });
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    const LINES: &[u8] = b"\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:21 / /proc rw - proc proc rw
40 22 0:40 / /mnt/my\\040music rw,noatime shared:5 master:1 - nfs4 nas:/export rw,vers=4.2
41 22 0:41 /sub /mnt/tab\\011and\\134slash rw - cifs //nas/x rw
42 22 0:42 / /mnt/caf\xe9 rw - fuse.sshfs me@there:/ rw
43 22 0:43 / /auto rw - autofs systemd-1 rw
44 43 0:44 / /auto rw - xfs /dev/sdb1 rw
45 22 0:45 / /mnt/- rw - btrfs /dev/sdc rw
a line of no sense
46 22 0:46 / relative rw - ext4 /dev/sdd rw
47 22 0:47 / /mnt/cut rw";

    fn path(bytes: &[u8]) -> &Path {
        Path::new(OsStr::from_bytes(bytes))
    }

    #[test]
    fn mounts_are_found_by_the_exact_path() {
        let mounts = Mounts::parse(LINES);
        assert_eq!(mounts.entries.len(), 8, "{mounts:?}");
        for (point, expected) in [
            (&b"/"[..], true),
            (b"/mnt/my music", true),
            (b"/mnt/my music/", true),
            (b"/mnt/my music/a", false),
            (b"/mnt", false),
            (b"/mnt/tab\tand\\slash", true),
            (b"/mnt/caf\xe9", true),
            (b"/mnt/-", true),
            (b"/mnt/cut", false),
        ] {
            let case = point.escape_ascii();
            assert_eq!(mounts.is_mount_point(path(point)), expected, "{case}");
        }
        let nothing = Mounts::default();
        assert!(nothing.is_mount_point(path(b"/")), "the root of all");
    }

    #[test]
    fn the_file_system_is_that_of_the_innermost_mount() {
        let mounts = Mounts::parse(LINES);
        for (place, expected) in [
            (&b"/srv/music"[..], "ext4"),
            (b"/mnt/my music/a/b", "nfs4"),
            (b"/mnt/my music", "nfs4"),
            (b"/mnt/my music 2", "ext4"),
            (b"/mnt/caf\xe9/x", "fuse.sshfs"),
            (b"/auto/x", "xfs"),
        ] {
            let case = place.escape_ascii();
            assert_eq!(mounts.file_system_of(path(place)), Some(expected), "{case}");
        }
        assert_eq!(Mounts::default().file_system_of(path(b"/x")), None);
    }

    #[test]
    fn networks_are_told_from_disks() {
        for (file_system, expected) in [
            ("nfs", true),
            ("nfs4", true),
            ("cifs", true),
            ("smb3", true),
            ("9p", true),
            ("virtiofs", true),
            ("fuse.sshfs", true),
            ("fuse.rclone", true),
            ("ext4", false),
            ("btrfs", false),
            ("overlay", false),
            ("tmpfs", false),
            ("nfsd", false),
            ("fuseblk", false),
            ("fuse.mergerfs", false),
            ("fuse.nfs", false),
        ] {
            assert_eq!(is_network(file_system), expected, "{file_system}");
        }
    }

    #[test]
    fn escapes_are_octal_and_complete() {
        for (field, expected) in [
            (&b"a\\040b"[..], &b"a b"[..]),
            (b"\\134040", b"\\040"),
            (b"\\351", b"\xe9"),
            (b"\\377", b"\xff"),
            (b"\\400", b"\\400"),
            (b"\\08", b"\\08"),
            (b"\\", b"\\"),
            (b"", b""),
        ] {
            assert_eq!(unescaped(field), expected, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn this_system_agrees_with_itself() {
        let folder = tempfile::tempdir().unwrap();
        let absolute = folder.path().canonicalize().unwrap();
        assert!(!is_mount_point(&absolute));
        assert!(!is_on_another_device_than_its_parent(&absolute));
        assert!(is_mount_point(Path::new("/")));
        assert!(is_on_another_device_than_its_parent(Path::new("/")));
        if let Ok(mounts) = Mounts::read() {
            assert!(mounts.file_system_of(&absolute).is_some(), "{mounts:?}");
            let proc = Path::new("/proc");
            assert!(mounts.is_mount_point(proc), "{mounts:?}");
            assert_eq!(mounts.file_system_of(proc), Some("proc"));
            assert!(is_on_another_device_than_its_parent(proc));
        }
    }
}
