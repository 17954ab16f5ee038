//! LOG_FORMAT: a format of Python's `logging`, read once into segments.
//!
//! In: `[%(asctime)s] %(message)s`. Out: a [`LogFormat`], whose attributes are all known and take
//! the conversions that stand behind them; it writes a line from a function that tells each
//! attribute's value. It knows no clock, thread or process.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::percent::{Conversion, Field, Kind};
use super::problem::cut;

/// A checked LOG_FORMAT.
#[derive(Clone, PartialEq, Eq)]
pub struct LogFormat {
    text: String,
    segments: Vec<Segment>,
}

/// Why a text is no log format.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LogFormatError {
    /// Nothing would be written.
    #[error("is empty: write %(message)s at least")]
    Empty,
    /// Every line of the log would be the same, as with a format in another of Python's styles.
    #[error("names no attribute: write %(message)s at least")]
    Constant,
    /// A `%` without a name in parentheses.
    #[error("has a % without an attribute behind it: write %(message)s, or %% for a percent sign")]
    NoAttribute,
    /// A name that is no attribute of a log record.
    #[error("has the unknown attribute %({0}): known are {known}", known = Attribute::names())]
    UnknownAttribute(String),
    /// What stands behind the name does not fit the attribute.
    #[error("cannot write %({0}): {1}")]
    Conversion(&'static str, &'static str),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Attribute(Attribute, Conversion),
}

/// What is known of a log record: the attributes of Python's `LogRecord`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    Asctime,
    Created,
    Filename,
    FuncName,
    Levelname,
    Levelno,
    Lineno,
    Message,
    Module,
    Msecs,
    Name,
    Pathname,
    Process,
    ProcessName,
    RelativeCreated,
    TaskName,
    Thread,
    ThreadName,
}

impl Attribute {
    const ALL: [(&'static str, Self, Kind); 18] = [
        ("asctime", Self::Asctime, Kind::Text),
        ("created", Self::Created, Kind::Real),
        ("filename", Self::Filename, Kind::Text),
        ("funcName", Self::FuncName, Kind::Text),
        ("levelname", Self::Levelname, Kind::Text),
        ("levelno", Self::Levelno, Kind::Integer),
        ("lineno", Self::Lineno, Kind::Integer),
        ("message", Self::Message, Kind::Text),
        ("module", Self::Module, Kind::Text),
        ("msecs", Self::Msecs, Kind::Real),
        ("name", Self::Name, Kind::Text),
        ("pathname", Self::Pathname, Kind::Text),
        ("process", Self::Process, Kind::Integer),
        ("processName", Self::ProcessName, Kind::Text),
        ("relativeCreated", Self::RelativeCreated, Kind::Real),
        ("taskName", Self::TaskName, Kind::Text),
        ("thread", Self::Thread, Kind::Integer),
        ("threadName", Self::ThreadName, Kind::Text),
    ];

    fn names() -> String {
        Self::ALL.map(|(name, _, _)| name).join(", ")
    }
}

impl LogFormat {
    /// The line of a record, without its end, from the value of each attribute in the format.
    pub(crate) fn line<'a>(&self, value: impl Fn(Attribute) -> Field<'a>) -> String {
        let mut line = String::with_capacity(128);
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) => line.push_str(text),
                Segment::Attribute(attribute, conversion) => {
                    conversion.write(&value(*attribute), &mut line);
                }
            }
        }
        line
    }
}

impl FromStr for LogFormat {
    type Err = LogFormatError;

    fn from_str(text: &str) -> Result<Self, LogFormatError> {
        if text.is_empty() {
            return Err(LogFormatError::Empty);
        }
        let mut segments = Vec::new();
        let mut literal = String::new();
        let mut rest = text.char_indices().peekable();
        while let Some((_, c)) = rest.next() {
            if c != '%' {
                literal.push(c);
                continue;
            }
            match rest.next() {
                Some((_, '%')) => literal.push('%'),
                Some((at, '(')) => {
                    let inner = &text[at + 1..];
                    let (name, _) = inner.split_once(')').ok_or(LogFormatError::NoAttribute)?;
                    // The name, and its closing parenthesis.
                    rest.nth(name.chars().count());
                    let (name, attribute, kind) = Attribute::ALL
                        .into_iter()
                        .find(|(known, _, _)| *known == name)
                        .ok_or_else(|| LogFormatError::UnknownAttribute(cut(name)))?;
                    let conversion = Conversion::parse(&mut rest, kind)
                        .map_err(|reason| LogFormatError::Conversion(name, reason))?;
                    if !literal.is_empty() {
                        segments.push(Segment::Literal(std::mem::take(&mut literal)));
                    }
                    segments.push(Segment::Attribute(attribute, conversion));
                }
                _ => return Err(LogFormatError::NoAttribute),
            }
        }
        if !literal.is_empty() {
            segments.push(Segment::Literal(literal));
        }
        if !segments
            .iter()
            .any(|segment| matches!(segment, Segment::Attribute(..)))
        {
            return Err(LogFormatError::Constant);
        }
        Ok(Self {
            text: text.to_owned(),
            segments,
        })
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogFormat({:?})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(attribute: Attribute) -> Field<'static> {
        let (name, _, kind) = Attribute::ALL
            .iter()
            .find(|(_, known, _)| *known == attribute)
            .unwrap();
        match kind {
            Kind::Text => Field::Text((*name).into()),
            Kind::Integer => Field::Integer(7),
            Kind::Real => Field::Real(3.25),
        }
    }

    #[test]
    fn a_line_holds_each_attribute_in_its_place() {
        for (format, expected) in [
            (
                "[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s",
                "[asctime] [7] [levelname] message",
            ),
            (
                "%(levelname)-11s|%(msecs)03d|%(created).1f",
                "levelname  |003|3.2",
            ),
            ("100%% %(message)s%%", "100% message%"),
            ("é%(name)sé", "énameé"),
            ("%(thread)d%(threadName)s", "7threadName"),
        ] {
            let line = format.parse::<LogFormat>().unwrap().line(value);
            assert_eq!(line, expected, "{format}");
        }
        for (name, _, _) in Attribute::ALL {
            let format = format!("%({name})s");
            assert!(format.parse::<LogFormat>().is_ok(), "{name}");
        }
    }

    #[test]
    fn what_no_line_can_be_made_of_is_refused() {
        for (format, expected) in [
            ("", LogFormatError::Empty),
            ("hello", LogFormatError::Constant),
            ("{message} 100%%", LogFormatError::Constant),
            ("%", LogFormatError::NoAttribute),
            ("%s", LogFormatError::NoAttribute),
            ("100% %(message)s", LogFormatError::NoAttribute),
            ("%(message", LogFormatError::NoAttribute),
            (
                "%(mesage)s",
                LogFormatError::UnknownAttribute("mesage".to_owned()),
            ),
            (
                "%(Message)s",
                LogFormatError::UnknownAttribute("Message".to_owned()),
            ),
            (
                "%(message)d",
                LogFormatError::Conversion("message", "a text takes the conversion s, r or a"),
            ),
        ] {
            assert_eq!(format.parse::<LogFormat>(), Err(expected), "{format}");
        }
    }
}
