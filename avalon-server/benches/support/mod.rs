//! What the server's benchmarks share.
//!
//! In the order of a benchmark: options that say which library; the library, made up from a seed
//! (vocabulary, names, generator, rows) and stored in a database (store, postgres); samples of it for
//! requests; the server on it and the constant-body server beside it, with a daemon for its metrics; and
//! who asks them: a client of our own, or wrk. Every benchmark includes this folder with
//! `#[path = "../support/mod.rs"] mod support;`.

#![allow(dead_code, reason = "each benchmark uses its own share of this")]

pub(crate) mod vocabulary;

pub(crate) mod names;

pub(crate) mod generator;

pub(crate) mod rows;

pub(crate) mod postgres;

pub(crate) mod store;

pub(crate) mod samples;

pub(crate) mod options;

pub(crate) mod table;

pub(crate) mod body;

pub(crate) mod client;

pub(crate) mod process;

pub(crate) mod statsd;

pub(crate) mod constant;

pub(crate) mod wrk;
