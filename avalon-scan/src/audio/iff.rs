//! AIFF and WAV: chunks in a file.
//!
//! In: a file. Out: its [`Sound`]. Tags are those of an ID3 chunk, else the texts that the formats
//! have themselves (RIFF INFO; `NAME` and `AUTH`), else none.
//!
//! What stays true: a chunk that claims to be longer than the file ends with it, since recorders
//! that were switched off leave such sizes behind; only its header is needed.

use std::io;

use crate::reader::Source;
use crate::tags::{Date, Fields, id3v2};

use super::sound::{AudioError, Sound, seconds};

/// No text of a chunk is longer.
const LARGEST_TEXT: u64 = 1 << 20;

/// Chunks of one file; the largest sample libraries have some hundreds.
const MOST_CHUNKS: usize = 100_000;

/// A chunk.
#[derive(Clone, Copy)]
struct Chunk {
    id: [u8; 4],
    data: u64,
    /// Its size, cut at the end of the file.
    size: u64,
}

/// The chunks from `start` to `end`.
fn chunks(
    source: &mut Source,
    start: u64,
    end: u64,
    size_of: fn([u8; 4]) -> u32,
) -> io::Result<Vec<Chunk>> {
    let mut found = Vec::new();
    let mut at = start;
    while found.len() < MOST_CHUNKS && at + 8 <= end {
        let Some([a, b, c, d, size @ ..]) = source.array::<8>(at)? else {
            break;
        };
        let data = at + 8;
        let size = u64::from(size_of(size));
        found.push(Chunk {
            id: [a, b, c, d],
            data,
            size: size.min(end.saturating_sub(data)),
        });
        // Chunks begin at even positions.
        at = data + size + size % 2;
    }
    Ok(found)
}

/// Reads an AIFF or AIFF-C file.
///
/// # Errors
/// [`AudioError::Damaged`] where it does not say what its sound is.
pub fn read_aiff(source: &mut Source) -> Result<Sound, AudioError> {
    let Some(
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
        ],
    ) = source.array::<12>(0)?
    else {
        return Err(AudioError::Damaged("it does not begin as AIFF does"));
    };
    let end = source.len();
    let mut length = None;
    let mut own = Fields::default();
    let mut id3 = None;
    for chunk in chunks(source, 12, end, u32::from_be_bytes)? {
        match &chunk.id {
            b"COMM" => length = Some(aiff_length(source, chunk)?),
            b"ID3 " => id3 = Some(chunk),
            b"NAME" => own.title = text(source, chunk)?,
            b"AUTH" => own.artist = text(source, chunk)?,
            _ => {}
        }
    }
    let length = length.ok_or(AudioError::Damaged("it has no COMM chunk"))?;
    tagged(source, length, id3, own)
}

fn aiff_length(source: &mut Source, chunk: Chunk) -> Result<Option<i64>, AudioError> {
    let Some(common) = source.array::<18>(chunk.data)?.filter(|_| chunk.size >= 18) else {
        return Err(AudioError::Damaged("its COMM chunk is cut short"));
    };
    let frames = u32::from_be_bytes([common[2], common[3], common[4], common[5]]);
    // An 80 bit float: 15 bits of exponent, 64 of mantissa.
    let exponent = i32::from(u16::from_be_bytes([common[8], common[9]]) & 0x7fff) - 16_383;
    let mantissa = common[10..].first_chunk().copied().map(u64::from_be_bytes);
    let rate = match (mantissa, exponent) {
        (Some(mantissa), 0..=63) => mantissa >> (63 - exponent),
        _ => 0,
    };
    Ok(seconds(u128::from(frames), rate))
}

/// Reads a WAV file, also one of more than 4 GiB (RF64, BW64).
///
/// # Errors
/// [`AudioError::Damaged`] where it does not say what its sound is, or has none.
pub fn read_wav(source: &mut Source) -> Result<Sound, AudioError> {
    let head = source.array::<12>(0)?;
    if !head.is_some_and(|head| is_wav(&head)) {
        return Err(AudioError::Damaged("it does not begin as WAV does"));
    }
    let end = source.len();
    let mut format = None;
    let mut fact = None;
    let mut data = None;
    let mut own = Fields::default();
    let mut id3 = None;
    for chunk in chunks(source, 12, end, u32::from_le_bytes)? {
        match &chunk.id {
            b"fmt " => format = source.array::<16>(chunk.data)?.filter(|_| chunk.size >= 16),
            b"fact" => fact = source.array::<4>(chunk.data)?.filter(|_| chunk.size >= 4),
            b"data" if data.is_none() => data = Some(chunk.size),
            b"ID3 " | b"id3 " => id3 = Some(chunk),
            b"LIST" if source.array::<4>(chunk.data)?.as_ref() == Some(b"INFO") => {
                let texts = chunks(
                    source,
                    chunk.data + 4,
                    chunk.data + chunk.size,
                    u32::from_le_bytes,
                )?;
                for text in texts {
                    read_info(source, text, &mut own)?;
                }
            }
            _ => {}
        }
    }
    let format = format.ok_or(AudioError::Damaged("it has no fmt chunk"))?;
    let data = data.ok_or(AudioError::Damaged("it has no data chunk"))?;
    let length = wav_length(format, fact, data);
    tagged(source, length, id3, own)
}

