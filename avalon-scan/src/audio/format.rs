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

/// A format that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// lofty's name for it.
    pub format: Format,
    /// The container, as [`avalon_core::database::SoundProperties`] names it.
    pub container: &'static str,
    /// What users call it.
    pub name: &'static str,
    /// The extensions that such files usually have, in lower case.
    pub extensions: &'static [&'static str],
}

/// Every format that can be read. Of the extensions of MP4, those that most films have promise no
/// sound, and are not listed.
#[rustfmt::skip]
const KNOWN: [Known; 12] = [
    known(Format::Mpeg, "mp3", "MPEG audio, layers I to III", &["mp3", "mp2", "mp1", "mpga"]),
    known(Format::Aac, "aac", "AAC (ADTS)", &["aac", "adts"]),
    known(Format::Flac, "flac", "FLAC", &["flac"]),
    known(Format::Vorbis, "ogg", "Ogg Vorbis", &["ogg", "oga"]),
    known(Format::Opus, "ogg", "Ogg Opus", &["opus"]),
    known(Format::Speex, "ogg", "Ogg Speex", &["spx"]),
    known(Format::Mp4, "mp4", "MP4 with AAC, ALAC or other sound", &["m4a", "m4b", "m4p", "m4r"]),
    known(Format::Aiff, "aiff", "AIFF, AIFF-C", &["aif", "aiff", "aifc", "afc"]),
    known(Format::Wav, "wav", "WAV", &["wav", "wave"]),
    known(Format::Ape, "ape", "Monkey's Audio", &["ape"]),
    known(Format::WavPack, "wavpack", "WavPack", &["wv"]),
    known(Format::Mpc, "musepack", "Musepack", &["mpc", "mp+", "mpp"]),
];

const fn known(
    format: Format,
    container: &'static str,
    name: &'static str,
    extensions: &'static [&'static str],
) -> Known {
    Known {
        format,
        container,
        name,
        extensions,
    }
}

/// Every format that can be read.
pub fn formats() -> &'static [Known] {
    &KNOWN
}

/// The container of a format.
pub(super) fn container(format: Format) -> &'static str {
    let known = KNOWN.iter().find(|known| known.format == format);
    known.map_or("", |known| known.container)
}

/// Sound of formats that cannot be read, by extension.
const UNSUPPORTED: [(&str, &str); 19] = [
    ("wma", "Windows Media Audio"),
    ("dsf", "DSD"),
    ("dff", "DSD"),
    ("ofr", "OptimFROG"),
    ("ofs", "OptimFROG"),
    ("mka", "Matroska"),
    ("ac3", "Dolby Digital"),
    ("eac3", "Dolby Digital"),
    ("dts", "DTS"),
    ("ra", "RealAudio"),
    ("ram", "RealAudio"),
    ("au", "Sun audio"),
    ("snd", "Sun audio"),
    ("caf", "Core Audio"),
    ("tak", "TAK"),
    ("shn", "Shorten"),
    ("amr", "AMR"),
    ("awb", "AMR"),
    ("tta", "True Audio"),
];

/// Types of pictures and video without sound that share MP4's structure.
const PICTURE_BRANDS: [&[u8; 4]; 9] = [
    b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis",
];

/// The format by the extension of a path, in any case.
pub fn extension(path: &Path) -> Extension {
    let Some(extension) = path.extension().and_then(|extension| extension.to_str()) else {
        return Extension::Other;
    };
    let is = |other: &&str| extension.eq_ignore_ascii_case(other);
    let mut known = KNOWN.iter();
    let mut unsupported = UNSUPPORTED.iter();
    if let Some(known) = known.find(|known| known.extensions.iter().any(is)) {
        Extension::Audio(known.format)
    } else if let Some((_, name)) = unsupported.find(|(other, _)| is(other)) {
        Extension::Unsupported(name)
    } else {
        Extension::Other
    }
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
    fn every_extension_of_lofty_is_known() {
        // Those of films with sound, and lofty has no other name for them.
        let films = ["mp4", "m4v", "3gp"];
        for extension in lofty::file::EXTENSIONS {
            let path = format!("a.{extension}");
            let expected = match films.contains(extension) {
                true => Extension::Other,
                false => Extension::Audio(Format::from_ext(extension).unwrap()),
            };
            assert_eq!(super::extension(Path::new(&path)), expected, "{path}");
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
