//! Reload: a new library in the place of the one that is served, while it is served.
//!
//! In: the database, looked at now and then and when that is asked for. Out: libraries, published to the
//! [`Service`]: one at the start, and one more whenever there is another to serve. All of it happens on
//! a thread of its own and on few more while it loads; from the second library on these stand back behind
//! the threads that serve.
//!
//! What stays true: what is served stays served until a new library is whole, so whatever fails here
//! fails in the log alone. The old library is freed here, when the last answer that reads from it is done; a
//! thread that serves frees no more of it than what the body of a long answer goes through, an order and a
//! set. There are at most three libraries in memory; clients that take too long over an answer from an old one, while
//! a new one waits, are cut off. Nobody waits for a load at the end of the program.

mod retired;

mod follower;

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use avalon_core::database::{
    DatabaseError, DatabaseUrl, Look, Watch, WithoutTables, open_again_for_server, open_for_server,
};
use avalon_core::settings::Settings;
use rayon::{ThreadPoolBuildError, ThreadPoolBuilder};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::app::{App, LoadError};
use crate::service::Service;
pub use follower::Count;
use follower::{Follower, Source, Turn};

/// How often it is looked whether an old library can be freed.
const FREE_PAUSE: Duration = Duration::from_millis(100);

/// How far threads that load stand back behind those that serve. On a core that one thread that serves keeps
/// busy, such a thread still gets a tenth of the time. At 19 it would be a seventieth: a load of seconds
/// would take minutes, and on SQLite keep a scan from its commit for so long.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Why there is no new library.
#[derive(Debug, Error)]
pub enum ReloadError {
    /// The database cannot be looked at.
    #[error("cannot look whether there is a new music library")]
    Look(#[source] DatabaseError),
    /// It cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// There are no threads to load it.
    #[error("cannot start threads to load the music library")]
    Threads(#[from] ThreadPoolBuildError),
    /// Looking or loading panicked; the log has where.
    #[error("loading the music library failed: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
}

/// Has the database looked at. When it is dropped, nobody looks any more.
#[derive(Debug)]
pub struct Reload(Sender<()>);

impl Reload {
    /// Loads the library anew, whether it has changed or not: now, or after the load that is under way.
    pub fn now(&self) {
        // Where the thread has ended, so has the server.
        let _ = self.0.send(());
    }
}

/// What is told of the thread.
#[derive(Debug)]
pub struct Started {
    /// Orders it to load.
    pub reload: Reload,
    /// Whether the first load worked; where it did not, nothing is followed.
    pub first: oneshot::Receiver<Result<(), ReloadError>>,
    /// Closed when the thread ends: soon after `reload` is dropped, or after a load that is under way.
    pub ended: oneshot::Receiver<()>,
}

/// Loads the library and publishes it, then follows the database.
///
/// # Errors
/// There is no thread for it.
pub fn start(settings: &Settings, service: &Arc<Service>, count: Count) -> io::Result<Started> {
    let (orders, ordered) = channel();
    let (loaded, first) = oneshot::channel();
    let (end, ended) = oneshot::channel::<()>();
    let url = settings.database_url.clone();
    let with_paths = settings.serve_paths;
    let articles = settings.search_articles.clone();
    let seconds = settings.reload_seconds;
    let interval = (seconds > 0).then(|| Duration::from_secs(seconds));
    let service: Weak<Service> = Arc::downgrade(service);
    thread::Builder::new()
        .name("reload".to_owned())
        .spawn(move || {
            let watch = interval.map(|_| Watch::new(url.clone()));
            let database = Database {
                url,
                watch,
                without_tables: WithoutTables::IsEmpty,
                with_paths,
                articles,
            };
            let mut follower = Follower::new(database, service, count);
            let outcome = follower.begin();
            let is_loaded = outcome.is_ok();
            // Where the receiver is gone, the server is stopping.
            if loaded.send(outcome).is_ok() && is_loaded {
                yield_to_others();
                follower.complete();
                follow(&mut follower, &ordered, interval);
            }
            // With its connection.
            drop(follower);
            drop(end);
        })?;
    Ok(Started {
        reload: Reload(orders),
        first,
        ended,
    })
}

/// Looks, loads and frees until nobody can order it any more. Without an interval it looks at nothing, and
/// loads what is ordered, or what was not loaded yet.
fn follow<S: Source>(
    follower: &mut Follower<S>,
    orders: &Receiver<()>,
    interval: Option<Duration>,
) {
    let after = |interval: Duration| Instant::now() + interval;
    let mut look = interval.map(after);
    loop {
        let free = follower.holds_old().then(|| after(FREE_PAUSE));
        let retry = follower.retry();
        let order = match [look, retry, free].into_iter().flatten().min() {
            Some(next) => orders.recv_timeout(next.saturating_duration_since(Instant::now())),
            None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        if order == Err(RecvTimeoutError::Disconnected) {
            return;
        }
        follower.free();
        let now = Instant::now();
        let is_time = |next: Option<Instant>| next.is_some_and(|next| next <= now);
        let turn = match order {
            Ok(()) => Turn::Order,
            Err(_) if is_time(retry) => Turn::Retry,
            Err(_) if is_time(look) => Turn::Look,
            Err(_) => continue,
        };
        // Whatever was ordered until now is done by one load.
        while orders.try_recv().is_ok() {}
        follower.turn(turn);
        look = interval.map(after);
    }
}

/// From now on this thread, and those that it starts, stand back behind the others.
fn yield_to_others() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        log::debug!("New libraries are loaded at the priority of requests: {error}");
    }
}

/// The database as a source of libraries.
struct Database {
    url: DatabaseUrl,
    /// Nothing, and no connection that is kept, where nobody looks: nothing is new then.
    watch: Option<Watch>,
    /// What there is where there are no tables: after a library that had some, that is an error.
    without_tables: WithoutTables,
    with_paths: bool,
    articles: Vec<String>,
}

impl Database {
    /// Keeps in mind of what kind a library was.
    fn note(&mut self, app: App) -> App {
        // What is in memory alone begins anew with each connection.
        if app.has_tables() && self.url != DatabaseUrl::SqliteMemory {
            self.without_tables = WithoutTables::IsAnError;
        }
        app
    }

