//! Following a database: when to load, and what to do when that fails.
//!
//! In: what looks at a [`Source`] find, and the libraries that it gives. Out: these, published, and the
//! old ones retired. What stays true: what was found and not loaded is tried again, also where nobody
//! looks; one cause of failure is one line in the log, however often it fails; a panic is a failure like
//! others.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Weak;
use std::time::{Duration, Instant};

use avalon_core::database::Look;
use avalon_core::telemetry::metrics::Counter;

use super::ReloadError;
use super::retired::Retired;
use crate::allocator::give_back;
use crate::app::App;
use crate::service::Service;

/// Told what became of each attempt to load another library.
pub type Count = Box<dyn Fn(Counter) + Send>;

/// How long after a load that failed the next one begins; twice as long after each that fails again.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// The longest that this becomes.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// While so many old libraries are still held, none is loaded: with what is served and what is loaded
/// there are at most three in memory, however slowly clients read.
const MOST_OLD: usize = 2;

/// For so long a load waits for clients that are sent something from old libraries; then those are cut off that
/// dawdle over what they are sent from the oldest, and again after as long.
const MOST_PATIENCE: Duration = Duration::from_secs(60);

/// So many causes of failure are known again; beyond them the one that came first may be told once more.
const MOST_CAUSES: usize = 16;

/// Why it is the follower's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is time to look.
    Look,
    /// It is time to load what was not loaded yet, if that can be seen.
    Retry,
    /// Somebody wants the library loaded, whether there is anything new or not.
    Order,
}

/// Where libraries come from.
pub(super) trait Source {
    /// Whether there is another than before.
    fn look(&mut self) -> Result<Look, ReloadError>;
    /// Loads the first one, without details.
    fn first(&mut self) -> Result<App, ReloadError>;
    /// Loads the details of that one, and makes what is made of them; not where there is another library by now.
    fn details(&mut self, app: &App) -> Result<bool, ReloadError>;
    /// Loads another one, with all of that.
    fn next(&mut self) -> Result<App, ReloadError>;
}

/// Follows a source.
pub(super) struct Follower<S> {
    source: S,
    /// Weak, so that the end of the program does not wait for a load.
    service: Weak<Service>,
    count: Count,
    retired: Retired,
    /// Whether there is something that was not loaded yet.
    is_due: bool,
    /// Loads that failed one after the other.
    failures: u32,
    /// When to try again; always something while a load is due.
    retry: Option<Instant>,
    /// Whether the last look failed.
    is_blind: bool,
    /// Since when the load that is due waits for old libraries, or when clients were last cut off for it.
    held_up: Option<Instant>,
    /// How long it waits.
    patience: Duration,
    /// What attempts failed of since one worked, as the log has it: the last few.
    causes: VecDeque<String>,
}

impl<S: Source> Follower<S> {
    pub(super) fn new(source: S, service: Weak<Service>, count: Count) -> Self {
        Self {
            source,
            service,
            count,
            retired: Retired::default(),
            is_due: false,
            failures: 0,
            retry: None,
            is_blind: false,
            held_up: None,
            patience: MOST_PATIENCE,
            causes: VecDeque::new(),
        }
    }

    /// Loads and publishes the first library, whose details are to be loaded next.
    pub(super) fn begin(&mut self) -> Result<(), ReloadError> {
        // Before the load, so that nothing is missed that is committed meanwhile. Where it finds nothing,
        // as before there is a schema, a later look is the first, and loads once more.
        if let Err(error) = self.source.look() {
            log::debug!("{:#}", anyhow::Error::from(error));
        }
        let app = guard(|| self.source.first())?;
        self.publish(app);
        give_back();
        Ok(())
    }

    /// Loads the details of the first library; or another one, where there is another by now.
    pub(super) fn complete(&mut self) {
        let edition = self.service.upgrade().and_then(|service| service.edition());
        let Some(edition) = edition else { return };
        match guard(|| self.source.details(edition.app())) {
            Ok(true) => give_back(),
            Ok(false) => {
                // Freed like every other, once this one lets go of it.
                drop(edition);
                self.turn(Turn::Order);
            }
            Err(error) => {
                self.is_due = true;
                self.failures += 1;
                self.fail(error);
                self.plan();
            }
        }
    }

    /// Looks, and loads where there is something new, or where it is the turn of that.
    pub(super) fn turn(&mut self, turn: Turn) {
        match self.attempt(turn) {
            Ok(Some(app)) => {
                self.publish(app);
                give_back();
                (self.count)(Counter::ReloadDone);
                self.is_due = false;
                self.failures = 0;
                self.causes.clear();
            }
            Ok(None) => {
                let is_well = !self.is_due && !self.is_blind;
                if is_well && !std::mem::take(&mut self.causes).is_empty() {
                    log::info!("The database can be read again; the music library is the same");
                }
            }
            Err(error) => self.fail(error),
        }
        self.plan();
    }

