//! A made-up collection of any size: the same for the same number of files, on every machine with
//! the same ffmpeg.
//!
//! Names are drawn from the [vocabulary](crate::vocabulary): artists of one to three words with 40
//! files, on albums of 12 of one to four words, titles of one to five, one of 200 genres an artist.
//! Files lie at `music/<artist>/<album>/<NN title>.<extension>`; an album has one format: 53 % MP3 (half of
//! them ID3v2.3, half ID3v2.4), 20 % FLAC, 11 % M4A, 10 % Ogg Vorbis, 6 % Opus. Each file is a clip of
//! 3 to 10 s ([clips](crate::clips)) with [tags](crate::tags) of its own, and no link to another.
//!
//! The tiny kind is for a million files: 80 % MP3, 20 % FLAC of a tenth of a second with the same tags,
//! about 1 KB each, so that each takes one block of 4 KiB.
//!
//! Times of modification are in 2020, so that no scan takes a file for one in change. Beside the
//! music lies `collection.txt`, which says what it holds, and is written at the end.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;

use crate::clips::{Clips, Format, make_distinct};
use crate::tags::{self, Album, Artist};
use crate::vocabulary::{Random, Vocabulary};

const SEED: u64 = 0x5eed;
const FILES_AN_ALBUM: usize = 12;
const FILES_AN_ARTIST: usize = 40;
const GENRES: usize = 200;
/// 2020-01-01T00:00:00Z.
const MODIFIED: Duration = Duration::from_secs(1_577_836_800);
const UNFINISHED: &str = "unfinished\n";

/// How large the files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Real,
    Tiny,
}

/// Makes `files` files below `folder`, unless they are there already. Returns where the music is.
///
/// # Errors
/// The folder holds something else, ffmpeg is missing or fails, or the disk is full.
pub(crate) fn make(folder: &Path, files: usize, kind: Kind) -> Result<PathBuf> {
    let (music, note) = (folder.join("music"), folder.join("collection.txt"));
    let holds = format!("{files} files, {kind:?}, seed {SEED:#x}, version 1\n");
    match fs::read_to_string(&note) {
        Ok(found) if found.starts_with(&holds) => return Ok(music),
        Ok(found) if found == UNFINISHED => {
            if music.exists() {
                fs::remove_dir_all(&music)?;
            }
        }
        Ok(found) => anyhow::bail!("{} holds {found}, not {holds}", folder.display()),
        Err(_) => {
            fs::create_dir_all(folder)?;
            let empty = fs::read_dir(folder)?.next().is_none();
            ensure!(
                empty,
                "{} is not empty and no collection of ours",
                folder.display()
            );
        }
    }
    fs::write(&note, UNFINISHED)?;
    let clips = Clips::encode(kind)?;
    let mut random = Random::new(SEED);
    let words = Vocabulary::new(&mut random);
    let genres: Vec<String> = (0..GENRES).map(|_| words.name(&mut random, 1, 2)).collect();
    let mut taken = HashSet::new();
    let artists: Vec<String> = (0..files.div_ceil(FILES_AN_ARTIST))
        .map(|_| unused(&mut taken, &mut random, &words, 1, 3))
        .collect();
    let bytes = AtomicU64::new(0);
    artists
        .par_iter()
        .enumerate()
        .try_for_each(|(number, name)| {
            // A stream of its own, so that it does not matter which thread is when.
            let mut random = Random::new(SEED ^ ((number as u64 + 1) << 20));
            let artist = Artist {
                name: name.clone(),
                genre: genres[random.below(GENRES)].clone(),
                id: tags::uuid(&mut random),
            };
            let first = number * FILES_AN_ARTIST;
            let count = FILES_AN_ARTIST.min(files - first);
            let written = discography(
                &music,
                kind,
                &clips,
                &words,
                &artist,
                first..first + count,
                &mut random,
            )
            .with_context(|| name.clone())?;
            bytes.fetch_add(written, Ordering::Relaxed);
            Ok::<_, anyhow::Error>(())
        })?;
    fs::write(&note, format!("{holds}{} bytes\n", bytes.into_inner()))?;
    Ok(music)
}

/// Writes all files of an artist, which have these numbers in the collection. Returns their bytes.
fn discography(
    music: &Path,
    kind: Kind,
    clips: &Clips,
    words: &Vocabulary,
    artist: &Artist,
    numbers: std::ops::Range<usize>,
    random: &mut Random,
) -> Result<u64> {
    let mut taken = HashSet::new();
    let mut bytes = 0;
    let numbers: Vec<usize> = numbers.collect();
    for tracks in numbers.chunks(FILES_AN_ALBUM) {
        let name = unused(&mut taken, random, words, 1, 4);
        let format = format(kind, random);
        let album = Album::draw(name, format, tracks.len(), words, random);
        let folder = music.join(&artist.name).join(&album.name);
        fs::create_dir_all(&folder)?;
        for (number, track) in tracks.iter().zip(1..) {
            let title = words.name(random, 1, 5);
            let mut sound = clips.copy(format, random.below(1000))?;
            make_distinct(&mut sound, format, *number);
            let file = tags::write(sound, kind, artist, &album, track, &title, random)?;
            let name = format!("{track:02} {title}.{}", format.extension());
            write(&folder.join(name), &file)?;
            bytes += file.len() as u64;
        }
    }
    Ok(bytes)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = File::create_new(path).with_context(|| path.display().to_string())?;
    file.write_all(bytes)?;
    file.set_modified(SystemTime::UNIX_EPOCH + MODIFIED)?;
    Ok(())
}

fn format(kind: Kind, random: &mut Random) -> Format {
    let mp3 = match random.below(2) {
        0 => Format::Mp3V3,
        _ => Format::Mp3V4,
    };
    match (kind, random.below(100)) {
        (Kind::Real, 0..53) | (Kind::Tiny, 0..80) => mp3,
        (Kind::Real, 53..73) | (Kind::Tiny, _) => Format::Flac,
        (Kind::Real, 73..84) => Format::M4a,
        (Kind::Real, 84..94) => Format::Ogg,
        (Kind::Real, _) => Format::Opus,
    }
}

/// A name that is drawn for the first time.
fn unused(
    taken: &mut HashSet<String>,
    random: &mut Random,
    words: &Vocabulary,
    least: usize,
    most: usize,
) -> String {
    loop {
        let name = words.name(random, least, most);
        if taken.insert(name.clone()) {
            return name;
        }
    }
}
