//! What searches and suggestions hold (docs/api/search.md).

use serde_json::{Value, json};

use super::{described, object, optional, properties, reference};
use crate::search::{Facet, MAX_LIMIT, NameField, Tier};

/// The lists that are searched, each with what its elements are.
const TYPES: [(&str, &str, &str); 4] = [
    ("artists", "Artist", "ArtistFound"),
    ("albums", "Album", "AlbumFound"),
    ("songs", "Song", "SongFound"),
    ("genres", "Genre", "GenreFound"),
];

/// Names that words are found in.
fn names() -> Value {
    use NameField::{Album, AlbumArtist, Artist, Genre, Title};
    let names = [Title, Artist, Album, AlbumArtist, Genre].map(NameField::name);
    json!({ "type": "string", "enum": names, "description": "Which name." })
}

/// How well something matches.
fn tiers(description: &str) -> Value {
    use Tier::{ExactName, ExactWords, Infix, Prefix, Typo};
    let tiers = [ExactName, ExactWords, Prefix, Infix, Typo].map(Tier::name);
    json!({ "type": "string", "enum": tiers, "description": description })
}

/// What is answered to a search.
pub(in crate::api) fn search() -> Value {
    let mut members: Vec<(&str, Value)> = TYPES
        .map(|(list, _, element)| (list, of_type(element)))
        .into();
    members.push(("corrected", corrected()));
    super::envelope(json!({ "type": "object", "properties": properties(&members) }))
}

/// What is answered to a request for suggestions.
pub(in crate::api) fn suggestions() -> Value {
    let completion = |element: &str| {
        let highlights = object(&[("highlights", highlights())]);
        json!({ "type": "array", "items": { "allOf": [reference(element), highlights] } })
    };
    let mut members: Vec<(&str, Value)> = TYPES
        .map(|(list, element, _)| (list, completion(element)))
        .into();
    members.push((
        "did_you_mean",
        json!({ "type": "string", "description": "Another spelling, which has some where this has none." }),
    ));
    super::envelope(json!({ "type": "object", "properties": properties(&members) }))
}

/// All schemas that these refer to, by name.
pub(super) fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("Found", found()),
        (
            "ArtistFound",
            both("An artist that was found.", "Artist", &[]),
        ),
        (
            "AlbumFound",
            both("An album that was found.", "Album", &[album()]),
        ),
        (
            "SongFound",
            both(
                "A song that was found, with the members that `fields` names.",
                "Song",
                &[song()],
            ),
        ),
        ("GenreFound", both("A genre that was found.", "Genre", &[])),
        ("Highlight", highlight()),
        ("Explanation", explanation()),
    ]
}

fn both(description: &str, element: &str, more: &[Value]) -> Value {
    let mut parts = vec![reference(element), reference("Found")];
    parts.extend_from_slice(more);
    json!({ "description": description, "allOf": parts })
}

fn corrected() -> Value {
    json!({
        "type": "string",
        "description": "The spelling that the results are for, where nothing is spelled as typed.",
    })
}

fn of_type(element: &str) -> Value {
    let total = json!({ "type": "integer", "minimum": 0, "description": "Results before `limit` and `offset`." });
    let results = json!({ "type": "array", "items": reference(element), "maxItems": MAX_LIMIT });
    let value = json!({ "type": "string", "description": "A decade is its first year." });
    let count = object(&[
        ("value", value),
        ("count", json!({ "type": "integer", "minimum": 1 })),
    ]);
    let counts = json!({ "type": "array", "items": count });
    let facets = Facet::ALL.map(|facet| (facet.name(), counts.clone()));
    let mut schema = object(&[("total", total), ("results", results)]);
    schema["properties"]["facets"] = json!({
        "type": "object",
        "properties": properties(&facets),
        "description": "Only with `facets`.",
    });
    schema["properties"]["corrected"] = corrected();
    schema
}

fn found() -> Value {
    let score = json!({
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 1,
        "description": "How good it is: in order of relevance never more than that of the one before it.",
    });
    let mut schema = object(&[("score", score)]);
    schema["properties"]["highlights"] = highlights();
    schema["properties"]["explain"] = reference("Explanation");
    described(schema, "What every result has beside its members in lists.")
}

fn album() -> Value {
    object(&[
        (
            "artists",
            json!({
                "type": "array",
                "items": { "type": "string" },
                "description": "The artists of its songs: the albums of one name are one.",
            }),
        ),
        (
            "year",
            json!({ "type": ["integer", "null"], "description": "The earliest year of its songs." }),
        ),
        (
            "tracks",
            json!({ "type": "integer", "minimum": 0, "description": "How many songs it has." }),
        ),
    ])
}

/// Any of what single songs have besides.
fn song() -> Value {
    let mut details = super::more();
    optional(&mut details);
    details
}

fn highlights() -> Value {
    json!({
        "type": "array",
        "items": reference("Highlight"),
        "description": "The names that matched; of searches only with `highlight=1`.",
    })
}

fn highlight() -> Value {
    let ranges = |description: &str| {
        let pair = json!({
            "type": "array",
            "items": { "type": "integer", "minimum": 0 },
            "minItems": 2,
            "maxItems": 2,
        });
        json!({ "type": "array", "items": pair, "description": description })
    };
    let schema = object(&[
        ("field", names()),
        (
            "name",
            json!({ "type": "string", "description": "The name as the tags spell it." }),
        ),
        (
            "bytes",
            ranges("What of it matched: where each part begins and ends, in bytes of UTF-8."),
        ),
        (
            "characters",
            ranges("The same in characters (code points)."),
        ),
    ]);
    described(schema, "A name that matched.")
}

fn explanation() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    let word = object(&[
        ("word", text("As typed, folded.")),
        ("field", names()),
        ("tier", tiers("How it matches.")),
        (
            "edits",
            json!({ "type": "integer", "minimum": 0, "maximum": 2 }),
        ),
        ("term", text("The word of the name, folded.")),
    ]);
    let words = json!({ "type": "array", "items": word, "description": "How each word matched." });
    let tier = tiers("How well it matches.");
    described(
        object(&[("tier", tier), ("words", words)]),
        "Why a result is where it is.",
    )
}
