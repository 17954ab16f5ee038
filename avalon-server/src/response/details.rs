//! What is known of one track, as members of a JSON object.
//!
//! In: a [`Detail`]. Out: its members behind those of a song of a list. What stays true: every member is
//! there for every track, `null` where nothing is known (but `path`, which is there where paths are told);
//! and whatever the columns hold, the answer is JSON in UTF-8.

use avalon_core::database::FileDetailRow;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::json;
use crate::catalog::{Detail, DetailField};

/// Appends `,"disc":1,"artists":[...]` and so on to an object that has members and is still open.
pub(super) fn details(detail: &Detail<'_>, out: &mut String) {
    for field in DetailField::ALL {
        one(field, detail, out);
    }
}

/// Appends one of these members; nothing for a path where paths are not told.
pub(super) fn one(field: DetailField, detail: &Detail<'_>, out: &mut String) {
    let (name, track, file) = (field.name(), &detail.track, detail.file.as_ref());
    match field {
        DetailField::Disc => number(name, track.disc, out),
        DetailField::DiscTotal => number(name, track.disc_total, out),
        DetailField::TrackTotal => number(name, track.track_total, out),
        DetailField::Artists => list(name, track.artists, out),
        DetailField::AlbumArtists => list(name, track.album_artists, out),
        DetailField::Genres => list(name, track.genres, out),
        DetailField::Composers => list(name, track.composers, out),
        DetailField::Labels => list(name, track.labels, out),
        DetailField::Isrcs => list(name, track.isrcs, out),
        DetailField::Date => text(name, track.date, out),
        DetailField::OriginalDate => text(name, track.original_date, out),
        DetailField::Compilation => member(name, track.compilation, out, |compilation, out| {
            plain(&compilation, out);
        }),
        DetailField::Bpm => {
            // JSON has no number for infinity.
            let bpm = track.bpm.filter(|bpm| bpm.is_finite());
            member(name, bpm, out, |bpm, out| plain(&Value::from(bpm), out));
        }
        DetailField::Comment => text(name, track.comment, out),
        DetailField::SortNames => object(name, track.sort_names, out),
        DetailField::Musicbrainz => object(name, track.musicbrainz, out),
        DetailField::Gains => object(name, track.gains, out),
        DetailField::Format => text(name, track.format, out),
        DetailField::Codec => text(name, track.codec, out),
        DetailField::Bitrate => number(name, track.bitrate, out),
        DetailField::SampleRate => number(name, track.sample_rate, out),
        DetailField::Channels => number(name, track.channels, out),
        DetailField::LengthMs => number(name, track.length_ms, out),
        DetailField::Size => number(name, file.map(|file| file.size), out),
        DetailField::Mtime => time(name, file.map(|file| file.mtime_ns), out),
        DetailField::Added => time(name, file.map(|file| file.added_ns), out),
        DetailField::Path if detail.has_paths => path(file, out),
        DetailField::Path => {}
    }
}

/// Appends a member, `null` where there is no value.
fn member<T>(name: &str, value: Option<T>, out: &mut String, write: impl FnOnce(T, &mut String)) {
    out.push(',');
    json::string(name, out);
    out.push(':');
    match value {
        Some(value) => write(value, out),
        None => out.push_str("null"),
    }
}

fn plain(value: &impl ToString, out: &mut String) {
    out.push_str(&value.to_string());
}

fn number(name: &str, value: Option<i64>, out: &mut String) {
    member(name, value, out, |number, out| plain(&number, out));
}

fn text(name: &str, value: Option<&str>, out: &mut String) {
    member(name, value, out, json::string);
}

/// A column that holds a JSON array of strings.
fn list(name: &str, column: Option<&str>, out: &mut String) {
    stored::<Vec<String>>(name, column, out);
}

/// A column that holds a JSON object.
fn object(name: &str, column: Option<&str>, out: &mut String) {
    stored::<Map<String, Value>>(name, column, out);
}

/// A column of JSON as it stands where it is a `T`. Another program may have written anything: that is
/// told as a text.
fn stored<T: DeserializeOwned>(name: &str, column: Option<&str>, out: &mut String) {
    member(
        name,
        column,
        out,
        |column, out| match serde_json::from_str::<T>(column) {
            Ok(_) => out.push_str(column),
            Err(_) => json::string(column, out),
        },
    );
}

/// A moment in UTC by RFC 3339, with as much of its second as is not zero.
fn time(name: &str, nanoseconds: Option<i64>, out: &mut String) {
    let time = nanoseconds.and_then(|ns| Timestamp::from_nanosecond(ns.into()).ok());
    member(name, time, out, |time, out| {
        json::string(&time.to_string(), out);
    });
}

fn path(file: Option<&FileDetailRow<&[u8]>>, out: &mut String) {
    let path = file.and_then(|file| file.path);
    member("path", path, out, |path, out| {
        json::string(&String::from_utf8_lossy(path), out);
    });
}

#[cfg(test)]
mod tests {
    use avalon_core::database::DetailRow;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// The members as a client reads them, in their order.
    fn rendered(detail: &Detail<'_>) -> Map<String, Value> {
        let mut out = "{\"id\":0".to_owned();
        details(detail, &mut out);
        out.push('}');
        let text = out;
        let mut object: Map<String, Value> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        object.remove("id");
        object
    }

