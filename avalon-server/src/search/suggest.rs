//! What a text may become while it is being typed: names that its words begin.
//!
//! In: what was typed so far. Out: of each type the best names, each once, by the rank that a search gives
//! them. What a short text with very many names becomes is found at build, so that each answer is a look
//! at some thousand names at most.

use rustc_hash::FxHashMap;

use super::best::{Stage, best};
use super::bits::Bits;
use super::engine::{Search, Spelled, corrected};
use super::found::{Completion, Suggested, SuggestedType};
use super::names::{Names, typed_hash};
use super::rank::{Ranked, Ranking};
use super::sets::{Sets, fields_of};
use super::syntax::{Clause, What};
use super::units::{Level, Unit, Units};
use crate::catalog::Collection;
use crate::index::Index;

/// The most names of one type.
pub const SUGGESTIONS: usize = 20;

/// What so many names begin with is looked up at build.
const MANY: usize = 8192;

/// More than this are looked at where several have one name.
const REPEATED: usize = 4 * SUGGESTIONS;

/// Of larger sets so many are ranked.
const LOOKED_AT: usize = 128;

/// Longer texts are not looked up at build.
const LETTERS: usize = 8;

/// All that is suggested for.
const ALL: [Collection; 4] = [
    Collection::Artists,
    Collection::Albums,
    Collection::Songs,
    Collection::Genres,
];

/// What is known at build of texts of one short word: what they become, by the text.
#[derive(Debug, Default)]
pub struct Suggestions {
    numbers: FxHashMap<Box<str>, [Box<[u32]>; ALL.len()]>,
}

impl Suggestions {
    /// Looks up what many names begin with.
    pub fn build(search: &Search, index: &Index) -> Self {
        let mut prepared = Self::default();
        for prefix in common_prefixes(&search.names) {
            let units = search.units_of(&prefix);
            let completing = Completing::new(search, index, &prefix, units, None);
            let numbers = ALL.map(|collection| {
                let names = completing.complete(collection, SUGGESTIONS);
                names.into_iter().map(|(number, _)| number).collect()
            });
            prepared.numbers.insert(prefix.into(), numbers);
        }
        prepared
    }
}

/// A name that a text may become, by its number, and how.
type Completed = (u32, Ranked);

impl Suggestions {
    /// Completes what was typed: of each type at most `limit` names of the library.
    pub fn complete(
        &self,
        search: &Search,
        index: &Index,
        q: &str,
        types: &[Collection],
        limit: usize,
        spelled: Spelled<'_>,
    ) -> Suggested {
        let limit = limit.min(SUGGESTIONS);
        let units = search.units_of(q);
        let completing = Completing::new(search, index, q, units, Some(self));
        let mut suggested = Suggested::default();
        let mut any = false;
        for &collection in types {
            let completed = completing.complete(collection, limit);
            any |= !completed.is_empty();
            suggested.types.push(SuggestedType {
                collection,
                completions: completing.completions(completed, spelled),
            });
        }
        if !any && limit > 0 && !completing.units.is_empty() {
            suggested.did_you_mean = search.did_you_mean(q, types, index);
        }
        suggested
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        let each = self.numbers.iter().map(|(text, numbers)| {
            let lists: usize = numbers.iter().map(|list| size_of_val(&list[..])).sum();
            text.len() + size_of_val(numbers) + lists
        });
        each.sum()
    }
}

impl Search {
    fn units_of(&self, q: &str) -> Vec<Unit> {
        let clause = Clause {
            excluded: false,
            field: None,
            what: What::Words(q.to_owned()),
            last: !q.ends_with(char::is_whitespace),
        };
        Units::of(&[clause], &self.names, &self.articles).wanted
    }

    /// The spelling of the best name that is spelt nearly so.
    fn did_you_mean(&self, q: &str, types: &[Collection], index: &Index) -> Option<String> {
        let mut units = self.units_of(q);
        for unit in &mut units {
            unit.forgive(&self.names);
        }
        let completing = Completing {
            level: Level::Misspelt,
            ..Completing::new(self, index, q, units, None)
        };
        let best = types.iter().filter_map(|&collection| {
            let (_, ranked) = completing.complete(collection, 1).into_iter().next()?;
            Some(ranked)
        });
        let best = best.min_by_key(|ranked| ranked.rank.order())?;
        Some(corrected(&self.names, &completing.units, &best.matches))
    }
}

