//! From sets of results to the answer of one type.
//!
//! In: a [`Plan`] and the stages of its results. Out: [`FoundType`]: the page that was asked for, with what
//! is to be shown of each result, and the facets of all.

use super::best::{Stage, best};
use super::bits::Bits;
use super::found::{Explanation, FoundType, Hit, Matched, Tier, WordMatch};
use super::highlight::highlight;
use super::lengths::Lengths;
use super::names::Names;
use super::plan::Plan;
use super::rank::{Match, Rank, Ranked, Ranking, Scratch};
use super::request::{NameField, Request, SearchOrder};
use super::sets::{Sets, own_field};
use super::text::{is_unspaced, shown};
use super::units::{Place, Quality, Unit};
use crate::catalog::{Collection, Field};

/// So many results of one degree are ranked together.
const RANKED: usize = 512;

/// What stands in the tags: the name with this number of this kind.
pub type Spelled<'a> = &'a dyn Fn(NameField, u32) -> String;

/// What is the same for all types of one search.
pub(super) struct Answering<'a> {
    pub(super) lengths: &'a Lengths,
    /// The numbers of folded words that count for nothing where they lead.
    pub(super) articles: &'a [u32],
    pub(super) sets: Sets<'a>,
    pub(super) request: &'a Request<'a>,
    pub(super) spelled: Spelled<'a>,
    /// The hash of what was typed.
    pub(super) typed: u32,
    /// The tracks that pass the filters; `None` is all.
    pub(super) filter: Option<&'a Bits>,
}

impl Answering<'_> {
    /// The page of one type, and its facets.
    pub(super) fn answer(
        &self,
        collection: Collection,
        plan: &Plan,
        stages: &[Stage],
    ) -> FoundType {
        let request = self.request;
        let ranking = self.ranking(collection, plan);
        let empty = Bits::default();
        let results = stages.last().map_or(&empty, |stage| &stage.set);
        let total = results.len();
        let needed = request.offset + request.limit;
        let ranks: Vec<Rank> = match request.order {
            _ if request.offset >= total => Vec::new(),
            SearchOrder::Relevance => best(stages, needed, RANKED, self.lengths, &ranking),
            order => {
                let mut scratch = Scratch::default();
                let numbers = self.ordered(collection, results, order, needed);
                numbers
                    .into_iter()
                    .filter_map(|number| ranking.rank(number, &mut scratch))
                    .collect()
            }
        };
        let page = ranks.iter().skip(request.offset);
        let hits = page.map(|&rank| self.hit(rank, &ranking)).collect();
        let name = |collection, number| (self.spelled)(own_field(collection), number);
        let facets = request.facets.iter().map(|&facet| {
            let columns = self.sets.columns;
            columns.count(
                facet,
                collection,
                results,
                self.filter,
                self.sets.index,
                &name,
            )
        });
        FoundType {
            collection,
            total,
            hits,
            facets: facets.collect(),
            corrected: None,
        }
    }

    /// The best result of one type.
    pub(super) fn best(
        &self,
        collection: Collection,
        plan: &Plan,
        stages: &[Stage],
    ) -> Option<Ranked> {
        let ranking = self.ranking(collection, plan);
        let best = best(stages, 1, RANKED, self.lengths, &ranking);
        ranking.ranked(best.first()?.number)
    }

    fn ranking<'b>(&'b self, collection: Collection, plan: &'b Plan) -> Ranking<'b> {
        Ranking {
            sets: self.sets,
            collection,
            units: &plan.units.wanted,
            touched: &plan.touched,
            typed: self.typed,
            articles: self.articles,
        }
    }

    fn hit(&self, rank: Rank, ranking: &Ranking<'_>) -> Hit {
        let request = self.request;
        let mut hit = Hit {
            number: rank.number,
            score: rank.score(),
            matched: Vec::new(),
            explanation: None,
        };
        if (request.highlight || request.explain)
            && let Some(ranked) = ranking.ranked(rank.number)
        {
            if request.highlight {
                hit.matched = matched(&self.sets, &ranked.matches, self.spelled);
            }
            hit.explanation = request
                .explain
                .then(|| self.explain(&ranked, ranking.units));
        }
        hit
    }

    fn explain(&self, ranked: &Ranked, units: &[Unit]) -> Explanation {
        let word = |found: &Match| WordMatch {
            word: units[found.unit].word.clone(),
            field: found.field,
            tier: match found.place.quality {
                Quality::Exact | Quality::Form => Tier::ExactWords,
                Quality::Prefix | Quality::PrefixAnywhere => Tier::Prefix,
                Quality::Infix => Tier::Infix,
                Quality::Typo => Tier::Typo,
            },
            edits: found.place.cost,
            term: term(self.sets.names, found),
        };
        Explanation {
            tier: ranked.tier,
            words: ranked.matches.iter().map(word).collect(),
        }
    }

    /// The first `needed` results by something else than relevance.
    fn ordered(
        &self,
        collection: Collection,
        results: &Bits,
        order: SearchOrder,
        needed: usize,
    ) -> Vec<u32> {
        let descending = self.request.descending;
        let mut keyed: Vec<(i64, u32)> = results
            .iter()
            .map(|number| {
                let key = match order {
                    SearchOrder::Relevance | SearchOrder::Name => self.by_name(collection, number),
                    SearchOrder::Year => self
                        .sets
                        .columns
                        .year_rank(collection, number)
                        .map(i64::from),
                    SearchOrder::Added => self
                        .sets
                        .columns
                        .added_rank(collection, number)
                        .map(i64::from),
                };
                match (key, descending) {
                    // Unknown last.
                    (None, _) => (i64::MAX, number),
                    (Some(key), false) => (key, number),
                    (Some(key), true) => (key.saturating_neg(), number),
                }
            })
            .collect();
        if keyed.len() > needed {
            keyed.select_nth_unstable(needed);
            keyed.truncate(needed);
        }
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, number)| number).collect()
    }

    fn by_name(&self, collection: Collection, number: u32) -> Option<i64> {
        Some(match collection {
            Collection::Songs => {
                i64::from(self.sets.index.tracks.orders.by(Field::Name).1.rank(number))
            }
            // They are numbered by name.
            _ => number.into(),
        })
    }
}

