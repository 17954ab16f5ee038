//! Single values of parameters: lists of names, flags, numbers, years.
//!
//! In: a value as it was typed. Out: what it means, or the error that says where it goes wrong.

use std::borrow::Cow;

use super::error::RequestError;
use crate::catalog::{Collection, DetailField, Field};
use crate::query::{count, integer};
use crate::search::request::{Facet, Years};
use crate::search::syntax::{YearsError, years as read_years};

/// Names parted by commas, each with what it means: in the order typed, each once. Spaces around them do
/// not matter.
pub(super) fn list<T: Copy + PartialEq, const N: usize>(
    field: &'static str,
    value: &str,
    all: [T; N],
    name: fn(T) -> &'static str,
) -> Result<Vec<T>, RequestError> {
    let mut listed = Vec::new();
    each(value, |item, column| {
        let known = all.into_iter().find(|&known| name(known) == item);
        let known = known.ok_or_else(|| unknown(field, value, item, column))?;
        if !listed.contains(&known) {
            listed.push(known);
        }
        Ok(())
    })?;
    Ok(listed)
}

/// What is to be counted: names of facets, or all of them by `1` or `all`; none by `0` or nothing.
pub(super) fn facets(value: Option<&str>) -> Result<Vec<Facet>, RequestError> {
    match value {
        None | Some("" | "0" | "false") => Ok(Vec::new()),
        Some("1" | "true" | "all") => Ok(Facet::ALL.to_vec()),
        Some(value) => list("facets", value, Facet::ALL, Facet::name),
    }
}

/// What is to be told of songs. Members that songs have in lists are there anyway.
pub(super) fn fields(value: Option<&str>) -> Result<Vec<DetailField>, RequestError> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return Ok(Vec::new());
    };
    let mut listed = Vec::new();
    each(value, |item, column| {
        let known = DetailField::ALL
            .into_iter()
            .find(|known| known.name() == item);
        match known {
            Some(known) if !listed.contains(&known) => listed.push(known),
            Some(_) => {}
            None if Field::of(Collection::Songs, item).is_some() => {}
            None => return Err(unknown("fields", value, item, column)),
        }
        Ok(())
    })?;
    Ok(listed)
}

/// Hands the names of a list out, each with its column.
fn each(
    value: &str,
    mut take: impl FnMut(&str, usize) -> Result<(), RequestError>,
) -> Result<(), RequestError> {
    let mut column = 1;
    for part in value.split(',') {
        let item = part.trim_start();
        let before = part.chars().count() - item.chars().count();
        take(item.trim_end(), column + before)?;
        column += part.chars().count() + 1;
    }
    Ok(())
}

fn unknown(field: &'static str, value: &str, item: &str, column: usize) -> RequestError {
    RequestError::Unknown {
        field,
        value: value.to_owned(),
        item: item.to_owned(),
        column,
    }
}

/// Yes or no; no where it is not said.
pub(super) fn flag(field: &'static str, value: Option<&str>) -> Result<bool, RequestError> {
    match value {
        None | Some("0" | "false") => Ok(false),
        Some("1" | "true") => Ok(true),
        Some(value) => Err(RequestError::Type {
            field,
            value: value.to_owned(),
            expected: "0, 1, true or false",
            column: None,
        }),
    }
}

/// A number of results, as lists read it, up to a bound.
pub(super) fn limit(
    field: &'static str,
    value: Option<Cow<'_, str>>,
    most: usize,
) -> Result<Option<usize>, RequestError> {
    let Some(value) = integer(field, value)? else {
        return Ok(None);
    };
    match count(field, value.clone())? {
        number if number <= most => Ok(Some(number)),
        _ => Err(RequestError::TooLarge { field, value, most }),
    }
}

/// A range of years, as in the query.
pub(super) fn years(value: Option<Cow<'_, str>>) -> Result<Option<Years>, RequestError> {
    let Some(value) = value else { return Ok(None) };
    let field = "year";
    let column = |byte: usize| Some(value[..byte].chars().count() + 1);
    match read_years(&value) {
        Ok(years) => Ok(Some(years)),
        Err(YearsError::NoYear(byte)) => Err(RequestError::Type {
            field,
            column: column(byte),
            value: value.into_owned(),
            expected: "a year or a range such as 1990..1999",
        }),
        Err(YearsError::Reversed(byte)) => Err(RequestError::Value {
            field,
            column: column(byte),
            value: value.into_owned(),
            fault: "a range that ends before it begins",
        }),
    }
}

/// The first year of ten: `1990` or `1990s`.
pub(super) fn decade(value: Option<Cow<'_, str>>) -> Result<Option<i64>, RequestError> {
    let Some(value) = value else { return Ok(None) };
    let digits = value.strip_suffix('s').unwrap_or(&value);
    let is_year = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    match digits.parse::<i64>().ok().filter(|_| is_year) {
        Some(decade) if decade % 10 == 0 => Ok(Some(decade)),
        Some(_) => Err(RequestError::Value {
            field: "decade",
            value: value.into_owned(),
            fault: "no multiple of 10",
            column: None,
        }),
        None => Err(RequestError::Type {
            field: "decade",
            value: value.into_owned(),
            expected: "a year such as 1990",
            column: None,
        }),
    }
}
