//! Each key's rule: a value as a layer has it, understood or refused.
//!
//! In: a [`Value`]. Out: what it means, or the reason why it means nothing, as one line that goes
//! behind the key's name. Pure: no file is opened and no name resolved. Reasons never repeat the
//! value of a key that may hold a secret.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use sentry::types::Dsn;

use super::date_format::DateFormat;
use super::entry::{Value, boolean};
use super::key::Key;
use super::level::{Level, UnknownLevel};
use super::log_format::LogFormat;
use super::problem::quote;
use crate::database::DatabaseUrl;

/// A day: whoever wants to wait longer for a new library wants 0, and SIGHUP.
const MOST_RELOAD_SECONDS: i64 = 24 * 60 * 60;

/// More articles than this are no articles: each makes every search a little longer.
const MOST_ARTICLES: usize = 100;

/// More threads than this are a slip of the pen, and would exhaust the machine.
const MOST_THREADS: i64 = 1024;

/// A checked SENTRY_DSN. Its `Debug` shows no key.
#[derive(Clone, PartialEq, Eq)]
pub struct SentryDsn(pub(crate) Dsn);

impl fmt::Debug for SentryDsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, project) = (self.0.scheme(), self.0.host(), self.0.project_id());
        write!(f, "SentryDsn({scheme}://***@{host}/{project})")
    }
}

/// Whether `value` is one that `key` takes.
pub(crate) fn check(key: Key, value: &Value) -> Result<(), String> {
    match key {
        Key::DatabaseUrl => database_url(value).map(drop),
        Key::LogDateFormat => log_date_format(value).map(drop),
        Key::LogFormat => log_format(value).map(drop),
        Key::LogLevel => log_level(value).map(drop),
        Key::LogPath => log_path(value).map(drop),
        Key::RequestPath => request_path(value).map(drop),
        Key::SentryDsn => sentry_dsn(value).map(drop),
        Key::StatsdHost => statsd_host(value).map(drop),
        Key::StatsdPort => statsd_port(value).map(drop),
        Key::StatsdPrefix => statsd_prefix(value).map(drop),
        Key::Bind => bind(value).map(drop),
        Key::Threads => threads(value).map(drop),
        Key::ReloadSeconds => reload_seconds(value).map(drop),
        Key::ServePaths => serve_paths(value).map(drop),
        Key::SearchArticles => search_articles(value).map(drop),
        Key::ScanMaxShrink => scan_max_shrink(value).map(drop),
    }
}

/// `None` where the text is empty: the platform's default.
pub(crate) fn database_url(value: &Value) -> Result<Option<DatabaseUrl>, String> {
    match text_of(Key::DatabaseUrl, value)? {
        "" => Ok(None),
        url => DatabaseUrl::parse(url)
            .map(Some)
            .map_err(|error| error.to_string()),
    }
}

pub(crate) fn log_date_format(value: &Value) -> Result<DateFormat, String> {
    parsed(Key::LogDateFormat, value)
}

pub(crate) fn log_format(value: &Value) -> Result<LogFormat, String> {
    parsed(Key::LogFormat, value)
}

pub(crate) fn log_level(value: &Value) -> Result<Level, String> {
    let level = match value {
        Value::Integer(number) => u32::try_from(*number)
            .map(Level::from_number)
            .map_err(|_| UnknownLevel),
        Value::Text(text) => text.trim().parse(),
        Value::Boolean(_) | Value::Other(_) => Err(UnknownLevel),
    };
    level.map_err(|error| format!("{error}, got {}", shown(Key::LogLevel, value)))
}

/// `None` where the text is empty: standard error.
pub(crate) fn log_path(value: &Value) -> Result<Option<PathBuf>, String> {
    match text_of(Key::LogPath, value)? {
        "" => Ok(None),
        path if path.contains('\0') => Err("holds a NUL character".to_owned()),
        path => Ok(Some(PathBuf::from(path))),
    }
}

