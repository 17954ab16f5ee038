//! Which elements a query selects, before they are ordered and cut.
//!
//! In: the filters of a query, answered by the index. Out: a set, that is the selection in default
//! order. No filter at all selects everything; a filter that nothing passes selects nothing, and so
//! does an empty search.

use std::sync::Arc;

use avalon_core::text::search_form;
use uuid::Uuid;

use super::Effort;
use super::params::Query;
use super::set::{Set, intersection, looks_to_intersect};
use crate::catalog::Collection;
use crate::index::{Bitmap, EntityIndex, Index, Matches, Prefix, PreparedSet, Sizes};

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

/// The numbers that pass every filter of the query; nothing where more would have to be gathered for that than may be.
pub(crate) fn select<'a>(
    query: &Query<'_>,
    index: &'a Index,
    effort: Effort,
) -> Option<Selected<'a>> {
    match query.collection {
        Collection::Albums => named(query, &index.albums, effort),
        Collection::Artists => named(query, &index.artists, effort),
        Collection::Genres => named(query, &index.genres, effort),
        Collection::Songs => songs(query, index, effort),
    }
}

fn named<'a>(query: &Query<'_>, names: &'a EntityIndex, effort: Effort) -> Option<Selected<'a>> {
    let Some(text) = &query.text else {
        return Some(Selected::All);
    };
    let form = search_form(text);
    Some(match names.prepared.find(&form) {
        Some(set) => Selected::Prepared(set),
        None => {
            let found = match names.prepared.places_around(&form) {
                Some([places, ..]) => names.prefix.find_among(&form, places),
                None => names.prefix.find(&form),
            };
            if !effort.allows(found.most(), names.sizes.gathered) {
                return None;
            }
            Selected::Only(union(found.owners().collect(), &names.sizes))
        }
    })
}

fn songs<'a>(query: &Query<'_>, index: &'a Index, effort: Effort) -> Option<Selected<'a>> {
    let sizes = &index.tracks.sizes;
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
        if let Some(name) = name.as_deref() {
            sets.push(of_named(name, owners, sizes, effort)?);
        }
    }
    for (id, owners) in by_id {
        sets.extend(id.map(|id| of_id(id, owners)));
    }
    if let Some(text) = &query.text {
        // Nothing more is looked for where nothing can be left.
        if sets.iter().any(Set::is_empty) {
            return Some(Selected::Only(Vec::new().into()));
        }
        let form = search_form(text);
        match index.tracks.prepared.find(&form) {
            Some(set) if sets.is_empty() => return Some(Selected::Prepared(set)),
            Some(set) => sets.push((&set.members).into()),
            None => sets.push(of_text(&form, index, effort)?),
        }
    }
    if !effort.allows(looks_to_intersect(&mut sets), sizes.page_at_once) {
        return None;
    }
    Some(match intersection(sets) {
        None => Selected::All,
        // Of one artist, or of one genre.
        Some(set) if set.len() == index.tracks.count as usize => Selected::All,
        Some(set) => Selected::Only(set),
    })
}

/// The tracks of all albums, artists or genres with exactly this name: commonly of one.
fn of_named<'a>(
    name: &str,
    owners: &'a EntityIndex,
    sizes: &Sizes,
    effort: Effort,
) -> Option<Set<'a>> {
    Some(match owners.lookup.named(name) {
        [owner] => owners.postings.of(*owner).into(),
        several => {
            let lists = owners.postings.lists();
            let counts = several.iter().map(|&owner| lists.count(owner));
            if !effort.allows(counts.sum(), sizes.at_once) {
                return None;
            }
            let mut tracks = Vec::new();
            for &owner in several {
                lists.each(owner, |track| tracks.push(track));
            }
            union(tracks, sizes)
        }
    })
}

fn of_id(id: Uuid, owners: &EntityIndex) -> Set<'_> {
    match owners.lookup.with_id(id) {
        Some(owner) => owners.postings.of(owner).into(),
        None => Vec::new().into(),
    }
}

/// The tracks whose title, album, artist or genre matches, where no set of them is ready: they are few (in the first
/// seconds after a start not that few), or the form is long, or all are of one album, artist or genre.
fn of_text<'a>(form: &str, index: &'a Index, effort: Effort) -> Option<Set<'a>> {
    let sizes = &index.tracks.sizes;
    let kinds = [&index.albums, &index.artists, &index.genres];
    let around = index.tracks.prepared.places_around(form);
    let find = |prefix: &'a Prefix, source: usize| match &around {
        Some(places) => prefix.find_among(form, places[source].clone()),
        None => prefix.find(form),
    };
    let titles = find(&index.tracks.prefix, 0);
    let mut source = 0;
    let names = kinds.map(|kind| {
        source += 1;
        find(&kind.prefix, source)
    });
    let most = titles.most() + names.iter().map(Matches::most).sum::<usize>();
    if !effort.allows(most, sizes.gathered) {
        return None;
    }
    let mut tracks: Vec<u32> = titles.owners().collect();
    let owners = names.map(|names| {
        let mut owners: Vec<u32> = names.owners().collect();
        // A name may match at many of its words.
        owners.sort_unstable();
        owners.dedup();
        owners
    });
    if tracks.is_empty() {
        let mut matching = kinds
            .iter()
            .zip(&owners)
            .filter(|(_, owners)| !owners.is_empty());
        match (matching.next(), matching.next()) {
            (None, _) => return Some(Vec::new().into()),
            // Its tracks are a set already.
            (Some((kind, owners)), None) if owners.len() == 1 => {
                return Some(kind.postings.of(owners[0]).into());
            }
            _ => {}
        }
    }
    let lists = kinds.map(|kind| kind.postings.lists());
    let counts = lists
        .iter()
        .zip(&owners)
        .flat_map(|(lists, owners)| owners.iter().map(|&owner| lists.count(owner)));
    if !effort.allows(tracks.len() + counts.sum::<usize>(), sizes.at_once) {
        return None;
    }
    for (lists, owners) in lists.iter().zip(owners) {
        for owner in owners {
            lists.each(owner, |track| tracks.push(track));
        }
    }
    Some(union(tracks, sizes))
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
