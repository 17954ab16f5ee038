//! Avalon's server: from the database to the answers of a JSON API.
//!
//! Each arrow is one function between two named types; everything right of the database is
//! immutable once it is built, and shared by all threads behind one pointer. What takes long and is not needed for
//! lists, as search, or only makes some of them faster, is added once they are served.
//!
//! ```text
//! [ database ] --database::load--> Columns --Catalog::new--> Catalog --Index::build--> Index
//!                                                                 \--Fragments::of_*--> Fragments
//! Index --Index::prepare--> more of the same; Catalog, Details, Index --Search::build--> Search
//! query string --Query::parse--> Query --query::run--> Selection --response::list--> Body
//! query string --SearchQuery::parse--> Request --Search::run--> Found --response::search--> Body
//! ```
//!
//! Modules are declared in that order, after what several need: each imports only those above it. `app` composes the first
//! three lines, `service` the others by the routes of `api`, `reload` has the first done again whenever there
//! is a new library, only `server` knows sockets, and `run` puts them together for `main`.

pub mod cli;

mod sorting;

pub mod catalog;

pub mod index;

pub mod query;

pub mod search;

pub mod response;

pub mod api;

pub mod app;

pub mod service;

pub mod allocator;

pub mod reload;

pub mod server;

pub mod run;
