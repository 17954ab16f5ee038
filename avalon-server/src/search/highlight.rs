//! What of a name matched, as ranges of its bytes.
//!
//! In: a name as the tags spell it, and the places that units were found at, with the first word of each.
//! Out: ascending ranges that do not touch, each on whole letters: folding, joined words and symbols are led
//! back to what stands there.

use std::ops::Range;

use super::text::{Analysis, Class, analyze};
use super::units::Place;

/// The parts of a name that have these places.
pub(super) fn highlight(name: &str, places: &[(Place, &str)]) -> Vec<Range<usize>> {
    let mut analysis = Analysis::default();
    analyze(name, &mut analysis);
    let words = |place: &Place| {
        let from = usize::from(place.place);
        from..from + usize::from(place.span)
    };
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (place, word) in places {
        let wanted = words(place);
        let of_words = analysis.tokens.iter().filter(|token| {
            token.class == Class::Word && wanted.contains(&usize::from(token.place))
        });
        let whole = of_words.map(|token| token.source.clone()).reduce(joined);
        // What was found may have symbols around its words, or none.
        let of_form = analysis.tokens.iter().filter(|token| {
            (token.place, token.span) == (place.place, place.span) && analysis.text(token) == *word
        });
        let form = of_form.map(|token| token.source.clone()).next();
        ranges.extend(whole.into_iter().chain(form).reduce(joined));
    }
    ranges.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

fn joined(one: Range<usize>, other: Range<usize>) -> Range<usize> {
    one.start.min(other.start)..one.end.max(other.end)
}
