//! Whether the server takes up new libraries while it serves, without a wrong answer, and what that
//! costs those who ask meanwhile.
//!
//! `cargo bench -p avalon-server --bench reload -- --tracks 1000000 --folder DIR [--postgres URL]` copies a
//! made-up library, starts the server on the copy, and lets clients ask six kinds of request without a
//! pause (four whose content tells of which generation they are, one of a large set, and the heartbeat)
//! while `--commits` commits change it: each as a scan makes it, by `avalon_core::database::update`, with the next
//! generation in every title of one artist. Each waits until every server answers with it; every
//! fourth comes at once after the one before. On SQLite, and with `--postgres` on PostgreSQL with one
//! server and with two. "While one loads" is from the word of a server's log that it begins until all
//! servers have answered with the new generation, and a tenth of a second more, in which the old one
//! is freed.
//!
//! Options: `--help` tells them.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark prints its table; it is no part of the product"
)]

mod clients;
mod marker;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use avalon_core::database::DatabaseUrl;
use clap::Parser;

use clients::{KINDS, Newest, Seen, Shared};
use support::options::{Libraries, OnPostgres};
use support::postgres::Postgres;
use support::process::Server;
use support::store::Library;
use support::table::{Table, megabytes, percentile, sorted};
use support::vocabulary::Random;

/// What is changed on PostgreSQL.
const COPY: &str = "avalon_bench_reload";

/// How long a server may take to answer with a new generation.
const PATIENCE: Duration = Duration::from_secs(120);

/// After the first answer of a generation, until the old one is freed.
const FREED: f64 = 0.1;

/// Under load, before memory is looked at for the first time; at the end it is at rest.
const SETTLED: Duration = Duration::from_secs(3);

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    libraries: Libraries,
    #[command(flatten)]
    postgres: OnPostgres,
    /// Commits in each setting
    #[arg(long, value_name = "N", default_value_t = 20)]
    commits: usize,
    /// Connections to each server for each kind of request
    #[arg(long, value_name = "N", default_value_t = 1)]
    connections: usize,
    /// How long each client rests after an answer, microseconds
    #[arg(long, value_name = "N", default_value_t = 0)]
    pause: u64,
}

/// How servers log: the time since 1970 before each message.
const LOG_FORMAT: &str = "%(created)f %(message)s";

/// What a server logs when it begins to load.
const LOADING: &str = "Loading the music library";

/// When a commit ended and when every server had answered with it, seconds since the start.
struct Swap {
    committed: f64,
    seen: f64,
}

fn main() -> Result<()> {
    let options = Options::parse();
    if !options.libraries.measures() {
        return Ok(());
    }
    for library in options.libraries.wanted(&[100_000]) {
        println!(
            "\n{} tracks (seed {}), {} commits, {} connections to each server",
            library.tracks,
            library.seed,
            options.commits,
            options.connections * KINDS
        );
        let folder = options.libraries.folder()?;
        let original = library.in_folder(folder.path())?;
        let scratch = tempfile::tempdir()?;
        let copy = scratch.path().join("reload.sqlite");
        fs::copy(original, &copy)?;
        let url = format!("sqlite:///{}", copy.display());
        bench("SQLite, one server", &options, &url, 1)?;
        if let Some(server) = options.postgres.server() {
            on_postgres(&options, &library, &server)?;
        }
    }
    Ok(())
}

fn on_postgres(options: &Options, library: &Library, server: &Postgres) -> Result<()> {
    library.on_postgres(server)?;
    for (name, servers) in [
        ("PostgreSQL, one server", 1),
        ("PostgreSQL, two servers", 2),
    ] {
        server.drop(COPY)?;
        server.copy(&library.database_name(), COPY)?;
        let measured = bench(name, options, &server.database(COPY)?, servers);
        server.drop(COPY)?;
        measured?;
    }
    Ok(())
}

fn bench(name: &str, options: &Options, url: &str, servers: usize) -> Result<()> {
    let database = DatabaseUrl::parse(url)?;
    marker::commit(&database)?;
    let servers: Vec<Server> = (0..servers)
        .map(|_| Server::start(url, &[("AVALON_LOG_FORMAT", LOG_FORMAT.to_owned())]))
        .collect::<Result<_>>()?;
    servers
        .iter()
        .try_for_each(|server| server.process.rest())?;
    let newest: Vec<Newest> = servers.iter().map(|_| Newest::new(0)).collect();
    let shared = Shared::new(Duration::from_micros(options.pause));
    let (swaps, seen, before) = thread::scope(|scope| -> Result<_> {
        let mut readers = Vec::new();
        for (server, newest) in servers.iter().zip(&newest) {
            for number in 0..options.connections * KINDS {
                let (address, shared) = (&server.process.address, &shared);
                readers.push(scope.spawn(move || clients::ask(address, number, shared, newest)));
            }
        }
        thread::sleep(SETTLED);
        let before = resident(&servers)?;
        servers
            .iter()
            .try_for_each(|server| server.process.forget_peak())?;
        let swaps = commits(&database, options.commits, &shared, &newest);
        shared.stop.store(true, Ordering::Relaxed);
        let mut seen = Vec::new();
        for reader in readers {
            seen.extend(reader.join().ok().context("a client panicked")?);
        }
        Ok((swaps?, seen, before))
    })?;
    servers
        .iter()
        .try_for_each(|server| server.process.rest())?;
    let loads = windows(&servers, &shared, &swaps)?;
    print(name, &shared, &swaps, &loads, &seen);
    let peaks: Vec<u64> = servers
        .iter()
        .map(|server| server.process.peak_bytes())
        .collect::<Result<_>>()?;
    let after = resident(&servers)?;
    for (number, server) in (1..).zip(&servers) {
        let at = number - 1;
        println!(
            "memory of server {number} ({}): {} MB before, {} MB at most, {} MB after",
            server.process.address,
            megabytes(before[at]),
            megabytes(peaks[at]),
            megabytes(after[at])
        );
    }
    ensure!(shared.is_clean(), "{name}: there were wrong answers");
    Ok(())
}

