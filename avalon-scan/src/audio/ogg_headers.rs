//! The headers of an Ogg file: which pages hold them, and how they are without their pictures.
//!
//! In: a file. Out: where its header packets lie and end; and, for comments that hold a picture, pages
//! with the same packets but for the pictures, which lofty would read, decode and drop.
//!
//! What stays true: of a page that is passed by, only its header is read, and of a picture only the name
//! of its comment. Sources: RFC 3533 (pages), Vorbis I, 5 (comments), RFC 7845, 5.2 (Opus).

use std::io;

use ogg_pager::PAGE_HEADER_SIZE;

use crate::reader::Source;

/// The first bytes of a page (RFC 3533, 6).
pub(super) const PAGE: &[u8; 4] = b"OggS";

/// The most segments that a page has.
const SEGMENTS: usize = 255;

/// The most pages that headers may have: those of 800 MB in pages of 4 KiB, which taggers write.
const MOST_PAGES: usize = 200_000;

/// Headers that are smaller are shown to lofty as they are: they hold no picture worth the trouble.
const SMALL: u64 = 64 << 10;

/// The most that is read of headers beside pictures.
const MOST: u64 = 8 << 20;

/// Comments that hold a picture, as base64.
const PICTURES: [&[u8]; 2] = [b"METADATA_BLOCK_PICTURE", b"COVERART"];

/// A header page that says of the next: a packet goes on in it.
const CONTINUED: u8 = 1;

/// Where the header packets of a file are.
pub(super) struct Headers {
    /// Where the pages with them end.
    pub(super) end: u64,
    /// Of each packet, the stretches of the file that hold it.
    packets: Vec<Vec<(u64, u64)>>,
    /// The header of the first page.
    first: [u8; PAGE_HEADER_SIZE],
}

/// Finds the pages with the first `packets` packets; `None` where there are no such pages, or nothing
/// after them.
///
/// # Errors
/// The file's.
pub(super) fn find(source: &mut Source, packets: usize) -> io::Result<Option<Headers>> {
    let mut headers = Headers {
        end: 0,
        packets: vec![Vec::new()],
        first: [0; PAGE_HEADER_SIZE],
    };
    let mut ended = 0;
    for page in 0..MOST_PAGES {
        if ended >= packets {
            break;
        }
        let mut head = [0; PAGE_HEADER_SIZE + SEGMENTS];
        let read = match headers.end < SMALL {
            true => source.read_at(headers.end, &mut head)?,
            false => source.read_once(headers.end, &mut head)?,
        };
        let Some((header, rest)) = head[..read].split_first_chunk::<PAGE_HEADER_SIZE>() else {
            return Ok(None);
        };
        let count = usize::from(header[26]);
        let segments = match rest.get(..count) {
            Some(segments) if header.starts_with(PAGE) && header[4] == 0 && count > 0 => segments,
            _ => return Ok(None),
        };
        if page == 0 {
            headers.first = *header;
        }
        headers.end += (PAGE_HEADER_SIZE + count) as u64;
        for &segment in segments {
            if let Some(packet) = headers.packets.last_mut() {
                add(packet, headers.end, segment.into());
            }
            headers.end += u64::from(segment);
            if segment < 255 {
                ended += 1;
                headers.packets.push(Vec::new());
            }
        }
    }
    Ok((ended >= packets && headers.end < source.len()).then_some(headers))
}

/// Adds a stretch that may follow the last one at once.
fn add(packet: &mut Vec<(u64, u64)>, at: u64, len: u64) {
    match packet.last_mut() {
        Some((start, before)) if *start + *before == at => *before += len,
        _ => packet.push((at, len)),
    }
}

impl Headers {
    /// The pages with the headers without pictures, where they hold one; else `None`, as where their
    /// comments, which begin with the codec's signature, are damaged.
    ///
    /// # Errors
    /// The file's.
    pub(super) fn without_pictures(
        &self,
        source: &mut Source,
        signature: &[u8],
    ) -> io::Result<Option<Vec<u8>>> {
        let [first, comments, others @ ..] = self.packets.as_slice() else {
            return Ok(None);
        };
        if self.end <= SMALL {
            return Ok(None);
        }
        let Some(comments) = Packet::new(source, comments).comments(signature)? else {
            return Ok(None);
        };
        let mut pages = Vec::new();
        let Some(first) = Packet::new(source, first).rest()? else {
            return Ok(None);
        };
        self.put(&mut pages, self.first, &[first]);
        let mut following = vec![comments];
        for packet in others.iter().filter(|packet| !packet.is_empty()) {
            match Packet::new(source, packet).rest()? {
                Some(packet) => following.push(packet),
                None => return Ok(None),
            }
        }
        let mut header = self.first;
        header[5] = 0;
        self.put(&mut pages, header, &following);
        Ok(Some(pages))
    }

