//! AIFF and WAV: chunks in a file.
//!
//! In: a file. Out: its [`Sound`]. Tags are those of an ID3 chunk, else the texts that the formats
//! have themselves (RIFF INFO; `NAME` and `AUTH`), else none.
//!
//! Chunks are walked here for two things that lofty needs: where an ID3 tag lies, and a size that
//! fits the file, since it passes over a chunk that claims to be longer, which recorders that were
//! switched off leave behind. A file without samples, which it refuses, is kept as the original did
//! (`w.aiff` in the contract).

use std::io;
use std::time::Duration;

use lofty::file::AudioFile;
use lofty::iff::aiff::AiffFile;
use lofty::iff::wav::WavFile;

use crate::reader::Source;
use crate::tags::{Date, Fields, id3v2, id3v2_frames};
use crate::view::{Patch, View};

use super::lofty_file::{first_of, open, open_tags, seconds};
use super::sound::{AudioError, Sound};

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
    /// The size of the chunk of samples.
    samples: Option<u64>,
}

impl Chunks {
    /// Whether it is a file of sound, and has none.
    fn is_empty(&self) -> bool {
        self.has_format && self.samples.unwrap_or(0) == 0
    }

    /// The length in seconds: nothing is 0 seconds long.
    fn length(&self, duration: Duration) -> Option<i64> {
        seconds(duration).or(self.is_empty().then_some(0))
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
            b"SSND" | b"data" => chunks.samples = Some(size),
            // lofty would let a second tag replace the first.
            b"ID3 " | b"id3 " if has_tag => chunks.patches.push(Patch::exact(at, b"JUNK")),
            b"ID3 " | b"id3 " => {
                has_tag = true;
                chunks.patches.extend(id3v2_frames::patch(source, data)?);
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
    let own = file.text_chunks().map(|texts| Fields {
        title: texts.name.clone(),
        artist: texts.author.clone(),
        ..Fields::default()
    });
    Ok(Sound {
        fields: first_of([file.id3v2().map(id3v2::fields), own]),
        length: chunks.length(file.properties().duration()),
        damage,
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
    let own = file.riff_info().map(|info| {
        let text = |key: &str| info.get(key).map(str::to_owned);
        Fields {
            album: text("IPRD"),
            artist: text("IART"),
            genre: text("IGNR"),
            title: text("INAM"),
            track: text("ITRK").or_else(|| text("IPRT")),
            date: text("ICRD").map(Date::Text),
            disc: None,
        }
    });
    Ok(Sound {
        fields: first_of([file.id3v2().map(id3v2::fields), own]),
        length: chunks.length(file.properties().duration()),
        damage,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
