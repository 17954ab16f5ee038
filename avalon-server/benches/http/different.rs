//! Requests of which each is another, so that no answer comes from what the server keeps.
//!
//! In: samples of the library. Out: for each kind the targets to ask for by turns, no two the same; then a
//! file of them and a script for wrk. A thread of the server knows of about the last thousand requests that
//! they were asked for, and keeps an answer that is asked for again while it does: what comes again after
//! [`LISTED`] others is as new. Only the prefixes, which are drawn as people type them, come again sooner.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::requests::success;
use crate::support::client::{Answer, Client};
use crate::support::samples::{Samples, encoded};
use crate::support::vocabulary::Random;

/// How many are asked for by turns: for two threads twenty times as many as one knows of.
const LISTED: usize = 40_000;

/// Draws for each that is wanted, until a small library is taken to have no more.
const DRAWS: usize = 20;

/// How many prefixes are asked for by turns.
const PREFIXES: usize = 10_000;

/// For wrk: asks for each line of a file in turn.
const SCRIPT: &str = r#"
local requests, at = {}, 0
function init(arguments)
    for target in io.lines(arguments[1]) do
        requests[#requests + 1] = wrk.format("GET", target)
    end
end
function request()
    at = at % #requests + 1
    return requests[at]
end
"#;

/// A kind of requests.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    targets: fn(&Material) -> Vec<String>,
}

/// What requests are made of.
pub(crate) struct Material<'a> {
    samples: &'a Samples,
    /// How many tracks the library has.
    tracks: usize,
    /// Artists with 20 to 80 tracks.
    artists: Vec<String>,
    /// Words of titles of such artists, each with its artist.
    words: Vec<(&'a str, &'a str)>,
    /// Words that few titles have.
    rare: Vec<&'a str>,
}

/// Requests as wrk asks for them.
pub(crate) struct Listed {
    pub(crate) script: PathBuf,
    pub(crate) list: PathBuf,
    pub(crate) count: usize,
    /// How many of them are different.
    pub(crate) different: usize,
    /// Mean of all answers, bytes.
    pub(crate) size: usize,
    /// One of the answers.
    pub(crate) example: Answer,
}

/// Every kind.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "songs?artist_id=<any with 20 to 80 tracks>&limit=<about 100>",
        targets: |m| {
            distinct(1, |r| {
                let artist = any(&m.artists, r)?;
                let limit = about(100, r);
                Some(format!("songs?artist_id={artist}&limit={limit}"))
            })
        },
    },
    Kind {
        name: "songs?query=<any rare word>&limit=<about 20>",
        targets: |m| {
            distinct(2, |r| {
                let word = any(&m.rare, r)?;
                Some(format!("songs?query={word}&limit={}", about(20, r)))
            })
        },
    },
    Kind {
        name: "songs?query=<1 letter>&limit=20&offset=<below tracks/40>",
        targets: |m| {
            distinct(3, |r| {
                let (letter, offset) = (letter(m.samples, r), below(m.tracks / 40, r));
                Some(format!("songs?query={letter}&limit=20&offset={offset}"))
            })
        },
    },
    Kind {
        name: "songs?query=<1 letter>&order=year&direction=desc&limit=20&offset=<below tracks/100>",
        targets: |m| {
            distinct(4, |r| {
                let (letter, offset) = (letter(m.samples, r), below(m.tracks / 100, r));
                let page = format!("limit=20&offset={offset}");
                Some(format!(
                    "songs?query={letter}&order=year&direction=desc&{page}"
                ))
            })
        },
    },
    Kind {
        name: "songs?limit=50&order=name&offset=<any>",
        targets: |m| {
            distinct(5, |r| {
                let offset = below(m.tracks, r);
                Some(format!("songs?limit=50&order=name&offset={offset}"))
            })
        },
    },
    Kind {
        name: "albums?query=<1 letter>&limit=<about 20>&offset=<below albums/100>",
        targets: |m| {
            distinct(6, |r| {
                let (letter, limit) = (letter(m.samples, r), about(20, r));
                let offset = below(m.tracks / 12 / 100, r);
                let page = format!("limit={limit}&offset={offset}");
                Some(format!("albums?query={letter}&{page}"))
            })
        },
    },
    Kind {
        name: "songs?query=<word of a title>&artist=<its artist>",
        targets: |m| {
            distinct(7, |r| {
                let (word, artist) = any(&m.words, r)?;
                let (word, artist) = (encoded(word), encoded(artist));
                Some(format!("songs?query={word}&artist={artist}"))
            })
        },
    },
    Kind {
        name: "songs?query=<random prefix>&order=name&limit=20",
        targets: |m| prefixes(m.samples),
    },
];

