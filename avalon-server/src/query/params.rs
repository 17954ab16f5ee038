//! From a query string to a [`Query`]: what was typed, as what it means.
//!
//! In: the part of the target after `?`, and the list that it asks for. Out: a query whose every
//! field is checked, or the first error in the contract's order: ids, then direction and order, then
//! limit and offset (CONTRACT, Parameters). Nothing here knows of HTTP or of the library.

use std::borrow::Cow;

use thiserror::Error;
use uuid::Uuid;

use super::integers::Integer;
use super::uuids;
use crate::catalog::{Collection, Field};

/// A request for one of the four lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query<'a> {
    /// The list.
    pub collection: Collection,
    /// `query`: a prefix of a token of a name.
    pub text: Option<Cow<'a, str>>,
    /// `album`: songs whose album has exactly this name. Only songs know this and the following.
    pub album: Option<Cow<'a, str>>,
    /// `artist`.
    pub artist: Option<Cow<'a, str>>,
    /// `genre`.
    pub genre: Option<Cow<'a, str>>,
    /// `album_id`.
    pub album_id: Option<Uuid>,
    /// `artist_id`.
    pub artist_id: Option<Uuid>,
    /// `genre_id`.
    pub genre_id: Option<Uuid>,
    /// `order` and `direction`; `None` is the default order.
    pub order: Option<Order>,
    /// `limit` and `offset`; `None` is everything.
    pub page: Option<Page>,
}

/// A wanted order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// By what.
    pub field: Field,
    /// The largest first; what is equal stays in default order.
    pub descending: bool,
}

/// A part of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many to leave out first.
    pub offset: usize,
    /// How many to give then, at most.
    pub limit: usize,
}

/// A parameter that cannot be understood. The values are as they were typed, percent-decoded.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ParamError {
    /// An id that is no UUID.
    #[error("Invalid field value for UUID field {field}: '{value}'")]
    Uuid {
        /// The parameter.
        field: &'static str,
        /// Its value.
        value: String,
    },
    /// A limit or offset that is no integer.
    #[error("Invalid field value for integer field {field}: '{value}'")]
    Integer {
        /// The parameter.
        field: &'static str,
        /// Its value.
        value: String,
    },
    /// A limit or offset below 0.
    #[error("The value of {field} may not be negative")]
    Negative {
        /// The parameter.
        field: &'static str,
        /// Its value.
        value: Integer,
    },
    /// An order by a field that the results do not have.
    #[error("Invalid order-by field '{field}'")]
    Order {
        /// The value of `order`.
        field: String,
    },
    /// A direction other than `asc` and `desc`.
    #[error("Invalid sort direction '{direction}'")]
    Direction {
        /// The value of `direction`.
        direction: String,
    },
}

/// The parameters as they were typed: of each name the first value, `None` where it is not there.
#[derive(Default)]
struct Typed<'a> {
    query: Option<Cow<'a, str>>,
    album: Option<Cow<'a, str>>,
    artist: Option<Cow<'a, str>>,
    genre: Option<Cow<'a, str>>,
    album_id: Option<Cow<'a, str>>,
    artist_id: Option<Cow<'a, str>>,
    genre_id: Option<Cow<'a, str>>,
    order: Option<Cow<'a, str>>,
    direction: Option<Cow<'a, str>>,
    limit: Option<Cow<'a, str>>,
    offset: Option<Cow<'a, str>>,
}

impl<'a> Query<'a> {
    /// Everything in a collection, in default order.
    pub fn all(collection: Collection) -> Self {
        Self {
            collection,
            text: None,
            album: None,
            artist: None,
            genre: None,
            album_id: None,
            artist_id: None,
            genre_id: None,
            order: None,
            page: None,
        }
    }

    /// Whether it is for all of a collection, in whatever order.
    pub fn is_of_everything(&self) -> bool {
        let Self {
            collection: _,
            text,
            album,
            artist,
            genre,
            album_id,
            artist_id,
            genre_id,
            order: _,
            page,
        } = self;
        let names = [text, album, artist, genre];
        let ids = [album_id, artist_id, genre_id];
        page.is_none() && names.iter().all(|it| it.is_none()) && ids.iter().all(|it| it.is_none())
    }

    /// Reads a query string. Unknown names mean nothing, and neither do the filters of songs to the
    /// other lists, even where their values are invalid.
    ///
    /// # Errors
    /// The first parameter, in the contract's order, that cannot be understood.
    pub fn parse(collection: Collection, query_string: &'a str) -> Result<Self, ParamError> {
        let typed = Typed::read(query_string);
        let mut query = Self::all(collection);
        query.text = typed.query;
        if collection == Collection::Songs {
            query.album = typed.album;
            query.artist = typed.artist;
            query.genre = typed.genre;
            query.album_id = uuid("album_id", typed.album_id)?;
            query.artist_id = uuid("artist_id", typed.artist_id)?;
            query.genre_id = uuid("genre_id", typed.genre_id)?;
        }
        query.order = order(collection, typed.order, typed.direction)?;
        query.page = page(typed.limit, typed.offset)?;
        Ok(query)
    }
}

