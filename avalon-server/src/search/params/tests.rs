//! What parameters mean, and what is said of those that mean nothing.

use super::*;
use crate::search::request::{Facet, Years};

fn parsed(query_string: &str) -> SearchQuery<'_> {
    SearchQuery::parse(query_string).unwrap_or_else(|error| panic!("{query_string}: {error}"))
}

fn refused(query_string: &str) -> RequestError {
    SearchQuery::parse(query_string).expect_err(query_string)
}

#[test]
fn what_is_not_said_is_the_default() {
    let SearchQuery { request, fields } = parsed("q=green+day");
    assert_eq!(request.q, "green day");
    let types = request.types.iter().map(|collection| collection.name());
    assert!(types.eq(["artists", "albums", "songs", "genres"]));
    assert_eq!((request.limit, request.offset), (20, 0));
    assert_eq!(request.filters, Filters::default());
    assert_eq!((request.facets, fields), (vec![], vec![]));
    let flags = [request.highlight, request.explain, request.strict];
    assert_eq!(flags, [false; 3]);
    assert_eq!(request.order, SearchOrder::Relevance);
    assert!(!request.descending);
}

#[test]
fn every_parameter_is_read() {
    let SearchQuery { request, fields } = parsed(
        "q=a&q=b&types=songs,+albums,songs&limit=100&offset=10000&album=Al&artist=Ar&genre=G\
         &album_artist=AA&album_id=00000000000000000000000000000001\
         &artist_id=00000000000000000000000000000002&genre_id=00000000000000000000000000000003\
         &year=1990..1999&decade=1990s&format=FLAC&facets=decade,genre&highlight=1&explain=true\
         &strict=1&order=year&direction=desc&fields=disc,name,added,disc&limit=7&other=x",
    );
    assert_eq!(request.q, "a");
    assert_eq!(request.types, [Collection::Songs, Collection::Albums]);
    assert_eq!((request.limit, request.offset), (100, 10_000));
    let text = |text: &'static str| Some(Cow::Borrowed(text));
    let id = |number| Some(uuid::Uuid::from_u128(number));
    let (first, last) = (1990, 1999);
    let expected = Filters {
        album: text("Al"),
        artist: text("Ar"),
        genre: text("G"),
        album_artist: text("AA"),
        album_id: id(1),
        artist_id: id(2),
        genre_id: id(3),
        year: Some(Years { first, last }),
        decade: Some(1990),
        format: text("FLAC"),
    };
    assert_eq!(request.filters, expected);
    assert_eq!(request.facets, [Facet::Decade, Facet::Genre]);
    let flags = [request.highlight, request.explain, request.strict];
    assert_eq!(flags, [true; 3]);
    assert_eq!(
        (request.order, request.descending),
        (SearchOrder::Year, true)
    );
    assert_eq!(fields, [DetailField::Disc, DetailField::Added]);
}

#[test]
fn lists_flags_and_years_have_their_spellings() {
    for value in ["1", "all", "true"] {
        let query_string = format!("q=a&facets={value}");
        assert_eq!(parsed(&query_string).request.facets, Facet::ALL);
    }
    for value in ["", "0", "false"] {
        let query_string = format!("q=a&facets={value}&highlight=0&explain=false&fields=");
        let SearchQuery { request, fields } = parsed(&query_string);
        assert_eq!((request.facets, fields), (vec![], vec![]));
        assert!(!request.highlight && !request.explain);
    }
    for (value, first, last) in [
        ("1990", 1990, 1990),
        ("1990..", 1990, i64::MAX),
        ("..1999", i64::MIN, 1999),
        ("1990..1990", 1990, 1990),
    ] {
        let query_string = format!("q=a&year={value}");
        let year = parsed(&query_string).request.filters.year;
        assert_eq!(year, Some(Years { first, last }), "{value}");
    }
    let fields = DetailField::ALL.map(DetailField::name).join(",");
    let query_string = format!("q=a&fields={fields},album_id,year");
    assert_eq!(parsed(&query_string).fields, DetailField::ALL);
    assert_eq!(parsed("q=a&direction=bogus").request, parsed("q=a").request);
    assert_eq!(parsed("q=a&limit=0").request.limit, 0);
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    for (query_string, expected) in [
        ("", "The parameter q is missing"),
        ("Q=a", "The parameter q is missing"),
        ("q=a&types=", "Invalid name '' in types at column 1"),
        (
            "q=a&types=songs,é,x",
            "Invalid name 'é' in types at column 7",
        ),
        ("q=a&types=é", "Invalid name 'é' in types at column 1"),
        (
            "q=a&types=songs,%20%20Songs",
            "Invalid name 'Songs' in types at column 9",
        ),
        ("q=a&types=songs,", "Invalid name '' in types at column 7"),
        (
            "q=a&album_id=x",
            "Invalid field value for UUID field album_id: 'x'",
        ),
        (
            "q=a&year=é",
            "Invalid value for year: 'é' is not a year or a range such as 1990..1999 at column 1",
        ),
        (
            "q=a&year=1990..x",
            "Invalid value for year: '1990..x' is not a year or a range such as 1990..1999 at column 7",
        ),
        (
            "q=a&year=1999..1990",
            "Invalid value for year: a range that ends before it begins at column 7",
        ),
        (
            "q=a&decade=199x",
            "Invalid value for decade: '199x' is not a year such as 1990",
        ),
        (
            "q=a&decade=s",
            "Invalid value for decade: 's' is not a year such as 1990",
        ),
        (
            "q=a&decade=1995",
            "Invalid value for decade: no multiple of 10",
        ),
        ("q=a&order=album", "Invalid order-by field 'album'"),
        ("q=a&order=name&direction=up", "Invalid sort direction 'up'"),
        (
            "q=a&limit=x",
            "Invalid field value for integer field limit: 'x'",
        ),
        ("q=a&limit=-1", "The value of limit may not be negative"),
        (
            "q=a&limit=101",
            "The value of limit may not be more than 100",
        ),
        (
            "q=a&offset=10001",
            "The value of offset may not be more than 10000",
        ),
        (
            "q=a&facets=genre,mood",
            "Invalid name 'mood' in facets at column 7",
        ),
        (
            "q=a&fields=disc,mood",
            "Invalid name 'mood' in fields at column 6",
        ),
        (
            "q=a&explain=yes",
            "Invalid value for explain: 'yes' is not 0, 1, true or false",
        ),
        (
            "q=a&highlight",
            "Invalid value for highlight: '' is not 0, 1, true or false",
        ),
        (
            "q=%C3%A9+%22a&strict=1",
            "Invalid value for q: a quote is not closed at column 3",
        ),
    ] {
        assert_eq!(
            refused(query_string).to_string(),
            expected,
            "{query_string}"
        );
    }
}

