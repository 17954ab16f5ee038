//! Logical lines of a Python file as settings.
//!
//! In: the text, and what `gettempdir()` would say. Out: entries and problems. Statements that bear
//! no setting (docstrings, imports) are checked for their form and dropped; of two assignments to a
//! key the later wins, as in Python.

use super::super::entry::{Entry, Value};
use super::super::key::Key;
use super::super::problem::{Origin, Problem, cut};
use super::token::{Line, Token, lines};

/// Keys of the original that configure Flask and nothing of ours.
const IGNORED: [&str; 2] = ["LOGGER_NAME", "JSONIFY_PRETTYPRINT_REGULAR"];

/// How deep parentheses may nest.
const DEEPEST: usize = 32;

const FORMS: &str = "only comments, imports and KEY = value are understood, where value is a text, a number, None, \
     True, False, logging.LEVEL or 'text' + join(gettempdir(), 'name')";

/// Reads the text of the file `origin`; `temporary` is Python's `gettempdir()`.
pub(crate) fn read(origin: &Origin, text: &str, temporary: &str) -> (Vec<Entry>, Vec<Problem>) {
    let mut entries: Vec<Entry> = Vec::new();
    let mut problems = Vec::new();
    for Line { number, tokens } in lines(text) {
        let origin = origin.at(number);
        let statement = tokens.and_then(|tokens| statement(&tokens, temporary));
        match statement {
            Ok(None) => {}
            Ok(Some((written, value))) => match Key::named(&written) {
                Some(key) => {
                    entries.retain(|entry| entry.key != key);
                    let value = value.understood_as(key);
                    entries.push(Entry { key, value, origin });
                }
                None if IGNORED.contains(&written.as_str()) => {}
                None if written.chars().any(char::is_lowercase) => problems.push(Problem {
                    reason: "is no setting: settings are written in upper case".to_owned(),
                    key: cut(&written),
                    origin,
                }),
                None => problems.push(Problem::unknown(origin, &written)),
            },
            Err(reason) => problems.push(Problem::at(origin, reason)),
        }
    }
    (entries, problems)
}

/// A value of Python's.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Object {
    Text(String),
    Integer(i64),
    None,
    True,
    False,
}

impl Object {
    /// None is the absence that we write as an empty text, where the original had it. A port may be
    /// a text, since Python's statsd client takes one.
    fn understood_as(self, key: Key) -> Value {
        match (self, key) {
            (Self::None, Key::DatabaseUrl | Key::LogPath | Key::SentryDsn | Key::StatsdPrefix) => {
                Value::Text(String::new())
            }
            (Self::Text(text), key) => Value::untyped(key, &text),
            (Self::Integer(number), _) => Value::Integer(number),
            (Self::None, _) => Value::Other("None"),
            (Self::True, key) if key.is_boolean() => Value::Boolean(true),
            (Self::False, key) if key.is_boolean() => Value::Boolean(false),
            (Self::True, _) => Value::Other("True"),
            (Self::False, _) => Value::Other("False"),
        }
    }
}

/// One statement: an assignment, or `None` for one that bears no setting.
fn statement(tokens: &[Token], temporary: &str) -> Result<Option<(String, Object)>, String> {
    let mut parser = Parser {
        rest: tokens,
        temporary,
        depth: 0,
    };
    let bears_nothing = match tokens {
        [Token::Text(_), rest @ ..] => rest.iter().all(|token| matches!(token, Token::Text(_))),
        [Token::Name(name), ..] if name == "import" => parser.module_import().is_some(),
        [Token::Name(name), ..] if name == "from" => parser.name_import().is_some(),
        _ => false,
    };
    if bears_nothing {
        return Ok(None);
    }
    let [Token::Name(key), Token::Sign('='), value @ ..] = tokens else {
        return Err(FORMS.to_owned());
    };
    parser.rest = value;
    let value = parser.sum()?;
    match parser.rest {
        [] => Ok(Some((key.clone(), value))),
        _ => Err(FORMS.to_owned()),
    }
}

