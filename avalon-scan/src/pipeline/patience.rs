//! When somebody who works has taken too long.
//!
//! In: what a thread is at, seen again and again, and the time between two looks. Out: for how long it
//! has been at the same thing, once that is too long. There is no clock in here, and none in the threads
//! that are watched.

use std::time::Duration;

/// The most that one look adds. Where the watcher itself was held up (the process was stopped by
/// Ctrl-Z, the machine slept, the database was slow), the others were so too, most likely.
const MOST: Duration = Duration::from_secs(1);

/// Watches one thread.
#[derive(Debug)]
pub(super) struct Patience {
    limit: Duration,
    at: Option<u64>,
    waited: Duration,
}

impl Patience {
    /// Nothing was seen yet.
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            limit,
            at: None,
            waited: Duration::ZERO,
        }
    }

    /// The thread is at work on the thing with this number, or rests; the last look was `step` ago.
    /// The answer is for how long it has been at it, where that is longer than the limit.
    pub(super) fn look(&mut self, at: Option<u64>, step: Duration) -> Option<Duration> {
        if at.is_none() || at != self.at {
            self.at = at;
            self.waited = Duration::ZERO;
            return None;
        }
        self.waited += step.min(MOST);
        (self.waited > self.limit).then_some(self.waited)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_stays_at_the_same_thing_for_too_long_hangs() {
        // What is seen, milliseconds since the last look, and what is said of it.
        type Look = (Option<u64>, u64, Option<u64>);
        let table: &[(&str, &[Look])] = &[
            (
                "rests",
                &[(None, 900, None), (None, 900, None), (None, 900, None)],
            ),
            (
                "goes on",
                &[
                    (Some(1), 900, None),
                    (Some(2), 900, None),
                    (Some(3), 900, None),
                ],
            ),
            (
                "hangs",
                &[
                    (Some(1), 900, None),
                    (Some(1), 900, None),
                    (Some(1), 200, Some(1100)),
                ],
            ),
            (
                "at the limit",
                &[
                    (Some(1), 0, None),
                    (Some(1), 1000, None),
                    (Some(1), 1, Some(1001)),
                ],
            ),
            (
                "wakes up",
                &[
                    (Some(1), 0, None),
                    (Some(1), 900, None),
                    (Some(2), 900, None),
                    (Some(2), 900, None),
                ],
            ),
            (
                "rests between",
                &[
                    (Some(1), 0, None),
                    (Some(1), 900, None),
                    (None, 900, None),
                    (Some(1), 900, None),
                ],
            ),
            (
                "the watcher slept",
                &[
                    (Some(1), 0, None),
                    (Some(1), 3_600_000, None),
                    (Some(1), 1, Some(1001)),
                ],
            ),
        ];
        for (name, looks) in table {
            let mut patience = Patience::new(Duration::from_secs(1));
            for (row, (at, step, said)) in looks.iter().enumerate() {
                assert_eq!(
                    patience.look(*at, Duration::from_millis(*step)),
                    said.map(Duration::from_millis),
                    "{name}, look {row}"
                );
            }
        }
    }
}
