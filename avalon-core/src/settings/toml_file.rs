//! A settings file in TOML.
//!
//! In: its text. Out: an entry for each key, with its line, and every problem that can be found in
//! one reading: syntax, unknown keys, keys given twice. Texts and numbers keep their type.

use std::collections::BTreeSet;

use toml::de::{DeTable, DeValue};

use super::entry::{Entry, Value};
use super::key::Key;
use super::problem::{Origin, Problem};

/// Reads the text of the file `origin`.
pub(crate) fn read(origin: &Origin, text: &str) -> (Vec<Entry>, Vec<Problem>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let lines = Lines::of(text);
    let mut problems = Vec::new();
    let mut broken_lines = BTreeSet::new();
    for error in errors {
        let line = lines.number(error.span().map_or(0, |span| span.start));
        if broken_lines.insert(line) {
            // Not the whole error, which repeats the line and so perhaps a password.
            let reason = error.message().replace('\n', ", ");
            problems.push(broken(origin.at(line), lines.text(line), reason));
        }
    }
    let mut given: Vec<_> = table.into_inner().into_iter().collect();
    given.sort_by_key(|(written, _)| written.span().start);
    let mut entries: Vec<Entry> = Vec::new();
    let mut seen: Vec<(Key, String, usize)> = Vec::new();
    for (written, value) in given {
        let line = lines.number(written.span().start);
        // What was recovered from a broken line is a guess.
        if broken_lines.contains(&line) {
            continue;
        }
        let origin = origin.at(line);
        let written = written.into_inner().into_owned();
        let Some(key) = Key::in_any_case(&written) else {
            let mut problem = Problem::unknown(origin, &written);
            if value.get_ref().is_table() {
                problem.reason += " (settings stand in no [section])";
            }
            problems.push(problem);
            continue;
        };
        if let Some((_, first, first_line)) = seen.iter().find(|(known, _, _)| *known == key) {
            let reason = format!("given twice, first as {first} on line {first_line}");
            problems.push(Problem {
                origin,
                key: written,
                reason,
            });
            continue;
        }
        seen.push((key, written, line));
        entries.push(Entry {
            key,
            value: understand(value.get_ref()),
            origin,
        });
    }
    (entries, problems)
}

/// A line that is no TOML, with the key that it begins with, and the advice that most of them need.
fn broken(origin: Origin, line: &str, mut reason: String) -> Problem {
    let (written, value) = line.split_once('=').unwrap_or_default();
    let key = Key::in_any_case(written.trim()).map_or("", Key::name);
    let bare = |c: char| c.is_alphabetic() || matches!(c, '/' | '%' | '.');
    if value.trim_start().starts_with(bare) {
        reason += " (a text stands in quotes)";
    }
    Problem {
        origin,
        key: key.to_owned(),
        reason,
    }
}

fn understand(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Value::Other("a number that is too large"), Value::Integer),
        DeValue::Float(_) => Value::Other("a number with a fraction"),
        DeValue::Boolean(boolean) => Value::Boolean(*boolean),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(_) => Value::Other("a list"),
        DeValue::Table(_) => Value::Other("a table"),
    }
}

/// Where the lines of a text begin.
struct Lines<'a> {
    text: &'a str,
    begins: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            begins: std::iter::once(0).chain(ends).collect(),
        }
    }

    /// The number, from 1, of the line that holds a place.
    fn number(&self, at: usize) -> usize {
        self.begins.partition_point(|begin| *begin <= at)
    }

    /// The line of a number that [`Lines::number`] gave.
    fn text(&self, number: usize) -> &'a str {
        let begin = self.begins.get(number - 1).copied().unwrap_or_default();
        let rest = self.text.get(begin..).unwrap_or_default();
        rest.lines().next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Origin {
        Origin::file("a.toml", None)
    }

    fn entry(key: Key, value: Value, line: usize) -> Entry {
        Entry {
            key,
            value,
            origin: file().at(line),
        }
    }

    #[test]
    fn keys_are_read_in_either_case_with_their_lines() {
        let text = "# comment\nDATABASE_URL = 'sqlite://'\r\nstatsd_port = 0x1F_FF\n\nLog_Level = \"INFO\"";
        let (entries, problems) = read(&file(), text);
        assert_eq!(problems, []);
        assert_eq!(
            entries,
            [
                entry(Key::DatabaseUrl, Value::Text("sqlite://".to_owned()), 2),
                entry(Key::StatsdPort, Value::Integer(0x1fff), 3),
                entry(Key::LogLevel, Value::Text("INFO".to_owned()), 5),
            ]
        );
    }

    #[test]
    fn values_of_other_kinds_are_named() {
        for (value, expected) in [
            ("-1", Value::Integer(-1)),
            (
                "99999999999999999999",
                Value::Other("a number that is too large"),
            ),
            ("1.5", Value::Other("a number with a fraction")),
            ("true", Value::Boolean(true)),
            ("false", Value::Boolean(false)),
            ("2026-01-01", Value::Other("a date")),
            ("[1]", Value::Other("a list")),
            ("{a = 1}", Value::Other("a table")),
        ] {
            let (entries, problems) = read(&file(), &format!("BIND = {value}"));
            assert_eq!(problems, [], "{value}");
            assert_eq!(entries, [entry(Key::Bind, expected, 1)], "{value}");
        }
    }

    #[test]
    fn every_problem_is_found_in_one_reading() {
        for (text, expected) in [
            (
                "LOG_LEVL = 1\nZZZ = 2",
                vec![
                    "a.toml:1: LOG_LEVL: unknown setting (did you mean LOG_LEVEL?)",
                    "a.toml:2: ZZZ: unknown setting",
                ],
            ),
            (
                "BIND = ''\n\nbind = ''",
                vec!["a.toml:3: bind: given twice, first as BIND on line 1"],
            ),
            (
                "[server]\nBIND = ''",
                vec!["a.toml:1: server: unknown setting (settings stand in no [section])"],
            ),
        ] {
            let (_, problems) = read(&file(), text);
            let problems: Vec<String> = problems.iter().map(Problem::to_string).collect();
            assert_eq!(problems, expected, "{text}");
        }
    }

    #[test]
    fn a_text_without_quotes_is_named_by_its_key() {
        for text in [
            "log_level = INFO",
            "LOG_LEVEL = logging.INFO",
            "LOG_LEVEL = None",
        ] {
            let (_, problems) = read(&file(), text);
            let shown: Vec<String> = problems.iter().map(Problem::to_string).collect();
            assert!(shown[0].starts_with("a.toml:1: LOG_LEVEL: "), "{shown:?}");
            assert!(
                shown[0].ends_with(" (a text stands in quotes)"),
                "{shown:?}"
            );
        }
    }

    #[test]
    fn broken_syntax_is_named_by_line_and_never_repeated() {
        for (text, line) in [
            ("BIND = ''\nSENTRY_DSN = https://secret@host/1\n", 2),
            ("SENTRY_DSN = 'https://secret@host/1\nBIND = ''", 1),
            ("SENTRY_DSN 'secret'", 1),
            ("BIND = ''\n\nBIND = 'secret'", 3),
            ("\n= 'secret'", 2),
        ] {
            let (_, problems) = read(&file(), text);
            let first = problems.first().map(Problem::to_string).unwrap_or_default();
            assert!(
                first.starts_with(&format!("a.toml:{line}: ")),
                "{text}: {first}"
            );
            for problem in problems {
                let shown = problem.to_string();
                assert!(!shown.contains("secret"), "{text}: {shown}");
                assert!(!shown.contains('\n'), "{text}: {shown}");
            }
        }
    }
}
