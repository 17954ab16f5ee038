//! Search and suggestions (docs/api/search.md).

use serde_json::Value;

use super::endpoint::Endpoint;
use super::lists::OF_SONGS;
use super::operation::{Given, Kind, Operation, Parameter, Success};
use super::schemas::found;
use crate::catalog::{Collection, DetailField};
use crate::search::{
    DEFAULT_LIMIT, DEFAULT_SUGGESTIONS, Facet, MAX_CHARACTERS, MAX_LIMIT, MAX_OFFSET,
    MAX_SUGGESTIONS, MAX_WORDS,
};

/// What parts words, within brackets of a pattern: spaces and punctuation but for apostrophes.
const PARTS: &str = r"\s\u0085!-&(-\/:-@\[-`{-~\u2010-\u2017\u201a-\u205e\u3000-\u303f";

/// A year, a range that is open at one side, or a range of years of four digits that does not end before it
/// begins: after what both have in common, the digit of the first is less than that of the last.
const YEARS: &str = r"^(?:[0-9]{1,4}(?:\.\.)?|\.\.[0-9]{1,4}|(?=[0-9]{4}\.\.[0-9]{4}$)([0-9]*)(?:\.\.\1|0[0-9]*\.\.\1[1-9]|1[0-9]*\.\.\1[2-9]|2[0-9]*\.\.\1[3-9]|3[0-9]*\.\.\1[4-9]|4[0-9]*\.\.\1[5-9]|5[0-9]*\.\.\1[6-9]|6[0-9]*\.\.\1[7-9]|7[0-9]*\.\.\1[89]|8[0-9]*\.\.\1[9])[0-9]*)$";

/// A search.
pub(super) fn search() -> Operation {
    Operation {
        path: Endpoint::Search.path(),
        id: "search",
        tag: "search",
        summary: "What people mean, the best first",
        description: "Artists, albums, songs and genres by any words of their names, however these are written or \
            misspelt. `success` has a member for each type asked for, in that order. After a start of the server lists \
            are answered first: until searches are too, this is 503.",
        parameters: parameters(),
        success: Success {
            description: "What was found, by type.",
            media_type: "application/json",
            schema: found::search(),
            example: Value::Null,
            headers: vec!["ETag"],
            leads_to: None,
        },
        statuses: vec![400],
        unwell: None,
        examples: vec![
            "search?q=idiot+green+day&types=songs&limit=2",
            "search?q=gren+day&types=artists&explain=1",
            "search?q=green&types=songs&limit=0&facets=genre,decade",
            "search?q=love&types=songs&decade=1990&order=added&direction=desc&fields=format,added",
        ],
    }
}

/// Suggestions.
pub(super) fn suggest() -> Operation {
    Operation {
        path: Endpoint::Suggest.path(),
        id: "suggest",
        tag: "search",
        summary: "Names that what is being typed may become",
        description: "Completes what is being typed to names, by type. `success` has an array for each type asked for, \
            in that order, and `did_you_mean` where none has any and another spelling has some.",
        parameters: vec![
            q("What was typed so far; it has no operators.").into(),
            types().into(),
            Parameter::new(
                "limit",
                Kind::Count {
                    at_most: Some(MAX_SUGGESTIONS),
                },
                "At most so many of each type.",
            )
            .default(DEFAULT_SUGGESTIONS.to_string())
            .example("5")
            .into(),
        ],
        success: Success {
            description: "Completions, by type.",
            media_type: "application/json",
            schema: found::suggestions(),
            example: Value::Null,
            headers: vec!["ETag"],
            leads_to: None,
        },
        statuses: vec![400],
        unwell: None,
        examples: vec![
            "suggest?q=gre&types=artists,albums&limit=2",
            "suggest?q=gren+day",
        ],
    }
}

fn q(description: &'static str) -> Parameter {
    // Pieces without a letter or digit do not count to the server; that is more than patterns that all tools
    // know can say.
    let pieces = MAX_WORDS - 1;
    let kind = Kind::Pattern {
        pattern: format!("^[^{PARTS}]*(?:[{PARTS}]+[^{PARTS}]*){{0,{pieces}}}$"),
        most_characters: Some(MAX_CHARACTERS),
        words: format!("text, at most {MAX_CHARACTERS} characters and {MAX_WORDS} words"),
    };
    Parameter::new("q", kind, description)
        .required()
        .example("green day")
}

fn types() -> Parameter {
    let kind = Kind::Choices {
        names: Collection::ALL.map(Collection::name).to_vec(),
        alone: Vec::new(),
    };
    Parameter::new(
        "types",
        kind,
        "Which lists are searched, and in which order they are answered.",
    )
    .default("all")
    .example("artists,albums")
}

