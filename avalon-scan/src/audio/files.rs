//! Whole files: what is found in them, what stays when they are tagged anew, how much is read.

use std::fs;
use std::path::{Path, PathBuf};

use avalon_core::database::SoundProperties;

use crate::reader::Source;

use super::{Extension, Sound, extension, formats, read, sniff};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/data")
        .join(name)
}

/// What a file says, and how many bytes were read for that.
fn read_bytes(bytes: &[u8]) -> (Sound, u64) {
    let bytes = bytes.to_vec();
    let mut source = Source::new(&bytes, bytes.len() as u64);
    let format = sniff(&mut source).unwrap().unwrap();
    let sound = read(&mut source, format).unwrap();
    (sound, source.bytes_read())
}

fn untagged(extension: &str) -> Vec<u8> {
    fs::read(data("untagged").join(format!("untagged.{extension}"))).unwrap()
}

/// An ID3v2.3 tag with a title and a picture.
fn id3v2(picture: usize) -> Vec<u8> {
    let size = (picture as u32 + 1).to_be_bytes();
    let picture = [&b"APIC"[..], &size, &[0; 3], &vec![7; picture]].concat();
    let body = [b"TIT2\0\0\0\x02\0\0\0x".to_vec(), picture].concat();
    let size = body.len() as u32;
    let size = [size >> 21, size >> 14, size >> 7, size].map(|bits| (bits & 127) as u8);
    [&b"ID3\x03\0\0"[..], &size, &body].concat()
}

fn ape() -> Vec<u8> {
    [
        &b"\x01\0\0\0\0\0\0\0Title\0a"[..],
        b"APETAGEX\xd0\x07\0\0\x2f\0\0\0\x01\0\0\0\0\0\0\0",
        &[0; 8],
    ]
    .concat()
}

fn id3v1() -> Vec<u8> {
    let mut tag = b"TAGx".to_vec();
    tag.resize(128, 0);
    tag
}

#[test]
fn properties_of_every_format_are_read() {
    let of = |format, codec, sample_rate, channels| SoundProperties {
        format,
        codec: Some(codec),
        bitrate: None,
        sample_rate: Some(sample_rate),
        channels: Some(channels),
        length_ms: None,
    };
    for (extension, expected) in [
        ("mp3", of("mp3", "mp3", 8_000, 1)),
        ("aac", of("aac", "aac", 16_000, 1)),
        ("flac", of("flac", "flac", 8_000, 1)),
        ("ogg", of("ogg", "vorbis", 16_000, 1)),
        ("opus", of("ogg", "opus", 48_000, 1)),
        ("spx", of("ogg", "speex", 16_000, 1)),
        ("m4a", of("mp4", "aac", 16_000, 1)),
        ("aiff", of("aiff", "pcm", 8_000, 1)),
        ("wav", of("wav", "pcm", 8_000, 1)),
        ("ape", of("ape", "ape", 8_000, 2)),
        ("wv", of("wavpack", "wavpack", 8_000, 1)),
        ("mpc", of("musepack", "musepack", 32_000, 1)),
    ] {
        let (sound, _) = read_bytes(&untagged(extension));
        assert!(sound.fingerprint.is_some(), "{extension}");
        assert!(sound.fields.is_empty(), "{extension}");
        let found = sound.properties;
        assert!(
            found.bitrate.is_some_and(|rate| (1..2000).contains(&rate)),
            "{extension}: {found:?}"
        );
        assert_eq!(
            sound.length,
            found.length_ms.map(|length| length / 1000),
            "{extension}"
        );
        let found = SoundProperties {
            bitrate: None,
            length_ms: None,
            ..found
        };
        assert_eq!(found, expected, "{extension}");
    }
}

#[test]
fn tags_around_the_sound_leave_its_fingerprint() {
    for (extension, before, after) in [
        ("mp3", true, true),
        ("aac", true, false),
        ("flac", true, false),
        ("ape", true, true),
        ("wv", false, true),
        ("mpc", true, true),
    ] {
        let bytes = untagged(extension);
        let print = |bytes: &[u8]| read_bytes(bytes).0.fingerprint;
        let plain = print(&bytes);
        assert!(plain.is_some(), "{extension}");
        assert_eq!(
            print(&[bytes.clone(), id3v1()].concat()),
            plain,
            "{extension}"
        );
        if before {
            let tagged = [id3v2(5000), bytes.clone()].concat();
            assert_eq!(print(&tagged), plain, "{extension}: before");
        }
        if after {
            let tagged = [bytes.clone(), ape(), id3v1()].concat();
            assert_eq!(print(&tagged), plain, "{extension}: after");
        }
        if extension != "flac" {
            // One byte of sound; FLAC's is the MD5 that its encoder wrote.
            let mut other = bytes.clone();
            let at = other.len().min(16_000) - 3;
            other[at] ^= 1;
            assert_ne!(print(&other), plain, "{extension}: other sound");
        }
    }
}

#[test]
fn chunks_of_tags_leave_the_fingerprint_of_the_samples() {
    for (extension, size_of) in [
        ("wav", u32::to_le_bytes as fn(u32) -> [u8; 4]),
        ("aiff", u32::to_be_bytes),
    ] {
        let bytes = untagged(extension);
        let tag = id3v2(1000);
        let tag = [&tag[..], &[0][..tag.len() % 2]].concat();
        let chunk = [&b"ID3 "[..], &size_of(tag.len() as u32), &tag].concat();
        let tagged = [&bytes[..12], &chunk, &bytes[12..]].concat();
        let (plain, _) = read_bytes(&bytes);
        let (sound, _) = read_bytes(&tagged);
        assert_eq!(sound.fields.title.as_deref(), Some("x"), "{extension}");
        assert_eq!(sound.fingerprint, plain.fingerprint, "{extension}");
        assert_eq!(sound.properties, plain.properties, "{extension}");
    }
}

#[test]
fn pictures_are_never_read() {
    let picture = [&[6, 1, 0x86, 0xa0][..], &[7; 100_000]].concat();
    let flac = untagged("flac");
    // After STREAMINFO.
    let flac = [&flac[..42], &picture, &flac[42..]].concat();
    let mp3 = [id3v2(1 << 20), untagged("mp3").repeat(20)].concat();
    for (name, bytes) in [("mp3", mp3), ("flac", flac)] {
        let (sound, read) = read_bytes(&bytes);
        assert!(sound.length.is_some(), "{name}");
        assert!(read < 64 << 10, "{name}: {read}");
    }
}

#[test]
fn every_format_has_an_extension_that_names_it() {
    for known in formats() {
        for name in known.extensions {
            let path = format!("a.{name}");
            let found = extension(Path::new(&path));
            assert_eq!(found, Extension::Audio(known.format), "{path}");
        }
        assert!(!known.extensions.is_empty(), "{}", known.name);
    }
    assert_eq!(formats().len(), lofty::file::FileType::VARIANTS.len());
}
