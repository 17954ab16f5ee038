//! What the scanner and the server must agree on.
//!
//! The whole program is one sentence, and each arrow is one function between two named types:
//!
//! ```text
//! avalon-scan     PathBuf --files::walk--> Found --look--> Looked --Ledger--> Changes --Writer--> [ database ]
//! avalon-server   [ database ] --database::load--> Columns --Catalog::new--> Catalog --Index::build--> Index
//!                 query string --Query::parse--> Query --query::run--> Selection --response--> bytes
//! ```
//!
//! The database is where both halves meet: what goes into it and comes out lives here, with the ids
//! and text forms, the settings both read, and the start-up of logging, metrics and error reports.
//! Modules are declared in the order of their dependence: each imports only those above it.
//!
//! What this crate is not: it knows no tags, no HTTP and no queries.

pub mod text;

pub mod ids;

pub mod database;

pub mod settings;

pub mod telemetry;
