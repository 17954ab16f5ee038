//! A table of a SQLite file, as it lies in pages (SQLite's "Database File Format", 1.6 and 2.1).
//!
//! In: the bytes of a page. Out: the pages below it, or its rows, of which each gives its columns one by one. What stays
//! true: nothing panics, whatever the bytes; and what is not as the format says is not given out.

use thiserror::Error;

/// A page or a row is not as the format says.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a page or a row is not as SQLite's file format says")]
pub(super) struct Damaged;

/// A page of a table.
pub(super) enum Page<'a> {
    /// One above others.
    Inner(Inner<'a>),
    /// One that holds rows.
    Leaf(Leaf<'a>),
}

/// A page above others.
pub(super) struct Inner<'a> {
    bytes: &'a [u8],
    pointers: &'a [[u8; 2]],
}

/// A page that holds rows.
pub(super) struct Leaf<'a> {
    bytes: &'a [u8],
    pointers: &'a [[u8; 2]],
}

/// A row.
pub(super) struct Cell<'a> {
    /// What SQLite knows it by.
    pub(super) rowid: i64,
    /// Its columns, as far as they lie in this page; `None` where not even their kinds do.
    pub(super) record: Option<Record<'a>>,
}

/// The columns of a row that were not given out yet.
pub(super) struct Record<'a> {
    /// How many are asked for.
    columns: usize,
    /// The kind and length of each.
    serials: &'a [u8],
    /// Their values, as far as they lie in this page.
    values: &'a [u8],
    /// How many bytes those values have in all.
    length: usize,
}

/// The value of a column.
#[derive(Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Integer(i64),
    /// As the encoding of the database writes it.
    Text(&'a [u8]),
    Real(f64),
    Blob,
}

/// Where the header of a page tells how many cells there are.
const COUNT: usize = 3;

/// Bytes that a cell takes at least, with what points to it.
const CELL: usize = 6;

/// Bytes of the header of a page that holds rows; those above others have the last of those below behind it.
const HEADER: usize = 8;

impl<'a> Page<'a> {
    /// The page of these bytes, of which so many at the end are not SQLite's. It is not the first one of a file.
    pub(super) fn new(bytes: &'a [u8], reserved: u8) -> Result<Self, Damaged> {
        let usable = bytes.len().saturating_sub(reserved.into());
        let bytes = bytes.get(..usable).ok_or(Damaged)?;
        let count = bytes.get(COUNT..).and_then(<[u8]>::first_chunk);
        let count: usize = u16::from_be_bytes(*count.ok_or(Damaged)?).into();
        if count > usable.saturating_sub(HEADER) / CELL {
            return Err(Damaged);
        }
        let pointers = |header: usize| {
            let pointers = bytes.get(header..).and_then(|rest| rest.get(..2 * count));
            Ok(pointers.ok_or(Damaged)?.as_chunks().0)
        };
        match bytes.first() {
            // There is a row at least between the pages below.
            Some(5) if count > 0 => Ok(Self::Inner(Inner {
                bytes,
                pointers: pointers(12)?,
            })),
            Some(13) => Ok(Self::Leaf(Leaf {
                bytes,
                pointers: pointers(HEADER)?,
            })),
            _ => Err(Damaged),
        }
    }
}

impl Inner<'_> {
    /// The numbers of the pages below, in the order of rowids.
    pub(super) fn children(&self) -> impl Iterator<Item = Result<u32, Damaged>> {
        let cells = self
            .pointers
            .iter()
            .map(|&at| u16::from_be_bytes(at).into());
        // The last one is in the header.
        let places = cells.chain([HEADER]);
        places.map(|at| {
            let child = self.bytes.get(at..).and_then(<[u8]>::first_chunk);
            Ok(u32::from_be_bytes(*child.ok_or(Damaged)?))
        })
    }
}

impl<'a> Leaf<'a> {
    /// Whether there is no row.
    pub(super) fn is_empty(&self) -> bool {
        self.pointers.is_empty()
    }

    /// Its rows.
    pub(super) fn cells(&self) -> impl Iterator<Item = Result<Cell<'a>, Damaged>> {
        let bytes = self.bytes;
        self.pointers.iter().map(move |&at| {
            let at: usize = u16::from_be_bytes(at).into();
            bytes
                .get(at..)
                .and_then(|cell| Cell::new(cell, bytes.len()))
                .ok_or(Damaged)
        })
    }
}

impl<'a> Cell<'a> {
    /// The one that these bytes begin with, in a page of which SQLite uses so many.
    fn new(bytes: &'a [u8], usable: usize) -> Option<Self> {
        let (length, rest) = varint(bytes)?;
        let (rowid, rest) = varint(rest)?;
        let length = usize::try_from(length).ok()?;
        let record = rest.get(..local(length, usable)?)?;
        Some(Self {
            rowid: rowid.cast_signed(),
            record: Record::new(record, length),
        })
    }
}

