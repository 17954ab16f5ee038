//! The text of a Python file as tokens, one list for each logical line.
//!
//! Comments and blank lines are gone, lines are joined within parentheses and behind a backslash,
//! and literals are decoded. A line that cannot be read is an error with its number; the lines
//! behind it are read nevertheless.

use std::iter::Peekable;
use std::str::Chars;

/// A token of Python's, as far as a settings file has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Integer(i64),
    /// An operator or a parenthesis.
    Sign(char),
}

/// A logical line: the number of its first physical line, and its tokens or what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) tokens: Result<Vec<Token>, String>,
}

/// Every logical line of `text` that is not empty.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut reader = Reader {
        rest: text.chars().peekable(),
        number: 1,
        line_begins: true,
    };
    let mut lines = Vec::new();
    while reader.rest.peek().is_some() {
        let number = reader.number;
        let tokens = reader.line();
        if tokens.is_err() {
            reader.skip_physical_line();
        }
        if tokens.as_ref().map_or(true, |tokens| !tokens.is_empty()) {
            lines.push(Line { number, tokens });
        }
    }
    lines
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    /// Of the physical line that `rest` begins in.
    number: usize,
    /// Whether `rest` begins with a physical line.
    line_begins: bool,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.next();
        self.line_begins = c == Some('\n');
        if c == Some('\n') {
            self.number += 1;
        }
        c
    }

    fn next_if(&mut self, wanted: char) -> bool {
        let found = self.rest.peek() == Some(&wanted);
        if found {
            self.next();
        }
        found
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(c) = self.rest.next_if(|c| wanted(*c)) {
            taken.push(c);
        }
        taken
    }

    fn skip_physical_line(&mut self) {
        while self.next().is_some_and(|c| c != '\n') {}
    }

    /// The tokens up to the end of a logical line, which is taken. After an error the rest of the
    /// physical line is left.
    fn line(&mut self) -> Result<Vec<Token>, String> {
        let mut tokens = Vec::new();
        let mut depth = 0_usize;
        let line_begins = self.line_begins;
        let indented = line_begins && !self.take_while(|c| matches!(c, ' ' | '\t')).is_empty();
        while let Some(&c) = self.rest.peek() {
            match c {
                ' ' | '\t' | '\r' | '\u{c}' => {
                    self.next();
                }
                '#' => {
                    self.take_while(|c| c != '\n');
                }
                '\n' => {
                    self.next();
                    if depth == 0 {
                        return Ok(tokens);
                    }
                }
                ';' if depth == 0 => {
                    self.next();
                    return Ok(tokens);
                }
                '\\' => {
                    self.next();
                    self.next_if('\r');
                    if !self.next_if('\n') {
                        return Err("a backslash that ends no line".to_owned());
                    }
                }
                _ if indented && tokens.is_empty() => {
                    return Err("an indented line".to_owned());
                }
                '\'' | '"' => tokens.push(Token::Text(self.text(false)?)),
                c if c.is_ascii_digit() => tokens.push(Token::Integer(self.integer()?)),
                c if c.is_alphabetic() || c == '_' => {
                    let name = self.take_while(|c| c.is_alphanumeric() || c == '_');
                    let quoted = matches!(self.rest.peek(), Some('\'' | '"'));
                    tokens.push(match name.as_str() {
                        "r" | "R" | "ur" | "UR" | "Ur" | "uR" if quoted => {
                            Token::Text(self.text(true)?)
                        }
                        "u" | "U" if quoted => Token::Text(self.text(false)?),
                        _ if quoted => {
                            return Err("a literal that is no text (only u and r may precede it)"
                                .to_owned());
                        }
                        _ => Token::Name(name),
                    });
                }
                '(' | ')' | '=' | '+' | '-' | '.' | ',' | '*' => {
                    self.next();
                    match c {
                        '(' => depth += 1,
                        ')' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    tokens.push(Token::Sign(c));
                }
                c => return Err(format!("{c:?}, which no settings file needs")),
            }
        }
        if depth > 0 {
            return Err("a parenthesis that is never closed".to_owned());
        }
        Ok(tokens)
    }

    /// A literal, from its first quote.
    fn text(&mut self, raw: bool) -> Result<String, String> {
        let quote = self.next().unwrap_or('"');
        let mut triple = false;
        if self.next_if(quote) {
            if !self.next_if(quote) {
                return Ok(String::new());
            }
            triple = true;
        }
        let unfinished = || "a text without its closing quote".to_owned();
        let mut text = String::new();
        loop {
            match self.rest.peek() {
                None => return Err(unfinished()),
                // Left for whoever skips the line.
                Some('\n') if !triple => return Err(unfinished()),
                _ => {}
            }
            match self.next() {
                None => return Err(unfinished()),
                Some(c) if c == quote => {
                    if !triple {
                        return Ok(text);
                    }
                    if self.next_if(quote) {
                        if self.next_if(quote) {
                            return Ok(text);
                        }
                        text.push(quote);
                    }
                    text.push(quote);
                }
                // Python reads every kind of line end as one.
                Some('\r') if self.rest.peek() == Some(&'\n') => {}
                Some('\\') if raw => {
                    text.push('\\');
                    text.extend(self.next());
                }
                Some('\\') => self.escape(&mut text)?,
                Some(c) => text.push(c),
            }
        }
    }

    /// What a backslash begins.
    fn escape(&mut self, text: &mut String) -> Result<(), String> {
        let Some(c) = self.next() else { return Ok(()) };
        let meant = match c {
            '\n' => return Ok(()),
            '\r' if self.next_if('\n') => return Ok(()),
            '\\' | '\'' | '"' => c,
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => self.code(2, 16, 0)?,
            'u' => self.code(4, 16, 0)?,
            'U' => self.code(8, 16, 0)?,
            '0'..='7' => {
                let first = c.to_digit(8).unwrap_or(0);
                self.code(2, 8, first)?
            }
            'N' => return Err("the escape \\N{...}; write the character itself".to_owned()),
            // An escape that there is not stands for itself.
            c => {
                text.push('\\');
                c
            }
        };
        text.push(meant);
        Ok(())
    }

    /// A character by its number: exactly `digits` hexadecimal digits, or up to `digits` octal ones.
    fn code(&mut self, digits: usize, radix: u32, first: u32) -> Result<char, String> {
        let mut code = first;
        for _ in 0..digits {
            match self.rest.peek().and_then(|c| c.to_digit(radix)) {
                Some(digit) => code = code.wrapping_mul(radix).wrapping_add(digit),
                None if radix == 8 => break,
                None => return Err("an escape that is too short".to_owned()),
            }
            self.next();
        }
        char::from_u32(code).ok_or_else(|| "an escape that is no character".to_owned())
    }

    fn integer(&mut self) -> Result<i64, String> {
        let written = self.take_while(|c| c.is_alphanumeric() || c == '_');
        let lower = written.to_ascii_lowercase();
        let (digits, radix) = match lower.split_at_checked(2) {
            Some(("0x", digits)) => (digits.strip_prefix('_').unwrap_or(digits), 16),
            Some(("0o", digits)) => (digits.strip_prefix('_').unwrap_or(digits), 8),
            Some(("0b", digits)) => (digits.strip_prefix('_').unwrap_or(digits), 2),
            _ => (lower.as_str(), 10),
        };
        let misplaced = digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
        // Octal in Python 2, an error in Python 3.
        let ambiguous = radix == 10 && digits.starts_with('0') && digits.bytes().any(|b| b != b'0');
        let fraction = self.rest.peek() == Some(&'.');
        if misplaced || ambiguous || fraction {
            return Err("a number that is no whole number".to_owned());
        }
        i64::from_str_radix(&digits.replace('_', ""), radix)
            .map_err(|_| "a number that is no whole number, or too large".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<(usize, Result<Vec<Token>, String>)> {
        let lines = lines(text).into_iter();
        lines.map(|line| (line.number, line.tokens)).collect()
    }

    #[test]
    fn literals_are_decoded_as_python_does() {
        for (literal, expected) in [
            (r"'a\n\\\'\x41\u00e9\101\0'", "a\n\\'A\u{e9}A\0"),
            (r#""it's""#, "it's"),
            (r"r'\n\''", r"\n\'"),
            (r"u'\U0001F600'", "😀"),
            (r"'\q\%'", r"\q\%"),
            ("'a\\\nb'", "ab"),
            ("'''a\n'b''c'''", "a\n'b''c"),
            ("\"\"\"\"a\"\"\"", "\"a"),
            ("'''a\r\nb'''", "a\nb"),
            ("''", ""),
            ("'%(message)s # no comment'", "%(message)s # no comment"),
        ] {
            let expected = vec![(1, Ok(vec![Token::Text(expected.to_owned())]))];
            assert_eq!(tokens(literal), expected, "{literal}");
        }
        for (literal, expected) in [
            ("0", 0),
            ("8_125", 8125),
            ("0x1F", 31),
            ("0o17", 15),
            ("0b11", 3),
        ] {
            let expected = vec![(1, Ok(vec![Token::Integer(expected)]))];
            assert_eq!(tokens(literal), expected, "{literal}");
        }
    }

    #[test]
    fn lines_are_joined_and_counted_as_python_does() {
        let text =
            "# -*- coding\n\nA = (1 +  # one\n\n  2)\r\nB \\\n = 3; C\n  \n  # indented comment\n";
        let firsts: Vec<_> = lines(text)
            .into_iter()
            .map(|line| (line.number, line.tokens.map(|tokens| tokens.len())))
            .collect();
        assert_eq!(firsts, [(3, Ok(7)), (6, Ok(3)), (7, Ok(1))]);
    }

    #[test]
    fn a_line_that_cannot_be_read_does_not_hide_those_behind_it() {
        for text in [
            "'a\nB",
            "b'a'\nB",
            "f'a'\nB",
            "'\\x4'\nB",
            "'\\ud83d'\nB",
            "'\\N{DASH}'\nB",
            "010\nB",
            "1.5\nB",
            "1__0\nB",
            "12abc\nB",
            "99999999999999999999\nB",
            "  A\nB",
            "[1]\nB",
            "A \\ 1\nB",
        ] {
            let lines = tokens(text);
            assert!(matches!(lines[0], (1, Err(_))), "{text}: {lines:?}");
            let next = (2, Ok(vec![Token::Name("B".to_owned())]));
            assert_eq!(lines.get(1), Some(&next), "{text}");
        }
        for text in ["'''a\nB", "(a\nB"] {
            assert!(matches!(tokens(text)[..], [(1, Err(_))]), "{text}");
        }
    }
}
