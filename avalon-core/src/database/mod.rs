//! The database: the original's four tables, on SQLite or PostgreSQL.
//!
//! The scanner opens it with [`open_for_scan`] and writes with [`replace()`]; the server opens it with
//! [`open_for_server`] and reads with [`load()`]. [`Rows`] is what goes through. Both happen in one
//! transaction: nobody ever sees half a library. What we add to the original's schema is in
//! `migrations/`, and the original could go on with every database that we wrote.

mod rows;

mod details;

mod url;

mod error;

mod schema;

mod values;

mod file;

mod connection;

mod scan_lock;

mod replace;

mod load;

#[cfg(test)]
mod samples;

pub use connection::{AnyConnection, open_for_scan, open_for_server};
pub use details::{SoundProperties, TrackDetails};
pub use error::DatabaseError;
pub use load::{count_tracks, load};
pub use replace::replace;
pub use rows::{AlbumRow, ArtistRow, GenreRow, Rows, TrackRow};
pub use scan_lock::ScanLock;
pub use url::{DatabaseUrl, PostgresParameters, UrlError};
