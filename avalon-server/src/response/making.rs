//! The making of whole lists that are to be kept.
//!
//! In: a list that is to be made, by its elements. Out: its pieces, kept. What stays true: a thread of its own
//! makes it, while whoever asks is answered without it; only a list that is as long as it was said to be is
//! kept.

use std::thread;

use bytes::Bytes;

use super::body::append;
use super::elements::Elements;
use super::fragments::{Fragments, HEAD};
use super::whole::Making;

/// About how long the pieces are: shorter ones wake their readers more often.
const PIECE_BYTES: usize = 4 << 20;

/// Room for the element that a piece runs over its size with.
const ROOM: usize = 4096;

impl Making {
    /// Makes the list, on a thread of its own; where there can be none, the next who asks tries again.
    pub(super) fn begin(self, fragments: Fragments, numbers: Elements) {
        let make = move || self.run(&fragments, numbers, PIECE_BYTES);
        if let Err(error) = thread::Builder::new().name("whole-list".into()).spawn(make) {
            log::warn!("A whole list cannot be kept: {error}");
        }
    }

    /// Makes the list in pieces of about so many bytes.
    fn run(self, fragments: &Fragments, mut numbers: Elements, size: usize) {
        let mut pieces: Vec<Bytes> = Vec::with_capacity(self.length() / size + 1);
        let mut left = self.length();
        while left > 0 {
            let mut piece = Vec::with_capacity(left.min(size + ROOM));
            if pieces.is_empty() {
                piece.extend_from_slice(HEAD.as_bytes());
            }
            append(fragments, &mut numbers, size, &mut piece);
            piece.shrink_to_fit();
            let Some(rest) = left.checked_sub(piece.len()).filter(|_| !piece.is_empty()) else {
                log::error!("A whole list is not as long as it was said to be");
                return;
            };
            left = rest;
            pieces.push(piece.into());
        }
        self.finish(pieces);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::catalog::Collection;
    use crate::catalog::samples::{Sample, track};
    use crate::index::Index;
    use crate::query::{Effort, Query, run};
    use crate::response::whole::{Wanted, Whole, Wholes};

    #[test]
    fn the_pieces_are_what_else_would_be_sent() {
        let mut sample = Sample::default();
        let names = (0..5000).map(|number| format!("{:04} é\"", number * 7919 % 5000));
        names.for_each(|name| sample.add(track(&name)));
        let catalog = sample.catalog();
        let fragments = Fragments::of_tracks(&catalog).unwrap();
        let index = Index::build(&catalog).unwrap();
        for query_string in ["", "order=name", "order=id&direction=desc"] {
            let query = Query::parse(Collection::Songs, query_string).unwrap();
            let elements = || Elements::of(run(&query, &index, Effort::Any).unwrap().numbers);
            let mut expected = HEAD.as_bytes().to_vec();
            append(&fragments, &mut elements(), usize::MAX, &mut expected);
            let list = Whole::of(&query).unwrap();
            for size in [1, 1000, 100_000, PIECE_BYTES] {
                let wholes = Arc::new(Wholes::default());
                wholes.ask(list, expected.len());
                let Wanted::Making(making) = wholes.ask(list, expected.len()) else {
                    panic!("it is not to be made");
                };
                making.run(&fragments, elements(), size);
                let Wanted::Kept(pieces) = wholes.ask(list, expected.len()) else {
                    panic!("it is not kept");
                };
                let pieces: Vec<&[u8]> = (0..).map_while(|at| Some(&**pieces.get(at)?)).collect();
                assert_eq!(pieces.len() > 1, size < expected.len(), "{size}");
                assert!(pieces.concat() == expected, "{query_string} by {size}");
                assert_eq!(wholes.bytes(), expected.len());
            }
            // A list that is not as long as was said is not kept.
            let wholes = Arc::new(Wholes::default());
            for length in [expected.len() - 1, expected.len() + 1] {
                wholes.ask(list, length);
                if let Wanted::Making(making) = wholes.ask(list, length) {
                    making.run(&fragments, elements(), 1000);
                }
                assert_eq!(wholes.bytes(), 0, "{length}");
            }
        }
    }
}
