//! From folders of music to rows in a database.
//!
//! ```text
//! PathBuf --Root::open--> Root --files::walk--> Found --look--> Looked --Ledger--> Changes --Writer--> [ database ]
//!                              [ database ] --> Memory --^         ^-- read --> Track --rows--> Prepared
//! ```
//!
//! and within `read`, for one file:
//!
//! ```text
//! File --reader--> Source --audio::sniff--> Format --audio::read--> Sound --Tags::of--> Tags
//!                        (lofty reads the file, [`tags`] say what lofty's tags mean for the library)
//! ```
//!
//! Modules are declared in the order of their dependence: each imports only those above it. `scan`
//! puts the stages together. What this crate is not: it serves nothing, and it changes no file of
//! the collection.

pub mod exit;

pub mod stop;

pub mod issue;

pub mod reader;

pub mod view;

pub mod tags;

pub mod audio;

pub mod paths;

pub mod files;

pub mod pipeline;

mod catch;

pub mod read;

pub mod names;

pub mod rows;

pub mod moves;

pub mod memory;

pub mod look;

pub mod report;

pub mod ledger;

pub mod guards;

pub mod progress;

pub mod scan;

pub mod json;

pub mod watch;

pub mod cli;