/// A text that is being completed.
struct Completing<'a> {
    search: &'a Search,
    sets: Sets<'a>,
    units: Vec<Unit>,
    typed: u32,
    level: Level,
    /// What was found at build.
    prepared: Option<&'a [Box<[u32]>; ALL.len()]>,
}

impl<'a> Completing<'a> {
    fn new(
        search: &'a Search,
        index: &'a Index,
        q: &str,
        units: Vec<Unit>,
        known: Option<&'a Suggestions>,
    ) -> Self {
        let prepared = match (&units[..], known) {
            ([unit], Some(known)) if unit.is_open() => known.numbers.get(&unit.word[..]),
            _ => None,
        };
        Self {
            search,
            sets: Sets {
                names: &search.names,
                columns: &search.columns,
                index,
            },
            units,
            typed: typed_hash(q),
            level: Level::Begun,
            prepared,
        }
    }

    /// The best elements whose own name has all units, of one name the first.
    fn complete(&self, collection: Collection, limit: usize) -> Vec<Completed> {
        if self.units.is_empty() {
            return Vec::new();
        }
        let own = fields_of(collection)[0];
        let mut units = self.units.clone();
        units.iter_mut().for_each(|unit| unit.field = Some(own));
        let nothing = Bits::default();
        let ranking = Ranking {
            sets: self.sets,
            collection,
            units: &units,
            touched: &nothing,
            typed: self.typed,
            articles: &self.search.article_terms,
        };
        if let Some(prepared) = self.prepared {
            let at = ALL
                .iter()
                .position(|&it| it == collection)
                .unwrap_or_default();
            let numbers = prepared[at].iter().take(limit);
            return numbers
                .filter_map(|&number| Some((number, ranking.rank(number)?)))
                .collect();
        }
        let documents = self.sets.names.of_field(own);
        let found = |level| {
            let mut all: Option<Bits> = None;
            for unit in units.iter().filter(|unit| unit.needed) {
                let mut elements = Bits::new(documents.len());
                unit.each_name(self.sets.names, level, |names| {
                    for name in names.iter().filter(|name| documents.contains(name)) {
                        elements.insert(name - documents.start);
                    }
                });
                match &mut all {
                    None => all = Some(elements),
                    Some(all) => all.and(&elements),
                }
            }
            all.unwrap_or_default()
        };
        let stages = [found(Level::Exact), found(self.level)].map(|set| Stage {
            set,
            is_last_of_kind: true,
        });
        let several = if collection == Collection::Songs {
            REPEATED
        } else {
            limit
        };
        let mut completed: Vec<Completed> = Vec::with_capacity(limit);
        for ranked in best(&stages, several.max(limit), LOOKED_AT, &ranking) {
            let words = |number| self.sets.names.words(documents.start + number).words;
            let new = words(ranked.rank.number);
            if completed.iter().all(|&(number, _)| words(number) != new) {
                completed.push((ranked.rank.number, ranked));
            }
            if completed.len() == limit {
                break;
            }
        }
        completed
    }

    fn completions(&self, completed: Vec<Completed>, spelled: Spelled<'_>) -> Vec<Completion> {
        let completions = completed.into_iter().map(|(number, ranked)| Completion {
            number,
            matched: self.search.matched(&ranked.matches, spelled),
        });
        completions.collect()
    }
}

/// What very many names begin with, of one word.
fn common_prefixes(names: &Names) -> Vec<String> {
    let mut common = Vec::new();
    // Of the word before: the ends of its letters, and the first word that begins with each.
    let mut before = String::new();
    let mut first: Vec<u32> = Vec::new();
    let mut close = |word: &str, first: &[u32], from: usize, end: u32| {
        let ends = word
            .char_indices()
            .map(|(at, letter)| at + letter.len_utf8());
        for (end_of_letter, &start) in ends.zip(first).skip(from) {
            if names.with(start..end).len() > MANY {
                common.push(word[..end_of_letter].to_owned());
            }
        }
    };
    let words = names.dictionary.len() as u32;
    names.dictionary.each(|term, word| {
        let same = before
            .chars()
            .zip(word.chars())
            .take_while(|(one, other)| one == other);
        let same = same.count().min(first.len());
        close(&before, &first, same, term);
        first.truncate(same);
        first.resize(word.chars().count().min(LETTERS), term);
        word.clone_into(&mut before);
    });
    close(&before, &first, 0, words);
    common
}
