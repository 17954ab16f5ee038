//! The stages between the database and an answer, each by itself, by criterion.
//!
//! `cargo bench -p avalon-server --bench stages [-- FILTER]`: reading the rows of a SQLite file, the catalog
//! of them, its index, its rendered fragments; typical queries through the service until the last byte
//! of the body was handed out, and the rendering of one page. The library is made up (support/), of
//! AVALON_BENCH_TRACKS tracks (100000), and kept in AVALON_BENCH_FOLDER where that is set. Criterion compares with its
//! last run, whose results lie in target/criterion.

#[path = "../support/mod.rs"]
mod support;

use std::env;
use std::hint::black_box;
use std::path::Path;

use anyhow::{Context, Result};
use avalon_core::database::{DatabaseError, DatabaseUrl, load, open_for_server};
use avalon_server::app::App;
use avalon_server::catalog::{Catalog, Columns};
use avalon_server::index::Index;
use avalon_server::response::Fragments;
use avalon_server::service::Service;
use criterion::{BatchSize, Criterion, SamplingMode};
use hyper::Request;

use support::body::drain;
use support::samples::{Samples, encoded};
use support::store::Library;

fn main() -> Result<()> {
    let tracks = match env::var("AVALON_BENCH_TRACKS") {
        Ok(tracks) => tracks.parse().context("AVALON_BENCH_TRACKS")?,
        Err(_) if env::args().any(|argument| argument == "--bench") => 100_000,
        // With `cargo test`, each runs once, to see that it runs.
        Err(_) => 2_000,
    };
    let library = Library {
        tracks,
        seed: 1,
        is_bare: false,
    };
    let temporary = tempfile::tempdir()?;
    let folder = env::var("AVALON_BENCH_FOLDER");
    let folder = folder.as_ref().map_or(temporary.path(), Path::new);
    let url = DatabaseUrl::SqliteFile(library.in_folder(folder)?);
    let mut criterion = Criterion::default().configure_from_args();
    building(&mut criterion, &url)?;
    answering(&mut criterion, &url, &Samples::of(&library)?)?;
    criterion.final_summary();
    Ok(())
}

/// From the database to what answers are made of.
fn building(criterion: &mut Criterion, url: &DatabaseUrl) -> Result<()> {
    let catalog = Catalog::new(columns(url)?)?;
    let mut group = criterion.benchmark_group("build");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.bench_function("load", |b| {
        b.iter(|| columns(url).expect("it was loaded before"));
    });
    group.bench_function("details", |b| {
        // Into a new library each time: it takes its details once.
        let parts = || -> Result<_> {
            let mut connection = open_for_server(url)?;
            Ok((App::load(&mut connection)?, connection))
        };
        b.iter_batched(
            || parts().expect("it was loaded before"),
            |(app, mut connection)| app.load_details(&mut connection, false),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("catalog", |b| {
        let columns = || columns(url).expect("it was loaded before");
        b.iter_batched(columns, Catalog::new, BatchSize::PerIteration);
    });
    group.bench_function("index", |b| b.iter(|| Index::build(&catalog)));
    group.bench_function("prepare", |b| {
        let index = || Index::build(&catalog).expect("it was built before");
        let prepare = |index: Index| {
            index.prepare();
            index
        };
        b.iter_batched(index, prepare, BatchSize::PerIteration);
    });
    group.bench_function("fragments", |b| b.iter(|| Fragments::of_tracks(&catalog)));
    group.finish();
    Ok(())
}

/// What is loaded.
fn columns(url: &DatabaseUrl) -> Result<Columns, DatabaseError> {
    let mut columns = Columns::default();
    load(&mut open_for_server(url)?, &mut columns)?;
    Ok(columns)
}

/// From a request to the last byte.
fn answering(criterion: &mut Criterion, url: &DatabaseUrl, samples: &Samples) -> Result<()> {
    let service = Service::new("/avalon", Box::new(|_, _| ()));
    let mut connection = open_for_server(url)?;
    let app = App::load(&mut connection)?;
    app.prepare();
    service.publish(app);
    let forty = samples.track_of_artist_with_about(40);
    let rare = samples.rare_words().next().unwrap_or("rare");
    let mut group = criterion.benchmark_group("answer");
    for (name, query) in [
        ("artist_id", format!("artist_id={}", forty.artist_id())),
        ("artist", format!("artist={}", encoded(&forty.artist))),
        ("rare word", format!("query={rare}&limit=20")),
        ("one letter", "query=a&limit=20".to_owned()),
        (
            "one letter by year",
            "query=a&order=year&direction=desc&limit=20".to_owned(),
        ),
        ("two words", "query=the+love&limit=20".to_owned()),
        ("page by name", "limit=50&order=name&offset=1000".to_owned()),
        ("render a page of 100", "limit=100".to_owned()),
    ] {
        let request = Request::get(format!("/avalon/songs?{query}")).body(())?;
        group.bench_function(name, |b| {
            b.iter(|| {
                let body = service.handle(black_box(&request)).into_body();
                drain(body).expect("a page is there at once");
            });
        });
    }
    group.finish();
    Ok(())
}
