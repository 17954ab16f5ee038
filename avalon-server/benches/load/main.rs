//! How long the server takes until it is ready, stage by stage, beside the least that reading the
//! database could take; and what it holds in memory then.
//!
//! `cargo bench -p avalon-server --bench load -- --tracks 1000000 --folder DIR [--postgres URL]` starts the
//! server on a made-up library, in turn with the bound: of SQLite, stepping the same four SELECTs by the
//! same library, in one transaction, nothing done with the rows (and once more with each column
//! read); of PostgreSQL, a binary COPY of the same columns by psql to /dev/null. Prints medians of
//! `--rounds`: the time from the start of the program until OKOKOK, each time that its log tells, and
//! resident memory per track when ready, two seconds later, and at rest. One start that does not count brings the
//! file into the page cache first.
//!
//! Options: `--help` tells them.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark prints its table; it is no part of the product"
)]

mod bare_sqlite;
mod stages;
#[path = "../support/mod.rs"]
mod support;

use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Parser;

use bare_sqlite::Reading;
use stages::{Stage, medians, stages};
use support::options::{Libraries, OnPostgres};
use support::postgres::psql;
use support::process::Server;
use support::store::Library;
use support::table::{Table, median};

/// How long after it was ready memory is looked at again.
const LATER: Duration = Duration::from_secs(2);

/// What the server reads: table and columns.
const TABLES: &[(&str, &str)] = &[
    ("albums", "id, name"),
    ("artists", "id, name"),
    ("genres", "id, name"),
    (
        "tracks",
        "id, name, length, track, year, album_id, artist_id, genre_id, disc",
    ),
];

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    libraries: Libraries,
    #[command(flatten)]
    postgres: OnPostgres,
    /// Starts that count
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// PRAGMA mmap_size of the bound, to be what the server sets
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    mmap: u64,
}

/// What one start showed.
struct Start {
    ready_after: f64,
    stages: Vec<Stage>,
    resident: u64,
    resident_later: u64,
    resident_at_rest: u64,
    resident_at_most: u64,
    log: String,
}

fn main() -> Result<()> {
    let options = Options::parse();
    if !options.libraries.measures() {
        return Ok(());
    }
    for library in options.libraries.wanted(&[1_000_000]) {
        let folder = options.libraries.folder()?;
        let file = library.in_folder(folder.path())?;
        let url = format!("sqlite:///{}", file.display());
        let step = || bare_sqlite::run(&file, TABLES, options.mmap, Reading::Step);
        let columns = || bare_sqlite::run(&file, TABLES, options.mmap, Reading::Columns);
        let bounds: [(&str, &dyn Fn() -> Result<f64>); 2] = [
            ("bare sqlite3: step the same SELECTs", &step),
            ("bare sqlite3: step and read each column", &columns),
        ];
        bench("SQLite", &library, &url, options.rounds, &bounds)?;
        if let Some(server) = options.postgres.server() {
            let url = library.on_postgres(&server)?;
            let copy = || bare_copy(&url);
            let bounds: [(&str, &dyn Fn() -> Result<f64>); 1] =
                [("bare COPY of the same columns, psql", &copy)];
            bench("PostgreSQL", &library, &url, options.rounds, &bounds)?;
        }
    }
    Ok(())
}

fn bench(
    backend: &str,
    library: &Library,
    url: &str,
    rounds: usize,
    bounds: &[(&str, &dyn Fn() -> Result<f64>)],
) -> Result<()> {
    start(url)?;
    let mut starts = Vec::new();
    let mut times = vec![Vec::new(); bounds.len()];
    for _ in 0..rounds.max(1) {
        starts.push(start(url)?);
        for ((_, bound), times) in bounds.iter().zip(&mut times) {
            times.push(bound()?);
        }
    }
    let bound = median(times[0].iter().copied());
    println!(
        "\n{} tracks (seed {}), {backend}, {rounds} starts",
        library.tracks, library.seed
    );
    let table = Table::start(&["what", "s", "beside the bound"]);
    let row = |name: &str, seconds: f64| {
        table.row(&[
            name.to_owned(),
            format!("{seconds:.3}"),
            format!("{:.2}", seconds / bound),
        ]);
    };
    for ((name, _), times) in bounds.iter().zip(&times) {
        row(name, median(times.iter().copied()));
    }
    row(
        "ready: from the start to OKOKOK",
        median(starts.iter().map(|start| start.ready_after)),
    );
    let all: Vec<&[Stage]> = starts.iter().map(|start| start.stages.as_slice()).collect();
    for (label, seconds) in medians(&all) {
        row(&format!("log: {label}"), seconds);
    }
    let per_track = |bytes: fn(&Start) -> u64| {
        let bytes = median(starts.iter().map(|start| bytes(start) as f64));
        format!(
            "{:.0} bytes a track ({:.1} MB)",
            bytes / library.tracks as f64,
            bytes / 1e6
        )
    };
    println!(
        "\nresident memory when ready: {}; {} s later: {}; at rest: {}; at most until then: {}",
        per_track(|start| start.resident),
        LATER.as_secs(),
        per_track(|start| start.resident_later),
        per_track(|start| start.resident_at_rest),
        per_track(|start| start.resident_at_most)
    );
    if let Some(last) = starts.last() {
        println!("\nThe log of the last start:\n{}", last.log.trim_end());
    }
    Ok(())
}

fn start(url: &str) -> Result<Start> {
    let server = Server::start(url, &[])?;
    let resident = server.process.resident_bytes()?;
    thread::sleep(LATER);
    let resident_later = server.process.resident_bytes()?;
    server.process.rest()?;
    let log = server.log()?;
    Ok(Start {
        ready_after: server.ready_after.as_secs_f64(),
        stages: stages(&log),
        resident,
        resident_later,
        resident_at_rest: server.process.resident_bytes()?,
        resident_at_most: server.process.peak_bytes()?,
        log,
    })
}

/// Seconds that a copy of the same columns takes, out of one snapshot as the server's.
fn bare_copy(url: &str) -> Result<f64> {
    let clock = "SELECT extract(epoch FROM clock_timestamp());\n";
    let copies: String = TABLES
        .iter()
        .map(|(table, columns)| {
            format!("\\copy (SELECT {columns} FROM {table}) TO '/dev/null' (FORMAT binary)\n")
        })
        .collect();
    let begin = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;\n";
    let times = psql(url, &format!("{clock}{begin}{copies}COMMIT;\n{clock}"))?;
    let times: Vec<f64> = times.lines().filter_map(|line| line.parse().ok()).collect();
    match times[..] {
        [before, after] => Ok(after - before),
        _ => bail!("psql gave the times {times:?}"),
    }
}
