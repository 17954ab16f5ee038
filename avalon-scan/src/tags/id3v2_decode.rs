//! One frame of an ID3v2 tag: lofty decodes what is in it.
//!
//! In: the bytes of a frame and what its header says. Out: a [`Frame`] of a kind that the library
//! knows, or nothing where lofty cannot decode it.
//!
//! What stays true: a broken frame costs that frame. lofty's reader of whole tags gives up the file
//! for one; so frames come to its decoders one by one, and only those that were compressed or changed
//! in another way, which these do not undo, go through that reader, each as a tag of its own.

use std::borrow::Cow;
use std::io::Cursor;

use lofty::config::{ParseOptions, ParsingMode};
use lofty::file::AudioFile;
use lofty::id3::v2::{
    ChannelType, CommentFrame, ExtendedTextFrame, Frame as LoftyFrame, FrameFlags, FrameId,
    Id3v2Tag, Id3v2Version, RelativeVolumeAdjustmentFrame, TextInformationFrame,
    UniqueFileIdentifierFrame,
};
use lofty::mpeg::MpegFile;

use super::id3v2_header::{Header, spread};

/// A name that lofty takes for that of a text, whatever is in it: it reads dates as numbers and
/// drops what it cannot parse, such as `c. 1975` (rule S1).
const PLAIN_TEXT: [u8; 4] = *b"TXDR";

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

/// How a frame is decoded whose flags say that it was changed: lofty undoes that.
pub(super) fn changed(header: Header, name: [u8; 4], flags: u16, data: &[u8]) -> Option<Frame> {
    let is_text = !matches!(&name, b"TXXX" | b"COMM" | b"UFID" | b"RVA2");
    let shown = if is_text { PLAIN_TEXT } else { name };
    let size = u32::try_from(data.len()).ok()?;
    let frame_size = match header.version {
        3 => size.to_be_bytes(),
        _ => spread(size),
    };
    // Only ID3v2.4 has synchronisation within frames.
    let tag_flags = header.flags & if header.version == 4 { 0x80 } else { 0 };
    let tag = [
        &[b'I', b'D', b'3', header.version, 0, tag_flags][..],
        &spread(size + 10),
        &shown,
        &frame_size,
        &flags.to_be_bytes(),
        data,
        // lofty looks for other tags at the end, for which the file must be long enough.
        &[0; 256],
    ];
    let options = ParseOptions::new()
        .parsing_mode(ParsingMode::Relaxed)
        .implicit_conversions(false)
        .read_properties(false);
    let file = MpegFile::read_from(&mut Cursor::new(tag.concat()), options).ok()?;
    let frame = file.id3v2()?.into_iter().next()?.clone();
    match of_lofty(frame)? {
        Frame::Text(PLAIN_TEXT, text) => Some(Frame::Text(name, text)),
        frame => Some(frame),
    }
}

/// The frames of a tag that lofty found and read itself, as behind junk.
pub fn of_tag(tag: &Id3v2Tag) -> Vec<Frame> {
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
