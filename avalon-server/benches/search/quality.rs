//! How often the right answer is among the first, by kind of search, ours beside others.
//!
//! In: songs and searches over them, and the engines. Out: tables.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::Value;

use crate::engines::Engine;
use crate::judge::{NoHit, Score, rank};
use crate::queries::{LISTS, List, Query};
use crate::served::Ours;
use crate::support::table::Table;

/// Kinds that are counted together.
struct Group {
    name: &'static str,
    has: fn(&str) -> bool,
}

const GROUPS: [Group; 3] = [
    Group {
        name: "those with one answer",
        has: has_one_answer,
    },
    Group {
        name: "typo_artist and typo_title_with_artist",
        has: |kind| ["typo_artist", "typo_title_with_artist"].contains(&kind),
    },
    Group {
        name: "all",
        has: |_| true,
    },
];

/// A kind with fewer searches is not compared.
const COMPARED_FROM: usize = 50;

/// How many answers of a search are printed that missed.
const SHOWN: usize = 5;

/// The others, a lone prefix or word, cannot say which of many names they mean.
fn has_one_answer(kind: &str) -> bool {
    kind.starts_with("accents_")
        || [
            "album",
            "artist",
            "artist_then_title_prefix",
            "artist_word_title_word",
            "nonlatin",
            "punctuation_dropped",
            "title",
        ]
        .contains(&kind)
}

/// What one engine achieved.
struct Scores {
    name: &'static str,
    by_kind: BTreeMap<String, Score>,
    no_hit: NoHit,
}

/// Asks every engine every search, and prints how they did.
pub(crate) fn compare(engines: Vec<Box<dyn Engine>>, queries: &[Query]) -> Result<()> {
    let mut all = Vec::new();
    for mut engine in engines {
        all.push(scores(engine.as_mut(), queries)?);
    }
    print_kinds(&all);
    print_no_hits(&all);
    print_below(&all);
    Ok(())
}

fn scores(engine: &mut dyn Engine, queries: &[Query]) -> Result<Scores> {
    let mut scores = Scores {
        name: engine.name(),
        by_kind: BTreeMap::new(),
        no_hit: NoHit::default(),
    };
    for query in queries {
        match &query.wanted {
            Some(wanted) => {
                let reply = engine.ask(&query.q, wanted.list)?;
                let score = scores.by_kind.entry(query.kind.clone()).or_default();
                score.count(rank(&wanted.name, &reply.names));
            }
            None => {
                let (mut has_any, mut has_unmarked) = (false, false);
                for list in LISTS {
                    let reply = engine.ask(&query.q, list)?;
                    has_any |= !reply.names.is_empty();
                    has_unmarked |= !reply.names.is_empty() && !reply.is_corrected;
                }
                scores.no_hit.nothing += usize::from(!has_any);
                scores.no_hit.corrected += usize::from(has_any && !has_unmarked);
                scores.no_hit.neither += usize::from(has_unmarked);
            }
        }
    }
    Ok(scores)
}

fn print_kinds(all: &[Scores]) {
    println!("\nsuccess@1, @5, @20 and mean reciprocal rank");
    let mut columns = vec!["kind", "searches"];
    columns.extend(all.iter().map(|scores| scores.name));
    let table = Table::start(&columns);
    let kinds = all.iter().flat_map(|scores| scores.by_kind.keys());
    let kinds: BTreeSet<&String> = kinds.collect();
    for kind in kinds {
        let of_kind = all
            .iter()
            .map(|scores| total(scores, |other| other == kind));
        table.row(&row(kind, &of_kind.collect::<Vec<_>>()));
    }
    for Group { name, has } in GROUPS {
        let of_group = all.iter().map(|scores| total(scores, has));
        table.row(&row(&format!("**{name}**"), &of_group.collect::<Vec<_>>()));
    }
}

