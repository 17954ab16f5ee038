//! The files that the zoo begins with.
//!
//! In: folders. Out: [`Seed`]s, in the order of their paths.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use avalon_scan::audio::{self, Extension};
use avalon_scan::reader::Source;
use walkdir::WalkDir;

/// The largest seed that has mutants, in bytes: larger ones would fill the disk.
pub(crate) const LARGEST_PARENT: u64 = 256 << 10;

/// The largest seed, in bytes.
const LARGEST: u64 = 8 << 20;

/// A file as it was found.
pub(crate) struct Seed {
    /// The name of the file, with no more than what every file system takes.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// Whether it is sound by content or by name, and small enough to have mutants.
    pub(crate) is_sound: bool,
}

/// Every file below the folders, links left out.
pub(crate) fn find(folders: &[PathBuf]) -> Result<Vec<Seed>> {
    let mut seeds = Vec::new();
    for folder in folders {
        for entry in WalkDir::new(folder).sort_by_file_name() {
            let entry = entry.with_context(|| folder.display().to_string())?;
            if entry.file_type().is_file() && entry.metadata()?.len() <= LARGEST {
                seeds.push(seed(entry.path())?);
            }
        }
    }
    Ok(seeds)
}

fn seed(path: &Path) -> Result<Seed> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    let len = bytes.len() as u64;
    let is_named = audio::extension(path) != Extension::Other;
    let is_sound = is_named || audio::sniff(&mut Source::new(&bytes, len))?.is_some();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '_');
    let plain: Vec<char> = name.chars().filter(is_plain).collect();
    Ok(Seed {
        // The end says the format.
        name: plain[plain.len().saturating_sub(60)..].iter().collect(),
        is_sound: is_sound && len > 0 && len <= LARGEST_PARENT,
        bytes,
    })
}
