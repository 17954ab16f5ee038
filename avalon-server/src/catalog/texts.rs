//! Many texts in one buffer: the names of a million tracks without a million allocations.
//!
//! In: texts one after the other. Out: the same by their number. Positions are 32 bits, so one
//! buffer holds at most 4 GiB; more is [`TooLarge`], said at start instead of wrapped around.

use thiserror::Error;

/// More of something than 32 bits can number.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the library holds too many {what}: at most 4,294,967,295 can be numbered")]
pub struct TooLarge {
    /// What there is too much of.
    pub what: &'static str,
}

/// Texts by number, in one buffer.
#[derive(Debug, Default)]
pub struct Texts {
    text: String,
    ends: Vec<u32>,
}

impl Texts {
    /// Copies the texts, numbered from 0 in the order of the iterator.
    ///
    /// # Errors
    /// Together they are longer than 4 GiB.
    pub fn collect<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Self, TooLarge> {
        let mut all = Self {
            text: String::new(),
            ends: Vec::with_capacity(texts.size_hint().0),
        };
        for text in texts {
            all.text.push_str(text);
            let end = number(all.text.len(), "bytes of names")?;
            all.ends.push(end);
        }
        all.text.shrink_to_fit();
        Ok(all)
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text with this number.
    ///
    /// # Panics
    /// There is no such number.
    pub fn get(&self, number: u32) -> &str {
        let at = number as usize;
        let start = if at == 0 {
            0
        } else {
            self.ends[at - 1] as usize
        };
        &self.text[start..self.ends[at] as usize]
    }

    /// All texts in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        // Every end was checked to fit when it was pushed, and so does their count.
        (0..self.len()).map(|at| self.get(at as u32))
    }
}

/// A count or position as 32 bits.
///
/// # Errors
/// It does not fit; `what` says of what there is too much.
pub fn number(count: usize, what: &'static str) -> Result<u32, TooLarge> {
    u32::try_from(count).map_err(|_| TooLarge { what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_by_their_numbers() {
        let all = ["", "one", "", "zwölf", ""];
        let texts = Texts::collect(all.into_iter()).unwrap();
        assert_eq!(texts.iter().collect::<Vec<_>>(), all);
        assert_eq!((texts.len(), texts.get(3)), (5, "zwölf"));
        assert!(Texts::collect(std::iter::empty()).unwrap().is_empty());
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert_eq!(number(u32::MAX as usize, "x"), Ok(u32::MAX));
        assert_eq!(
            number(1 << 32, "tracks").unwrap_err().to_string(),
            "the library holds too many tracks: at most 4,294,967,295 can be numbered"
        );
    }
}
