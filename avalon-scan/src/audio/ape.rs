//! Monkey's Audio, WavPack and Musepack: formats with APE tags.
//!
//! In: a file. Out: its [`Sound`], with the APE tag, or where that says nothing, an ID3 tag.

use avalon_core::database::SoundProperties;
use lofty::ape::{ApeFile, ApeTag};
use lofty::file::AudioFile;
use lofty::id3::v1::Id3v1Tag;
use lofty::musepack::{MpcFile, MpcProperties};
use lofty::wavpack::WavPackFile;

use crate::reader::Source;
use crate::tags::id3v2_frames::{self, Frames};
use crate::tags::{Tag, ape, id3v2};
use crate::view::View;

use super::fingerprint;
use super::format::{Format, container};
use super::lofty_file::{milliseconds, open};
use super::mpeg::{id3v1_tag, tag_damage};
use super::sound::{AudioError, Sound, known};

/// Reads a Monkey's Audio file.
///
/// # Errors
/// lofty's.
pub fn read_ape(source: &mut Source) -> Result<Sound, AudioError> {
    let id3v2 = id3v2_frames::read(source, 0)?;
    let start = id3v2.as_ref().map_or(0, |tag| tag.end);
    let mut view = View::from(source, start, Vec::new());
    let (file, damage) = open::<ApeFile>(&mut view)?;
    let measured = file.properties();
    let properties = SoundProperties {
        format: container(Format::Ape),
        codec: Some("ape"),
        bitrate: known(measured.bitrate()),
        sample_rate: known(measured.sample_rate()),
        channels: known(measured.channels()),
        length_ms: milliseconds(measured.duration()),
    };
    let damage = damage.or(tag_damage(id3v2.as_ref()));
    let tag = tag(file.ape(), id3v2.as_ref(), file.id3v1(), source)?;
    let end = fingerprint::tags_start(source)?;
    let fingerprint = fingerprint::of(source, start, end);
    Ok(Sound::new(tag, properties, fingerprint, damage))
}

/// Reads a WavPack file.
///
/// # Errors
/// lofty's; [`AudioError::Damaged`] for junk, which lofty takes for WavPack of unknown length.
pub fn read_wavpack(source: &mut Source) -> Result<Sound, AudioError> {
    if source.array::<4>(0)?.as_ref() != Some(b"wvpk") {
        return Err(AudioError::Damaged("it does not begin as WavPack does"));
    }
    let mut view = View::new(source, Vec::new());
    let (file, damage) = open::<WavPackFile>(&mut view)?;
    let measured = file.properties();
    let properties = SoundProperties {
        format: container(Format::WavPack),
        codec: Some("wavpack"),
        bitrate: known(measured.audio_bitrate()),
        sample_rate: known(measured.sample_rate()),
        channels: known(measured.channels()),
        length_ms: milliseconds(measured.duration()),
    };
    let tag = tag(file.ape(), None, file.id3v1(), source)?;
    let end = fingerprint::tags_start(source)?;
    let fingerprint = fingerprint::of(source, 0, end);
    Ok(Sound::new(tag, properties, fingerprint, damage))
}

/// Reads a Musepack file, stream versions 4 to 8.
///
/// # Errors
/// lofty's.
pub fn read_musepack(source: &mut Source) -> Result<Sound, AudioError> {
    let id3v2 = id3v2_frames::read(source, 0)?;
    let start = id3v2.as_ref().map_or(0, |tag| tag.end);
    let mut view = View::from(source, start, Vec::new());
    let (file, damage) = open::<MpcFile>(&mut view)?;
    let (bitrate, sample_rate, channels, duration) = match file.properties() {
        MpcProperties::Sv8(of) => (
            of.average_bitrate(),
            of.sample_rate(),
            of.channels(),
            of.duration(),
        ),
        MpcProperties::Sv7(of) => (
            of.average_bitrate(),
            of.sample_rate(),
            of.channels(),
            of.duration(),
        ),
        MpcProperties::Sv4to6(of) => (
            of.average_bitrate(),
            of.sample_rate(),
            of.channels(),
            of.duration(),
        ),
    };
    let properties = SoundProperties {
        format: container(Format::Mpc),
        codec: Some("musepack"),
        bitrate: known(bitrate),
        sample_rate: known(sample_rate),
        channels: known(channels),
        length_ms: milliseconds(duration),
    };
    let damage = damage.or(tag_damage(id3v2.as_ref()));
    let tag = tag(file.ape(), id3v2.as_ref(), file.id3v1(), source)?;
    let end = fingerprint::tags_start(source)?;
    let fingerprint = fingerprint::of(source, start, end);
    Ok(Sound::new(tag, properties, fingerprint, damage))
}

fn tag(
    ape: Option<&ApeTag>,
    id3v2: Option<&Frames>,
    id3v1: Option<&Id3v1Tag>,
    source: &mut Source,
) -> Result<Tag, AudioError> {
    Ok(Tag::first_of([
        ape.map(ape::read),
        id3v2.map(|tag| id3v2::read(&tag.frames)),
        id3v1_tag(id3v1, source)?,
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_is_refused_by_every_reader() {
        type Reader = fn(&mut Source) -> Result<Sound, AudioError>;
        let readers: [(&str, Reader); 3] = [
            ("ape", read_ape),
            ("wavpack", read_wavpack),
            ("musepack", read_musepack),
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
