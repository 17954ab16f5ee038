//! avalon-server beside a bare hyper server that sends a constant body with the same headers.
//!
//! `cargo bench -p avalon-server --bench http [-- OPTIONS]` makes a library (see support/), starts
//! avalon-server on it with default settings and a daemon for its metrics, and for each kind of request a
//! constant-body server of the same size of answer; the load tool `wrk` (Debian: wrk) asks both in
//! turn. Prints CPU time that each server's process took per request, and requests per second, as
//! medians, with the ratios. The CPU columns are the steadier ones: wrk shares the cores with the server that
//! it measures. The first table is of requests that are asked again and again, which are answered from what is
//! kept; its last line is one constant-body server beside another: the noise. In the second each request is
//! another one. With several sizes of `--tracks`, a last table tells how our CPU time per request grows.
//!
//! With `--whole` it measures lists without a limit instead: each of 8 connections of our own client
//! reads `--lists` of them; prints the same columns and the peak of our memory meanwhile.
//!
//! With `--original` it measures ours alone, at the requests and with the connections that the original was
//! once measured with, and prints how many times faster it is.
//!
//! Options: `--help` tells them.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark prints its table; it is no part of the product"
)]

mod different;
mod original;
mod requests;
#[path = "../support/mod.rs"]
mod support;
mod whole;

use anyhow::{Result, ensure};
use clap::Parser;

use different::Material;
use requests::{client, success};
use support::options::Libraries;
use support::process::{Process, Server};
use support::samples::Samples;
use support::statsd::Statsd;
use support::store::Library;
use support::table::{Table, megabytes};
use support::wrk::{Comparison, Figures, Load, Targets};
use support::{client::Answer, constant};

const NOISE: &str = "noise: constant beside constant";

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    libraries: Libraries,
    /// Runs of each server for each kind of request
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// Length of a run
    #[arg(long, value_name = "N", default_value_t = 2)]
    seconds: usize,
    /// Connections of wrk
    #[arg(long, value_name = "N", default_value_t = 64)]
    connections: usize,
    /// Only kinds of requests whose name has this in it
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Lists without a limit
    #[arg(long)]
    whole: bool,
    /// Ours alone, beside figures of the original
    #[arg(long, conflicts_with = "whole")]
    original: bool,
    /// Lists that each client reads with --whole
    #[arg(long, value_name = "N", default_value_t = 20)]
    lists: usize,
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }
}

/// Our CPU time per request by kind of request, for each size of the library in turn.
#[derive(Default)]
struct Growth(Vec<(&'static str, Vec<f64>)>);

impl Growth {
    fn add(&mut self, name: &'static str, figures: Figures) {
        let figure = figures.cpu_microseconds;
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => known.push(figure),
            None => self.0.push((name, vec![figure])),
        }
    }
}

fn main() -> Result<()> {
    if constant::serve_if_asked()? {
        return Ok(());
    }
    let options = Options::parse();
    if !options.libraries.measures() {
        return Ok(());
    }
    let libraries = options.libraries.wanted(&[100_000]);
    let mut growth = Growth::default();
    for library in &libraries {
        bench(&options, library, &mut growth)?;
    }
    if libraries.len() > 1 && !growth.0.is_empty() {
        print_growth(&libraries, &growth);
    }
    Ok(())
}

fn bench(options: &Options, library: &Library, growth: &mut Growth) -> Result<()> {
    let folder = options.libraries.folder()?;
    let database = library.in_folder(folder.path())?;
    let statsd = Statsd::start()?;
    let settings = [
        ("AVALON_STATSD_HOST", "127.0.0.1".to_owned()),
        ("AVALON_STATSD_PORT", statsd.port.to_string()),
    ];
    let url = format!("sqlite:///{}", database.display());
    let server = Server::start(&url, &settings)?;
    server.process.rest()?;
    println!(
        "\n{} tracks (seed {}); ready after {:.2} s; {} MB at rest",
        library.tracks,
        library.seed,
        server.ready_after.as_secs_f64(),
        megabytes(server.process.resident_bytes()?)
    );
    if options.whole {
        return whole::bench(&server, library.tracks, options.rounds, options.lists);
    }
    if options.original {
        let samples = Samples::of(library)?;
        return original::bench(&server, &samples, options.rounds, options.seconds);
    }
    let bench = Bench {
        load: Load {
            seconds: options.seconds,
            connections: options.connections,
        },
        rounds: options.rounds,
        server: &server,
    };
    bench.load.check()?;
    bench.all(library, options, growth)?;
    println!(
        "\n{} metrics came; resident memory at the end: {} MB",
        statsd.metrics(),
        megabytes(server.process.resident_bytes()?)
    );
    Ok(())
}

struct Bench<'a> {
    load: Load,
    rounds: usize,
    server: &'a Server,
}

