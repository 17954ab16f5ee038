//! The four lists and the single song.

use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::operation::{Given, Kind, Operation, Parameter, Success};
use super::schemas;
use crate::catalog::Collection;

/// What albums, artists and genres can be ordered by.
const OF_NAMED: [&str; 2] = ["id", "name"];

/// What songs can be ordered by: their members.
pub(super) const OF_SONGS: [&str; 11] = [
    "album",
    "album_id",
    "artist",
    "artist_id",
    "genre",
    "genre_id",
    "id",
    "length",
    "name",
    "track",
    "year",
];

/// A list.
pub(super) fn list(collection: Collection) -> Operation {
    let (id, summary, description, schema, orders, example, examples) = match collection {
        Collection::Songs => (
            "listSongs",
            "Songs, by any combination of filters",
            "A song must pass all filters that are given. A name or id that is not in the library gives an \
             empty list, not an error.",
            "Song",
            &OF_SONGS[..],
            songs(),
            &[
                "songs?query=reb",
                "songs?artist=green+day&order=year&limit=2",
                "songs?genre=Ska&limit=50&offset=100",
            ],
        ),
        Collection::Albums => (
            "listAlbums",
            "Albums",
            "An album is its name: two albums of one name are one, and have one id.",
            "Album",
            &OF_NAMED[..],
            named("9ff51c16-2a7a-581c-b0b6-e28f5004139f", "American Idiot"),
            &[
                "albums?query=idiot",
                "albums?order=name&limit=2",
                "albums?order=name&direction=desc&limit=20&offset=40",
            ],
        ),
        Collection::Artists => (
            "listArtists",
            "Artists",
            "An artist is a name, in any case.",
            "Artist",
            &OF_NAMED[..],
            named("debcc564-211b-559c-b810-e72598bdaf47", "Minor Threat"),
            &[
                "artists?query=minor",
                "artists?order=name&direction=desc&limit=10",
                "artists?limit=20&offset=20",
            ],
        ),
        Collection::Genres => (
            "listGenres",
            "Genres",
            "A genre is a name, in any case.",
            "Genre",
            &OF_NAMED[..],
            named("3af7ba62-d87f-5258-af62-d7c5655ec567", "Punk Ska"),
            &[
                "genres?query=ska",
                "genres?order=name&limit=5",
                "genres?order=id",
            ],
        ),
    };
    Operation {
        path: Endpoint::List(collection).path(),
        id,
        tag: "lists",
        summary,
        description,
        parameters: parameters(collection, orders),
        success: Success {
            description: "The results, in the order asked for, else in one that is the same on every server.",
            media_type: "application/json",
            schema: schemas::list_of(schema),
            example,
            headers: vec!["Avalon-Total", "ETag"],
            leads_to: (collection == Collection::Songs).then_some(SONG),
        },
        statuses: vec![400],
        unwell: None,
        examples: examples.to_vec(),
    }
}

/// The name of the operation that tells of one song.
const SONG: &str = "getSong";

/// One song.
pub(super) fn song() -> Operation {
    Operation {
        path: Endpoint::Song.path(),
        id: SONG,
        tag: "lists",
        summary: "Everything about one song",
        description: "`success` is an array, as of lists, with one object. Right after a start of the server, when \
            lists are answered already, it may be 503 until this is loaded too.",
        parameters: vec![
            Parameter::new(
                "id",
                Kind::Uuid,
                "The id of the song, in any of the ways in which ids may be written.",
            )
            .in_path()
            .into(),
        ],
        success: Success {
            description: "The song.",
            media_type: "application/json",
            schema: schemas::envelope(json!({
                "type": "array",
                "items": schemas::reference("SongDetails"),
                "minItems": 1,
                "maxItems": 1,
            })),
            example: Value::Null,
            headers: vec!["ETag"],
            leads_to: None,
        },
        statuses: vec![404],
        unwell: None,
        examples: vec!["songs/26ce3141-7080-5f72-a16e-4ad3396ffbb0"],
    }
}

