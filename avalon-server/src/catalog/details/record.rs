//! One track's details as a record.
//!
//! In: the rows of a track and of its file. Out: the number of the record's shape and then, in one order,
//! the values that are there; and the same rows again. The shape is a string of bytes that many tracks
//! have in common: which values there are, and what the sound is.
//!
//! What stays true: what was written is read, whatever the texts hold.

use std::num::NonZeroU32;

use avalon_core::database::{DetailRow, FileDetailRow};

use super::bytes::{Reader, put_bytes, put_number, put_signed};
use super::interned::{Interned, Interner};

/// Bits of a shape's mask. Below these, one for each of [`numbers`], [`common`] and [`own`] in turn.
const FORMAT: u32 = 1 << 17;
const CODEC: u32 = 1 << 18;
const SAMPLE_RATE: u32 = 1 << 19;
const CHANNELS: u32 = 1 << 20;
const HAS_COMPILATION: u32 = 1 << 21;
const IS_COMPILATION: u32 = 1 << 22;
const BPM: u32 = 1 << 23;
const FILE: u32 = 1 << 24;

/// What was written, of a track and of its file without the path.
pub(super) type Rows<'a> = (DetailRow<&'a str>, Option<FileDetailRow<&'a [u8]>>);

/// A file of which the path lies elsewhere, and what many files have in common has a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct File {
    pub(super) size: i64,
    pub(super) mtime_ns: i64,
    /// The number of its eight bytes among what is interned, and 1.
    pub(super) added: NonZeroU32,
}

/// Numbers of the track's own.
fn numbers<T>(row: &DetailRow<T>) -> [Option<i64>; 5] {
    [
        row.disc,
        row.track_total,
        row.disc_total,
        row.bitrate,
        row.length_ms,
    ]
}

/// Texts that many tracks have in common.
fn common<T: Copy>(row: &DetailRow<T>) -> [Option<T>; 8] {
    [
        row.artists,
        row.album_artists,
        row.genres,
        row.composers,
        row.date,
        row.original_date,
        row.labels,
        row.sort_names,
    ]
}

/// Texts of the track's own.
fn own<T: Copy>(row: &DetailRow<T>) -> [Option<T>; 4] {
    [row.musicbrainz, row.gains, row.isrcs, row.comment]
}

