//! From what was typed to clauses, chunk by chunk; a chunk is what stands between spaces.
//!
//! What stays true: an operator begins a chunk, so a hyphen, colon or quote within a word is text.

use super::years::{YearsError, years};
use super::{Clause, SyntaxError, What};
use crate::search::request::NameField;

/// Quotes, straight or as keyboards of phones write them; any of them closes what any of them opened.
const QUOTES: [char; 6] = ['"', '“', '”', '„', '‟', '＂'];

/// The names of fields in queries.
const FIELDS: [(&str, NameField); 6] = [
    ("title", NameField::Title),
    ("artist", NameField::Artist),
    ("album", NameField::Album),
    ("album_artist", NameField::AlbumArtist),
    ("albumartist", NameField::AlbumArtist),
    ("genre", NameField::Genre),
];

/// A query that is being read. Positions are bytes.
pub(super) struct Reader<'a> {
    q: &'a str,
    strict: bool,
    /// Whether a hyphen excludes.
    excludes: bool,
    clauses: Vec<Clause>,
    /// Text that no operator parted yet: where it begins and ends.
    text: Option<(usize, usize)>,
}

/// A clause, and where what comes after it begins.
type Read = (Clause, usize);

impl<'a> Reader<'a> {
    pub(super) fn new(q: &'a str, strict: bool, excludes: bool) -> Self {
        Self {
            q,
            strict,
            excludes,
            clauses: Vec::new(),
            text: None,
        }
    }

    /// The clauses of the query.
    pub(super) fn clauses(mut self) -> Result<Vec<Clause>, SyntaxError> {
        let mut at = 0;
        while let Some(start) = self.q[at..].find(|c: char| !c.is_whitespace()) {
            at += start;
            let end = self.chunk_end(at);
            let Some((clause, after)) = self.operator(at, end)? else {
                self.append_text(at, end)?;
                at = end;
                continue;
            };
            self.end_text();
            self.clauses.push(clause);
            at = after;
            // What a closing quote is glued to begins no chunk, so it is text.
            let end = self.chunk_end(at);
            if end > at {
                self.append_text(at, end)?;
                at = end;
            }
        }
        self.end_text();
        Ok(self.clauses)
    }

    /// The operator that a chunk begins with, and what it applies to; `None` where it is text.
    fn operator(&self, start: usize, end: usize) -> Result<Option<Read>, SyntaxError> {
        let excluded = self.excludes && self.q[start..end].starts_with('-');
        let at = start + usize::from(excluded);
        let Some(first) = self.q[at..end].chars().next() else {
            return self.fault(start, "a hyphen has nothing to exclude");
        };
        if QUOTES.contains(&first) {
            let (phrase, after) = match self.phrase(at) {
                Ok(phrase) => phrase,
                Err(message) => return self.fault(at, message),
            };
            return Ok(Some((clause(excluded, None, phrase), after)));
        }
        if excluded && !first.is_alphanumeric() {
            return self.fault(start, "a hyphen has nothing to exclude");
        }
        if let Some(read) = self.field(at, end, excluded)? {
            return Ok(Some(read));
        }
        match excluded {
            true => Ok(Some(self.words(at, end, true, None)?)),
            false => Ok(None),
        }
    }

