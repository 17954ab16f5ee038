//! How long searches take: in the process, one thread, and over HTTP with one client and with many.
//!
//! In: a made-up library and how many searches of each kind. Out: tables of times.

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use avalon_core::database::{DatabaseUrl, open_for_server};
use avalon_core::settings;
use avalon_server::app::App;

use crate::kinds::named;
use crate::searches::{COMPLETIONS, Search, TYPES};
use crate::served::Ours;
use crate::support::client::Client;
use crate::support::process::Server;
use crate::support::samples::Samples;
use crate::support::store::Library;
use crate::support::table::{Table, percentile, sorted};
use crate::support::vocabulary::Random;
use crate::worst;

/// How often each of the worst searches is asked.
const WORST_ROUNDS: usize = 20;

/// Numbers of clients.
const CLIENTS: [usize; 2] = [1, 32];

/// What to measure.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// In the process
    Process,
    /// The worst searches, in the process
    Worst,
    /// Over HTTP
    Http,
}

/// How much to measure.
pub(crate) struct Amount<'a> {
    /// Searches of each kind.
    pub(crate) searches: usize,
    /// Only kinds whose name has this in it.
    pub(crate) only: &'a str,
    pub(crate) parts: &'a [Part],
    /// How many of the slowest to print.
    pub(crate) slowest: usize,
}

/// Measures the library in this SQLite file.
pub(crate) fn bench(amount: &Amount<'_>, library: &Library, database: &DatabaseUrl) -> Result<()> {
    let samples = Samples::of(library)?;
    println!(
        "\n{} tracks (seed {}), {} searches of each kind",
        library.tracks, library.seed, amount.searches
    );
    if amount.parts.contains(&Part::Process) || amount.parts.contains(&Part::Worst) {
        let app = loaded(database)?;
        if amount.parts.contains(&Part::Process) {
            in_process(amount, &samples, &app)?;
        }
        if amount.parts.contains(&Part::Worst) {
            the_worst(&samples, &app)?;
        }
    }
    if amount.parts.contains(&Part::Http) {
        over_http(amount, &samples, database)?;
    }
    Ok(())
}

fn loaded(database: &DatabaseUrl) -> Result<App> {
    let mut connection = open_for_server(database)?;
    let app = App::load(&mut connection)?;
    ensure!(
        app.load_details(&mut connection, false)?,
        "the library changed while it was loaded"
    );
    let settings = settings::load(&settings::Overrides::default())?.settings;
    app.build_search(&settings.search_articles)?;
    let probe = Search::of("a");
    ensure!(
        app.search(&probe.request()).is_some(),
        "search is not ready once the details are loaded"
    );
    Ok(app)
}

/// Microseconds that one search takes.
fn time(app: &App, search: &Search) -> f64 {
    let started = Instant::now();
    if search.is_suggest() {
        black_box(app.suggest(&search.q, &TYPES.to_vec(), COMPLETIONS));
    } else {
        black_box(app.search(&search.request()));
    }
    started.elapsed().as_secs_f64() * 1e6
}

fn in_process(amount: &Amount<'_>, samples: &Samples, app: &App) -> Result<()> {
    println!("\nIn the process, one thread; microseconds");
    let table = Table::start(&["kind", "p50", "p99", "max"]);
    let mut all = Vec::new();
    for (number, kind) in (1..).zip(named(amount.only)?) {
        let mut random = Random::new(number);
        for search in kind.searches(amount.searches / 10, samples, &mut random)? {
            time(app, &search);
        }
        let searches = kind.searches(amount.searches, samples, &mut random)?;
        let times = searches
            .into_iter()
            .map(|search| (time(app, &search), search));
        let times: Vec<(f64, Search)> = times.collect();
        table.row(&row(kind.name, times.iter().map(|(taken, _)| *taken)));
        all.extend(times);
    }
    table.row(&row("all", all.iter().map(|(taken, _)| *taken)));
    println!("\nThe slowest of all:");
    all.sort_by(|one, other| other.0.total_cmp(&one.0));
    for (taken, search) in all.iter().take(amount.slowest) {
        println!("{taken:.1} us: {search:?}");
    }
    Ok(())
}

