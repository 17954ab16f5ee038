//! From the units of a search to its sets of results.
//!
//! In: units, the filter of tracks. Out: a [`Plan`], the same for all types: what each unit leads to, found
//! once; then for one type the [`Stage`]s of its results.

use std::rc::Rc;

use super::best::Stage;
use super::bits::Bits;
use super::common::Common;
use super::sets::{Reach, Sets, own_field};
use super::units::{Level, Unit, Units};
use crate::catalog::Collection;

/// With so many songs by other names than titles, those by genres are told apart from the others by rank.
const FEW: usize = 128;

/// Songs of so many words of genres are looked for by their other names.
const GENRES: usize = 4;

/// Units with what they lead to.
pub(super) struct Plan {
    pub(super) units: Units,
    /// Of each wanted unit, by whole words.
    whole: Vec<Reach>,
    /// Likewise, by all that it may be; empty where that is the same.
    all: Vec<Reach>,
    /// Of each unit of each excluded clause.
    excluded: Rc<[Vec<Reach>]>,
    /// The names with any unit, without titles.
    pub(super) touched: Bits,
}

/// What results are found in.
pub(super) struct Planning<'a> {
    pub(super) sets: Sets<'a>,
    pub(super) common: &'a Common,
    /// The tracks that pass the filters; `None` is all.
    pub(super) filter: Option<&'a Bits>,
    /// Whether anything is asked for.
    pub(super) asks: bool,
}

impl Plan {
    fn all(&self) -> &[Reach] {
        match self.all.is_empty() {
            true => &self.whole,
            false => &self.all,
        }
    }
}

