//! Tags: what each family of them says about a track, as text, and the numbers in it.
//!
//! In: a tag of lofty's concrete types, one module for each. Out: [`Fields`], texts as they stand;
//! and of these, [`Tags`], with the numbers read.
//!
//! What stays true: the *first* value of each field, exactly as the original's reader of tags gave
//! it. Hence the concrete types, and not lofty's generic one, which joins and converts. Where the
//! concrete ones lose a value too, the module says which rule of the contract needs it.

mod fields;

pub mod track_number;

pub mod year;

pub(crate) mod genre;

pub mod ilst;

pub mod id3v2_header;

pub mod id3v2_frames;

pub mod id3v2;

pub mod id3v1;

pub mod ape;

pub mod vorbis;

mod understood;

pub use fields::{Date, Fields};
pub use understood::Tags;

pub const MAPPING: i32 = 1;
