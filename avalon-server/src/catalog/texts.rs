//! Many texts in one buffer: the names of a million tracks without a million allocations.
//!
//! In: texts one after the other. Out: the same by their number. Positions are 32 bits, so one
//! buffer holds at most 4 GiB; more is [`TooLarge`], said at start instead of wrapped around.

use std::ops::Range;

use rayon::prelude::*;
use thiserror::Error;

/// Texts that one task makes at a time.
const CHUNK: usize = 8192;

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
        let mut all = Self::default();
        all.ends.reserve(texts.size_hint().0);
        for text in texts {
            all.push(text)?;
        }
        Ok(all)
    }

    /// Adds a text with the next number.
    ///
    /// # Errors
    /// All together are longer than 4 GiB, or are too many.
    pub fn push(&mut self, text: &str) -> Result<(), TooLarge> {
        self.text.push_str(text);
        self.end()
    }

    /// Adds those of another, with the next numbers.
    ///
    /// # Errors
    /// Likewise.
    pub fn append(&mut self, more: Self) -> Result<(), TooLarge> {
        number(self.text.len() + more.text.len(), "bytes of names")?;
        number(self.ends.len() + more.ends.len(), "names")?;
        // The sum of both fits.
        let base = self.text.len() as u32;
        self.text.reserve(more.text.len());
        self.text.push_str(&more.text);
        self.ends
            .extend(more.ends.into_iter().map(|end| base + end));
        Ok(())
    }

    /// Ends the text that was appended to the buffer.
    fn end(&mut self) -> Result<(), TooLarge> {
        let end = number(self.text.len(), "bytes of names")?;
        self.ends.push(end);
        number(self.ends.len(), "names").map(drop)
    }

    /// As many texts as there are numbers below `count`, each appended to the buffer by `append`; on
    /// all cores.
    ///
    /// # Errors
    /// Together they are longer than 4 GiB.
    pub fn build(count: usize, append: impl Fn(u32, &mut String) + Sync) -> Result<Self, TooLarge> {
        number(count, "names")?;
        let chunk = |numbers: Range<usize>| -> Result<Self, TooLarge> {
            let mut chunk = Self::default();
            chunk.ends.reserve(numbers.len());
            for at in numbers {
                // Below the count, which fits.
                append(at as u32, &mut chunk.text);
                chunk.end()?;
            }
            Ok(chunk)
        };
        let chunks: Vec<Self> = (0..count.div_ceil(CHUNK))
            .into_par_iter()
            .map(|at| chunk(at * CHUNK..count.min((at + 1) * CHUNK)))
            .collect::<Result<_, _>>()?;
        let size = chunks.iter().map(|chunk| chunk.text.len()).sum();
        number(size, "bytes of names")?;
        let mut all = Self {
            text: String::with_capacity(size),
            ends: Vec::with_capacity(count),
        };
        for chunk in chunks {
            all.append(chunk)?;
        }
        Ok(all)
    }

    /// The memory that they take, in bytes.
    pub fn memory(&self) -> usize {
        self.text.len() + size_of_val(&*self.ends)
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
    fn texts_that_are_made_in_pieces_are_numbered_through() {
        let count = 2 * CHUNK + 5;
        let texts = Texts::build(count, |number, out| {
            if number % 3 > 0 {
                out.push_str(&number.to_string());
            }
        });
        let texts = texts.unwrap();
        assert_eq!(texts.len(), count);
        for (at, text) in texts.iter().enumerate() {
            let expected = if at % 3 > 0 {
                at.to_string()
            } else {
                String::new()
            };
            assert_eq!(text, expected);
        }
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
