//! Sound files: where in each format the tags lie, and how long the sound is.
//!
//! In: a file and its [`Format`]. Out: a [`Sound`], or why there is none. One file for each format;
//! all of them have a `read`.
//!
//! What stays true: what the original read is read with the same result, to the whole second; what
//! it dropped for its format is read too (rule S6).

mod sound;

pub mod mpeg;

pub mod adts;

pub mod flac;

pub mod ogg;

pub mod mp4;

pub mod iff;

pub mod other;

mod format;

pub use format::{Extension, Format, extension, sniff};
pub use sound::{AudioError, Sound};

use crate::reader::Source;

/// Reads a file as one of `format`.
///
/// # Errors
/// [`AudioError`] says why it is none.
pub fn read(source: &mut Source, format: Format) -> Result<Sound, AudioError> {
    match format {
        Format::Mpeg => mpeg::read(source),
        Format::Aac => adts::read(source),
        Format::Flac => flac::read(source),
        Format::Ogg => ogg::read(source),
        Format::Mp4 => mp4::read(source),
        Format::Aiff => iff::read_aiff(source),
        Format::Wav => iff::read_wav(source),
        Format::MonkeysAudio => other::read_ape(source),
        Format::WavPack => other::read_wavpack(source),
        Format::Musepack => other::read_musepack(source),
        Format::TrueAudio => other::read_true_audio(source),
    }
}
