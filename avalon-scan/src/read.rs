//! One file: what it is, and what its tags say.
//!
//! In: a path, and how long it may take. Out: a [`Read`]: a [`Track`] with what was odd about it, or
//! why there is none. A file that is sound neither by content nor by name is no concern of ours; one
//! whose content the system does not show may be sound, whatever its name is.
//!
//! What stays true: no file stops a scan. It is opened without waiting (a FIFO that took a file's
//! place meanwhile would wait for ever), bounds are set on what is read of it and for how long, and a
//! reader that panics costs that file alone.

use std::error::Error;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use avalon_core::database::{FileStat, SoundProperties, TrackDetails};
use rustix::fs::OFlags;

use crate::audio::{self, AudioError, Extension, Format, Sound, extension};
use crate::catch::catch;
use crate::files;
use crate::issue::{Issue, Kind};
use crate::reader::{Limit, Source};
use crate::tags::Tags;

/// How long a file may take: a disk that was asleep is awake by then.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A track of the library.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    /// The path of its file, beginning with the root as it was typed.
    pub path: PathBuf,
    /// What its tags say.
    pub tags: Tags,
    /// What the same tag says beyond the original's fields.
    pub details: TrackDetails,
    /// What its sound is.
    pub properties: SoundProperties,
    /// The same for the same sound, whatever the tags say; `None` where it cannot be told.
    pub fingerprint: Option<[u8; 16]>,
    /// Whole seconds, cut; 0 where unknown.
    pub length: i64,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Read {
    /// It is a track; the warnings say what of it could not be understood.
    Track(Box<Track>, Vec<Issue>),
    /// It is sound by content or by name, or may be, and could not be read.
    Skip(Issue),
    /// It is something else.
    NotAudio,
    /// It went since it was listed.
    Gone,
}

/// Reads a file, which may take `patience`; after that nothing more is read of it. One call of the
/// system that hangs is not interrupted. With it come the marks of the file that was opened, taken
/// before anything was read; `None` where it could not be.
pub fn read(path: &Path, patience: Duration) -> (Option<FileStat>, Read) {
    let start = Instant::now();
    let opened = match open(path) {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (None, Read::Gone),
        Err(error) => return (None, unreadable(path, &error)),
    };
    let (file, metadata) = opened;
    let stat = files::stat_of(&metadata);
    let read = match metadata.is_file() {
        true => read_file(path, &file, stat.size, (start, patience)),
        false => Read::Skip(Issue {
            path: path.to_owned(),
            kind: Kind::NotAFile,
            message: "it is no file any more".to_owned(),
        }),
    };
    (Some(stat), read)
}

fn unreadable(path: &Path, error: &io::Error) -> Read {
    Read::Skip(Issue {
        path: path.to_owned(),
        kind: Kind::Unreadable,
        message: format!("it cannot be opened: {error}"),
    })
}

fn read_file(path: &Path, file: &File, len: u64, time: (Instant, Duration)) -> Read {
    let skip = |kind, message| {
        Read::Skip(Issue {
            path: path.to_owned(),
            kind,
            message,
        })
    };
    match catch(|| sound(path, file, len, time)) {
        Ok(Ok(Some(sound))) => track(path, sound),
        Ok(Ok(None)) => Read::NotAudio,
        Ok(Err((kind, message))) => skip(kind, message),
        Err(panic) => skip(
            Kind::ReaderFailed,
            format!("the reader of its format failed: {panic}"),
        ),
    }
}

/// Why a file is skipped.
type Reason = (Kind, String);

/// The sound of a file; `None` where it is something else.
fn sound(
    path: &Path,
    file: &File,
    len: u64,
    (start, patience): (Instant, Duration),
) -> Result<Option<Sound>, Reason> {
    let named = extension(path);
    if len == 0 {
        return match named {
            Extension::Other => Ok(None),
            _ => Err((Kind::Damaged, "it is empty".to_owned())),
        };
    }
    let mut source = Source::new(file, len).with_deadline(start, patience);
    let sound = sound_of(&mut source, named);
    heed(source.refused(), sound)
}

