//! Options that benchmarks share: which libraries, and where they lie.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use tempfile::TempDir;

use super::postgres::Postgres;
use super::store::Library;

/// Which libraries a benchmark runs on.
#[derive(Args)]
pub(crate) struct Libraries {
    /// Sizes in tracks, one after the other, separated by commas
    #[arg(long, value_name = "N,...", value_delimiter = ',')]
    tracks: Vec<usize>,
    /// Another library for every number
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Keep the SQLite files here, and use them again; otherwise they are gone afterwards
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Write only the original's columns and the disc
    #[arg(long)]
    bare: bool,
    #[command(flatten)]
    cargo: Cargo,
}

/// What cargo says to a benchmark: `cargo bench` that it is one, `cargo test` nothing.
#[derive(Args)]
struct Cargo {
    #[arg(long, hide = true)]
    bench: bool,
}

/// Where the SQLite files are as long as the benchmark runs.
pub(crate) enum Folder {
    Kept(PathBuf),
    Temporary(TempDir),
}

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

impl Libraries {
    /// The libraries that were asked for, or those of the default sizes.
    pub(crate) fn wanted(&self, default: &[usize]) -> Vec<Library> {
        let sizes = match self.tracks.is_empty() {
            true => default,
            false => &self.tracks,
        };
        let library = |&tracks| Library {
            tracks,
            seed: self.seed,
            is_bare: self.bare,
        };
        sizes.iter().map(library).collect()
    }

    /// Whether to measure: `cargo test --benches` wants only to see that it starts.
    pub(crate) fn measures(&self) -> bool {
        self.cargo.bench
    }

    pub(crate) fn folder(&self) -> Result<Folder> {
        Ok(match &self.folder {
            Some(path) => Folder::Kept(path.clone()),
            None => Folder::Temporary(tempfile::tempdir()?),
        })
    }
}

/// Where PostgreSQL is, for benchmarks that can use it.
#[derive(Args)]
pub(crate) struct OnPostgres {
    /// A server on which databases may be made (avalon_bench_...); needs psql
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
}

impl OnPostgres {
    pub(crate) fn server(&self) -> Option<Postgres> {
        self.postgres.as_deref().map(Postgres::new)
    }
}