/// The two rules of the original, in its words, and what no request could reach: routes are compared
/// with a path that ends before `?`, and clients take dot segments out.
pub(crate) fn request_path(value: &Value) -> Result<String, String> {
    let path = text_of(Key::RequestPath, value)?;
    if !path.starts_with('/') {
        return Err("The REQUEST_PATH setting must start with a '/'".to_owned());
    }
    if path != "/" && path.ends_with('/') {
        return Err("The REQUEST_PATH setting must not end with a '/'".to_owned());
    }
    let no_request_reaches_it = "so no request could reach it";
    if let Some(c) = path
        .chars()
        .find(|c| matches!(c, '?' | '#') || c.is_control())
    {
        return Err(format!("contains {c:?}, {no_request_reaches_it}"));
    }
    if path.contains("//") {
        return Err(format!("contains '//', {no_request_reaches_it}"));
    }
    if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(format!(
            "contains the segment . or .., {no_request_reaches_it}"
        ));
    }
    Ok(path.to_owned())
}

/// `None` where the text is empty: no reports. Raven, the original's client, let the name of a
/// transport precede the scheme (`requests+https://`); it is ignored.
pub(crate) fn sentry_dsn(value: &Value) -> Result<Option<SentryDsn>, String> {
    let text = text_of(Key::SentryDsn, value)?;
    if text.is_empty() {
        return Ok(None);
    }
    let url = match text.split_once("://") {
        Some((scheme, _)) => scheme.find('+').map_or(text, |plus| &text[plus + 1..]),
        None => text,
    };
    let dsn = Dsn::from_str(url);
    dsn.map(|dsn| Some(SentryDsn(dsn)))
        .map_err(|_| "is no DSN: expected https://key@host/project".to_owned())
}

pub(crate) fn statsd_host(value: &Value) -> Result<String, String> {
    text_of(Key::StatsdHost, value).map(str::to_owned)
}

pub(crate) fn statsd_port(value: &Value) -> Result<u16, String> {
    number_of(Key::StatsdPort, value, 1..=i64::from(u16::MAX))
}

/// Without the dots at its end: one is written between prefix and name.
pub(crate) fn statsd_prefix(value: &Value) -> Result<String, String> {
    let prefix = text_of(Key::StatsdPrefix, value)?;
    // These end a name in the statsd protocol.
    let breaks = |c: &char| matches!(c, ':' | '|' | '@' | '#') || c.is_control();
    match prefix.chars().find(breaks) {
        Some(c) => Err(format!(
            "contains {c:?}, which the name of a metric cannot hold"
        )),
        None => Ok(prefix.trim_end_matches('.').to_owned()),
    }
}

/// An address and a port. `localhost` is the only name: any other would have to be looked up, and
/// may stand for several addresses.
pub(crate) fn bind(value: &Value) -> Result<SocketAddr, String> {
    let text = text_of(Key::Bind, value)?.trim();
    let by_name = || {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok()?;
        host.eq_ignore_ascii_case("localhost")
            .then_some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    };
    text.parse().ok().or_else(by_name).ok_or_else(|| {
        format!(
            "expected an IP address and a port such as 127.0.0.1:8000, [::1]:8000 or \
             localhost:8000, got {}",
            shown(Key::Bind, value)
        )
    })
}

pub(crate) fn threads(value: &Value) -> Result<usize, String> {
    number_of(Key::Threads, value, 0..=MOST_THREADS)
}

pub(crate) fn reload_seconds(value: &Value) -> Result<u64, String> {
    number_of(Key::ReloadSeconds, value, 0..=MOST_RELOAD_SECONDS)
}

pub(crate) fn serve_paths(value: &Value) -> Result<bool, String> {
    boolean_of(Key::ServePaths, value)
}

/// Words parted by commas or spaces, each once; none where the text is empty.
pub(crate) fn search_articles(value: &Value) -> Result<Vec<String>, String> {
    let text = text_of(Key::SearchArticles, value)?;
    let mut articles: Vec<String> = Vec::new();
    let parts = |c: char| c == ',' || c.is_whitespace();
    for word in text.split(parts).filter(|word| !word.is_empty()) {
        if !word.contains(char::is_alphabetic) {
            return Err(format!("contains {}, which has no letter", quote(word)));
        }
        if !articles.iter().any(|article| article == word) {
            articles.push(word.to_owned());
        }
    }
    match articles.len() {
        0..=MOST_ARTICLES => Ok(articles),
        count => Err(format!(
            "expected at most {MOST_ARTICLES} words, got {count}"
        )),
    }
}

