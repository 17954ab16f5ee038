//! The application: one generation of the library, ready to be asked.
//!
//! In: a connection to the database. Out: an [`App`], immutable and whole: index and rendered fragments
//! of the same rows. Loading another one beside it is all that a reload takes.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use avalon_core::database::{
    AnyConnection, AnyDetailRow, DatabaseError, LibraryState, WithoutTables, load, load_details,
    load_whole,
};
use avalon_core::ids::TrackId;
use thiserror::Error;
use twox_hash::XxHash3_128;
use uuid::Uuid;

use crate::catalog::{Catalog, Collection, Columns, Detail, Details, DetailsBuilder, TooLarge};
use crate::index::Index;
use crate::query::{Effort, Query, Selection, run};
use crate::response::{AlbumFacts, Body, Fragments, Library, Whole, list, song};
use crate::search::{Found, NameField, NamesError, Request, Search, Suggested, Suggestions, Types};

/// The most artists that are told of an album: one name may be that of thousands.
const ALBUM_ARTISTS: usize = 20;

/// A library in memory with everything that answers need.
#[derive(Debug)]
pub struct App {
    index: Index,
    rendered: Rendered,
    /// What lists do not show; loaded after the rest.
    details: OnceLock<Details>,
    /// What searches are answered from; made after the rest.
    search: OnceLock<Searching>,
    /// What that is made of, until it is.
    catalog: Mutex<Option<Catalog>>,
    generation: i64,
    /// What the lists were loaded of, where the rest was not loaded with them.
    state: Option<LibraryState>,
    has_tables: bool,
    digest: u128,
}

/// What searches are answered from.
#[derive(Debug)]
struct Searching {
    search: Search,
    suggestions: Suggestions,
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
    /// Searches cannot be answered from it.
    #[error("cannot index the music library for search")]
    Search(#[from] NamesError),
}

impl App {
    /// Reads the lists from the database, all of one state, and builds from them what answers them.
    ///
    /// # Errors
    /// The database cannot be read, or holds too much; the source says why.
    pub fn load(connection: &mut AnyConnection) -> Result<Self, LoadError> {
        let start = Instant::now();
        let mut columns = Columns::default();
        let state = load(connection, &mut columns)?;
        log_read(start);
        Ok(Self {
            state: Some(state),
            ..Self::build(columns)?
        })
    }

    /// [`App::load`] and [`App::load_details`] in one transaction: both are of one state of the database
    /// at the first attempt, however often it changes.
    ///
    /// # Errors
    /// Likewise.
    pub fn load_whole(
        connection: &mut AnyConnection,
        with_paths: bool,
        without_tables: WithoutTables,
    ) -> Result<Self, LoadError> {
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
            without_tables,
            build,
            |(app, taking), id, row| taking.take(app, id, row),
        )??;
        taking.finish(&app)?;
        Ok(app)
    }