fn resident(servers: &[Server]) -> Result<Vec<u64>> {
    let bytes = servers.iter().map(|server| server.process.resident_bytes());
    bytes.collect()
}

/// Commits one generation after the other, and waits until all servers have each.
fn commits(
    url: &DatabaseUrl,
    count: usize,
    shared: &Shared,
    newest: &[Newest],
) -> Result<Vec<Swap>> {
    let mut random = Random::new(5);
    let mut swaps = Vec::new();
    for number in 1..=count {
        let generation = marker::commit(url)?;
        // The next one comes at once: servers may leave this one out.
        if number % 4 == 3 && number < count {
            continue;
        }
        let committed = shared.started.elapsed().as_secs_f64();
        let waited = Instant::now();
        while newest
            .iter()
            .any(|newest| newest.load(Ordering::Relaxed) < generation)
        {
            ensure!(
                waited.elapsed() < PATIENCE,
                "no answer of generation {generation} after {} s; {:?}",
                PATIENCE.as_secs(),
                shared.told()
            );
            thread::sleep(Duration::from_millis(1));
        }
        let seen = shared.started.elapsed().as_secs_f64();
        swaps.push(Swap { committed, seen });
        // At any time between two looks of the server.
        thread::sleep(Duration::from_millis(300 + random.below(2_000) as u64));
    }
    Ok(swaps)
}

/// From when to when servers loaded, seconds since the start: from the first word of any log of it until
/// all had answered with what was loaded.
fn windows(servers: &[Server], shared: &Shared, swaps: &[Swap]) -> Result<Vec<(f64, f64)>> {
    let mut begun = Vec::new();
    for server in servers {
        let log = server.log()?;
        let lines = log.lines().filter(|line| line.contains(LOADING));
        let times = lines.filter_map(|line| line.split(' ').next()?.parse::<f64>().ok());
        begun.extend(times.map(|time| time - shared.started_at));
    }
    let begun = sorted(begun);
    let mut before = 0.0;
    let window = |swap: &Swap| {
        let first = begun
            .iter()
            .find(|&&begun| begun > before && begun < swap.seen);
        before = swap.seen;
        (first.copied().unwrap_or(swap.committed), swap.seen)
    };
    Ok(swaps.iter().map(window).collect())
}

fn print(name: &str, shared: &Shared, swaps: &[Swap], loads: &[(f64, f64)], seen: &[Seen]) {
    let is_during = |answer: &&Seen| {
        loads
            .iter()
            .any(|(begun, done)| answer.at + answer.seconds >= *begun && answer.at <= done + FREED)
    };
    let (during, outside): (Vec<&Seen>, Vec<&Seen>) = seen.iter().partition(is_during);
    println!("\n{name}:");
    let table = Table::start(&["answers", "count", "p50 ms", "p99 ms", "max ms"]);
    for (what, answers) in [("while one loads", during), ("otherwise", outside)] {
        let times = sorted(answers.iter().map(|answer| answer.seconds * 1e3));
        let figure = |part| format!("{:.2}", percentile(&times, part));
        let count = answers.len().to_string();
        table.row(&[
            what.to_owned(),
            count,
            figure(0.5),
            figure(0.99),
            figure(1.0),
        ]);
    }
    let wrong = &shared.wrong;
    let count = |count: &std::sync::atomic::AtomicI64| count.load(Ordering::Relaxed);
    println!(
        "\nfailed requests: {}; answers that mix generations: {}; whose header names another: {}; that \
         go back: {}; without the header: {}",
        count(&wrong.failed),
        count(&wrong.mixed),
        count(&wrong.misnamed),
        count(&wrong.backwards),
        count(&shared.unnamed)
    );
    let taken = sorted(swaps.iter().map(|swap| swap.seen - swap.committed));
    let loaded = sorted(loads.iter().map(|(begun, done)| done - begun));
    println!(
        "until all servers answered with it: from the end of a commit {:.2} s, at most {:.2} s; from the \
         begin of the load {:.2} s, at most {:.2} s",
        percentile(&taken, 0.5),
        percentile(&taken, 1.0),
        percentile(&loaded, 0.5),
        percentile(&loaded, 1.0)
    );
    shared
        .told()
        .iter()
        .for_each(|what| println!("wrong: {what}"));
}