pub(crate) fn scan_max_shrink(value: &Value) -> Result<u8, String> {
    number_of(Key::ScanMaxShrink, value, 0..=100)
}

fn parsed<T: FromStr<Err: fmt::Display>>(key: Key, value: &Value) -> Result<T, String> {
    let parsed = text_of(key, value)?.parse();
    parsed.map_err(|error: T::Err| error.to_string())
}

fn text_of(key: Key, value: &Value) -> Result<&str, String> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(format!(
            "expected a text in quotes, got {}",
            shown(key, value)
        )),
    }
}

fn number_of<T: TryFrom<i64>>(
    key: Key,
    value: &Value,
    range: RangeInclusive<i64>,
) -> Result<T, String> {
    let number = match value {
        Value::Integer(number) if range.contains(number) => T::try_from(*number).ok(),
        _ => None,
    };
    number.ok_or_else(|| {
        let (from, to) = (range.start(), range.end());
        let got = shown(key, value);
        format!("expected a number from {from} to {to}, got {got}")
    })
}

fn boolean_of(key: Key, value: &Value) -> Result<bool, String> {
    match value {
        Value::Boolean(boolean) => Ok(*boolean),
        _ => Err(format!("expected true or false, got {}", shown(key, value))),
    }
}

/// The value as an error may show it.
fn shown(key: Key, value: &Value) -> String {
    match value {
        Value::Text(_) if key.is_secret() => "a text".to_owned(),
        Value::Integer(_) if key.is_secret() => "a number".to_owned(),
        Value::Boolean(boolean) => boolean.to_string(),
        Value::Text(text) if key.is_number() && text.trim().parse::<i64>().is_ok() => {
            format!("{} (write it without quotes)", quote(text))
        }
        Value::Text(text) if key.is_boolean() && boolean(text.trim()).is_some() => {
            format!("{} (write true or false, without quotes)", quote(text))
        }
        Value::Text(text) => quote(text),
        Value::Integer(number) => number.to_string(),
        Value::Other(kind) => (*kind).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn values_mean_what_the_documentation_says() {
        let address = |text: &str| Ok(text.parse().unwrap());
        assert_eq!(bind(&text("127.0.0.1:0")), address("127.0.0.1:0"));
        assert_eq!(bind(&text("[::1]:8000")), address("[::1]:8000"));
        assert_eq!(bind(&text("LocalHost:8000")), address("127.0.0.1:8000"));
        assert_eq!(request_path(&text("/")), Ok("/".to_owned()));
        assert_eq!(request_path(&text("/ö/b c")), Ok("/ö/b c".to_owned()));
        assert_eq!(log_level(&Value::Integer(30)), Ok(Level::WARNING));
        assert_eq!(log_level(&text("35")), Ok(Level::from_number(35)));
        assert_eq!(log_path(&text("42")), Ok(Some(PathBuf::from("42"))));
        assert_eq!(log_path(&text("")), Ok(None));
        assert_eq!(
            statsd_prefix(&text("avalon.prd.")),
            Ok("avalon.prd".to_owned())
        );
        assert_eq!(statsd_prefix(&text("")), Ok(String::new()));
        assert_eq!(statsd_port(&Value::Integer(65535)), Ok(65535));
        assert_eq!(threads(&Value::Integer(0)), Ok(0));
        assert_eq!(reload_seconds(&Value::Integer(0)), Ok(0));
        assert_eq!(reload_seconds(&Value::Integer(86_400)), Ok(86_400));
        assert_eq!(serve_paths(&Value::Boolean(true)), Ok(true));
        let articles = search_articles(&text(" The, die\tl',,the The "));
        assert_eq!(articles.unwrap(), ["The", "die", "l'", "the"]);
        assert_eq!(search_articles(&text(" , ")), Ok(Vec::new()));
        assert_eq!(scan_max_shrink(&Value::Integer(100)), Ok(100));
        assert_eq!(database_url(&text("")), Ok(None));
        assert_eq!(sentry_dsn(&text("")), Ok(None));
        let dsn = sentry_dsn(&text("requests+https://key@sentry.example/7")).unwrap();
        let shown = format!("{dsn:?}");
        assert_eq!(shown, "Some(SentryDsn(https://***@sentry.example/7))");
    }

    #[test]
    fn a_bad_value_is_refused_with_its_reason() {
        for (key, value, expected) in [
            (
                Key::SearchArticles,
                text("the 'n -"),
                "contains \"-\", which has no letter",
            ),
            (
                Key::SearchArticles,
                Value::Integer(1),
                "expected a text in quotes, got 1",
            ),
            (
                Key::StatsdPort,
                text("abc"),
                "expected a number from 1 to 65535, got \"abc\"",
            ),
            (
                Key::StatsdPort,
                text("8125"),
                "expected a number from 1 to 65535, got \"8125\" (write it without quotes)",
            ),
            (
                Key::StatsdPort,
                Value::Integer(0),
                "expected a number from 1 to 65535, got 0",
            ),
            (
                Key::StatsdPort,
                Value::Integer(65536),
                "expected a number from 1 to 65535, got 65536",
            ),
            (
                Key::Threads,
                Value::Integer(-1),
                "expected a number from 0 to 1024, got -1",
            ),
            (
                Key::Threads,
                Value::Other("a list"),
                "expected a number from 0 to 1024, got a list",
            ),
            (
                Key::ReloadSeconds,
                Value::Integer(86_401),
                "expected a number from 0 to 86400, got 86401",
            ),
            (
                Key::ServePaths,
                Value::Integer(1),
                "expected true or false, got 1",
            ),
            (
                Key::ServePaths,
                text("Yes"),
                "expected true or false, got \"Yes\" (write true or false, without quotes)",
            ),
            (
                Key::ServePaths,
                text("maybe"),
                "expected true or false, got \"maybe\"",
            ),
            (
                Key::Threads,
                Value::Boolean(true),
                "expected a number from 0 to 1024, got true",
            ),
            (
                Key::StatsdHost,
                Value::Integer(42),
                "expected a text in quotes, got 42",
            ),
            (
                Key::DatabaseUrl,
                Value::Integer(42),
                "expected a text in quotes, got a number",
            ),
            (
                Key::StatsdPrefix,
                text("a:b"),
                "contains ':', which the name of a metric cannot hold",
            ),
            (
                Key::RequestPath,
                text("x"),
                "The REQUEST_PATH setting must start with a '/'",
            ),
            (
                Key::RequestPath,
                text(""),
                "The REQUEST_PATH setting must start with a '/'",
            ),
            (
                Key::RequestPath,
                text("/a/"),
                "The REQUEST_PATH setting must not end with a '/'",
            ),
            (
                Key::RequestPath,
                text("//"),
                "The REQUEST_PATH setting must not end with a '/'",
            ),
            (
                Key::RequestPath,
                text("/a?b"),
                "contains '?', so no request could reach it",
            ),
            (
                Key::RequestPath,
                text("/a\nb"),
                "contains '\\n', so no request could reach it",
            ),
            (
                Key::RequestPath,
                text("/a//b"),
                "contains '//', so no request could reach it",
            ),
            (
                Key::RequestPath,
                text("/a/../b"),
                "contains the segment . or .., so no request could reach it",
            ),
            (Key::LogPath, text("a\0"), "holds a NUL character"),
            (
                Key::SentryDsn,
                text("secret"),
                "is no DSN: expected https://key@host/project",
            ),
            (
                Key::SentryDsn,
                text("https://sentry.example/1"),
                "is no DSN: expected https://key@host/project",
            ),
            (
                Key::DatabaseUrl,
                text("postgresql://u:secret"),
                "has a port that is no number from 1 to 65535",
            ),
        ] {
            assert_eq!(
                check(key, &value),
                Err(expected.to_owned()),
                "{key:?} = {value:?}"
            );
        }
        for value in [
            "",
            "8000",
            ":8000",
            "example.org:8000",
            "127.0.0.1",
            "127.0.0.1:65536",
        ] {
            assert!(bind(&text(value)).is_err(), "{value:?}");
        }
        for value in [Value::Integer(-1), Value::Other("a list"), text("loud")] {
            assert!(log_level(&value).is_err(), "{value:?}");
        }
    }
}
