//! Which format a file is of: by its content first, by its name second.
//!
//! In: the bytes of a file, or its path. Out: a [`Format`], or nothing, which is what a picture or a
//! text is. A name alone makes a file worth a complaint when it cannot be read; it never stops a
//! file from being read as what it is.

use std::io;
use std::path::Path;

use crate::reader::Source;
use crate::tags::id3v2;

use super::iff::is_wav;
use super::{adts, mpeg};

/// A format that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// MPEG audio, layers I to III: mp3.
    Mpeg,
    /// AAC in ADTS frames.
    Aac,
    /// FLAC.
    Flac,
    /// Ogg with Vorbis, Opus, Speex, FLAC or Theora.
    Ogg,
    /// MP4 with AAC, ALAC or any other sound.
    Mp4,
    /// AIFF and AIFF-C.
    Aiff,
    /// WAV, RF64 and BW64.
    Wav,
    /// Monkey's Audio.
    MonkeysAudio,
    /// WavPack.
    WavPack,
    /// Musepack.
    Musepack,
    /// True Audio.
    TrueAudio,
}

/// What the name of a file promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    /// Sound of a format that can be read.
    Audio(Format),
    /// Sound, but of a format that cannot be read; its name.
    Unsupported(&'static str),
    /// Anything else, or nothing.
    Other,
}

/// Types of pictures and video without sound that share MP4's structure.
const PICTURE_BRANDS: [&[u8; 4]; 9] = [
    b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis",
];

/// The format by the extension of a path, in any case.
pub fn extension(path: &Path) -> Extension {
    let Some(extension) = path.extension().and_then(|extension| extension.to_str()) else {
        return Extension::Other;
    };
    Extension::Audio(match extension.to_ascii_lowercase().as_str() {
        "mp3" | "mp2" | "mp1" | "mpga" => Format::Mpeg,
        "aac" | "adts" => Format::Aac,
        "flac" => Format::Flac,
        "ogg" | "oga" | "opus" | "spx" => Format::Ogg,
        "m4a" | "m4b" | "m4p" | "m4r" => Format::Mp4,
        "aif" | "aiff" | "aifc" => Format::Aiff,
        "wav" | "wave" => Format::Wav,
        "ape" => Format::MonkeysAudio,
        "wv" => Format::WavPack,
        "mpc" | "mp+" | "mpp" => Format::Musepack,
        "tta" => Format::TrueAudio,
        "wma" => return Extension::Unsupported("Windows Media Audio"),
        "dsf" | "dff" => return Extension::Unsupported("DSD"),
        "ofr" | "ofs" => return Extension::Unsupported("OptimFROG"),
        "mka" => return Extension::Unsupported("Matroska"),
        "ac3" | "eac3" => return Extension::Unsupported("Dolby Digital"),
        "dts" => return Extension::Unsupported("DTS"),
        "ra" | "ram" => return Extension::Unsupported("RealAudio"),
        "au" | "snd" => return Extension::Unsupported("Sun audio"),
        "caf" => return Extension::Unsupported("Core Audio"),
        "tak" => return Extension::Unsupported("TAK"),
        "shn" => return Extension::Unsupported("Shorten"),
        "amr" | "awb" => return Extension::Unsupported("AMR"),
        _ => return Extension::Other,
    })
}

/// The format by the content of a file; `None` for what does not begin as sound does.
///
/// # Errors
/// The file's.
pub fn sniff(source: &mut Source) -> io::Result<Option<Format>> {
    let tag_end = id3v2::end(source, 0)?;
    let head = source.piece(tag_end, 12)?;
    let found = signature(&head);
    if tag_end > 0 {
        // A tag is before MP3 unless something else says what it is. Containers have no tag
        // before them, but if there is one, their readers would not find their way.
        return Ok(Some(match found {
            Some(Format::Ogg | Format::Mp4 | Format::Wav | Format::Aiff) | None => {
                if adts::begins_at(source, tag_end)? {
                    Format::Aac
                } else {
                    Format::Mpeg
                }
            }
            Some(format) => format,
        }));
    }
    if found.is_some() || !matches!(head[..], [0xff, 0xe0..=0xff, ..]) {
        return Ok(found);
    }
    Ok(if adts::begins_at(source, 0)? {
        Some(Format::Aac)
    } else if mpeg::begins_at(source, 0)? {
        Some(Format::Mpeg)
    } else {
        None
    })
}