impl Planning<'_> {
    /// Finds what units lead to, as they were typed.
    pub(super) fn plan(&self, units: Units) -> Plan {
        let wanted = &units.wanted;
        let whole: Vec<Reach> = wanted
            .iter()
            .map(|unit| {
                let mut reach = self.sets.nowhere(true);
                self.common.add(&self.sets, unit, Level::Exact, &mut reach);
                reach
            })
            .collect();
        let all = match wanted.iter().any(Unit::has_more) {
            true => self.more(wanted, &whole, Level::Begun),
            false => Vec::new(),
        };
        let excluded = units.excluded.iter();
        Plan {
            touched: self.touched(if all.is_empty() { &whole } else { &all }),
            excluded: excluded.map(|units| self.excluded(units)).collect(),
            units,
            whole,
            all,
        }
    }

    /// The same with other spellings.
    pub(super) fn forgiving(&self, plan: &Plan) -> Plan {
        let mut units = plan.units.clone();
        units.forgive(self.sets.names);
        let all = self.more(&units.wanted, plan.all(), Level::Misspelt);
        Plan {
            touched: self.touched(&all),
            // They are what was typed.
            excluded: Rc::clone(&plan.excluded),
            units,
            whole: Vec::new(),
            all,
        }
    }

    /// What units lead to at a level, beside what they do at lower ones.
    fn more(&self, units: &[Unit], less: &[Reach], level: Level) -> Vec<Reach> {
        let more = units.iter().zip(less).map(|(unit, less)| {
            let mut reach = less.clone();
            self.common.add(&self.sets, unit, level, &mut reach);
            reach
        });
        more.collect()
    }

    /// What the units of a clause lead to that must not be there.
    fn excluded(&self, units: &[Unit]) -> Vec<Reach> {
        let reaches = units.iter().map(|unit| {
            let mut reach = self.sets.nowhere(true);
            for level in [Level::Exact, Level::Begun] {
                self.common.add(&self.sets, unit, level, &mut reach);
            }
            reach
        });
        reaches.collect()
    }

    fn touched(&self, reaches: &[Reach]) -> Bits {
        let titles = self.sets.count(Collection::Songs);
        let mut touched = Bits::new(self.sets.names.count() - titles);
        for reach in reaches {
            touched.or(&reach.owners);
        }
        touched
    }

    /// Sets of results, each within the next; where one is the last of its kind all are better that are in it.
    pub(super) fn stages(&self, collection: Collection, plan: &Plan) -> Vec<Stage> {
        if !self.asks {
            return Vec::new();
        }
        let units = &plan.units.wanted;
        let own = own_field(collection);
        let in_own = units
            .iter()
            .all(|unit| unit.field.is_none_or(|field| field == own));
        // What has an article that was typed may be better than whole words without it, and need not be.
        let article = units.first().filter(|unit| !unit.needed);
        let leads = article.and(plan.whole.first());
        let mixed = leads.is_some() || is_mixed(collection, units);
        let mut stages = Stages::default();
        let all = self.with_all(collection, units, plan.all());
        // Where nothing goes on, what is whole is all.
        let whole = (!plan.all.is_empty()).then(|| self.with_all(collection, units, &plan.whole));
        match collection {
            Collection::Songs if in_own => {
                let titles = self.with_own(collection, units, plan.all());
                if let Some(leads) = leads {
                    stages.push(both(&titles, &leads.titles), false);
                }
                let of_whole = self.with_own(collection, units, &plan.whole);
                let others = whole.as_ref().unwrap_or(&all);
                let named = match others.len() > of_whole.len() + FEW {
                    true => self.without_genres(units, &plan.whole),
                    false => None,
                };
                stages.push(of_whole, !mixed);
                if let Some(named) = named {
                    // Of several words some may be better where the others are of a genre.
                    stages.push(named, !mixed && units.len() == 1);
                }
                if let Some(whole) = whole {
                    stages.push(whole, false);
                    stages.push(titles, !mixed);
                }
            }
            _ => {
                if collection == Collection::Albums && in_own && mixed {
                    let mut names = self.with_own(collection, units, plan.all());
                    if let Some(leads) = leads {
                        names.and(&self.sets.own(collection, &leads.owners));
                    }
                    stages.push(names, false);
                }
                if let Some(leads) = leads {
                    stages.push(both(&all, &self.elements(collection, leads)), false);
                }
                if let Some(whole) = whole {
                    stages.push(whole, !mixed);
                }
            }
        }
        stages.push(all, true);
        let mut stages = stages.0;
        if let Some((last, better)) = stages.split_last_mut() {
            self.keep_passing(collection, plan, &mut last.set);
            for stage in better {
                stage.set.and(&last.set);
            }
        }
        stages
    }

    /// All results of a plan that forgives.
    pub(super) fn widest(&self, collection: Collection, plan: &Plan) -> Stage {
        let mut set = self.with_all(collection, &plan.units.wanted, &plan.all);
        self.keep_passing(collection, plan, &mut set);
        Stage {
            set,
            is_last_of_kind: true,
        }
    }

    /// The elements whose own names have all units.
    fn with_own(&self, collection: Collection, units: &[Unit], reaches: &[Reach]) -> Bits {
        let mut needed = needed(units, reaches);
        let Some(first) = needed.next() else {
            return self.everything(collection);
        };
        let own = |reach: &Reach| self.sets.own(collection, &reach.owners);
        match collection {
            Collection::Songs => needed.fold(first.titles.clone(), |mut all, reach| {
                all.and(&reach.titles);
                all
            }),
            _ => needed.fold(own(first), |mut all, reach| {
                all.and(&own(reach));
                all
            }),
        }
    }

    /// The songs whose names have all units without their genres; `None` where no genre has any, or so many
    /// have that it would take long.
    fn without_genres(&self, units: &[Unit], reaches: &[Reach]) -> Option<Bits> {
        let is_of_genre = |reach: &Reach| self.sets.leads_to_genre(&reach.owners);
        let of_genres = needed(units, reaches).filter(|reach| is_of_genre(reach));
        if !(1..=GENRES).contains(&of_genres.count()) {
            return None;
        }
        let named = needed(units, reaches).map(|reach| {
            let mut songs = match &reach.songs {
                Some(songs) if !is_of_genre(reach) => songs.clone(),
                _ => self.sets.songs_without_genres(&reach.owners),
            };
            songs.or(&reach.titles);
            songs
        });
        named.reduce(|mut all, songs| {
            all.and(&songs);
            all
        })
    }

    /// The elements whose names have all units.
    fn with_all(&self, collection: Collection, units: &[Unit], reaches: &[Reach]) -> Bits {
        let mut needed = needed(units, reaches);
        let Some(first) = needed.next() else {
            return self.everything(collection);
        };
        let mut all = self.elements(collection, first);
        for reach in needed {
            match (collection, &reach.songs) {
                (Collection::Songs, Some(songs)) => all.and_either(&reach.titles, songs),
                _ => all.and(&self.elements(collection, reach)),
            }
        }
        all
    }

    /// The elements that what a unit leads to are.
    fn elements(&self, collection: Collection, reach: &Reach) -> Bits {
        match collection {
            Collection::Songs => {
                let mut songs = reach.titles.clone();
                if let Some(others) = &reach.songs {
                    songs.or(others);
                }
                songs
            }
            _ => self.sets.elements(collection, &reach.owners),
        }
    }

    fn everything(&self, collection: Collection) -> Bits {
        let count = self.sets.count(collection);
        let mut all = Bits::new(count);
        all.insert_range(0..count as u32);
        all
    }

    /// Takes out what does not pass the filters or is excluded.
    fn keep_passing(&self, collection: Collection, plan: &Plan, set: &mut Bits) {
        if let Some(filter) = self.filter {
            self.sets.keep_having(collection, filter, set);
        }
        // All of what a clause excludes must be there.
        let excluded = plan.units.excluded.iter().zip(&plan.excluded[..]);
        for (units, reaches) in excluded.filter(|(units, _)| !units.is_empty()) {
            set.and_not(&self.with_all(collection, units, reaches));
        }
    }
}

/// Whether more than whole words give may be better than what they do: what goes on as it was typed than
/// a last letter as a word, and the album that it goes on to than those that have its words among others; a
/// run may be a whole name.
pub(super) fn is_mixed(collection: Collection, units: &[Unit]) -> bool {
    let goes_on = |unit: &Unit| match collection {
        Collection::Albums => unit.goes_on(),
        _ => unit.is_open_letter(),
    };
    units.iter().any(Unit::is_run) || units.len() > 1 && units.iter().any(goes_on)
}

/// Stages of results while they are put together.
#[derive(Default)]
struct Stages(Vec<Stage>);

impl Stages {
    /// Adds a set, and to it those before: each is within the next.
    fn push(&mut self, mut set: Bits, is_last_of_kind: bool) {
        if let Some(before) = self.0.last() {
            set.or(&before.set);
        }
        self.0.push(Stage {
            set,
            is_last_of_kind,
        });
    }
}

fn both(one: &Bits, other: &Bits) -> Bits {
    let mut both = one.clone();
    both.and(other);
    both
}

/// What the units lead to that must be there.
fn needed<'a>(units: &'a [Unit], reaches: &'a [Reach]) -> impl Iterator<Item = &'a Reach> {
    let needed = units.iter().zip(reaches).filter(|(unit, _)| unit.needed);
    needed.map(|(_, reach)| reach)
}
