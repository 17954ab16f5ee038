//! The application: one generation of the library, ready to be asked.
//!
//! In: a connection to the database. Out: an [`App`], immutable and whole: index and rendered fragments
//! of the same rows. Loading another one beside it is all that a reload takes.

use std::time::Instant;

use avalon_core::database::{AnyConnection, DatabaseError, load};
use thiserror::Error;
use twox_hash::XxHash3_128;
use uuid::Uuid;

use crate::catalog::{Catalog, Collection, Columns, TooLarge};
use crate::index::Index;
use crate::query::{Numbers, Query, Selection, run};
use crate::response::{Body, Fragments, list};

/// A library in memory with everything that answers need.
#[derive(Debug)]
pub struct App {
    index: Index,
    rendered: Rendered,
    generation: i64,
    digest: u128,
}

/// The rendered collections: what bodies of answers are sent from.
#[derive(Debug)]
pub struct Rendered {
    albums: Fragments,
    artists: Fragments,
    genres: Fragments,
    songs: Fragments,
}

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
        let mut columns = Columns::default();
        load(connection, &mut columns)?;
        log::info!(
            "Read the database in {:.3} s",
            start.elapsed().as_secs_f64()
        );
        Ok(Self::build(columns)?)
    }

    /// Builds everything from what was loaded.
    ///
    /// # Errors
    /// There is more than can be numbered.
    pub fn build(columns: Columns) -> Result<Self, TooLarge> {
        let start = Instant::now();
        let generation = columns.generation();
        let invisible = columns.invisible();
        if invisible > 0 {
            log::warn!("Left out {invisible} tracks without album, artist or genre");
        }
        let catalog = Catalog::new(columns)?;
        let numbered = Instant::now();
        let (index, rendered) = rayon::join(|| Index::build(&catalog), || Rendered::of(&catalog));
        let (index, rendered) = (index?, rendered?);
        for (what, fragments) in [
            ("tracks", &rendered.songs),
            ("albums", &rendered.albums),
            ("artists", &rendered.artists),
            ("genres", &rendered.genres),
        ] {
            log::info!("Loaded {} {what}", fragments.count());
        }
        log::info!(
            "Numbered the library in {:.3} s, indexed and rendered it in {:.3} s",
            (numbered - start).as_secs_f64(),
            numbered.elapsed().as_secs_f64()
        );
        Ok(Self {
            index,
            digest: rendered.digest(),
            rendered,
            generation,
        })
    }

    /// Frees all but what bodies may still be sent from.
    pub fn into_rendered(self) -> Rendered {
        self.rendered
    }

    /// Answers a query.
    pub fn answer(&self, query: &Query<'_>) -> Answer {
        let Selection { total, numbers } = run(query, &self.index);
        Answer {
            body: list(self.rendered.of_collection(query.collection), numbers),
            total: total as u64,
        }
    }

    /// The number of the track with this id.
    pub fn track(&self, id: Uuid) -> Option<u32> {
        let songs = &self.rendered.songs;
        self.index.tracks.ids.find(id, |number| songs.id(number))
    }

    /// Everything that is known of the track with this number, in the envelope of a list.
    pub fn song(&self, number: u32) -> Body {
        list(&self.rendered.songs, Numbers::Range(number..number + 1))
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
    fn of(catalog: &Catalog) -> Result<Self, TooLarge> {
        Ok(Self {
            albums: Fragments::of_entities(&catalog.albums)?,
            artists: Fragments::of_entities(&catalog.artists)?,
            genres: Fragments::of_entities(&catalog.genres)?,
            songs: Fragments::of_tracks(catalog)?,
        })
    }

    fn of_collection(&self, collection: Collection) -> &Fragments {
        match collection {
            Collection::Albums => &self.albums,
            Collection::Artists => &self.artists,
            Collection::Genres => &self.genres,
            Collection::Songs => &self.songs,
        }
    }

    fn all(&self) -> [&Fragments; 4] {
        [&self.albums, &self.artists, &self.genres, &self.songs]
    }

    /// Whether no body is sent from it any more.
    pub fn is_unique(&self) -> bool {
        self.all().into_iter().all(Fragments::is_unique)
    }

    /// Over the digests of the collections, so that nothing can move from one to the next.
    fn digest(&self) -> u128 {
        let each = self.all().map(|fragments| fragments.digest().to_be_bytes());
        XxHash3_128::oneshot(each.as_flattened())
    }
}
