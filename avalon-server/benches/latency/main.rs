//! How long single requests take inside the process: no sockets, one thread.
//!
//! `cargo bench -p avalon-server --bench latency -- --tracks 1000000,5000000 --folder DIR` loads a made-up
//! library, asks 10,000 random requests of every kind as a thread that serves does, and takes the time of
//! each, until the last byte of its body was handed out. A tenth as many of the kind go before and do
//! not count. Prints the median, the 99th percentile and the maximum of each kind and over all; how many
//! are left to the threads of searches, where they would wait for their turn besides; and the longest that one kept
//! the serving thread. Every answer has at most 100 results. What is drawn follows the frequencies of the library: a word that stands in many
//! names is asked for often, as are its beginnings.
//!
//! Options: `--help` tells them.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark prints its table; it is no part of the product"
)]

mod kinds;
#[path = "../support/mod.rs"]
mod support;

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use avalon_core::database::{DatabaseUrl, open_for_server};
use avalon_server::app::App;
use avalon_server::service::Service;
use clap::Parser;
use hyper::Request;

use kinds::KINDS;
use support::body::drain;
use support::options::Libraries;
use support::samples::Samples;
use support::store::Library;
use support::table::{Table, percentile, sorted};
use support::vocabulary::Random;

/// Letters of a slow request that are printed.
const SHOWN: usize = 200;

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    libraries: Libraries,
    /// Requests of each kind
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    requests: usize,
    /// Only kinds whose name has this in it
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Ask before more sets and their orders are prepared, as in the first seconds after a start of the server
    #[arg(long)]
    unprepared: bool,
    /// How many of the slowest requests to print
    #[arg(long, value_name = "N", default_value_t = 5)]
    slowest: usize,
}

fn main() -> Result<()> {
    let options = Options::parse();
    if !options.libraries.measures() {
        return Ok(());
    }
    for library in options.libraries.wanted(&[100_000]) {
        bench(&options, &library)?;
    }
    Ok(())
}

fn bench(options: &Options, library: &Library) -> Result<()> {
    let folder = options.libraries.folder()?;
    let database = library.in_folder(folder.path())?;
    let samples = Samples::of(library)?;
    let service = Service::new("/avalon", Box::new(|_, _| ()));
    let mut connection = open_for_server(&DatabaseUrl::SqliteFile(database))?;
    let app = App::load(&mut connection)?;
    if !options.unprepared {
        app.prepare();
    }
    ensure!(
        app.load_details(&mut connection, false)?,
        "the library changed while it was loaded"
    );
    service.publish(app);
    println!(
        "\n{} tracks (seed {}), {} requests of each kind; microseconds",
        library.tracks, library.seed, options.requests
    );
    let table = Table::start(&[
        "kind",
        "p50",
        "p99",
        "max",
        "left to other threads",
        "max on the serving thread",
        "answers that are no 200",
    ]);
    let mut all: Vec<Asked> = Vec::new();
    for (number, kind) in (1..).zip(KINDS) {
        if !kind.name.contains(&options.only) {
            continue;
        }
        let mut random = Random::new(number);
        let mut targets = |count: usize| -> Vec<String> {
            let of = |_| (kind.target)(&samples, library.tracks, &mut random);
            (0..count).map(of).collect()
        };
        let (first, counted) = (targets(options.requests / 10), targets(options.requests));
        measure(&service, first)?;
        let asked = measure(&service, counted)?;
        table.row(&row(kind.name, &asked));
        all.extend(asked);
    }
    table.row(&row("all", &all));
    println!("\nThe slowest of all:");
    all.sort_by(|a, b| b.taken.total_cmp(&a.taken));
    for Asked { taken, target, .. } in all.iter().take(options.slowest) {
        println!("{taken:.1} us: {target:.SHOWN$}");
    }
    Ok(())
}

/// What became of a request.
struct Asked {
    target: String,
    /// Microseconds until the last byte of the answer was handed out.
    taken: f64,
    /// Those of them in which the thread that serves had to do with it.
    serving: f64,
    is_left: bool,
    is_refused: bool,
}

fn row(name: &str, asked: &[Asked]) -> Vec<String> {
    let times = sorted(asked.iter().map(|asked| asked.taken));
    let serving = sorted(asked.iter().map(|asked| asked.serving));
    let figure = |times: &[f64], part| format!("{:.1}", percentile(times, part));
    let count = |is: fn(&Asked) -> bool| asked.iter().filter(|asked| is(asked)).count().to_string();
    vec![
        name.to_owned(),
        figure(&times, 0.5),
        figure(&times, 0.99),
        figure(&times, 1.0),
        count(|asked| asked.is_left),
        figure(&serving, 1.0),
        count(|asked| asked.is_refused),
    ]
}

/// Asks as the server does: what the thread that serves leaves is answered in full afterwards.
fn measure(service: &Service, targets: Vec<String>) -> Result<Vec<Asked>> {
    let ask = |target: String| {
        let request = Request::get(&target).body(()).context(target.clone())?;
        let started = Instant::now();
        let micros = || started.elapsed().as_secs_f64() * 1e6;
        let at_once = service.handle_at_once(&request);
        let (is_left, left_after) = (at_once.is_none(), micros());
        let response = at_once.unwrap_or_else(|| service.handle(&request));
        let is_refused = response.status() != 200;
        drain(response.into_body())?;
        let taken = micros();
        Ok(Asked {
            target,
            taken,
            serving: if is_left { left_after } else { taken },
            is_left,
            is_refused,
        })
    };
    targets.into_iter().map(ask).collect()
}