/// How many bytes of a row of that length lie in its page (1.6: what spills to overflow pages does not).
fn local(length: usize, usable: usize) -> Option<usize> {
    let most = usable.checked_sub(35)?;
    if length <= most {
        return Some(length);
    }
    let least = (usable.checked_sub(12)? * 32 / 255).checked_sub(23)?;
    let filling = least + (length - least) % usable.checked_sub(4)?;
    Some(if filling <= most { filling } else { least })
}

impl<'a> Record<'a> {
    /// That of a row with so many bytes, of which the last may lie elsewhere.
    fn new(bytes: &'a [u8], length: usize) -> Option<Self> {
        let (header, rest) = varint(bytes)?;
        let (header, values) = bytes.split_at_checked(usize::try_from(header).ok()?)?;
        let serials = header.get(bytes.len() - rest.len()..)?;
        Some(Self {
            columns: usize::MAX,
            serials,
            values,
            length: length.checked_sub(header.len())?,
        })
    }

    /// No more than so many columns; those behind them are NULL.
    pub(super) fn first(self, columns: usize) -> Self {
        Self { columns, ..self }
    }

    /// The next column; NULL behind the last one, which it was before the table was given more (without a default).
    /// `None` where it does not lie here, or is none: the row is to be asked for.
    pub(super) fn next(&mut self) -> Option<Value<'a>> {
        if self.columns == 0 {
            return Some(Value::Null);
        }
        if self.serials.is_empty() {
            return (self.length == 0).then_some(Value::Null);
        }
        let (serial, serials) = varint(self.serials)?;
        let length = match serial {
            0 | 8 | 9 => 0,
            1..=4 => serial,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => (serial - 12) / 2,
        };
        let length = usize::try_from(length).ok()?;
        let (value, values) = self.values.split_at_checked(length)?;
        let length = self.length.checked_sub(length)?;
        // As SQLite sees it, a row whose values end elsewhere than it does is damaged.
        if serials.is_empty() && length > 0 {
            return None;
        }
        *self = Self {
            columns: self.columns - 1,
            serials,
            values,
            length,
        };
        Some(match serial {
            0 => Value::Null,
            1..=6 => Value::Integer(integer(value)),
            7 => match f64::from_bits(integer(value).cast_unsigned()) {
                number if number.is_nan() => Value::Null,
                number => Value::Real(number),
            },
            8 => Value::Integer(0),
            9 => Value::Integer(1),
            13.. if serial % 2 == 1 => Value::Text(value),
            _ => Value::Blob,
        })
    }
}

/// The integer that these bytes begin with, of a variable length (1.6), and the bytes behind it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (at, &byte) in bytes.iter().take(8).enumerate() {
        value = value << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    let (&last, rest) = bytes.get(8..)?.split_first()?;
    Some((value << 8 | u64::from(last), rest))
}