fn parameters(collection: Collection, orders: &[&'static str]) -> Vec<Given> {
    let mut parameters = vec![
        Parameter::new("query", Kind::Text, match collection {
            Collection::Songs => "Only songs whose name, album, artist or genre has a word, or words in sequence, that \
                begin with this; accents and case do not count.",
            _ => "Only those whose name has a word, or words in sequence, that begin with this; accents and case do \
                not count.",
        })
        .into(),
    ];
    if collection == Collection::Songs {
        parameters.extend(filters());
    }
    parameters.push(view(orders));
    parameters
}

/// The filters of songs by names and ids.
fn filters() -> [Given; 6] {
    let exactly = |name, description| Parameter::new(name, Kind::Text, description).into();
    let by_id = |name, description, id| {
        Parameter::new(name, Kind::Uuid, description)
            .example(id)
            .into()
    };
    [
        exactly(
            "album",
            "Only songs of the album with exactly this name, in any case.",
        ),
        exactly(
            "artist",
            "Only songs of the artist with exactly this name, in any case.",
        ),
        exactly(
            "genre",
            "Only songs of the genre with exactly this name, in any case.",
        ),
        by_id(
            "album_id",
            "Only songs of the album with this id.",
            "9ff51c16-2a7a-581c-b0b6-e28f5004139f",
        ),
        by_id(
            "artist_id",
            "Only songs of the artist with this id.",
            "b048612e-1207-59f4-bbeb-ba0bc9a48cd1",
        ),
        by_id(
            "genre_id",
            "Only songs of the genre with this id.",
            "8794d7b7-fff3-50bb-b1f1-438659e05fe5",
        ),
    ]
}

/// Which of the results are wanted, and in which order.
fn view(orders: &[&'static str]) -> Given {
    let count = || Kind::Count { at_most: None };
    let directions = || Kind::Choice(vec!["asc", "desc"]);
    Given::Together {
        name: "view",
        description: "Which of the results, in which order: `offset` does nothing without `limit`, nor \
            `direction` without `order`.",
        members: vec![
            Parameter::new("limit", count(), "At most so many results.")
                .default("all")
                .example("20"),
            Parameter::new(
                "offset",
                count(),
                "Leave out so many first; does nothing, whatever integer it is, without \
                `limit`.",
            )
            .default("0")
            .example("40")
            .beside("limit"),
            Parameter::new(
                "order",
                Kind::Choice(orders.to_vec()),
                "The member to sort by.",
            )
            .example("name"),
            Parameter::new(
                "direction",
                directions(),
                "Ascending or descending; does nothing, whatever it is, without \
                `order`.",
            )
            .default("asc")
            .example("desc")
            .beside("order"),
        ],
    }
}

fn found(results: &Value) -> Value {
    json!({ "errors": [], "success": results, "warnings": [] })
}

fn named(id: &str, name: &str) -> Value {
    found(&json!([{ "id": id, "name": name }]))
}

fn songs() -> Value {
    found(&json!([{
        "album": "American Idiot",
        "album_id": "9ff51c16-2a7a-581c-b0b6-e28f5004139f",
        "artist": "Green Day",
        "artist_id": "b048612e-1207-59f4-bbeb-ba0bc9a48cd1",
        "genre": "Punk",
        "genre_id": "8794d7b7-fff3-50bb-b1f1-438659e05fe5",
        "id": "26ce3141-7080-5f72-a16e-4ad3396ffbb0",
        "length": 176,
        "name": "American Idiot",
        "track": 1,
        "year": 2004,
    }]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Query;

    #[test]
    fn orders_are_those_that_requests_may_name() {
        let members = &schemas::library()[3].1["properties"];
        assert!(
            members.as_object().unwrap().keys().eq(OF_SONGS),
            "{members}"
        );
        for (collection, orders) in [
            (Collection::Songs, &OF_SONGS[..]),
            (Collection::Albums, &OF_NAMED),
            (Collection::Artists, &OF_NAMED),
            (Collection::Genres, &OF_NAMED),
        ] {
            for order in OF_SONGS {
                let query_string = format!("order={order}");
                let is_taken = Query::parse(collection, &query_string).is_ok();
                assert_eq!(is_taken, orders.contains(&order), "{collection:?} {order}");
            }
        }
    }
}