impl<'a> Typed<'a> {
    fn read(query_string: &'a str) -> Self {
        let mut typed = Self::default();
        for (name, value) in query_string.split('&').map(pair) {
            let known = match name.as_ref() {
                "query" => &mut typed.query,
                "album" => &mut typed.album,
                "artist" => &mut typed.artist,
                "genre" => &mut typed.genre,
                "album_id" => &mut typed.album_id,
                "artist_id" => &mut typed.artist_id,
                "genre_id" => &mut typed.genre_id,
                "order" => &mut typed.order,
                "direction" => &mut typed.direction,
                "limit" => &mut typed.limit,
                "offset" => &mut typed.offset,
                _ => continue,
            };
            known.get_or_insert(value);
        }
        typed
    }
}

/// A name and its value, decoded as forms are: both are most often as they stand.
pub(crate) fn pair(pair: &str) -> (Cow<'_, str>, Cow<'_, str>) {
    if pair.bytes().all(|byte| !matches!(byte, b'%' | b'+')) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        return (name.into(), value.into());
    }
    let mut decoded = form_urlencoded::parse(pair.as_bytes());
    decoded.next().unwrap_or_default()
}

pub(crate) fn uuid(
    field: &'static str,
    value: Option<Cow<str>>,
) -> Result<Option<Uuid>, ParamError> {
    let Some(value) = value else { return Ok(None) };
    match uuids::parse(&value) {
        Some(id) => Ok(Some(id)),
        None => Err(ParamError::Uuid {
            field,
            value: value.into_owned(),
        }),
    }
}

/// A direction means nothing, however it is spelled, without an order.
fn order(
    collection: Collection,
    order: Option<Cow<str>>,
    direction: Option<Cow<str>>,
) -> Result<Option<Order>, ParamError> {
    let Some(order) = order else { return Ok(None) };
    let descending = is_descending(direction)?;
    match Field::of(collection, &order) {
        Some(field) => Ok(Some(Order { field, descending })),
        None => Err(ParamError::Order {
            field: order.into_owned(),
        }),
    }
}

/// Whether a direction has the largest first.
pub(crate) fn is_descending(direction: Option<Cow<str>>) -> Result<bool, ParamError> {
    let Some(direction) = direction else {
        return Ok(false);
    };
    match direction.as_ref() {
        "asc" => Ok(false),
        "desc" => Ok(true),
        _ => {
            let direction = direction.into_owned();
            Err(ParamError::Direction { direction })
        }
    }
}

/// An offset must be an integer, but means nothing without a limit.
fn page(limit: Option<Cow<str>>, offset: Option<Cow<str>>) -> Result<Option<Page>, ParamError> {
    let plain = |value: &Option<Cow<str>>| match value {
        Some(value) => plain_integer(value),
        None => Some(0),
    };
    if let (Some(_), Some(plain_limit), Some(offset)) = (&limit, plain(&limit), plain(&offset)) {
        return Ok(Some(Page {
            offset,
            limit: plain_limit,
        }));
    }
    let limit = integer("limit", limit)?;
    let offset = integer("offset", offset)?;
    let Some(limit) = limit else { return Ok(None) };
    Ok(Some(Page {
        limit: count("limit", limit)?,
        offset: offset.map_or(Ok(0), |offset| count("offset", offset))?,
    }))
}

/// An integer as most are written: a few digits of ASCII.
fn plain_integer(value: &str) -> Option<usize> {
    let is_plain = (1..=18).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
    if is_plain { value.parse().ok() } else { None }
}

pub(crate) fn integer(
    field: &'static str,
    value: Option<Cow<str>>,
) -> Result<Option<Integer>, ParamError> {
    let Some(value) = value else { return Ok(None) };
    match Integer::parse(&value) {
        Some(integer) => Ok(Some(integer)),
        None => Err(ParamError::Integer {
            field,
            value: value.into_owned(),
        }),
    }
}

