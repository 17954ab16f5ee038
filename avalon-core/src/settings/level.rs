//! Levels of log messages, with the names and numbers of Python's `logging`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// How grave a message is, or how grave it must be to be shown: a message is shown when its level
/// is at least LOG_LEVEL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(u32);

/// A text that names no level.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error(
    "expected DEBUG, INFO, WARNING, ERROR, CRITICAL, NOTSET or a number from 0 to {}",
    u32::MAX
)]
pub struct UnknownLevel;

impl Level {
    /// 0: below every message.
    pub const NOTSET: Self = Self(0);
    /// 5: below Python's lowest. Only the `log` crate knows it.
    pub const TRACE: Self = Self(5);
    /// 10.
    pub const DEBUG: Self = Self(10);
    /// 20.
    pub const INFO: Self = Self(20);
    /// 30.
    pub const WARNING: Self = Self(30);
    /// 40.
    pub const ERROR: Self = Self(40);
    /// 50.
    pub const CRITICAL: Self = Self(50);

    /// A level by its number.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Its number, as `%(levelno)d` shows it.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    /// A name in any case, Python's older WARN and FATAL among them, or a number.
    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        match text.to_ascii_uppercase().as_str() {
            "NOTSET" => Ok(Self::NOTSET),
            "DEBUG" => Ok(Self::DEBUG),
            "INFO" => Ok(Self::INFO),
            "WARNING" | "WARN" => Ok(Self::WARNING),
            "ERROR" => Ok(Self::ERROR),
            "CRITICAL" | "FATAL" => Ok(Self::CRITICAL),
            number => number.parse().map(Self).map_err(|_| UnknownLevel),
        }
    }
}

impl fmt::Display for Level {
    /// Its name, as `%(levelname)s` shows it; `Level 35` where it has none, as in Python.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::NOTSET => "NOTSET",
            Self::TRACE => "TRACE",
            Self::DEBUG => "DEBUG",
            Self::INFO => "INFO",
            Self::WARNING => "WARNING",
            Self::ERROR => "ERROR",
            Self::CRITICAL => "CRITICAL",
            Self(number) => return write!(f, "Level {number}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_pythons() {
        for (text, expected) in [
            ("DEBUG", Ok(10)),
            ("info", Ok(20)),
            ("Warn", Ok(30)),
            ("WARNING", Ok(30)),
            ("error", Ok(40)),
            ("FATAL", Ok(50)),
            ("critical", Ok(50)),
            ("NOTSET", Ok(0)),
            ("35", Ok(35)),
            ("60", Ok(60)),
            ("", Err(UnknownLevel)),
            ("-1", Err(UnknownLevel)),
            ("4294967296", Err(UnknownLevel)),
            ("loud", Err(UnknownLevel)),
            ("TRACE", Err(UnknownLevel)),
        ] {
            assert_eq!(text.parse().map(Level::number), expected, "{text:?}");
        }
    }

    #[test]
    fn a_level_prints_its_name() {
        assert_eq!(Level::WARNING.to_string(), "WARNING");
        assert_eq!(Level::from_number(35).to_string(), "Level 35");
        assert!(Level::WARNING < Level::from_number(35));
    }
}
