//! The application: one generation of the library, ready to be asked.
//!
//! In: the URL of the database. Out: an [`App`], immutable and whole: index and rendered fragments of
//! the same rows. Loading another one beside it is all that a reload takes.

use std::time::Instant;

use avalon_core::database::{DatabaseError, DatabaseUrl, load, open_for_server};
use thiserror::Error;
use twox_hash::XxHash3_128;

use crate::catalog::{Catalog, Collection, Columns, TooLarge};
use crate::index::Index;
use crate::query::{Query, Selection, run};
use crate::response::{Body, Fragments, list};

/// A library in memory with everything that answers need.
#[derive(Debug)]
pub struct App {
    index: Index,
    albums: Fragments,
    artists: Fragments,
    genres: Fragments,
    songs: Fragments,
    digest: u128,
}

/// What a query is answered with.
#[derive(Debug)]
pub struct Answer {
    /// The list in the envelope.
    pub body: Body,
    /// How many elements there would be without limit and offset.
    pub total: usize,
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
        let mut columns = Columns::default();
        load(&mut open_for_server(url)?, &mut columns)?;
        let loaded = Instant::now();
        let app = Self::build(columns)?;
        log::info!(
            "Read the database in {:.3} s and built the index in {:.3} s",
            (loaded - start).as_secs_f64(),
            loaded.elapsed().as_secs_f64()
        );
        Ok(app)
    }

    /// Builds everything from what was loaded.
    ///
    /// # Errors
    /// There is more than can be numbered.
    pub fn build(columns: Columns) -> Result<Self, TooLarge> {
        let start = Instant::now();
        let catalog = Catalog::new(columns)?;
        let numbered = Instant::now();
        let (index, fragments) = rayon::join(
            || Index::build(&catalog),
            || -> Result<_, TooLarge> {
                Ok((
                    [&catalog.albums, &catalog.artists, &catalog.genres]
                        .map(Fragments::of_entities),
                    Fragments::of_tracks(&catalog)?,
                ))
            },
        );
        let index = index?;
        let ([albums, artists, genres], songs) = fragments?;
        let (albums, artists, genres) = (albums?, artists?, genres?);
        for (what, fragments) in [
            ("tracks", &songs),
            ("albums", &albums),
            ("artists", &artists),
            ("genres", &genres),
        ] {
            log::info!("Loaded {} {what}", fragments.count());
        }
        log::info!(
            "Numbered the library in {:.3} s, indexed and rendered it in {:.3} s",
            (numbered - start).as_secs_f64(),
            numbered.elapsed().as_secs_f64()
        );
        let digests = [&albums, &artists, &genres, &songs].map(Fragments::digest);
        let digests: Vec<u8> = digests.into_iter().flat_map(u128::to_le_bytes).collect();
        Ok(Self {
            index,
            albums,
            artists,
            genres,
            songs,
            digest: XxHash3_128::oneshot(&digests),
        })
    }

    /// A digest of everything that lists are made of.
    pub fn digest(&self) -> u128 {
        self.digest
    }

    /// Answers a query.
    pub fn answer(&self, query: &Query<'_>) -> Answer {
        let Selection { total, numbers } = run(query, &self.index);
        let fragments = match query.collection {
            Collection::Albums => &self.albums,
            Collection::Artists => &self.artists,
            Collection::Genres => &self.genres,
            Collection::Songs => &self.songs,
        };
        Answer {
            body: list(fragments, numbers),
            total,
        }
    }
}
