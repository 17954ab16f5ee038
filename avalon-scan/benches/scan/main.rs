//! avalon-scan beside the least that a scan could cost, and beside other scanners.
//!
//! `cargo bench -p avalon-scan --bench scan [-- OPTIONS]` makes a [collection] of 20,000 files (which
//! needs ffmpeg), then runs in turn, in each round: a first scan into a new SQLite file; a scan with
//! nothing changed, beside `find -printf '%s %T@'`; the floor, which is reading the first 64 KiB of each
//! file in two threads plus a bare insert of the very rows that the scan stored; and where they are
//! asked for, PostgreSQL beside COPY, tinytag, and MPD. Prints wall and CPU seconds, peak memory,
//! files and rows per second as medians, and the ratios. Warm-up rounds, which do not count, bring
//! the files into the page cache first. The database lies in TMPDIR.
//!
//! Options: `--files N` (20000), `--folder DIR` (kept, and used again when it holds that collection; else
//! a temporary one), `--tiny` (files of about 1 KB, for a million of them), `--make` (make the
//! collection in --folder and end), `--runs N` (5), `--warm-ups N` (1), `--postgres URL` (a server on
//! which databases may be made), `--tinytag PYTHON` (a Python that has tinytag), `--mpd`.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark prints its table; it is no part of the product"
)]

mod bare_insert;
mod clips;
mod collection;
mod measure;
mod peers;
mod postgres;
mod read_floor;
mod sqlite;
mod table;
mod tags;
#[path = "../../../avalon-server/benches/support/vocabulary.rs"]
mod vocabulary;

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use crate::collection::Kind;
use crate::measure::{Figures, Output};
use crate::peers::Mpd;
use crate::postgres::Postgres;
use crate::sqlite::{Cell, Connection};
use crate::table::Table;

const FIRST: &str = "avalon-scan, first scan, SQLite";
const AGAIN: &str = "avalon-scan, nothing changed, SQLite";
const FIND: &str = "find -printf '%s %T@'";
const READ: &str = "floor a: read 64 KiB of each file, 2 threads";
const INSERT: &str = "floor b: bare insert of the same rows, SQLite";
const FIRST_POSTGRES: &str = "avalon-scan, first scan, PostgreSQL";
const COPY: &str = "bare COPY of the same rows, PostgreSQL";
const TINYTAG: &str = "tinytag, 2 processes, stores nothing";
const MPD: &str = "MPD, start and first update";
const MPD_AGAIN: &str = "MPD, update, nothing changed";