    /// Writes packets into pages that begin with this header.
    fn put(&self, pages: &mut Vec<u8>, mut header: [u8; PAGE_HEADER_SIZE], packets: &[Vec<u8>]) {
        let mut segments = Vec::new();
        for packet in packets {
            segments.extend(std::iter::repeat_n(255, packet.len() / 255));
            // Less than 255.
            segments.push((packet.len() % 255) as u8);
        }
        let bytes = packets.concat();
        let mut at = 0;
        for page in segments.chunks(SEGMENTS) {
            // No more than fit into a byte.
            header[26] = page.len() as u8;
            pages.extend_from_slice(&header);
            pages.extend_from_slice(page);
            let len: usize = page.iter().map(|&segment| usize::from(segment)).sum();
            pages.extend_from_slice(&bytes[at..at + len]);
            at += len;
            header[5] = match page.last() {
                Some(255) => CONTINUED,
                _ => 0,
            };
        }
    }
}

/// A packet that is read from its beginning to its end.
struct Packet<'p, 's, 'f> {
    source: &'s mut Source<'f>,
    stretches: &'p [(u64, u64)],
    /// Read of the first stretch.
    done: u64,
}

impl<'p, 's, 'f> Packet<'p, 's, 'f> {
    fn new(source: &'s mut Source<'f>, stretches: &'p [(u64, u64)]) -> Self {
        Self {
            source,
            stretches,
            done: 0,
        }
    }

    /// What is left of it.
    fn len(&self) -> u64 {
        let all: u64 = self.stretches.iter().map(|(_, len)| len).sum();
        all - self.done
    }

    /// Goes on by `len` bytes, which `take` gets in stretches; `false` where there are fewer.
    fn go(
        &mut self,
        mut len: u64,
        mut take: impl FnMut(&mut Source, u64, u64) -> io::Result<()>,
    ) -> io::Result<bool> {
        while let Some((&(start, stretch), rest)) = self.stretches.split_first() {
            let here = len.min(stretch - self.done);
            take(self.source, start + self.done, here)?;
            self.done += here;
            len -= here;
            if self.done < stretch {
                return Ok(true);
            }
            (self.stretches, self.done) = (rest, 0);
            if len == 0 {
                return Ok(true);
            }
        }
        Ok(len == 0)
    }

