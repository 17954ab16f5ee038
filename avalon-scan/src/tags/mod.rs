//! Tags: what each family of them says about a track, as text, and the numbers in it.
//!
//! In: a tag of lofty's concrete types, one module for each. Out: a [`Tag`]: the original's
//! [`Fields`], texts as they stand, and every other detail; and of the fields, [`Tags`], with the
//! numbers read.
//!
//! What stays true: the *first* value of each field, exactly as the original's reader of tags gave
//! it. Hence the concrete types, and not lofty's generic one, which joins and converts. Where the
//! concrete ones lose a value too, the module says which rule of the contract needs it.

mod fields;

mod tag;

pub mod track_number;

pub mod year;

pub(crate) mod genre;

mod items;

mod details;

pub mod ilst;

pub mod id3v2_header;

pub mod id3v2_decode;

pub mod id3v2_frames;

pub mod id3v2;

pub mod id3v1;

pub mod ape;

pub mod vorbis;

pub mod iff;

mod understood;

pub use details::{LONGEST_LIST, LONGEST_TEXT};
pub use fields::{Date, Fields};
pub use tag::Tag;
pub use understood::Tags;

#[cfg(test)]
mod id3v2_bounds;

#[cfg(test)]
mod everything;

/// The version of what the tags of a file, and its sound, mean here. It is stored with each track:
/// raise it with every change of `tags` or `audio` that gives another result for the same file, and
/// the next scan reads every file again.
pub const MAPPING: i32 = 2;
