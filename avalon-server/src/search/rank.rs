//! How good a result is: the rank of one element among all that match.
//!
//! In: an element, the units of the query. Out: [`Ranked`], ordered as docs/api/search.md tells: tier,
//! then a leading article, edits, field, other forms, how much of the name is covered, sequence, position,
//! BM25; equal ones are in default order.

use super::bits::Bits;
use super::found::Tier;
use super::names::{NAME_FIELDS, Names};
use super::request::NameField;
use super::sets::{Sets, own_field};
use super::units::{Place, Quality, Unit};
use crate::catalog::Collection;

/// The most names of one element that are looked at, unless more are needed.
const NAMES: usize = 12;

/// BM25's saturation of frequency, and its weight of length; tantivy's.
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// About how many words a name has.
const AVERAGE_WORDS: f32 = 3.0;

/// How good an element is, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// All but the number, in bits; fewer is better.
    order: u64,
    /// The number of the element.
    pub(super) number: u32,
}

/// Bits of [`Rank::order`]: three of the tier, and those of [`Ranking::judge`].
const ORDER_BITS: u32 = 3 + 1 + 1 + 5 + 7 + 4 + 1 + 6 + 1 + 6 + 13;

/// How an element matches.
#[derive(Clone, Debug)]
pub(super) struct Ranked {
    /// What it was ranked by.
    pub(super) rank: Rank,
    pub(super) tier: Tier,
    /// Of each unit that was found, in order.
    pub(super) matches: Vec<Match>,
}

/// Where a unit was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// The number of the unit.
    pub(super) unit: usize,
    /// In which name.
    pub(super) field: NameField,
    pub(super) document: u32,
    pub(super) place: Place,
}

impl Rank {
    /// How good it is, beside elements of any collection; fewer is better.
    pub(super) fn order(self) -> u64 {
        self.order
    }

    /// The same element, no better than another.
    pub(super) fn not_above(self, other: Self) -> Self {
        Self {
            order: self.order.max(other.order),
            ..self
        }
    }

    /// Above 0 and at most 1, less for each that is worse.
    pub(super) fn score(self) -> f32 {
        let share = self.order as f64 / (1_u64 << ORDER_BITS) as f64;
        (1.0 - share).max(1e-6) as f32
    }
}

/// What elements are ranked by.
#[derive(Debug)]
pub(super) struct Ranking<'a> {
    pub(super) sets: Sets<'a>,
    pub(super) collection: Collection,
    pub(super) units: &'a [Unit],
    /// The names in which any unit is found, without titles: each by its document less their number.
    pub(super) touched: &'a Bits,
    /// The hash of what was typed.
    pub(super) typed: u32,
    /// Folded words that count for nothing where they lead.
    pub(super) articles: &'a [u32],
}

/// Memory that one element after the other is ranked in.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    candidates: Vec<Candidate>,
    matches: Vec<Match>,
}

/// A name of an element while it is ranked.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    field: NameField,
    document: u32,
    /// The places that units have.
    used: u128,
    /// The place behind that of the unit before.
    after: u8,
    first: u8,
    ordered: bool,
    letters: u32,
}

