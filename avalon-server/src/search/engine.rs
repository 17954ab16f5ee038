//! One search: from a request to what was found.
//!
//! In: a [`Request`]. Out: [`Found`]. What stays true: how much is done for a request is bounded by the
//! size of the library and by the number of its words, which is bounded too; an answer depends on nothing
//! but request and library.

use super::best::{Stage, best};
use super::bits::Bits;
use super::columns::Columns;
use super::found::{Explanation, Found, FoundType, Hit, Matched, Tier, WordMatch};
use super::highlight::highlight;
use super::names::{Names, NamesError, typed_hash};
use super::rank::{Match, Ranked, Ranking, terms};
use super::request::{Filters, NameField, Request, SearchOrder};
use super::sets::Sets;
use super::syntax::{Clause, Parsed, What};
use super::text::{Analysis, Class, analyze};
use super::units::{Level, Place, Quality, Unit, Units};
use crate::catalog::{Catalog, Collection, Details, Field};
use crate::index::Index;

/// With fewer results than this of a type, and fewer songs, other spellings are looked for.
const FEW: usize = 20;

/// The names of a library, ready to be searched.
#[derive(Debug)]
pub struct Search {
    pub(super) names: Names,
    pub(super) columns: Columns,
    /// Folded words that need not be there where they lead.
    pub(super) articles: Vec<String>,
    /// The same by number, those that any name has.
    pub(super) article_terms: Vec<u32>,
}

/// So many results of one degree are ranked together.
const RANKED: usize = 512;

/// What stands in the tags: the name with this number of this kind.
pub type Spelled<'a> = &'a dyn Fn(NameField, u32) -> String;

/// Units with the names that they are found in.
pub(super) struct Plan {
    units: Units,
    /// Of each wanted unit: the names with whole words, and all of them.
    sets: Vec<(Bits, Bits)>,
    /// The names with any unit.
    touched: Bits,
    has_more: bool,
}

impl Search {
    /// Indexes a library. `articles` are leading words that may be left out.
    ///
    /// # Errors
    /// There are more names than can be numbered, or tantivy fails.
    pub fn build(
        catalog: &Catalog,
        details: &Details,
        index: &Index,
        articles: &[String],
    ) -> Result<Self, NamesError> {
        let columns = Columns::build(catalog, details, index, folded)?;
        let names = Names::build([
            &catalog.tracks.titles,
            &catalog.artists.names,
            &catalog.albums.names,
            &columns.album_artists.names,
            &catalog.genres.names,
        ])?;
        let articles: Vec<String> = articles.iter().map(|article| folded(article)).collect();
        Ok(Self {
            article_terms: terms(&articles, &names),
            articles,
            columns,
            names,
        })
    }

    /// Bytes of memory, without tantivy's dictionary.
    pub fn memory(&self) -> usize {
        self.names.memory() + self.columns.memory()
    }