struct Parser<'a> {
    rest: &'a [Token],
    temporary: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn sign(&mut self, wanted: char) -> bool {
        match self.rest {
            [Token::Sign(sign), rest @ ..] if *sign == wanted => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn name(&mut self) -> Option<&str> {
        match self.rest {
            [Token::Name(name), rest @ ..] => {
                self.rest = rest;
                Some(name)
            }
            _ => None,
        }
    }

    fn word(&mut self, wanted: &str) -> bool {
        let before = self.rest;
        let found = self.name() == Some(wanted);
        if !found {
            self.rest = before;
        }
        found
    }

    fn dotted_name(&mut self) -> Option<String> {
        let mut name = self.name()?.to_owned();
        while self.sign('.') {
            name.push('.');
            name += self.name()?;
        }
        Some(name)
    }

    /// `as other`, if it is there.
    fn alias(&mut self) -> Option<()> {
        if self.word("as") {
            self.name()?;
        }
        Some(())
    }

    fn end(&self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }

    /// `import a.b as c, d`
    fn module_import(&mut self) -> Option<()> {
        self.word("import");
        loop {
            self.dotted_name()?;
            self.alias()?;
            if !self.sign(',') {
                return self.end();
            }
        }
    }

    /// `from a.b import c as d, e`, `from a import (b, c,)`, `from a import *`
    fn name_import(&mut self) -> Option<()> {
        self.word("from");
        self.dotted_name()?;
        self.word("import").then_some(())?;
        if self.sign('*') {
            return self.end();
        }
        let enclosed = self.sign('(');
        loop {
            self.name()?;
            self.alias()?;
            let more = self.sign(',');
            if enclosed && self.sign(')') {
                return self.end();
            }
            if !more {
                return if enclosed { None } else { self.end() };
            }
        }
    }

    /// `a + b + c`: texts joined, or numbers added.
    fn sum(&mut self) -> Result<Object, String> {
        let mut sum = self.term()?;
        while self.sign('+') {
            sum = match (sum, self.term()?) {
                (Object::Text(left), Object::Text(right)) => Object::Text(left + &right),
                (Object::Integer(left), Object::Integer(right)) => left
                    .checked_add(right)
                    .map(Object::Integer)
                    .ok_or("a number that is too large")?,
                _ => return Err("only a text and a text, or two numbers, can be added".to_owned()),
            };
        }
        Ok(sum)
    }

    fn term(&mut self) -> Result<Object, String> {
        match self.rest {
            [Token::Text(_), ..] => {
                let mut text = String::new();
                while let [Token::Text(part), rest @ ..] = self.rest {
                    text += part;
                    self.rest = rest;
                }
                Ok(Object::Text(text))
            }
            [Token::Integer(number), rest @ ..] => {
                self.rest = rest;
                Ok(Object::Integer(*number))
            }
            [Token::Sign('-'), Token::Integer(number), rest @ ..] => {
                self.rest = rest;
                Ok(Object::Integer(-number))
            }
            [Token::Sign('+'), Token::Integer(number), rest @ ..] => {
                self.rest = rest;
                Ok(Object::Integer(*number))
            }
            [Token::Sign('('), ..] if self.depth < DEEPEST => {
                self.depth += 1;
                self.sign('(');
                let value = self.sum()?;
                self.depth -= 1;
                if self.sign(')') {
                    Ok(value)
                } else {
                    Err(FORMS.to_owned())
                }
            }
            [Token::Name(_), ..] => self.named(),
            _ => Err(FORMS.to_owned()),
        }
    }

    /// A constant, or a call of one of the two functions.
    fn named(&mut self) -> Result<Object, String> {
        let name = self.dotted_name().ok_or(FORMS)?;
        if !self.sign('(') {
            return constant(&name).ok_or_else(|| format!("{} has no meaning here", cut(&name)));
        }
        let arguments = self.arguments()?;
        match (name.as_str(), &arguments[..]) {
            ("gettempdir" | "tempfile.gettempdir", []) => {
                Ok(Object::Text(self.temporary.to_owned()))
            }
            ("join" | "path.join" | "os.path.join" | "posixpath.join", [first, rest @ ..]) => {
                let joined = rest
                    .iter()
                    .fold(first.clone(), |path, part| join(&path, part));
                Ok(Object::Text(joined))
            }
            _ => Err(format!("the call of {} has no meaning here", cut(&name))),
        }
    }

    /// Texts with commas between, behind an opening parenthesis.
    fn arguments(&mut self) -> Result<Vec<String>, String> {
        let mut arguments = Vec::new();
        if self.depth >= DEEPEST {
            return Err(FORMS.to_owned());
        }
        self.depth += 1;
        while !self.sign(')') {
            match self.sum()? {
                Object::Text(text) => arguments.push(text),
                _ => return Err("only texts can be joined".to_owned()),
            }
            if !self.sign(',') {
                if self.sign(')') {
                    break;
                }
                return Err(FORMS.to_owned());
            }
        }
        self.depth -= 1;
        Ok(arguments)
    }
}

fn constant(name: &str) -> Option<Object> {
    Some(match name {
        "None" => Object::None,
        "True" => Object::True,
        "False" => Object::False,
        "logging.NOTSET" => Object::Integer(0),
        "logging.DEBUG" => Object::Integer(10),
        "logging.INFO" => Object::Integer(20),
        "logging.WARNING" | "logging.WARN" => Object::Integer(30),
        "logging.ERROR" => Object::Integer(40),
        "logging.CRITICAL" | "logging.FATAL" => Object::Integer(50),
        // The value of LOGGER_NAME, which is ignored.
        "DEFAULT_LOGGER_NAME" => Object::Text("avalon".to_owned()),
        _ => return None,
    })
}

/// Python's `posixpath.join`: an absolute part begins anew.
fn join(path: &str, part: &str) -> String {
    if part.starts_with('/') {
        part.to_owned()
    } else if path.is_empty() || path.ends_with('/') {
        format!("{path}{part}")
    } else {
        format!("{path}/{part}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(Key, Value)> {
        let (entries, problems) = read(&Origin::file("a.py", None), text, "/tmp");
        assert_eq!(problems, [], "{text}");
        let entries = entries.into_iter();
        entries.map(|entry| (entry.key, entry.value)).collect()
    }

    fn problems(text: &str) -> Vec<String> {
        let (_, problems) = read(&Origin::file("a.py", None), text, "/tmp");
        problems.iter().map(Problem::to_string).collect()
    }

    #[test]
    fn values_mean_what_python_says() {
        let text = |text: &str| Value::Text(text.to_owned());
        for (assignment, key, expected) in [
            (
                "LOG_LEVEL = logging.WARN",
                Key::LogLevel,
                Value::Integer(30),
            ),
            ("LOG_LEVEL = 30", Key::LogLevel, Value::Integer(30)),
            ("LOG_LEVEL = -1", Key::LogLevel, Value::Integer(-1)),
            (
                "LOG_LEVEL = logging.INFO + 5",
                Key::LogLevel,
                Value::Integer(25),
            ),
            ("LOG_LEVEL = 'DEBUG'", Key::LogLevel, text("DEBUG")),
            ("LOG_PATH = None", Key::LogPath, text("")),
            ("SENTRY_DSN = None", Key::SentryDsn, text("")),
            ("DATABASE_URL = None", Key::DatabaseUrl, text("")),
            ("STATSD_HOST = None", Key::StatsdHost, Value::Other("None")),
            ("STATSD_HOST = True", Key::StatsdHost, Value::Other("True")),
            ("SERVE_PATHS = True", Key::ServePaths, Value::Boolean(true)),
            (
                "SERVE_PATHS = False",
                Key::ServePaths,
                Value::Boolean(false),
            ),
            ("SERVE_PATHS = 'no'", Key::ServePaths, Value::Boolean(false)),
            ("SERVE_PATHS = None", Key::ServePaths, Value::Other("None")),
            (
                "STATSD_PORT = '8125'",
                Key::StatsdPort,
                Value::Integer(8125),
            ),
            (
                "STATSD_PREFIX = ('a' \"b\"\n  u'c')",
                Key::StatsdPrefix,
                text("abc"),
            ),
            (
                "DATABASE_URL = 'sqlite:///' + join(gettempdir(), 'avalon.sqlite')",
                Key::DatabaseUrl,
                text("sqlite:////tmp/avalon.sqlite"),
            ),
            (
                "DATABASE_URL = 'sqlite:///' + os.path.join('/srv/', 'music', \"a.sqlite\",)",
                Key::DatabaseUrl,
                text("sqlite:////srv/music/a.sqlite"),
            ),
            (
                "LOG_PATH = os.path.join(tempfile.gettempdir(), '/var/log', 'a.log')",
                Key::LogPath,
                text("/var/log/a.log"),
            ),
            (
                "BIND = ''; BIND = '[::1]:8000'",
                Key::Bind,
                text("[::1]:8000"),
            ),
        ] {
            assert_eq!(values(assignment), [(key, expected)], "{assignment}");
        }
    }

    #[test]
    fn statements_without_a_setting_are_dropped() {
        for statement in [
            "# -*- coding: utf-8 -*-",
            "\"\"\"Settings\nof ours\"\"\"",
            "'one' 'two'",
            "import logging",
            "import os.path as path, tempfile",
            "from __future__ import absolute_import, unicode_literals",
            "from os.path import join as j",
            "from os.path import (\n    join,\n    dirname,  # unused\n)",
            "from os.path import *",
            "LOGGER_NAME = DEFAULT_LOGGER_NAME",
            "LOGGER_NAME = 'mine'",
            "JSONIFY_PRETTYPRINT_REGULAR = False",
        ] {
            assert_eq!(values(statement), [], "{statement}");
        }
    }

    #[test]
    fn anything_else_is_an_error_with_its_line() {
        for statement in [
            "if True: pass",
            "LOG_LEVEL: int = 30",
            "LOG_LEVEL = LOG_LEVL = 30",
            "LOG_LEVEL += 1",
            "LOG_LEVEL = logging.LOUD",
            "LOG_LEVEL = logging.getLogger()",
            "LOG_LEVEL = max(1, 2)",
            "LOG_LEVEL = 'a' + 1",
            "LOG_LEVEL = join(1)",
            "LOG_LEVEL = join()",
            "LOG_LEVEL = 3 * 10",
            "LOG_LEVEL = [30]",
            "LOG_LEVEL = ",
            "LOG_LEVEL = 'a' 3",
            "LOG_LEVEL =",
            "LOG_LEVEL",
            "import",
            "import a as",
            "from a import (b",
            "from a import b,",
            "from . import b",
            "print('x')",
            "del LOG_LEVEL",
            "  LOG_LEVEL = 30",
            ")",
        ] {
            let problems = problems(&format!("BIND = ''\n\n{statement}"));
            assert_eq!(problems.len(), 1, "{statement}: {problems:?}");
            assert!(
                problems[0].starts_with("a.py:3: "),
                "{statement}: {problems:?}"
            );
        }
        let deep = format!("BIND = {}''{}", "(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(problems(&deep).len(), 1, "nesting has a bound");
    }

    #[test]
    fn a_name_that_is_no_setting_is_named() {
        assert_eq!(
            problems("LOG_LEVL = 30\n\nlog_level = 30\nDEBUG = True"),
            [
                "a.py:1: LOG_LEVL: unknown setting (did you mean LOG_LEVEL?)",
                "a.py:3: log_level: is no setting: settings are written in upper case",
                "a.py:4: DEBUG: unknown setting",
            ]
        );
    }

    #[test]
    fn no_error_repeats_a_value() {
        for text in [
            "DATABASE_URL = 'postgresql://u:secret@h/db",
            "DATABASE_URL = 'secret' + 1",
            "DATABASE_URL = 'secret' % 1",
            "DATABASE_URL = 'secret', 'secret'",
            "DATABASE_URL 'secret'",
        ] {
            let problems = problems(text);
            assert_eq!(problems.len(), 1, "{text}");
            assert!(!problems[0].contains("secret"), "{problems:?}");
        }
    }
}