    /// The field that a piece begins with, and what is to be in it; `None` where it names none.
    fn field(&self, at: usize, end: usize, excluded: bool) -> Result<Option<Read>, SyntaxError> {
        let Some((name, operand)) = self.q[at..end].split_once(':') else {
            return Ok(None);
        };
        let operand_at = end - operand.len();
        let is_year = name.eq_ignore_ascii_case("year");
        let mut known = FIELDS.iter();
        let field = known.find(|(known, _)| name.eq_ignore_ascii_case(known));
        if operand.is_empty() {
            return match is_year || field.is_some() {
                true => self.fault(at, "a field has nothing that is to be in it"),
                false => Ok(None),
            };
        }
        if is_year {
            return match years(operand) {
                Ok(years) => Ok(Some((clause(excluded, None, What::Years(years)), end))),
                Err(YearsError::NoYear(byte)) => self.fault(operand_at + byte, "this is no year"),
                Err(YearsError::Reversed(byte)) => {
                    self.fault(operand_at + byte, "the range ends before it begins")
                }
            };
        }
        let Some(&(_, field)) = field else {
            let is_name = |c: char| c.is_alphabetic() || c == '_';
            return match !name.is_empty() && name.chars().all(is_name) {
                true => self.fault(at, "there is no such field"),
                false => Ok(None),
            };
        };
        if operand.starts_with(QUOTES) {
            match self.phrase(operand_at) {
                Ok((phrase, after)) => {
                    return Ok(Some((clause(excluded, Some(field), phrase), after)));
                }
                Err(message) if self.strict => return self.fault(operand_at, message),
                // A quote that is text, and the field of what follows it.
                Err(_) if operand.trim_start_matches(QUOTES).is_empty() => return Ok(None),
                Err(_) => {}
            }
        }
        Ok(Some(self.words(operand_at, end, excluded, Some(field))?))
    }

    /// The phrase whose opening quote is at `at`, and where its closing one ends.
    fn phrase(&self, at: usize) -> Result<(What, usize), &'static str> {
        let inside_at = at + self.char_at(at);
        let inside = &self.q[inside_at..];
        let Some(length) = inside.find(QUOTES) else {
            return Err("a quote is not closed");
        };
        let phrase = inside[..length].trim();
        if phrase.is_empty() {
            return Err("there is nothing in the quotes");
        }
        let closing = inside_at + length;
        let after = closing + self.char_at(closing);
        Ok((What::Phrase(phrase.to_owned()), after))
    }

    /// Text that an operator belongs to.
    fn words(
        &self,
        at: usize,
        end: usize,
        excluded: bool,
        field: Option<NameField>,
    ) -> Result<Read, SyntaxError> {
        self.check_text(at, end)?;
        let words = What::Words(self.q[at..end].to_owned());
        let clause = Clause {
            last: end == self.q.len() && !excluded,
            ..clause(excluded, field, words)
        };
        Ok((clause, end))
    }

    /// A piece of text that no operator belongs to: a clause with its neighbours.
    fn append_text(&mut self, at: usize, end: usize) -> Result<(), SyntaxError> {
        self.check_text(at, end)?;
        self.text = Some((self.text.map_or(at, |(start, _)| start), end));
        Ok(())
    }

    fn end_text(&mut self) {
        let Some((start, end)) = self.text.take() else {
            return;
        };
        let words = What::Words(self.q[start..end].to_owned());
        self.clauses.push(Clause {
            last: end == self.q.len(),
            ..clause(false, None, words)
        });
    }

    /// Refuses a quote in text, if that is to be strict.
    fn check_text(&self, at: usize, end: usize) -> Result<(), SyntaxError> {
        match self.q[at..end].find(QUOTES) {
            Some(byte) => self
                .fault::<()>(at + byte, "a quote stands within a word")
                .map(drop),
            None => Ok(()),
        }
    }

    /// An error at this byte, or nothing where what is no operator is text.
    fn fault<T>(&self, at: usize, message: &'static str) -> Result<Option<T>, SyntaxError> {
        match self.strict {
            true => Err(SyntaxError {
                column: self.q[..at].chars().count() + 1,
                message,
            }),
            false => Ok(None),
        }
    }

    /// Where the chunk ends that `at` is in.
    fn chunk_end(&self, at: usize) -> usize {
        let rest = &self.q[at..];
        at + rest.find(char::is_whitespace).unwrap_or(rest.len())
    }

    /// The bytes of the character at `at`.
    fn char_at(&self, at: usize) -> usize {
        self.q[at..].chars().next().map_or(0, char::len_utf8)
    }
}

fn clause(excluded: bool, field: Option<NameField>, what: What) -> Clause {
    Clause {
        excluded,
        field,
        what,
        last: false,
    }
}
