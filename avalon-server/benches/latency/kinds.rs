//! The kinds of requests: for each a name and how to draw one.

use crate::support::samples::{Samples, encoded};
use crate::support::vocabulary::Random;

/// A kind of requests.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// A target, of samples of a library of so many tracks.
    pub(crate) target: fn(&Samples, usize, &mut Random) -> String,
}

/// What songs can be ordered by.
const FIELDS: &[&str] = &[
    "album",
    "album_id",
    "artist",
    "artist_id",
    "genre",
    "genre_id",
    "id",
    "length",
    "name",
    "track",
    "year",
];

/// Every kind.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "albums, any page",
        target: |_, tracks, r| list("albums", tracks / 12, r, ""),
    },
    Kind {
        name: "artists, any page",
        target: |_, tracks, r| list("artists", tracks / 40, r, ""),
    },
    Kind {
        name: "genres, any page",
        target: |_, _, r| list("genres", 200, r, ""),
    },
    Kind {
        name: "songs, any page",
        target: |_, tracks, r| list("songs", tracks, r, ""),
    },
    Kind {
        name: "songs/<id>",
        target: |s, _, r| format!("/avalon/songs/{}", s.track(r).id()),
    },
    Kind {
        name: "albums?query=<1 to 6 letters>",
        target: |s, _, r| format!("/avalon/albums?query={}&{}", prefix(s, r), page(200, r)),
    },
    Kind {
        name: "artists?query=<1 to 6 letters>",
        target: |s, _, r| format!("/avalon/artists?query={}&{}", prefix(s, r), page(200, r)),
    },
    Kind {
        name: "genres?query=<1 to 6 letters>",
        target: |s, _, r| format!("/avalon/genres?query={}&{}", prefix(s, r), page(20, r)),
    },
    Kind {
        name: "songs?query=<1 to 6 letters>",
        target: |s, _, r| format!("/avalon/songs?query={}&{}", prefix(s, r), page(200, r)),
    },
    Kind {
        name: "songs?query=<1 letter>, any offset",
        target: |s, tracks, r| {
            let letter = encoded(s.prefix(r, 1, 1));
            format!("/avalon/songs?query={letter}&{}", page(tracks / 4, r))
        },
    },
    Kind {
        name: "songs?query=<two words>",
        target: |s, _, r| {
            let (one, other) = (encoded(s.word(r)), prefix(s, r));
            format!("/avalon/songs?query={one}+{other}&{}", page(20, r))
        },
    },
    Kind {
        name: "songs?query=<two words of a title>",
        target: |s, _, r| {
            let title = &s.track(r).title;
            let words: Vec<&str> = title.split_whitespace().take(2).collect();
            format!(
                "/avalon/songs?query={}&{}",
                encoded(&words.join(" ")),
                page(1, r)
            )
        },
    },
    Kind {
        name: "songs?artist=, album= or genre=",
        target: |s, _, r| format!("/avalon/songs?{}&{}", filter_by_name(s, r).0, page(20, r)),
    },
    Kind {
        name: "songs?artist_id=, album_id= or genre_id=",
        target: |s, _, r| format!("/avalon/songs?{}&{}", filter_by_id(s, r), page(20, r)),
    },
    Kind {
        name: "songs?query= with artist=, album= or genre=",
        target: |s, _, r| {
            let (prefix, (filter, most)) = (prefix(s, r), filter_by_name(s, r));
            let page = deep_page(most, r);
            format!("/avalon/songs?query={prefix}&{filter}&{page}")
        },
    },
    Kind {
        name: "songs, three filters, any order",
        target: |s, _, r| {
            let track = s.track(r);
            let (artist, genre) = (track.artist_id(), encoded(&track.genre));
            let (prefix, order) = (prefix(s, r), any_order(r));
            let page = deep_page(s.tracks_of_artist(track), r);
            format!("/avalon/songs?artist_id={artist}&genre={genre}&query={prefix}&{order}&{page}")
        },
    },
    Kind {
        name: "songs?genre_id= and order",
        target: |s, _, r| {
            let track = s.track(r);
            let (genre, order) = (track.genre_id(), any_order(r));
            let page = deep_page(s.tracks_of_genre(track), r);
            format!("/avalon/songs?genre_id={genre}&{order}&{page}")
        },
    },
    Kind {
        name: "songs?query=<1 to 6 letters> and order",
        target: |s, tracks, r| {
            let (prefix, order) = (prefix(s, r), any_order(r));
            let page = deep_page(tracks / 4, r);
            format!("/avalon/songs?query={prefix}&{order}&{page}")
        },
    },
    Kind {
        name: "songs?query=<1 letter> and order, any offset",
        target: |s, tracks, r| {
            let (letter, order) = (encoded(s.prefix(r, 1, 1)), any_order(r));
            let page = page_at(r.below((tracks / 10).max(1)), r);
            format!("/avalon/songs?query={letter}&{order}&{page}")
        },
    },
    Kind {
        name: "songs?query=<1,000 to 16,000 letters>",
        target: |s, _, r| format!("/avalon/songs?query={}&{}", long(s, r), page(1, r)),
    },
    Kind {
        name: "albums, artists or genres by name or id",
        target: |_, tracks, r| {
            let (which, count) = [
                ("albums", tracks / 12),
                ("artists", tracks / 40),
                ("genres", 200),
            ][r.below(3)];
            let order = order(["id", "name"][r.below(2)], r);
            list(which, count, r, &order)
        },
    },
    ordered("songs?order=album", |_, tracks, r| by("album", tracks, r)),
    ordered("songs?order=album_id", |_, tracks, r| {
        by("album_id", tracks, r)
    }),
    ordered("songs?order=artist", |_, tracks, r| by("artist", tracks, r)),
    ordered("songs?order=artist_id", |_, tracks, r| {
        by("artist_id", tracks, r)
    }),
    ordered("songs?order=genre", |_, tracks, r| by("genre", tracks, r)),
    ordered("songs?order=genre_id", |_, tracks, r| {
        by("genre_id", tracks, r)
    }),
    ordered("songs?order=id", |_, tracks, r| by("id", tracks, r)),
    ordered("songs?order=length", |_, tracks, r| by("length", tracks, r)),
    ordered("songs?order=name", |_, tracks, r| by("name", tracks, r)),
    ordered("songs?order=track", |_, tracks, r| by("track", tracks, r)),
    ordered("songs?order=year", |_, tracks, r| by("year", tracks, r)),
];

