//! Formats in which only the length is hard: Monkey's Audio, WavPack and Musepack, by lofty; AAC and
//! True Audio by their headers.
//!
//! In: a file. Out: its [`Sound`]. The first three carry APE tags, and some an ID3v1 tag; the other
//! two carry ID3, like MP3.

use std::io::{Seek, SeekFrom};
use std::time::Duration;

use lofty::ape::ApeFile;
use lofty::config::{ParseOptions, ParsingMode};
use lofty::file::AudioFile;
use lofty::musepack::{MpcFile, MpcProperties};
use lofty::wavpack::WavPackFile;

use crate::reader::Source;
use crate::tags::{ape, id3v1, id3v2};

use super::mpeg;
use super::sound::{AudioError, Sound, seconds};

/// Reads a Monkey's Audio file.
///
/// # Errors
/// [`AudioError::Library`] with lofty's reason.
pub fn read_ape(source: &mut Source) -> Result<Sound, AudioError> {
    source.seek(SeekFrom::Start(0))?;
    let file = ApeFile::read_from(source, properties_only())?;
    ape_tagged(source, file.properties().duration())
}

/// Reads a WavPack file.
///
/// # Errors
/// [`AudioError::Library`] with lofty's reason.
pub fn read_wavpack(source: &mut Source) -> Result<Sound, AudioError> {
    if source.array::<4>(0)?.as_ref() != Some(b"wvpk") {
        return Err(AudioError::Damaged("it does not begin as WavPack does"));
    }
    source.seek(SeekFrom::Start(0))?;
    let file = WavPackFile::read_from(source, properties_only())?;
    ape_tagged(source, file.properties().duration())
}

/// Reads a Musepack file, stream versions 4 to 8.
///
/// # Errors
/// [`AudioError::Library`] with lofty's reason.
pub fn read_musepack(source: &mut Source) -> Result<Sound, AudioError> {
    source.seek(SeekFrom::Start(0))?;
    let file = MpcFile::read_from(source, properties_only())?;
    let duration = match file.properties() {
        MpcProperties::Sv8(properties) => properties.duration(),
        MpcProperties::Sv7(properties) => properties.duration(),
        MpcProperties::Sv4to6(properties) => properties.duration(),
    };
    ape_tagged(source, duration)
}

/// Tags are read by [`crate::tags`]; lofty's reading of them could only fail.
fn properties_only() -> ParseOptions {
    ParseOptions::new()
        .read_tags(false)
        .read_cover_art(false)
        .parsing_mode(ParsingMode::Relaxed)
}

/// The sound with the APE tag of the file, or where that says nothing, an ID3v2 or ID3v1 tag.
fn ape_tagged(source: &mut Source, duration: Duration) -> Result<Sound, AudioError> {
    let mut fields = ape::read(source)?.unwrap_or_default();
    if fields.is_empty() {
        fields = id3v2::read(source, 0)?
            .map(|tag| tag.fields)
            .unwrap_or_default();
    }
    if fields.is_empty() {
        fields = id3v1::read(source)?.unwrap_or_default();
    }
    let length = i64::try_from(duration.as_secs()).ok();
    Ok(Sound {
        fields,
        // What lofty cannot know it gives as nothing.
        length: length.filter(|_| !duration.is_zero()),
        damage: None,
    })
}

/// Reads a True Audio file.
///
/// # Errors
/// [`AudioError::Damaged`] where its header is missing.
pub fn read_true_audio(source: &mut Source) -> Result<Sound, AudioError> {
    let (start, tag) = mpeg::leading_tag(source)?;
    let Some(header) = source
        .array::<18>(start)?
        .filter(|header| header.starts_with(b"TTA"))
    else {
        return Err(AudioError::Damaged("it does not begin as True Audio does"));
    };
    let number = |at: usize| {
        let [a, b, c, d] = [header[at], header[at + 1], header[at + 2], header[at + 3]];
        u32::from_le_bytes([a, b, c, d])
    };
    Ok(Sound {
        length: seconds(u128::from(number(14)), u64::from(number(10))),
        ..tag.or_trailing(source)?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn true_audio_is_read() {
        let mut bytes = b"TTA1\x01\0\x02\0\x10\0".to_vec();
        bytes.extend(44_100_u32.to_le_bytes());
        bytes.extend((44_100_u32 * 3 - 1).to_le_bytes());
        let mut tag = b"TAGTitle".to_vec();
        tag.resize(128, 0);
        bytes.extend(tag);
        let sound = read_true_audio(&mut Source::new(&bytes, bytes.len() as u64)).unwrap();
        assert_eq!(sound.length, Some(2));
        assert_eq!(sound.fields.title.as_deref(), Some("Title"));
    }

    #[test]
    fn junk_is_refused_by_every_reader() {
        type Reader = fn(&mut Source) -> Result<Sound, AudioError>;
        let readers: [(&str, Reader); 4] = [
            ("ape", read_ape),
            ("wavpack", read_wavpack),
            ("musepack", read_musepack),
            ("true audio", read_true_audio),
        ];
        for (name, read) in readers {
            for junk in [
                vec![],
                vec![0; 3000],
                vec![0xff; 3000],
                b"MAC wvpkMP+".to_vec(),
            ] {
                let read = read(&mut Source::new(&junk, junk.len() as u64));
                assert!(read.is_err(), "{name}: {:?} {read:?}", junk.first());
            }
        }
    }
}
