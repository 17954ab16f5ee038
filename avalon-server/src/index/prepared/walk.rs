//! The prefixes that match much.
//!
//! In: suffix arrays. Out: every prefix with matches enough and not too many, and where its matches are in each array. The
//! arrays are walked together, byte by byte.

use std::ops::Range;

use super::source::Source;
use super::{FEW, LONGEST, SOURCES};
use crate::index::tokens::END;

/// Matches in each source.
pub(super) type Spans = [Range<usize>; SOURCES];

/// Prefixes and the matches of their sets, as a walk finds them.
#[derive(Default)]
pub(super) struct Found {
    pub(super) spans: Vec<Spans>,
    pub(super) by_prefix: Vec<(Box<str>, u32)>,
}

/// A walk through the suffix arrays.
pub(super) struct Walk<'a> {
    pub(super) sources: &'a [Source<'a>],
    /// Fewer matches than this and one make no set.
    pub(super) bound: usize,
    /// More matches than this are left to another walk.
    pub(super) most: usize,
    pub(super) prefix: Vec<u8>,
    pub(super) found: Found,
}

impl Walk<'_> {
    /// Notes the current prefix and all longer ones with matches enough and not too many. `above` is the set of the
    /// longest prefix of this one that is noted.
    pub(super) fn visit(&mut self, spans: &Spans, above: Option<u32>) {
        let mut above = above;
        if let Ok(prefix) = str::from_utf8(&self.prefix)
            && self.weight(spans) <= self.most as u64
        {
            let is_same = above.is_some_and(|set| self.found.spans[set as usize] == *spans);
            let set = match above {
                Some(set) if is_same => set,
                _ => {
                    self.found.spans.push(spans.clone());
                    self.found.spans.len() as u32 - 1
                }
            };
            self.found.by_prefix.push((prefix.into(), set));
            above = Some(set);
        }
        if self.prefix.len() == LONGEST {
            return;
        }
        for (byte, spans) in self.children(spans) {
            self.prefix.push(byte);
            self.visit(&spans, above);
            self.prefix.pop();
        }
    }

    /// How much matches stand for at most.
    fn weight(&self, spans: &Spans) -> u64 {
        let each = self.sources.iter().zip(spans);
        each.map(|(source, span)| source.weight(span)).sum()
    }

    /// Whether few matches stand for much because all are of one album, artist or genre: its tracks are a
    /// set already, and its name may be of any length.
    fn is_of_one_name(&self, spans: &Spans) -> bool {
        let mut matching = spans
            .iter()
            .zip(self.sources)
            .filter(|(span, _)| !span.is_empty());
        let (Some((span, source)), None) = (matching.next(), matching.next()) else {
            return false;
        };
        let owners = &source.owners[span.clone()];
        owners.len() <= FEW && owners.iter().all(|owner| *owner == owners[0])
    }

    /// The prefixes that are one byte longer and have matches enough.
    pub(super) fn children(&self, spans: &Spans) -> Vec<(u8, Spans)> {
        let depth = self.prefix.len();
        let mut left = spans.clone();
        let mut rest = self.weight(&left);
        let mut children = Vec::new();
        let first_byte = |source: usize, left: &Range<usize>| {
            let byte = || self.sources[source].prefix.byte(left.start, depth);
            (!left.is_empty()).then(byte)
        };
        // The next one of each source.
        let mut bytes: [Option<u8>; SOURCES] =
            std::array::from_fn(|source| first_byte(source, &left[source]));
        // Names that end here come last of all. Where too little is left no child has enough.
        while rest > self.bound as u64
            && let Some(byte) = bytes.into_iter().flatten().min()
            && byte != END
        {
            let mut spans: Spans = std::array::from_fn(|source| {
                let start = left[source].start;
                start..start
            });
            for (source, of) in self.sources.iter().enumerate() {
                if bytes[source] == Some(byte) {
                    let range = &mut left[source];
                    let start = range.start;
                    range.start = partition(range.clone(), |at| of.prefix.byte(at, depth) <= byte);
                    spans[source] = start..range.start;
                    bytes[source] = first_byte(source, range);
                }
            }
            let weight = self.weight(&spans);
            rest -= weight;
            if weight > self.bound as u64 && !self.is_of_one_name(&spans) {
                children.push((byte, spans));
            }
        }
        children
    }
}

/// The first place of a range at which `is_before` does not hold; it is near the start more often
/// than not.
fn partition(range: Range<usize>, is_before: impl Fn(usize) -> bool) -> usize {
    let mut step = 1;
    let mut low = range.start;
    while low + step < range.end && is_before(low + step) {
        low += step;
        step *= 2;
    }
    let mut high = range.end.min(low + step + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_found_wherever_they_lie() {
        for end in 0..40 {
            for at in 3..=3 + end {
                assert_eq!(partition(3..3 + end, |place| place < at), at, "{end}");
            }
        }
    }
}
