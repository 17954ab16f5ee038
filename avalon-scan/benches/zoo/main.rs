//! A zoo of odd files, and what becomes of them.
//!
//! `cargo test -p avalon-scan --bench zoo -- --seeds DIR [OPTIONS]` takes every file below the folders
//! of seeds (the test files of other projects; docs/developers.md says where from), and those of
//! tests/data, and makes [mutants](mutate) of them, the same ones for the same seeds and number. Then
//! it scans the folder twice with the [program](outside), and reads each file [in this process](inside), at
//! last as every format that there is. It ends with an error where a bound is passed, a panic is not lofty's, a
//! scan does not end as it should, a file named like sound is neither a track nor an issue, or the
//! second scan opens a file or says something else.
//!
//! `cargo test` builds it with checks for overflow; `cargo bench` without, as it is used.
//!
//! Options: `--seeds DIR` (again for more), `--files N` (12000), `--number N` (another number makes
//! other mutants), `--folder DIR` (where the zoo is made and stays; else a temporary folder),
//! `--scanner PROGRAM` (another build of avalon-scan).

#![expect(
    clippy::print_stdout,
    reason = "it prints what it found; it is no part of the product"
)]

mod inside;
mod mutate;
mod outside;
mod seeds;

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};

use crate::mutate::Random;

/// 2020-01-01T00:00:00Z, so that no scan takes a file for one in change.
const MODIFIED: Duration = Duration::from_secs(1_577_836_800);

/// Mutants in one folder.
const FOLDER: usize = 500;

struct Options {
    seeds: Vec<PathBuf>,
    files: usize,
    number: u64,
    folder: Option<PathBuf>,
    scanner: PathBuf,
}

fn main() -> Result<()> {
    let Some(options) = options(env::args().skip(1))? else {
        return Ok(());
    };
    let temporary = tempfile::tempdir()?;
    let folder = options.folder.as_deref().unwrap_or(temporary.path());
    let files = make(&options, &folder.join("zoo"))?;
    outside::scan(&options.scanner, folder, &files)?;
    inside::read(&files)?;
    inside::read_as_everything(&files)
}

/// `None` where nothing is asked for, as in a run of every target.
fn options(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
    let mut options = Options {
        seeds: vec![data],
        files: 12_000,
        number: 1,
        folder: None,
        scanner: env!("CARGO_BIN_EXE_avalon-scan").into(),
    };
    let mut is_asked = false;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().context(argument.clone());
        match argument.as_str() {
            "--seeds" => options.seeds.push(value()?.into()),
            "--files" => options.files = value()?.parse().context("--files")?,
            "--number" => options.number = value()?.parse().context("--number")?,
            "--folder" => options.folder = Some(value()?.into()),
            "--scanner" => options.scanner = value()?.into(),
            // cargo bench says so to every bench.
            "--bench" => continue,
            other => bail!("unknown option {other}; see the head of this file"),
        }
        is_asked = true;
    }
    Ok(is_asked.then_some(options))
}

/// Writes the seeds and their mutants, and returns where they are.
fn make(options: &Options, zoo: &Path) -> Result<Vec<PathBuf>> {
    let seeds = seeds::find(&options.seeds)?;
    let sound: Vec<_> = seeds.iter().filter(|seed| seed.is_sound).collect();
    println!(
        "{} seeds, {} of them sound of at most {} KiB, number {}",
        seeds.len(),
        sound.len(),
        seeds::LARGEST_PARENT >> 10,
        options.number
    );
    let mut files = Vec::with_capacity(options.files);
    for (at, seed) in seeds.iter().enumerate() {
        let path = zoo.join("seeds").join(format!("{at:05}-{}", seed.name));
        write(&path, &seed.bytes)?;
        files.push(path);
    }
    let mut random = Random::new(options.number);
    for at in seeds.len()..options.files {
        let (one, other) = (random.of(&sound)?, random.of(&sound)?);
        let (kinds, bytes) = mutate::mutant(&one.bytes, &other.bytes, &mut random);
        // One in ten is called what it is not.
        let named = if random.below(10) == 0 { other } else { one };
        let folder = zoo.join(format!("{:03}", at / FOLDER));
        let path = folder.join(format!("{at:05}-{kinds}-{}", named.name));
        write(&path, &bytes)?;
        files.push(path);
    }
    println!("{} files in {}", files.len(), zoo.display());
    Ok(files)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let context = || path.display().to_string();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(context)?;
    }
    fs::write(path, bytes).with_context(context)?;
    let file = File::options().write(true).open(path)?;
    file.set_modified(SystemTime::UNIX_EPOCH + MODIFIED)?;
    Ok(())
}
