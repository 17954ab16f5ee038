//! MPEG audio (mp3, mp2, mp1) and AAC in ADTS frames.
//!
//! In: a file. Out: its [`Sound`]. Its tag is the ID3v2 tag if that says anything, else the APE
//! tag, else the ID3v1 tag: one of them whole (rule S6).

use avalon_core::database::SoundProperties;
use lofty::aac::AacFile;
use lofty::file::AudioFile;
use lofty::id3::v1::Id3v1Tag;
use lofty::mpeg::{Layer, MpegFile};

use crate::reader::Source;
use crate::tags::id3v2_frames::{self, Frames as TagFrames};
use crate::tags::{Tag, ape, id3v1, id3v2, id3v2_header};

use super::fingerprint;
use super::format::{Format, container};
use super::lofty_file::{TAGS_DAMAGED, after_tags, milliseconds, open, open_tags, tags_around};
use super::mpeg_frames::{self, Frames};
use super::mpeg_length;
use super::sound::{AudioError, Sound, known};

/// Reads MPEG audio.
///
/// # Errors
/// lofty's; [`AudioError::Damaged`] where nothing is left but the tag, and without that
/// [`AudioError::NoFrames`].
pub fn read(source: &mut Source) -> Result<Sound, AudioError> {
    let at = id3v2_header::start(source)?;
    let id3v2 = id3v2_frames::read(source, at)?;
    let is_tagged = id3v2.is_some();
    let start = id3v2.as_ref().map_or(0, |tag| tag.end);
    let end = fingerprint::tags_start(source)?;
    let fingerprint = fingerprint::of(source, start, end);
    let stream = mpeg_frames::find(source, start, Frames::Mpeg)?;
    let length = mpeg_length::read(source, start)?;
    let opened = match stream.is_there {
        true => open::<MpegFile>(&mut after_tags(source, start)),
        false => Err(no_frames(is_tagged)),
    };
    let (file, damage) = match opened {
        Ok(opened) => opened,
        Err(error) if length.is_none() => return Err(error),
        // One frame with a table, or frames that are not alike: the original read them.
        Err(_) => {
            let mut view = tags_around(source, start, (stream.start, end));
            (open_tags(&mut view)?, None)
        }
    };
    let damage = damage.or(tag_damage(id3v2.as_ref()));
    let tag = Tag::first_of([
        id3v2.map(|tag| id3v2::read(&tag.frames)),
        file.ape().map(ape::read),
        id3v1_tag(file.id3v1(), source)?,
    ]);
    let measured = file.properties();
    let properties = SoundProperties {
        format: container(Format::Mpeg),
        codec: Some(match measured.layer() {
            Layer::Layer1 => "mp1",
            Layer::Layer2 => "mp2",
            Layer::Layer3 => "mp3",
        }),
        bitrate: known(measured.audio_bitrate()),
        sample_rate: known(measured.sample_rate()),
        channels: known(measured.channels()),
        length_ms: length.or_else(|| milliseconds(measured.duration())),
    };
    Ok(Sound::new(tag, properties, fingerprint, damage))
}

/// Reads AAC.
///
/// # Errors
/// As [`read`].
pub fn read_aac(source: &mut Source) -> Result<Sound, AudioError> {
    let at = id3v2_header::start(source)?;
    let id3v2 = id3v2_frames::read(source, at)?;
    let is_tagged = id3v2.is_some();
    let start = id3v2.as_ref().map_or(0, |tag| tag.end);
    if !mpeg_frames::find(source, start, Frames::Adts)?.is_there {
        return Err(no_frames(is_tagged));
    }
    let (file, damage) = open::<AacFile>(&mut after_tags(source, start))?;
    let damage = damage.or(tag_damage(id3v2.as_ref()));
    let tag = Tag::first_of([
        id3v2.map(|tag| id3v2::read(&tag.frames)),
        id3v1_tag(file.id3v1(), source)?,
    ]);
    let end = fingerprint::tags_start(source)?;
    let measured = file.properties();
    let properties = SoundProperties {
        format: container(Format::Aac),
        codec: Some("aac"),
        bitrate: known(measured.audio_bitrate()),
        sample_rate: known(measured.sample_rate()),
        channels: known(measured.channels()),
        length_ms: milliseconds(measured.duration()),
    };
    let fingerprint = fingerprint::of(source, start, end);
    Ok(Sound::new(tag, properties, fingerprint, damage))
}

