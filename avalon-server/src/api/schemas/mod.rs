//! The schemas of what answers hold, by the names under which the documents refer to them.
//!
//! Types are those of the answers (docs/api/songs.md). Objects are open: a later version may add members.

pub(super) mod found;

use serde_json::{Map, Value, json};

use super::operation::Operation;

/// The schema with this name.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An answer without errors whose `success` is this.
pub(super) fn envelope(success: Value) -> Value {
    let nothing = json!({ "type": "array", "maxItems": 0 });
    object(&[
        ("errors", nothing.clone()),
        ("success", success),
        ("warnings", nothing),
    ])
}

/// An answer with a list of these.
pub(super) fn list_of(name: &str) -> Value {
    envelope(json!({ "type": "array", "items": reference(name) }))
}

/// An object that has all of these members.
pub(super) fn object(members: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    json!({ "type": "object", "required": names, "properties": properties(members) })
}

/// An object that may have these members.
fn known(members: &[(&str, Value)]) -> Value {
    json!({ "type": ["object", "string", "null"], "properties": properties(members) })
}

fn properties(members: &[(&str, Value)]) -> Map<String, Value> {
    let owned = |(name, schema): &(&str, Value)| ((*name).to_owned(), schema.clone());
    members.iter().map(owned).collect()
}

fn described(mut schema: Value, description: &str) -> Value {
    schema["description"] = description.into();
    schema
}

fn id() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn integer(description: &str) -> Value {
    json!({ "type": ["integer", "null"], "description": description })
}

/// All that operations refer to and that is not about errors, by name.
pub(super) fn of(operations: &[Operation]) -> Vec<(&'static str, Value)> {
    let is_search = |operation: &Operation| operation.tag == "search";
    let mut told = library();
    if operations.iter().any(is_search) {
        told.extend(found::all());
    }
    told
}

/// What lists and single songs hold.
pub(super) fn library() -> Vec<(&'static str, Value)> {
    vec![
        ("Album", named("An album: the albums of one name are one.")),
        ("Artist", named("An artist: a name, in any case.")),
        ("Genre", named("A genre: a name, in any case.")),
        ("Song", song()),
        ("SongDetails", details()),
    ]
}

fn named(description: &str) -> Value {
    let name = text("As the tags spell it; empty where they name none.");
    described(object(&[("id", id()), ("name", name)]), description)
}

fn song() -> Value {
    let members = [
        ("album", text("Name of its album, or empty.")),
        ("album_id", id()),
        ("artist", text("Name of its artist, or empty.")),
        ("artist_id", id()),
        ("genre", text("Name of its genre, or empty.")),
        ("genre_id", id()),
        ("id", id()),
        ("length", integer("Whole seconds.")),
        ("name", text("Its title, or empty.")),
        (
            "track",
            integer("Number on the disc; 0 where the tags do not say."),
        ),
        (
            "year",
            integer("Year of the recording; 0 where the tags do not say."),
        ),
    ];
    let description = "A song as lists show it. Numbers are `null` where a database of another program leaves them out.";
    described(object(&members), description)
}

/// What single songs have beside their members in lists.
fn more() -> Value {
    let text =
        |description: &str| json!({ "type": ["string", "null"], "description": description });
    let texts = |description: &str| {
        json!({
            "type": ["array", "string", "null"],
            "items": { "type": "string" },
            "description": description,
        })
    };
    let time = |description: &str| json!({ "type": ["string", "null"], "format": "date-time", "description": description });
    let string = || json!({ "type": "string" });
    let strings = || json!({ "type": "array", "items": { "type": "string" } });
    let number = |description: &str| json!({ "type": "number", "description": description });
    let sort_names = known(
        &["title", "album", "artist", "album_artist", "composer"].map(|name| (name, string())),
    );
    let musicbrainz = known(&[
        ("recording", string()),
        ("track", string()),
        ("release", string()),
        ("release_group", string()),
        ("artists", strings()),
        ("album_artists", strings()),
    ]);
    let gains = known(&[
        ("replaygain_track_gain", number("dB")),
        ("replaygain_album_gain", number("dB")),
        ("replaygain_track_peak", number("1.0 is full scale")),
        ("replaygain_album_peak", number("1.0 is full scale")),
        ("r128_track_gain", number("dB against -23 LUFS")),
        ("r128_album_gain", number("dB against -23 LUFS")),
    ]);
    let mut more = object(&[
        ("disc", integer("Number of the disc.")),
        ("disc_total", integer("Discs of the release.")),
        ("track_total", integer("Tracks of the disc.")),
        ("artists", texts("All artists, in the order of the tag.")),
        ("album_artists", texts("All artists of the album.")),
        ("genres", texts("All genres.")),
        ("composers", texts("All composers.")),
        ("labels", texts("All labels.")),
        ("isrcs", texts("All ISRCs.")),
        ("date", text("Released or recorded, as the tag writes it.")),
        (
            "original_date",
            text("First released, as the tag writes it."),
        ),
        (
            "compilation",
            json!({ "type": ["boolean", "null"], "description": "Whether the album is a compilation." }),
        ),
        (
            "bpm",
            json!({ "type": ["number", "null"], "description": "Beats per minute." }),
        ),
        ("comment", text("The comment.")),
        ("sort_names", described(sort_names, "Names as they sort.")),
        ("musicbrainz", described(musicbrainz, "Ids of MusicBrainz.")),
        ("gains", described(gains, "By how much to play it louder.")),
        ("format", text("The container: `mp3`, `ogg` ...")),
        ("codec", text("What is in it: `mp3`, `vorbis` ...")),
        ("bitrate", integer("kbit/s.")),
        ("sample_rate", integer("Hz.")),
        ("channels", integer("How many.")),
        ("length_ms", integer("Milliseconds.")),
        ("size", integer("Of the file, bytes.")),
        (
            "mtime",
            time("When the content of the file changed last, UTC."),
        ),
        ("added", time("When a scan first saw the file, UTC.")),
    ]);
    // Only with the setting SERVE_PATHS, so it is not required.
    more["properties"]["path"] = text("Where the file is; only with the setting `SERVE_PATHS`.");
    more
}

/// Makes every member of an object one that may be missing.
fn optional(schema: &mut Value) {
    if let Some(members) = schema.as_object_mut() {
        members.remove("required");
    }
}

fn details() -> Value {
    json!({
        "description": "Everything that is known of a song; `null` where nothing is. An array or object that \
            another program wrote into the database, and that is none, is told as a string.",
        "allOf": [reference("Song"), more()],
    })
}
