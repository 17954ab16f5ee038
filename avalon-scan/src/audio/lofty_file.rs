//! Asking lofty for a file.
//!
//! In: a file, mostly as a [`View`]. Out: lofty's type for its format, read with the same options
//! everywhere: what can be read is read, nothing is converted, and no picture is looked at.
//!
//! What stays true: a broken tag costs the tag and not the file; it is read again without tags.

use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;

use lofty::config::{ParseOptions, ParsingMode};
use lofty::error::FileParseError;
use lofty::file::AudioFile;

use crate::reader::Source;
use crate::view::{Patch, View};

use super::sound::AudioError;

/// What a caller says of a file that was read without its tags, or without a part of them.
pub(super) const TAGS_DAMAGED: &str = "its tags are damaged";

/// Reads a file with its tags, or where they are broken, without; the text says so.
pub(super) fn open<F>(
    reader: &mut (impl Read + Seek),
) -> Result<(F, Option<&'static str>), AudioError>
where
    F: AudioFile,
{
    let first = match read(reader, options()) {
        Ok(file) => return Ok((file, None)),
        Err(error) => error,
    };
    match read(reader, options().read_tags(false)) {
        Ok(file) => Ok((file, Some(TAGS_DAMAGED))),
        Err(_) => Err(first.into()),
    }
}

/// Reads the tags of a file whose sound lofty does not accept.
pub(super) fn open_tags<F: AudioFile>(reader: &mut (impl Read + Seek)) -> Result<F, AudioError> {
    Ok(read(reader, options().read_properties(false))?)
}

fn read<F: AudioFile>(
    reader: &mut (impl Read + Seek),
    options: ParseOptions,
) -> Result<F, FileParseError> {
    reader.seek(SeekFrom::Start(0))?;
    F::read_from(reader, options)
}

/// The view of a file whose ID3v2 tags, which end at `end`, were read already: in their place is one
/// with nothing in it, so that lofty looks for no other in what follows.
pub(super) fn after_tags<'v, 'f>(source: &'v mut Source<'f>, end: u64) -> View<'v, 'f> {
    const EMPTY: &[u8; 10] = b"ID3\x04\0\0\0\0\0\0";
    match end.checked_sub(EMPTY.len() as u64) {
        Some(start) => View::from(source, start, vec![Patch::exact(start, EMPTY)]),
        None => View::new(source, Vec::new()),
    }
}

/// Likewise, of a file whose sound is between two places and is nothing for lofty, without most of
/// that: lofty would look through all of it for frames, and only tags are wanted.
pub(super) fn tags_around<'v, 'f>(
    source: &'v mut Source<'f>,
    end: u64,
    (sound, sound_end): (u64, u64),
) -> View<'v, 'f> {
    /// What stays of the sound: lofty steps back over an ID3v1 tag that need not be there.
    const KEPT: u64 = 1024;
    let mut view = after_tags(source, end);
    view.leave_out(sound.saturating_add(KEPT), sound_end);
    view
}

fn options() -> ParseOptions {
    ParseOptions::new()
        .parsing_mode(ParsingMode::Relaxed)
        .implicit_conversions(false)
        .read_cover_art(false)
}

/// Whole milliseconds; `None` for nothing, which is how lofty says that it does not know.
pub(super) fn milliseconds(duration: Duration) -> Option<i64> {
    let length = i64::try_from(duration.as_millis()).ok();
    length.filter(|_| !duration.is_zero())
}