#[test]
fn the_first_error_in_the_documented_order_is_told() {
    let all = "strict=x&explain=x&highlight=x&fields=x&facets=x&offset=x&limit=x&order=x&direction=x\
               &decade=x&year=x&genre_id=x&artist_id=x&album_id=x&types=x";
    let parameters: Vec<&str> = all.split('&').collect();
    for gone in 0..parameters.len() {
        let kept = &parameters[..parameters.len() - gone];
        // Of the direction something is said only where there is an order.
        let said = refused(&format!("q=a&{}", kept.join("&"))).to_string();
        let (field, _) = kept.last().and_then(|last| last.split_once('=')).unwrap();
        let expected = match field {
            "order" => "order-by",
            field => field,
        };
        assert!(said.contains(expected), "{field}: {said}");
    }
}

#[test]
fn queries_are_bounded() {
    let long = |count: usize| format!("q={}", "é".repeat(count));
    assert!(SearchQuery::parse(&long(256)).is_ok());
    let too_long = "Invalid value for q: longer than 256 characters at column 257";
    assert_eq!(refused(&long(257)).to_string(), too_long);
    let query_string = long(257);
    let said = SuggestQuery::parse(&query_string).unwrap_err().to_string();
    assert_eq!(said, too_long);
    for (word, most) in [
        ("a+", 16),
        ("a/", 16),
        ("don't+", 16),
        ("title:a+", 16),
        ("%22a%22+", 16),
        ("風風+", 16),
    ] {
        let query_string = format!("q={}", word.repeat(most));
        assert!(SearchQuery::parse(&query_string).is_ok(), "{word}");
        let query_string = format!("q={}", word.repeat(most + 1));
        let said = refused(&query_string).to_string();
        assert_eq!(said, "Invalid value for q: more than 16 words", "{word}");
    }
    for q in [
        "",
        "+",
        "%22",
        "-",
        "%2B/-",
        &"!".repeat(256),
        &"風".repeat(256),
        // However many words they fold to.
        &["a"; 128].join("×"),
        &"ﷺ+".repeat(16),
    ] {
        let query_string = format!("q={q}");
        assert!(SearchQuery::parse(&query_string).is_ok(), "{q}");
    }
}

#[test]
fn suggestions_have_their_own_bounds() {
    let suggest =
        |query_string| SuggestQuery::parse(query_string).map_err(|error| error.to_string());
    let plain = suggest("q=gre&order=x&fields=x").unwrap();
    assert_eq!((plain.q.as_ref(), plain.limit), ("gre", 5));
    assert_eq!(plain.types, Collection::ALL);
    let some = suggest("q=\"a&types=genres&limit=20").unwrap();
    assert_eq!((some.types, some.limit), (vec![Collection::Genres], 20));
    let said = |query_string| suggest(query_string).unwrap_err();
    assert_eq!(said("limit=1"), "The parameter q is missing");
    assert_eq!(
        said("q=a&limit=21"),
        "The value of limit may not be more than 20"
    );
    assert_eq!(
        said("q=a&types=song"),
        "Invalid name 'song' in types at column 1"
    );
    let words = format!("q={}", "a+".repeat(17));
    assert_eq!(said(&words), "Invalid value for q: more than 16 words");
}
