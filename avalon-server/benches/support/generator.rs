//! A made-up library of any size, one album after the other: the same for the same seed on every
//! machine, and the first tracks of a larger one are those of a smaller one.
//!
//! In: a seed. Out: [`Track`]s with everything that a file would say of them; nothing is kept but the
//! names of the artists there are. An album has 8 to 16 tracks (12 on average), an artist one to six albums,
//! so about 40 tracks; 3 % of the albums are by "Various Artists", and four other artists have 0.5 %
//! each. There are 200 genres with frequencies that fall as 1/rank: the first has a sixth of the artists. Years lie
//! between 1950 and 2025, more of them late; one album in thirty has none. One album in seven
//! has its second half on another disc; half of the others say that they are the first.

use std::collections::HashSet;

use avalon_core::ids::ArtistId;

use super::names::{GENRE_COUNT, Names, Script};
use super::vocabulary::{Random, Zipf};

const VARIOUS: &str = "Various Artists";

/// Longest name of a file or folder, in bytes: what file systems take, less the rest of the name.
const LONGEST_NAME: usize = 180;

/// What one file says.
#[derive(Clone)]
pub(crate) struct Track {
    pub(crate) path: String,
    pub(crate) title: String,
    pub(crate) album: String,
    pub(crate) artist: String,
    pub(crate) genre: String,
    /// On its disc; 0 where unknown.
    pub(crate) number: i64,
    pub(crate) total: i64,
    pub(crate) disc: Option<i64>,
    /// 0 where unknown.
    pub(crate) year: i64,
    pub(crate) milliseconds: i64,
    pub(crate) is_flac: bool,
}

/// Makes albums without end.
pub(crate) struct Generator {
    random: Random,
    names: Names,
    genres: Vec<String>,
    genre_ranks: Zipf,
    known: HashSet<ArtistId>,
    huge: Vec<Artist>,
    artist: Artist,
    albums_left: usize,
    albums: usize,
}

#[derive(Clone)]
struct Artist {
    name: String,
    script: Script,
    genre: usize,
    since: i64,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let names = Names::new(&mut random);
        let various = Artist {
            name: VARIOUS.to_owned(),
            script: Script::LATIN,
            genre: 0,
            since: 1990,
        };
        let mut generator = Self {
            genres: Names::genres(&mut random),
            genre_ranks: Zipf::new(GENRE_COUNT),
            known: HashSet::from([ArtistId::of(VARIOUS)]),
            huge: Vec::new(),
            artist: various,
            albums_left: 0,
            albums: 0,
            names,
            random,
        };
        generator.huge = (0..4)
            .map(|_| generator.new_artist(Script::LATIN))
            .collect();
        generator
    }

    /// The tracks of the next album.
    pub(crate) fn album(&mut self) -> Vec<Track> {
        let artist = self.next_artist();
        let random = &mut self.random;
        let name = self.names.album(random, artist.script);
        let genre = match artist.name == VARIOUS || random.below(10) == 0 {
            true => self.genre_ranks.draw(random),
            false => artist.genre,
        };
        let year = match random.below(30) {
            0 => 0,
            _ => (artist.since + random.below(12) as i64).min(2025),
        };
        let total = 8 + random.below(9);
        let disc_count = if random.below(7) == 0 { 2 } else { 1 };
        let says_disc = disc_count == 2 || random.below(2) == 0;
        let is_flac = random.below(5) < 2;
        let has_numbers = random.below(60) != 0;
        self.albums += 1;
        let folder = format!(
            "/music/{}/{} ({})",
            file_name(&artist.name),
            file_name(&name),
            self.albums
        );
        let per_disc = total.div_ceil(disc_count);
        (0..total)
            .map(|at| {
                let (disc, number) = (1 + at / per_disc, 1 + at % per_disc);
                let title = self.names.title(random, artist.script);
                let extension = if is_flac { "flac" } else { "mp3" };
                let seconds = 60 + (0..3).map(|_| random.below(120)).sum::<usize>();
                Track {
                    path: format!(
                        "{folder}/{disc}-{number:02} {}.{extension}",
                        file_name(&title)
                    ),
                    title,
                    album: name.clone(),
                    artist: artist.name.clone(),
                    genre: self.genres[genre].clone(),
                    number: if has_numbers { number as i64 } else { 0 },
                    total: per_disc as i64,
                    disc: says_disc.then_some(disc as i64),
                    year,
                    milliseconds: (seconds * 1000 + random.below(1000)) as i64,
                    is_flac,
                }
            })
            .collect()
    }

    fn next_artist(&mut self) -> Artist {
        match self.random.below(200) {
            0..6 => {
                return Artist {
                    name: VARIOUS.to_owned(),
                    script: Script::LATIN,
                    genre: 0,
                    since: 1970 + self.random.below(50) as i64,
                };
            }
            huge @ 6..10 => return self.huge[huge - 6].clone(),
            _ => {}
        }
        if self.albums_left == 0 {
            let script = self.names.script(&mut self.random);
            self.artist = self.new_artist(script);
            self.albums_left = 1 + self.random.below(6);
        }
        self.albums_left -= 1;
        self.artist.clone()
    }

    /// An artist whose name no other has.
    fn new_artist(&mut self, script: Script) -> Artist {
        let random = &mut self.random;
        let name = loop {
            let name = self.names.artist(random, script);
            if self.known.insert(ArtistId::of(&name)) {
                break name;
            }
        };
        // Squares of what is spread evenly from 0 to 1 lie more often near 0.
        let part = random.below(1000) as f64 / 1000.0;
        Artist {
            name,
            script,
            genre: self.genre_ranks.draw(random),
            since: 2016 - (66.0 * part * part) as i64,
        }
    }
}

/// The first so many tracks of the library of a seed.
pub(crate) fn tracks(seed: u64, count: usize) -> impl Iterator<Item = Track> {
    let mut generator = Generator::new(seed);
    std::iter::repeat_with(move || generator.album())
        .flatten()
        .take(count)
}

fn file_name(name: &str) -> String {
    let mut end = name.len().min(LONGEST_NAME);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name[..end].replace('/', "_")
}
