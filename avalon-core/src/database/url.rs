//! Database URLs: what operators write (SQLAlchemy's spellings) as what the drivers take.
//!
//! In: `sqlite:////var/lib/avalon/avalon.sqlite`, `postgresql+psycopg2://user:secret@host/db` and
//! their kin. Out: a [`DatabaseUrl`], whose printed forms never show a password.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Where the database is. `Display` and `Debug` show `***` for a password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite://` or `sqlite:///:memory:`: a database that lives as long as its connection.
    SqliteMemory,
    /// `sqlite:///relative/path` or `sqlite:////absolute/path`, taken as it is (no `%` escapes, as
    /// in SQLAlchemy).
    SqliteFile(PathBuf),
    /// The file in the platform's data directory, for who set nothing. Its folder is made.
    SqliteDefault(PathBuf),
    /// A PostgreSQL server, as parameters of libpq.
    Postgres(PostgresParameters),
}

/// Connection parameters by libpq's keywords (`host`, `port`, `user`, `password`, `dbname`,
/// `sslmode` ...), in the order of the URL.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresParameters(Vec<(String, String)>);

/// Why a text is no database URL. The text itself is not shown, since it may hold a password.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum UrlError {
    /// No `scheme://` at its start.
    #[error("is no URL: expected sqlite:////absolute/path or postgresql://user@host/database")]
    NotAUrl,
    /// A scheme of neither backend.
    #[error("has the scheme {0:?}, which is not supported: use sqlite or postgresql")]
    Scheme(String),
    /// `sqlite://something` without the third slash.
    #[error(
        "names a host, which SQLite has not: write sqlite:///relative/path or sqlite:////absolute/path"
    )]
    SqliteHost,
    /// A port that is no number from 1 to 65535. What stands there is not shown: without an `@` it
    /// is the password.
    #[error("has a port that is no number from 1 to 65535")]
    Port,
    /// A character that no connection parameter may hold.
    #[error("holds a NUL character")]
    Nul,
}

/// Arguments that SQLAlchemy hands to Python's sqlite3, which mean nothing to us.
const PYSQLITE_ARGUMENTS: &[&str] = &[
    "cached_statements",
    "check_same_thread",
    "detect_types",
    "isolation_level",
    "timeout",
];

/// What libpq is told where the URL says nothing: a name that tells a database's operator who is
/// connected, a bound in seconds on waiting for a host that does not answer, and signs of life each
/// minute while nothing is sent, so that no router between forgets the connection. A host that is gone is
/// noticed after a minute and a half: three signs, 10 seconds apart, have had no answer then, or what was
/// sent was not acknowledged for so many milliseconds.
const POSTGRES_DEFAULTS: &[(&str, &str)] = &[
    ("fallback_application_name", "avalon"),
    ("connect_timeout", "30"),
    ("keepalives_idle", "60"),
    ("keepalives_interval", "10"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "90000"),
];

impl DatabaseUrl {
    /// Reads a URL as SQLAlchemy 1.2 does.
    ///
    /// # Errors
    /// [`UrlError`] says what is wrong without repeating the text.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::NotAUrl)?;
        if text.contains('\0') {
            return Err(UrlError::Nul);
        }
        // A driver's name means nothing to us: postgresql+psycopg2, sqlite+pysqlite.
        let backend = scheme
            .split_once('+')
            .map_or(scheme, |(backend, _)| backend);
        match backend.to_ascii_lowercase().as_str() {
            "sqlite" => Self::sqlite(rest),
            "postgresql" | "postgres" => Self::postgres(rest),
            _ if scheme.is_empty() || scheme.contains(|c: char| !is_scheme_character(c)) => {
                Err(UrlError::NotAUrl)
            }
            _ => Err(UrlError::Scheme(scheme.to_owned())),
        }
    }

    /// The path of a SQLite file; `None` for the others.
    pub fn sqlite_path(&self) -> Option<&Path> {
        match self {
            Self::SqliteFile(path) | Self::SqliteDefault(path) => Some(path),
            Self::SqliteMemory | Self::Postgres(_) => None,
        }
    }

    /// The largest number that a column (track, year, length, disc) holds.
    pub fn largest_number(&self) -> i64 {
        match self {
            Self::Postgres(_) => i32::MAX.into(),
            Self::SqliteMemory | Self::SqliteFile(_) | Self::SqliteDefault(_) => i64::MAX,
        }
    }

    fn sqlite(rest: &str) -> Result<Self, UrlError> {
        let (path, arguments) = rest.split_once('?').unwrap_or((rest, ""));
        let known = |argument: &str| {
            let name = argument.split('=').next().unwrap_or_default();
            name.is_empty() || PYSQLITE_ARGUMENTS.contains(&name)
        };
        // A `?` that begins no argument of sqlite3 belongs to the name of the file.
        let path = if arguments.split('&').all(known) {
            path
        } else {
            rest
        };
        match path {
            "" | "/" | "/:memory:" => Ok(Self::SqliteMemory),
            _ => match path.strip_prefix('/') {
                Some(path) => Ok(Self::SqliteFile(PathBuf::from(path))),
                None => Err(UrlError::SqliteHost),
            },
        }
    }

    fn postgres(rest: &str) -> Result<Self, UrlError> {
        let (before, arguments) = rest.split_once('?').unwrap_or((rest, ""));
        // The last @ ends the credentials, so that a password may hold `@` and `/` as they are.
        let (credentials, place) = match before.rsplit_once('@') {
            Some((credentials, place)) => (Some(credentials), place),
            None => (None, before),
        };
        let (server, database) = place.split_once('/').unwrap_or((place, ""));
        let (host, port) = match server.strip_prefix('[').and_then(|s| s.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':').unwrap_or(port)),
            None => server.split_once(':').unwrap_or((server, "")),
        };
        if !port.is_empty() && !port.parse().is_ok_and(|port: u16| port > 0) {
            return Err(UrlError::Port);
        }
        let (user, password) = match credentials {
            Some(credentials) => credentials.split_once(':').unwrap_or((credentials, "")),
            None => ("", ""),
        };
        let mut parameters = vec![
            ("host".to_owned(), host.to_owned()),
            ("port".to_owned(), port.to_owned()),
            ("user".to_owned(), unquote(user, false)),
            ("password".to_owned(), unquote(password, false)),
            ("dbname".to_owned(), database.to_owned()),
        ];
        for argument in arguments.split('&').filter(|argument| !argument.is_empty()) {
            let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
            // libpq calls the database dbname; psycopg2 takes both.
            let name = match unquote(name, true).as_str() {
                "database" => "dbname".to_owned(),
                name => name.to_owned(),
            };
            let value = unquote(value, true);
            parameters.retain(|(known, _)| *known != name);
            parameters.push((name, value));
        }
        parameters.retain(|(_, value)| !value.is_empty());
        if parameters.iter().any(|(_, value)| value.contains('\0')) {
            return Err(UrlError::Nul);
        }
        Ok(Self::Postgres(PostgresParameters(parameters)))
    }
}

