//! How a root is watched, in words for the log.

use std::fmt;
use std::io;

use notify::ErrorKind;

/// How a root is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// By events for this many folders.
    Events(usize),
    /// By asking regularly.
    Polled(Why),
    /// It is not there; its coming back is waited for.
    Gone,
}

/// Why a root is asked instead of listened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It is on a network file system.
    Network,
    /// There are more folders than the kernel watches for one user.
    WatchLimit,
    /// There are more programs that watch than the kernel allows for one user.
    InstanceLimit,
    /// For another reason.
    Failed(String),
}

impl From<&notify::Error> for Why {
    fn from(error: &notify::Error) -> Self {
        match &error.kind {
            ErrorKind::MaxFilesWatch => Self::WatchLimit,
            ErrorKind::Io(error) if is_too_many(error) => Self::InstanceLimit,
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// EMFILE, which is what inotify_init(2) says beyond its limit of instances.
fn is_too_many(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error())
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Events(folders) => write!(f, "by events for {folders} folders"),
            Self::Polled(why) => write!(f, "by a scan every few minutes: {why}"),
            Self::Gone => f.write_str("for its return: it is not there"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network => f.write_str("it is on a network file system"),
            Self::WatchLimit => f.write_str(
                "it has more folders than the kernel watches; to raise this limit, set \
                 fs.inotify.max_user_watches with sysctl",
            ),
            Self::InstanceLimit => f.write_str(
                "too many programs watch files; to raise this limit, set \
                 fs.inotify.max_user_instances with sysctl (or the limit of open files)",
            ),
            Self::Failed(error) => write!(f, "the kernel does not watch it: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_said_with_the_name_of_their_sysctl() {
        let table = [
            (
                "watches",
                notify::Error::new(ErrorKind::MaxFilesWatch),
                "sysctl",
                "fs.inotify.max_user_watches",
            ),
            (
                "instances",
                notify::Error::io(io::Error::from_raw_os_error(24)),
                "sysctl",
                "fs.inotify.max_user_instances",
            ),
            (
                "another",
                notify::Error::generic("no such thing"),
                "kernel",
                "no such thing",
            ),
        ];
        for (name, error, one, other) in table {
            let said = How::Polled(Why::from(&error)).to_string();
            assert!(said.contains(one) && said.contains(other), "{name}: {said}");
        }
    }
}
