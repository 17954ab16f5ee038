//! What a text may become while it is being typed: names that its words begin.
//!
//! In: what was typed so far. Out: of each type the best names, each once, by the rank that a search gives
//! them. What a short text with very many names becomes is found at build, so that each answer is a look
//! at some thousand names at most.

use rustc_hash::FxHashMap;

use super::answer::{Spelled, corrected, matched};
use super::best::{Stage, best};
use super::bits::Bits;
use super::common::each_beginning;
use super::engine::Search;
use super::found::{Completion, Suggested, SuggestedType};
use super::names::{Names, typed_hash};
use super::params::MAX_SUGGESTIONS;
use super::plan::is_mixed;
use super::rank::{Ranked, Ranking};
use super::sets::{Reach, Sets, own_field};
use super::syntax::{Clause, Parsed, What};
use super::units::{Level, Unit, Units};
use crate::catalog::Collection;
use crate::index::Index;

/// What so many names begin with is looked up at build.
const MANY: usize = 8192;

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
                let names = completing.complete(collection, MAX_SUGGESTIONS);
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
        let limit = limit.min(MAX_SUGGESTIONS);
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
        let clauses = vec![clause];
        let parsed = Parsed { clauses }.bounded();
        Units::of(&parsed.clauses, &self.names, &self.articles).wanted
    }

    /// The spelling of the best name that is spelt nearly so.
    fn did_you_mean(&self, q: &str, types: &[Collection], index: &Index) -> Option<String> {
        let mut units = self.units_of(q);
        for unit in &mut units {
            unit.forgive(&self.names);
        }
        let completing = Completing::new(self, index, q, units, None);
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
    /// Of each unit that must be there: what it leads to by whole words, and by all that it may be; none
    /// where the answer was found at build.
    reaches: Vec<[Reach; 2]>,
    /// What an article that need not be there leads to by itself.
    article: Option<Reach>,
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
        let sets = search.sets(index);
        let article = units.iter().find(|unit| !unit.needed);
        let article = article.map(|unit| whole(&sets, search, unit));
        let needed = units.iter().filter(|unit| unit.needed);
        let reaches = match prepared {
            Some(_) => Vec::new(),
            None => needed.map(|unit| reaches(&sets, search, unit)).collect(),
        };
        Self {
            search,
            sets,
            units,
            typed: typed_hash(q),
            article,
            reaches,
            prepared,
        }
    }

    /// The best elements whose own name has all units; of songs with one name the first.
    fn complete(&self, collection: Collection, limit: usize) -> Vec<Completed> {
        if self.units.is_empty() || limit == 0 {
            return Vec::new();
        }
        let own = own_field(collection);
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
                .filter_map(|&number| Some((number, ranking.ranked(number)?)))
                .collect();
        }
        let stages = self.stages(collection);
        let lengths = &self.search.lengths;
        let best = best(&stages, limit, LOOKED_AT, lengths, &ranking);
        let numbers = best.into_iter().map(|rank| rank.number);
        numbers
            .filter_map(|number| Some((number, ranking.ranked(number)?)))
            .collect()
    }

    /// Sets of elements whose own name has all units, each within the next: those with an article that was
    /// typed, by whole words, all; of songs with one name the first.
    fn stages(&self, collection: Collection) -> Vec<Stage> {
        let mut all = self.having(collection, 1);
        if collection == Collection::Songs {
            all.and(&self.search.first_of_titles);
        }
        let mut whole = self.having(collection, 0);
        whole.and(&all);
        let mut mixed = is_mixed(collection, &self.units);
        let mut stages: Vec<Stage> = Vec::with_capacity(3);
        if let Some(article) = &self.article {
            // What has the article may be better than whole words without it, and need not be.
            mixed = true;
            let mut articled = self.own(collection, article);
            articled.and(&all);
            whole.or(&articled);
            stages.push(Stage {
                set: articled,
                is_last_of_kind: false,
            });
        }
        stages.push(Stage {
            set: whole,
            is_last_of_kind: !mixed,
        });
        stages.push(Stage {
            set: all,
            is_last_of_kind: true,
        });
        stages
    }

    fn own(&self, collection: Collection, reach: &Reach) -> Bits {
        match collection {
            Collection::Songs => reach.titles.clone(),
            _ => self.sets.own(collection, &reach.owners),
        }
    }

    /// The elements whose own name has all units that must be there, at one of the two levels.
    fn having(&self, collection: Collection, level: usize) -> Bits {
        let mut reaches = self.reaches.iter().map(|reach| &reach[level]);
        let Some(first) = reaches.next() else {
            return Bits::default();
        };
        match collection {
            Collection::Songs => reaches.fold(first.titles.clone(), |mut all, reach| {
                all.and(&reach.titles);
                all
            }),
            _ => reaches.fold(self.own(collection, first), |mut all, reach| {
                all.and(&self.own(collection, reach));
                all
            }),
        }
    }

    fn completions(&self, completed: Vec<Completed>, spelled: Spelled<'_>) -> Vec<Completion> {
        let completions = completed.into_iter().map(|(number, ranked)| Completion {
            number,
            matched: matched(&self.sets, &ranked.matches, spelled),
        });
        completions.collect()
    }
}

/// What a unit leads to by whole words, and by all that it may be.
fn reaches(sets: &Sets<'_>, search: &Search, unit: &Unit) -> [Reach; 2] {
    let whole = whole(sets, search, unit);
    let mut all = whole.clone();
    for level in [Level::Begun, Level::Misspelt] {
        search.common.add(sets, unit, level, &mut all);
    }
    [whole, all]
}

/// What a unit leads to by whole words.
fn whole(sets: &Sets<'_>, search: &Search, unit: &Unit) -> Reach {
    let mut whole = sets.nowhere(false);
    search.common.add(sets, unit, Level::Exact, &mut whole);
    whole
}

/// What very many names begin with, of one word.
fn common_prefixes(names: &Names) -> Vec<String> {
    let mut common = Vec::new();
    each_beginning(&names.dictionary, LETTERS, |beginning, terms| {
        if names.with(terms).len() > MANY {
            common.push(beginning.to_owned());
        }
    });
    common
}
