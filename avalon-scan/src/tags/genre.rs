//! Genres of ID3, which may be numbers.
//!
//! In: the texts of a genre frame, or the number of an ID3v1 tag or of an MP4 atom. Out: the
//! genres as names. Names and rules are those of the original's reader of tags, since the ids of
//! genres are made of them: `17`, `(17)` and `(17)Rock` are `Rock`, `(RX)` and `(CR)` are `Remix` and
//! `Cover`, `((x` is a literal `(x`, and a number that has no name is `Unknown`.

use avalon_core::text;

/// The name of a number: of ID3v1's byte, and of ID3v2's references to it.
pub(super) fn name(number: usize) -> &'static str {
    NAMES.get(number).copied().unwrap_or("Unknown")
}

/// The name of a number of MP4's `gnre` atom, which counts from 1.
pub(crate) fn mp4_name(number: u16) -> Option<&'static str> {
    NAMES.get(usize::from(number.checked_sub(1)?)).copied()
}

/// The genres of a genre frame with these values.
pub(super) fn all(values: &[String]) -> Vec<String> {
    // Twice, as the original did (its reader rewrote the frame, then read it): `((17)` is `(17)`
    // and so `Rock` in the end.
    names(&names(values))
}

fn names(values: &[String]) -> Vec<String> {
    values.iter().flat_map(|value| names_of(value)).collect()
}

fn names_of(value: &str) -> Vec<String> {
    let is_number = !value.is_empty() && value.chars().all(|c| text::decimal_digit(c).is_some());
    match value {
        "CR" => return vec!["Cover".to_owned()],
        "RX" => return vec!["Remix".to_owned()],
        _ if is_number => {
            if let Some(number) = number(value).filter(|&number| number < 256) {
                return vec![name(number).to_owned()];
            }
        }
        _ => {}
    }
    let mut found: Vec<String> = Vec::new();
    let mut rest = value;
    while let Some((name, after)) = reference(rest) {
        found.push(name.to_owned());
        rest = after;
    }
    // A line feed ends a genre, and a doubled parenthesis is a literal one.
    let literal = rest.split('\n').next().unwrap_or_default();
    let literal = match literal.strip_prefix("((") {
        Some(_) => &literal[1..],
        None => literal,
    };
    if !literal.is_empty() && !found.iter().any(|name| name == literal) {
        found.push(literal.to_owned());
    }
    found
}

/// A `(17)`, `(RX)` or `(CR)` at the start, as its name, and what follows it.
fn reference(text: &str) -> Option<(&'static str, &str)> {
    let (inner, after) = text.strip_prefix('(')?.split_once(')')?;
    match inner {
        "RX" => Some(("Remix", after)),
        "CR" => Some(("Cover", after)),
        "" => None,
        _ if inner.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some((number(inner).map_or("Unknown", name), after))
        }
        _ => None,
    }
}

fn number(digits: &str) -> Option<usize> {
    digits.chars().try_fold(0_usize, |number, c| {
        number
            .checked_mul(10)?
            .checked_add(usize::from(text::decimal_digit(c)?))
    })
}