/// What to say where nothing follows the tag.
fn no_frames(is_tagged: bool) -> AudioError {
    match is_tagged {
        true => AudioError::Damaged("there are tags in it, but no sound: it was cut"),
        false => AudioError::NoFrames,
    }
}

/// What to say of a tag with a frame that could not be undone, or with more than is read.
pub(super) fn tag_damage(tag: Option<&TagFrames>) -> Option<&'static str> {
    match tag? {
        tag if tag.is_damaged => Some(TAGS_DAMAGED),
        tag if tag.is_cut => Some("its tags are larger than what is read of them"),
        _ => None,
    }
}

/// What the ID3v1 tag that lofty found says.
pub(super) fn id3v1_tag(
    tag: Option<&Id3v1Tag>,
    source: &mut Source,
) -> Result<Option<Tag>, AudioError> {
    let Some(tag) = tag else {
        return Ok(None);
    };
    let bytes = source.array(source.len().saturating_sub(id3v1::SIZE))?;
    Ok(bytes.map(|bytes| id3v1::read(tag, &bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of MPEG 1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes, 1152 samples.
    fn frame() -> Vec<u8> {
        let mut frame = vec![0xff, 0xfb, 0x90, 0x44];
        frame.resize(417, 0);
        frame
    }

    /// A tag with a title, and chapters within chapters, which lofty's reader follows until the stack
    /// of a thread is full.
    fn deep_tag() -> Vec<u8> {
        const CHAPTER: u32 = 28;
        const DEPTH: u32 = 500;
        let spread =
            |size: u32| [size >> 21, size >> 14, size >> 7, size].map(|bits| bits as u8 & 0x7f);
        let mut body = b"TIT2\0\0\0\x02\0\0\x03x".to_vec();
        for depth in (1..=DEPTH).rev() {
            body.extend(b"CHAP");
            body.extend(spread(depth * CHAPTER - 10));
            body.extend(b"\0\0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        }
        [&b"ID3\x04\0\0"[..], &spread(body.len() as u32), &body].concat()
    }

    #[test]
    fn no_place_of_a_tag_lets_lofty_follow_its_chapters() {
        let ape = [
            &b"APETAGEX\xd0\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\xa0"[..],
            &[0; 40],
        ]
        .concat();
        let empty = b"ID3\x04\0\0\0\0\0\0";
        for (name, before, title) in [
            ("at the beginning", vec![], Some("x")),
            ("behind zeros", vec![0; 100], Some("x")),
            ("behind junk", vec![7; 100], Some("x")),
            ("behind many zeros", vec![0; 5000], None),
            ("behind an APE tag", ape.clone(), Some("x")),
            (
                "behind a tag and an APE tag",
                [&empty[..], &ape].concat(),
                None,
            ),
            (
                "behind a tag and zeros",
                [&empty[..], &[0; 100]].concat(),
                None,
            ),
        ] {
            let bytes = [before, deep_tag(), frame().repeat(4)].concat();
            let mut source = Source::new(&bytes, bytes.len() as u64);
            let found = read(&mut source).ok().and_then(|sound| sound.fields.title);
            assert_eq!(found.as_deref(), title, "{name}");
            let mut source = Source::new(&bytes, bytes.len() as u64);
            // What matters is that it comes back.
            let _ = read_aac(&mut source);
        }
    }

    #[test]
    fn one_tag_counts_whole() {
        let id3 = |id: &[u8]| {
            let frame = [id, b"\0\0\0\x02\0\0\x03x"].concat();
            [&b"ID3\x03\0\0\0\0\0\x0c"[..], &frame].concat()
        };
        let ape = [
            &b"\x01\0\0\0\0\0\0\0Title\0a"[..],
            b"APETAGEX\xd0\x07\0\0\x2f\0\0\0\x01\0\0\0\0\0\0\0",
            &[0; 8],
        ]
        .concat();
        let mut v1 = b"TAG1".to_vec();
        v1.resize(128, 0);
        let title = |parts: &[&[u8]]| {
            let bytes = parts.concat();
            let mut source = Source::new(&bytes, bytes.len() as u64);
            read(&mut source).unwrap().fields.title
        };
        let sound = frame().repeat(5);
        for (name, parts, expected) in [
            (
                "all three",
                &[&id3(b"TIT2")[..], &sound, &ape, &v1][..],
                Some("x"),
            ),
            ("no mixing", &[&id3(b"TPE1"), &sound, &ape, &v1], None),
            (
                "says nothing",
                &[&id3(b"TSSE"), &sound, &ape, &v1],
                Some("a"),
            ),
            ("APE and v1", &[&sound, &ape, &v1], Some("a")),
            ("v1", &[&sound, &v1], Some("1")),
            ("none", &[&sound], None),
        ] {
            assert_eq!(title(parts).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn lengths_are_the_originals_where_lofty_has_others() {
        // 77 frames are 2.011 s; LAME says that it added 1576 samples.
        let mut first = frame();
        let mut table = b"Info\0\0\0\x03".to_vec();
        table.extend(77_u32.to_be_bytes());
        table.extend((78_u32 * 417).to_be_bytes());
        table.extend(b"LAME3.99r");
        table.resize(table.len() + 27, 0);
        let at = table.len() - 15;
        table[at..at + 3].copy_from_slice(&[0x24, 0x03, 0xe8]);
        first[36..36 + table.len()].copy_from_slice(&table);
        let bytes = [first, frame().repeat(77)].concat();
        let mut source = Source::new(&bytes, bytes.len() as u64);
        let mut view = after_tags(&mut source, 0);
        let (file, _) = open::<MpegFile>(&mut view).unwrap();
        assert_eq!(file.properties().duration().as_secs(), 2, "lofty");
        assert_eq!(read(&mut source).unwrap().length, Some(1));
    }

    #[test]
    fn what_has_no_frames_says_so() {
        let text: Vec<u8> = "\u{feff}a text"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let tag = b"ID3\x03\0\0\0\0\0\x0cTIT2\0\0\0\x02\0\0\0x";
        for (name, bytes, is_tagged) in [
            ("UTF-16", text, false),
            ("all bits", vec![0xff; 3000], false),
            ("text", b"text".to_vec(), false),
            ("nothing", vec![], false),
            ("zeros", vec![0; 3000], false),
            ("half a frame", frame()[..200].to_vec(), false),
            ("a tag", tag.to_vec(), true),
            (
                "a tag and half a frame",
                [tag, &frame()[..200]].concat(),
                true,
            ),
        ] {
            for read in [read, read_aac] {
                let error = read(&mut Source::new(&bytes, bytes.len() as u64)).unwrap_err();
                let said = match error {
                    AudioError::NoFrames => false,
                    AudioError::Damaged(said) => said.contains("there are tags"),
                    other => panic!("{name}: {other}"),
                };
                assert_eq!(said, is_tagged, "{name}");
            }
        }
    }

    #[test]
    fn aac_is_read() {
        let mut frame = vec![0xff, 0xf1, 0x50, 0x80, 0x19, 0x1f, 0xfc];
        frame.resize(200, 0);
        let tag = b"ID3\x03\0\0\0\0\0\x0cTIT2\0\0\0\x02\0\0\0x".to_vec();
        let bytes = [tag, frame.repeat(87)].concat();
        let sound = read_aac(&mut Source::new(&bytes, bytes.len() as u64)).unwrap();
        assert_eq!(sound.fields.title.as_deref(), Some("x"));
        assert_eq!(sound.length, Some(2));
    }
}
