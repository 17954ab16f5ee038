//! Every detail of a track, from every family of tags whose standard, or whose taggers, have it.

use avalon_core::database::TrackDetails;
use lofty::ape::{ApeItem, ApeTag};
use lofty::mp4::{Atom, AtomData, AtomIdent, DataType, Ilst};
use lofty::ogg::tag::VorbisComments;
use lofty::tag::ItemValue;

use crate::reader::Source;

use super::{ape, id3v2, id3v2_frames, ilst, vorbis};

/// What each of the tags below says; the R128 gains are Opus' alone.
fn everything() -> TrackDetails {
    let text = |text: &str| Some(text.to_owned());
    let list = |texts: [&str; 2]| texts.map(str::to_owned).to_vec();
    TrackDetails {
        artists: list(["AC/DC", "B; C"]),
        album_artists: list(["AA", "AB"]),
        genres: list(["Rock", "Jazz"]),
        composers: list(["CA", "CB"]),
        track_total: Some(12),
        disc_total: Some(2),
        date: text("1994-06-07"),
        original_date: text("1993"),
        musicbrainz_recording_id: text("recording"),
        musicbrainz_track_id: text("track"),
        musicbrainz_release_id: text("release"),
        musicbrainz_release_group_id: text("group"),
        musicbrainz_artist_ids: list(["a1", "a2"]),
        musicbrainz_album_artist_ids: list(["b1", "b2"]),
        replaygain_track_gain: Some(-7.5),
        replaygain_track_peak: Some(0.5),
        replaygain_album_gain: Some(-6.5),
        replaygain_album_peak: Some(0.75),
        r128_track_gain: None,
        r128_album_gain: None,
        bpm: Some(120.0),
        isrcs: list(["I1", "I2"]),
        labels: list(["L1", "L2"]),
        compilation: Some(true),
        title_sort: text("ts"),
        album_sort: text("as"),
        artist_sort: text("rs"),
        album_artist_sort: text("bs"),
        composer_sort: text("cs"),
        comment: text("A comment"),
    }
}

/// The same by the names of Vorbis comments; a line for each name, values divided by `|`.
const NAMED: &str = "\
ARTIST=AC/DC|B; C
ALBUMARTIST=AA|AB
GENRE=Rock|Jazz
COMPOSER=CA|CB
TRACKTOTAL=12
DISCTOTAL=2
DATE=1994-06-07
ORIGINALDATE=1993
MUSICBRAINZ_TRACKID=recording
MUSICBRAINZ_RELEASETRACKID=track
MUSICBRAINZ_ALBUMID=release
MUSICBRAINZ_RELEASEGROUPID=group
MUSICBRAINZ_ARTISTID=a1|a2
MUSICBRAINZ_ALBUMARTISTID=b1|b2
REPLAYGAIN_TRACK_GAIN=-7.5 dB
REPLAYGAIN_TRACK_PEAK=0.5
REPLAYGAIN_ALBUM_GAIN=-6.5 dB
REPLAYGAIN_ALBUM_PEAK=0.75
BPM=120
ISRC=I1|I2
LABEL=L1|L2
COMPILATION=1
TITLESORT=ts
ALBUMSORT=as
ARTISTSORT=rs
ALBUMARTISTSORT=bs
COMPOSERSORT=cs
COMMENT=A comment";

fn named() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    NAMED.lines().filter_map(|line| {
        let (name, values) = line.split_once('=')?;
        Some((name, values.split('|').collect()))
    })
}

#[test]
fn vorbis_comments_say_it() {
    let mut comments = VorbisComments::new();
    for (name, values) in named() {
        for value in values {
            comments.push(name.to_lowercase(), value.to_owned());
        }
    }
    comments.push("R128_TRACK_GAIN".to_owned(), "-384".to_owned());
    comments.push("R128_ALBUM_GAIN".to_owned(), "256".to_owned());
    let expected = TrackDetails {
        r128_track_gain: Some(-1.5),
        r128_album_gain: Some(1.0),
        ..everything()
    };
    assert_eq!(vorbis::read(&comments).details, expected);
}

#[test]
fn ape_items_say_it() {
    let mut tag = ApeTag::new();
    for (name, values) in named() {
        let name = match name {
            "ALBUMARTIST" => "Album Artist",
            "DATE" => "Year",
            name => name,
        };
        let value = ItemValue::Text(values.join("\0"));
        tag.insert(ApeItem::new(name.to_owned(), value).unwrap());
    }
    assert_eq!(ape::read(&tag).details, everything());
}

