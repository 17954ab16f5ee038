//! Responses: what was selected, or what went wrong, as bytes.
//!
//! In: [`Numbers`] of a selection and the rendered [`Fragments`], or an [`ApiError`]. Out: a [`Body`] in the
//! envelope `{"errors": [...], "success": [...], "warnings": [...]}`, whose length is known before
//! its first byte is made.

mod json;

mod details;

mod error;

mod whole;

mod fragments;

mod render;

mod elements;

mod body;

mod making;

mod search;

use bytes::Bytes;

use crate::catalog::Detail;
use crate::query::Numbers;
use body::{append, finish};
use elements::Elements;
use fragments::Element;
use whole::Wanted;

pub use body::Body;
pub use error::ApiError;
pub use fragments::Fragments;
pub use search::{AlbumFacts, Library, search, suggestions};
pub use whole::Whole;

/// Answers up to this size are made as one piece before they are sent.
const ONE_PIECE: usize = 128 * 1024;

/// The most elements of a page as most are asked for.
const PAGE: usize = 100;

/// The answer with the selected elements of a collection; `whole` says which they are, if they are all.
pub fn list(fragments: &Fragments, numbers: Numbers, whole: Option<Whole>) -> Body {
    match numbers {
        Numbers::List(list) if list.len() <= PAGE => page(fragments, list),
        numbers => elements(fragments, numbers, whole),
    }
}

/// The answer with any number of elements.
fn elements(fragments: &Fragments, numbers: Numbers, whole: Option<Whole>) -> Body {
    // A walk or a range is a few numbers.
    let all = match whole {
        Some(_) => numbers.clone(),
        None => Numbers::Range(0..0),
    };
    let mut numbers = Elements::of(numbers);
    let length = Fragments::length(numbers.size(fragments));
    if length > ONE_PIECE {
        if let Some(whole) = whole {
            match fragments.wholes.ask(whole, length) {
                Wanted::Kept(pieces) => return Body::kept(fragments.clone(), pieces, length),
                Wanted::Making(making) => making.begin(fragments.clone(), Elements::of(all)),
                Wanted::Neither => {}
            }
        }
        return Body::elements(fragments.clone(), numbers, length);
    }
    // One piece is one write.
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(fragments::HEAD.as_bytes());
    append(fragments, &mut numbers, usize::MAX, &mut out);
    Body::whole(out.into())
}

/// The answer with a page: all of its elements are begun to be fetched while it is measured.
fn page(fragments: &Fragments, list: Vec<u32>) -> Body {
    for &number in &list {
        fragments.fetch_place(number);
    }
    let mut elements = [Element::default(); PAGE];
    let mut size = 0;
    for (element, &number) in elements.iter_mut().zip(&list) {
        *element = fragments.element(number);
        element.fetch();
        size += element.len();
    }
    let length = Fragments::length(size);
    if length > ONE_PIECE {
        return self::elements(fragments, Numbers::List(list), None);
    }
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(fragments::HEAD.as_bytes());
    for element in &elements[..list.len()] {
        element.append(&mut out);
    }
    finish(&mut out);
    Body::whole(out.into())
}

/// The answer with one track, as lists show it, and all else that is known of it.
pub fn song(fragments: &Fragments, number: u32, detail: &Detail<'_>) -> Body {
    let [own, shared] = fragments.element(number).open();
    let (head, tail) = (fragments::HEAD.as_bytes(), fragments::TAIL.as_bytes());
    let mut members = String::new();
    details::details(detail, &mut members);
    // The object of the list is left open for them.
    Body::whole(
        [head, own, shared, members.as_bytes(), b"}", tail]
            .concat()
            .into(),
    )
}

