//! The sound of the files: a few clips a format, encoded once by ffmpeg, without tags.
//!
//! In: a kind of collection. Out: the bytes of each clip. Real clips are 3 to 10 s of a sweeping tone
//! with faint noise; tiny ones are a tenth of a second of silence, as MP3 (3 frames) and FLAC.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::collection::Kind;

/// A container with its codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// ID3v2.3 in front.
    Mp3V3,
    /// ID3v2.4 in front.
    Mp3V4,
    Flac,
    M4a,
    Ogg,
    Opus,
}

/// What is encoded: the extension, and ffmpeg's options.
const ENCODERS: [(&str, &str); 5] = [
    ("mp3", "-c:a libmp3lame -b:a 128k -id3v2_version 0"),
    ("flac", "-c:a flac -sample_fmt s16"),
    ("m4a", "-c:a aac -b:a 128k -movflags +faststart"),
    ("ogg", "-c:a libvorbis -q:a 4"),
    ("opus", "-c:a libopus -b:a 96k"),
];

/// The same for tiny clips: no headers that are larger than the sound.
const TINY: [(&str, &str); 2] = [
    (
        "mp3",
        "-c:a libmp3lame -b:a 32k -write_xing 0 -id3v2_version 0",
    ),
    (
        "flac",
        "-c:a flac -sample_fmt s16 -metadata_header_padding 0",
    ),
];

const SECONDS: [f64; 5] = [3.0, 4.0, 6.0, 8.0, 10.0];

/// The clips of a kind of collection.
pub(crate) struct Clips(Vec<(&'static str, Vec<Vec<u8>>)>);

impl Format {
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Mp3V3 | Self::Mp3V4 => "mp3",
            Self::Flac => "flac",
            Self::M4a => "m4a",
            Self::Ogg => "ogg",
            Self::Opus => "opus",
        }
    }
}

impl Clips {
    /// Encodes them all, in a few seconds.
    pub(crate) fn encode(kind: Kind) -> Result<Self> {
        let found = Command::new("ffmpeg").arg("-version").output();
        found.context("ffmpeg is needed to make a collection (Debian: apt-get install ffmpeg)")?;
        let folder = tempfile::tempdir()?;
        let (encoders, seconds): (&[_], &[f64]) = match kind {
            Kind::Real => (&ENCODERS, &SECONDS),
            Kind::Tiny => (&TINY, &[0.1]),
        };
        let mut clips = Vec::new();
        for (extension, options) in encoders {
            let mut of_format = Vec::new();
            for length in seconds {
                let input = match kind {
                    Kind::Real => format!(
                        "aevalsrc=0.2*sin(2*PI*(220+110*t)*t)+0.002*(random(0)-0.5)|0.2*sin(2*PI*(330-7*t)*t):s=48000:d={length}"
                    ),
                    Kind::Tiny => format!("anullsrc=r=44100:cl=mono:d={length}"),
                };
                let path = folder.path().join(format!("clip.{extension}"));
                let output = Command::new("ffmpeg")
                    .args([
                        "-hide_banner",
                        "-loglevel",
                        "error",
                        "-y",
                        "-f",
                        "lavfi",
                        "-i",
                    ])
                    .arg(input)
                    .args(["-map_metadata", "-1", "-bitexact"])
                    .args(options.split(' '))
                    .arg(&path)
                    .output()?;
                ensure!(
                    output.status.success(),
                    "ffmpeg could not make {extension}: {}",
                    String::from_utf8_lossy(&output.stderr)
                );
                of_format.push(fs::read(&path)?);
            }
            clips.push((*extension, of_format));
        }
        Ok(Self(clips))
    }

    /// A copy of the clip of this format, by any number.
    pub(crate) fn copy(&self, format: Format, number: usize) -> Result<Vec<u8>> {
        let wanted = format.extension();
        let (_, clips) = self
            .0
            .iter()
            .find(|(extension, _)| *extension == wanted)
            .with_context(|| format!("there is no clip of {wanted}"))?;
        Ok(clips[number % clips.len()].clone())
    }
}

/// Makes the sound of an MP3 or FLAC differ from that of all other files in 5 bytes, so that a file
/// can be known by its sound: within the second frame of an MP3, where a decoder hears at most a click,
/// and in the MD5 of a FLAC, which then does not fit. Pages of Ogg have checksums, and decoders stumble
/// over AAC that was tampered with: these stay as they are, so a clip's copies sound alike.
pub(crate) fn make_distinct(sound: &mut [u8], format: Format, number: usize) {
    let at = match format {
        Format::Mp3V3 | Format::Mp3V4 => second_mpeg_frame(sound).map(|frame| frame + 60),
        // Signature, header of the first block, and the 18 bytes in front of the MD5 (RFC 9639, 8.2).
        Format::Flac => Some(4 + 4 + 18),
        Format::M4a | Format::Ogg | Format::Opus => None,
    };
    let Some(target) = at.and_then(|at| sound.get_mut(at..at + 5)) else {
        return;
    };
    // Seven bits a byte: no byte looks like the start of a frame.
    for (place, byte) in target.iter_mut().enumerate() {
        *byte = (number >> (7 * place)) as u8 & 0x7f;
    }
}

/// Where the second frame of MPEG 1 layer III starts: a header is FF FB or FF FA, and differs from
/// the first in the padding bit at most.
fn second_mpeg_frame(sound: &[u8]) -> Option<usize> {
    let head = sound.get(..3)?;
    let like = |four: &[u8]| {
        four[0] == 0xff && four[1] & 0xfe == head[1] & 0xfe && four[2] & 0xf0 == head[2] & 0xf0
    };
    sound[4..].windows(4).position(like).map(|at| at + 4)
}