/// Whether a file begins as WAV does.
pub fn is_wav(head: &[u8; 12]) -> bool {
    matches!(&head[..4], b"RIFF" | b"RF64" | b"BW64") && head.ends_with(b"WAVE")
}

fn wav_length(format: [u8; 16], fact: Option<[u8; 4]>, data: u64) -> Option<i64> {
    let [k0, k1, _, _, r0, r1, r2, r3, b0, b1, b2, b3, a0, a1, _, _] = format;
    let rate = u64::from(u32::from_le_bytes([r0, r1, r2, r3]));
    let bytes_per_second = u64::from(u32::from_le_bytes([b0, b1, b2, b3]));
    let align = u64::from(u16::from_le_bytes([a0, a1]));
    match (u16::from_le_bytes([k0, k1]), fact) {
        // Plain samples: PCM, floats, and their extensible form.
        (1 | 3 | 0xfffe, _) => seconds(u128::from(data.checked_div(align)?), rate),
        (_, Some(samples)) if samples != [0; 4] => {
            seconds(u128::from(u32::from_le_bytes(samples)), rate)
        }
        _ => seconds(u128::from(data), bytes_per_second),
    }
}

/// A text of RIFF INFO.
fn read_info(source: &mut Source, chunk: Chunk, fields: &mut Fields) -> io::Result<()> {
    let field = match &chunk.id {
        b"IPRD" => &mut fields.album,
        b"IART" => &mut fields.artist,
        b"IGNR" => &mut fields.genre,
        b"INAM" => &mut fields.title,
        b"ITRK" | b"IPRT" => &mut fields.track,
        b"ICRD" => {
            fields.date = text(source, chunk)?.map(Date::Text);
            return Ok(());
        }
        _ => return Ok(()),
    };
    if field.is_none() {
        *field = text(source, chunk)?;
    }
    Ok(())
}

/// The text of a chunk up to a zero: UTF-8, or else Latin-1, for the formats name no encoding.
fn text(source: &mut Source, chunk: Chunk) -> io::Result<Option<String>> {
    if chunk.size > LARGEST_TEXT {
        return Ok(None);
    }
    let bytes = source.piece(chunk.data, chunk.size)?;
    let bytes = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    Ok(Some(match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }))
}

/// The sound with the tag of its ID3 chunk, or where that says nothing, with the file's own texts.
fn tagged(
    source: &mut Source,
    length: Option<i64>,
    id3: Option<Chunk>,
    own: Fields,
) -> Result<Sound, AudioError> {
    let tag = match id3 {
        Some(chunk) => id3v2::read(source, chunk.data)?,
        None => None,
    };
    let tag = tag.filter(|tag| !tag.fields.is_empty());
    Ok(Sound {
        length,
        damage: tag
            .as_ref()
            .is_some_and(|tag| tag.truncated)
            .then_some("its ID3 chunk is cut short"),
        fields: tag.map_or(own, |tag| tag.fields),
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
            le(b"IART", b"caf\xe9"),
            le(b"IPRD", b"Album"),
            le(b"IGNR", b"Rock"),
            le(b"ITRK", b"3"),
            le(b"IPRT", b"4"),
            le(b"ICRD", b"1994-06-07"),
        ]
        .concat();
        let sound = wav(&[pcm(), le(b"LIST", &info), le(b"data", &[0; 31_999])]).unwrap();
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
        assert_eq!(length(&[coded.clone(), data.clone()]), Some(3));
        assert_eq!(length(&[coded, fact, data]), Some(5));
        let endless = chunk(b"data", [0xff; 4], &[0; 16_000]);
        assert_eq!(length(&[pcm(), endless]), Some(1));
        let no_rate = le(
            b"fmt ",
            &[1; 1].iter().chain(&[0; 15]).copied().collect::<Vec<_>>(),
        );
        assert_eq!(length(&[no_rate, le(b"data", &[])]), None);
    }

    #[test]
    fn aiff_is_read() {
        // 44,100 Hz as an 80 bit float.
        let common = b"\0\x02\0\x01\x58\x87\0\x10\x40\x0e\xac\x44\0\0\0\0\0\0";
        let own = [be(b"NAME", b"Own"), be(b"AUTH", b"Author")].concat();
        let sound = aiff(&[be(b"COMM", common), own.clone()]).unwrap();
        assert_eq!(sound.length, Some(1));
        assert_eq!(sound.fields.title.as_deref(), Some("Own"));
        assert_eq!(sound.fields.artist.as_deref(), Some("Author"));
        let sound = aiff(&[be(b"COMM", common), own, be(b"ID3 ", &id3())]).unwrap();
        assert_eq!(sound.fields.title.as_deref(), Some("x"));
        assert_eq!(sound.fields.artist, None);
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
