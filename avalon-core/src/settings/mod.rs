//! Settings: one value for every key, from the embedded defaults, a file, the environment, flags.
//!
//! ```text
//! default.toml --toml_file--------------------\
//! AVALON_CONFIG --file--> toml_file or python --> [Entry] --check--> layers --> Settings
//! AVALON_<KEY> --environment------------------/
//! flags --Overrides---------------------------/
//! ```
//!
//! A layer is a list of entries, each with its key and place. Every entry of every layer is checked
//! by its key's rule, so that all problems are told at once; only then are the layers laid over one
//! another, later over earlier. What stays true: a [`Settings`] holds no value that its user would
//! have to check again, and no error shows a secret.

mod key;

mod problem;

mod entry;

mod level;

mod percent;

mod log_format;

mod date_format;

mod check;

mod environment;

mod toml_file;

mod python;

mod file;

mod layers;

mod default_database;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;

pub use check::SentryDsn;
pub use date_format::{DateFormat, DateFormatError};
pub use environment::Environment;
pub use level::{Level, UnknownLevel};
pub use log_format::{LogFormat, LogFormatError};
pub use problem::SettingsError;

pub(crate) use log_format::Attribute;
pub(crate) use percent::Field;

use crate::database::DatabaseUrl;
use entry::{Entry, Value};
use key::Key;
use layers::Layers;
use problem::{Origin, Problem};

/// The embedded default file: at once the defaults, the reference, and what `avalon-echo-config`
/// prints.
pub const DEFAULT: &str = include_str!("default.toml");

/// Every setting, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// DATABASE_URL; where none is given, a file in the platform's data directory.
    pub database_url: DatabaseUrl,
    /// LOG_DATE_FORMAT.
    pub log_date_format: DateFormat,
    /// LOG_FORMAT.
    pub log_format: LogFormat,
    /// LOG_LEVEL.
    pub log_level: Level,
    /// LOG_PATH; `None` is standard error.
    pub log_path: Option<PathBuf>,
    /// REQUEST_PATH: `/` or `/some/path`, not percent-encoded.
    pub request_path: String,
    /// SENTRY_DSN; `None` is no reports.
    pub sentry_dsn: Option<SentryDsn>,
    /// STATSD_HOST; empty is no metrics.
    pub statsd_host: String,
    /// STATSD_PORT, 1 to 65535.
    pub statsd_port: u16,
    /// STATSD_PREFIX, without a dot at its end; empty is none.
    pub statsd_prefix: String,
    /// BIND; port 0 is any free port.
    pub bind: SocketAddr,
    /// THREADS, at most 1024; 0 is one per core.
    pub threads: usize,
    /// RELOAD_SECONDS, at most a day; 0 is never.
    pub reload_seconds: u64,
    /// SERVE_PATHS.
    pub serve_paths: bool,
    /// SEARCH_ARTICLES, as they are written, each once.
    pub search_articles: Vec<String>,
    /// SCAN_MAX_SHRINK, 0 to 100, %.
    pub scan_max_shrink: u8,
}

/// Settings given by flags, as they were typed. `None` is not given; an empty database URL is not
/// given either.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--database-url`.
    pub database_url: Option<String>,
    /// `--log-level`.
    pub log_level: Option<String>,
    /// `--bind`.
    pub bind: Option<String>,
    /// `--request-path`.
    pub request_path: Option<String>,
    /// `--threads`.
    pub threads: Option<String>,
}

/// What [`load`] gives.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// What an operator should know, a line each, to be logged as warnings once logging runs:
    /// environment variables that look like settings and are none, and a database of the original
    /// that is not used.
    pub warnings: Vec<String>,
}

/// Reads the settings of this process: defaults, the file that AVALON_CONFIG names, environment,
/// `overrides`.
///
/// # Errors
/// Everything that is wrong in any layer, to be printed; a binary then exits with 2.
pub fn load(overrides: &Overrides) -> Result<Loaded, SettingsError> {
    load_from(&Environment::of_process(), overrides)
}

