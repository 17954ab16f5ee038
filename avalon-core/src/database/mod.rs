//! The database: the original's four tables, on SQLite or PostgreSQL.
//!
//! The scanner opens it with [`open_for_scan`] and writes with [`update`]; the server opens it with
//! [`open_for_server`] and reads with [`load()`]. [`Rows`] is what the server loads. Both happen in one
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

mod memory;

mod record;

mod changes;

mod insert;

mod transaction;

mod recall;

mod write;

mod load;

#[cfg(test)]
mod samples;

pub use changes::{Changes, NameChanges};
pub use connection::{AnyConnection, open_for_scan, open_for_server};
pub use details::{SoundProperties, TrackDetails};
pub use error::DatabaseError;
pub use load::load;
pub use memory::{FileKind, FileRow, FileStat, IssueRow, RootRow, ScanRow, Spellings};
pub use recall::LastScan;
pub use record::{DetailColumns, TrackRecord};
pub use rows::{AlbumRow, ArtistRow, GenreRow, Rows, TrackRow};
pub use scan_lock::ScanLock;
pub use transaction::{End, Writer, update};
pub use url::{DatabaseUrl, PostgresParameters, UrlError};
pub use write::replace;