pub(crate) fn count(field: &'static str, value: Integer) -> Result<usize, ParamError> {
    if value.is_negative() {
        return Err(ParamError::Negative { field, value });
    }
    Ok(value.saturating())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn songs(query_string: &str) -> Result<Query<'_>, ParamError> {
        Query::parse(Collection::Songs, query_string)
    }

    #[test]
    fn query_strings_are_decoded_as_forms_are() {
        for (query_string, expected) in [
            ("query=a+b", Some("a b")),
            ("query=a%2Bb%20c", Some("a+b c")),
            ("query=caf%C3%A9", Some("café")),
            ("query=café", Some("café")),
            ("query=%c3", Some("\u{fffd}")),
            ("query=%C0%80", Some("\u{fffd}\u{fffd}")),
            ("query=bad%zz%4", Some("bad%zz%4")),
            ("query=bad;apple", Some("bad;apple")),
            ("query=a=b", Some("a=b")),
            ("query=", Some("")),
            ("query", Some("")),
            ("query=a&query=b", Some("a")),
            ("query=&query=b", Some("")),
            ("&&x=1&query=a&", Some("a")),
            ("%71uery=a", Some("a")),
            ("Query=a", None),
            ("=a", None),
            ("", None),
        ] {
            let text = songs(query_string).unwrap().text;
            assert_eq!(text.as_deref(), expected, "{query_string}");
        }
    }

    #[test]
    fn the_first_error_in_the_contracts_order_is_told() {
        let all = "offset=-2&limit=-1&order=bad&direction=bad&genre_id=g&artist_id=r&album_id=l";
        let without = |gone: usize| all.rsplitn(gone + 1, '&').last().unwrap().to_owned();
        for (query_string, expected) in [
            (
                without(0),
                "Invalid field value for UUID field album_id: 'l'",
            ),
            (
                without(1),
                "Invalid field value for UUID field artist_id: 'r'",
            ),
            (
                without(2),
                "Invalid field value for UUID field genre_id: 'g'",
            ),
            (without(3), "Invalid sort direction 'bad'"),
            (without(4), "Invalid order-by field 'bad'"),
            (without(5), "The value of limit may not be negative"),
            (
                "limit=-1&offset=x".to_owned(),
                "Invalid field value for integer field offset: 'x'",
            ),
            (
                "limit=x&offset=y".to_owned(),
                "Invalid field value for integer field limit: 'x'",
            ),
            (
                "limit=1&offset=-1".to_owned(),
                "The value of offset may not be negative",
            ),
            (
                "offset=".to_owned(),
                "Invalid field value for integer field offset: ''",
            ),
            ("order=&limit=x".to_owned(), "Invalid order-by field ''"),
            ("order=Name".to_owned(), "Invalid order-by field 'Name'"),
            (
                "order=id&direction=ASC".to_owned(),
                "Invalid sort direction 'ASC'",
            ),
            (
                "order=id&direction=".to_owned(),
                "Invalid sort direction ''",
            ),
        ] {
            let said = songs(&query_string).unwrap_err().to_string();
            assert_eq!(said, expected, "{query_string}");
        }
    }

    #[test]
    fn orders_are_fields_of_the_results() {
        let of_songs = "album album_id artist artist_id genre genre_id length track year";
        for field in of_songs.split(' ').chain(["id", "name"]) {
            let order = songs(&format!("order={field}&direction=desc"))
                .unwrap()
                .order;
            assert!(order.is_some_and(|order| order.descending), "{field}");
        }
        for collection in [Collection::Albums, Collection::Artists, Collection::Genres] {
            for field in ["id", "name"] {
                let query_string = format!("order={field}");
                let query = Query::parse(collection, &query_string).unwrap();
                assert!(
                    query.order.is_some_and(|order| !order.descending),
                    "{field}"
                );
            }
            for field in of_songs.split(' ').chain(["count", "__class__", "_fields"]) {
                let query_string = format!("order={field}");
                let parsed = Query::parse(collection, &query_string);
                assert!(matches!(parsed, Err(ParamError::Order { .. })), "{field}");
            }
        }
    }

    #[test]
    fn pages_and_directions_without_their_other_half_mean_nothing() {
        for query_string in ["offset=-1", "offset=99999", "direction=bogus", "direction="] {
            let query = songs(query_string).unwrap();
            assert_eq!(query, Query::all(Collection::Songs), "{query_string}");
        }
        let page = |query_string| songs(query_string).unwrap().page.unwrap();
        let (limit, offset) = (usize::MAX, 0);
        assert_eq!(page("limit=99999999999999999999"), Page { offset, limit });
        let (limit, offset) = (3, 2);
        assert_eq!(page("limit=3&offset=%D9%A2"), Page { offset, limit });
    }

    #[test]
    fn only_songs_know_the_filters() {
        let query_string = "album=a&artist=b&genre=c&album_id=bad&artist_id=bad&genre_id=bad";
        for collection in [Collection::Albums, Collection::Artists, Collection::Genres] {
            let query = Query::parse(collection, query_string).unwrap();
            assert_eq!(query, Query::all(collection));
        }
        let query = songs("album=a&artist=b&genre=c&genre_id={1}").unwrap_err();
        assert!(matches!(
            query,
            ParamError::Uuid {
                field: "genre_id",
                ..
            }
        ));
    }
}