/// What was asked for.
struct Options {
    files: usize,
    folder: Option<PathBuf>,
    kind: Kind,
    only_make: bool,
    runs: usize,
    warm_ups: usize,
    postgres: Option<String>,
    tinytag: Option<String>,
    mpd: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = env::args_os().skip(2);
    match env::args().nth(1).as_deref() {
        Some(measure::ROLE) => return measure::wrap(arguments),
        Some(read_floor::ROLE) => read_floor::read(arguments)?,
        Some(bare_insert::ROLE) => bare_insert::insert(arguments)?,
        _ => {
            if let Some(options) = options(env::args().skip(1))? {
                bench(options)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `None` where there is nothing to measure.
fn options(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>> {
    let mut options = Options {
        files: 20_000,
        folder: None,
        kind: Kind::Real,
        only_make: false,
        runs: 5,
        warm_ups: 1,
        postgres: None,
        tinytag: None,
        mpd: false,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().context(argument.clone());
        let number = |value: Result<String>| -> Result<usize> {
            let value = value?;
            value.parse().with_context(|| format!("{argument} {value}"))
        };
        match argument.as_str() {
            "--files" => options.files = number(value())?,
            "--folder" => options.folder = Some(value()?.into()),
            "--tiny" => options.kind = Kind::Tiny,
            "--make" => options.only_make = true,
            "--runs" => options.runs = number(value())?.max(1),
            "--warm-ups" => options.warm_ups = number(value())?,
            "--postgres" => options.postgres = Some(value()?),
            "--tinytag" => options.tinytag = Some(value()?),
            "--mpd" => options.mpd = true,
            // cargo bench and cargo test say so to every bench.
            "--bench" => {}
            "--test" => return Ok(None),
            other => bail!("unknown option {other}; see the head of this file"),
        }
    }
    Ok(Some(options))
}

fn bench(options: Options) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let folder = options
        .folder
        .unwrap_or_else(|| scratch.path().join("collection"));
    let music = collection::make(&folder, options.files, options.kind)?.canonicalize()?;
    println!("{}", fs::read_to_string(folder.join("collection.txt"))?);
    if options.only_make {
        return Ok(());
    }
    let bench = Bench {
        files: options.files,
        music,
        scratch: scratch.path().to_owned(),
        postgres: options.postgres.map(Postgres::new).transpose()?,
        tinytag: options.tinytag,
        mpd: options.mpd,
    };
    for _ in 0..options.warm_ups {
        bench.round(&mut Table::default())?;
    }
    let mut table = Table::default();
    for _ in 0..options.runs {
        bench.round(&mut table)?;
    }
    println!("{} runs\n\n{}", options.runs, table.render(options.files));
    print_ratios(&table, options.files);
    Ok(())
}

/// What each round measures.
struct Bench {
    files: usize,
    music: PathBuf,
    scratch: PathBuf,
    postgres: Option<Postgres>,
    tinytag: Option<String>,
    mpd: bool,
}

impl Bench {
    /// Runs everything once.
    fn round(&self, table: &mut Table) -> Result<()> {
        let (scanned, copied) = (
            self.scratch.join("scanned.sqlite"),
            self.scratch.join("copied.sqlite"),
        );
        for old in [&scanned, &copied] {
            if old.exists() {
                fs::remove_file(old)?;
            }
        }
        let url = format!("sqlite:///{}", scanned.display());
        let read = read_floor::run(&self.music)?;
        let first = self.scan(&url)?;
        self.check(&scanned)?;
        let (rows, insert) = bare_insert::run(&scanned, &copied)?;
        let find = self.find()?;
        let again = self.scan(&url)?;
        table.add(FIRST, first, Some(rows));
        table.add(READ, read, None);
        table.add(INSERT, insert, Some(rows));
        table.add(AGAIN, again, None);
        table.add(FIND, find, None);
        if let Some(postgres) = &self.postgres {
            let first = self.scan(&postgres.fresh()?)?;
            let (rows, copy) = postgres.bare_copy(&self.scratch)?;
            table.add(FIRST_POSTGRES, first, Some(rows));
            table.add(COPY, copy, Some(rows));
        }
        if let Some(python) = &self.tinytag {
            table.add(TINYTAG, peers::tinytag(python, &self.music)?, None);
        }
        if self.mpd {
            let updates = Mpd::updates(&self.music)?;
            ensure!(
                updates.songs == self.files,
                "MPD has {} songs",
                updates.songs
            );
            table.add(MPD, updates.first, None);
            table.add(MPD_AGAIN, updates.second, None);
        }
        Ok(())
    }

    fn scan(&self, url: &str) -> Result<Figures> {
        let command: [&OsStr; 5] = [
            env!("CARGO_BIN_EXE_avalon-scan").as_ref(),
            "--quiet".as_ref(),
            "-d".as_ref(),
            url.as_ref(),
            self.music.as_ref(),
        ];
        Ok(measure::run(&command, Output::Null)?.0)
    }

    fn find(&self) -> Result<Figures> {
        let command: [&OsStr; 6] = [
            "find".as_ref(),
            self.music.as_ref(),
            "-type".as_ref(),
            "f".as_ref(),
            "-printf".as_ref(),
            "%s %T@\\n".as_ref(),
        ];
        Ok(measure::run(&command, Output::Null)?.0)
    }

    /// A scan that lost files would be fast.
    fn check(&self, database: &Path) -> Result<()> {
        let counted = Connection::open(database)?.rows("SELECT count(*) FROM tracks")?;
        match counted.first().and_then(|row| row.first()) {
            Some(Cell::Integer(tracks)) if *tracks as usize == self.files => Ok(()),
            Some(Cell::Integer(tracks)) => bail!("{tracks} tracks of {} files", self.files),
            _ => bail!("{} has no tracks", database.display()),
        }
    }
}

fn print_ratios(table: &Table, files: usize) {
    let floor = table.costs(READ).zip(table.costs(INSERT));
    let floor = floor.map(|(read, insert)| read.plus(insert));
    println!("| ratio | wall | least wall | CPU |\n|---|---|---|---|");
    for (ours, name, bound) in [
        (FIRST, "floor a + b", floor),
        (AGAIN, FIND, table.costs(FIND)),
        (FIRST_POSTGRES, COPY, table.costs(COPY)),
        (FIRST, TINYTAG, table.costs(TINYTAG)),
        (FIRST, MPD, table.costs(MPD)),
        (AGAIN, MPD_AGAIN, table.costs(MPD_AGAIN)),
    ] {
        if let Some((costs, bound)) = table.costs(ours).zip(bound) {
            println!("| {ours} / {name} | {} |", costs.ratios(bound));
        }
    }
    let peak = table.peak(FIRST).unwrap_or(f64::NAN);
    println!(
        "\npeak memory of the first scan: {:.0} bytes a file",
        peak / files as f64
    );
}
