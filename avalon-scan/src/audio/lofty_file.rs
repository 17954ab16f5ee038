//! Asking lofty for a file.
//!
//! In: a [`View`]. Out: lofty's type for its format, read with the same options everywhere: what
//! can be read is read, nothing is converted, and no picture is looked at.
//!
//! What stays true: a broken tag costs the tag and not the file; it is read again without tags.

use std::io::{Seek, SeekFrom};
use std::time::Duration;

use lofty::config::{ParseOptions, ParsingMode};
use lofty::error::FileParseError;
use lofty::file::AudioFile;

use crate::tags::Fields;
use crate::view::View;

use super::sound::AudioError;

/// What a caller says of a file that was read without its tags, or without a part of them.
pub(super) const TAGS_DAMAGED: &str = "its tags are damaged";

/// Reads a file with its tags, or where they are broken, without; the text says so.
pub(super) fn open<F>(view: &mut View) -> Result<(F, Option<&'static str>), AudioError>
where
    F: AudioFile,
{
    let first = match read(view, options()) {
        Ok(file) => return Ok((file, None)),
        Err(error) => error,
    };
    match read(view, options().read_tags(false)) {
        Ok(file) => Ok((file, Some(TAGS_DAMAGED))),
        Err(_) => Err(first.into()),
    }
}

/// Reads the tags of a file whose sound lofty does not accept.
pub(super) fn open_tags<F: AudioFile>(view: &mut View) -> Result<F, AudioError> {
    Ok(read(view, options().read_properties(false))?)
}

fn read<F: AudioFile>(view: &mut View, options: ParseOptions) -> Result<F, FileParseError> {
    view.seek(SeekFrom::Start(0))?;
    F::read_from(view, options)
}

fn options() -> ParseOptions {
    ParseOptions::new()
        .parsing_mode(ParsingMode::Relaxed)
        .implicit_conversions(false)
        .read_cover_art(false)
}

/// Whole seconds, cut; `None` for nothing, which is how lofty says that it does not know.
pub(super) fn seconds(duration: Duration) -> Option<i64> {
    let seconds = i64::try_from(duration.as_secs()).ok();
    seconds.filter(|_| !duration.is_zero())
}

/// The first tag that says anything.
pub(super) fn first_of<const N: usize>(tags: [Option<Fields>; N]) -> Fields {
    let mut tags = tags.into_iter().flatten();
    tags.find(|fields| !fields.is_empty()).unwrap_or_default()
}