    /// Loads on so many threads.
    fn load_on(
        &self,
        threads: usize,
        load: impl FnOnce() -> Result<App, LoadError> + Send,
    ) -> Result<App, ReloadError> {
        log::info!("Loading the music library from {}", self.url);
        Ok(on_threads(threads, load)??)
    }
}

impl Source for Database {
    fn look(&mut self) -> Result<Look, ReloadError> {
        match &mut self.watch {
            Some(watch) => watch.look().map_err(ReloadError::Look),
            None => Ok(Look::Same(0)),
        }
    }

    fn first(&mut self) -> Result<App, ReloadError> {
        // There is nobody yet to leave cores to.
        let app = self.load_on(cores(), || App::load(&mut open_for_server(&self.url)?))?;
        Ok(self.note(app))
    }

    fn details(&mut self, app: &App) -> Result<bool, ReloadError> {
        // Lists are served by now. First what the database may be asked for only until somebody commits. More is prepared
        // in any case: where the details cannot be read, or another library is to be loaded, that may fail for long.
        let read = || -> Result<bool, LoadError> {
            let mut connection = open_again_for_server(&self.url)?;
            app.load_details(&mut connection, self.with_paths)
        };
        let load = || -> Result<bool, LoadError> {
            let is_whole = read();
            app.prepare();
            let is_whole = is_whole?;
            app.build_search(&self.articles)?;
            Ok(is_whole)
        };
        Ok(on_threads(half_of_cores(), load)??)
    }

    fn next(&mut self) -> Result<App, ReloadError> {
        let app = self.load_on(half_of_cores(), || {
            let mut connection = open_again_for_server(&self.url)?;
            let app = App::load_whole(&mut connection, self.with_paths, self.without_tables)?;
            drop(connection);
            app.prepare();
            app.build_search(&self.articles)?;
            Ok(app)
        })?;
        Ok(self.note(app))
    }
}

/// Does work on so many threads of its own.
fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T, ReloadError> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|number| format!("load-{number}"))
        .build()?;
    Ok(pool.install(work))
}

/// What a library may be loaded with while another is served.
fn half_of_cores() -> usize {
    (cores() / 2).max(1)
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests;
