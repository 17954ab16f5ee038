//! The searches that are judged, and the name that each wants.
//!
//! In: a file of UTF-8 with a header and the columns query, kind, expected, want and song between tabs,
//! without quoting, and the songs it is over. Out: [`Query`]s. `expected` is the name of an artist, or
//! an artist and an album or a title with ` / ` between them. Names have ` / ` in them too, so every way to
//! cut it is tried: the one that the library knows is meant, and of several the one whose artist `song`
//! (the row that the searcher had in mind, artist / album / title) begins with.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::songs::Songs;

const HEADER: &str = "query\tkind\texpected\twant\tsong";
const BETWEEN: &str = " / ";

/// A list that is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    Artists,
    Albums,
    Songs,
}

/// All of them.
pub(crate) const LISTS: [List; 3] = [List::Artists, List::Albums, List::Songs];

impl List {
    /// As requests and answers call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Artists => "artists",
            Self::Albums => "albums",
            Self::Songs => "songs",
        }
    }
}

/// A search.
pub(crate) struct Query {
    pub(crate) q: String,
    pub(crate) kind: String,
    /// `None` where nothing should be found.
    pub(crate) wanted: Option<Wanted>,
}

/// What should be found.
pub(crate) struct Wanted {
    pub(crate) list: List,
    pub(crate) name: String,
    /// As the file says it.
    pub(crate) expected: String,
    /// Whether the library has it.
    pub(crate) is_there: bool,
}

/// The searches of a file.
pub(crate) fn read(path: &Path, songs: &Songs) -> Result<Vec<Query>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    parse(&text, songs).with_context(|| path.display().to_string())
}

/// The searches of a text.
pub(crate) fn parse(text: &str, songs: &Songs) -> Result<Vec<Query>> {
    let known = Known::of(songs);
    let mut lines = text.lines();
    let header = lines.next();
    ensure!(header == Some(HEADER), "{header:?} is another header");
    lines
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            let [q, kind, expected, want, song] = columns[..] else {
                bail!("{line:?} has {} columns", columns.len());
            };
            let list = match want {
                "artist" => Some(List::Artists),
                "album" => Some(List::Albums),
                "title" => Some(List::Songs),
                "none" => None,
                _ => bail!("{line:?} wants {want}"),
            };
            let wanted = list.map(|list| known.wanted(list, expected, song));
            Ok(Query {
                q: q.to_owned(),
                kind: kind.to_owned(),
                wanted: wanted.transpose()?,
            })
        })
        .collect()
}

/// What the library has.
struct Known<'a> {
    artists: HashSet<&'a str>,
    albums: HashSet<(&'a str, &'a str)>,
    titles: HashSet<(&'a str, &'a str)>,
}

impl<'a> Known<'a> {
    fn of(songs: &'a Songs) -> Self {
        let pairs = |of: fn(&crate::songs::Song) -> &String| {
            let songs = songs.songs.iter();
            let pair = |song: &'a crate::songs::Song| (song.artist.as_str(), of(song).as_str());
            songs.map(pair).collect()
        };
        Self {
            artists: songs.artists.iter().map(String::as_str).collect(),
            albums: pairs(|song| &song.album),
            titles: pairs(|song| &song.title),
        }
    }

    fn wanted(&self, list: List, expected: &str, song: &str) -> Result<Wanted> {
        let (name, is_there) = match list {
            List::Artists => (expected, self.artists.contains(expected)),
            List::Albums => cut(&self.albums, expected, song)?,
            List::Songs => cut(&self.titles, expected, song)?,
        };
        Ok(Wanted {
            list,
            name: name.to_owned(),
            expected: expected.to_owned(),
            is_there,
        })
    }
}

/// The name after the artist, and whether the library has it.
fn cut<'e>(
    known: &HashSet<(&str, &str)>,
    expected: &'e str,
    song: &str,
) -> Result<(&'e str, bool)> {
    let cuts = expected.match_indices(BETWEEN);
    let mut cuts: Vec<(&str, &str)> = cuts
        .map(|(at, _)| (&expected[..at], &expected[at + BETWEEN.len()..]))
        .collect();
    let is_there = cuts.iter().any(|pair| known.contains(pair));
    if is_there {
        cuts.retain(|pair| known.contains(pair));
    }
    let of_song = cuts.iter().find(|(artist, _)| {
        let rest = song.strip_prefix(artist);
        rest.is_some_and(|rest| rest.starts_with(BETWEEN))
    });
    let (_, name) = of_song
        .or(cuts.first())
        .with_context(|| format!("{expected:?} names no artist"))?;
    Ok((name, is_there))
}