/// Songs by one field, in either direction, from any offset.
const fn ordered(name: &'static str, target: fn(&Samples, usize, &mut Random) -> String) -> Kind {
    Kind { name, target }
}

fn by(field: &str, tracks: usize, random: &mut Random) -> String {
    let order = order(field, random);
    list("songs", tracks, random, &order)
}

fn list(which: &str, count: usize, random: &mut Random, order: &str) -> String {
    let page = page(count, random);
    match order {
        "" => format!("/avalon/{which}?{page}"),
        _ => format!("/avalon/{which}?{order}&{page}"),
    }
}

/// By any field, in either direction.
fn any_order(random: &mut Random) -> String {
    order(FIELDS[random.below(FIELDS.len())], random)
}

fn order(field: &str, random: &mut Random) -> String {
    let direction = ["asc", "desc"][random.below(2)];
    format!("order={field}&direction={direction}")
}

/// A limit of 1 to 100, and for half of them an offset below that.
fn page(most: usize, random: &mut Random) -> String {
    let limit = 1 + random.below(100);
    match random.below(2) {
        0 => format!("limit={limit}"),
        _ => format!("limit={limit}&offset={}", random.below(most.max(1))),
    }
}

/// A limit of 1 to 100 and an offset below `most`: as often between 10 and 100 as between 100 and 1,000,
/// so that all depths are met, however few of so many are left.
fn deep_page(most: usize, random: &mut Random) -> String {
    let part = random.below(1 << 20) as f64 / f64::from(1 << 20);
    let offset = (most.max(1) as f64).powf(part) as usize - 1;
    page_at(offset, random)
}

/// A limit of 1 to 100.
fn page_at(offset: usize, random: &mut Random) -> String {
    format!("limit={}&offset={offset}", 1 + random.below(100))
}

fn prefix(samples: &Samples, random: &mut Random) -> String {
    encoded(samples.prefix(random, 1, 6))
}

/// 1,000 to 16,000 letters as the query string has them: words, or for one in four the same letter again
/// and again. With the rest of the target that is nearly the longest that is answered.
fn long(samples: &Samples, random: &mut Random) -> String {
    let length = 1_000 + random.below(15_001);
    if random.below(4) == 0 {
        let letter = encoded(samples.prefix(random, 1, 1));
        return letter.repeat(length / letter.len());
    }
    let mut words = encoded(samples.word(random));
    loop {
        let word = encoded(samples.word(random));
        if words.len() + 1 + word.len() > length {
            return words;
        }
        words += "+";
        words += &word;
    }
}

/// A filter, and how many tracks it leaves, about.
fn filter_by_name(samples: &Samples, random: &mut Random) -> (String, usize) {
    let track = samples.track(random);
    match random.below(3) {
        0 => (format!("album={}", encoded(&track.album)), 12),
        1 => (
            format!("artist={}", encoded(&track.artist)),
            samples.tracks_of_artist(track),
        ),
        _ => (
            format!("genre={}", encoded(&track.genre)),
            samples.tracks_of_genre(track),
        ),
    }
}

fn filter_by_id(samples: &Samples, random: &mut Random) -> String {
    let track = samples.track(random);
    match random.below(3) {
        0 => format!("album_id={}", track.album_id()),
        1 => format!("artist_id={}", track.artist_id()),
        _ => format!("genre_id={}", track.genre_id()),
    }
}
