//! Settings: one value for every key, from the embedded defaults, a file, the environment, flags.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::database::DatabaseUrl;

/// The embedded default file: at once the defaults, the reference, and what `avalon-echo-config`
/// prints.
pub const DEFAULT: &str = include_str!("default.toml");

/// Every setting, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// DATABASE_URL; empty is the platform's data directory.
    pub database_url: DatabaseUrl,
    /// LOG_DATE_FORMAT, checked strftime.
    pub log_date_format: String,
    /// LOG_FORMAT, checked Python `%` format.
    pub log_format: String,
    /// LOG_LEVEL.
    pub log_level: u8,
    /// LOG_PATH; `None` is standard error.
    pub log_path: Option<PathBuf>,
    /// REQUEST_PATH: `/` or `/some/path`.
    pub request_path: String,
    /// SENTRY_DSN.
    pub sentry_dsn: Option<String>,
    /// STATSD_HOST.
    pub statsd_host: String,
    /// STATSD_PORT.
    pub statsd_port: u16,
    /// STATSD_PREFIX.
    pub statsd_prefix: String,
    /// BIND.
    pub bind: SocketAddr,
    /// THREADS; 0 is one per core.
    pub threads: usize,
}
