//! What `cargo test --benches` checks: that searches are judged as they should be, that the others find
//! what they can find, that words are misspelt as asked, and that there are searches of every kind.

use anyhow::{Context, Result, ensure};

use crate::edits::misspelt;
use crate::engines::Engine;
use crate::fts5::Fts5;
use crate::judge::{Score, folded, rank};
use crate::kinds::KINDS;
use crate::plain::Plain;
use crate::queries::{List, parse};
use crate::songs::Songs;
use crate::support::samples::Samples;
use crate::support::store::Library;
use crate::support::vocabulary::Random;
use crate::worst;

const SONGS: &str = "artist\talbum\ttitle\tgenre\tyear\ttrack\tlength_seconds
Sigur Rós\tÁgætis byrjun\tStarálfur\tpost-rock\t1999\t\t406
Tommy Tutone\tTommy Tutone 2\t867-5309 / Jenny\t\t\t\t226
A / B\tC\tD\t\t\t\t1
A\tC\tE\t\t\t\t
";

const QUERIES: &str = "query\tkind\texpected\twant\tsong
sigur\tartist\tSigur Rós\tartist\tSigur Rós / Ágætis byrjun / Starálfur
jenny\ttitle\tTommy Tutone / 867-5309 / Jenny\ttitle\tTommy Tutone / 867-5309 / Jenny / 867-5309 / Jenny
c\talbum\tA / B / C\talbum\tA / B / C / D
f\ttitle\tA / F / G\ttitle\tA / C / F / G
xq\tno_hit\t\tnone\t
";

pub(crate) fn check() -> Result<()> {
    judging()?;
    others()?;
    typos()?;
    kinds()
}

fn judging() -> Result<()> {
    ensure!(
        folded("Sigur Rós") == folded("SIGUR-ROS"),
        "marks and case count"
    );
    ensure!(
        folded("!!!") != folded("+/-"),
        "symbols alone are all the same"
    );
    let names = ["Sigur", "sigur ros", "Sigur Rós"].map(str::to_owned);
    ensure!(
        rank("Sigur Rós", &names) == Some(2),
        "not the first that is right"
    );
    ensure!(
        rank("Björk", &names).is_none(),
        "what is not there has a rank"
    );
    let mut score = Score::default();
    for rank in [Some(1), Some(4), Some(20), None] {
        score.count(rank);
    }
    let shown = score.shown();
    ensure!(
        shown == "0.250 0.500 0.750 0.325",
        "{shown} is not the score"
    );
    let queries = parse(QUERIES, &Songs::parse(SONGS)?)?;
    let wanted: Vec<_> = queries
        .iter()
        .map(|query| {
            query
                .wanted
                .as_ref()
                .map(|wanted| (wanted.name.as_str(), wanted.is_there))
        })
        .collect();
    let expected = [
        Some(("Sigur Rós", true)),
        Some(("867-5309 / Jenny", true)),
        Some(("C", true)),
        Some(("F / G", false)),
        None,
    ];
    ensure!(wanted == expected, "{wanted:?} is wanted");
    Ok(())
}

fn others() -> Result<()> {
    let songs = Songs::parse(SONGS)?;
    let engines: [Box<dyn Engine>; 2] = [Box::new(Fts5::of(&songs)?), Box::new(Plain::of(&songs)?)];
    for mut engine in engines {
        let name = engine.name();
        let mut first = |q: &str, list| -> Result<String> {
            let names = engine.ask(q, list)?.names;
            names
                .into_iter()
                .next()
                .with_context(|| format!("{name} does not find {q}"))
        };
        ensure!(first("jenny", List::Songs)? == "867-5309 / Jenny", "{name}");
        ensure!(
            first("Tommy Tutone", List::Artists)? == "Tommy Tutone",
            "{name}"
        );
        ensure!(first("Ágætis", List::Albums)? == "Ágætis byrjun", "{name}");
        for q in ["xq", "\"", "-", ""] {
            let names = engine.ask(q, List::Songs)?.names;
            ensure!(names.is_empty(), "{name} finds {names:?} for {q:?}");
        }
    }
    let prefix = Fts5::of(&songs)?.ask("sigur ro", List::Artists)?.names;
    ensure!(
        prefix == ["Sigur Rós"],
        "FTS5 finds {prefix:?} for a prefix"
    );
    Ok(())
}

fn typos() -> Result<()> {
    let mut random = Random::new(1);
    for word in ["night", "symphony", "orchestral"] {
        for edits in 1..=2 {
            let other = misspelt(word, edits, &mut random);
            ensure!(
                other != word && other.starts_with(&word[..1]),
                "{word}: {other}"
            );
            let lengths = word.len() - edits..=word.len() + edits;
            ensure!(lengths.contains(&other.len()), "{word}: {other}");
        }
    }
    Ok(())
}

fn kinds() -> Result<()> {
    let samples = Samples::of(&Library {
        tracks: 5_000,
        seed: 1,
        is_bare: false,
    })?;
    for kind in KINDS {
        for search in kind.searches(20, &samples, &mut Random::new(1))? {
            ensure!(!search.request().q.is_empty(), "{}: nothing", kind.name);
            let target = search.target();
            let is_target = target.parse::<hyper::Uri>().is_ok();
            ensure!(is_target, "{}: {target} is no target", kind.name);
        }
    }
    for (what, search) in worst::searches(&samples) {
        let words = search.q.split(|letter: char| !letter.is_alphanumeric());
        let words = words.filter(|word| !word.is_empty()).count();
        let (most_characters, most_words) = worst::BOUNDS;
        let fits = search.q.chars().count() <= most_characters && words <= most_words;
        // Marks are no letters, but do not part words, and no more do signs beyond punctuation.
        let fits = fits || what.contains("marks") || search.q.contains('×');
        ensure!(fits, "{what}: {:?} is too long", search.q);
    }
    Ok(())
}