/// What became of a file of which a read was refused.
fn heed<T>(refused: Option<Limit>, sound: Result<T, Reason>) -> Result<T, Reason> {
    match (refused, sound) {
        // Some reader may have gone on without what it could not read any more, ...
        (Some(late @ Limit::Time(_)), _) => Err((Kind::TooSlow, late.to_string())),
        // ... and most take it for damage.
        (Some(limit), Err(_)) => Err((Kind::ReaderFailed, limit.to_string())),
        (_, sound) => sound,
    }
}

fn sound_of(source: &mut Source, named: Extension) -> Result<Option<Sound>, Reason> {
    let sniffed = audio::sniff(source).map_err(|error| reason(&AudioError::Read(error)))?;
    match (sniffed, named) {
        (None, Extension::Other) => Ok(None),
        (None, Extension::Unsupported(name)) => Err((
            Kind::Unsupported,
            format!("it is {name}, which cannot be read"),
        )),
        (None, Extension::Audio(format)) => first_of(source, &[format]).map(Some),
        (Some(format), Extension::Audio(other)) if other != format => {
            first_of(source, &[format, other]).map(Some)
        }
        (Some(format), _) => match audio::read(source, format) {
            Ok(sound) => Ok(Some(sound)),
            Err(AudioError::NoFrames | AudioError::NoSound) if named == Extension::Other => {
                Ok(None)
            }
            Err(error) => Err(reason(&error)),
        },
    }
}

/// Opens a file for reading; without waiting, whatever is there.
fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

/// The sound as the first of the formats that fits; else why the first does not.
fn first_of(source: &mut Source, formats: &[Format]) -> Result<Sound, Reason> {
    let mut first = None;
    for &format in formats {
        match audio::read(source, format) {
            Ok(sound) => return Ok(sound),
            Err(error) => first = first.or(Some(reason(&error))),
        }
    }
    Err(first.unwrap_or((Kind::Unsupported, "no format fits it".to_owned())))
}

/// A failure of the system, and a bound of ours, may lie anywhere below what lofty says.
fn reason(error: &AudioError) -> Reason {
    let mut kind = match error {
        AudioError::Read(error) => kind_of(error).unwrap_or(Kind::Unreadable),
        AudioError::Damaged(_) | AudioError::NoFrames | AudioError::Library(_) => Kind::Damaged,
        AudioError::NoSound => Kind::Unsupported,
    };
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        message = format!("{message}: {error}");
        kind = error.downcast_ref().and_then(kind_of).unwrap_or(kind);
        source = error.source();
    }
    (kind, message)
}

/// The kind of an error of a [`Source`]; that a file ended is no such error.
fn kind_of(error: &io::Error) -> Option<Kind> {
    if error.raw_os_error().is_some() {
        return Some(Kind::Unreadable);
    }
    match error.get_ref()?.downcast_ref::<Limit>()? {
        Limit::Time(_) => Some(Kind::TooSlow),
        Limit::Read(_) | Limit::Buffer(_) => Some(Kind::ReaderFailed),
    }
}