/// What matched of each name.
pub(super) fn matched(sets: &Sets<'_>, matches: &[Match], spelled: Spelled<'_>) -> Vec<Matched> {
    let mut documents: Vec<(NameField, u32)> = matches
        .iter()
        .map(|found| (found.field, found.document))
        .collect();
    documents.sort_unstable();
    documents.dedup();
    let matched = documents.into_iter().map(|(field, document)| {
        let number = document - sets.names.of_field(field).start;
        let name = match field {
            NameField::AlbumArtist => sets.columns.album_artists.names.get(number).to_owned(),
            _ => spelled(field, number),
        };
        let of_name = matches.iter().filter(|found| found.document == document);
        let word = |term| sets.names.dictionary.word(term);
        let places: Vec<(Place, &str)> = of_name
            .map(|found| (found.place, word(found.place.term)))
            .collect();
        let ranges = highlight(&name, &places);
        Matched {
            field,
            name,
            ranges,
        }
    });
    matched.collect()
}

/// What stands in the name where a unit was found, folded.
fn term(names: &Names, found: &Match) -> String {
    if found.place.span == 1 {
        return shown(names.dictionary.word(found.place.term)).to_owned();
    }
    let words = names.words(found.document).words;
    let words = words
        .iter()
        .skip(found.place.place.into())
        .take(found.place.span.into());
    let words: Vec<&str> = words.map(|&term| names.dictionary.word(term)).collect();
    match words.is_empty() {
        true => shown(names.dictionary.word(found.place.term)).to_owned(),
        // Letters of a script without spaces.
        false if words.iter().all(|word| is_unspaced(word)) => words.concat(),
        false => words.join(" "),
    }
}

/// The words that results are for.
pub(super) fn corrected(names: &Names, units: &[Unit], matches: &[Match]) -> String {
    let words = units.iter().enumerate().map(|(at, unit)| {
        let found = matches.iter().find(|found| found.unit == at);
        match found {
            Some(found) if found.place.quality == Quality::Typo => term(names, found),
            _ => unit.word.clone(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
