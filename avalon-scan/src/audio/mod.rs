//! Sound files: lofty reads each format, and what it reads becomes a [`Sound`].
//!
//! In: a file and its [`Format`]. Out: a [`Sound`], or why there is none. One file for each family
//! of formats; all of them have a `read`.
//!
//! What stays true: what the original read is read with the same result; what it dropped for its
//! format is read too (rule S6). Where lofty alone would give another result, the module says what
//! it adds, and why.

mod sound;

mod format;

mod lofty_file;

mod fingerprint;

mod mpeg_frames;

mod mpeg_length;

pub mod mpeg;

pub mod flac;

mod ogg_headers;

pub mod ogg;

pub mod mp4;

pub mod iff;

pub mod ape;

#[cfg(test)]
mod files;

pub use format::{Extension, Format, Known, extension, formats, sniff};
pub use sound::{AudioError, Sound};

use crate::reader::Source;

/// Reads a file as one of `format`.
///
/// # Errors
/// [`AudioError`] says why it is none.
pub fn read(source: &mut Source, format: Format) -> Result<Sound, AudioError> {
    match format {
        Format::Mpeg => mpeg::read(source),
        Format::Aac => mpeg::read_aac(source),
        Format::Flac => flac::read(source),
        Format::Vorbis | Format::Opus | Format::Speex => ogg::read(source),
        Format::Mp4 => mp4::read(source),
        Format::Aiff => iff::read_aiff(source),
        Format::Wav => iff::read_wav(source),
        Format::Ape => ape::read_ape(source),
        Format::WavPack => ape::read_wavpack(source),
        Format::Mpc => ape::read_musepack(source),
        _ => Err(AudioError::NoSound),
    }
}
