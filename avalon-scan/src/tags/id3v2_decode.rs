//! One frame of an ID3v2 tag: lofty decodes what is in it.
//!
//! In: the bytes of a frame and what its header says. Out: a [`Frame`] of a kind that the library
//! knows, or nothing where lofty cannot decode it.
//!
//! What stays true: a broken frame costs that frame. lofty's reader of whole tags gives up the file
//! for one; so frames come to its decoders one by one. Those that were compressed or changed in
//! another way, which these do not undo, are undone here, within a bound that lofty does not know.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::ZlibDecoder;
use lofty::config::ParsingMode;
use lofty::id3::v2::util::synchsafe::UnsynchronizedStream;
use lofty::id3::v2::{
    ChannelType, CommentFrame, ExtendedTextFrame, Frame as LoftyFrame, FrameFlags, FrameId,
    Id3v2Version, RelativeVolumeAdjustmentFrame, TextInformationFrame, UniqueFileIdentifierFrame,
};

use super::id3v2_header::Header;

/// A frame, decoded.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// A text, by the name that ID3v2.4 or 2.3 has for it.
    Text([u8; 4], String),
    /// `TXXX`: a description and a text.
    User(String, String),
    /// `COMM`: a description and a text.
    Comment(String, String),
    /// `UFID`: who gave it, and the id.
    Identifier(String, String),
    /// `RVA2`: the gain in dB and the peak of a situation, `track` or `album`.
    Gain(String, f64, Option<f64>),
}

/// How a frame is decoded that has no flags.
pub(super) fn plain(header: Header, name: [u8; 4], data: &[u8]) -> Option<Frame> {
    let version = match header.version {
        2 => Id3v2Version::V2,
        3 => Id3v2Version::V3,
        _ => Id3v2Version::V4,
    };
    let flags = FrameFlags::default();
    let mode = ParsingMode::Relaxed;
    let reader = &mut &*data;
    let frame = match &name {
        b"TXXX" => LoftyFrame::UserText(ExtendedTextFrame::parse(reader, flags, version).ok()??),
        b"COMM" => LoftyFrame::Comment(CommentFrame::parse(reader, flags, version).ok()??),
        b"UFID" => LoftyFrame::UniqueFileIdentifier(
            UniqueFileIdentifierFrame::parse(reader, flags, mode).ok()??,
        ),
        b"RVA2" => LoftyFrame::RelativeVolumeAdjustment(
            RelativeVolumeAdjustmentFrame::parse(reader, flags, mode).ok()??,
        ),
        _ => {
            let data = marked(data);
            let id = FrameId::Valid(Cow::Borrowed("TEXT"));
            let text = TextInformationFrame::parse(&mut &*data, id, flags, version).ok()??;
            return Some(Frame::Text(name, text.value.into_owned()));
        }
    };
    of_lofty(frame)
}

/// What a frame held before it was changed as its flags say (ID3v2.3, 3.3.1; ID3v2.4, 4.1.2), up to
/// `most` bytes of it: some kilobytes may unpack to gigabytes. `None` where that cannot be undone.
pub(super) fn undone(header: Header, flags: u16, data: &[u8], most: u64) -> Option<Vec<u8>> {
    // What stands before the data: a group, and how much data there was.
    let (before, is_compressed, is_unsynchronised) = match header.version {
        3 => {
            let is_compressed = flags & 0x80 != 0;
            let group = usize::from(flags & 0x20 != 0);
            (
                group + if is_compressed { 4 } else { 0 },
                is_compressed,
                false,
            )
        }
        4 => {
            let is_compressed = flags & 0x08 != 0;
            let has_size = is_compressed || flags & 0x01 != 0;
            let group = usize::from(flags & 0x40 != 0);
            let before = group + if has_size { 4 } else { 0 };
            let is_unsynchronised = header.is_unsynchronised() || flags & 0x02 != 0;
            (before, is_compressed, is_unsynchronised)
        }
        _ => (0, false, false),
    };
    let mut bytes = data.get(before..)?.to_vec();
    if is_unsynchronised {
        let mut plain = Vec::with_capacity(bytes.len());
        let mut stream = UnsynchronizedStream::new(&bytes[..]);
        stream.read_to_end(&mut plain).ok()?;
        bytes = plain;
    }
    if is_compressed {
        let mut plain = Vec::new();
        let mut stream = ZlibDecoder::new(&bytes[..]).take(most);
        stream.read_to_end(&mut plain).ok()?;
        bytes = plain;
    }
    bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Some(bytes)
}

/// The frames of a tag as lofty reads it.
#[cfg(test)]
pub(super) fn of_tag(tag: &lofty::id3::v2::Id3v2Tag) -> Vec<Frame> {
    tag.into_iter().cloned().filter_map(of_lofty).collect()
}

