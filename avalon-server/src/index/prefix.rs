//! The prefix index of one kind of name: a suffix array over the search forms.
//!
//! In: search forms of names by number. Out: for the search form of a query, the numbers of all names
//! that it matches (CONTRACT, Search), by two binary searches and without looking at any other name.
//!
//! The array is sorted by the first [`KEY_BYTES`] of each suffix only: names in files may be of any
//! length, and comparing whole suffixes of one hostile name (a megabyte of `a a a ...`) would never
//! end. A query longer than that finds its candidates by its beginning and then compares them whole.

use std::cmp::Ordering;
use std::ops::Range;

use memchr::memchr;
use memchr::memmem::Finder;
use rayon::prelude::*;

use super::bitmap::Bitmap;
use super::keys::{self, Keys};
use super::tokens::{END, append};
use crate::catalog::{Texts, TooLarge, number};

/// How many bytes of a suffix its place in the array depends on.
pub(super) const KEY_BYTES: usize = 256;

/// The most suffixes of a name of which none is looked for twice.
const MANY: usize = 64;

/// Names whose suffixes one task finds at a time.
const CHUNK: usize = 8192;

/// A suffix array over search forms.
#[derive(Debug)]
pub struct Prefix {
    text: Vec<u8>,
    /// Where in the text each suffix begins, sorted by what begins there.
    suffixes: Vec<u32>,
    /// Where in the text the next name begins: so many before a place, and the name there is known.
    names: Bitmap,
}

/// The names that a query matches.
#[derive(Clone, Copy, Debug)]
pub struct Matches<'a> {
    prefix: &'a Prefix,
    suffixes: &'a [u32],
    form: &'a [u8],
}

impl Prefix {
    /// Sorts the suffixes of search forms. Also gives the name that each suffix is of, by its place: it is known here
    /// without a look.
    ///
    /// # Errors
    /// They are longer than 4 GiB together.
    pub fn build(forms: &Texts) -> Result<(Self, Vec<u32>), TooLarge> {
        let chunks: Vec<Parted> = (0..forms.len().div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| part(forms, chunk * CHUNK..forms.len().min((chunk + 1) * CHUNK)))
            .collect();
        let size = chunks.iter().map(|chunk| chunk.text.len()).sum();
        number(size, "bytes of searchable names")?;
        let mut text = Vec::with_capacity(size);
        let mut suffixes = Vec::with_capacity(chunks.iter().map(|chunk| chunk.starts.len()).sum());
        let mut names = vec![0_u64; size.div_ceil(64)];
        for chunk in chunks {
            // The sum of all chunks fits, as checked above.
            let base = text.len() as u32;
            let starts = chunk.starts.into_iter();
            suffixes.extend(starts.map(|start| Start {
                at: base + start.at,
                ..start
            }));
            for at in chunk.names {
                let at = (base + at) as usize;
                names[at / 64] |= 1 << (at % 64);
            }
            text.extend_from_slice(&chunk.text);
        }
        let items = suffixes.into_par_iter().map(Start::item);
        let sorted = keys::sort(items, &SuffixKeys(&text));
        let starts = sorted.into_par_iter().map(|entry| {
            let Start { at, name } = Start::of(entry.item());
            (at, name)
        });
        let (suffixes, owners) = starts.unzip();
        let prefix = Self {
            text,
            suffixes,
            names: Bitmap::new(names.into()),
        };
        Ok((prefix, owners))
    }