fn track(path: &Path, sound: Sound) -> Read {
    let (tags, mut problems) = Tags::of(sound.fields);
    if let Some(damage) = sound.damage {
        problems.push((Kind::DamagedTags, damage.to_owned()));
    }
    if sound.length.is_none() {
        problems.push((Kind::Length, "it does not say how long it is".to_owned()));
    }
    let warnings = problems.into_iter().map(|(kind, message)| Issue {
        path: path.to_owned(),
        kind,
        message,
    });
    let warnings = warnings.collect();
    let track = Track {
        path: path.to_owned(),
        tags,
        details: sound.details,
        properties: sound.properties,
        fingerprint: sound.fingerprint,
        length: sound.length.unwrap_or(0),
    };
    Read::Track(Box::new(track), warnings)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::reader::ReadAt;

    fn wav() -> Vec<u8> {
        let format = b"fmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0";
        [b"RIFF\0\0\0\0WAVE", &format[..], b"data\0\0\0\0"].concat()
    }

    #[test]
    fn content_comes_first_and_the_name_second() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            read(&path, PATIENCE).1
        };
        let kind = |read: Read| match read {
            Read::Track(..) => "track".to_owned(),
            Read::Skip(issue) => issue.kind.name().to_owned(),
            Read::NotAudio => "not audio".to_owned(),
            Read::Gone => "gone".to_owned(),
        };
        for (name, content, expected) in [
            ("a.wav", &wav()[..], "track"),
            ("a.mp3", &wav(), "track"),
            ("a.txt", &wav(), "track"),
            ("none", &wav(), "track"),
            (".hidden", &wav(), "track"),
            ("b.wav", b"", "damaged"),
            ("b.txt", b"", "not audio"),
            ("c.mp3", b"text", "damaged"),
            ("c.txt", b"text", "not audio"),
            ("c.wma", b"text", "unsupported format"),
            (
                "half a frame.mp3",
                &[0xff, 0xfb, 0x90, 0x44, 0, 0],
                "damaged",
            ),
            (
                "half a frame.aac",
                &[0xff, 0xf1, 0x50, 0x80, 0x19],
                "damaged",
            ),
            (
                "a tag.mp3",
                b"ID3\x03\0\0\0\0\0\x0cTIT2\0\0\0\x02\0\0\0x",
                "damaged",
            ),
            (
                "a tag.txt",
                b"ID3\x03\0\0\0\0\0\x0cTIT2\0\0\0\x02\0\0\0x",
                "damaged",
            ),
            ("UTF-16.txt", b"\xff\xfea\0 \0t\0e\0x\0t\0", "not audio"),
            ("d.txt", &wav()[..20], "damaged"),
            ("e.ogg", b"OggS\0\x02 and no more", "damaged"),
            ("cover.png", b"\x89PNG\r\n\x1a\n", "not audio"),
        ] {
            assert_eq!(kind(read(name, content)), expected, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_opened_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let dangling = folder.path().join("a.mp3");
        symlink("nowhere", &dangling).unwrap();
        assert_eq!(read(&dangling, PATIENCE), (None, Read::Gone));
        let looping = folder.path().join("b.mp3");
        symlink("b.mp3", &looping).unwrap();
        let (None, Read::Skip(issue)) = read(&looping, PATIENCE) else {
            panic!("it was read");
        };
        assert_eq!((issue.kind, &issue.path), (Kind::Unreadable, &looping));
        let as_a_file = folder.path().join("folder.mp3");
        fs::create_dir(&as_a_file).unwrap();
        let (_, Read::Skip(issue)) = read(&as_a_file, PATIENCE) else {
            panic!("it was read");
        };
        assert_eq!(issue.kind, Kind::NotAFile);
    }

    /// A file of a broken disk.
    struct Broken;

    impl ReadAt for Broken {
        fn read_at(&self, _: &mut [u8], _: u64) -> io::Result<usize> {
            Err(io::Error::from_raw_os_error(5))
        }
    }

    #[test]
    fn what_the_system_does_not_show_may_be_sound_whatever_its_name() {
        for name in ["a.mp3", "a.wma", "a.txt", "a"] {
            let mut source = Source::new(&Broken, 100_000);
            let read = sound_of(&mut source, extension(Path::new(name)));
            let kind = read.map(|sound| sound.is_some()).map_err(|(kind, _)| kind);
            assert_eq!(kind, Err(Kind::Unreadable), "{name}");
        }
        let folder = tempfile::tempdir().unwrap();
        let looping = folder.path().join("a");
        symlink("a", &looping).unwrap();
        let (None, Read::Skip(issue)) = read(&looping, PATIENCE) else {
            panic!("it was read");
        };
        assert_eq!(issue.kind, Kind::Unreadable);
    }

    /// A file that has the same in every place, and counts how often it was asked.
    struct Endless {
        piece: Vec<u8>,
        reads: Cell<u32>,
    }

    impl ReadAt for Endless {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            self.reads.set(self.reads.get() + 1);
            for (at, byte) in buffer.iter_mut().enumerate() {
                *byte = self.piece[(offset as usize + at) % self.piece.len()];
            }
            Ok(buffer.len())
        }
    }

    #[test]
    fn a_large_file_of_nothing_is_soon_known_as_such() {
        // Some of any value, by a linear congruence, in a length that no power of two divides.
        let noise = std::iter::successors(Some(1_u64), |state| {
            Some(
                state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1),
            )
        });
        let noise: Vec<u8> = noise
            .map(|state| (state >> 56) as u8)
            .take(99_991)
            .collect();
        let tag = b"ID3\x03\0\0\0\0\0\0".to_vec();
        for (content, piece) in [
            ("zeros", vec![0]),
            ("all bits", vec![0xff]),
            ("text", b"text ".to_vec()),
            ("noise", noise.clone()),
            ("noise with tags", [tag, noise].concat()),
        ] {
            for known in audio::formats() {
                let file = Endless {
                    piece: piece.clone(),
                    reads: Cell::new(0),
                };
                let mut source = Source::new(&file, 10 << 30);
                let named = Extension::Audio(known.format);
                let sound = heed(source.refused(), sound_of(&mut source, named));
                let kind = sound.map(|sound| sound.is_some()).map_err(|(kind, _)| kind);
                let name = known.name;
                assert_eq!(kind, Err(Kind::Damaged), "{content} as {name}");
                let (bytes, reads) = (source.bytes_read(), file.reads.get());
                assert!(bytes < 3 << 20, "{content} as {name}: {bytes} bytes");
                assert!(reads < 300, "{content} as {name}: {reads} reads");
            }
        }
    }

    #[test]
    fn a_cut_file_is_damaged_or_a_track_and_never_of_an_unknown_format() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
        let mut cut = Vec::new();
        for known in audio::formats() {
            for extension in known.extensions {
                let path = folder.join(format!("untagged/untagged.{extension}"));
                cut.extend(fs::read(path).map(|bytes| (*extension, bytes)));
            }
        }
        assert!(cut.len() >= 12, "{} files", cut.len());
        for (extension, bytes) in cut {
            let named = Extension::Audio(Format::from_ext(extension).unwrap());
            let few = bytes.len().min(200);
            for len in (1..few).chain((few..bytes.len()).step_by(509)) {
                let bytes = bytes[..len].to_vec();
                let mut source = Source::new(&bytes, len as u64);
                match sound_of(&mut source, named) {
                    Ok(sound) => assert!(sound.is_some(), "{len} bytes of {extension}"),
                    Err((kind, message)) => {
                        assert_eq!(kind, Kind::Damaged, "{len} bytes of {extension}: {message}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_bound_is_named_as_the_reason() {
        let (read, late) = (Limit::Read(64 << 20), Limit::Time(Duration::from_secs(60)));
        let damaged = || Err((Kind::Damaged, "cut".to_owned()));
        let failed = |message: &str| Err((Kind::ReaderFailed, message.to_owned()));
        let slow = || Err((Kind::TooSlow, "it took longer than 60 s".to_owned()));
        for (refused, sound, expected) in [
            (None, Ok(1), Ok(1)),
            (None, damaged(), damaged()),
            (Some(read), Ok(1), Ok(1)),
            (
                Some(read),
                damaged(),
                failed("more than 64 MiB would have to be read"),
            ),
            (Some(late), Ok(1), slow()),
            (Some(late), damaged(), slow()),
        ] {
            assert_eq!(heed(refused, sound), expected, "{refused:?}");
        }
    }

    #[test]
    fn a_length_that_is_not_told_is_a_warning() {
        let Read::Track(track, warnings) = track(Path::new("/m/a"), Sound::default()) else {
            panic!("not a track");
        };
        assert_eq!(track.length, 0);
        assert_eq!(warnings.len(), 1);
        assert_eq!(warnings[0].kind, Kind::Length);
    }
}