fn of_lofty(frame: LoftyFrame<'_>) -> Option<Frame> {
    Some(match frame {
        LoftyFrame::Text(frame) => {
            let name = frame.id().as_str().as_bytes().try_into().ok()?;
            Frame::Text(name, frame.value.into_owned())
        }
        LoftyFrame::UserText(frame) => {
            Frame::User(frame.description.into_owned(), frame.content.into_owned())
        }
        LoftyFrame::Comment(frame) => {
            Frame::Comment(frame.description.into_owned(), frame.content.into_owned())
        }
        LoftyFrame::UniqueFileIdentifier(frame) => Frame::Identifier(
            frame.owner.into_owned(),
            String::from_utf8(frame.identifier.into_owned()).ok()?,
        ),
        LoftyFrame::RelativeVolumeAdjustment(frame) => {
            let channel = frame.channels.get(&ChannelType::MasterVolume)?;
            // 512ths of a decibel; a peak is a number of some bits, of which the first is 1.0.
            let gain = f64::from(channel.volume_adjustment) / 512.0;
            let bits = i32::from(channel.bits_representing_peak);
            let peak = channel.peak_volume.as_ref().map(|peak| {
                let value = peak
                    .iter()
                    .fold(0.0, |value, byte| value * 256.0 + f64::from(*byte));
                value / f64::from(bits - 1).exp2()
            });
            Frame::Gain(frame.identification.into_owned(), gain, peak)
        }
        _ => return None,
    })
}

/// A text as it should have been written: UTF-16 without its mark, or with half a terminator, is put
/// right, as the original did.
fn marked(data: &[u8]) -> Cow<'_, [u8]> {
    let [1, text @ ..] = data else {
        return Cow::Borrowed(data);
    };
    let text = &text[..text.len() & !1];
    if matches!(text, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return Cow::Borrowed(&data[..=text.len()]);
    }
    // Little end first, which is encoding 2 with the bytes exchanged.
    let mut data = [&[2], text].concat();
    data[1..].chunks_exact_mut(2).for_each(<[u8]>::reverse);
    Cow::Owned(data)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    const MOST: u64 = 1000;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_the_flags_of_a_frame_say_is_undone() {
        let size = [0, 0, 0, 4];
        let abcd = packed(b"abcd");
        let sized = [&size[..], &abcd].concat();
        for (name, version, tag_flags, flags, data, expected) in [
            ("nothing", 3, 0, 0, b"abcd".to_vec(), Some(&b"abcd"[..])),
            ("read-only", 3, 0, 0x2000, b"abcd".to_vec(), Some(b"abcd")),
            (
                "2.3 in a group",
                3,
                0,
                0x20,
                b"gabcd".to_vec(),
                Some(b"abcd"),
            ),
            ("2.3 compressed", 3, 0, 0x80, sized.clone(), Some(b"abcd")),
            (
                "2.3 compressed in a group",
                3,
                0,
                0xa0,
                [&size, &b"g"[..], &abcd].concat(),
                Some(b"abcd"),
            ),
            (
                "2.4 in a group",
                4,
                0,
                0x40,
                b"gabcd".to_vec(),
                Some(b"abcd"),
            ),
            (
                "2.4 compressed in a group",
                4,
                0,
                0x49,
                [b"g", &sized[..]].concat(),
                Some(b"abcd"),
            ),
            (
                "2.4 unsynchronised",
                4,
                0,
                0x03,
                b"\0\0\0\x02\xff\0\xe0".to_vec(),
                Some(b"\xff\xe0"),
            ),
            (
                "2.4 unsynchronised by the tag",
                4,
                0x80,
                0,
                b"\xff\0\xe0".to_vec(),
                Some(b"\xff\xe0"),
            ),
            ("cut", 3, 0, 0x80, b"\0\0".to_vec(), None),
            ("not compressed", 3, 0, 0x80, b"abcdefgh".to_vec(), None),
        ] {
            let header = Header {
                version,
                flags: tag_flags,
                size: 0,
            };
            let undone = undone(header, flags, &data, MOST);
            assert_eq!(undone.as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_frame_is_not_unpacked_beyond_its_bound() {
        let header = Header {
            version: 3,
            flags: 0,
            size: 0,
        };
        for (len, expected) in [(10, 10), (MOST, MOST), (MOST + 1, MOST), (100 << 20, MOST)] {
            let data = [&[0; 4][..], &packed(&vec![b'a'; len as usize])].concat();
            let undone = undone(header, 0x80, &data, MOST).map(|bytes| bytes.len() as u64);
            assert_eq!(undone, Some(expected), "{len} bytes in {}", data.len());
        }
    }
}