/// The answer that says what went wrong.
pub fn error(error: &ApiError) -> Body {
    Body::whole(Bytes::from(error.render()))
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};
    use std::time::{Duration, Instant};

    use hyper::body::Body as _;

    use super::*;
    use crate::catalog::Collection;
    use crate::catalog::samples::{Sample, track};
    use crate::index::{Index, Sizes};
    use crate::query::{Effort, Query, run};

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

    /// Frames of an answer that is made while it is sent.
    const SEVERAL: usize = usize::MAX;

    #[test]
    fn every_way_to_send_a_list_sends_the_same() {
        let count = 5000;
        let mut sample = Sample::default();
        let names: Vec<String> = (0..count)
            .map(|number| format!("{number:04} é\""))
            .collect();
        names.iter().for_each(|name| sample.add(track(name)));
        let catalog = sample.catalog();
        let fragments = Fragments::of_tracks(&catalog).unwrap();
        let walk = |query_string| {
            let query = Query::parse(Collection::Songs, query_string).unwrap();
            let sizes = |elements| Sizes {
                dense: 3,
                listed: 2,
                ..Sizes::of(elements)
            };
            let index = Index::build_with(&catalog, sizes).unwrap();
            let numbers = run(&query, &index, Effort::Any).unwrap().numbers;
            assert!(matches!(numbers, Numbers::Walk(_)), "{query_string}");
            numbers
        };
        for (what, numbers, expected_frames) in [
            ("whole", Numbers::Range(0..5000), SEVERAL),
            ("nearly whole", Numbers::Range(0..4999), SEVERAL),
            ("neighbours", Numbers::Range(5..8), 1),
            ("neighbours of two chunks", Numbers::Range(4090..4099), 1),
            ("last", Numbers::Range(4999..5000), 1),
            ("no neighbours", Numbers::Range(7..7), 1),
            ("none", Numbers::List(vec![]), 1),
            ("one", Numbers::List(vec![9]), 1),
            ("several", Numbers::List(vec![9, 4999, 0]), 1),
            (
                "reversed",
                Numbers::List((0..5000).rev().collect()),
                SEVERAL,
            ),
            ("all by length", walk("order=length"), SEVERAL),
            ("all, backwards", walk("order=name&direction=desc"), SEVERAL),
            ("some by id", walk("order=id&limit=2000&offset=7"), SEVERAL),
            ("a set", walk("query=1&limit=4&offset=3"), 1),
            ("a whole set", walk("query=1"), SEVERAL),
            ("a set by id", walk("query=1&order=id"), SEVERAL),
            (
                "a set by id, backwards",
                walk("query=1&order=id&direction=desc"),
                SEVERAL,
            ),
            (
                "a part of it",
                walk("query=1&order=id&limit=900&offset=90"),
                SEVERAL,
            ),
        ] {
            let frames = frames(list(&fragments, numbers.clone(), None));
            let numbers = numbers.list();
            let expected = numbers.iter().map(|&number| names[number as usize].clone());
            assert!(titles(&frames).into_iter().eq(expected), "{what}");
            match expected_frames {
                SEVERAL => assert!(frames.len() > 1, "{what}"),
                count => assert_eq!(frames.len(), count, "{what}"),
            }
        }
        assert!(frames(Body::empty()).is_empty());
    }

    #[test]
    fn whole_lists_are_kept_when_they_are_asked_for_again() {
        let mut sample = Sample::default();
        let names = (0..5000).map(|number| format!("{number:04}"));
        names.for_each(|name| sample.add(track(&name)));
        let catalog = sample.catalog();
        let mut fragments = Fragments::of_tracks(&catalog).unwrap();
        fragments.library = 7;
        let index = Index::build(&catalog).unwrap();
        for query_string in ["", "order=name&direction=desc"] {
            let query = Query::parse(Collection::Songs, query_string).unwrap();
            let ask = || {
                list(
                    &fragments,
                    run(&query, &index, Effort::Any).unwrap().numbers,
                    Whole::of(&query),
                )
            };
            let once = frames(ask()).concat();
            assert!(!ask().is_kept());
            assert_eq!(ask().library(), Some(7));
            // The second request has it made, by another thread.
            until(|| ask().is_kept());
            assert_eq!(ask().library(), Some(7));
            assert_eq!(frames(ask()).concat(), once);
        }
        // What is a piece of its own needs no library.
        let page = Query::parse(Collection::Songs, "limit=9").unwrap();
        let page = list(
            &fragments,
            run(&page, &index, Effort::Any).unwrap().numbers,
            Whole::of(&page),
        );
        assert_eq!(page.library(), None);
        until(|| fragments.is_unique());
    }

    /// Waits for what another thread does.
    fn until(is_done: impl Fn() -> bool) {
        let start = Instant::now();
        while !is_done() {
            assert!(start.elapsed() < Duration::from_secs(20), "it was not done");
            std::thread::yield_now();
        }
    }
}