fn row(name: &str, times: impl IntoIterator<Item = f64>) -> Vec<String> {
    let times = sorted(times);
    let figures = [0.5, 0.99, 1.0].map(|part| format!("{:.1}", percentile(&times, part)));
    [name.to_owned()].into_iter().chain(figures).collect()
}

fn the_worst(samples: &Samples, app: &App) -> Result<()> {
    println!("\nThe worst searches, {WORST_ROUNDS} times each, the slowest first; microseconds");
    let mut measured = Vec::new();
    for (what, search) in worst::searches(samples) {
        let times: Vec<f64> = (0..WORST_ROUNDS).map(|_| time(app, &search)).collect();
        measured.push((sorted(times), what, search));
    }
    measured.sort_by(|one, other| percentile(&other.0, 0.5).total_cmp(&percentile(&one.0, 0.5)));
    let table = Table::start(&["search", "with", "p50", "max"]);
    for (times, what, search) in &measured {
        let figures = [0.5, 1.0].map(|part| format!("{:.1}", percentile(times, part)));
        let [middle, most] = figures;
        let with = format!("{:?}", search.extras);
        table.row(&[(*what).to_owned(), with, middle, most]);
    }
    Ok(())
}

fn over_http(amount: &Amount<'_>, samples: &Samples, database: &DatabaseUrl) -> Result<()> {
    let started = Instant::now();
    let server = Server::start(&database.to_string(), &[])?;
    let address = &server.process.address;
    Ours::when_ready(address)?.context("/avalon/search does not exist")?;
    println!(
        "\nThe server was ready for lists after {:.3} s, for searches after {:.3} s. Its log:",
        server.ready_after.as_secs_f64(),
        started.elapsed().as_secs_f64()
    );
    let log = server.log()?;
    for line in log
        .lines()
        .filter(|line| line.to_lowercase().contains("search"))
    {
        println!("{line}");
    }
    server.process.rest()?;
    for clients in CLIENTS {
        println!("\nOver HTTP, clients: {clients}; microseconds");
        let table = Table::start(&["kind", "p50", "p99", "max", "searches/s", "no 200"]);
        for (number, kind) in (1..).zip(named(amount.only)?) {
            let mut random = Random::new(number);
            let first = kind.searches(amount.searches / 10, samples, &mut random)?;
            ask(address, clients, &first)?;
            let counted = kind.searches(amount.searches, samples, &mut random)?;
            let asked = ask(address, clients, &counted)?;
            let mut cells = row(kind.name, asked.times);
            cells.push(format!("{:.0}", counted.len() as f64 / asked.seconds));
            cells.push(asked.refused.to_string());
            table.row(&cells);
        }
    }
    Ok(())
}

/// Searches that clients asked.
struct Asked {
    /// Microseconds of each.
    times: Vec<f64>,
    /// How many answers are no 200.
    refused: usize,
    /// From the first to the last.
    seconds: f64,
}

/// Asks each search once, by so many clients that each wait for their answer.
fn ask(address: &str, clients: usize, searches: &[Search]) -> Result<Asked> {
    let targets: Vec<String> = searches.iter().map(Search::target).collect();
    let each = targets.len().div_ceil(clients).max(1);
    let mut asked = Asked {
        times: Vec::with_capacity(targets.len()),
        refused: 0,
        seconds: 0.0,
    };
    let shares: Vec<(Client, &[String])> = targets
        .chunks(each)
        .map(|share| Ok((Client::connect(address)?, share)))
        .collect::<Result<_>>()?;
    let started = Instant::now();
    thread::scope(|scope| -> Result<()> {
        let clients: Vec<_> = shares
            .into_iter()
            .map(|(client, share)| scope.spawn(|| ask_all(client, share)))
            .collect();
        for client in clients {
            let (times, refused) = client.join().ok().context("a client panicked")??;
            asked.times.extend(times);
            asked.refused += refused;
        }
        Ok(())
    })?;
    asked.seconds = started.elapsed().as_secs_f64();
    Ok(asked)
}

fn ask_all(mut client: Client, targets: &[String]) -> Result<(Vec<f64>, usize)> {
    let (mut times, mut refused) = (Vec::with_capacity(targets.len()), 0);
    for target in targets {
        let started = Instant::now();
        let answer = client.get(target)?;
        times.push(started.elapsed().as_secs_f64() * 1e6);
        refused += usize::from(answer.status != 200);
    }
    Ok((times, refused))
}