    /// What search knows of tracks beside their names.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Answers a search.
    pub fn run(&self, request: &Request<'_>, index: &Index, spelled: Spelled<'_>) -> Found {
        let sets = Sets {
            names: &self.names,
            columns: &self.columns,
            index,
        };
        let Ok(parsed) = Parsed::of(&request.q, false) else {
            return Found::default();
        };
        let units = Units::of(&parsed.clauses, &self.names, &self.articles);
        let asks = !units.wanted.is_empty()
            || parsed
                .clauses
                .iter()
                .any(|it| matches!(it.what, What::Years(_)) || it.excluded);
        let running = Running {
            search: self,
            sets,
            request,
            spelled,
            typed: typed_hash(&wanted_text(&parsed.clauses)),
            filter: self.filter(&request.filters, &parsed, &sets),
            asks,
        };
        let plan = running.plan(units, Level::Begun);
        let mut misspelt: Option<Plan> = None;
        let mut found = Found::default();
        let mut exact_anywhere = false;
        // Songs are found by the names of their albums, artists and genres too: where many are, what was
        // typed is spelt as it was meant, whichever types are asked for.
        let mut songs: Option<usize> = None;
        let mut corrections: Vec<(super::rank::Rank, String)> = Vec::new();
        for &collection in &request.types {
            let stages = running.stages(collection, &plan);
            let total = stages.last().map_or(0, |stage| stage.set.len());
            exact_anywhere |= total > 0;
            // Among results in another order there would be no telling which are of another spelling.
            let is_enough = match request.order {
                SearchOrder::Relevance if total >= FEW => true,
                SearchOrder::Relevance => {
                    *songs.get_or_insert_with(|| running.total(Collection::Songs, &plan)) >= FEW
                }
                _ => total > 0,
            };
            if collection == Collection::Songs {
                songs.get_or_insert(total);
            }
            if is_enough || plan.units.wanted.is_empty() {
                found
                    .types
                    .push(running.answer(collection, &plan, &stages).0);
                continue;
            }
            let misspelt = misspelt.get_or_insert_with(|| {
                let mut units = plan.units.clone();
                units.forgive(&self.names);
                running.plan(units, Level::Misspelt)
            });
            let mut all = stages;
            all.extend(running.stages(collection, misspelt).pop());
            let (mut answer, best) = running.answer(collection, misspelt, &all);
            if let Some(best) = best
                && total == 0
                && best.tier == Tier::Typo
            {
                let corrected = corrected(&self.names, &misspelt.units.wanted, &best.matches);
                corrections.push((best.rank, corrected.clone()));
                answer.corrected = Some(corrected);
            }
            found.types.push(answer);
        }
        if !exact_anywhere {
            corrections.sort_by_key(|(rank, _)| *rank);
            found.corrected = corrections
                .into_iter()
                .next()
                .map(|(_, corrected)| corrected);
        }
        found
    }

