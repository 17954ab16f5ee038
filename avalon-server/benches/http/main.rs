//! Requests per second of avalon-server beside a bare hyper server that sends a constant body.
//!
//! `cargo bench -p avalon-server --bench http [-- OPTIONS]` makes a library of 100,000 tracks in a
//! temporary SQLite file, starts avalon-server on it, and for each kind of request a constant-body
//! server of the same size of answer; the load tool `wrk` (Debian: wrk) asks both in turn. Prints
//! requests per second and the CPU time that each server's process took per request, as medians,
//! with the ratio of ours to the constant's. The CPU column is the steadier one: wrk shares the
//! cores with the server that it measures.
//!
//! Options: `--tracks N` (100000), `--rounds N` (5), `--seconds N` (2), `--connections N` (64).

#![expect(
    clippy::print_stdout,
    reason = "a benchmark prints its table; it is no part of the product"
)]

mod constant;
mod library;
mod load;
mod process;
mod vocabulary;

use std::env;

use anyhow::{Context, Result, bail};

use crate::load::{Figures, Load};
use crate::process::{Constant, Server};

/// What is measured: a name for the table and the request.
fn requests(library: &library::Library) -> Vec<(&'static str, String)> {
    let artist = library.artist_with_about(40);
    let rare = library.rare_title_word();
    vec![
        ("heartbeat", "/avalon/heartbeat".to_owned()),
        (
            "songs?artist_id=... (about 40 tracks)",
            format!("/avalon/songs?artist_id={artist}"),
        ),
        (
            "songs?query=<rare word>&limit=20",
            format!("/avalon/songs?query={rare}&limit=20"),
        ),
        (
            "songs?query=a&limit=20",
            "/avalon/songs?query=a&limit=20".to_owned(),
        ),
    ]
}

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    if env::args().nth(1).as_deref() == Some(constant::ROLE) {
        return constant::serve(arguments.skip(1));
    }
    let (mut tracks, mut rounds) = (100_000, 5);
    let mut load = Load::default();
    while let Some(argument) = arguments.next() {
        let mut number = || -> Result<usize> {
            let value = arguments.next().context(argument.clone())?;
            value.parse().with_context(|| format!("{argument} {value}"))
        };
        match argument.as_str() {
            "--tracks" => tracks = number()?,
            "--rounds" => rounds = number()?,
            "--seconds" => load.seconds = number()?,
            "--connections" => load.connections = number()?,
            // cargo bench and cargo test say so to every bench.
            "--bench" => {}
            "--test" => return Ok(()),
            other => bail!("unknown option {other}; see the head of this file"),
        }
    }
    load.check()?;

    let folder = tempfile::tempdir()?;
    let database = folder.path().join("bench.sqlite");
    let library = library::make(tracks, &database)?;
    println!(
        "{tracks} tracks, {rounds} rounds of {} s, {} connections",
        load.seconds, load.connections
    );
    let server = Server::start(&database)?;
    println!("ready after {:.2} s\n", server.ready_after.as_secs_f64());
    println!(
        "| request | bytes | ours req/s | constant req/s | ratio | ours CPU us | constant CPU us | ratio |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (name, target) in requests(&library) {
        let size = server.body_size(&target)?;
        let constant = Constant::start(size, target.ends_with("heartbeat"))?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            theirs.push(load.run(&constant.process, &target)?);
            ours.push(load.run(&server.process, &target)?);
        }
        let (ours, theirs) = (Figures::median(&ours), Figures::median(&theirs));
        println!(
            "| {name} | {size} | {:.0} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2} |",
            ours.requests_per_second,
            theirs.requests_per_second,
            ours.requests_per_second / theirs.requests_per_second,
            ours.cpu_microseconds,
            theirs.cpu_microseconds,
            theirs.cpu_microseconds / ours.cpu_microseconds,
        );
    }
    println!(
        "\nresident memory of the server: {} MB",
        server.process.resident_bytes()? / 1_000_000
    );
    Ok(())
}
