//! File descriptors: each connection takes one.
//!
//! In: the limits of the process. Out: the soft one raised to the hard one, as far as the system
//! allows. The usual soft limit of 1,024 is there for programs that call select(2); nothing here does.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::MAX_CONNECTIONS;

/// What the server needs besides its connections: the log, the database, metrics, the runtime.
const OTHERS: u64 = 64;

/// Raises the limit on open files as far as this user may, and warns where that is not enough for
/// the connections that the server would take. Call it once, before serving.
pub fn raise_descriptor_limit() {
    let found = getrlimit(Resource::Nofile);
    if found.current == found.maximum {
        return warn_if_low(found.current);
    }
    let wanted = Rlimit {
        current: found.maximum,
        maximum: found.maximum,
    };
    match setrlimit(Resource::Nofile, wanted) {
        Ok(()) => warn_if_low(found.maximum),
        Err(error) => {
            log::debug!("Cannot raise the limit on open files: {error}");
            warn_if_low(found.current);
        }
    }
}

fn warn_if_low(limit: Option<u64>) {
    let Some(limit) = limit else { return };
    if limit < MAX_CONNECTIONS as u64 + OTHERS {
        let connections = limit.saturating_sub(OTHERS);
        log::warn!(
            "The limit of {limit} open files allows about {connections} connections, not \
             {MAX_CONNECTIONS}: raise the hard limit (ulimit -Hn, LimitNOFILE= of systemd) for more"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let before = getrlimit(Resource::Nofile);
        let low = Rlimit {
            current: before
                .maximum
                .map_or(Some(4096), |maximum| Some(maximum.min(512))),
            maximum: before.maximum,
        };
        setrlimit(Resource::Nofile, low).unwrap();
        raise_descriptor_limit();
        assert_eq!(getrlimit(Resource::Nofile).current, before.maximum);
    }
}