/// [`load`], with surroundings of the caller's making.
///
/// # Errors
/// As [`load`].
pub fn load_from(
    environment: &Environment,
    overrides: &Overrides,
) -> Result<Loaded, SettingsError> {
    let (entries, mut problems) = gather(environment, overrides);
    let mut layers = Layers::default();
    for entry in &entries {
        match check::check(entry.key, &entry.value) {
            Ok(()) => layers = layers.merge(entry),
            Err(reason) => problems.push(Problem::of(entry.origin.clone(), entry.key, reason)),
        }
    }
    let mut warnings = environment.warnings();
    if !entries.iter().any(|entry| entry.key == Key::DatabaseUrl) {
        match default_database::url(environment) {
            Ok(_) => warnings.extend(default_database::notice(environment)),
            Err(reason) => problems.push(Problem::of(Origin::Default, Key::DatabaseUrl, reason)),
        }
    }
    problems.sort_by_key(|problem| problem.origin.rank());
    if !problems.is_empty() {
        return Err(SettingsError::new(problems));
    }
    let settings =
        understand(&layers, environment).map_err(|problem| SettingsError::new(vec![problem]))?;
    Ok(Loaded { settings, warnings })
}

/// The entries of all layers, each over those before it, and what could not be read. An empty
/// DATABASE_URL is left out, wherever it stands: it asks for the default.
fn gather(environment: &Environment, overrides: &Overrides) -> (Vec<Entry>, Vec<Problem>) {
    let (mut entries, mut problems) = toml_file::read(&Origin::Default, DEFAULT);
    if let Some(path) = environment.config() {
        let (more, wrong) = file::read(path, environment);
        entries.extend(more);
        problems.extend(wrong);
    }
    for entry in environment.entries() {
        match entry {
            Ok(entry) => entries.push(entry),
            Err(problem) => problems.push(problem),
        }
    }
    entries.extend(overrides.entries());
    let no_url =
        |entry: &Entry| entry.key == Key::DatabaseUrl && entry.value == Value::Text(String::new());
    entries.retain(|entry| !no_url(entry));
    (entries, problems)
}

/// The values on top as settings. Each has passed its key's rule before.
fn understand(layers: &Layers, environment: &Environment) -> Result<Settings, Problem> {
    use Key::{
        Bind, DatabaseUrl, LogDateFormat, LogFormat, LogLevel, LogPath, ReloadSeconds, RequestPath,
        ScanMaxShrink, SearchArticles, SentryDsn, ServePaths, StatsdHost, StatsdPort, StatsdPrefix,
        Threads,
    };
    let given = match layers.value(DatabaseUrl) {
        Some(_) => on_top(layers, DatabaseUrl, check::database_url)?,
        None => None,
    };
    let database_url = match given {
        Some(url) => url,
        None => default_database::url(environment)
            .map_err(|reason| Problem::of(Origin::Default, DatabaseUrl, reason))?,
    };
    Ok(Settings {
        database_url,
        log_date_format: on_top(layers, LogDateFormat, check::log_date_format)?,
        log_format: on_top(layers, LogFormat, check::log_format)?,
        log_level: on_top(layers, LogLevel, check::log_level)?,
        log_path: on_top(layers, LogPath, check::log_path)?,
        request_path: on_top(layers, RequestPath, check::request_path)?,
        sentry_dsn: on_top(layers, SentryDsn, check::sentry_dsn)?,
        statsd_host: on_top(layers, StatsdHost, check::statsd_host)?,
        statsd_port: on_top(layers, StatsdPort, check::statsd_port)?,
        statsd_prefix: on_top(layers, StatsdPrefix, check::statsd_prefix)?,
        bind: on_top(layers, Bind, check::bind)?,
        threads: on_top(layers, Threads, check::threads)?,
        reload_seconds: on_top(layers, ReloadSeconds, check::reload_seconds)?,
        serve_paths: on_top(layers, ServePaths, check::serve_paths)?,
        search_articles: on_top(layers, SearchArticles, check::search_articles)?,
        scan_max_shrink: on_top(layers, ScanMaxShrink, check::scan_max_shrink)?,
    })
}

fn on_top<T>(
    layers: &Layers,
    key: Key,
    rule: fn(&Value) -> Result<T, String>,
) -> Result<T, Problem> {
    let value = layers.value(key).unwrap_or(Value::Other("nothing"));
    rule(&value).map_err(|reason| Problem::of(Origin::Default, key, reason))
}

impl Overrides {
    fn entries(&self) -> Vec<Entry> {
        let given = [
            (Key::DatabaseUrl, &self.database_url),
            (Key::LogLevel, &self.log_level),
            (Key::Bind, &self.bind),
            (Key::RequestPath, &self.request_path),
            (Key::Threads, &self.threads),
        ];
        let entries = given.into_iter().filter_map(|(key, text)| {
            Some(Entry {
                key,
                value: Value::untyped(key, text.as_ref()?),
                origin: Origin::Flag,
            })
        });
        entries.collect()
    }
}