/// Writes a record; `scratch` is room for the shape. `None` where there are more different texts than can
/// be numbered.
pub(super) fn write(
    row: &DetailRow<&str>,
    file: Option<File>,
    interner: &mut Interner,
    scratch: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> Option<()> {
    shape(row, file.is_some(), interner, scratch)?;
    put_number(interner.number(scratch)?.into(), out);
    for number in numbers(row).into_iter().flatten() {
        put_signed(number, out);
    }
    for text in common(row).into_iter().flatten() {
        put_number(interner.number(text.as_bytes())?.into(), out);
    }
    for text in own(row).into_iter().flatten() {
        put_bytes(text.as_bytes(), out);
    }
    if let Some(bpm) = row.bpm {
        out.extend_from_slice(&bpm.to_le_bytes());
    }
    if let Some(file) = file {
        put_signed(file.size, out);
        out.extend_from_slice(&file.mtime_ns.to_le_bytes());
        put_number((file.added.get() - 1).into(), out);
    }
    Some(())
}

/// Writes the shape of a record in place of what `out` holds.
fn shape(
    row: &DetailRow<&str>,
    has_file: bool,
    interner: &mut Interner,
    out: &mut Vec<u8>,
) -> Option<()> {
    let numbers = numbers(row).map(|number| number.is_some());
    let common = common(row).map(|text| text.is_some());
    let own = own(row).map(|text| text.is_some());
    let each = numbers.into_iter().chain(common).chain(own);
    let mut mask = (0..)
        .zip(each)
        .fold(0, |mask, (bit, is_there)| mask | u32::from(is_there) << bit);
    for (bit, is_there) in [
        (FORMAT, row.format.is_some()),
        (CODEC, row.codec.is_some()),
        (SAMPLE_RATE, row.sample_rate.is_some()),
        (CHANNELS, row.channels.is_some()),
        (HAS_COMPILATION, row.compilation.is_some()),
        (IS_COMPILATION, row.compilation == Some(true)),
        (BPM, row.bpm.is_some()),
        (FILE, has_file),
    ] {
        mask |= if is_there { bit } else { 0 };
    }
    out.clear();
    put_number(mask.into(), out);
    for text in [row.format, row.codec].into_iter().flatten() {
        put_number(interner.number(text.as_bytes())?.into(), out);
    }
    for number in [row.sample_rate, row.channels].into_iter().flatten() {
        put_signed(number, out);
    }
    Some(())
}

/// Reads a record.
pub(super) fn read<'a>(mut record: Reader<'a>, interned: &'a Interned) -> Option<Rows<'a>> {
    let mut shape = Reader(interned.get(record.number()?));
    let mask = u32::try_from(shape.number()?).ok()?;
    let mut bits = (0..).map(|bit| mask & (1 << bit) != 0);
    let mut next_is_there = || bits.next().unwrap_or_default();
    let text_of = |number| str::from_utf8(interned.get(number)).ok();
    macro_rules! each {
        ($is_there:expr, $read:expr; $($field:ident),+) => {
            $(let $field = match $is_there { true => Some($read), false => None };)+
        };
    }
    each!(next_is_there(), record.signed()?; disc, track_total, disc_total, bitrate, length_ms);
    each!(
        next_is_there(), text_of(record.number()?)?;
        artists, album_artists, genres, composers, date, original_date, labels, sort_names
    );
    each!(
        next_is_there(), str::from_utf8(record.bytes()?).ok()?;
        musicbrainz, gains, isrcs, comment
    );
    each!(mask & FORMAT != 0, text_of(shape.number()?)?; format);
    each!(mask & CODEC != 0, text_of(shape.number()?)?; codec);
    each!(mask & SAMPLE_RATE != 0, shape.signed()?; sample_rate);
    each!(mask & CHANNELS != 0, shape.signed()?; channels);
    each!(mask & HAS_COMPILATION != 0, mask & IS_COMPILATION != 0; compilation);
    each!(mask & BPM != 0, f64::from_le_bytes(record.eight()?); bpm);
    each!(
        mask & FILE != 0,
        FileDetailRow {
            size: record.signed()?,
            mtime_ns: i64::from_le_bytes(record.eight()?),
            added_ns: i64::from_le_bytes(interned.get(record.number()?).try_into().ok()?),
            path: None,
        };
        file
    );
    let row = DetailRow {
        disc,
        artists,
        album_artists,
        genres,
        composers,
        track_total,
        disc_total,
        date,
        original_date,
        musicbrainz,
        gains,
        bpm,
        isrcs,
        labels,
        compilation,
        sort_names,
        comment,
        format,
        codec,
        bitrate,
        sample_rate,
        channels,
        length_ms,
    };
    Some((row, file))
}

/// Writes all that is known of a track with nothing shared, so that equal bytes mean equal details in any
/// catalog.
pub(super) fn spell(
    number: u32,
    row: &DetailRow<&str>,
    file: Option<&FileDetailRow<&[u8]>>,
    out: &mut Vec<u8>,
) {
    let sound = [
        row.sample_rate,
        row.channels,
        row.compilation.map(i64::from),
    ];
    let bpm = row.bpm.map(|bpm| bpm.to_bits().cast_signed());
    let file_numbers = file.map(|file| [file.size, file.mtime_ns, file.added_ns]);
    let file_numbers = file_numbers.map_or([None; 3], |numbers| numbers.map(Some));
    let path = file.and_then(|file| file.path);
    let each_number = numbers(row)
        .into_iter()
        .chain(sound)
        .chain([bpm])
        .chain(file_numbers);
    let each_text = common(row)
        .into_iter()
        .chain(own(row))
        .chain([row.format, row.codec])
        .map(|text| text.map(str::as_bytes))
        .chain([path]);
    out.clear();
    out.extend_from_slice(&number.to_le_bytes());
    // Which there are comes first, in a place that is kept for it.
    let place = out.len();
    out.extend_from_slice(&[0; 4]);
    let mut mask = 0_u32;
    let mut bit = 1;
    for number in each_number {
        if let Some(number) = number {
            mask |= bit;
            put_signed(number, out);
        }
        bit <<= 1;
    }
    for bytes in each_text {
        if let Some(bytes) = bytes {
            mask |= bit;
            put_bytes(bytes, out);
        }
        bit <<= 1;
    }
    out[place..place + 4].copy_from_slice(&mask.to_le_bytes());
}