    /// The memory that it takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.text.len() + size_of_val(&*self.suffixes) + self.names.memory()
    }

    /// How many suffixes there are.
    pub(super) fn len(&self) -> usize {
        self.suffixes.len()
    }

    /// The name that a suffix is of, by the place of the suffix in the array.
    fn owner(&self, at: usize) -> u32 {
        self.name_at(self.suffixes[at])
    }

    /// The name that each suffix is of, likewise.
    pub(super) fn owners(&self) -> Vec<u32> {
        let places = (0..self.len()).into_par_iter().with_min_len(4096);
        places.map(|at| self.owner(at)).collect()
    }

    /// The name in which a place of the text lies.
    fn name_at(&self, place: u32) -> u32 {
        // Each name has its beginning and, behind it, its terminator at least.
        self.names.rank(place + 1) - 1
    }

    /// Whether a token of a name begins with a form of any length, which is sought.
    fn name_matches(&self, name: u32, form: &Finder<'_>) -> bool {
        let mut begins = self.names.members(name as usize);
        let start = begins
            .next(&self.names)
            .map_or(self.text.len(), |at| at as usize);
        let end = begins
            .next(&self.names)
            .map_or(self.text.len(), |at| at as usize);
        let text = &self.text[start..end];
        // The whole form comes first; behind it, if its words are not parted by single spaces, they come
        // again so parted. Else words begin in the form itself.
        let whole = memchr(END, text).unwrap_or(text.len());
        let words = if whole + 1 < text.len() { whole + 1 } else { 0 };
        let begins_word = |at: usize| at >= words && (at == words || text[at - 1] == b' ');
        let mut found = form.find_iter(text);
        found.any(|at| at == 0 || begins_word(at))
    }

    /// The byte of a suffix that lies `depth` behind its beginning.
    pub(super) fn byte(&self, at: usize, depth: usize) -> u8 {
        let at = self.suffixes[at] as usize + depth;
        // Every suffix ends with the terminator, so only what is asked beyond it is not there.
        self.text.get(at).copied().unwrap_or(END)
    }

    /// The names of which `form`, the search form of a query, is a prefix of a token. An empty form
    /// matches nothing.
    pub fn find<'a>(&'a self, form: &'a str) -> Matches<'a> {
        self.find_among(form, 0..self.suffixes.len())
    }

    /// The same, where all matches are known to be among some suffixes, by their places in the array.
    pub(crate) fn find_among<'a>(&'a self, form: &'a str, places: Range<usize>) -> Matches<'a> {
        let form = form.as_bytes();
        let suffixes = &self.suffixes[places];
        let key = &form[..form.len().min(KEY_BYTES)];
        let head = |suffix: &u32| beginning(&self.text, *suffix, 0..key.len());
        let first = suffixes.partition_point(|suffix| head(suffix) < key);
        let rest = &suffixes[first..];
        let count = rest.partition_point(|suffix| head(suffix) == key);
        Matches {
            prefix: self,
            suffixes: if key.is_empty() { &[] } else { &rest[..count] },
            form,
        }
    }
}

impl<'a> Matches<'a> {
    /// How many [`Matches::owners`] there are at most, repeats included, without a look at them.
    pub fn most(&self) -> usize {
        self.suffixes.len()
    }

    /// The numbers of the names, in no order; a name of several matching tokens comes repeatedly.
    pub fn owners(self) -> impl Iterator<Item = u32> + Clone + use<'a> {
        let is_cut = self.form.len() > KEY_BYTES && !self.suffixes.is_empty();
        // Made once, and not for nothing: it takes a fifth of a millisecond for the longest form.
        let whole = is_cut.then(|| Finder::new(self.form));
        let is_match = move |name: &u32| match &whole {
            Some(form) => self.prefix.name_matches(*name, form),
            None => true,
        };
        let name = move |suffix: &u32| self.prefix.name_at(*suffix);
        self.suffixes.iter().map(name).filter(is_match)
    }
}

/// Some names.
#[derive(Default)]
struct Parted {
    text: Vec<u8>,
    /// Where suffixes begin.
    starts: Vec<Start>,
    /// Where names begin.
    names: Vec<u32>,
}

/// Where a suffix begins, and the number of the name that it is of.
#[derive(Clone, Copy)]
struct Start {
    at: u32,
    name: u32,
}

impl Start {
    /// Both in one number, to be sorted with.
    fn item(self) -> u64 {
        u64::from(self.at) << u32::BITS | u64::from(self.name)
    }

    fn of(item: u64) -> Self {
        Self {
            at: (item >> u32::BITS) as u32,
            // The lower half.
            name: item as u32,
        }
    }
}

fn part(forms: &Texts, numbers: Range<usize>) -> Parted {
    let mut parted = Parted::default();
    for number in numbers {
        // All names together are shorter than 4 GiB, and so is their text, or it is refused in the end.
        parted.names.push(parted.text.len() as u32);
        let name = number as u32;
        let first = parted.starts.len();
        append(forms.get(name), &mut parted.text, |at| {
            let at = at as u32;
            parted.starts.push(Start { at, name });
        });
        if parted.starts.len() - first > MANY {
            drop_repeated(&mut parted.starts, first, &parted.text);
        }
    }
    parted
}

