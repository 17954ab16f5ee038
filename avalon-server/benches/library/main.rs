//! Writes a made-up library of any size into a database.
//!
//! `cargo bench -p avalon-server --bench library -- --tracks N --database URL [--seed N] [--bare]` replaces
//! what the database holds; it is then as a first scan of such a collection leaves it behind.
//! With `--folder DIR` in place of `--database` the SQLite file is made where the other benchmarks look for it,
//! if it is not there yet; with `--postgres URL` (a server on which databases may be made) likewise. How names and numbers
//! are spread is said in support/names.rs and support/generator.rs.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark says what it did; it is no part of the product"
)]

#[path = "../support/mod.rs"]
mod support;

use std::time::Instant;

use anyhow::{Result, ensure};
use avalon_core::database::{DatabaseUrl, Rows, load, open_for_server};
use clap::Parser;

use support::options::{Libraries, OnPostgres};
use support::store::Library;

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    libraries: Libraries,
    #[command(flatten)]
    postgres: OnPostgres,
    /// The database to write to, as the setting DATABASE_URL
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

fn main() -> Result<()> {
    let options = Options::parse();
    if !options.libraries.measures() {
        return check();
    }
    for library in options.libraries.wanted(&[100_000]) {
        let started = Instant::now();
        let place = match (&options.database, options.postgres.server()) {
            (Some(url), _) => {
                library.write(&DatabaseUrl::parse(url)?)?;
                DatabaseUrl::parse(url)?.to_string()
            }
            (None, Some(server)) => DatabaseUrl::parse(&library.on_postgres(&server)?)?.to_string(),
            (None, None) => {
                let folder = options.libraries.folder()?;
                library.in_folder(folder.path())?.display().to_string()
            }
        };
        println!(
            "{} tracks in {place} after {:.1} s",
            library.tracks,
            started.elapsed().as_secs_f64()
        );
    }
    Ok(())
}

/// What `cargo test --benches` checks: one seed makes one library, and a larger one begins with it.
fn check() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let loaded = |name: &str, tracks: usize, seed: u64| {
        let url = DatabaseUrl::SqliteFile(folder.path().join(name));
        let library = Library {
            tracks,
            seed,
            is_bare: false,
        };
        library.write(&url)?;
        let mut rows = Rows::default();
        load(&mut open_for_server(&url)?, &mut rows)?;
        Ok::<_, anyhow::Error>(rows)
    };
    let (one, again) = (loaded("one", 3_000, 1)?, loaded("again", 3_000, 1)?);
    ensure!(one == again, "one seed makes two libraries");
    ensure!(one.tracks.len() == 3_000, "{} tracks", one.tracks.len());
    ensure!(
        one != loaded("other", 3_000, 2)?,
        "two seeds make one library"
    );
    let larger = loaded("larger", 4_000, 1)?;
    let begins = one.tracks.iter().all(|track| larger.tracks.contains(track));
    ensure!(begins, "a larger library does not begin with the smaller");
    Ok(())
}