/// ID3v1's genres and Winamp's additions, spelled as the original spelled them.
#[rustfmt::skip]
const NAMES: [&str; 192] = [
    "Blues",
    "Classic Rock",
    "Country",
    "Dance",
    "Disco",
    "Funk",
    "Grunge",
    "Hip-Hop",
    "Jazz",
    "Metal",
    "New Age",
    "Oldies",
    "Other",
    "Pop",
    "R&B",
    "Rap",
    "Reggae",
    "Rock",
    "Techno",
    "Industrial",
    "Alternative",
    "Ska",
    "Death Metal",
    "Pranks",
    "Soundtrack",
    "Euro-Techno",
    "Ambient",
    "Trip-Hop",
    "Vocal",
    "Jazz+Funk",
    "Fusion",
    "Trance",
    "Classical",
    "Instrumental",
    "Acid",
    "House",
    "Game",
    "Sound Clip",
    "Gospel",
    "Noise",
    "Alt. Rock",
    "Bass",
    "Soul",
    "Punk",
    "Space",
    "Meditative",
    "Instrumental Pop",
    "Instrumental Rock",
    "Ethnic",
    "Gothic",
    "Darkwave",
    "Techno-Industrial",
    "Electronic",
    "Pop-Folk",
    "Eurodance",
    "Dream",
    "Southern Rock",
    "Comedy",
    "Cult",
    "Gangsta Rap",
    "Top 40",
    "Christian Rap",
    "Pop/Funk",
    "Jungle",
    "Native American",
    "Cabaret",
    "New Wave",
    "Psychedelic",
    "Rave",
    "Showtunes",
    "Trailer",
    "Lo-Fi",
    "Tribal",
    "Acid Punk",
    "Acid Jazz",
    "Polka",
    "Retro",
    "Musical",
    "Rock & Roll",
    "Hard Rock",
    "Folk",
    "Folk-Rock",
    "National Folk",
    "Swing",
    "Fast-Fusion",
    "Bebop",
    "Latin",
    "Revival",
    "Celtic",
    "Bluegrass",
    "Avantgarde",
    "Gothic Rock",
    "Progressive Rock",
    "Psychedelic Rock",
    "Symphonic Rock",
    "Slow Rock",
    "Big Band",
    "Chorus",
    "Easy Listening",
    "Acoustic",
    "Humour",
    "Speech",
    "Chanson",
    "Opera",
    "Chamber Music",
    "Sonata",
    "Symphony",
    "Booty Bass",
    "Primus",
    "Porn Groove",
    "Satire",
    "Slow Jam",
    "Club",
    "Tango",
    "Samba",
    "Folklore",
    "Ballad",
    "Power Ballad",
    "Rhythmic Soul",
    "Freestyle",
    "Duet",
    "Punk Rock",
    "Drum Solo",
    "A Cappella",
    "Euro-House",
    "Dance Hall",
    "Goa",
    "Drum & Bass",
    "Club-House",
    "Hardcore",
    "Terror",
    "Indie",
    "BritPop",
    "Afro-Punk",
    "Polsk Punk",
    "Beat",
    "Christian Gangsta Rap",
    "Heavy Metal",
    "Black Metal",
    "Crossover",
    "Contemporary Christian",
    "Christian Rock",
    "Merengue",
    "Salsa",
    "Thrash Metal",
    "Anime",
    "JPop",
    "Synthpop",
    "Abstract",
    "Art Rock",
    "Baroque",
    "Bhangra",
    "Big Beat",
    "Breakbeat",
    "Chillout",
    "Downtempo",
    "Dub",
    "EBM",
    "Eclectic",
    "Electro",
    "Electroclash",
    "Emo",
    "Experimental",
    "Garage",
    "Global",
    "IDM",
    "Illbient",
    "Industro-Goth",
    "Jam Band",
    "Krautrock",
    "Leftfield",
    "Lounge",
    "Math Rock",
    "New Romantic",
    "Nu-Breakz",
    "Post-Punk",
    "Post-Rock",
    "Psytrance",
    "Shoegaze",
    "Space Rock",
    "Trop Rock",
    "World Music",
    "Neoclassical",
    "Audiobook",
    "Audio Theatre",
    "Neue Deutsche Welle",
    "Podcast",
    "Indie Rock",
    "G-Funk",
    "Dubstep",
    "Garage Rock",
    "Psybient",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_names() {
        for (values, expected) in [
            (&["17"][..], Some("Rock")),
            (&["(17)"], Some("Rock")),
            (&["(17)Rock"], Some("Rock")),
            (&["(4)Eurodisco"], Some("Disco")),
            (&["(17)(32)"], Some("Rock")),
            (&["(RX)"], Some("Remix")),
            (&["RX"], Some("Remix")),
            (&["CR"], Some("Cover")),
            (&["(CR)x"], Some("Cover")),
            (&["((Live) takes"], Some("(Live) takes")),
            (&["((17)"], Some("Rock")),
            (&["(x)"], Some("(x)")),
            (&["()"], Some("()")),
            (&["(17"], Some("(17")),
            (&["(17) "], Some("Rock")),
            (&["191"], Some("Psybient")),
            (&["192"], Some("Unknown")),
            (&["255"], Some("Unknown")),
            (&["256"], Some("256")),
            (&["(192)"], Some("Unknown")),
            (&["(99999999999999999999999)"], Some("Unknown")),
            (&["١٧"], Some("Rock")),
            (&["Rock/Metal"], Some("Rock/Metal")),
            (&["17/9"], Some("17/9")),
            (&["Rock\nPop"], Some("Rock")),
            (&["\nPop"], None),
            (&["", "Pop"], Some("Pop")),
            (&["Pop", "Rock"], Some("Pop")),
            (&[""], None),
            (&[], None),
            (&[" Pop "], Some(" Pop ")),
        ] {
            let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
            let first = all(&values).into_iter().next();
            assert_eq!(first.as_deref(), expected, "{values:?}");
        }
    }

    #[test]
    fn genres_of_mp4_count_from_one() {
        for (number, expected) in [
            (0, None),
            (1, Some("Blues")),
            (18, Some("Rock")),
            (192, Some("Psybient")),
            (193, None),
        ] {
            assert_eq!(mp4_name(number), expected, "{number}");
        }
    }
}