/// Of a name of very many words, keeps one of the suffixes that begin alike: the others match no other
/// query, and of `a a a ...` there would be half a million to each query.
fn drop_repeated(starts: &mut Vec<Start>, first: usize, text: &[u8]) {
    let key = |start: &Start| beginning(text, start.at, 0..KEY_BYTES);
    let mut own = starts.split_off(first);
    own.sort_by(|a, b| key(a).cmp(key(b)));
    own.dedup_by(|a, b| key(a) == key(b));
    starts.append(&mut own);
}

/// What begins at suffixes: eight bytes are a piece, and nothing behind the terminator counts.
struct SuffixKeys<'a>(&'a [u8]);

/// Bytes of a piece.
const PIECE_BYTES: usize = size_of::<u64>();

impl Keys for SuffixKeys<'_> {
    /// Suffixes of different names may be equal; nobody asks.
    const TELLS_EQUALS: bool = false;

    fn piece(&self, suffix: u64, level: usize) -> u64 {
        let start = Start::of(suffix).at as usize + level * PIECE_BYTES;
        let rest = self.0.get(start..).unwrap_or_default();
        let piece = match rest.first_chunk() {
            Some(piece) => u64::from_be_bytes(*piece),
            // At the end of all names.
            None => {
                let mut piece = [0; PIECE_BYTES];
                piece[..rest.len()].copy_from_slice(rest);
                u64::from_be_bytes(piece)
            }
        };
        match terminator(piece) {
            Some(at) => piece & u64::MAX << (u64::BITS - 8 * (at + 1)),
            None => piece,
        }
    }

    fn goes_on(&self, piece: u64, level: usize) -> bool {
        (level + 1) * PIECE_BYTES < KEY_BYTES && terminator(piece).is_none()
    }

    fn compare(&self, _: u64, _: u64) -> Ordering {
        // They are not sorted by more.
        Ordering::Equal
    }
}

/// Which byte of a piece is the first terminator.
fn terminator(piece: u64) -> Option<u32> {
    const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
    // Where all bits of a byte are set the highest one stays; no sum carries into another byte.
    let ends = (piece & LOW).wrapping_add(u64::from_ne_bytes([1; 8])) & piece & !LOW;
    (ends != 0).then(|| ends.leading_zeros() / 8)
}

/// Bytes of the text from the suffix's start on. They may run over the end of its name into the
/// next: what follows the terminator decides nothing, since no query holds one.
fn beginning(text: &[u8], suffix: u32, bytes: Range<usize>) -> &[u8] {
    let at = |offset: usize| (suffix as usize + offset).min(text.len());
    &text[at(bytes.start)..at(bytes.end)]
}

#[cfg(test)]
mod tests {
    use avalon_core::text::search_form;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pieces_end_with_the_terminator() {
        let text = b"abcdefgh\xffij\xff\xfe\xff";
        let piece = |at: u32, level: usize| {
            let start = Start { at, name: 7 };
            SuffixKeys(text).piece(start.item(), level).to_be_bytes()
        };
        assert_eq!(piece(0, 0), *b"abcdefgh");
        assert_eq!(piece(0, 1), *b"\xff\0\0\0\0\0\0\0");
        assert_eq!(piece(1, 0), *b"bcdefgh\xff");
        assert_eq!(piece(7, 0), *b"h\xff\0\0\0\0\0\0");
        assert_eq!(piece(9, 0), *b"ij\xff\0\0\0\0\0");
        assert_eq!(piece(12, 0), *b"\xfe\xff\0\0\0\0\0\0");
        assert_eq!(piece(12, 9), [0; 8]);
        for at in 0..8 {
            for byte in 0..=u8::MAX {
                let mut piece = [0xfe; 8];
                piece[at] = byte;
                let expected = (byte == END).then_some(at as u32);
                assert_eq!(terminator(u64::from_be_bytes(piece)), expected, "{piece:?}");
            }
        }
    }

