//! Waiting for what others hold, for as long as nobody says to stop.
//!
//! In: something to try, which is over in a fraction of a second or so, and a way to ask whether to
//! stop. Out: what came of it. What stays true: whether to stop is asked several times a second (once, where a lock of
//! PostgreSQL is waited for), and
//! whoever waits for long tells in the log what for.

use std::thread;
use std::time::{Duration, Instant};

use super::error::DatabaseError;

/// How long one attempt should wait by itself.
pub(super) const ATTEMPT: Duration = Duration::from_millis(200);

/// Between two attempts: some fail at once.
const PAUSE: Duration = Duration::from_millis(20);

/// After this the log tells of it.
const TOLD_AFTER: Duration = Duration::from_secs(3);

/// And then again each time that so much has passed.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// What keeps a SQLite database locked.
pub(super) const WRITER: &str = "another program that writes the database";

/// Asks whether to stop.
pub(super) type Stop<'s> = &'s dyn Fn() -> bool;

/// Tries until there is an answer. `what` is waited for, as the log and the error tell it.
///
/// # Errors
/// Those of `attempt`, and [`DatabaseError::Stopped`].
pub(super) fn wait_for<T, E: From<DatabaseError>>(
    what: &'static str,
    stop: Stop<'_>,
    mut attempt: impl FnMut() -> Result<Option<T>, E>,
) -> Result<T, E> {
    let began = Instant::now();
    let mut told_at = TOLD_AFTER;
    loop {
        if let Some(answer) = attempt()? {
            return Ok(answer);
        }
        if stop() {
            return Err(DatabaseError::Stopped { what }.into());
        }
        let waited = began.elapsed();
        if waited >= told_at {
            log::warn!("Waiting for {what}...");
            told_at = waited + TOLD_EVERY;
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn it_is_tried_until_there_is_an_answer_or_nobody_wants_one() {
        let tries = Cell::new(0);
        let attempt = || {
            tries.set(tries.get() + 1);
            Ok::<_, DatabaseError>((tries.get() == 3).then_some("it"))
        };
        assert_eq!(wait_for("it", &|| false, attempt).unwrap(), "it");
        tries.set(3);
        let error = wait_for("it", &|| tries.get() == 5, attempt).unwrap_err();
        assert!(matches!(error, DatabaseError::Stopped { what: "it" }));
        tries.set(2);
        let answer = wait_for("it", &|| true, attempt);
        assert_eq!(answer.unwrap(), "it", "what is there is taken");
    }
}
