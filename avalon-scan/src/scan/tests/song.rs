//! Small files of sound with tags, made in memory.
//!
//! In: a [`Song`]. Out: the bytes of a FLAC or AIFF file. All FLAC files have one size, so that one
//! may replace another without the size telling.

use proptest::prelude::*;

/// Bytes of every FLAC file made here.
const SIZE: usize = 512;

/// What a file is to say.
#[derive(Clone, Debug)]
pub(super) struct Song {
    pub(super) artist: &'static str,
    pub(super) album: &'static str,
    pub(super) genre: &'static str,
    pub(super) title: &'static str,
    /// Not all of them are numbers, which makes warnings.
    pub(super) track: &'static str,
    /// The same for the same sound; nothing where there is none.
    pub(super) sound: u8,
    pub(super) is_aiff: bool,
}

impl Song {
    /// Any of a few, many of which are spelled almost alike.
    pub(super) fn any() -> impl Strategy<Value = Self> {
        let one_of = proptest::sample::select::<&'static str>;
        (
            one_of(vec!["AC/DC", "ac/dc", "Ac/Dc", "Björk", "BJÖRK", ""]),
            one_of(vec!["One", "ONE", "one", "Two", ""]),
            one_of(vec!["Rock", "rock", "Metal"]),
            one_of(vec!["A", "B"]),
            one_of(vec!["1", "2/9", "x"]),
            0..5_u8,
            proptest::bool::weighted(0.15),
        )
            .prop_map(
                |(artist, album, genre, title, track, sound, is_aiff)| Self {
                    artist,
                    album,
                    genre,
                    title,
                    track,
                    sound,
                    is_aiff,
                },
            )
    }

    /// The file.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self.is_aiff {
            true => self.aiff(),
            false => self.flac(),
        }
    }

    fn flac(&self) -> Vec<u8> {
        let block = |kind: u8, content: &[u8]| {
            let size = (content.len() as u32).to_be_bytes();
            [&[kind], &size[1..], content].concat()
        };
        // 44100 Hz, two channels of 16 bits, 5 s.
        let mut info = b"\x10\0\x10\0\0\0\0\0\0\0\x0a\xc4\x42\xf0\0\x03\x5d\x14".to_vec();
        info.extend([self.sound; 16]);
        let mut comments = [&7_u32.to_le_bytes()[..], b"avalon!"].concat();
        let fields = [
            ("ARTIST", self.artist),
            ("ALBUM", self.album),
            ("GENRE", self.genre),
            ("TITLE", self.title),
            ("TRACKNUMBER", self.track),
        ];
        comments.extend((fields.len() as u32).to_le_bytes());
        for (name, value) in fields {
            let field = format!("{name}={value}");
            comments.extend((field.len() as u32).to_le_bytes());
            comments.extend(field.as_bytes());
        }
        let mut file = [b"fLaC".to_vec(), block(0, &info), block(4, &comments)].concat();
        let padding = vec![0; SIZE - file.len() - 4];
        file.extend(block(0x80 | 1, &padding));
        file
    }

    fn aiff(&self) -> Vec<u8> {
        let chunk = |name: &[u8], content: &[u8]| {
            let size = (content.len() as u32).to_be_bytes();
            let even = &b"\0"[..content.len() % 2];
            [name, &size, content, even].concat()
        };
        let common = b"\0\x01\0\0\0\x02\0\x10\x40\x0e\xac\x44\0\0\0\0\0\0";
        let samples = [&[0; 8][..], &[self.sound; 4]].concat();
        let chunks = [
            b"AIFF".to_vec(),
            chunk(b"COMM", common),
            chunk(b"NAME", self.title.as_bytes()),
            chunk(b"AUTH", self.artist.as_bytes()),
            chunk(b"SSND", &samples),
        ];
        chunk(b"FORM", &chunks.concat())
    }
}
