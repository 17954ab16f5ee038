//! The application: one generation of the library, ready to be asked.
//!
//! In: the URL of the database. Out: an [`App`], immutable and whole: catalog, index and rendered
//! fragments of the same rows. Loading another one beside it is all that a reload takes.

use std::time::Instant;

use avalon_core::database::{DatabaseError, DatabaseUrl, Rows, load, open_for_server};
use thiserror::Error;

use crate::catalog::{Catalog, Collection, TooLarge};
use crate::index::Index;
use crate::query::{Query, run};
use crate::response::{Body, Fragments, list};

/// A library in memory with everything that answers need.
#[derive(Debug)]
pub struct App {
    catalog: Catalog,
    index: Index,
    albums: Fragments,
    artists: Fragments,
    genres: Fragments,
    songs: Fragments,
}

/// Why there is no library to serve.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The database could not be opened or read.
    #[error("cannot load the music library")]
    Database(#[from] DatabaseError),
    /// There is more than can be numbered.
    #[error("cannot index the music library")]
    TooLarge(#[from] TooLarge),
}

impl App {
    /// Reads the database in one transaction and builds everything from it.
    ///
    /// # Errors
    /// The database cannot be read, or holds too much; the source says why.
    pub fn load(url: &DatabaseUrl) -> Result<Self, LoadError> {
        log::info!("Loading the music library from {url}");
        let start = Instant::now();
        let rows = load(&mut open_for_server(url)?)?;
        let loaded = Instant::now();
        let app = Self::build(rows)?;
        for (what, collection) in [
            ("tracks", Collection::Songs),
            ("albums", Collection::Albums),
            ("artists", Collection::Artists),
            ("genres", Collection::Genres),
        ] {
            log::info!("Loaded {} {what}", app.catalog.len(collection));
        }
        log::info!(
            "Read the database in {:.3} s and built the index in {:.3} s",
            (loaded - start).as_secs_f64(),
            loaded.elapsed().as_secs_f64()
        );
        Ok(app)
    }

    /// Builds everything from rows.
    ///
    /// # Errors
    /// There is more than can be numbered.
    pub fn build(rows: Rows) -> Result<Self, TooLarge> {
        let invisible = rows.tracks.len();
        let catalog = Catalog::new(rows)?;
        let invisible = invisible - catalog.len(Collection::Songs);
        if invisible > 0 {
            log::warn!("Left out {invisible} tracks without album, artist or genre");
        }
        Ok(Self {
            index: Index::build(&catalog)?,
            albums: Fragments::of_entities(&catalog.albums),
            artists: Fragments::of_entities(&catalog.artists),
            genres: Fragments::of_entities(&catalog.genres),
            songs: Fragments::of_tracks(&catalog),
            catalog,
        })
    }

    /// Answers a query.
    pub fn answer(&self, query: &Query) -> Body {
        let selection = run(query, &self.catalog, &self.index);
        let fragments = match query.collection {
            Collection::Albums => &self.albums,
            Collection::Artists => &self.artists,
            Collection::Genres => &self.genres,
            Collection::Songs => &self.songs,
        };
        list(fragments, selection)
    }
}