    fn full() -> Detail<'static> {
        Detail {
            track: DetailRow {
                disc: Some(2),
                artists: Some(r#"["AC/DC","\"Two\" é"]"#),
                album_artists: Some(r#"["A"]"#),
                genres: Some(r#"["Rock", "Pop"]"#),
                composers: Some(r#"["C"]"#),
                track_total: Some(12),
                disc_total: Some(3),
                date: Some("1994-06-07"),
                original_date: Some("1990"),
                musicbrainz: Some(r#"{"recording":"r","artists":["a"]}"#),
                gains: Some(r#"{"replaygain_track_gain":-7.5}"#),
                bpm: Some(120.5),
                isrcs: Some(r#"["USPR37300012"]"#),
                labels: Some(r#"["L"]"#),
                compilation: Some(false),
                sort_names: Some(r#"{"artist":"Artist, The"}"#),
                comment: Some("a \"comment\"\n\u{1}"),
                format: Some("mp4"),
                codec: Some("alac"),
                bitrate: Some(900),
                sample_rate: Some(44_100),
                channels: Some(2),
                length_ms: Some(5_000_000_000),
            },
            file: Some(FileDetailRow {
                size: 35_000_000,
                mtime_ns: 1_700_000_000_123_456_789,
                added_ns: -1_000_000_000,
                path: Some(b"/music/\xff.m4a"),
            }),
            has_paths: true,
        }
    }

    #[test]
    fn every_value_is_told_as_what_it_is() {
        let expected = json!({
            "disc": 2, "disc_total": 3, "track_total": 12,
            "artists": ["AC/DC", "\"Two\" é"], "album_artists": ["A"], "genres": ["Rock", "Pop"],
            "composers": ["C"], "labels": ["L"], "isrcs": ["USPR37300012"],
            "date": "1994-06-07", "original_date": "1990", "compilation": false, "bpm": 120.5,
            "comment": "a \"comment\"\n\u{1}", "sort_names": {"artist": "Artist, The"},
            "musicbrainz": {"recording": "r", "artists": ["a"]},
            "gains": {"replaygain_track_gain": -7.5},
            "format": "mp4", "codec": "alac", "bitrate": 900, "sample_rate": 44_100, "channels": 2,
            "length_ms": 5_000_000_000_i64, "size": 35_000_000,
            "mtime": "2023-11-14T22:13:20.123456789Z", "added": "1969-12-31T23:59:59Z",
            "path": "/music/\u{fffd}.m4a",
        });
        assert_eq!(Value::Object(rendered(&full())), expected);
    }

    #[test]
    fn what_is_unknown_is_null_and_a_path_is_not_told_unasked() {
        let mut members = rendered(&full());
        members.remove("path");
        let nothing = rendered(&Detail::default());
        assert!(nothing.keys().eq(members.keys()));
        assert!(nothing.values().all(Value::is_null), "{nothing:?}");
        let asked = Detail {
            has_paths: true,
            ..Detail::default()
        };
        assert_eq!(rendered(&asked).get("path"), Some(&Value::Null));
    }

    #[test]
    fn columns_that_others_wrote_are_told_as_texts() {
        for column in [
            "",
            "Green Day",
            "[",
            "[1]",
            "[\"a\",]",
            "[\"\\ud800\"]",
            "{}",
            "null",
            "[\"a\"]]",
        ] {
            let track = DetailRow {
                artists: Some(column),
                ..DetailRow::default()
            };
            let detail = Detail {
                track,
                ..Detail::default()
            };
            assert_eq!(rendered(&detail)["artists"], json!(column), "{column}");
        }
        let deep = "{\"a\":".repeat(100_000);
        for column in ["[]", "{", deep.as_str()] {
            let track = DetailRow {
                gains: Some(column),
                ..DetailRow::default()
            };
            let detail = Detail {
                track,
                ..Detail::default()
            };
            assert_eq!(rendered(&detail)["gains"], json!(column));
        }
    }

    #[test]
    fn numbers_at_their_ends_are_told() {
        let track = DetailRow {
            bitrate: Some(i64::MIN),
            length_ms: Some(i64::MAX),
            bpm: Some(f64::NAN),
            ..DetailRow::default()
        };
        let file = FileDetailRow {
            mtime_ns: i64::MIN,
            added_ns: i64::MAX,
            ..FileDetailRow::default()
        };
        let detail = Detail {
            track,
            file: Some(file),
            has_paths: false,
        };
        let members = rendered(&detail);
        assert_eq!(members["bitrate"], json!(i64::MIN));
        assert_eq!(members["length_ms"], json!(i64::MAX));
        assert_eq!(members["bpm"], Value::Null);
        assert_eq!(members["mtime"], json!("1677-09-21T00:12:43.145224192Z"));
        assert_eq!(members["added"], json!("2262-04-11T23:47:16.854775807Z"));
    }

    proptest! {
        #[test]
        fn any_column_gives_json(column in "\\PC{0,30}|[\\[\\]{}\",:a0-9\\\\]{0,20}", bpm: f64) {
            let track = DetailRow {
                artists: Some(column.as_str()),
                gains: Some(column.as_str()),
                comment: Some(column.as_str()),
                bpm: Some(bpm),
                ..DetailRow::default()
            };
            let members = rendered(&Detail { track, ..Detail::default() });
            prop_assert_eq!(&members["comment"], &json!(column));
            prop_assert!(members["artists"].is_array() || members["artists"] == json!(column));
            prop_assert!(members["gains"].is_object() || members["gains"] == json!(column));
        }
    }
}
