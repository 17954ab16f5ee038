//! What a reader of one format gives: the tag of a file, what its sound is, and by what it is found
//! again.

use std::io;

use avalon_core::database::{SoundProperties, TrackDetails};
use thiserror::Error;

use crate::tags::{Fields, Tag};

/// A file that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sound {
    /// What its tag says of the original's fields; empty where it has no tag.
    pub fields: Fields,
    /// What the same tag says besides.
    pub details: TrackDetails,
    /// What the sound is.
    pub properties: SoundProperties,
    /// The same for the same sound, whatever the tags say; `None` where it cannot be told.
    pub fingerprint: Option<[u8; 16]>,
    /// Whole seconds, cut; `None` where it cannot be known.
    pub length: Option<i64>,
    /// What part of the tags is damaged, where one is.
    pub damage: Option<&'static str>,
}

impl Sound {
    /// Puts together what was read; the seconds are those of the milliseconds.
    pub(super) fn new(
        tag: Tag,
        properties: SoundProperties,
        fingerprint: Option<[u8; 16]>,
        damage: Option<&'static str>,
    ) -> Self {
        Self {
            fields: tag.fields,
            details: tag.details,
            length: properties.length_ms.map(|length| length / 1000),
            properties,
            fingerprint,
            damage,
        }
    }
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
    /// Nothing that a name could not promise too: no two frames in a row, and no tag before them.
    #[error("there are no frames of sound in it: it was cut, or is something else")]
    NoFrames,
    /// A container with nothing in it that we know as sound.
    #[error("there is no sound in it that can be read")]
    NoSound,
}

/// Whole milliseconds of `units` at `rate` a second; `None` where there is no rate.
pub(super) fn milliseconds(units: u128, rate: u64) -> Option<i64> {
    let length = (units * 1000).checked_div(u128::from(rate))?;
    i64::try_from(length).ok()
}

/// A number that is there: formats write 0 for what they do not know.
pub(super) fn known(number: impl Into<i64>) -> Option<i64> {
    Some(number.into()).filter(|&number| number > 0)
}