impl Kind {
    /// Writes them for wrk, and asks for each once.
    pub(crate) fn list(
        &self,
        material: &Material,
        folder: &Path,
        client: &mut Client,
    ) -> Result<Listed> {
        let targets = (self.targets)(material);
        let first = targets.first();
        let first = first.with_context(|| format!("no request of the kind {}", self.name))?;
        let (script, list) = (folder.join("listed.lua"), folder.join("targets"));
        fs::write(&script, SCRIPT)?;
        fs::write(&list, targets.join("\n") + "\n")?;
        let mut size = 0;
        for target in &targets {
            size += client.length(target)?;
        }
        Ok(Listed {
            script,
            list,
            count: targets.len(),
            different: targets.iter().collect::<HashSet<_>>().len(),
            size: size / targets.len(),
            example: success(client, first)?,
        })
    }
}

impl<'a> Material<'a> {
    /// Of samples of a library of so many tracks.
    pub(crate) fn of(samples: &'a Samples, tracks: usize) -> Self {
        let middling = samples
            .tracks()
            .iter()
            .filter(|track| (20..=80).contains(&samples.tracks_of_artist(track)));
        let words = middling.flat_map(|track| {
            let words = track.title.split(|c: char| !c.is_alphanumeric());
            let words = words.filter(|word| !word.is_empty());
            words.map(|word| (word, track.artist.as_str()))
        });
        Self {
            samples,
            tracks,
            artists: samples.artists_with(20..=80),
            words: words.collect(),
            rare: once(samples.rare_words()),
        }
    }
}

/// The beginnings of words, 1 to 6 letters, the first 20 by name: many come again.
fn prefixes(samples: &Samples) -> Vec<String> {
    let mut random = Random::new(7);
    (0..PREFIXES)
        .map(|_| {
            let prefix = encoded(samples.prefix(&mut random, 1, 6));
            format!("/avalon/songs?query={prefix}&order=name&limit=20")
        })
        .collect()
}

/// Targets of which no two are the same: [`LISTED`], or what a small library has.
fn distinct(seed: u64, draw: impl Fn(&mut Random) -> Option<String>) -> Vec<String> {
    let mut random = Random::new(seed);
    let (mut known, mut targets) = (HashSet::new(), Vec::new());
    for _ in 0..DRAWS * LISTED {
        let Some(target) = draw(&mut random).filter(|_| targets.len() < LISTED) else {
            break;
        };
        if known.insert(target.clone()) {
            targets.push(format!("/avalon/{target}"));
        }
    }
    targets
}

/// Words that come once.
fn once<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut sorted: Vec<&str> = words.collect();
    sorted.sort_unstable();
    let alone = sorted.chunk_by(|one, other| one == other);
    alone
        .filter(|same| same.len() == 1)
        .flatten()
        .copied()
        .collect()
}

fn any<'a, T>(all: &'a [T], random: &mut Random) -> Option<&'a T> {
    match all.len() {
        0 => None,
        count => all.get(random.below(count)),
    }
}

fn below(bound: usize, random: &mut Random) -> usize {
    random.below(bound.max(1))
}

/// A number whose mean is `middle`, a fifth less to a fifth more: pages of one size would be too few.
fn about(middle: usize, random: &mut Random) -> usize {
    let apart = middle / 5;
    middle - apart + random.below(2 * apart + 1)
}

/// The first letter of a word, one that many names have.
fn letter<'a>(samples: &'a Samples, random: &mut Random) -> &'a str {
    loop {
        let letter = samples.prefix(random, 1, 1);
        if letter.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return letter;
        }
    }
}
