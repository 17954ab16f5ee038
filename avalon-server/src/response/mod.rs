//! Responses: what was selected, or what went wrong, as bytes.
//!
//! In: a [`Selection`] and the rendered [`Fragments`], or an [`ApiError`]. Out: a [`Body`] in the
//! envelope `{"errors": [...], "success": [...], "warnings": [...]}`, whose length is known before
//! its first byte is made.

mod json;

mod details;

mod error;

mod fragments;

mod body;

use bytes::Bytes;

use crate::catalog::Detail;
use crate::query::Selection;

pub use body::Body;
pub use error::ApiError;
pub use fragments::Fragments;

/// Answers up to this size are made as one piece before they are sent.
const ONE_PIECE: usize = 128 * 1024;

/// The answer with the selected elements of a collection.
pub fn list(fragments: &Fragments, selection: Selection) -> Body {
    match selection {
        Selection::Range(range) if range.len() == fragments.count() => Body::whole(fragments.all()),
        Selection::Range(range) => {
            let [head, tail] = [fragments::HEAD, fragments::TAIL].map(Bytes::from_static);
            let slice = fragments.slice(&range);
            if slice.len() > ONE_PIECE {
                return Body::slices([head, slice, tail]);
            }
            // One piece is one write; three cost more than copying a little.
            Body::whole([head, slice, tail].concat().into())
        }
        Selection::List(numbers) => {
            let length = fragments.length(&numbers);
            if length > ONE_PIECE {
                return Body::list(fragments.clone(), numbers, length);
            }
            Body::whole(fragments.chunk(&numbers, &mut 0, length))
        }
    }
}

/// The answer with one track, as lists show it, and all else that is known of it.
pub fn song(fragments: &Fragments, number: u32, detail: &Detail<'_>) -> Body {
    let fragment = fragments.slice(&(number..number + 1));
    let mut out = [fragments::HEAD, &fragment].concat();
    // The object is left open.
    out.pop();
    details::details(detail, &mut out);
    out.push(b'}');
    out.extend_from_slice(fragments::TAIL);
    Body::whole(out.into())
}

/// The answer that says what went wrong.
pub fn error(error: &ApiError) -> Body {
    Body::whole(error.render().into())
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use hyper::body::Body as _;

    use super::*;
    use crate::catalog::Catalog;
    use crate::catalog::samples::{Sample, track};

    /// All frames of a body.
    fn frames(mut body: Body) -> Vec<Bytes> {
        let length = body.len();
        assert_eq!(body.size_hint().exact(), Some(length));
        let mut context = Context::from_waker(Waker::noop());
        let mut frames = Vec::new();
        while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(&mut context) {
            frames.extend(frame.into_data());
        }
        assert!(body.is_end_stream());
        let sent: usize = frames.iter().map(Bytes::len).sum();
        assert_eq!(sent as u64, length);
        frames
    }

    fn titles(frames: &[Bytes]) -> Vec<String> {
        let parsed: serde_json::Value = serde_json::from_slice(&frames.concat()).unwrap();
        let songs = parsed["success"].as_array().unwrap().iter();
        songs
            .map(|song| song["name"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn every_way_to_send_a_list_sends_the_same() {
        let count = 3000;
        let mut sample = Sample::default();
        let names: Vec<String> = (0..count)
            .map(|number| format!("{number:04} é\""))
            .collect();
        names.iter().for_each(|name| sample.add(track(name)));
        let catalog = Catalog::new(sample.rows).unwrap();
        let fragments = Fragments::of_tracks(&catalog);
        for (what, selection, expected_frames) in [
            ("whole", Selection::Range(0..3000), 1),
            ("nearly whole", Selection::Range(0..2999), 3),
            ("neighbours", Selection::Range(5..8), 1),
            ("last", Selection::Range(2999..3000), 1),
            ("no neighbours", Selection::Range(7..7), 1),
            ("none", Selection::List(vec![]), 1),
            ("one", Selection::List(vec![9]), 1),
            ("several", Selection::List(vec![9, 2999, 0]), 1),
            ("reversed", Selection::List((0..3000).rev().collect()), 7),
        ] {
            let numbers = selection.numbers();
            let frames = frames(list(&fragments, selection));
            let expected = numbers.iter().map(|&number| names[number as usize].clone());
            assert!(titles(&frames).into_iter().eq(expected), "{what}");
            assert_eq!(frames.len(), expected_frames, "{what}");
        }
        assert!(frames(Body::empty()).is_empty());
    }
}
