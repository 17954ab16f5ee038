//! Which elements a query selects, before they are ordered and cut.
//!
//! In: the filters of a query, answered by the index. Out: a set, that is the selection in default
//! order. No filter at all selects everything; a filter that nothing passes selects nothing, and so
//! does an empty search.

use std::sync::Arc;

use avalon_core::text::search_form;
use uuid::Uuid;

use super::params::Query;
use super::set::{Set, intersection};
use crate::catalog::Collection;
use crate::index::{Bitmap, EntityIndex, Index, PreparedSet, Sizes};

/// What a query selects.
#[derive(Clone, Debug)]
pub(crate) enum Selected<'a> {
    /// All of the collection.
    All,
    /// What one prefix matches, ready-made.
    Prepared(&'a PreparedSet),
    /// What passes the filters.
    Only(Set<'a>),
}

/// The numbers that pass every filter of the query.
pub(crate) fn select<'a>(query: &Query<'_>, index: &'a Index) -> Selected<'a> {
    match query.collection {
        Collection::Albums => named(query, &index.albums),
        Collection::Artists => named(query, &index.artists),
        Collection::Genres => named(query, &index.genres),
        Collection::Songs => songs(query, index),
    }
}

fn named<'a>(query: &Query<'_>, names: &'a EntityIndex) -> Selected<'a> {
    let Some(text) = &query.text else {
        return Selected::All;
    };
    let form = search_form(text);
    match names.prepared.find(&form) {
        Some(set) => Selected::Prepared(set),
        None => Selected::Only(union(
            names.prefix.find(&form).owners().collect(),
            &names.sizes,
        )),
    }
}

fn songs<'a>(query: &Query<'_>, index: &'a Index) -> Selected<'a> {
    let by_name = [
        (&query.album, &index.albums),
        (&query.artist, &index.artists),
        (&query.genre, &index.genres),
    ];
    let by_id = [
        (query.album_id, &index.albums),
        (query.artist_id, &index.artists),
        (query.genre_id, &index.genres),
    ];
    let mut sets: Vec<Set> = Vec::new();
    for (name, owners) in by_name {
        sets.extend(
            name.as_deref()
                .map(|name| of_named(name, owners, &index.tracks.sizes)),
        );
    }
    for (id, owners) in by_id {
        sets.extend(id.map(|id| of_id(id, owners)));
    }
    if let Some(text) = &query.text {
        // Nothing more is looked for where nothing can be left.
        if sets.iter().any(Set::is_empty) {
            return Selected::Only(Vec::new().into());
        }
        let form = search_form(text);
        match index.tracks.prepared.find(&form) {
            Some(set) if sets.is_empty() => return Selected::Prepared(set),
            Some(set) => sets.push((&set.members).into()),
            None => sets.push(of_text(&form, index)),
        }
    }
    intersection(sets).map_or(Selected::All, Selected::Only)
}

/// The tracks of all albums, artists or genres with exactly this name: commonly of one.
fn of_named<'a>(name: &str, owners: &'a EntityIndex, sizes: &Sizes) -> Set<'a> {
    match owners.lookup.named(name) {
        [owner] => owners.postings.of(*owner).into(),
        several => {
            let mut tracks = Vec::new();
            for &owner in several {
                owners.postings.each(owner, |track| tracks.push(track));
            }
            union(tracks, sizes)
        }
    }
}

fn of_id(id: Uuid, owners: &EntityIndex) -> Set<'_> {
    match owners.lookup.with_id(id) {
        Some(owner) => owners.postings.of(owner).into(),
        None => Vec::new().into(),
    }
}

/// The tracks whose title, album, artist or genre matches, where no set of them is ready: they are few,
/// or the form is very long.
fn of_text<'a>(form: &str, index: &'a Index) -> Set<'a> {
    let mut tracks: Vec<u32> = index.tracks.prefix.find(form).owners().collect();
    let mut owner_alone = None;
    let mut owners = 0;
    for kind in [&index.albums, &index.artists, &index.genres] {
        for owner in kind.prefix.find(form).owners() {
            kind.postings.each(owner, |track| tracks.push(track));
            owners += 1;
            owner_alone = Some((kind, owner));
        }
    }
    match owner_alone {
        // Its tracks are a set already.
        Some((kind, owner)) if owners == 1 && kind.postings.count(owner) == tracks.len() => {
            kind.postings.of(owner).into()
        }
        _ => union(tracks, &index.tracks.sizes),
    }
}

/// Numbers in any order, with repeats, as a set.
fn union(mut numbers: Vec<u32>, sizes: &Sizes) -> Set<'static> {
    if numbers.len() > sizes.dense {
        let bitmap: Bitmap = numbers.into_iter().collect();
        return Set::Made(Arc::new(bitmap.into()));
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into()
}
