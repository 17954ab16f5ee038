//! Numbers and texts in as few bytes as they need, one record for each track in one buffer.
//!
//! In: values one after the other, in any order of tracks. Out: the same values, read in the same order.
//! What stays true: reading beyond the end of what was written gives `None`, never a panic.

/// Where records begin is told in so many bytes: enough for a terabyte of them.
const START: usize = 5;

/// A record for each track, or none.
#[derive(Debug, Default)]
pub(super) struct Records {
    bytes: Vec<u8>,
    /// Where the record of each track begins; 0 where there is none.
    starts: Vec<[u8; START]>,
}

impl Records {
    /// Room for `tracks` records of about `size` bytes.
    pub(super) fn new(tracks: usize, size: usize) -> Self {
        let mut bytes = Vec::with_capacity(1 + tracks * size);
        // So that no record begins at 0.
        bytes.push(0);
        Self {
            bytes,
            starts: vec![[0; START]; tracks],
        }
    }

    /// Begins the record of a track, which is written to what this gives. The last one of a track stands;
    /// a track that there is not has none.
    pub(super) fn begin(&mut self, number: u32) -> &mut Vec<u8> {
        if let Some(start) = self.starts.get_mut(number as usize) {
            let [a, b, c, d, e, ..] = (self.bytes.len() as u64).to_le_bytes();
            *start = [a, b, c, d, e];
        }
        &mut self.bytes
    }

    /// Reads the record of a track.
    pub(super) fn get(&self, number: u32) -> Option<Reader<'_>> {
        let [a, b, c, d, e] = *self.starts.get(number as usize)?;
        let start = u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]);
        match start {
            0 => None,
            start => self.bytes.get(start as usize..).map(Reader),
        }
    }

    /// Gives back memory that was kept for more records.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
    }

    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + self.starts.capacity() * START
    }
}

/// Appends a number of seven bits to a byte, the lowest first.
pub(super) fn put_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a number that may be negative; small ones of either sign are short.
pub(super) fn put_signed(number: i64, out: &mut Vec<u8>) {
    put_number(
        (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned(),
        out,
    );
}

/// Appends bytes behind their length.
pub(super) fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_number(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Reads what was written, from front to back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(super) fn eight(&mut self) -> Option<[u8; 8]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_small_ones_are_short() {
        for (number, length) in [
            (0, 1),
            (-1, 1),
            (63, 1),
            (64, 2),
            (44_100, 3),
            (i64::MAX, 10),
            (i64::MIN, 10),
        ] {
            let mut out = Vec::new();
            put_signed(number, &mut out);
            assert_eq!(out.len(), length, "{number}");
            assert_eq!(Reader(&out).signed(), Some(number));
            out.pop();
            assert_eq!(Reader(&out).signed(), None, "{number}");
        }
    }

    #[test]
    fn records_are_found_by_number_in_whatever_order_they_came() {
        let mut records = Records::new(3, 0);
        put_bytes(b"two", records.begin(2));
        put_bytes(b"nobody", records.begin(3));
        put_bytes(b"zero", records.begin(0));
        let text = |number| records.get(number).and_then(|mut record| record.bytes());
        assert_eq!(text(0), Some(&b"zero"[..]));
        assert_eq!(text(1), None);
        assert_eq!(text(2), Some(&b"two"[..]));
        assert_eq!(text(3), None);
    }
}
