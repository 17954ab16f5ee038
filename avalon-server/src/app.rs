//! The application: one generation of the library, ready to be asked.
//!
//! In: a connection to the database. Out: an [`App`], immutable and whole: catalog, index and rendered
//! fragments of the same rows. Loading another one beside it is all that a reload takes.

use std::sync::OnceLock;
use std::time::Instant;

use avalon_core::database::{AnyConnection, AnyDetailRow, DatabaseError, Rows, load, load_details};
use rustc_hash::FxHashMap;
use thiserror::Error;
use twox_hash::XxHash3_128;
use uuid::Uuid;

use crate::catalog::{Catalog, Collection, Details, DetailsBuilder, TooLarge};
use crate::index::Index;
use crate::query::{Query, Selection, run};
use crate::response::{Body, Fragments, list, song};

/// A library in memory with everything that answers need.
#[derive(Debug)]
pub struct App {
    catalog: Catalog,
    index: Index,
    albums: Fragments,
    artists: Fragments,
    genres: Fragments,
    songs: Fragments,
    /// The numbers of tracks by id.
    tracks: FxHashMap<Uuid, u32>,
    /// What lists do not show; loaded after the rest.
    details: OnceLock<Details>,
    generation: i64,
    digest: u128,
}

/// The rendered collections: what bodies of answers are sent from.
#[derive(Debug)]
pub struct Rendered([Fragments; 4]);

/// What a query is answered with.
#[derive(Debug)]
pub struct Answer {
    /// The results in the envelope, cut to the page.
    pub body: Body,
    /// How many results there are before limit and offset.
    pub total: u64,
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
    pub fn load(connection: &mut AnyConnection) -> Result<Self, LoadError> {
        let start = Instant::now();
        let rows = load(connection)?;
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
        let generation = rows.generation;
        let catalog = Catalog::new(rows)?;
        let invisible = invisible - catalog.len(Collection::Songs);
        if invisible > 0 {
            log::warn!("Left out {invisible} tracks without album, artist or genre");
        }
        let index = Index::build(&catalog)?;
        let albums = Fragments::of_entities(&catalog.albums);
        let artists = Fragments::of_entities(&catalog.artists);
        let genres = Fragments::of_entities(&catalog.genres);
        let songs = Fragments::of_tracks(&catalog);
        Ok(Self {
            digest: digest([&albums, &artists, &genres, &songs]),
            generation,
            details: OnceLock::new(),
            tracks: catalog.tracks.ids.iter().copied().zip(0..).collect(),
            catalog,
            index,
            albums,
            artists,
            genres,
            songs,
        })
    }

    /// Loads what lists do not show, and the paths of files too if these are to be told. Whether it is
    /// there then: not where the database is of another generation by now.
    ///
    /// # Errors
    /// The database cannot be read, or holds too much; the source says why.
    pub fn load_details(
        &self,
        connection: &mut AnyConnection,
        with_paths: bool,
    ) -> Result<bool, LoadError> {
        let start = Instant::now();
        let tracks = self.catalog.len(Collection::Songs);
        let mut builder = DetailsBuilder::new(tracks, with_paths);
        let mut taken = Ok(());
        let generation = load_details(connection, self.generation, with_paths, &mut |id, row| {
            // Of tracks that are not served nothing is kept.
            let Some(number) = self.track(id.0).filter(|_| taken.is_ok()) else {
                return;
            };
            taken = match row {
                AnyDetailRow::File(row) => builder.file(number, row),
                AnyDetailRow::Track(row) => builder.track(number, row),
            };
        })?;
        taken?;
        if generation != self.generation {
            return Ok(false);
        }
        self.complete(builder.finish());
        let seconds = start.elapsed().as_secs_f64();
        log::info!("Read the details of the tracks in {seconds:.3} s");
        Ok(true)
    }

    /// Takes the details of the tracks, unless they are there.
    pub fn complete(&self, details: Details) {
        self.details.get_or_init(|| details);
    }

    /// Frees all but what bodies may still be sent from.
    pub fn into_rendered(self) -> Rendered {
        Rendered([self.albums, self.artists, self.genres, self.songs])
    }

    /// Answers a query.
    pub fn answer(&self, query: &Query) -> Answer {
        let fragments = match query.collection {
            Collection::Albums => &self.albums,
            Collection::Artists => &self.artists,
            Collection::Genres => &self.genres,
            Collection::Songs => &self.songs,
        };
        let uncut = Query {
            order: None,
            page: None,
            ..query.clone()
        };
        let total = match run(&uncut, &self.catalog, &self.index) {
            Selection::Range(numbers) => numbers.len(),
            Selection::List(numbers) => numbers.len(),
        };
        let selection = run(query, &self.catalog, &self.index);
        Answer {
            body: list(fragments, selection),
            total: total as u64,
        }
    }

    /// The number of the track with this id.
    pub fn track(&self, id: Uuid) -> Option<u32> {
        self.tracks.get(&id).copied()
    }

    /// What lists do not show of tracks; `None` until it is loaded.
    pub fn details(&self) -> Option<&Details> {
        self.details.get()
    }

    /// Everything that is known of the track with this number, in the envelope of a list.
    pub fn song(&self, number: u32, details: &Details) -> Body {
        song(&self.songs, number, &details.get(number))
    }

    /// The number that the database gives to what is served; 0 for a database of the original.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// The digest of everything that the four lists can answer: equal content has equal digests, in
    /// whatever database and whatever process.
    pub fn digest(&self) -> u128 {
        self.digest
    }
}

impl Rendered {
    /// Whether no body is sent from it any more.
    pub fn is_unique(&self) -> bool {
        self.0.iter().all(Fragments::is_unique)
    }
}

/// Over the digests of the rendered collections, so that nothing can move from one to the next.
fn digest(collections: [&Fragments; 4]) -> u128 {
    let each = collections.map(|fragments| XxHash3_128::oneshot(&fragments.all()).to_be_bytes());
    XxHash3_128::oneshot(each.as_flattened())
}
