//! The library that searches are judged on, as a table of text has it.
//!
//! In: a file of UTF-8 with a header and the columns artist, album, title, genre, year, track and
//! length_seconds between tabs, without quoting. Out: [`Songs`] in the order of the file, the names of
//! their artists and albums each once, and a database of them.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use avalon_core::database::DatabaseUrl;

use crate::support::generator::Track;
use crate::support::store::write_bare;

const HEADER: &str = "artist\talbum\ttitle\tgenre\tyear\ttrack\tlength_seconds";

/// What is searched.
pub(crate) struct Songs {
    pub(crate) songs: Vec<Song>,
    /// Every name of an artist once, in the order in which they come.
    pub(crate) artists: Vec<String>,
    /// Likewise of albums.
    pub(crate) albums: Vec<String>,
}

/// A row.
pub(crate) struct Song {
    pub(crate) artist: String,
    pub(crate) album: String,
    pub(crate) title: String,
    genre: String,
    /// 0 where unknown, as is the number and the length.
    year: i64,
    number: i64,
    seconds: i64,
}

impl Songs {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines();
        let header = lines.next();
        ensure!(header == Some(HEADER), "{header:?} is another header");
        let songs: Vec<Song> = lines.map(song).collect::<Result<_>>()?;
        Ok(Self {
            artists: once(songs.iter().map(|song| &song.artist)),
            albums: once(songs.iter().map(|song| &song.album)),
            songs,
        })
    }

    /// Writes them into a database, each a file of its own.
    pub(crate) fn write(&self, url: &DatabaseUrl) -> Result<()> {
        let track = |(at, song): (usize, &Song)| Track {
            path: format!("/music/{at}.mp3"),
            title: song.title.clone(),
            album: song.album.clone(),
            artist: song.artist.clone(),
            genre: song.genre.clone(),
            number: song.number,
            total: 0,
            disc: None,
            year: song.year,
            milliseconds: song.seconds * 1000,
            is_flac: false,
        };
        write_bare(url, self.songs.iter().enumerate().map(track).collect())
    }
}

fn song(line: &str) -> Result<Song> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [artist, album, title, genre, year, track, seconds] = columns[..] else {
        anyhow::bail!("{line:?} has {} columns", columns.len());
    };
    let number = |text: &str| match text {
        "" => Ok(0),
        _ => text.parse().with_context(|| line.to_owned()),
    };
    Ok(Song {
        artist: artist.to_owned(),
        album: album.to_owned(),
        title: title.to_owned(),
        genre: genre.to_owned(),
        year: number(year)?,
        number: number(track)?,
        seconds: number(seconds)?,
    })
}

fn once<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut seen = HashSet::new();
    names.filter(|&name| seen.insert(name)).cloned().collect()
}
