//! Tags: what each family of them says about a track, as text, and the numbers in it.
//!
//! In: a file and where a tag lies in it (the readers of [`crate::audio`] know where). Out:
//! [`Fields`], texts as they stand; and of these, [`Tags`], with the numbers read.
//!
//! What stays true: the *first* value of each field, exactly as the original's reader of tags gave
//! it. Where lofty's tag types would give another one, the module says so and reads the raw frames.

mod fields;

pub mod track_number;

pub mod year;

pub(crate) mod genre;

mod id3v2_text;

pub mod id3v2;

pub mod id3v1;

pub mod ape;

pub mod vorbis;

mod understood;

pub use fields::{Date, Fields};
pub use understood::Tags;