fn signature(head: &[u8]) -> Option<Format> {
    let head: &[u8; 12] = head.first_chunk()?;
    Some(match head {
        [b'f', b'L', b'a', b'C', ..] => Format::Flac,
        [b'O', b'g', b'g', b'S', ..] => Format::Ogg,
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if !PICTURE_BRANDS.contains(&brand) => {
            Format::Mp4
        }
        [
            b'F',
            b'O',
            b'R',
            b'M',
            _,
            _,
            _,
            _,
            b'A',
            b'I',
            b'F',
            b'F' | b'C',
        ] => Format::Aiff,
        head if is_wav(head) => Format::Wav,
        [b'M', b'A', b'C', b' ', ..] => Format::MonkeysAudio,
        [b'w', b'v', b'p', b'k', ..] => Format::WavPack,
        [b'M', b'P', b'C', b'K', ..] | [b'M', b'P', b'+', ..] => Format::Musepack,
        [b'T', b'T', b'A', b'1' | b'2', ..] => Format::TrueAudio,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mpeg_frames() -> Vec<u8> {
        let mut frame = vec![0xff, 0xfb, 0x90, 0xc4];
        frame.resize(417, 0);
        frame.repeat(4)
    }

    fn aac_frames() -> Vec<u8> {
        let mut frame = vec![0xff, 0xf1, 0x50, 0x80, 0x06, 0x5f, 0xfc];
        frame.resize(50, 0);
        frame.repeat(4)
    }

    #[test]
    fn content_tells_the_format() {
        let tag = b"ID3\x03\0\0\0\0\0\x02\0\0".to_vec();
        let after = |bytes: &[u8]| [&tag[..], bytes].concat();
        let jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01".repeat(20);
        for (name, bytes, expected) in [
            (
                "flac",
                b"fLaC\0\0\0\x22\0\0\0\0".to_vec(),
                Some(Format::Flac),
            ),
            ("ogg", b"OggS\0\x02\0\0\0\0\0\0".to_vec(), Some(Format::Ogg)),
            ("m4a", b"\0\0\0\x20ftypM4A ".to_vec(), Some(Format::Mp4)),
            ("heic", b"\0\0\0\x20ftypheic".to_vec(), None),
            ("aiff", b"FORM\0\0\0\0AIFC".to_vec(), Some(Format::Aiff)),
            ("picture in IFF", b"FORM\0\0\0\0ILBM".to_vec(), None),
            ("wav", b"RIFF\0\0\0\0WAVE".to_vec(), Some(Format::Wav)),
            ("webp", b"RIFF\0\0\0\0WEBP".to_vec(), None),
            (
                "ape",
                b"MAC \x96\x0f\0\0\0\0\0\0".to_vec(),
                Some(Format::MonkeysAudio),
            ),
            (
                "wavpack",
                b"wvpk\0\0\0\0\0\0\0\0".to_vec(),
                Some(Format::WavPack),
            ),
            (
                "musepack 7",
                b"MP+\x07\0\0\0\0\0\0\0\0".to_vec(),
                Some(Format::Musepack),
            ),
            (
                "musepack 8",
                b"MPCKSH\0\0\0\0\0\0".to_vec(),
                Some(Format::Musepack),
            ),
            (
                "true audio",
                b"TTA1\x01\0\x02\0\0\0\0\0".to_vec(),
                Some(Format::TrueAudio),
            ),
            ("mp3", mpeg_frames(), Some(Format::Mpeg)),
            ("aac", aac_frames(), Some(Format::Aac)),
            ("tagged mp3", after(&mpeg_frames()), Some(Format::Mpeg)),
            ("tagged aac", after(&aac_frames()), Some(Format::Aac)),
            (
                "tagged flac",
                after(b"fLaC\0\0\0\x22\0\0\0\0"),
                Some(Format::Flac),
            ),
            ("a tag alone", tag.clone(), Some(Format::Mpeg)),
            ("one frame", mpeg_frames()[..500].to_vec(), None),
            ("jpeg", jpeg, None),
            ("png", b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec(), None),
            ("text", b"ID3 tags are text".to_vec(), None),
            ("all bits", vec![0xff; 5000], None),
            ("empty", vec![], None),
        ] {
            let mut source = Source::new(&bytes, bytes.len() as u64);
            assert_eq!(sniff(&mut source).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn names_tell_what_is_missed() {
        for (path, expected) in [
            ("/m/a.mp3", Extension::Audio(Format::Mpeg)),
            ("/m/a.FLAC", Extension::Audio(Format::Flac)),
            ("/m/.hidden.ogg", Extension::Audio(Format::Ogg)),
            ("/m/a.wma", Extension::Unsupported("Windows Media Audio")),
            ("/m/a.mp3.txt", Extension::Other),
            ("/m/cover.jpg", Extension::Other),
            ("/m/clip.mp4", Extension::Other),
            ("/m/mp3", Extension::Other),
            ("/m/.mp3", Extension::Other),
        ] {
            assert_eq!(extension(Path::new(path)), expected, "{path}");
        }
    }
}
