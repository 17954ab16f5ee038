//! What a reader of one format gives: the tags of a file, and how long its sound is.

use std::io;

use thiserror::Error;

use crate::tags::Fields;

/// A file that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sound {
    /// What its tag says; empty fields where it has none.
    pub fields: Fields,
    /// Whole seconds, cut; `None` where it cannot be known.
    pub length: Option<i64>,
    /// What part of the tags is damaged, where one is.
    pub damage: Option<&'static str>,
}

/// Why a file is no sound of a format.
#[derive(Debug, Error)]
pub enum AudioError {
    /// The system's, or a bound of [`crate::reader::Limit`].
    #[error("it could not be read")]
    Read(#[from] io::Error),
    /// Not of the format.
    #[error("{0}")]
    Damaged(&'static str),
    /// Not of the format, or cut, or broken: lofty's reason.
    #[error("it is damaged")]
    Library(#[from] lofty::error::FileParseError),
    /// A container with nothing in it that we know as sound.
    #[error("there is no sound in it that can be read")]
    NoSound,
}

/// Whole seconds of `units` at `rate` a second; `None` where there is no rate.
pub(super) fn seconds(units: u128, rate: u64) -> Option<i64> {
    let seconds = units.checked_div(u128::from(rate))?;
    i64::try_from(seconds).ok()
}
