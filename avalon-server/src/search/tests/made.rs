//! Libraries and searches at random, of few words so that much is alike.

use avalon_core::database::DetailRow;
use avalon_core::ids::TrackId;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index as Pick, select, subsequence};

use super::Library;
use crate::catalog::DetailsBuilder;
use crate::catalog::samples::{Sample, track};

/// What names are made of, between spaces.
const CHUNKS: [&str; 66] = [
    "the",
    "The",
    "a",
    "Les",
    "live",
    "Live",
    "Alive",
    "Lives",
    "Levi",
    "Björk",
    "bjork",
    "AC/DC",
    "acdc",
    "ac",
    "DC",
    "R.E.M.",
    "rem",
    "r",
    "e",
    "and",
    "&",
    "n",
    "'n'",
    "N'",
    "sugar",
    "cane",
    "Sugarcane",
    "東京",
    "東",
    "京都",
    "京",
    "東・京",
    "風の詩",
    "さくら",
    "サクラ",
    "sakura",
    "사랑",
    "sarang",
    "소녀",
    "시대",
    "소녀시대",
    "คาราบาว",
    "บาว",
    "!!!",
    "+/-",
    "+",
    "C++",
    "P!nk",
    "pink",
    "$uicide",
    "suicide",
    "Don't",
    "dont",
    "don",
    "t",
    "Metallica",
    "Motörhead",
    "Motor-Head",
    "head",
    "1999",
    "2Pac",
    "(Straße)",
    "strasse",
    "東京abc",
    "Elvis",
    "-",
];

const GLUES: [&str; 9] = [" ", " ", " ", " ", " ", "/", "-", ".", ", "];

const YEARS: [i64; 6] = [0, 1989, 1990, 1995, 1999, 2000];

const FORMATS: [&str; 3] = ["mp3", "FLAC", "flac"];

/// A track to be.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) title: String,
    pub(super) artist: String,
    pub(super) album: String,
    pub(super) genre: String,
    pub(super) album_artists: Vec<String>,
    pub(super) year: Option<i64>,
    pub(super) format: Option<&'static str>,
}

/// A library to be, and what it is made of.
#[derive(Clone, Debug)]
pub(super) struct MadeLibrary {
    pub(super) tracks: Vec<Made>,
    chunks: Vec<&'static str>,
}

/// How a word is mistyped.
#[derive(Clone, Debug)]
struct Slip {
    kind: u8,
    at: Pick,
    letter: char,
}

fn name(chunks: Vec<&'static str>) -> impl Strategy<Value = String> {
    let rest = prop::collection::vec((select(&GLUES), select(chunks.clone())), 0..4);
    (select(chunks), rest).prop_map(|(first, rest)| {
        let rest: String = rest
            .into_iter()
            .flat_map(|(glue, chunk)| [glue, chunk])
            .collect();
        format!("{first}{rest}")
    })
}

/// Libraries of fewer than `most` tracks.
pub(super) fn library(most: usize) -> impl Strategy<Value = MadeLibrary> {
    let chunks = subsequence(&CHUNKS, 4..24);
    chunks.prop_flat_map(move |chunks| {
        let pool =
            |count: std::ops::Range<usize>| prop::collection::vec(name(chunks.clone()), count);
        let pools = (pool(1..30), pool(1..30), pool(1..6), pool(1..4));
        let details = (
            prop::collection::vec(any::<Pick>(), 0..3),
            option::of(select(&YEARS)),
            option::of(select(&FORMATS)),
        );
        let track = (any::<[Pick; 4]>(), details);
        let tracks = prop::collection::vec(track, 0..most);
        (pools, tracks).prop_map(move |((titles, artists, albums, genres), tracks)| {
            let made = tracks
                .into_iter()
                .map(|(picks, (album_artists, year, format))| Made {
                    title: picks[0].get(&titles).clone(),
                    artist: picks[1].get(&artists).clone(),
                    album: picks[2].get(&albums).clone(),
                    genre: picks[3].get(&genres).clone(),
                    album_artists: album_artists
                        .iter()
                        .map(|pick| pick.get(&artists).clone())
                        .collect(),
                    year,
                    format,
                });
            MadeLibrary {
                tracks: made.collect(),
                chunks: chunks.clone(),
            }
        })
    })
}

