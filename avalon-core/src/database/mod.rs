//! The database: the original's four tables, on SQLite or PostgreSQL.

mod rows;
mod url;

pub use rows::{AlbumRow, ArtistRow, GenreRow, Rows, TrackRow};
pub use url::{DatabaseUrl, UrlError};
