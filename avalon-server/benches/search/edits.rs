//! Misspelling words.

use crate::support::vocabulary::Random;

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

/// The word with one edit in each of so many parts of equal length, none of its first letter: a letter
/// changed, left out or put in, or two neighbours exchanged. It has at least three letters a part.
pub(crate) fn misspelt(word: &str, edits: usize, random: &mut Random) -> String {
    let letters: Vec<char> = word.chars().collect();
    let size = letters.len() / edits.max(1);
    let mut misspelt = String::new();
    for (at, part) in letters.chunks(size.max(1)).enumerate() {
        match at < edits {
            true => misspelt.extend(edited(part, random)),
            false => misspelt.extend(part),
        }
    }
    misspelt
}

/// One edit behind the first letter.
fn edited(part: &[char], random: &mut Random) -> Vec<char> {
    let mut part = part.to_vec();
    if part.len() < 2 {
        return part;
    }
    let at = 1 + random.below(part.len() - 1);
    let other = other_than(part[at], random);
    match random.below(4) {
        0 => part[at] = other,
        1 => {
            part.remove(at);
        }
        2 => part.insert(at, other),
        _ if at + 1 < part.len() && part[at] != part[at + 1] => part.swap(at, at + 1),
        _ => part[at] = other,
    }
    part
}

fn other_than(letter: char, random: &mut Random) -> char {
    loop {
        let other = char::from(LETTERS[random.below(LETTERS.len())]);
        if other != letter {
            return other;
        }
    }
}
