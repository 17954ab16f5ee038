//! AIFF and WAV: chunks in a file.
//!
//! In: a file. Out: its [`Sound`]. Tags are those of an ID3 chunk, else the texts that the formats
//! have themselves (RIFF INFO; `NAME` and `AUTH`), else none.
//!
//! Chunks are walked here for an ID3 tag, which is read here and hidden from lofty, for where the
//! samples lie, and for a size that fits the file, since lofty passes over a chunk that claims to be
//! longer, which recorders that were switched off leave behind. A file without samples, which it refuses, is kept as the original did
//! (`w.aiff` in the contract).

use std::io;
use std::time::Duration;

use avalon_core::database::SoundProperties;
use lofty::file::AudioFile;
use lofty::iff::aiff::{AiffCompressionType, AiffFile};
use lofty::iff::wav::{WavFile, WavFormat};

use crate::reader::Source;
use crate::tags::id3v2_frames::{self, Frames};
use crate::tags::{Tag, id3v2, iff};
use crate::view::{Patch, View};

use super::fingerprint;
use super::format::{Format, container};
use super::lofty_file::{TAGS_DAMAGED, milliseconds, open, open_tags};
use super::mpeg::tag_damage;
use super::sound::{AudioError, Sound, known};

/// Chunks of one file; the largest sample libraries have some hundreds.
const MOST_CHUNKS: usize = 100_000;

/// Patches of one file, of which a sound one needs two: a file of nothing but tags is made to
/// keep the scan busy, and gets no more of them.
const MOST_PATCHES: usize = 1000;

/// What a walk over the chunks found.
#[derive(Default)]
struct Chunks {
    patches: Vec<Patch>,
    /// Whether the chunk is there that says what the sound is.
    has_format: bool,
    /// Where the chunk of samples begins, and its size.
    samples: Option<(u64, u64)>,
    /// The first ID3 tag.
    id3v2: Option<Frames>,
    /// Whether a chunk that should hold a tag does not.
    is_damaged: bool,
}

impl Chunks {
    /// Whether it is a file of sound, and has none.
    fn is_empty(&self) -> bool {
        self.has_format && self.samples.is_none_or(|(_, size)| size == 0)
    }

    /// The length in milliseconds: nothing is 0 of them long.
    fn length(&self, duration: Duration) -> Option<i64> {
        milliseconds(duration).or(self.is_empty().then_some(0))
    }

    /// The tag that counts.
    fn tag(&self, own: Option<Tag>) -> Tag {
        let id3v2 = self.id3v2.as_ref();
        Tag::first_of([id3v2.map(|tag| id3v2::read(&tag.frames)), own])
    }

    fn damage(&self) -> Option<&'static str> {
        let damage = self.is_damaged.then_some(TAGS_DAMAGED);
        damage.or(tag_damage(self.id3v2.as_ref()))
    }

    /// The fingerprint of the samples.
    fn fingerprint(&self, source: &mut Source) -> Option<[u8; 16]> {
        let (start, size) = self.samples?;
        let end = start.saturating_add(size).min(source.len());
        fingerprint::of(source, start, end)
    }
}

/// Walks over the chunks.
fn walk(
    source: &mut Source,
    size_of: fn([u8; 4]) -> u32,
    bytes_of: fn(u32) -> [u8; 4],
) -> io::Result<Chunks> {
    let mut chunks = Chunks::default();
    let mut has_tag = false;
    let mut at = 12;
    for _ in 0..MOST_CHUNKS {
        if chunks.patches.len() >= MOST_PATCHES {
            break;
        }
        let Some([a, b, c, d, size @ ..]) = source.array::<8>(at)? else {
            break;
        };
        let data = at + 8;
        let size = u64::from(size_of(size));
        let there = source.len() - data;
        if size > there {
            let fitting = bytes_of(u32::try_from(there).unwrap_or(u32::MAX));
            chunks.patches.push(Patch::exact(at + 4, &fitting));
        }
        match &[a, b, c, d] {
            b"COMM" => chunks.has_format |= size >= 18,
            b"fmt " => chunks.has_format |= size >= 16,
            b"SSND" | b"data" => chunks.samples = Some((data, size)),
            b"ID3 " | b"id3 " => {
                chunks.patches.push(Patch::exact(at, b"JUNK"));
                if !has_tag {
                    has_tag = true;
                    chunks.id3v2 = id3v2_frames::read(source, data)?;
                    chunks.is_damaged = chunks.id3v2.is_none() && size > 0;
                }
            }
            _ => {}
        }
        // Chunks begin at even positions.
        at = data + size + size % 2;
    }
    Ok(chunks)
}

