//! How long single requests take inside the process: no sockets, one thread.
//!
//! `cargo bench -p avalon-server --bench latency -- --tracks 1000000,5000000 --folder DIR` loads a made-up
//! library, asks 10,000 random requests of every kind through `Service::handle` and takes the time of
//! each, until the last byte of its body was handed out. A tenth as many of the kind go before and do
//! not count. Prints the median, the 99th percentile and the maximum of each kind and over all. Every answer has at
//! most 100 results. What is drawn follows the frequencies of the library: a word that stands in many
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
    let table = Table::start(&["kind", "p50", "p99", "max", "answers that are no 200"]);
    let mut all: Vec<(f64, String)> = Vec::new();
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
        let (taken, refused) = measure(&service, counted)?;
        table.row(&row(kind.name, &taken, &refused.to_string()));
        all.extend(taken);
    }
    table.row(&row("all", &all, ""));
    println!("\nThe slowest of all:");
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (taken, target) in all.iter().take(options.slowest) {
        println!("{taken:.1} us: {target:.SHOWN$}");
    }
    Ok(())
}

fn row(name: &str, taken: &[(f64, String)], refused: &str) -> Vec<String> {
    let times = sorted(taken.iter().map(|(taken, _)| *taken));
    let figure = |part| format!("{:.1}", percentile(&times, part));
    let (name, refused) = (name.to_owned(), refused.to_owned());
    vec![name, figure(0.5), figure(0.99), figure(1.0), refused]
}

/// Microseconds that each request took, and how many were no success.
fn measure(service: &Service, targets: Vec<String>) -> Result<(Vec<(f64, String)>, usize)> {
    let (mut times, mut refused) = (Vec::with_capacity(targets.len()), 0);
    for target in targets {
        let request = Request::get(&target).body(()).context(target.clone())?;
        let started = Instant::now();
        let response = service.handle(&request);
        let status = response.status();
        drain(response.into_body())?;
        times.push((started.elapsed().as_secs_f64() * 1e6, target));
        refused += usize::from(status != 200);
    }
    Ok((times, refused))
}