impl Ranking<'_> {
    /// How many words the own name of an element has.
    pub(super) fn length(&self, number: u32) -> u8 {
        let own = own_field(self.collection);
        self.sets
            .names
            .word_count(self.sets.names.document(own, number))
    }

    /// How good an element is; `None` where a unit is not to be found after all.
    pub(super) fn rank(&self, number: u32, scratch: &mut Scratch) -> Option<Rank> {
        let (order, _) = self.judged(number, scratch)?;
        Some(Rank { order, number })
    }

    /// How an element matches, likewise.
    pub(super) fn ranked(&self, number: u32) -> Option<Ranked> {
        let mut scratch = Scratch::default();
        let (order, tier) = self.judged(number, &mut scratch)?;
        Some(Ranked {
            rank: Rank { order, number },
            tier,
            matches: scratch.matches,
        })
    }

    fn judged(&self, number: u32, scratch: &mut Scratch) -> Option<(u64, Tier)> {
        // It may be in a name beyond the first, of an album with the songs of many.
        let found = self.find(number, NAMES, scratch) || self.find(number, usize::MAX, scratch);
        found.then(|| self.judge(number, &scratch.candidates, &scratch.matches))
    }

    /// Finds the units in the first names of an element; whether all that are needed are there.
    fn find(&self, number: u32, most: usize, scratch: &mut Scratch) -> bool {
        self.put_candidates(number, most, &mut scratch.candidates);
        scratch.matches.clear();
        let names = self.sets.names;
        for (at, unit) in self.units.iter().enumerate() {
            let mut best: Option<(usize, Place)> = None;
            for (which, candidate) in scratch.candidates.iter().enumerate() {
                if unit.field.is_some_and(|only| only != candidate.field) {
                    continue;
                }
                let place = unit.find(names, candidate.document, candidate.used, candidate.after);
                let Some(place) = place else { continue };
                // An article that need not be there is there or not.
                if !unit.needed && place.quality > Quality::Form {
                    continue;
                }
                // Forms of a word are of one tier with it, and of one tier the first of the names is best.
                let order = |place: &Place| (place.quality.max(Quality::Form), place.cost);
                let better = best.is_none_or(|(_, other)| order(&place) < order(&other));
                if better {
                    best = Some((which, place));
                }
            }
            let Some((which, place)) = best else {
                if unit.needed {
                    return false;
                }
                continue;
            };
            let candidate = &mut scratch.candidates[which];
            candidate.take(&place);
            scratch.matches.push(Match {
                unit: at,
                field: candidate.field,
                document: candidate.document,
                place,
            });
        }
        true
    }

    /// Whether any unit is found in a name that is no title.
    fn is_touched(&self, document: u32) -> bool {
        let titles = self.sets.names.of_field(NameField::Title).end;
        self.touched.contains(document - titles)
    }

    /// The names of an element in which any unit is found, its own first and always, at most `most`.
    fn put_candidates(&self, number: u32, most: usize, candidates: &mut Vec<Candidate>) {
        let names = self.sets.names;
        let columns = self.sets.columns;
        candidates.clear();
        let mut add = |field: NameField, number: u32, always: bool| {
            let document = names.document(field, number);
            if always || (candidates.len() < most && self.is_touched(document)) {
                candidates.push(Candidate {
                    field,
                    document,
                    used: 0,
                    after: 0,
                    first: u8::MAX,
                    ordered: true,
                    letters: 0,
                });
            }
        };
        add(own_field(self.collection), number, true);
        match self.collection {
            Collection::Songs => {
                add(NameField::Artist, columns.artist(number), false);
                add(NameField::Album, columns.album(number), false);
                for &artist in columns.album_artists.of(number) {
                    add(NameField::AlbumArtist, artist, false);
                }
                add(NameField::Genre, columns.genre(number), false);
            }
            Collection::Albums => {
                for &artist in columns.artists_of_album(number) {
                    add(NameField::Artist, artist, false);
                }
                for &artist in columns.album_artists_of_album(number) {
                    add(NameField::AlbumArtist, artist, false);
                }
            }
            Collection::Artists | Collection::Genres => {}
        }
    }

    /// The bits of [`Rank::order`] of an element, and its tier.
    fn judge(&self, number: u32, candidates: &[Candidate], matches: &[Match]) -> (u64, Tier) {
        let own = &candidates[0];
        let worst = matches.iter().map(|it| it.place.quality).max();
        let mut worst = worst.unwrap_or(Quality::Exact);
        let needed = |it: &&Match| self.units[it.unit].needed;
        let mut of_needed = matches.iter().filter(needed);
        let in_own = of_needed.all(|it| it.document == own.document);
        let shared = shared(matches);
        let whole =
            in_own && worst <= Quality::Form && shared == 0 && own.ordered && self.is_whole(own);
        // A last letter that is a word by itself is hardly ever one that was meant.
        let last = self.units.len().saturating_sub(1);
        let is_of_whole = |it: &Match| {
            let mut of = candidates
                .iter()
                .filter(|candidate| candidate.document == it.document);
            of.any(|candidate| self.is_whole(candidate))
        };
        let begun = |it: &Match| {
            it.unit == last && last > 0 && self.units[last].is_open_letter() && !is_of_whole(it)
        };
        if !whole && matches.iter().any(begun) {
            worst = worst.max(Quality::Prefix);
        }
        // An article that was typed need not be there, but who types it means a name that has it.
        let misses = self.misses_article(matches);
        if !whole && misses {
            worst = worst.max(Quality::Prefix);
        }
        // A name that goes on as it was typed, from its first word to what was typed last, is better than
        // words here and there.
        let goes_on = worst == Quality::Prefix
            && last > 0
            && in_own
            && !misses
            && own.ordered
            && own.first == 0;
        let tier = match worst {
            _ if whole => Tier::ExactName,
            Quality::Exact | Quality::Form => Tier::ExactWords,
            _ if goes_on => Tier::ExactWords,
            Quality::Prefix | Quality::PrefixAnywhere => Tier::Prefix,
            Quality::Infix => Tier::Infix,
            Quality::Typo => Tier::Typo,
        };
        let typed = !whole || self.sets.names.typed(own.document) != self.typed;
        let edits: u64 = matches.iter().map(|it| u64::from(it.place.cost)).sum();
        let weaker = matches.iter().map(|it| match it.place.quality {
            Quality::Form | Quality::PrefixAnywhere => 1,
            _ => 0,
        });
        let weaker: u64 = weaker.sum::<u64>() + 2 * shared;
        let of_needed = matches.iter().filter(needed);
        let fields: u64 = of_needed.map(|it| self.weight(it, candidates)).sum();
        let fields = fields + u64::from(goes_on);
        let main = candidates
            .iter()
            .find(|candidate| candidate.letters > 0)
            .unwrap_or(own);
        let words = self.sets.names.words(main.document).words;
        let letters: u32 = words
            .iter()
            .map(|&term| self.sets.names.letters(term))
            .sum();
        // A leading article is no first word.
        let first = main.first - u8::from(main.first == 1 && self.leads(main.document, words));
        let uncovered = 63 - (main.letters.min(letters) * 63 / letters.max(1)).min(63);
        let bm25 = self.bm25(number, own.document, matches);
        let mut order = tier as u64;
        for (bits, value) in [
            (1, u64::from(misses)),
            (1, u64::from(typed)),
            (5, edits),
            (7, fields),
            (4, weaker),
            (1, u64::from(!main.ordered || first > 0)),
            (6, uncovered.into()),
            (1, u64::from(!main.ordered)),
            (6, first.into()),
            (13, bm25),
        ] {
            order = order << bits | value.min((1 << bits) - 1);
        }
        (order, tier)
    }

    /// Whether an article leads what was typed, and not the word after it where that was found.
    fn misses_article(&self, matches: &[Match]) -> bool {
        let [article, _, ..] = self.units else {
            return false;
        };
        let Some(next) = matches.iter().find(|it| it.unit == 1) else {
            return false;
        };
        if article.needed {
            return false;
        }
        // Of `a ha` and A-ha both are the whole.
        let is_within = |it: &Match| {
            (it.unit, it.document, it.place.place) == (0, next.document, next.place.place)
                && it.place.quality == Quality::Form
        };
        let names = self.sets.names;
        !article.leads(names, next.document, next.place.place) && !matches.iter().any(is_within)
    }

    /// Whether units have all words of a name, but for a leading article.
    fn is_whole(&self, candidate: &Candidate) -> bool {
        let words = self.sets.names.words(candidate.document).words;
        let all = 1_u128
            .checked_shl(words.len() as u32)
            .map_or(u128::MAX, |bit| bit - 1);
        let missing = all & !candidate.used;
        let article = words.len() > 1 && self.leads(candidate.document, words);
        candidate.used != 0 && (missing == 0 || missing == 1 && article)
    }

    /// Whether a name of these words begins with an article.
    fn leads(&self, document: u32, words: &[u32]) -> bool {
        self.articles.contains(&words[0]) && self.sets.names.may_lead(document)
    }

    /// What a match costs by where it is.
    fn weight(&self, found: &Match, candidates: &[Candidate]) -> u64 {
        match self.collection {
            Collection::Songs => match found.field {
                NameField::Title => 0,
                NameField::Artist => 1,
                NameField::Album => 2,
                NameField::AlbumArtist => 3,
                NameField::Genre => 4,
            },
            // An artist's own album before one that has the name among others.
            Collection::Albums => {
                let whole = candidates.iter().any(|candidate| {
                    candidate.document == found.document && self.is_whole(candidate)
                });
                match (found.field, whole) {
                    (NameField::Album, true) => 0,
                    (_, true) => 1,
                    (NameField::Album, false) => 2,
                    (_, false) => 3,
                }
            }
            Collection::Artists | Collection::Genres => 0,
        }
    }

    /// BM25 of the words that were found in the element's own name, as if it stood there once for each of
    /// its tracks, and the title of a song once more where its album has the word too; turned around, so that
    /// fewer is better. All words that what was typed may become are as frequent as each other.
    fn bm25(&self, number: u32, own: u32, matches: &[Match]) -> u64 {
        let names = self.sets.names;
        let index = self.sets.index;
        let frequency = |found: &Match| match self.collection {
            Collection::Songs => {
                let album = names.document(NameField::Album, self.sets.columns.album(number));
                let unit = &self.units[found.unit];
                let is_there = self.is_touched(album) && unit.find(names, album, 0, 0).is_some();
                1 + usize::from(is_there)
            }
            Collection::Albums => index.albums.postings.lists().count(number),
            Collection::Artists => index.artists.postings.lists().count(number),
            Collection::Genres => index.genres.postings.lists().count(number),
        };
        let total = names.count() as f32;
        let rarest = (1.0 + total).ln();
        let length = f32::from(names.word_count(own)) / AVERAGE_WORDS;
        let norm = K1 * (1.0 - B + B * length);
        let mut score = 0.0;
        for found in matches.iter().filter(|found| found.document == own) {
            let idf = match found.place.quality {
                Quality::Exact | Quality::Form => {
                    let having = names.with(found.place.term..found.place.term + 1).len() as f32;
                    (1.0 + (total - having + 0.5) / (having + 0.5)).ln()
                }
                _ => rarest / 2.0,
            };
            let frequency = frequency(found) as f32;
            score += idf * frequency / (frequency + norm);
        }
        let share = score / (rarest * matches.len().max(1) as f32);
        ((1.0 - share.clamp(0.0, 1.0)) * 8191.0) as u64
    }
}

