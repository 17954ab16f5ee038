//! The application: one generation of the library, ready to be asked.
//!
//! In: a connection to the database. Out: an [`App`], immutable and whole: index and rendered fragments
//! of the same rows. Loading another one beside it is all that a reload takes.

use std::sync::OnceLock;
use std::time::Instant;

use avalon_core::database::{
    AnyConnection, AnyDetailRow, DatabaseError, load, load_details, load_whole,
};
use avalon_core::ids::TrackId;
use thiserror::Error;
use twox_hash::XxHash3_128;
use uuid::Uuid;

use crate::catalog::{Catalog, Collection, Columns, Details, DetailsBuilder, TooLarge};
use crate::index::Index;
use crate::query::{Query, Selection, run};
use crate::response::{Body, Fragments, list, song};

/// A library in memory with everything that answers need.
#[derive(Debug)]
pub struct App {
    index: Index,
    rendered: Rendered,
    /// What lists do not show; loaded after the rest.
    details: OnceLock<Details>,
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
    /// Reads the lists from the database in one transaction, and builds everything from them.
    ///
    /// # Errors
    /// The database cannot be read, or holds too much; the source says why.
    pub fn load(connection: &mut AnyConnection) -> Result<Self, LoadError> {
        let start = Instant::now();
        let mut columns = Columns::default();
        load(connection, &mut columns)?;
        log_read(start);
        Ok(Self::build(columns)?)
    }

    /// [`App::load`] and [`App::load_details`] in one transaction: both are of one state of the database
    /// at the first attempt, however often it changes.
    ///
    /// # Errors
    /// Likewise.
    pub fn load_whole(connection: &mut AnyConnection, with_paths: bool) -> Result<Self, LoadError> {
        let start = Instant::now();
        let build = |columns| {
            log_read(start);
            let app = Self::build(columns)?;
            let taking = Taking::of(&app, with_paths);
            Ok::<_, TooLarge>((app, taking))
        };
        let (app, taking) = load_whole(
            connection,
            Columns::default(),
            with_paths,
            build,
            |(app, taking), id, row| taking.take(app, id, row),
        )??;
        taking.finish(&app)?;
        Ok(app)
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
        let app = Self {
            index,
            digest: rendered.digest(),
            rendered,
            details: OnceLock::new(),
            generation,
        };
        app.log_memory();
        Ok(app)
    }

    fn log_memory(&self) {
        let rendered: usize = self.rendered.all().map(Fragments::memory).iter().sum();
        let index = self.index.memory();
        let parts = [
            ("rendered", rendered),
            ("prefixes", index.prefixes),
            ("prepared sets", index.prepared),
            ("orders", index.orders),
            ("postings", index.postings),
            ("look-ups", index.lookups),
        ];
        let tracks = self.tracks().max(1);
        let each = parts.map(|(what, bytes)| format!("{what} {}", bytes.div_ceil(tracks)));
        let total: usize = parts.iter().map(|(_, bytes)| bytes).sum();
        log::info!(
            "The lists take {} MB, {} bytes a track: {}",
            total.div_ceil(1_000_000),
            total.div_ceil(tracks),
            each.join(", ")
        );
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
        let mut taking = Taking::of(self, with_paths);
        let generation = load_details(connection, self.generation, with_paths, &mut |id, row| {
            taking.take(self, id, row);
        })?;
        if generation != self.generation {
            return Ok(false);
        }
        taking.finish(self)?;
        Ok(true)
    }

    /// Takes the details of the tracks, unless they are there.
    pub fn complete(&self, details: Details) {
        self.details.get_or_init(|| details);
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

    /// How many tracks there are.
    pub fn tracks(&self) -> usize {
        self.index.tracks.count as usize
    }

    /// The number of the track with this id.
    pub fn track(&self, id: Uuid) -> Option<u32> {
        let songs = &self.rendered.songs;
        self.index.tracks.ids.find(id, |number| songs.id(number))
    }

    /// What lists do not show of tracks; `None` until it is loaded.
    pub fn details(&self) -> Option<&Details> {
        self.details.get()
    }

    /// Everything that is known of the track with this number, in the envelope of a list.
    pub fn song(&self, number: u32, details: &Details) -> Body {
        song(&self.rendered.songs, number, &details.get(number))
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

/// The details of the tracks of an [`App`], on their way into it.
struct Taking {
    start: Instant,
    builder: DetailsBuilder,
    taken: Result<(), TooLarge>,
}

impl Taking {
    fn of(app: &App, with_paths: bool) -> Self {
        Self {
            start: Instant::now(),
            builder: DetailsBuilder::new(app.tracks(), with_paths),
            taken: Ok(()),
        }
    }

    fn take(&mut self, app: &App, id: TrackId, row: AnyDetailRow<'_>) {
        // Of tracks that are not served nothing is kept.
        let Some(number) = app.track(id.0).filter(|_| self.taken.is_ok()) else {
            return;
        };
        self.taken = match row {
            AnyDetailRow::File(row) => self.builder.file(number, row),
            AnyDetailRow::Track(row) => self.builder.track(number, row),
        };
    }

    fn finish(self, app: &App) -> Result<(), TooLarge> {
        self.taken?;
        let details = self.builder.finish();
        let bytes = details.memory();
        app.complete(details);
        log::info!(
            "Read the details of the tracks in {:.3} s: they take {} MB, {} bytes a track",
            self.start.elapsed().as_secs_f64(),
            bytes.div_ceil(1_000_000),
            bytes.div_ceil(app.tracks().max(1))
        );
        Ok(())
    }
}

fn log_read(start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    log::info!("Read the database in {seconds:.3} s");
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
