//! The tags of one file, drawn and written into its bytes.
//!
//! In: what an artist, an album and a number say. Out: the file. Every file has title, artist, album,
//! album artist, genre, date (40 % a full one), track and disc of how many; half of the albums have
//! MusicBrainz ids and a label, a third ReplayGain, a quarter composers and ISRC. FLAC files of the
//! real kind have a picture of 100 KB.

use std::io::Cursor;

use anyhow::{Context, Result};
use lofty::config::WriteOptions;
use lofty::picture::{MimeType, Picture, PictureType};
use lofty::tag::{ItemKey, Tag, TagExt, TagType};

use crate::clips::Format;
use crate::collection::Kind;
use crate::vocabulary::{Random, Vocabulary};

const PICTURE: usize = 100_000;

/// What all files of an artist share.
pub(super) struct Artist {
    pub(super) name: String,
    pub(super) genre: String,
    pub(super) id: String,
}

/// What all files of an album share.
pub(super) struct Album {
    pub(super) name: String,
    pub(super) format: Format,
    tracks: usize,
    date: String,
    label: Option<String>,
    ids: Option<[String; 2]>,
    gain: Option<String>,
    composer: Option<String>,
    picture: u64,
}

impl Album {
    pub(super) fn draw(
        name: String,
        format: Format,
        tracks: usize,
        words: &Vocabulary,
        random: &mut Random,
    ) -> Self {
        let year = 1960 + random.below(66);
        let date = match random.below(10) {
            0..4 => format!(
                "{year}-{:02}-{:02}",
                1 + random.below(12),
                1 + random.below(28)
            ),
            _ => year.to_string(),
        };
        let identified = random.below(2) == 0;
        Self {
            name,
            format,
            tracks,
            date,
            label: identified.then(|| words.name(random, 1, 2)),
            ids: identified.then(|| [uuid(random), uuid(random)]),
            gain: (random.below(3) == 0).then(|| decibel(random)),
            composer: (random.below(4) == 0).then(|| words.name(random, 2, 2)),
            picture: random.next(),
        }
    }
}

/// Writes the tags of track `number` of an album, from 1, into `sound`.
pub(super) fn write(
    sound: Vec<u8>,
    kind: Kind,
    artist: &Artist,
    album: &Album,
    number: usize,
    title: &str,
    random: &mut Random,
) -> Result<Vec<u8>> {
    let tag_type = match album.format {
        Format::Mp3V3 | Format::Mp3V4 => TagType::Id3v2,
        Format::M4a => TagType::Mp4Ilst,
        Format::Flac | Format::Ogg | Format::Opus => TagType::VorbisComments,
    };
    let mut tag = Tag::new(tag_type);
    let mut set = |key, value: &str| tag.insert_text(key, value.to_owned());
    set(ItemKey::TrackTitle, title);
    set(ItemKey::TrackArtist, &artist.name);
    set(ItemKey::AlbumArtist, &artist.name);
    set(ItemKey::AlbumTitle, &album.name);
    set(ItemKey::Genre, &artist.genre);
    set(ItemKey::RecordingDate, &album.date);
    set(ItemKey::TrackNumber, &number.to_string());
    set(ItemKey::TrackTotal, &album.tracks.to_string());
    set(ItemKey::DiscNumber, "1");
    set(ItemKey::DiscTotal, "1");
    if let Some([release, group]) = &album.ids {
        set(ItemKey::MusicBrainzArtistId, &artist.id);
        set(ItemKey::MusicBrainzReleaseArtistId, &artist.id);
        set(ItemKey::MusicBrainzReleaseId, release);
        set(ItemKey::MusicBrainzReleaseGroupId, group);
        set(ItemKey::MusicBrainzRecordingId, &uuid(random));
        set(ItemKey::MusicBrainzTrackId, &uuid(random));
    }
    if let Some(label) = &album.label {
        set(ItemKey::Label, label);
    }
    if let Some(gain) = &album.gain {
        set(ItemKey::ReplayGainAlbumGain, gain);
        set(ItemKey::ReplayGainAlbumPeak, "0.988553");
        set(ItemKey::ReplayGainTrackGain, &decibel(random));
        set(ItemKey::ReplayGainTrackPeak, "0.977234");
    }
    if let Some(composer) = &album.composer {
        set(ItemKey::Composer, composer);
        set(
            ItemKey::Isrc,
            &format!("XX-AVA-26-{:05}", random.below(100_000)),
        );
    }
    if kind == Kind::Real && album.format == Format::Flac {
        tag.push_picture(picture(album.picture));
    }

    let mut options = WriteOptions::new();
    options.use_id3v23(album.format == Format::Mp3V3);
    // lofty fills up the headers of Ogg to 8 KB, which encoders and other taggers do not.
    if kind == Kind::Tiny || matches!(album.format, Format::Ogg | Format::Opus) {
        options = options.preferred_padding(0);
    }
    let mut file = Cursor::new(sound);
    tag.save_to(&mut file, options)
        .with_context(|| format!("{:?}: {title}", album.format))?;
    Ok(file.into_inner())
}

/// Bytes that no program can make smaller, behind the start of a JPEG.
fn picture(seed: u64) -> Picture {
    let mut random = Random::new(seed);
    let mut data = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00".to_vec();
    while data.len() < PICTURE {
        data.extend(random.next().to_le_bytes());
    }
    Picture::unchecked(data)
        .pic_type(PictureType::CoverFront)
        .mime_type(MimeType::Jpeg)
        .build()
}

/// A random UUID, version 4.
pub(super) fn uuid(random: &mut Random) -> String {
    let (high, low) = (random.next(), random.next());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        0x8000 | low >> 48 & 0x3fff,
        low & 0xffff_ffff_ffff
    )
}

fn decibel(random: &mut Random) -> String {
    format!("-{}.{:02} dB", random.below(12), random.below(100))
}