/// The number of these bytes, of which the first tells whether it is less than zero.
fn integer(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|&first| first >= 0x80);
    let sign = if negative { -1 } else { 0 };
    bytes
        .iter()
        .fold(sign, |number, &byte| number << 8 | i64::from(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn integers_of_variable_length_are_those_of_the_format() {
        for (bytes, expected) in [
            (&[0x00][..], Some((0, 0))),
            (&[0x7f, 0xff], Some((0x7f, 1))),
            (&[0x81, 0x00], Some((0x80, 0))),
            (&[0x81, 0x80, 0x01, 0], Some((0x4001, 1))),
            (&[0xff; 9], Some((u64::MAX, 0))),
            (&[0xff; 10], Some((u64::MAX, 1))),
            (&[0x80; 9], Some((0x80, 0))),
            (&[0x80; 8], None),
            (&[0x80], None),
            (&[], None),
        ] {
            let read = varint(bytes).map(|(value, rest)| (value, rest.len()));
            assert_eq!(read, expected, "{bytes:?}");
        }
    }

    #[test]
    fn integers_of_each_length_have_a_sign() {
        for (bytes, expected) in [
            (&[0x7f][..], 127),
            (&[0x80], -128),
            (&[0xff, 0xfe], -2),
            (&[0x00, 0x80, 0x00], 0x8000),
            (&[0xff, 0xff, 0xff, 0xff], -1),
            (&[0x80, 0, 0, 0, 0, 0], -(1 << 47)),
            (&[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], i64::MAX),
            (&[0x80, 0, 0, 0, 0, 0, 0, 0], i64::MIN),
        ] {
            assert_eq!(integer(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn columns_come_one_by_one_and_those_that_are_not_there_are_null() {
        let real = (-0.5_f64).to_be_bytes();
        let header = [8, 0, 8, 9, 2, 7, 12, 19];
        let bytes = [&header[..], &[0xff, 0x00], &real, b"abc"].concat();
        let all = [
            Value::Null,
            Value::Integer(0),
            Value::Integer(1),
            Value::Integer(-256),
            Value::Real(-0.5),
            Value::Blob,
            Value::Text(b"abc"),
        ];
        let record = || Record::new(&bytes, bytes.len()).unwrap();
        let mut whole = record();
        for value in &all {
            assert_eq!(whole.next().as_ref(), Some(value));
        }
        assert_eq!(whole.next(), Some(Value::Null));
        let mut first = record().first(5);
        let values: Vec<Value<'_>> = std::iter::from_fn(|| first.next()).take(6).collect();
        assert_eq!(values[..5], all[..5]);
        assert_eq!(values[5], Value::Null);
    }

    #[test]
    fn what_is_not_here_or_is_no_row_is_not_given_out() {
        let bytes = [4, 1, 2, 19, 0x7f, 0x01, 0x00, b'a', b'b', b'c'];
        let given = |bytes: &[u8], length| {
            let mut record = Record::new(bytes, length)?;
            let columns = std::iter::from_fn(|| record.next());
            Some(columns.take_while(|value| *value != Value::Null).count())
        };
        assert_eq!(given(&bytes, 10), Some(3));
        // The text goes on elsewhere, then the header does.
        assert_eq!(given(&bytes[..9], 10), Some(2));
        assert_eq!(given(&bytes[..3], 10), None);
        assert_eq!(given(&[], 10), None);
        // Its values end before it does, or behind it.
        assert_eq!(given(&bytes, 11), Some(2));
        assert_eq!(given(&bytes, 9), Some(2));
        assert_eq!(Record::new(&[1, 0], 2).unwrap().next(), None);
        // A header that is shorter than its own length, or longer than all, and a kind that is none.
        assert!(Record::new(&[0, 1, 1], 3).is_none());
        assert!(Record::new(&[2, 1], 1).is_none());
        assert_eq!(Record::new(&[2, 10], 2).unwrap().next(), None);
        let no_number = [&[2, 7][..], &f64::NAN.to_be_bytes()].concat();
        let mut record = Record::new(&no_number, 10).unwrap();
        assert_eq!(record.next(), Some(Value::Null));
    }

    #[test]
    fn there_are_no_more_cells_than_have_room_and_one_above_others() {
        let page = |kind, count: u16| {
            let mut page = vec![0; 512];
            page[0] = kind;
            page[COUNT..][..2].copy_from_slice(&count.to_be_bytes());
            match Page::new(&page, 0) {
                Ok(Page::Inner(inner)) => Some(inner.children().count()),
                Ok(Page::Leaf(leaf)) => Some(leaf.cells().count()),
                Err(Damaged) => None,
            }
        };
        assert_eq!(
            (page(13, 0), page(13, 84), page(13, 85)),
            (Some(0), Some(84), None)
        );
        assert_eq!((page(5, 0), page(5, 1), page(5, 85)), (None, Some(2), None));
        assert_eq!((page(10, 1), page(0, 0)), (None, None));
    }

    #[test]
    fn as_much_of_a_row_lies_here_as_the_format_says() {
        // 4096 bytes: at most 4061 and at least 489 of a row.
        for (length, expected) in [
            (0, 0),
            (4061, 4061),
            (4062, 489),
            (4581, 489),
            (4582, 490),
            (8153, 4061),
            (8154, 489),
        ] {
            assert_eq!(local(length, 4096), Some(expected), "{length}");
        }
        assert_eq!(local(1, 34), None);
    }

    proptest! {
        /// Whatever the bytes.
        #[test]
        fn nothing_panics(
            kind in prop_oneof![Just(5), Just(13), any::<u8>()],
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
            cells in 0_u16..30,
            reserved in any::<u8>(),
        ) {
            let mut page = vec![kind, 0, 0, 0, cells as u8, 0, 0, 0];
            page.extend(bytes);
            match Page::new(&page, reserved) {
                Ok(Page::Inner(inner)) => {
                    prop_assert_eq!(inner.children().count(), usize::from(cells) + 1);
                }
                Ok(Page::Leaf(leaf)) => {
                    for cell in leaf.cells().flatten() {
                        let Some(mut record) = cell.record else {
                            continue;
                        };
                        for _ in 0..20 {
                            record.next();
                        }
                    }
                }
                Err(Damaged) => {}
            }
        }
    }
}
