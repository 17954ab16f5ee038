//! The database: the original's four tables, on SQLite or PostgreSQL.
//!
//! The scanner opens it with [`open_for_scan`] and writes with [`update_until`], or only
//! says what it would do in [`rehearse`]; the server opens it with [`open_for_server`] and reads with
//! [`load()`], a [`Watch`] tells it when to do so again, and it does by [`load_whole()`]. Each writes
//! in one transaction, or reads one state: nobody ever sees half a library. What we add to the original's schema is in
//! `migrations/`, and the original could go on with every database that we wrote.

mod rows;

mod details;

mod url;

mod error;

mod schema;

mod values;

mod file;

mod scan_lock;

mod connection;

mod encoding;

mod migrations;

mod waiting;

mod open;

mod memory;

mod record;

mod changes;

mod insert;

mod recall;

mod write;

mod writer;

mod staging;

mod transaction;

mod rehearsal;

mod replace;

mod generation;

mod watch;

mod receiver;

mod selection;

mod taking;

mod tree;

mod leaves;

mod second_reader;

mod load;

mod each_row;

mod load_details;

mod load_whole;

#[cfg(test)]
mod samples;

pub use changes::{Changes, NameChanges};
pub use connection::AnyConnection;
pub use details::{SoundProperties, TrackDetails};
pub use error::DatabaseError;
pub use generation::LibraryState;
pub use load::load;
pub use load_details::{AnyDetailRow, DetailRow, FileDetailRow, load_details};
pub use load_whole::{WithoutTables, load_whole};
pub use memory::{FileKind, FileRow, FileStat, IssueRow, RootRow, SPENT, ScanRow, Spellings};
pub use open::{open_again_for_server, open_for_scan, open_for_server};
pub use recall::LastScan;
pub use receiver::{LoadedTrack, Receiver};
pub use record::{DetailColumns, TrackRecord};
pub use rehearsal::rehearse;
pub use replace::replace;
pub use rows::{AlbumRow, ArtistRow, GenreRow, Rows, TrackRow};
pub use transaction::{End, update, update_until};
pub use url::{DatabaseUrl, PostgresParameters, UrlError};
pub use watch::{Look, Watch};
pub use writer::Writer;