fn total(scores: &Scores, is_in: impl Fn(&str) -> bool) -> Score {
    let mut total = Score::default();
    for (_, score) in scores.by_kind.iter().filter(|(kind, _)| is_in(kind)) {
        total.add(score);
    }
    total
}

fn row(name: &str, scores: &[Score]) -> Vec<String> {
    let searches = scores.first().map_or(0, |score| score.searches);
    let mut cells = vec![name.to_owned(), searches.to_string()];
    cells.extend(scores.iter().map(Score::shown));
    cells
}

fn print_no_hits(all: &[Scores]) {
    println!("\nSearches that should find nothing");
    let table = Table::start(&["", "nothing", "marked as corrected", "neither"]);
    for Scores { name, no_hit, .. } in all {
        let counts = [no_hit.nothing, no_hit.corrected, no_hit.neither];
        let mut cells = vec![(*name).to_owned()];
        cells.extend(counts.map(|count| count.to_string()));
        table.row(&cells);
    }
}

/// The kinds in which the first engine is behind FTS5.
fn print_below(all: &[Scores]) {
    let (Some(ours), Some(fts5)) = (
        all.iter().find(|scores| scores.name == "ours"),
        all.iter().find(|scores| scores.name == "SQLite FTS5"),
    ) else {
        return;
    };
    println!("\nKinds of {COMPARED_FROM} or more searches below FTS5 at @5:");
    let mut below = 0;
    for (kind, score) in &ours.by_kind {
        let Some(other) = fts5.by_kind.get(kind) else {
            continue;
        };
        if score.searches >= COMPARED_FROM && score.at_5() < other.at_5() {
            println!("{kind}: {:.3}, FTS5 {:.3}", score.at_5(), other.at_5());
            below += 1;
        }
    }
    if below == 0 {
        println!("none");
    }
}

/// Prints the searches of a kind (or of all) that ours answers wrong: the right answer is not among the
/// first five, or there is one where none should be. And what it answers, and why.
pub(crate) fn print_misses(ours: &mut Ours, queries: &[Query], kind: &str) -> Result<()> {
    let of_kind = |query: &&Query| kind == "all" || query.kind == kind;
    for query in queries.iter().filter(of_kind) {
        let Some(wanted) = &query.wanted else {
            let answer = ours.answer(&query.q, true)?;
            for list in LISTS.map(List::name) {
                let total = answer[list]["total"].as_u64();
                if total != Some(0) {
                    println!("\n{}: {:?}\n  wants nothing", query.kind, query.q);
                    print_first(&answer, list);
                }
            }
            continue;
        };
        let reply = ours.ask(&query.q, wanted.list)?;
        let rank = rank(&wanted.name, &reply.names);
        if rank.is_some_and(|rank| rank <= SHOWN) {
            continue;
        }
        let rank = rank.map_or("not found".to_owned(), |rank| format!("rank {rank}"));
        let there = match wanted.is_there {
            true => "",
            false => ", not in the library",
        };
        println!(
            "\n{}: {:?}\n  wants {} ({rank}{there})",
            query.kind, query.q, wanted.expected
        );
        print_first(&ours.answer(&query.q, true)?, wanted.list.name());
    }
    Ok(())
}

/// The first results of a list, with what there is to know them by.
fn print_first(answer: &Value, list: &str) {
    let of_list = &answer[list];
    let corrected = match of_list["corrected"].as_str() {
        Some(corrected) => format!(", corrected to {corrected:?}"),
        None => String::new(),
    };
    println!("  {} {list}{corrected}", of_list["total"]);
    let results = of_list["results"].as_array();
    for result in results.into_iter().flatten().take(SHOWN) {
        let shown = ["name", "artist", "artists", "album", "score", "explain"];
        let shown = shown.map(|key| &result[key]).into_iter();
        let shown = shown.filter(|value| !value.is_null());
        let shown = shown.map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
        println!("    {}", shown.collect::<Vec<_>>().join(" | "));
    }
}
