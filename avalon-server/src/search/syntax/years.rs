//! Ranges of years as they are typed: `1990`, `1990..1999`, `1990..`, `..1999`.

use crate::search::request::Years;

/// Why a text is no range of years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::search) enum YearsError {
    /// What begins at this byte is no year.
    NoYear(usize),
    /// What begins at this byte is a year before the first.
    Reversed(usize),
}

/// Reads a range of years. A side that is left open is as far away as numbers go.
pub(in crate::search) fn years(text: &str) -> Result<Years, YearsError> {
    let Some((first, last)) = text.split_once("..") else {
        let only = year(text).ok_or(YearsError::NoYear(0))?;
        return Ok(Years {
            first: only,
            last: only,
        });
    };
    let last_at = first.len() + "..".len();
    if first.is_empty() && last.is_empty() {
        return Err(YearsError::NoYear(0));
    }
    let side = |text: &str, open, at| match text {
        "" => Ok(open),
        text => year(text).ok_or(YearsError::NoYear(at)),
    };
    let years = Years {
        first: side(first, i64::MIN, 0)?,
        last: side(last, i64::MAX, last_at)?,
    };
    match years.first <= years.last {
        true => Ok(years),
        false => Err(YearsError::Reversed(last_at)),
    }
}

/// One to four digits.
fn year(text: &str) -> Option<i64> {
    let is_year = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if is_year { text.parse().ok() } else { None }
}