    /// What matched of each name.
    pub(super) fn matched(&self, matches: &[Match], spelled: Spelled<'_>) -> Vec<Matched> {
        let mut documents: Vec<(NameField, u32)> = matches
            .iter()
            .map(|found| (found.field, found.document))
            .collect();
        documents.sort_unstable();
        documents.dedup();
        let matched = documents.into_iter().map(|(field, document)| {
            let number = document - self.names.of_field(field).start;
            let name = match field {
                NameField::AlbumArtist => self.columns.album_artists.names.get(number).to_owned(),
                _ => spelled(field, number),
            };
            let of_name = matches.iter().filter(|found| found.document == document);
            let word = |term| self.names.dictionary.word(term);
            let places: Vec<(Place, String)> = of_name
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

    /// The tracks that pass filters and years; `None` is all.
    fn filter(&self, filters: &Filters<'_>, parsed: &Parsed, sets: &Sets<'_>) -> Option<Bits> {
        let mut passing = self.columns.filter(filters, sets.index);
        for clause in &parsed.clauses {
            let What::Years(years) = clause.what else {
                continue;
            };
            let only = Filters {
                year: Some(years),
                ..Filters::default()
            };
            let Some(of_years) = self.columns.filter(&only, sets.index) else {
                continue;
            };
            let tracks = sets.count(Collection::Songs);
            let passing = passing.get_or_insert_with(|| {
                let mut all = Bits::new(tracks);
                all.insert_range(0..tracks as u32);
                all
            });
            if clause.excluded {
                passing.and_not(&of_years);
            } else {
                passing.and(&of_years);
            }
        }
        passing
    }
}

/// What is the same for all types of one search.
struct Running<'a> {
    search: &'a Search,
    sets: Sets<'a>,
    request: &'a Request<'a>,
    spelled: Spelled<'a>,
    typed: u32,
    filter: Option<Bits>,
    /// Whether anything is asked for.
    asks: bool,
}

impl Running<'_> {
    fn plan(&self, units: Units, level: Level) -> Plan {
        let mut touched = Bits::new(self.sets.names.count());
        let sets = units.wanted.iter().map(|unit| {
            let exact = self.sets.names(unit, Level::Exact);
            let all = match unit.has_more() || level > Level::Begun {
                true => self.sets.names(unit, level),
                false => exact.clone(),
            };
            touched.or(&all);
            (exact, all)
        });
        let sets = sets.collect();
        Plan {
            has_more: level > Level::Begun || units.wanted.iter().any(Unit::has_more),
            units,
            sets,
            touched,
        }
    }

    /// Sets of results, each within the next and better than what comes with it.
    fn stages(&self, collection: Collection, plan: &Plan) -> Vec<Stage> {
        if !self.asks {
            return Vec::new();
        }
        let count = self.sets.count(collection);
        let wanted = || plan.units.wanted.iter().zip(&plan.sets);
        let all_of = |of: &dyn Fn(&Unit, &(Bits, Bits)) -> Bits| {
            let mut all: Option<Bits> = None;
            for (unit, sets) in wanted().filter(|(unit, _)| unit.needed) {
                let set = of(unit, sets);
                match &mut all {
                    None => all = Some(set),
                    Some(all) => all.and(&set),
                }
            }
            all.unwrap_or_else(|| {
                let mut all = Bits::new(count);
                all.insert_range(0..count as u32);
                all
            })
        };
        let sets = &self.sets;
        let mut stages = Vec::with_capacity(4);
        let own_first = collection == Collection::Songs
            && plan
                .units
                .wanted
                .iter()
                .all(|unit| unit.field.is_none_or(|field| field == NameField::Title));
        let wanted_units = &plan.units.wanted;
        let runs = wanted_units.iter().any(Unit::is_run);
        // What goes on as it was typed may be better than a last letter as a word, and the album that it
        // goes on to better than those that have its words among others; a run may be a whole name.
        let goes_on = |unit: &Unit| match collection {
            Collection::Albums => unit.goes_on(),
            _ => unit.is_open_letter(),
        };
        let mixed = runs || wanted_units.len() > 1 && wanted_units.iter().any(goes_on);
        let mut push = |set: Bits, is_last_of_kind: bool| {
            stages.push(Stage {
                set,
                is_last_of_kind,
            });
        };
        if own_first {
            push(all_of(&|_, (exact, _)| sets.own(collection, exact)), !mixed);
        }
        let exact = all_of(&|unit, (exact, _)| sets.elements(collection, unit, exact));
        if plan.has_more {
            push(exact.clone(), !own_first && !mixed);
            if own_first {
                let mut own = all_of(&|_, (_, all)| sets.own(collection, all));
                own.or(&exact);
                push(own, !mixed);
            }
            push(
                all_of(&|unit, (_, all)| sets.elements(collection, unit, all)),
                true,
            );
        } else {
            push(exact, true);
        }
        let passing = self.passing(collection);
        let excluded = self.excluded(collection, plan);
        for stage in &mut stages {
            if let Some(passing) = &passing {
                stage.set.and(passing);
            }
            if let Some(excluded) = &excluded {
                stage.set.and_not(excluded);
            }
        }
        stages
    }

    /// How many results there are.
    fn total(&self, collection: Collection, plan: &Plan) -> usize {
        let stages = self.stages(collection, plan);
        stages.last().map_or(0, |stage| stage.set.len())
    }

    /// The elements that pass the filters.
    fn passing(&self, collection: Collection) -> Option<Bits> {
        let filter = self.filter.as_ref()?;
        Some(match collection {
            Collection::Songs => filter.clone(),
            _ => self.search.columns.owners(filter, collection),
        })
    }

    /// The elements that have all of what any clause excludes.
    fn excluded(&self, collection: Collection, plan: &Plan) -> Option<Bits> {
        let mut excluded: Option<Bits> = None;
        for units in &plan.units.excluded {
            let mut all: Option<Bits> = None;
            for unit in units {
                let names = self.sets.names(unit, Level::Begun);
                let elements = self.sets.elements(collection, unit, &names);
                match &mut all {
                    None => all = Some(elements),
                    Some(all) => all.and(&elements),
                }
            }
            if let Some(all) = all {
                excluded
                    .get_or_insert_with(|| Bits::new(self.sets.count(collection)))
                    .or(&all);
            }
        }
        excluded
    }

    /// The page of one type, and the best of all its results.
    fn answer(
        &self,
        collection: Collection,
        plan: &Plan,
        stages: &[Stage],
    ) -> (FoundType, Option<Ranked>) {
        let request = self.request;
        let ranking = Ranking {
            sets: self.sets,
            collection,
            units: &plan.units.wanted,
            touched: &plan.touched,
            typed: self.typed,
            articles: &self.search.article_terms,
        };
        let empty = Bits::default();
        let results = stages.last().map_or(&empty, |stage| &stage.set);
        let total = results.len();
        let needed = request.offset + request.limit;
        let ranked: Vec<Ranked> = match request.order {
            SearchOrder::Relevance if request.offset < total => {
                best(stages, needed, RANKED, &ranking)
            }
            SearchOrder::Relevance => Vec::new(),
            order => {
                let numbers = self.ordered(collection, results, order, needed);
                numbers
                    .into_iter()
                    .filter_map(|number| ranking.rank(number))
                    .collect()
            }
        };
        let best = ranked.first().cloned().or_else(|| match total {
            0 => None,
            _ => best(stages, 1, RANKED, &ranking).into_iter().next(),
        });
        let page = ranked.iter().skip(request.offset);
        let hits = page
            .map(|ranked| self.hit(ranked, &plan.units.wanted))
            .collect();
        let name = |collection, number| (self.spelled)(field_of(collection), number);
        let facets = request.facets.iter().map(|&facet| {
            self.search.columns.count(
                facet,
                collection,
                results,
                self.filter.as_ref(),
                self.sets.index,
                &name,
            )
        });
        let found = FoundType {
            collection,
            total,
            hits,
            facets: facets.collect(),
            corrected: None,
        };
        (found, best)
    }

    fn hit(&self, ranked: &Ranked, units: &[Unit]) -> Hit {
        let request = self.request;
        let matched = match request.highlight {
            true => self.search.matched(&ranked.matches, self.spelled),
            false => Vec::new(),
        };
        let explanation = request.explain.then(|| Explanation {
            tier: ranked.tier,
            words: ranked
                .matches
                .iter()
                .map(|found| WordMatch {
                    word: units[found.unit].word.clone(),
                    field: found.field,
                    tier: match found.place.quality {
                        Quality::Exact | Quality::Form => Tier::ExactWords,
                        Quality::Prefix | Quality::PrefixAnywhere => Tier::Prefix,
                        Quality::Infix => Tier::Infix,
                        Quality::Typo => Tier::Typo,
                    },
                    edits: found.place.cost,
                    term: term(&self.search.names, found),
                })
                .collect(),
        });
        Hit {
            number: ranked.rank.number,
            score: ranked.rank.score(),
            matched,
            explanation,
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
                        .search
                        .columns
                        .year_rank(collection, number)
                        .map(i64::from),
                    SearchOrder::Added => self
                        .search
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

/// The own names of a collection.
fn field_of(collection: Collection) -> NameField {
    super::sets::fields_of(collection)[0]
}

/// What was typed, without operators and what they apply to.
fn wanted_text(clauses: &[Clause]) -> String {
    let wanted = clauses
        .iter()
        .filter(|clause| !clause.excluded && clause.field.is_none());
    let texts = wanted.filter_map(|clause| match &clause.what {
        What::Words(text) | What::Phrase(text) => Some(&text[..]),
        What::Years(_) => None,
    });
    texts.collect::<Vec<_>>().join(" ")
}

/// The words of a text, folded, without what parts them.
fn folded(text: &str) -> String {
    let mut analysis = Analysis::default();
    analyze(text, &mut analysis);
    let words = analysis
        .tokens
        .iter()
        .filter(|token| token.class == Class::Word);
    words.map(|token| analysis.text(token)).collect()
}

/// What stands in the name where a unit was found, folded.
fn term(names: &Names, found: &Match) -> String {
    if found.place.span == 1 {
        return names.dictionary.word(found.place.term);
    }
    let words = names.words(found.document).words;
    let words = words
        .iter()
        .skip(found.place.place.into())
        .take(found.place.span.into());
    let words: Vec<String> = words.map(|&term| names.dictionary.word(term)).collect();
    match words.is_empty() {
        true => names.dictionary.word(found.place.term),
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