    /// Builds from what was loaded what answers lists; [`App::prepare`] makes some of them faster.
    ///
    /// # Errors
    /// There is more than can be numbered.
    pub fn build(columns: Columns) -> Result<Self, TooLarge> {
        let start = Instant::now();
        let generation = columns.generation();
        let has_tables = columns.has_tables();
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
            details: OnceLock::new(),
            search: OnceLock::new(),
            catalog: Mutex::new(Some(catalog)),
            generation,
            state: None,
            has_tables,
        })
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

    /// Makes ready what makes some answers faster: sets of more prefixes, and what pages of large sets in an order are
    /// found by.
    pub fn prepare(&self) {
        let start = Instant::now();
        self.index.prepare();
        let seconds = start.elapsed().as_secs_f64();
        log::info!("Prepared more sets and their orders in {seconds:.3} s");
        self.log_memory();
    }

    /// Loads what lists do not show of what [`App::load`] loaded, and the paths of files too if these are to
    /// be told. Whether it is there then: not where the database is in another state by now, as far as that can
    /// be told.
    ///
    /// # Errors
    /// The database cannot be read, or holds too much; the source says why.
    pub fn load_details(
        &self,
        connection: &mut AnyConnection,
        with_paths: bool,
    ) -> Result<bool, LoadError> {
        let Some(state) = &self.state else {
            return Ok(false);
        };
        let mut taking = Taking::of(self, with_paths);
        let is_same = load_details(connection, state, with_paths, &mut |id, row| {
            taking.take(self, id, row);
        })?;
        if is_same {
            taking.finish(self)?;
        }
        Ok(is_same)
    }

    /// Takes the details of the tracks, unless they are there.
    pub fn complete(&self, details: Details) {
        self.details.get_or_init(|| details);
    }

    /// Makes what searches are answered from, once the details are there. `articles` are leading words that
    /// need not be typed.
    ///
    /// # Errors
    /// There are more names than can be numbered.
    pub fn build_search(&self, articles: &[String]) -> Result<(), LoadError> {
        let mut catalog = self.catalog.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(details), Some(catalog)) = (self.details(), catalog.take()) else {
            return Ok(());
        };
        let start = Instant::now();
        let search = Search::build(&catalog, details, &self.index, articles)?;
        let suggestions = Suggestions::build(&search, &self.index);
        let bytes = search.memory() + suggestions.memory();
        log::info!(
            "Indexed the names for search in {:.3} s: they take {} MB, {} bytes a track",
            start.elapsed().as_secs_f64(),
            bytes.div_ceil(1_000_000),
            bytes.div_ceil(self.tracks().max(1))
        );
        let digest =
            XxHash3_128::oneshot_with_seed(details.digest() as u64, articles.join("\n").as_bytes());
        let digest = digest ^ details.digest();
        self.search.get_or_init(|| Searching {
            search,
            suggestions,
            digest,
        });
        Ok(())
    }

    /// Gives it a number, by which bodies tell what they are sent from.
    pub fn set_library(&mut self, number: u64) {
        self.rendered.set_library(number);
    }

    /// Frees all but what bodies may still be sent from.
    pub fn into_rendered(self) -> Rendered {
        self.rendered
    }

    /// Answers a query; nothing where that takes more than may be done.
    pub fn answer(&self, query: &Query<'_>, effort: Effort) -> Option<Answer> {
        let selection = run(query, &self.index, effort)?;
        Some(self.rendered.answer(query, selection))
    }

    /// The number of the library; 0 before it has one.
    pub fn library(&self) -> u64 {
        self.rendered.library()
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

    /// A digest of all that searches depend on and the lists do not show: the details of tracks, and
    /// settings. `None` until searches can be answered.
    pub fn search_digest(&self) -> Option<u128> {
        self.search.get().map(|searching| searching.digest)
    }

    /// What a search finds; `None` until searches can be answered.
    pub fn search(&self, request: &Request<'_>) -> Option<Found> {
        let Searching { search, .. } = self.search.get()?;
        let spelled = |field, number| self.spelled(field, number);
        Some(search.run(request, &self.index, &spelled))
    }

    /// Names that a text may become, at most `limit` of each type; `None` until searches can be answered.
    pub fn suggest(&self, q: &str, types: &Types, limit: usize) -> Option<Suggested> {
        let Searching {
            search,
            suggestions,
            ..
        } = self.search.get()?;
        let spelled = |field, number| self.spelled(field, number);
        Some(suggestions.complete(search, &self.index, q, types, limit, &spelled))
    }

    /// A name as the tags spell it.
    fn spelled(&self, field: NameField, number: u32) -> String {
        let collection = match field {
            NameField::Title => Collection::Songs,
            // Names of album artists are asked of search itself.
            NameField::Artist | NameField::AlbumArtist => Collection::Artists,
            NameField::Album => Collection::Albums,
            NameField::Genre => Collection::Genres,
        };
        self.rendered.of_collection(collection).spelled(number)
    }

    /// The number that the database gives to what is served; 0 for a database of the original.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// Whether the database had the tables of a library, if empty ones.
    pub fn has_tables(&self) -> bool {
        self.has_tables
    }

    /// The digest of everything that the four lists can answer: equal content has equal digests, in
    /// whatever database and whatever process.
    pub fn digest(&self) -> u128 {
        self.digest
    }
}

impl Library for App {
    fn fragments(&self, collection: Collection) -> &Fragments {
        self.rendered.of_collection(collection)
    }

    fn album(&self, number: u32) -> AlbumFacts {
        let Some(Searching { search, .. }) = self.search.get() else {
            return AlbumFacts::default();
        };
        let columns = search.columns();
        let artists = columns.artists_of_album(number);
        AlbumFacts {
            artists: artists[..artists.len().min(ALBUM_ARTISTS)].to_vec(),
            year: columns.year(Collection::Albums, number),
            tracks: self.index.albums.postings.lists().count(number),
        }
    }

    fn detail(&self, number: u32) -> Detail<'_> {
        let details = self.details.get();
        details
            .map(|details| details.get(number))
            .unwrap_or_default()
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

    fn answer(&self, query: &Query<'_>, Selection { total, numbers }: Selection) -> Answer {
        let fragments = self.of_collection(query.collection);
        Answer {
            body: list(fragments, numbers, Whole::of(query)),
            total: total as u64,
        }
    }

    fn all(&self) -> [&Fragments; 4] {
        [&self.albums, &self.artists, &self.genres, &self.songs]
    }

    /// Whether no body is sent from it any more.
    pub fn is_unique(&self) -> bool {
        self.all().into_iter().all(Fragments::is_unique)
    }

    fn set_library(&mut self, number: u64) {
        let Self {
            albums,
            artists,
            genres,
            songs,
        } = self;
        for fragments in [albums, artists, genres, songs] {
            fragments.library = number;
        }
    }

    /// The number of the library; 0 before it has one.
    pub fn library(&self) -> u64 {
        self.songs.library
    }

    /// Over the digests of the collections, so that nothing can move from one to the next.
    fn digest(&self) -> u128 {
        let each = self.all().map(|fragments| fragments.digest().to_be_bytes());
        XxHash3_128::oneshot(each.as_flattened())
    }
}
