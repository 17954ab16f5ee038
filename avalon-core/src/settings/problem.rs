//! What is wrong with the settings: every problem of every layer, each with its place.
//!
//! A problem is one line, `<place>: <key>: <reason>`, and no line shows the value of a key that may
//! hold a secret. What came from outside is quoted and cut, so that a line stays a line.

use std::fmt;

use thiserror::Error;

use super::key::Key;

/// The longest part of a value that a problem repeats, in characters.
const SHOWN: usize = 60;

/// The most problems that are told one by one.
const TOLD: usize = 100;

/// Where a value was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The defaults built into the program.
    Default,
    /// A settings file, by the name that AVALON_CONFIG gave it, with a line from 1 where there is
    /// one.
    File { name: String, line: Option<usize> },
    /// The environment variable of the key.
    Environment,
    /// An option of the command line.
    Flag,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) origin: Origin,
    /// The key as it was written; empty where it is about no key.
    pub(crate) key: String,
    pub(crate) reason: String,
}

/// Everything that is wrong with the settings, one problem a line: a binary prints it and exits
/// with 2. Values of DATABASE_URL and SENTRY_DSN are never part of it.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{}", told(problems))]
pub struct SettingsError {
    problems: Vec<Problem>,
}

/// The problems, one a line, as many as anybody reads: a file that is none of ours has thousands.
fn told(problems: &[Problem]) -> String {
    let mut lines: Vec<String> = problems.iter().take(TOLD).map(Problem::to_string).collect();
    if problems.len() > TOLD {
        lines.push(format!("and {} more", problems.len() - TOLD));
    }
    lines.join("\n")
}

impl SettingsError {
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }
}

impl Problem {
    /// About the value of a known key.
    pub(crate) fn of(origin: Origin, key: Key, reason: impl Into<String>) -> Self {
        Self {
            origin,
            key: key.name().to_owned(),
            reason: reason.into(),
        }
    }

    /// About a key that there is not.
    pub(crate) fn unknown(origin: Origin, name: &str) -> Self {
        let reason = match Key::nearest(name) {
            Some(key) => format!("unknown setting (did you mean {}?)", key.name()),
            None => "unknown setting".to_owned(),
        };
        Self {
            origin,
            key: cut(name),
            reason,
        }
    }

    /// About a place, and no key.
    pub(crate) fn at(origin: Origin, reason: impl Into<String>) -> Self {
        Self {
            origin,
            key: String::new(),
            reason: reason.into(),
        }
    }
}

impl Origin {
    pub(crate) fn file(name: &str, line: Option<usize>) -> Self {
        Self::File {
            name: name.to_owned(),
            line,
        }
    }

    /// The same place, at a line if it has lines.
    pub(crate) fn at(&self, line: usize) -> Self {
        match self {
            Self::File { name, .. } => Self::file(name, Some(line)),
            other => other.clone(),
        }
    }

    /// Where it stands among problems: by layer, then by line.
    pub(crate) fn rank(&self) -> (u8, usize) {
        match self {
            Self::Default => (0, 0),
            Self::File { line, .. } => (1, line.unwrap_or(0)),
            Self::Environment => (2, 0),
            Self::Flag => (3, 0),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line: None } => f.write_str(name),
            Self::File {
                name,
                line: Some(line),
            } => write!(f, "{name}:{line}"),
            Self::Environment => f.write_str("environment"),
            Self::Flag => f.write_str("option"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (origin, key, reason) = (&self.origin, &self.key, &self.reason);
        match origin {
            Origin::Environment => write!(f, "{origin} AVALON_{key}: {reason}"),
            Origin::Flag => {
                let flag = key.to_lowercase().replace('_', "-");
                write!(f, "{origin} --{flag}: {reason}")
            }
            _ if key.is_empty() => write!(f, "{origin}: {reason}"),
            _ => write!(f, "{origin}: {key}: {reason}"),
        }
    }
}

/// `text` in quotes, with control characters escaped, and no longer than an error line can bear.
pub(crate) fn quote(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

/// A name as it was written if it is one, else as [`quote`] has it.
pub(crate) fn cut(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !name.is_empty() && name.len() <= SHOWN && name.chars().all(plain) {
        name.to_owned()
    } else {
        quote(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_one_line_that_names_its_place() {
        let file = |line| Origin::file("avalon.toml", line);
        for (problem, expected) in [
            (
                Problem::unknown(file(Some(12)), "LOG_LEVL"),
                "avalon.toml:12: LOG_LEVL: unknown setting (did you mean LOG_LEVEL?)",
            ),
            (
                Problem::unknown(file(Some(1)), "a b\n"),
                "avalon.toml:1: \"a b\\n\": unknown setting",
            ),
            (
                Problem::at(file(None), "is no text"),
                "avalon.toml: is no text",
            ),
            (
                Problem::of(Origin::Environment, Key::Bind, "bad"),
                "environment AVALON_BIND: bad",
            ),
            (
                Problem::of(Origin::Flag, Key::DatabaseUrl, "bad"),
                "option --database-url: bad",
            ),
        ] {
            assert_eq!(problem.to_string(), expected);
        }
        let error = SettingsError::new(vec![
            Problem::of(Origin::Flag, Key::Bind, "one"),
            Problem::of(Origin::Default, Key::Bind, "two"),
        ]);
        assert_eq!(
            error.to_string(),
            "option --bind: one\ndefault: BIND: two",
            "one line each"
        );
    }

    #[test]
    fn what_nobody_would_read_is_counted() {
        let problem = Problem::of(Origin::Flag, Key::Bind, "bad");
        let shown = SettingsError::new(vec![problem; TOLD + 3]).to_string();
        assert_eq!(shown.lines().count(), TOLD + 1);
        assert!(shown.ends_with("\nand 3 more"), "{shown}");
    }

    #[test]
    fn a_long_value_is_cut() {
        let long = "é".repeat(SHOWN + 1);
        assert_eq!(quote(&long), format!("\"{}…\"", "é".repeat(SHOWN)));
        assert_eq!(quote("a\nb"), r#""a\nb""#);
    }
}