#[test]
fn mp4_items_say_it() {
    let text = |text: &str| AtomData::UTF8(text.to_owned());
    let bytes = |data: &[u8]| AtomData::Unknown {
        code: DataType::Reserved,
        data: data.to_vec(),
    };
    let mut list = Ilst::new();
    let mut add = |ident: AtomIdent<'static>, values: Vec<AtomData>| {
        list.insert(Atom::from_collection(ident, values).unwrap());
    };
    for (name, values) in [
        (b"\xa9ART", vec![text("AC/DC"), text("B; C")]),
        (b"aART", vec![text("AA"), text("AB")]),
        (b"\xa9gen", vec![text("Rock"), text("Jazz")]),
        (b"\xa9wrt", vec![text("CA"), text("CB")]),
        (b"trkn", vec![bytes(&[0, 0, 0, 3, 0, 12, 0, 0])]),
        (b"disk", vec![bytes(&[0, 0, 0, 1, 0, 2])]),
        (b"\xa9day", vec![text("1994-06-07")]),
        (b"tmpo", vec![AtomData::SignedInteger(120)]),
        (b"cpil", vec![AtomData::Bool(true)]),
        (b"sonm", vec![text("ts")]),
        (b"soal", vec![text("as")]),
        (b"soar", vec![text("rs")]),
        (b"soaa", vec![text("bs")]),
        (b"soco", vec![text("cs")]),
        (b"\xa9cmt", vec![text("A comment")]),
    ] {
        add(AtomIdent::Fourcc(*name), values);
    }
    for (name, values) in [
        ("MusicBrainz Track Id", vec![text("recording")]),
        ("MusicBrainz Release Track Id", vec![text("track")]),
        ("MusicBrainz Album Id", vec![text("release")]),
        ("MusicBrainz Release Group Id", vec![text("group")]),
        ("MusicBrainz Artist Id", vec![text("a1"), text("a2")]),
        ("MusicBrainz Album Artist Id", vec![text("b1"), text("b2")]),
        ("replaygain_track_gain", vec![text("-7.5 dB")]),
        ("replaygain_track_peak", vec![text("0.5")]),
        ("replaygain_album_gain", vec![text("-6.5 dB")]),
        ("replaygain_album_peak", vec![text("0.75")]),
        ("ORIGINALDATE", vec![text("1993")]),
        ("ISRC", vec![text("I1"), text("I2")]),
        ("LABEL", vec![text("L1"), text("L2")]),
    ] {
        let ident = AtomIdent::Freeform {
            mean: "com.apple.iTunes".into(),
            name: name.into(),
        };
        add(ident, values);
    }
    assert_eq!(ilst::read(&list).details, everything());
}

/// A frame in Latin-1 whose size is a byte.
fn frame(version: u8, name: &str, data: &str) -> Vec<u8> {
    let data = match name {
        "UFID" | "UFI" => data.to_owned(),
        _ => format!("\0{data}"),
    };
    let size = data.len() as u8;
    assert!(size < 128, "{name}");
    let header = match version {
        2 => vec![0, 0, size],
        _ => vec![0, 0, 0, size, 0, 0],
    };
    [name.as_bytes(), &header, data.as_bytes()].concat()
}

fn id3v2_details(version: u8, frames: &[(&str, &str)]) -> TrackDetails {
    let frames: Vec<Vec<u8>> = frames
        .iter()
        .map(|(name, data)| frame(version, name, data))
        .collect();
    let body = frames.concat();
    let size = [(body.len() >> 7) as u8, (body.len() & 127) as u8];
    let tag = [&[b'I', b'D', b'3', version, 0, 0, 0, 0][..], &size, &body].concat();
    let mut source = Source::new(&tag, tag.len() as u64);
    let frames = id3v2_frames::read(&mut source, 0).unwrap().unwrap().frames;
    id3v2::read(&frames).details
}

const USER: [(&str, &str); 9] = [
    ("TXXX", "MusicBrainz Release Track Id\0track"),
    ("TXXX", "MusicBrainz Album Id\0release"),
    ("TXXX", "MusicBrainz Release Group Id\0group"),
    ("TXXX", "MusicBrainz Artist Id\0a1\0a2"),
    ("TXXX", "MusicBrainz Album Artist Id\0b1\0b2"),
    ("TXXX", "replaygain_track_gain\0-7.5 dB"),
    ("TXXX", "REPLAYGAIN_TRACK_PEAK\x000.5"),
    ("TXXX", "replaygain_album_gain\0-6.5 dB"),
    ("TXXX", "replaygain_album_peak\x000.75"),
];

