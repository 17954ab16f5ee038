//! Monkey's Audio, WavPack and Musepack: formats with APE tags.
//!
//! In: a file. Out: its [`Sound`], with the APE tag, or where that says nothing, an ID3 tag.

use lofty::ape::{ApeFile, ApeTag};
use lofty::file::AudioFile;
use lofty::id3::v1::Id3v1Tag;
use lofty::id3::v2::Id3v2Tag;
use lofty::musepack::{MpcFile, MpcProperties};
use lofty::wavpack::WavPackFile;

use crate::reader::Source;
use crate::tags::{Fields, ape, id3v2, id3v2_frames};
use crate::view::View;

use super::lofty_file::{first_of, open, seconds};
use super::mpeg::id3v1_fields;
use super::sound::{AudioError, Sound};

/// Reads a Monkey's Audio file.
///
/// # Errors
/// lofty's.
pub fn read_ape(source: &mut Source) -> Result<Sound, AudioError> {
    let patch = id3v2_frames::patch(source, 0)?;
    let mut view = View::new(source, patch.into_iter().collect());
    let (file, damage) = open::<ApeFile>(&mut view)?;
    Ok(Sound {
        fields: fields(file.ape(), file.id3v2(), file.id3v1(), source)?,
        length: seconds(file.properties().duration()),
        damage,
    })
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
    Ok(Sound {
        fields: fields(file.ape(), None, file.id3v1(), source)?,
        length: seconds(file.properties().duration()),
        damage,
    })
}

/// Reads a Musepack file, stream versions 4 to 8.
///
/// # Errors
/// lofty's.
pub fn read_musepack(source: &mut Source) -> Result<Sound, AudioError> {
    let patch = id3v2_frames::patch(source, 0)?;
    let mut view = View::new(source, patch.into_iter().collect());
    let (file, damage) = open::<MpcFile>(&mut view)?;
    let duration = match file.properties() {
        MpcProperties::Sv8(properties) => properties.duration(),
        MpcProperties::Sv7(properties) => properties.duration(),
        MpcProperties::Sv4to6(properties) => properties.duration(),
    };
    Ok(Sound {
        fields: fields(file.ape(), file.id3v2(), file.id3v1(), source)?,
        length: seconds(duration),
        damage,
    })
}

fn fields(
    ape: Option<&ApeTag>,
    id3v2: Option<&Id3v2Tag>,
    id3v1: Option<&Id3v1Tag>,
    source: &mut Source,
) -> Result<Fields, AudioError> {
    Ok(first_of([
        ape.map(ape::fields),
        id3v2.map(id3v2::fields),
        id3v1_fields(id3v1, source)?,
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
