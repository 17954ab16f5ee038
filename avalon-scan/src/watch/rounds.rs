//! The scans of a watch: one of everything, then of what changes, until it is stopped.
//!
//! In: a [`Request`], and what goes on [around](Around): changes, time, and the scan itself. Out: the
//! [`ExitCode`] of the program. No clock and no file is in here.
//!
//! What stays true: after a scan that failed or was refused, what changed in the meantime is unknown;
//! so everything is scanned until that succeeds, with ever longer pauses between. A first scan that
//! does not succeed ends the watch: then something is set wrongly.

use std::path::PathBuf;
use std::time::Duration;

use crate::exit::ExitCode;
use crate::scan::Request;

/// The pause after the first failure; each further one doubles it, ...
const SHORTEST_PAUSE: Duration = Duration::from_secs(15);

/// ... up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// What the rounds need from outside.
pub trait Around {
    /// Waits for changes: the folders in which something changed, or `None` when it is to stop.
    fn changes(&mut self) -> Option<Vec<PathBuf>>;

    /// Waits so long; `None` when it is to stop.
    fn wait(&mut self, time: Duration) -> Option<()>;

    /// Scans, says what came of it, and returns how it ended.
    fn scan(&mut self, request: &Request) -> ExitCode;
}

/// Scans, and then again what changes, until it is stopped.
pub fn rounds(request: &Request, around: &mut impl Around) -> ExitCode {
    let first = around.scan(request);
    if !is_success(first) {
        return first;
    }
    log::info!("Watching for changes...");
    let mut failures = 0;
    while let Some(request) = next(request, failures, around) {
        match around.scan(&request) {
            ExitCode::Interrupted => return ExitCode::Interrupted,
            code if is_success(code) => failures = 0,
            _ => failures += 1,
        }
    }
    log::info!("Stopped watching");
    ExitCode::Done
}

fn is_success(code: ExitCode) -> bool {
    matches!(code, ExitCode::Done | ExitCode::Skipped)
}

/// Waits until there is something to scan; `None` when it is to stop.
fn next(request: &Request, failures: u32, around: &mut impl Around) -> Option<Request> {
    if failures > 0 {
        around.wait(pause(failures))?;
        return Some(request.clone());
    }
    Some(Request {
        roots: Vec::new(),
        only: around.changes()?,
        ..request.clone()
    })
}

/// How long to wait after so many failures in a row.
fn pause(failures: u32) -> Duration {
    let doubled = 1_u32
        .checked_shl(failures.saturating_sub(1))
        .unwrap_or(u32::MAX);
    SHORTEST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name, how the scans end, how many times it may wait, the end, and what was done.
    type Row<'t> = (&'t str, &'t [ExitCode], usize, ExitCode, &'t [&'t str]);

    /// What happens, in its order, and what was done.
    #[derive(Default)]
    struct Script {
        codes: Vec<ExitCode>,
        /// How many times it may wait before it is to stop.
        waits: usize,
        done: Vec<String>,
    }

    impl Around for Script {
        fn changes(&mut self) -> Option<Vec<PathBuf>> {
            self.waits = self.waits.checked_sub(1)?;
            Some(vec![PathBuf::from("/m/a")])
        }

        fn wait(&mut self, time: Duration) -> Option<()> {
            self.done.push(format!("{} s", time.as_secs()));
            self.waits = self.waits.checked_sub(1)?;
            Some(())
        }

        fn scan(&mut self, request: &Request) -> ExitCode {
            let what = match (&request.roots[..], &request.only[..]) {
                ([_], []) => "all",
                ([], [only]) if only.ends_with("a") => "part",
                other => panic!("{other:?}"),
            };
            assert!(request.follow_links, "the rest of the request stays");
            self.done.push(what.to_owned());
            self.codes.remove(0)
        }
    }

    #[test]
    fn a_watch_goes_on_until_it_is_stopped() {
        use ExitCode::{Done, Failed, Interrupted, Refused, Skipped};
        let table: [Row; 10] = [
            ("stopped at once", &[Done], 0, Done, &["all"]),
            (
                "two changes",
                &[Done, Skipped, Done],
                2,
                Done,
                &["all", "part", "part"],
            ),
            (
                "files were skipped",
                &[Skipped, Done],
                1,
                Done,
                &["all", "part"],
            ),
            ("refused at first", &[Refused], 9, Refused, &["all"]),
            ("failed at first", &[Failed], 9, Failed, &["all"]),
            (
                "stopped in the first",
                &[Interrupted],
                9,
                Interrupted,
                &["all"],
            ),
            (
                "stopped in a scan",
                &[Done, Interrupted],
                9,
                Interrupted,
                &["all", "part"],
            ),
            (
                "refused later",
                &[Done, Refused, Refused, Done, Done],
                4,
                Done,
                &["all", "part", "15 s", "all", "30 s", "all", "part"],
            ),
            (
                "fails again after it succeeded",
                &[Done, Failed, Skipped, Failed, Done],
                4,
                Done,
                &["all", "part", "15 s", "all", "part", "15 s", "all"],
            ),
            (
                "stopped in a pause",
                &[Done, Failed],
                1,
                Done,
                &["all", "part", "15 s"],
            ),
        ];
        for (name, codes, waits, code, done) in table {
            let mut script = Script {
                codes: codes.to_vec(),
                waits,
                ..Script::default()
            };
            let request = Request {
                roots: vec![PathBuf::from("/m")],
                follow_links: true,
                ..Request::default()
            };
            assert_eq!(rounds(&request, &mut script), code, "{name}");
            assert_eq!(script.done, done, "{name}");
            assert!(script.codes.is_empty(), "{name}");
        }
    }

    #[test]
    fn pauses_grow_and_have_an_end() {
        let seconds =
            [1, 2, 3, 4, 5, 6, 7, 8, 33, 34, u32::MAX].map(|failures| pause(failures).as_secs());
        assert_eq!(
            seconds,
            [15, 30, 60, 120, 240, 480, 600, 600, 600, 600, 600]
        );
    }
}
