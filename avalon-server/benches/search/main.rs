//! How well searches are answered, and how long they take.
//!
//! `cargo bench -p avalon-server --bench search -- --quality SONGS.tsv QUERIES.tsv` makes a library of the
//! songs, starts the server on it, asks it every search, and prints how often the right answer is among
//! the first 1, 5 and 20 by kind, beside SQLite's FTS5, tantivy as it comes, and the `query` of lists.
//!
//! `cargo bench -p avalon-server --bench search -- --latency --tracks 1000000 --folder DIR` takes the time of
//! searches of every kind over a made-up library, in the process and over HTTP, and of the worst ones
//! that we could think of.
//!
//! Options: `--help` tells them.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark prints its table; it is no part of the product"
)]

#[path = "../support/mod.rs"]
mod support;

mod songs;

mod queries;

mod judge;

mod engines;

mod fts5;

mod plain;

mod served;

mod quality;

mod searches;

mod edits;

mod kinds;

mod worst;

mod latency;

mod check;

use std::path::{Path, PathBuf};

use anyhow::Result;
use avalon_core::database::DatabaseUrl;
use clap::Parser;

use engines::Engine;
use fts5::Fts5;
use latency::{Amount, Part};
use plain::Plain;
use queries::Query;
use served::{Lists, Ours};
use songs::Songs;
use support::options::Libraries;
use support::process::Server;

#[derive(Parser)]
struct Options {
    /// Judge the answers to these searches over these songs
    #[arg(long, num_args = 2, value_names = ["SONGS.tsv", "QUERIES.tsv"])]
    quality: Vec<PathBuf>,
    /// Leave out what ours is put beside
    #[arg(long, requires = "quality")]
    only_ours: bool,
    /// Ask a server that runs on these songs, instead of starting one
    #[arg(long, value_name = "URL", requires = "quality")]
    server: Option<String>,
    /// Print the searches of this kind (or of all) that we answer wrong, and how
    #[arg(long, value_name = "KIND", requires = "quality")]
    misses: Option<String>,
    /// Take the time of searches over made-up libraries, as without --quality
    #[arg(long)]
    latency: bool,
    #[command(flatten)]
    libraries: Libraries,
    /// Searches of each kind whose time is taken
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    searches: usize,
    /// Take the time only of kinds whose name has this in it
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// What to take the time of
    #[arg(long, value_delimiter = ',', default_values = ["process", "worst", "http"])]
    parts: Vec<Part>,
    /// How many of the slowest searches to print
    #[arg(long, value_name = "N", default_value_t = 10)]
    slowest: usize,
}

fn main() -> Result<()> {
    let options = Options::parse();
    if !options.libraries.measures() {
        return check::check();
    }
    if let [songs, queries] = &options.quality[..] {
        judge_quality(&options, songs, queries)?;
    }
    if options.latency || options.quality.is_empty() {
        take_times(&options)?;
    }
    Ok(())
}

fn judge_quality(options: &Options, songs: &Path, queries: &Path) -> Result<()> {
    let songs = Songs::read(songs)?;
    let queries: Vec<Query> = queries::read(queries, &songs)?;
    let wanted = queries.iter().filter_map(|query| query.wanted.as_ref());
    let absent = wanted.filter(|wanted| !wanted.is_there).count();
    println!(
        "{} songs, {} artists, {} albums; {} searches, of which {absent} want what is not there",
        songs.songs.len(),
        songs.artists.len(),
        songs.albums.len(),
        queries.len()
    );
    let folder = tempfile::tempdir()?;
    let (server, address) = match &options.server {
        Some(url) => {
            let address = url.trim_start_matches("http://").trim_end_matches('/');
            (None, address.to_owned())
        }
        None => {
            let url = DatabaseUrl::SqliteFile(folder.path().join("songs.sqlite"));
            songs.write(&url)?;
            let server = Server::start(&url.to_string(), &[])?;
            let address = server.process.address.clone();
            (Some(server), address)
        }
    };
    let ours = Ours::when_ready(&address)?;
    if ours.is_none() {
        println!("The server does not know /avalon/search");
    }
    if let Some(kind) = &options.misses {
        let Some(mut ours) = ours else { return Ok(()) };
        return quality::print_misses(&mut ours, &queries, kind);
    }
    let mut engines: Vec<Box<dyn Engine>> = Vec::new();
    if let Some(ours) = ours {
        engines.push(Box::new(ours));
    }
    if !options.only_ours {
        engines.push(Box::new(Fts5::of(&songs)?));
        engines.push(Box::new(Plain::of(&songs)?));
        engines.push(Box::new(Lists::connect(&address)?));
    }
    quality::compare(engines, &queries)?;
    drop(server);
    Ok(())
}

fn take_times(options: &Options) -> Result<()> {
    let amount = Amount {
        searches: options.searches,
        only: &options.only,
        parts: &options.parts,
        slowest: options.slowest,
    };
    for library in options.libraries.wanted(&[100_000]) {
        let folder = options.libraries.folder()?;
        let database = DatabaseUrl::SqliteFile(library.in_folder(folder.path())?);
        latency::bench(&amount, &library, &database)?;
    }
    Ok(())
}
