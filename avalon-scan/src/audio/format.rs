//! Which format a file is of: by its content first, by its name second.
//!
//! In: the bytes of a file, or its path. Out: a [`Format`], or nothing, which is what a picture or a
//! text is. A name alone makes a file worth a complaint when it cannot be read; it never stops a
//! file from being read as what it is.

use std::io::{self, Seek, SeekFrom};
use std::path::Path;

use lofty::config::ParseOptions;
pub use lofty::file::FileType as Format;
use lofty::probe::Probe;

use crate::reader::Source;
use crate::tags::id3v2_header;

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
    let extension = extension.to_ascii_lowercase();
    Extension::Audio(match extension.as_str() {
        // Most of these are films.
        "mp4" | "m4v" | "3gp" => return Extension::Other,
        "mpga" => Format::Mpeg,
        "adts" => Format::Aac,
        "oga" => Format::Vorbis,
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
        "tta" => return Extension::Unsupported("True Audio"),
        other => match Format::from_ext(other) {
            Some(format) => format,
            None => return Extension::Other,
        },
    })
}

/// The format by the content of a file; `None` for what does not begin as sound does.
///
/// # Errors
/// The file's.
pub fn sniff(source: &mut Source) -> io::Result<Option<Format>> {
    let is_tagged = id3v2_header::end(source, 0)? > 0;
    let head = source.piece(0, 12)?;
    // After a tag there may be junk; without one, junk is no sound.
    let junk = if is_tagged {
        ParseOptions::DEFAULT_MAX_JUNK_BYTES
    } else {
        0
    };
    source.seek(SeekFrom::Start(0))?;
    let probe = Probe::new(&mut *source).options(ParseOptions::new().max_junk_bytes(junk));
    Ok(match probe.guess_file_type()?.file_type() {
        // What begins with a tag is MPEG audio, unless it says what else it is.
        None if is_tagged => Some(Format::Mpeg),
        // lofty takes three letters, which is how a text may begin, ...
        Some(Format::Ape) if !is_tagged && !head.starts_with(b"MAC ") => None,
        // ... and pictures for MP4.
        Some(Format::Mp4) if PICTURE_BRANDS.iter().any(|brand| head.ends_with(*brand)) => None,
        guess => guess,
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

    fn ogg(packet: &[u8]) -> Vec<u8> {
        [&b"OggS\0\x02"[..], &[0; 20], b"\x01\x1e", packet].concat()
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
            ("vorbis", ogg(b"\x01vorbis\0"), Some(Format::Vorbis)),
            ("opus", ogg(b"OpusHead"), Some(Format::Opus)),
            ("theora", ogg(b"\x80theora\0"), None),
            ("m4a", b"\0\0\0\x20ftypM4A ".to_vec(), Some(Format::Mp4)),
            ("heic", b"\0\0\0\x20ftypheic".to_vec(), None),
            ("aiff", b"FORM\0\0\0\0AIFC".to_vec(), Some(Format::Aiff)),
            ("picture in IFF", b"FORM\0\0\0\0ILBM".to_vec(), None),
            ("wav", b"RIFF\0\0\0\0WAVE".to_vec(), Some(Format::Wav)),
            ("webp", b"RIFF\0\0\0\0WEBP".to_vec(), None),
            (
                "ape",
                b"MAC \x96\x0f\0\0\0\0\0\0".to_vec(),
                Some(Format::Ape),
            ),
            (
                "wavpack",
                b"wvpk\0\0\0\0\0\0\0\0".to_vec(),
                Some(Format::WavPack),
            ),
            (
                "musepack 7",
                b"MP+\x07\0\0\0\0\0\0\0\0".to_vec(),
                Some(Format::Mpc),
            ),
            (
                "musepack 8",
                b"MPCKSH\0\0\0\0\0\0".to_vec(),
                Some(Format::Mpc),
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
            (
                "text that begins as Monkey's Audio",
                b"MACBETH, a play".to_vec(),
                None,
            ),
            ("jpeg", jpeg, None),
            ("png", b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec(), None),
            ("text", b"ID3 tags are text".to_vec(), None),
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
            ("/m/.hidden.ogg", Extension::Audio(Format::Vorbis)),
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