    /// When it is the turn of [`Turn::Retry`], if it is at all.
    pub(super) fn retry(&self) -> Option<Instant> {
        self.retry
    }

    /// Whether there are old libraries to be freed.
    pub(super) fn holds_old(&self) -> bool {
        self.retired.len() > 0
    }

    /// Frees old libraries that nobody reads from any more.
    pub(super) fn free(&mut self) {
        if self.retired.free() {
            give_back();
        }
    }

    /// Where its libraries come from.
    #[cfg(test)]
    pub(super) fn source(&mut self) -> &mut S {
        &mut self.source
    }

    /// Lets what is to be tried again be tried now.
    #[cfg(test)]
    pub(super) fn hasten(&mut self) {
        self.retry = self.retry.map(|_| Instant::now());
    }

    /// Lets a load that is held up wait so long.
    #[cfg(test)]
    pub(super) fn be_patient(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// What the log was told since an attempt worked, of the causes that are kept.
    #[cfg(test)]
    pub(super) fn told(&self) -> Vec<String> {
        self.causes.iter().cloned().collect()
    }

    /// A new library, if there is one and it is time to load it.
    fn attempt(&mut self, turn: Turn) -> Result<Option<App>, ReloadError> {
        let looked = guard(|| self.source.look());
        let sees_again = self.is_blind && matches!(looked, Ok(look) if look != Look::Busy);
        match looked {
            Err(_) => self.is_blind = true,
            Ok(Look::Busy) => {}
            Ok(_) => self.is_blind = false,
        }
        if sees_again {
            // What loads failed of may be over too.
            self.failures = 0;
        }
        let is_new = turn == Turn::Order || matches!(looked, Ok(Look::First(_) | Look::Changed(_)));
        self.is_due |= is_new;
        let is_time = is_new || sees_again || turn == Turn::Retry;
        if is_time {
            self.retry = None;
        }
        // Nothing can be loaded where nothing can be seen, or in the middle of a commit.
        if !is_new && looked? == Look::Busy {
            return Ok(None);
        }
        if !self.is_due || !is_time || self.must_wait() {
            return Ok(None);
        }
        let loaded = guard(|| self.source.next());
        if loaded.is_err() {
            self.failures += 1;
        }
        loaded.map(Some)
    }

    /// Whether there are too many old libraries to load another. A client that takes a byte now and then holds
    /// one for ever, so where that lasts, those at the oldest are cut off, which is freed then.
    fn must_wait(&mut self) -> bool {
        self.free();
        let Some(oldest) = self
            .retired
            .oldest()
            .filter(|_| self.retired.len() >= MOST_OLD)
        else {
            self.held_up = None;
            return false;
        };
        let now = Instant::now();
        let Some(since) = self.held_up else {
            log::warn!(
                "Going on with the music library as it is until clients have read what is sent to them \
                 from {MOST_OLD} older ones"
            );
            self.held_up = Some(now);
            return true;
        };
        if now.saturating_duration_since(since) >= self.patience
            && let Some(service) = self.service.upgrade()
        {
            log::warn!(
                "Cutting off clients that take what they are sent from the oldest music library too slowly, if \
                 any do: a new one has waited for {} s or more",
                self.patience.as_secs()
            );
            service.end(oldest);
            self.held_up = Some(now);
        }
        true
    }

    /// Sets when to try again, where that is not set yet.
    fn plan(&mut self) {
        let at = || Instant::now() + self.pause();
        self.retry = self.is_due.then(|| self.retry.unwrap_or_else(at));
    }

    /// How long to wait before a load that comes after so many that failed.
    pub(super) fn pause(&self) -> Duration {
        let factor = 2_u32.saturating_pow(self.failures.saturating_sub(1));
        FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE)
    }

    fn fail(&mut self, error: ReloadError) {
        (self.count)(Counter::ReloadFailed);
        let cause = format!("{:#}", anyhow::Error::from(error));
        if !self.causes.contains(&cause) {
            log::error!("Going on with the music library as it was: {cause}");
            if self.causes.len() == MOST_CAUSES {
                self.causes.pop_front();
            }
            self.causes.push_back(cause);
        }
    }

    fn publish(&mut self, app: App) {
        log::info!("Serving generation {}", app.generation());
        // Where there is no service any more, the program is at its end.
        if let Some(service) = self.service.upgrade()
            && let Some(old) = service.publish(app)
        {
            self.retired.push(old);
        }
    }
}

/// A panic is an error; where it was is logged, each time, and reported by the panic hook.
fn guard<T>(attempt: impl FnOnce() -> Result<T, ReloadError>) -> Result<T, ReloadError> {
    catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|payload| {
        let message = message(&*payload).to_owned();
        Err(ReloadError::Panicked { message })
    })
}

/// What a panic said.
fn message(payload: &(dyn Any + Send)) -> &str {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref()) {
        (Some(message), _) => message,
        (None, Some(message)) => String::as_str(message),
        (None, None) => "a value that is no text",
    }
}
