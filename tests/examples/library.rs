use std::fs;
use std::path::Path;

use crate::support::{self, Collection, Database, data};

/// What the folder of the collection is called in paths, which ids of songs are made of.
const ROOT: &str = "music";

/// A song of the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Song {
    artist: String,
    album_artist: String,
    number: String,
    title: String,
    album: String,
    year: String,
    genre: String,
    format: String,
}

/// The songs of the rows: artist, numbers and titles, album, year, genre, format.
pub(crate) fn songs(rows: &[Vec<&str>]) -> Vec<Song> {
    rows.iter().flat_map(|row| songs_of(row)).collect()
}

fn songs_of(row: &[&str]) -> Vec<Song> {
    let [artist, titles, album, year, genre, format] = row[..] else {
        panic!("{row:?}");
    };
    // Who made an album is the artist unless it is told.
    let (artist, album_artist) = match artist.split_once(" (album artist ") {
        None => (artist, artist),
        Some((artist, rest)) => (artist, rest.strip_suffix(')').expect("a parenthesis")),
    };
    let song = |(number, title): (&str, &str)| Song {
        artist: artist.to_owned(),
        album_artist: album_artist.to_owned(),
        number: number.to_owned(),
        title: title.to_owned(),
        album: album.to_owned(),
        year: year.to_owned(),
        genre: genre.to_owned(),
        format: format.to_owned(),
    };
    let titles = titles.split(", ");
    let titles = titles.map(|title| title.split_once(' ').expect("a number and a title"));
    titles.map(song).collect()
}

/// Makes the files and scans them, by the path that the page says.
pub(crate) fn scan(songs: &[Song], database: &Database) {
    let collection = Collection::new();
    for song in songs {
        write(song, &collection);
    }
    support::scan(database, Path::new(ROOT))
        .current_dir(collection.root())
        .run()
        .expect_code(0);
}

/// Writes one at `music/<artist>/<album>/<number> <title>.<format>`.
fn write(song: &Song, collection: &Collection) {
    let name = |text: &str| text.replace('/', "_");
    let path = format!(
        "{ROOT}/{}/{}/{} {}.{}",
        name(&song.artist),
        name(&song.album),
        song.number,
        name(&song.title),
        song.format
    );
    let fields = [
        ("TITLE", "TIT2", &song.title),
        ("ARTIST", "TPE1", &song.artist),
        ("ALBUM", "TALB", &song.album),
        ("ALBUMARTIST", "TPE2", &song.album_artist),
        ("TRACKNUMBER", "TRCK", &song.number),
        ("DATE", "TDRC", &song.year),
        ("GENRE", "TCON", &song.genre),
    ];
    match song.format.as_str() {
        "flac" => {
            let comments = fields.map(|(name, _, text)| (name, text.as_str()));
            collection.add_flac(&path, &comments);
        }
        "mp3" => {
            let mut bytes = id3(&fields.map(|(_, frame, text)| (frame, text.as_str())));
            bytes.extend(fs::read(data("untagged/untagged.mp3")).unwrap());
            collection.write(&path, &bytes);
        }
        other => panic!("{other}: no format of the examples"),
    }
}

/// An ID3v2.4 tag with these text frames, in UTF-8.
fn id3(texts: &[(&str, &str)]) -> Vec<u8> {
    let mut frames = Vec::new();
    for (name, text) in texts {
        frames.extend(name.as_bytes());
        frames.extend(size(1 + text.len()));
        // No flags; 3 is UTF-8.
        frames.extend([0, 0, 3]);
        frames.extend(text.as_bytes());
    }
    let mut tag = b"ID3\x04\x00\x00".to_vec();
    tag.extend(size(frames.len()));
    tag.extend(frames);
    tag
}

/// A size as ID3 writes it: seven bits in each byte.
fn size(bytes: usize) -> [u8; 4] {
    [21, 14, 7, 0].map(|bits| u8::try_from(bytes >> bits & 0x7f).unwrap())
}

#[test]
fn rows_are_songs() {
    let row = [
        "A, B (album artist C)",
        "1 D, 12 99 E (live)",
        "F",
        "2004",
        "G",
        "mp3",
    ];
    let songs = songs(&[row.to_vec()]);
    assert_eq!(songs.len(), 2);
    assert_eq!(
        (songs[1].number.as_str(), songs[1].title.as_str()),
        ("12", "99 E (live)")
    );
    assert_eq!(
        (songs[0].artist.as_str(), songs[0].album_artist.as_str()),
        ("A, B", "C")
    );
}