    /// The next bytes; `None` where there are fewer, or more than headers need.
    fn bytes(&mut self, len: u64) -> io::Result<Option<Vec<u8>>> {
        if len > MOST || len > self.len() {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(len as usize);
        let is_whole = self.go(len, |source, at, len| {
            bytes.extend(source.piece(at, len)?);
            Ok(())
        })?;
        // A file that is cut while it is read.
        Ok((is_whole && bytes.len() as u64 == len).then_some(bytes))
    }

    fn rest(mut self) -> io::Result<Option<Vec<u8>>> {
        let len = self.len();
        self.bytes(len)
    }

    fn number(&mut self) -> io::Result<Option<u32>> {
        let bytes = self.bytes(4)?;
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        Ok(bytes.map(u32::from_le_bytes))
    }

    /// A packet of comments without those that hold pictures; `None` where there is no such comment.
    fn comments(mut self, signature: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let begin = self.bytes(signature.len() as u64)?;
        if begin.as_deref() != Some(signature) {
            return Ok(None);
        }
        let Some(vendor_len) = self.number()? else {
            return Ok(None);
        };
        let (Some(vendor), Some(count)) = (self.bytes(vendor_len.into())?, self.number()?) else {
            return Ok(None);
        };
        let mut out = [signature, &vendor_len.to_le_bytes(), &vendor].concat();
        let count_at = out.len();
        out.extend(count.to_le_bytes());
        let mut left_out = 0;
        for _ in 0..count {
            let Some(len) = self.number()? else {
                return Ok(None);
            };
            let name_len = u64::from(len).min(1 + PICTURES[0].len() as u64);
            let Some(name) = self.bytes(name_len)? else {
                return Ok(None);
            };
            let rest = u64::from(len) - name_len;
            if is_picture(&name) {
                left_out += 1;
                if rest > self.len() || !self.go(rest, |_, _, _| Ok(()))? {
                    return Ok(None);
                }
                continue;
            }
            let Some(value) = self.bytes(rest)? else {
                return Ok(None);
            };
            out.extend(len.to_le_bytes());
            out.extend(name);
            out.extend(value);
            if out.len() as u64 > MOST {
                return Ok(None);
            }
        }
        out[count_at..count_at + 4].copy_from_slice(&(count - left_out).to_le_bytes());
        let Some(rest) = self.rest()? else {
            return Ok(None);
        };
        out.extend(rest);
        Ok((left_out > 0).then_some(out))
    }
}

/// Whether a comment that begins so holds a picture.
fn is_picture(comment: &[u8]) -> bool {
    let name = comment.split(|&byte| byte == b'=').next();
    let is_whole = comment.contains(&b'=');
    let is = |picture: &&[u8]| name.is_some_and(|name| name.eq_ignore_ascii_case(picture));
    is_whole && PICTURES.iter().any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The packets in pages of that many segments.
    fn file(packets: &[Vec<u8>], per_page: usize) -> Vec<u8> {
        let mut segments = Vec::new();
        for packet in packets {
            segments.extend(vec![255; packet.len() / 255]);
            segments.push((packet.len() % 255) as u8);
        }
        let bytes = packets.concat();
        let (mut out, mut at) = (Vec::new(), 0);
        for page in segments.chunks(per_page) {
            let len: usize = page.iter().map(|&segment| usize::from(segment)).sum();
            out.extend([&b"OggS\0\0"[..], &[0; 20], &[page.len() as u8], page].concat());
            out.extend(&bytes[at..at + len]);
            at += len;
        }
        out.extend(b"and what follows");
        out
    }

    fn comments(signature: &[u8], comments: &[&[u8]]) -> Vec<u8> {
        let mut out = [signature, &3_u32.to_le_bytes(), b"Me!"].concat();
        out.extend((comments.len() as u32).to_le_bytes());
        for comment in comments {
            out.extend((comment.len() as u32).to_le_bytes());
            out.extend(*comment);
        }
        out.push(1);
        out
    }

    fn picture(name: &str, len: usize) -> Vec<u8> {
        [name.as_bytes(), b"=", &vec![b'A'; len]].concat()
    }

    #[test]
    fn pictures_are_left_out_and_hardly_read() {
        let big = picture("Metadata_Block_Picture", 20 << 20);
        let cover = picture("COVERART", 100_000);
        let near = picture("COVERARTIST", 50_000);
        for signature in [&b"\x03vorbis"[..], b"OpusTags", b""] {
            for per_page in [255, 7] {
                let with = comments(signature, &[b"TITLE=t", &big, &near, &cover, b"ARTIST=a"]);
                let without = comments(signature, &[b"TITLE=t", &near, b"ARTIST=a"]);
                let (head, setup) = (b"head".to_vec(), vec![5; 4000]);
                let bytes = file(&[head.clone(), with, setup.clone()], per_page);
                let mut source = Source::new(&bytes, bytes.len() as u64);
                let headers = find(&mut source, 3).unwrap().unwrap();
                assert_eq!(headers.end, bytes.len() as u64 - 16);
                let pages = headers.without_pictures(&mut source, signature);
                let pages = pages.unwrap().unwrap();
                let heads = bytes.len() / (255 * per_page) * (PAGE_HEADER_SIZE + SEGMENTS);
                let read = source.bytes_read();
                assert!(read < 300_000 + heads as u64, "{read} of {}", bytes.len());
                let mut shown = Source::new(&pages, pages.len() as u64);
                // The end of the file is no end of a packet's pages.
                let pages = [&pages[..], b"x"].concat();
                let mut again = Source::new(&pages, pages.len() as u64);
                let found = find(&mut again, 3).unwrap().unwrap();
                let packets = [head, without, setup];
                for (packet, expected) in found.packets.iter().zip(packets) {
                    let packet = Packet::new(&mut shown, packet).rest().unwrap();
                    assert_eq!(packet.unwrap(), expected);
                }
            }
        }
    }

    #[test]
    fn what_holds_no_picture_or_is_damaged_stays_as_it_is() {
        let long = picture("TITLE", 100_000);
        let cover = picture("COVERART", 100_000);
        let whole = comments(b"\x03vorbis", &[&cover]);
        let cut = whole[..whole.len() - 2000].to_vec();
        let small = comments(b"\x03vorbis", &[&picture("COVERART", 1000)]);
        for (row, packet) in [
            ("no picture", comments(b"\x03vorbis", &[&long])),
            ("another codec", comments(b"\x03theora", &[&cover])),
            ("cut", cut),
            ("small", small),
            ("nothing", vec![0; 100_000]),
        ] {
            let bytes = file(&[b"head".to_vec(), packet, vec![5; 40]], 255);
            let mut source = Source::new(&bytes, bytes.len() as u64);
            let headers = find(&mut source, 3).unwrap().unwrap();
            let pages = headers
                .without_pictures(&mut source, b"\x03vorbis")
                .unwrap();
            assert_eq!(pages, None, "{row}");
        }
    }
}