#[test]
fn frames_of_id3v2_4_and_3_say_it() {
    let common = [
        ("TPE1", "AC/DC\0B; C"),
        ("TPE2", "AA\0AB"),
        ("TCON", "17\0(8)"),
        ("TCOM", "CA\0CB"),
        ("TRCK", "3/12"),
        ("TPOS", "1/2"),
        ("UFID", "http://example.com\0other"),
        ("UFID", "http://musicbrainz.org\0recording"),
        ("TBPM", "120"),
        ("TSRC", "I1\0I2"),
        ("TPUB", "L1\0L2"),
        ("TCMP", "1"),
        ("TSO2", "bs"),
        ("TSOC", "cs"),
        ("COMM", "engiTunNORM\0 00000F"),
        ("COMM", "engother\0Another comment"),
        ("COMM", "eng\0A comment"),
    ];
    let new = [
        ("TDRC", "1994-06-07"),
        ("TDOR", "1993"),
        ("TSOT", "ts"),
        ("TSOA", "as"),
        ("TSOP", "rs"),
    ];
    let old = [
        ("TYER", "1994"),
        ("TDAT", "0706"),
        ("TORY", "1993"),
        ("XSOT", "ts"),
        ("XSOA", "as"),
        ("XSOP", "rs"),
    ];
    let read = |version, frames: &[&[(&str, &str)]]| id3v2_details(version, &frames.concat());
    assert_eq!(read(4, &[&common, &new, &USER]), everything());
    assert_eq!(read(3, &[&common, &old, &USER]), everything());
}

#[test]
fn frames_of_id3v2_2_say_it() {
    let user = USER.map(|(_, data)| ("TXX", data));
    let frames = [
        ("TP1", "AC/DC\0B; C"),
        ("TP2", "AA\0AB"),
        ("TCO", "(17)(8)"),
        ("TCM", "CA\0CB"),
        ("TRK", "3/12"),
        ("TPA", "1/2"),
        ("UFI", "http://musicbrainz.org\0recording"),
        ("TYE", "1994"),
        ("TDA", "0706"),
        ("TOR", "1993"),
        ("TBP", "120"),
        ("TRC", "I1\0I2"),
        ("TPB", "L1\0L2"),
        ("TCP", "1"),
        ("TST", "ts"),
        ("TSA", "as"),
        ("TSP", "rs"),
        ("TS2", "bs"),
        ("TSC", "cs"),
        ("COM", "eng\0A comment"),
    ];
    assert_eq!(
        id3v2_details(2, &[&frames[..], &user].concat()),
        everything()
    );
}

#[test]
fn of_several_frames_the_right_one_counts() {
    for (name, frames, expected) in [
        (
            "ARTISTS before TPE1",
            &[("TPE1", "A feat. B"), ("TXXX", "ARTISTS\0A\0B")][..],
            TrackDetails {
                artists: vec!["A".to_owned(), "B".to_owned()],
                ..TrackDetails::default()
            },
        ),
        (
            "TPE2 before TXXX",
            &[("TXXX", "ALBUM ARTIST\0X"), ("TPE2", "A")],
            TrackDetails {
                album_artists: vec!["A".to_owned()],
                ..TrackDetails::default()
            },
        ),
        (
            "a described comment, where there is no other",
            &[("COMM", "engx\0A"), ("COMM", "engSongs-DB_Custom1\0B")],
            TrackDetails {
                comment: Some("A".to_owned()),
                ..TrackDetails::default()
            },
        ),
        (
            "RVA2 without texts of ReplayGain",
            &[("RVA2", "")],
            TrackDetails::default(),
        ),
    ] {
        assert_eq!(id3v2_details(4, frames), expected, "{name}");
    }
}

#[test]
fn gains_of_rva2_count_where_texts_are_missing() {
    // -6 dB, and a peak of 16 bits that is half of full scale.
    let rva2 = |situation: &str| [situation.as_bytes(), b"\0\x01\xf4\0\x10\x40\0"].concat();
    let frame = |name: &str, data: &[u8]| {
        [name.as_bytes(), &[0, 0, 0, data.len() as u8, 0, 0], data].concat()
    };
    let body = [
        frame("RVA2", &rva2("track")),
        frame("RVA2", &rva2("Album")),
        frame("TXXX", b"\0replaygain_album_gain\0-1 dB"),
    ]
    .concat();
    let header = [b'I', b'D', b'3', 4, 0, 0, 0, 0, 0, body.len() as u8];
    let tag = [&header[..], &body].concat();
    let mut source = Source::new(&tag, tag.len() as u64);
    let frames = id3v2_frames::read(&mut source, 0).unwrap().unwrap().frames;
    let details = id3v2::read(&frames).details;
    assert_eq!(details.replaygain_track_gain, Some(-6.0));
    assert_eq!(details.replaygain_track_peak, Some(0.5));
    assert_eq!(details.replaygain_album_gain, Some(-1.0));
    assert_eq!(details.replaygain_album_peak, Some(0.5));
}