    fn find(names: &[&str], query: &str) -> Vec<u32> {
        let forms: Vec<String> = names.iter().map(|name| search_form(name)).collect();
        let texts = Texts::collect(forms.iter().map(String::as_str)).unwrap();
        let (prefix, owners) = Prefix::build(&texts).unwrap();
        assert_eq!(prefix.owners(), owners);
        let form = search_form(query);
        let mut found: Vec<u32> = prefix.find(&form).owners().collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn a_query_is_a_prefix_of_a_token() {
        let names = [
            "Double  Space   Name",
            "The End",
            "Ändern the  Ende",
            "",
            "ΟΔΥΣΣΕΑΣ",
            "Straße",
            "a\0b",
        ];
        for (query, expected) in [
            ("double space", &[][..]),
            ("double  space", &[0]),
            ("space name", &[0]),
            ("space   name", &[]),
            ("the en", &[1, 2]),
            ("the  en", &[]),
            ("END", &[1, 2]),
            ("nde", &[]),
            ("", &[]),
            (" \u{301}", &[]),
            ("οδυσσεα", &[4]),
            ("ΟΔΥΣ", &[]),
            ("stras", &[]),
            ("straß", &[5]),
            ("a\0", &[6]),
            ("a\0b\0", &[]),
            ("\u{10ffff}", &[]),
        ] {
            assert_eq!(find(&names, query), expected, "{query:?}");
        }
        assert_eq!(find(&[], "a"), &[] as &[u32]);
    }

    #[test]
    fn names_and_queries_longer_than_the_key_match_exactly() {
        let long = "x".repeat(KEY_BYTES);
        let (a, b) = (format!("{long}a end"), format!("{long}b end"));
        let names = [long.as_str(), &a, &b, "x"];
        for (query, expected) in [
            (long.clone(), &[0, 1, 2][..]),
            (format!("{long}a"), &[1]),
            (format!("{long}b e"), &[2]),
            (format!("{long}c"), &[]),
            (format!("{long}a end "), &[1]),
            (format!("{long}a endx"), &[]),
            (long[1..].to_owned(), &[0, 1, 2]),
        ] {
            assert_eq!(find(&names, &query), expected, "{}", query.len());
        }
    }

    #[test]
    fn a_name_of_very_many_words_is_found_by_all_of_them_and_kept_by_few() {
        let hostile = "a ".repeat(1 << 19) + "z  end";
        let queries = [
            "a a a",
            &hostile[..16_001],
            "a a b",
            "z end",
            "z  end",
            "a z end",
        ];
        let found = queries.map(|query| find(&[&hostile, "b"], query));
        assert_eq!(found, [vec![0], vec![0], vec![], vec![0], vec![], vec![0]]);
        let form = search_form(&hostile);
        let forms = Texts::collect([form.as_str()].into_iter()).unwrap();
        assert!(Prefix::build(&forms).unwrap().0.len() < 300);
    }

    #[test]
    fn names_of_all_chunks_are_found() {
        let names: Vec<String> = (0..CHUNK * 2 + 5).map(|at| format!("x{at} y")).collect();
        let forms = Texts::collect(names.iter().map(String::as_str)).unwrap();
        let (prefix, owners) = Prefix::build(&forms).unwrap();
        assert_eq!(prefix.len(), 2 * names.len());
        assert_eq!(prefix.owners(), owners);
        for at in [0, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 4] {
            let found: Vec<u32> = prefix.find(&format!("x{at} ")).owners().collect();
            assert_eq!(found, [at as u32]);
        }
    }

    proptest! {
        #[test]
        fn long_forms_match_as_short_ones_do(
            names in proptest::collection::vec("[ab]{0,3}([ ]{1,2}[ab]{1,2}){0,3}", 1..4),
            query in "[ab ]{0,6}",
        ) {
            // What is long here is what all words begin with.
            let long = "x".repeat(KEY_BYTES);
            let lengthen = |text: &str| {
                let words: Vec<String> = search_form(text)
                    .split(' ')
                    .map(|word| if word.is_empty() { String::new() } else { format!("{long}{word}") })
                    .collect();
                words.join(" ")
            };
            let lengthened: Vec<String> = names.iter().map(|name| lengthen(name)).collect();
            let lengthened: Vec<&str> = lengthened.iter().map(String::as_str).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            prop_assert_eq!(find(&lengthened, &lengthen(&query)), find(&names, &query));
        }
    }
}
