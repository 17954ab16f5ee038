//! What is written beside the code stays true to it. None of this needs the network.
//!
//! `avalon-server` declares this test, since it builds last.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in tests, but not in their helpers"
)]

/// docs/cli.md names every option that a program's --help shows, and no other.
mod commands;
/// docs/configuration.md has a row for every key of the default settings, and no other.
mod configuration;
/// The dependency tree is what deny.toml allows.
mod dependencies;
/// Links between the Markdown files lead somewhere.
mod links;
/// Modules import only what lib.rs declares above them.
mod modules;
/// docs/api/ has a page for every route, and no other.
mod routes;

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    folder.canonicalize().unwrap()
}

/// The text of a file, named from the root.
fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files below `folder` with this extension, sorted; hidden folders, and those that hold what
/// was built, left out.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() && !path.is_symlink() {
                let built = path.join("CACHEDIR.TAG").is_file() || name == "dist";
                if !built && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A path as it is named from the root, for messages.
fn shown(path: &Path) -> String {
    let root = root();
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// The names in backticks that open the rows of the tables in a Markdown text: `NAME` of
/// "| `NAME` | ...".
fn first_cells(markdown: &str) -> Vec<String> {
    let cell = |line: &str| {
        let cell = line.trim().strip_prefix('|')?.split('|').next()?.trim();
        let name = cell.strip_prefix('`')?.strip_suffix('`')?;
        Some(name.to_owned())
    };
    markdown.lines().filter_map(cell).collect()
}
