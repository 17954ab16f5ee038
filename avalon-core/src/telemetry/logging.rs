//! The log: one line for each record, to standard error or a file.
//!
//! In: records of the `log` crate. Out: lines as LOG_FORMAT says, of the level LOG_LEVEL and above;
//! records of other crates from WARNING on, so that DEBUG shows what we do and not every packet.
//! What stays true: a record is one line, whatever a file name in it holds, and a log that cannot be
//! written (a closed pipe, a full disk) costs that line and nothing else.
//!
//! The `log` crate has no CRITICAL. [`critical!`](crate::critical) marks a record by its target.

use std::borrow::Cow;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{Timestamp, Zoned};
use log::{LevelFilter, Log, Metadata, Record};
use thiserror::Error;

use crate::settings::{Attribute, DateFormat, Field, Level, LogFormat, Settings};

/// The target that makes an error a CRITICAL record.
pub const CRITICAL: &str = "avalon::critical";

/// What our records call themselves, as `%(name)s`.
const NAME: &str = "avalon";

/// Why logging cannot start.
#[derive(Debug, Error)]
pub enum LoggingError {
    /// LOG_PATH cannot be opened.
    #[error("cannot open the log file {} (LOG_PATH)", path.display())]
    Open {
        /// The path as it was given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Logging has been started before.
    #[error("logging runs already")]
    Running(#[source] log::SetLoggerError),
}

/// Logs what the program cannot go on from: `critical!("cannot bind {address}: {error}")`.
#[macro_export]
macro_rules! critical {
    ($($message:tt)+) => {
        ::log::error!(target: $crate::telemetry::logging::CRITICAL, $($message)+)
    };
}

/// Starts the log of this process, once.
///
/// # Errors
/// [`LoggingError::Open`] names a LOG_PATH that cannot be opened for appending.
pub fn start(settings: &Settings) -> Result<(), LoggingError> {
    let destination = match &settings.log_path {
        None => Destination::StandardError,
        Some(path) => Destination::File(open(path)?),
    };
    let (most, logger) = logger(settings, destination);
    log::set_boxed_logger(logger).map_err(LoggingError::Running)?;
    log::set_max_level(most);
    Ok(())
}

/// Where lines go.
enum Destination {
    StandardError,
    File(File),
}

fn open(path: &Path) -> Result<File, LoggingError> {
    let file = File::options().append(true).create(true).open(path);
    file.map_err(|source| LoggingError::Open {
        path: path.to_owned(),
        source,
    })
}

/// The logger, and the most verbose level of the `log` crate that it may show.
fn logger(settings: &Settings, destination: Destination) -> (LevelFilter, Box<dyn Log>) {
    let threshold = settings.log_level;
    let style = Style {
        format: settings.log_format.clone(),
        dates: settings.log_date_format.clone(),
        started: Timestamp::now(),
    };
    fern::Dispatch::new()
        .level(most_verbose(threshold))
        .filter(move |metadata| is_shown(threshold, metadata))
        .format(move |out, _, record| {
            out.finish(format_args!("{}\n", style.line(record, &Zoned::now())));
        })
        // Not fern's own outputs, which panic when standard error is closed.
        .chain(fern::Output::call(move |record| {
            destination.write(record.args().to_string().as_bytes());
        }))
        .into_log()
}

impl Destination {
    /// Writes a line at once, so that lines of several threads and processes do not mix.
    fn write(&self, line: &[u8]) {
        let written = match self {
            Self::StandardError => io::stderr().write_all(line),
            Self::File(file) => {
                let mut file = file;
                file.write_all(line)
            }
        };
        if written.is_err() && matches!(self, Self::File(_)) {
            // The last place where somebody may see it. If that fails too, nobody is left to tell.
            let _ = io::stderr().write_all(line);
        }
    }
}

/// The level that a record has in Python's terms.
fn level(metadata: &Metadata<'_>) -> Level {
    match metadata.level() {
        log::Level::Error if metadata.target() == CRITICAL => Level::CRITICAL,
        log::Level::Error => Level::ERROR,
        log::Level::Warn => Level::WARNING,
        log::Level::Info => Level::INFO,
        log::Level::Debug => Level::DEBUG,
        log::Level::Trace => Level::TRACE,
    }
}

/// Whether a record comes from one of our crates.
fn is_ours(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    target.starts_with("avalon_") || target == CRITICAL
}

fn is_shown(threshold: Level, metadata: &Metadata<'_>) -> bool {
    let threshold = if is_ours(metadata) {
        threshold
    } else if metadata.target().starts_with("lofty") {
        // Its warnings name no file; the scanner's do, and say what came of it.
        threshold.max(Level::ERROR)
    } else {
        threshold.max(Level::WARNING)
    };
    level(metadata) >= threshold
}

/// The level of the `log` crate below which nothing passes the threshold.
fn most_verbose(threshold: Level) -> LevelFilter {
    match threshold.number() {
        0..=5 => LevelFilter::Trace,
        6..=10 => LevelFilter::Debug,
        11..=20 => LevelFilter::Info,
        21..=30 => LevelFilter::Warn,
        31..=50 => LevelFilter::Error,
        _ => LevelFilter::Off,
    }
}

/// How lines look.
struct Style {
    format: LogFormat,
    dates: DateFormat,
    started: Timestamp,
}

impl Style {
    /// The line of a record that was logged `now`, by this thread, without its end.
    fn line(&self, record: &Record<'_>, now: &Zoned) -> String {
        let path = record.file().unwrap_or("(unknown file)");
        let file = Path::new(path);
        let name = |part: Option<&std::ffi::OsStr>| {
            Field::Text(part.map_or(path.into(), |part| {
                part.to_string_lossy().into_owned().into()
            }))
        };
        let text = |text: &str| Field::Text(one_line(text).into_owned().into());
        let now_in_seconds = now.timestamp().as_nanosecond() as f64 / 1e9;
        self.format.line(|attribute| match attribute {
            Attribute::Asctime => Field::Text(self.dates.text(now).into()),
            Attribute::Created => Field::Real(now_in_seconds),
            Attribute::Filename => name(file.file_name()),
            // Rust keeps no names of functions; the path of their module is the nearest.
            Attribute::FuncName => text(record.module_path().unwrap_or("(unknown function)")),
            Attribute::Levelname => Field::Text(level(record.metadata()).to_string().into()),
            Attribute::Levelno => Field::Integer(level(record.metadata()).number().into()),
            Attribute::Lineno => Field::Integer(record.line().unwrap_or(0).into()),
            Attribute::Message => text(&record.args().to_string()),
            Attribute::Module => name(file.file_stem()),
            Attribute::Msecs => Field::Real(now.millisecond().into()),
            Attribute::Name if is_ours(record.metadata()) => Field::Text(NAME.into()),
            Attribute::Name => text(record.target()),
            Attribute::Pathname => Field::Text(path.into()),
            Attribute::Process => Field::Integer(std::process::id().into()),
            Attribute::ProcessName => Field::Text("MainProcess".into()),
            Attribute::RelativeCreated => {
                let since = now.timestamp().duration_since(self.started);
                Field::Real(since.as_secs_f64() * 1e3)
            }
            // Python's tasks have names, ours have none.
            Attribute::TaskName => Field::Text("None".into()),
            Attribute::Thread => Field::Integer(thread_number()),
            Attribute::ThreadName => match std::thread::current().name() {
                Some("main") => Field::Text("MainThread".into()),
                Some(name) => text(name),
                None => Field::Text(format!("Thread-{}", thread_number()).into()),
            },
        })
    }
}

/// A number that no other thread of this process has.
fn thread_number() -> i64 {
    static LAST: AtomicI64 = AtomicI64::new(0);
    thread_local! {
        static NUMBER: Cell<i64> = Cell::new(LAST.fetch_add(1, Ordering::Relaxed) + 1);
    }
    // A thread that logs while it ends has no number any more.
    NUMBER.try_with(Cell::get).unwrap_or(0)
}

/// `text` with everything that would end or rewrite a line escaped.
fn one_line(text: &str) -> Cow<'_, str> {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if !text.contains(breaks) {
        return text.into();
    }
    let mut line = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if breaks(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Environment, Overrides, load_from};
    use jiff::tz::TimeZone;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let pairs = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        let environment = Environment {
            variables: pairs.collect(),
            data_directory: Some(PathBuf::from("/nowhere")),
            ..Environment::default()
        };
        load_from(&environment, &Overrides::default())
            .unwrap()
            .settings
    }

    fn line(format: &str, record: &Record<'_>) -> String {
        let style = Style {
            format: format.parse().unwrap(),
            dates: "%Y-%m-%dT%H:%M:%S".parse().unwrap(),
            started: Timestamp::from_second(1_700_000_000).unwrap(),
        };
        let now = Timestamp::from_millisecond(1_700_000_002_500).unwrap();
        style.line(record, &now.to_zoned(TimeZone::UTC))
    }

    #[test]
    fn every_attribute_has_its_value() {
        let process = std::process::id();
        for (format, expected) in [
            (
                "[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s",
                format!("[2023-11-14T22:13:22] [{process}] [WARNING] a message"),
            ),
            ("%(name)s %(levelno)d", "avalon 30".to_owned()),
            (
                "%(pathname)s:%(filename)s:%(module)s:%(lineno)d",
                "src/tags/mod.rs:mod.rs:mod:7".to_owned(),
            ),
            ("%(funcName)s", "avalon_scan::tags".to_owned()),
            ("%(created).1f %(msecs)03d", "1700000002.5 500".to_owned()),
            ("%(relativeCreated)d", "2500".to_owned()),
            (
                "%(processName)s %(taskName)s",
                "MainProcess None".to_owned(),
            ),
        ] {
            let record = Record::builder()
                .args(format_args!("a message"))
                .level(log::Level::Warn)
                .target("avalon_scan::tags")
                .module_path(Some("avalon_scan::tags"))
                .file(Some("src/tags/mod.rs"))
                .line(Some(7))
                .build();
            assert_eq!(line(format, &record), expected, "{format}");
        }
    }

    #[test]
    fn threads_have_names_and_numbers_of_their_own() {
        let format = "%(threadName)s %(thread)d";
        let number = |name: Option<&str>| {
            let mut builder = std::thread::Builder::new();
            if let Some(name) = name {
                builder = builder.name(name.to_owned());
            }
            let logged = move || line(format, &Record::builder().build());
            builder.spawn(logged).unwrap().join().unwrap()
        };
        let (one, two, unnamed) = (number(Some("a\nb")), number(Some("a\nb")), number(None));
        assert!(one.starts_with("a\\nb "), "{one}");
        assert_ne!(one, two);
        let (name, number) = unnamed.split_once(' ').unwrap();
        assert_eq!(name, format!("Thread-{number}"));
    }

    #[test]
    fn a_message_is_one_line() {
        for (message, expected) in [
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            (
                "\u{1b}[2J\u{85}\u{2028}\0",
                "\\u{1b}[2J\\u{85}\\u{2028}\\u{0}",
            ),
            ("Sigur Rós — ()", "Sigur Rós — ()"),
        ] {
            assert_eq!(one_line(message), expected, "{message:?}");
        }
    }

    #[test]
    fn what_is_shown_follows_pythons_rule_for_us_and_begins_at_warning_for_others() {
        use log::Level::{Debug, Error, Info, Trace, Warn};
        for (threshold, target, level, shown) in [
            (Level::INFO, "avalon_scan", Info, true),
            (Level::INFO, "avalon_scan", Debug, false),
            (Level::DEBUG, "avalon_server::query", Debug, true),
            (Level::DEBUG, "avalon_server::query", Trace, false),
            (Level::NOTSET, "avalon_server::query", Trace, true),
            (Level::DEBUG, "hyper::proto", Info, false),
            (Level::DEBUG, "hyper::proto", Warn, true),
            (Level::ERROR, "hyper::proto", Warn, false),
            (Level::INFO, "lofty::musepack", Warn, false),
            (Level::from_number(35), "avalon_scan", Warn, false),
            (Level::from_number(35), "avalon_scan", Error, true),
            (Level::CRITICAL, "avalon_scan", Error, false),
            (Level::CRITICAL, CRITICAL, Error, true),
            (Level::from_number(51), CRITICAL, Error, false),
        ] {
            let metadata = Metadata::builder().target(target).level(level).build();
            let passes = level <= most_verbose(threshold) && is_shown(threshold, &metadata);
            assert_eq!(passes, shown, "{level} of {target} at {threshold}");
        }
    }

    #[test]
    fn lines_are_appended_to_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("avalon.log");
        std::fs::write(&path, "before\n").unwrap();
        let settings = settings(&[("AVALON_LOG_FORMAT", "%(levelname)s %(message)s")]);
        let (_, logger) = logger(&settings, Destination::File(open(&path).unwrap()));
        let critical = Record::builder()
            .args(format_args!("bad\nluck"))
            .level(log::Level::Error)
            .target(CRITICAL)
            .build();
        logger.log(&critical);
        logger.log(
            &Record::builder()
                .level(log::Level::Debug)
                .target("avalon_scan")
                .build(),
        );
        let written = std::fs::read_to_string(&path).unwrap();
        assert_eq!(written, "before\nCRITICAL bad\\nluck\n");
    }

    #[test]
    fn a_log_that_cannot_be_opened_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none/avalon.log");
        let path = path.display().to_string();
        let error = start(&settings(&[("AVALON_LOG_PATH", &path)])).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("cannot open the log file {path} (LOG_PATH)")
        );
        assert!(std::error::Error::source(&error).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_broken_destination_costs_the_line_alone() {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let destination = Destination::File(File::from(std::os::fd::OwnedFd::from(writer)));
        let (_, logger) = logger(&settings(&[]), destination);
        let record = Record::builder()
            .args(format_args!(
                "a line that a closed pipe refuses, as a test wants it"
            ))
            .level(log::Level::Error)
            .target("avalon_core")
            .build();
        logger.log(&record);
        logger.flush();
    }
}
