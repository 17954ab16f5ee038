//! ID3v2: the tag at the start of an MP3, and in chunks of AIFF and WAV.
//!
//! In: a tag that lofty read (without its conversions, and through the patch of
//! [`super::id3v2_frames`]). Out: its [`Fields`].

use lofty::id3::v2::{Frame, Id3v2Tag};

use super::fields::{Date, Fields};
use super::genre;
use super::id3v2_frames::{OLD_YEAR, RECORDED};

/// What a tag says.
pub fn fields(tag: &Id3v2Tag) -> Fields {
    let values = |name: &str| -> Vec<String> {
        let frame = tag.into_iter().find_map(|frame| match frame {
            Frame::Text(frame) if frame.id().as_str() == name => Some(frame),
            _ => None,
        });
        // Each value of UTF-16 may have its own mark.
        let mark = |value: &str| value.trim_start_matches('\u{feff}').to_owned();
        frame.map_or_else(Vec::new, |frame| {
            frame.value.split('\0').map(mark).collect()
        })
    };
    // lofty gives frames of ID3v2.2 their new names, where it knows one.
    let either = |name: &str, old: &str| {
        let values_of_name = values(name);
        if values_of_name.is_empty() {
            return values(old);
        }
        values_of_name
    };
    let first = |name: &str| values(name).into_iter().next();
    Fields {
        album: first("TALB"),
        artist: first("TPE1"),
        genre: genre::first(&values("TCON")),
        title: first("TIT2"),
        track: first("TRCK"),
        date: date(
            first(RECORDED),
            &either("TYER", OLD_YEAR),
            &either("TDAT", "TDA"),
            &either("TIME", "TIM"),
        ),
        disc: first("TPOS"),
    }
}

/// The date of ID3v2.4, or that of the older versions put together: `TYER`, `TDAT` (day and month)
/// and `TIME` (hour and minute).
fn date(
    recorded: Option<String>,
    year: &[String],
    day: &[String],
    time: &[String],
) -> Option<Date> {
    if let Some(recorded) = recorded {
        return Some(Date::Id3(recorded));
    }
    let text = |values: &[String]| {
        let text = values.join("\0");
        (!text.trim_matches('\0').is_empty()).then_some(text)
    };
    let halves = |text: &str| -> (String, String) {
        (
            text.chars().take(2).collect(),
            text.chars().skip(2).collect(),
        )
    };
    let mut date = text(year)?;
    if let Some(day) = text(day) {
        let (day, month) = halves(&day);
        date = format!("{date}-{month}-{day}");
        if let Some(time) = text(time) {
            let (hour, minute) = halves(&time);
            date = format!("{date}T{hour}:{minute}:00");
        }
    }
    let first = date.split(',').next().unwrap_or_default();
    Some(Date::Id3(first.to_owned()))
}