/// Reads an AIFF or AIFF-C file.
///
/// # Errors
/// lofty's.
pub fn read_aiff(source: &mut Source) -> Result<Sound, AudioError> {
    let mut chunks = walk(source, u32::from_be_bytes, u32::to_be_bytes)?;
    let mut view = View::new(source, std::mem::take(&mut chunks.patches));
    let (file, damage) = match open::<AiffFile>(&mut view) {
        Err(AudioError::Library(_)) if chunks.is_empty() => (open_tags(&mut view)?, None),
        opened => opened?,
    };
    let measured = file.properties();
    let properties = SoundProperties {
        format: container(Format::Aiff),
        codec: aiff_codec(measured.compression_type()),
        bitrate: known(measured.audio_bitrate()),
        sample_rate: known(measured.sample_rate()),
        channels: known(measured.channels()),
        length_ms: chunks.length(measured.duration()),
    };
    let tag = chunks.tag(file.text_chunks().map(iff::aiff_texts));
    let fingerprint = chunks.fingerprint(source);
    Ok(Sound::new(
        tag,
        properties,
        fingerprint,
        damage.or(chunks.damage()),
    ))
}

/// The codec of AIFF-C; plain AIFF has PCM.
fn aiff_codec(compression: Option<&AiffCompressionType>) -> Option<&'static str> {
    use AiffCompressionType as Type;
    Some(match compression {
        None | Some(Type::None | Type::sowt) => "pcm",
        Some(Type::fl32 | Type::fl64 | Type::FL32) => "pcm float",
        Some(Type::alaw | Type::ALAW) => "alaw",
        Some(Type::ulaw | Type::ULAW) => "ulaw",
        Some(Type::MAC3 | Type::MAC6) => "mace",
        Some(_) => return None,
    })
}

/// Reads a WAV file.
///
/// # Errors
/// lofty's.
pub fn read_wav(source: &mut Source) -> Result<Sound, AudioError> {
    let mut chunks = walk(source, u32::from_le_bytes, u32::to_le_bytes)?;
    let mut view = View::new(source, std::mem::take(&mut chunks.patches));
    let (file, damage) = match open::<WavFile>(&mut view) {
        Err(AudioError::Library(_)) if chunks.is_empty() && chunks.samples.is_some() => {
            (open_tags(&mut view)?, None)
        }
        opened => opened?,
    };
    let measured = file.properties();
    let properties = SoundProperties {
        format: container(Format::Wav),
        codec: wav_codec(*measured.format()),
        bitrate: known(measured.bitrate()),
        sample_rate: known(measured.sample_rate()),
        channels: known(measured.channels()),
        length_ms: chunks.length(measured.duration()),
    };
    let tag = chunks.tag(file.riff_info().map(iff::riff_info));
    let fingerprint = chunks.fingerprint(source);
    Ok(Sound::new(
        tag,
        properties,
        fingerprint,
        damage.or(chunks.damage()),
    ))
}