impl PostgresParameters {
    /// The connection string for libpq, `key='value'` for each parameter, ours for what the URL
    /// leaves open. It holds the password: not for printing.
    pub(crate) fn connection_string(&self) -> String {
        let quoted = |value: &str| value.replace('\\', "\\\\").replace('\'', "\\'");
        let given = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}='{}'", quoted(value)));
        let ours = POSTGRES_DEFAULTS
            .iter()
            .filter(|(name, _)| self.get(name).is_empty())
            .map(|(name, value)| format!("{name}='{value}'"));
        given.chain(ours).collect::<Vec<_>>().join(" ")
    }

    /// `text` with every secret of these parameters replaced by `***`.
    pub(crate) fn without_secrets(&self, text: &str) -> String {
        self.0
            .iter()
            .filter(|(name, _)| is_secret(name))
            .fold(text.to_owned(), |text, (_, secret)| {
                text.replace(secret, "***")
            })
    }

    fn get(&self, wanted: &str) -> &str {
        let value = self.0.iter().find(|(name, _)| name == wanted);
        value.map_or("", |(_, value)| value)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SqliteMemory => f.write_str("sqlite://"),
            Self::SqliteFile(path) | Self::SqliteDefault(path) => {
                write!(f, "sqlite:///{}", path.display())
            }
            Self::Postgres(parameters) => parameters.fmt(f),
        }
    }
}

impl fmt::Display for PostgresParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgresql://")?;
        match (self.get("user"), self.get("password")) {
            ("", "") => {}
            (user, "") => write!(f, "{user}@")?,
            (user, _) => write!(f, "{user}:***@")?,
        }
        match self.get("host") {
            host if host.contains(':') => write!(f, "[{host}]")?,
            // The folder of a socket cannot stand where a host does.
            host if host.starts_with('/') => {}
            host => f.write_str(host)?,
        }
        match self.get("port") {
            "" => {}
            port => write!(f, ":{port}")?,
        }
        write!(f, "/{}", self.get("dbname"))?;
        let mut separator = '?';
        for (name, value) in &self.0 {
            let shown = match name.as_str() {
                "user" | "password" | "port" | "dbname" => continue,
                "host" if !value.starts_with('/') => continue,
                name if is_secret(name) => "***",
                _ => value,
            };
            write!(f, "{separator}{name}={shown}")?;
            separator = '&';
        }
        Ok(())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl fmt::Debug for PostgresParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresParameters({self})")
    }
}

fn is_scheme_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '_' | '-' | '.')
}

/// Parameters of libpq that hold a secret.
fn is_secret(name: &str) -> bool {
    matches!(name, "password" | "sslpassword" | "oauth_client_secret")
}