impl MadeLibrary {
    /// The library, and its tracks by the numbers of its catalog.
    pub(super) fn build(&self) -> (Library, Vec<Made>) {
        let mut sample = Sample::default();
        for made in &self.tracks {
            let new = track(&made.title).by(&made.artist).on(&made.album);
            sample.add(new.genre(&made.genre).year(made.year));
        }
        let catalog = sample.catalog();
        let mut builder = DetailsBuilder::new(self.tracks.len(), false);
        let mut tracks = Vec::new();
        for (number, &id) in (0..).zip(&catalog.tracks.ids) {
            let path = |at: usize| format!("/music/{at}.mp3");
            let mut all = 0..self.tracks.len();
            let at = all.find(|&at| TrackId::of(path(at).as_bytes()).0 == id);
            let mut made = self.tracks[at.unwrap()].clone();
            // Names that differ in case are of one id, which has the spelling that came first.
            let of_tracks = &catalog.tracks;
            let owner = |owners: &[u32]| owners[number as usize];
            let (artists, albums) = (&catalog.artists.names, &catalog.albums.names);
            made.artist = artists.get(owner(&of_tracks.artists)).to_owned();
            made.album = albums.get(owner(&of_tracks.albums)).to_owned();
            made.genre = catalog
                .genres
                .names
                .get(owner(&of_tracks.genres))
                .to_owned();
            let row = DetailRow {
                album_artists: Some(serde_json::to_string(&made.album_artists).unwrap()),
                format: made.format.map(str::to_owned),
                ..DetailRow::default()
            };
            builder.track(number, &row).unwrap();
            tracks.push(made);
        }
        (Library::with_details(&sample, &builder.finish()), tracks)
    }

    /// What somebody may type who looks for something in it.
    pub(super) fn query(&self) -> impl Strategy<Value = String> + use<> {
        let known = match self.chunks.is_empty() {
            true => vec![""],
            false => self.chunks.clone(),
        };
        let chunk = prop_oneof![5 => select(known), 1 => select(&CHUNKS)];
        let slip = (
            0..5_u8,
            any::<Pick>(),
            select(&['a', 'e', 'x', '京', '-', ' ']),
        );
        let slip = slip.prop_map(|(kind, at, letter)| Slip { kind, at, letter });
        let mistyped = (chunk.clone(), prop::collection::vec(slip, 1..3))
            .prop_map(|(chunk, slips)| slips.iter().fold(chunk.to_owned(), mistype));
        let begun = (chunk.clone(), any::<Pick>()).prop_map(|(chunk, end)| {
            let ends: Vec<usize> = chunk.char_indices().map(|(at, _)| at).collect();
            chunk[..*end.get(&ends)].to_owned()
        });
        let two = (chunk.clone(), chunk.clone());
        let phrase = two
            .clone()
            .prop_map(|(one, other)| format!("\"{one} {other}\""));
        let operator = select(&[
            "-",
            "artist:",
            "title:",
            "album:",
            "album_artist:",
            "genre:",
            "-artist:",
            "-genre:",
        ]);
        let operand = prop_oneof![chunk.clone().prop_map(str::to_owned), phrase.clone()];
        let stray = select(&[
            "\"",
            "-",
            "x:",
            ":",
            "artist:",
            "year:x",
            "year:1990",
            "year:..1995",
            "-year:1990..",
            "\"the\"",
            "year:1990..1999",
            "",
            "!",
        ]);
        let part = prop_oneof![
            9 => chunk.prop_map(str::to_owned),
            5 => mistyped,
            3 => begun,
            1 => two.prop_map(|(one, other)| format!("{one}{other}")),
            1 => phrase,
            1 => (operator, operand).prop_map(|(operator, operand)| format!("{operator}{operand}")),
            1 => stray.prop_map(str::to_owned),
        ];
        let end = select(&["", "", " "]);
        (prop::collection::vec(part, 1..4), end)
            .prop_map(|(parts, end)| format!("{}{end}", parts.join(" ")))
    }
}

fn mistype(word: String, slip: &Slip) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.is_empty() {
        return word;
    }
    let at = slip.at.index(letters.len());
    match slip.kind {
        0 => letters.insert(at, slip.letter),
        1 => letters[at] = slip.letter,
        2 if at > 0 => letters.swap(at - 1, at),
        3 => letters.insert(at, letters[at]),
        _ => drop(letters.remove(at)),
    }
    letters.into_iter().collect()
}
