//! One search: from a request to what was found.
//!
//! In: a [`Request`]. Out: [`Found`]. What stays true: how much is done for a request is bounded by the
//! size of the library and by the number of its words, which is bounded too; an answer depends on nothing
//! but request and library.

use std::cell::OnceCell;

use super::answer::{Answering, Spelled, corrected};
use super::best::Stage;
use super::bits::Bits;
use super::columns::Columns;
use super::common::Common;
use super::found::{Found, Tier};
use super::lengths::Lengths;
use super::names::{Names, NamesError, typed_hash};
use super::plan::{Plan, Planning};
use super::rank::{Rank, terms};
use super::request::{Filters, NameField, Request, SearchOrder};
use super::sets::Sets;
use super::syntax::{Clause, Parsed, What};
use super::text::{Analysis, analyze};
use super::units::Units;
use crate::catalog::{Catalog, Collection, Details};
use crate::index::Index;

/// With fewer results than this of a type, and fewer songs, other spellings are looked for.
const FEW: usize = 20;

/// The names of a library, ready to be searched.
#[derive(Debug)]
pub struct Search {
    pub(super) names: Names,
    pub(super) columns: Columns,
    pub(super) common: Common,
    pub(super) lengths: Lengths,
    /// The songs that none before them shares its title with.
    pub(super) first_of_titles: Bits,
    /// Folded words that need not be there where they lead.
    pub(super) articles: Vec<String>,
    /// The same by number, those that any name has.
    pub(super) article_terms: Vec<u32>,
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
        Self::with_common(catalog, details, index, articles, Common::build)
    }

    /// [`Search::build`] with what is to be ready-made of the commonest words.
    pub(super) fn with_common(
        catalog: &Catalog,
        details: &Details,
        index: &Index,
        articles: &[String],
        common: impl Fn(&Sets<'_>) -> Common,
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
        let common = common(&Sets {
            names: &names,
            columns: &columns,
            index,
        });
        Ok(Self {
            article_terms: terms(&articles, &names),
            articles,
            lengths: Lengths::build(&names),
            first_of_titles: names.first_of_each(NameField::Title),
            common,
            columns,
            names,
        })
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        let sets = self.lengths.memory() + self.first_of_titles.memory();
        let ready = self.common.memory() + sets;
        self.names.memory() + self.columns.memory() + ready
    }

    /// What search knows of tracks beside their names.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// What sets of results are made of.
    pub(super) fn sets<'a>(&'a self, index: &'a Index) -> Sets<'a> {
        Sets {
            names: &self.names,
            columns: &self.columns,
            index,
        }
    }

    /// Answers a search.
    pub fn run(&self, request: &Request<'_>, index: &Index, spelled: Spelled<'_>) -> Found {
        let Ok(parsed) = Parsed::of(&request.q, false).map(Parsed::bounded) else {
            return Found::default();
        };
        let sets = self.sets(index);
        let units = Units::of(&parsed.clauses, &self.names, &self.articles);
        let asks = !units.wanted.is_empty()
            || parsed
                .clauses
                .iter()
                .any(|it| matches!(it.what, What::Years(_)) || it.excluded);
        let filter = self.filter(&request.filters, &parsed, &sets);
        let planning = Planning {
            sets,
            common: &self.common,
            filter: filter.as_ref(),
            asks,
        };
        let answering = Answering {
            lengths: &self.lengths,
            articles: &self.article_terms,
            sets,
            request,
            spelled,
            typed: typed_hash(&wanted_text(&parsed.clauses)),
            filter: filter.as_ref(),
        };
        let plan = planning.plan(units);
        let mut misspelt: Option<Plan> = None;
        let mut found = Found::default();
        let mut exact_anywhere = false;
        // Songs are found by the names of their albums, artists and genres too: where many are, what was
        // typed is spelt as it was meant, whichever types are asked for.
        let songs = OnceCell::new();
        let of_songs = || songs.get_or_init(|| planning.stages(Collection::Songs, &plan));
        let mut corrections: Vec<(Rank, String)> = Vec::new();
        for &collection in &request.types {
            let of_others;
            let stages: &[Stage] = match collection {
                Collection::Songs => of_songs(),
                _ => {
                    of_others = planning.stages(collection, &plan);
                    &of_others
                }
            };
            let total = total_of(stages);
            exact_anywhere |= total > 0;
            // Among results in another order there would be no telling which are of another spelling.
            let is_enough = match request.order {
                SearchOrder::Relevance if total >= FEW => true,
                SearchOrder::Relevance => total_of(of_songs()) >= FEW,
                _ => total > 0,
            };
            if is_enough || plan.units.wanted.is_empty() {
                let answer = answering.answer(collection, &plan, stages);
                found.types.push(answer);
                continue;
            }
            let misspelt = misspelt.get_or_insert_with(|| planning.forgiving(&plan));
            let mut stages = stages.to_vec();
            stages.push(planning.widest(collection, misspelt));
            let mut answer = answering.answer(collection, misspelt, &stages);
            if total == 0
                && let Some(best) = answering.best(collection, misspelt, &stages)
                && best.tier == Tier::Typo
            {
                let corrected = corrected(&self.names, &misspelt.units.wanted, &best.matches);
                corrections.push((best.rank, corrected.clone()));
                answer.corrected = Some(corrected);
            }
            found.types.push(answer);
        }
        if !exact_anywhere {
            let best = corrections.into_iter().min_by_key(|(rank, _)| *rank);
            found.corrected = best.map(|(_, corrected)| corrected);
        }
        found
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

/// How many results there are.
fn total_of(stages: &[Stage]) -> usize {
    stages.last().map_or(0, |stage| stage.set.len())
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

/// The words of a text, folded, with a space between two, whatever parts them.
fn folded(text: &str) -> String {
    let mut analysis = Analysis::default();
    analyze(text, &mut analysis);
    let words: Vec<&str> = analysis.words().map(|token| analysis.text(token)).collect();
    words.join(" ")
}