/// Python's `unquote`, and `unquote_plus` where a plus is a space: `%` escapes as bytes, bad ones
/// as they stand, bytes that are no UTF-8 replaced.
fn unquote(text: &str, plus_is_space: bool) -> String {
    let bytes = text.as_bytes();
    let hex = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
                continue;
            }
            (b'+', _, _) if plus_is_space => out.push(b' '),
            (byte, _, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection_string(url: &str) -> String {
        match DatabaseUrl::parse(url) {
            Ok(DatabaseUrl::Postgres(parameters)) => parameters.connection_string(),
            other => panic!("{url}: {other:?}"),
        }
    }

    #[test]
    fn sqlite_urls_are_paths_as_they_stand() {
        for (url, path) in [
            ("sqlite:////var/lib/a.sqlite", "/var/lib/a.sqlite"),
            ("sqlite:///a.sqlite", "a.sqlite"),
            ("sqlite:///dir/a b%20c.sqlite", "dir/a b%20c.sqlite"),
            ("sqlite+pysqlite:////a.sqlite", "/a.sqlite"),
            (
                "sqlite:////a.sqlite?timeout=30&check_same_thread=false",
                "/a.sqlite",
            ),
            ("sqlite:////what?.sqlite", "/what?.sqlite"),
        ] {
            let parsed = DatabaseUrl::parse(url).unwrap();
            assert_eq!(parsed.sqlite_path(), Some(Path::new(path)), "{url}");
        }
        for url in ["sqlite://", "sqlite:///", "sqlite:///:memory:"] {
            assert_eq!(
                DatabaseUrl::parse(url),
                Ok(DatabaseUrl::SqliteMemory),
                "{url}"
            );
        }
    }

    #[test]
    fn postgres_urls_become_parameters_of_libpq() {
        for (url, expected) in [
            ("postgresql://host/db", "host='host' dbname='db'"),
            (
                "postgres://u@h:5433/db",
                "host='h' port='5433' user='u' dbname='db'",
            ),
            (
                "postgresql+psycopg2://u:p%40ss@host/db",
                "host='host' user='u' password='p@ss' dbname='db'",
            ),
            (
                "postgresql://u:a@b/c'\\@host/db?sslmode=require",
                "host='host' user='u' password='a@b/c\\'\\\\' dbname='db' sslmode='require'",
            ),
            (
                "postgresql://u@[::1]:5432/db",
                "host='::1' port='5432' user='u' dbname='db'",
            ),
            (
                "postgresql:///db?host=/run/postgresql",
                "dbname='db' host='/run/postgresql'",
            ),
            ("postgresql://", ""),
        ] {
            let ours = "fallback_application_name='avalon' connect_timeout='30' \
                        keepalives_idle='60' keepalives_interval='10' keepalives_count='3' \
                        tcp_user_timeout='90000'";
            let expected = format!("{expected} {ours}");
            assert_eq!(connection_string(url), expected.trim_start(), "{url}");
        }
        let url = "postgresql://h/db?connect_timeout=5&keepalives_idle=7&tcp_user_timeout=0";
        let expected = "host='h' dbname='db' connect_timeout='5' keepalives_idle='7' \
                        tcp_user_timeout='0' fallback_application_name='avalon' \
                        keepalives_interval='10' keepalives_count='3'";
        assert_eq!(connection_string(url), expected);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_text() {
        for (url, expected) in [
            ("", UrlError::NotAUrl),
            ("avalon.sqlite", UrlError::NotAUrl),
            ("postgresql:/u:secret@host/db", UrlError::NotAUrl),
            ("u:secret@host://x", UrlError::NotAUrl),
            (
                "mysql://u:secret@host/db",
                UrlError::Scheme("mysql".to_owned()),
            ),
            ("sqlite://avalon.sqlite", UrlError::SqliteHost),
            ("postgresql://u:secret@host:x/db", UrlError::Port),
            ("postgresql://u:secret@host:0/db", UrlError::Port),
            ("postgresql://u:secret", UrlError::Port),
            ("sqlite:////a\0b", UrlError::Nul),
        ] {
            let error = DatabaseUrl::parse(url).unwrap_err();
            assert_eq!(error, expected, "{url}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn passwords_are_never_printed() {
        for (url, shown) in [
            (
                "postgresql+psycopg2://u:secret@h:5433/db",
                "postgresql://u:***@h:5433/db",
            ),
            ("postgresql://u@[::1]/db", "postgresql://u@[::1]/db"),
            (
                "postgresql://h/db?password=secret&sslmode=require",
                "postgresql://:***@h/db?sslmode=require",
            ),
            (
                "postgresql:///db?host=/run&sslpassword=secret",
                "postgresql:///db?host=/run&sslpassword=***",
            ),
            ("sqlite:////a.sqlite", "sqlite:////a.sqlite"),
            ("sqlite:///a.sqlite", "sqlite:///a.sqlite"),
        ] {
            let parsed = DatabaseUrl::parse(url).unwrap();
            assert_eq!(parsed.to_string(), shown);
            assert!(!format!("{parsed:?}").contains("secret"));
        }
        let DatabaseUrl::Postgres(parameters) =
            DatabaseUrl::parse("postgresql://u:s3cret@h/db").unwrap()
        else {
            panic!("postgresql:// is PostgreSQL");
        };
        assert_eq!(
            parameters.without_secrets("auth s3cret failed"),
            "auth *** failed"
        );
    }
}