impl Bench<'_> {
    fn all(&self, library: &Library, options: &Options, growth: &mut Growth) -> Result<()> {
        println!(
            "{} rounds of {} s, {} connections",
            self.rounds, self.load.seconds, self.load.connections
        );
        let samples = Samples::of(library)?;
        self.repeated(&samples, library, options, growth)?;
        self.different(&samples, library, options, growth)
    }

    /// The same requests again and again, and the noise.
    fn repeated(
        &self,
        samples: &Samples,
        library: &Library,
        options: &Options,
        growth: &mut Growth,
    ) -> Result<()> {
        let mut client = client(&self.server.process)?;
        let mut requests = requests::repeated(samples, library.tracks, &mut client)?;
        requests.retain(|request| options.wants(request.name));
        if requests.is_empty() && !options.wants(NOISE) {
            return Ok(());
        }
        let table = columns();
        for request in &requests {
            let answer = success(&mut client, &request.target)?;
            let targets = Targets::One(&request.target);
            let ours = self.request(&table, request.name, &targets, &answer, answer.body.len())?;
            growth.add(request.name, ours);
        }
        if options.wants(NOISE) {
            let target = "/avalon/songs?query=a&limit=20";
            let answer = success(&mut client, target)?;
            let size = answer.body.len();
            let one = constant::start(size, &answer)?;
            let other = constant::start(size, &answer)?;
            self.pair(&table, NOISE, &Targets::One(target), size, (&one, &other))?;
        }
        Ok(())
    }

    /// Another request each time.
    fn different(
        &self,
        samples: &Samples,
        library: &Library,
        options: &Options,
        growth: &mut Growth,
    ) -> Result<()> {
        let kinds = different::KINDS.iter();
        let kinds: Vec<_> = kinds.filter(|kind| options.wants(kind.name)).collect();
        if kinds.is_empty() {
            return Ok(());
        }
        println!(
            "\nEach request another one: nothing comes from what is kept, but for prefixes that come again."
        );
        let material = Material::of(samples, library.tracks);
        let folder = tempfile::tempdir()?;
        let mut client = client(&self.server.process)?;
        let table = columns();
        let mut counts = Vec::new();
        for kind in kinds {
            let listed = kind.list(&material, folder.path(), &mut client)?;
            let targets = Targets::Listed {
                script: &listed.script,
                list: &listed.list,
            };
            let ours = self.request(&table, kind.name, &targets, &listed.example, listed.size)?;
            growth.add(kind.name, ours);
            counts.push((kind.name, listed.count, listed.different));
        }
        println!();
        for (name, count, different) in counts {
            println!("{count} by turns, {different} different: {name}");
        }
        Ok(())
    }

    /// Measures ours beside a constant like this answer.
    fn request(
        &self,
        table: &Table,
        name: &str,
        targets: &Targets,
        like: &Answer,
        size: usize,
    ) -> Result<Figures> {
        let constant = constant::start(size, like)?;
        same_headers(&constant, like)?;
        self.pair(
            table,
            name,
            targets,
            size,
            (&self.server.process, &constant),
        )
    }

    fn pair(
        &self,
        table: &Table,
        name: &str,
        targets: &Targets,
        size: usize,
        servers: (&Process, &Process),
    ) -> Result<Figures> {
        let comparison = self.load.compare(self.rounds, targets, servers)?;
        table.row(&row(name, size, &comparison));
        Ok(comparison.ours)
    }
}

fn columns() -> Table {
    Table::start(&[
        "request",
        "bytes",
        "ours CPU us",
        "constant CPU us",
        "ratio",
        "ours req/s",
        "constant req/s",
        "ratio",
    ])
}

/// Ratios are better the higher they are, and 1 where ours costs nothing more.
fn row(name: &str, size: usize, comparison: &Comparison) -> Vec<String> {
    let Comparison {
        ours,
        theirs,
        cpu_ratio,
        rate_ratio,
    } = comparison;
    vec![
        name.to_owned(),
        size.to_string(),
        format!("{:.2}", ours.cpu_microseconds),
        format!("{:.2}", theirs.cpu_microseconds),
        format!("{cpu_ratio:.2}"),
        format!("{:.0}", ours.requests_per_second),
        format!("{:.0}", theirs.requests_per_second),
        format!("{rate_ratio:.2}"),
    ]
}

/// A constant that sent less would be cheaper for that alone. (The date is of the moment.)
pub(crate) fn same_headers(constant: &Process, ours: &Answer) -> Result<()> {
    let names = |answer: &Answer| {
        let is_the_same = |(name, _): &&(String, String)| {
            !["date", "content-length"].contains(&name.to_ascii_lowercase().as_str())
        };
        let mut headers: Vec<_> = answer.headers.iter().filter(is_the_same).cloned().collect();
        headers.sort();
        (headers, answer.headers.len())
    };
    let theirs = client(constant)?.get("/")?;
    ensure!(
        names(&theirs) == names(ours),
        "the constant sends {:?} and ours {:?}",
        theirs.headers,
        ours.headers
    );
    Ok(())
}

fn print_growth(libraries: &[Library], growth: &Growth) {
    println!("\nOur CPU time per request, us, by tracks:");
    let sizes = libraries.iter().map(|library| library.tracks.to_string());
    let columns: Vec<String> = std::iter::once("request".to_owned()).chain(sizes).collect();
    let table = Table::start(&columns.iter().map(String::as_str).collect::<Vec<_>>());
    for (name, figures) in &growth.0 {
        let figures = figures.iter().map(|figure| format!("{figure:.2}"));
        let name = std::iter::once((*name).to_owned());
        table.row(&name.chain(figures).collect::<Vec<_>>());
    }
}