/// How many units have nothing of their own: what they match is another's.
fn shared(matches: &[Match]) -> u64 {
    let is_shared = |(at, it): (usize, &Match)| {
        it.place.quality != Quality::Form
            && matches[..at].iter().any(|other| {
                (other.document, other.place.place) == (it.document, it.place.place)
                    && other.place.quality != Quality::Form
            })
    };
    matches
        .iter()
        .enumerate()
        .filter(|&it| is_shared(it))
        .count() as u64
}

impl Candidate {
    fn take(&mut self, place: &Place) {
        let bits = 1_u128
            .checked_shl(place.span.into())
            .map_or(u128::MAX, |bit| bit - 1);
        let taken = bits.checked_shl(place.place.into()).unwrap_or_default();
        if self.used & taken != taken || taken == 0 {
            self.letters += place.letters;
        }
        if self.used == 0 {
            self.first = place.place;
        } else {
            self.first = self.first.min(place.place);
            // Forms of the same words are one.
            self.ordered &= place.place == self.after || self.used & taken == taken;
        }
        self.used |= taken;
        self.after = self.after.max(place.place.saturating_add(place.span));
    }
}

/// The numbers of folded words.
pub(super) fn terms(words: &[String], names: &Names) -> Vec<u32> {
    let found = words.iter().filter_map(|word| names.dictionary.find(word));
    found.collect()
}

const _: () = assert!(NAME_FIELDS.len() == 5);