fn parameters() -> Vec<Given> {
    let count = |most| Kind::Count {
        at_most: Some(most),
    };
    let flag = |name, description| {
        let kind = Kind::Choice(vec!["0", "1", "false", "true"]);
        Parameter::new(name, kind, description)
            .default("0")
            .example("1")
    };
    let mut parameters = vec![
        q("What is looked for: words, `\"phrases\"`, `-exclusions`, `field:word`, `year:1990..1999`.").into(),
        types().into(),
    ];
    parameters.extend(filters());
    parameters.push(Given::Together {
        name: "sorting",
        description: "The order of the results: `direction` does nothing without `order`.",
        members: vec![
            Parameter::new("order", Kind::Choice(vec!["relevance", "name", "year", "added"]), "By what to sort.")
                .default("relevance")
                .example("year"),
            Parameter::new(
                "direction",
                Kind::Choice(vec!["asc", "desc"]),
                "Ascending or descending; does nothing to relevance, nor, whatever it is, without `order`.",
            )
            .default("asc")
            .example("desc").beside("order"),
        ],
    });
    let facets = Kind::Choices {
        names: Facet::ALL.map(Facet::name).to_vec(),
        alone: vec!["all", "1", "true", "0", "false", ""],
    };
    let fields = Kind::Choices {
        names: fields(),
        alone: vec![""],
    };
    let more = [
        Parameter::new(
            "limit",
            count(MAX_LIMIT),
            "At most so many results of each type.",
        )
        .default(DEFAULT_LIMIT.to_string())
        .example("20"),
        Parameter::new(
            "offset",
            count(MAX_OFFSET),
            "Leave out so many first, of each type.",
        )
        .default("0")
        .example("40"),
        Parameter::new(
            "facets",
            facets,
            "What is counted over all results; `1`, `true` and `all` are all of them.",
        )
        .default("none")
        .example("genre,decade"),
        Parameter::new(
            "fields",
            fields,
            "Members of single songs that songs are to have besides.",
        )
        .default("none")
        .example("format,added"),
        flag("highlight", "Whether to tell what of each name matched."),
        flag("explain", "Whether to tell why each result is where it is."),
        flag(
            "strict",
            "Whether a stray quote or operator in `q` is an error, not text.",
        )
        .beyond_schemas(),
    ];
    parameters.extend(more.map(Given::One));
    parameters
}

/// Members of songs that may be asked for: those of single songs, then those that are there anyway.
fn fields() -> Vec<&'static str> {
    let details = DetailField::ALL.map(DetailField::name);
    details.into_iter().chain(OF_SONGS).collect()
}

fn filters() -> Vec<Given> {
    let text = |name, description| Parameter::new(name, Kind::Text, description);
    let id = |name, description| Parameter::new(name, Kind::Uuid, description);
    let years = Kind::Pattern {
        pattern: YEARS.to_owned(),
        most_characters: None,
        words: "years: `1990`, `1990..1999`, `1990..`, `..1999`".to_owned(),
    };
    let decade = Kind::Pattern {
        pattern: "^[0-9]{0,3}0s?$".to_owned(),
        most_characters: None,
        words: "`1990` or `1990s`".to_owned(),
    };
    let all = [
        text(
            "album",
            "Only what has a song of the album with exactly this name, in any case.",
        ),
        text(
            "artist",
            "Only what has a song of the artist with exactly this name, in any case.",
        ),
        text(
            "genre",
            "Only what has a song of the genre with exactly this name, in any case.",
        ),
        text(
            "album_artist",
            "Only what has a song of an album by an artist of exactly these words; case, accents and what parts \
                words do not count.",
        ),
        id(
            "album_id",
            "Only what has a song of the album with this id.",
        ),
        id(
            "artist_id",
            "Only what has a song of the artist with this id.",
        ),
        id(
            "genre_id",
            "Only what has a song of the genre with this id.",
        ),
        Parameter::new("year", years, "Only what has a song of these years.").example("1990..1999"),
        Parameter::new("decade", decade, "Only what has a song of these ten years.")
            .example("1990"),
        text(
            "format",
            "Only what has a file of this container (`mp3`, `flac`, `ogg` ...), in any case.",
        )
        .example("flac"),
    ];
    all.into_iter().map(Given::One).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::schemas;

    #[test]
    fn fields_are_the_members_of_single_songs() {
        let [.., (_, song), (_, details)] = &schemas::library()[..] else {
            panic!("songs are last");
        };
        let members = |schema: &Value| -> Vec<String> {
            schema["properties"]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect()
        };
        let mut expected = members(song);
        expected.extend(members(&details["allOf"][1]));
        expected.sort();
        let mut fields = fields();
        fields.sort_unstable();
        assert_eq!(fields, expected);
    }
}
