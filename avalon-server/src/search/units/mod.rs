//! From the clauses of a query to units: what each word of it may match.
//!
//! In: clauses, and the names of the library. Out: [`Unit`]s, each a word (or a phrase, or a run of a
//! script without spaces) with the words of the dictionary that stand for it, and how good each is. What
//! stays true: whatever was typed, there are at most as many units as the query has words, and each has a
//! bounded number of forms.

mod parted;

mod unit;

mod typed;

use super::names::Names;
use super::syntax::{Clause, What};
use super::text::may_lead;
use typed::{phrase, words};

pub(super) use unit::{Found, Level, Place, Quality, Unit};

/// The units of a query.
#[derive(Clone, Debug, Default)]
pub(super) struct Units {
    /// What results must have.
    pub(super) wanted: Vec<Unit>,
    /// What they must not have: each a clause, of which all must be there to exclude.
    pub(super) excluded: Vec<Vec<Unit>>,
}

impl Units {
    /// What clauses ask for. `articles` are folded words that need not be there where they lead.
    pub(super) fn of(clauses: &[Clause], names: &Names, articles: &[String]) -> Self {
        let mut units = Self::default();
        // Whether what is wanted first may be an article.
        let mut leads = None;
        for clause in clauses {
            if let What::Words(text) = &clause.what
                && !clause.excluded
            {
                leads.get_or_insert_with(|| may_lead(text));
            }
            let mut of_clause = match &clause.what {
                What::Words(text) => words(text, clause, names),
                What::Phrase(text) => phrase(text, names),
                What::Years(_) => continue,
            };
            for unit in &mut of_clause {
                unit.field = clause.field;
            }
            if clause.excluded {
                for unit in &mut of_clause {
                    unit.prefix = 0..0;
                }
                units.excluded.push(of_clause);
            } else {
                units.wanted.extend(of_clause);
            }
        }
        // What is between quotes is asked for as it stands.
        if let [first, _, ..] = &mut units.wanted[..]
            && first.field.is_none()
            && first.fuzzy
            && leads == Some(true)
            && articles.contains(&first.word)
        {
            first.needed = false;
        }
        units
    }

    /// Adds other spellings, and several words for one.
    pub(super) fn forgive(&mut self, names: &Names) {
        for unit in &mut self.wanted {
            unit.forgive(names);
        }
    }
}