/// The codec by the number in `fmt ` (RFC 2361).
fn wav_codec(format: WavFormat) -> Option<&'static str> {
    Some(match format {
        WavFormat::PCM => "pcm",
        WavFormat::IEEE_FLOAT => "pcm float",
        WavFormat::Other(0x02 | 0x11) => "adpcm",
        WavFormat::Other(0x06) => "alaw",
        WavFormat::Other(0x07) => "ulaw",
        WavFormat::Other(0x50) => "mp2",
        WavFormat::Other(0x55) => "mp3",
        WavFormat::Other(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::{Date, Fields};

    fn chunk(id: &[u8; 4], size: [u8; 4], data: &[u8]) -> Vec<u8> {
        let pad = vec![0; data.len() % 2];
        [&id[..], &size, data, &pad].concat()
    }

    fn le(id: &[u8; 4], data: &[u8]) -> Vec<u8> {
        chunk(id, (data.len() as u32).to_le_bytes(), data)
    }

    fn be(id: &[u8; 4], data: &[u8]) -> Vec<u8> {
        chunk(id, (data.len() as u32).to_be_bytes(), data)
    }

    fn id3() -> Vec<u8> {
        b"ID3\x03\0\0\0\0\0\x0cTIT2\0\0\0\x02\0\0\x03x".to_vec()
    }

    /// Mono, 16 bit, 8 kHz.
    fn pcm() -> Vec<u8> {
        le(b"fmt ", b"\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0")
    }

    fn wav(chunks: &[Vec<u8>]) -> Result<Sound, AudioError> {
        let bytes = [b"RIFF\0\0\0\0WAVE".to_vec(), chunks.concat()].concat();
        read_wav(&mut Source::new(&bytes, bytes.len() as u64))
    }

    fn aiff(chunks: &[Vec<u8>]) -> Result<Sound, AudioError> {
        let bytes = [b"FORM\0\0\0\0AIFF".to_vec(), chunks.concat()].concat();
        read_aiff(&mut Source::new(&bytes, bytes.len() as u64))
    }

    #[test]
    fn texts_of_riff_info_are_read() {
        let info = [
            b"INFO".to_vec(),
            le(b"INAM", b"Title\0"),
            le(b"IART", b"caf\xc3\xa9"),
            le(b"IPRD", b"Album"),
            le(b"IGNR", b"Rock"),
            le(b"ITRK", b"3"),
            le(b"IPRT", b"4"),
            le(b"ICRD", b"1994-06-07"),
        ]
        .concat();
        let sound = wav(&[pcm(), le(b"LIST", &info), le(b"data", &[0; 31_900])]).unwrap();
        assert_eq!(sound.length, Some(1));
        assert_eq!(
            sound.fields,
            Fields {
                album: Some("Album".to_owned()),
                artist: Some("café".to_owned()),
                genre: Some("Rock".to_owned()),
                title: Some("Title".to_owned()),
                track: Some("3".to_owned()),
                date: Some(Date::Text("1994-06-07".to_owned())),
                disc: None,
            }
        );
    }

    #[test]
    fn an_id3_chunk_comes_first() {
        let info = [b"INFO".to_vec(), le(b"INAM", b"Own")].concat();
        let title = |chunks: &[Vec<u8>]| wav(chunks).unwrap().fields.title;
        let data = le(b"data", &[]);
        let list = le(b"LIST", &info);
        let both = [pcm(), data.clone(), list.clone(), le(b"id3 ", &id3())];
        assert_eq!(title(&both).as_deref(), Some("x"));
        let empty = le(b"ID3 ", b"ID3\x03\0\0\0\0\0\0");
        assert_eq!(title(&[pcm(), data, list, empty]).as_deref(), Some("Own"));
    }

    #[test]
    fn lengths_of_other_codings() {
        // MPEG in WAV: 2000 bytes a second.
        let coded = le(b"fmt ", b"\x55\0\x01\0\x40\x1f\0\0\xd0\x07\0\0\x01\0\0\0");
        let data = le(b"data", &[0; 6000]);
        let fact = le(b"fact", &40_000_u32.to_le_bytes());
        let length = |chunks: &[Vec<u8>]| wav(chunks).unwrap().length;
        assert_eq!(length(&[coded, fact, data]), Some(5));
        let endless = chunk(b"data", [0xff; 4], &[0; 16_000]);
        assert_eq!(length(&[pcm(), endless]), Some(1));
        assert_eq!(length(&[pcm(), le(b"data", &[])]), Some(0), "no samples");
    }

    #[test]
    fn aiff_is_read() {
        // 44,100 Hz as an 80 bit float.
        let common = b"\0\x02\0\x01\x58\x87\0\x10\x40\x0e\xac\x44\0\0\0\0\0\0";
        let samples = be(b"SSND", &[0; 8]);
        let own = [be(b"NAME", b"Own"), be(b"AUTH", b"Author")].concat();
        let sound = aiff(&[be(b"COMM", common), samples.clone(), own.clone()]).unwrap();
        assert_eq!(sound.length, Some(1));
        assert_eq!(sound.fields.title.as_deref(), Some("Own"));
        assert_eq!(sound.fields.artist.as_deref(), Some("Author"));
        let sound = aiff(&[be(b"COMM", common), samples, own, be(b"ID3 ", &id3())]).unwrap();
        assert_eq!(sound.fields.title.as_deref(), Some("x"));
        assert_eq!(sound.fields.artist, None);
        let sound = aiff(&[be(b"COMM", common), be(b"NAME", b"Own")]).unwrap();
        assert_eq!(sound.fields.title.as_deref(), Some("Own"), "no samples");
    }

    #[test]
    fn the_first_id3_chunk_counts() {
        let mut other = id3();
        other.pop();
        other.push(b'y');
        let chunks = [
            pcm(),
            le(b"data", &[0; 4]),
            le(b"id3 ", &id3()),
            le(b"ID3 ", &other),
        ];
        assert_eq!(wav(&chunks).unwrap().fields.title.as_deref(), Some("x"));
    }

    #[test]
    fn a_file_of_tags_alone_gets_no_endless_list_of_patches() {
        let mut bytes = b"RIFF\0\0\0\0WAVE".to_vec();
        bytes.extend(le(b"ID3 ", &[]).repeat(MOST_CHUNKS));
        let mut source = Source::new(&bytes, bytes.len() as u64);
        let chunks = walk(&mut source, u32::from_le_bytes, u32::to_le_bytes).unwrap();
        assert!(chunks.patches.len() <= MOST_PATCHES + 1);
        assert!(read_wav(&mut source).is_err());
    }

    #[test]
    fn what_does_not_say_what_it_is_is_refused() {
        for (name, read) in [
            ("no fmt", wav(&[le(b"data", &[])])),
            ("no data", wav(&[pcm()])),
            ("no COMM", aiff(&[be(b"NAME", b"x")])),
            ("short COMM", aiff(&[be(b"COMM", b"x")])),
            ("AIFF as WAV", {
                let bytes = b"FORM\0\0\0\0AIFF".to_vec();
                read_wav(&mut Source::new(&bytes, 12))
            }),
        ] {
            assert!(read.is_err(), "{name}");
        }
    }
}
