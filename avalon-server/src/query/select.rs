//! Which elements a query selects, before they are ordered and cut.
//!
//! In: the filters of a query, answered by the index. Out: ascending numbers, that is the selection
//! in default order. No filter at all selects everything; a filter that nothing passes selects
//! nothing, and so does an empty search.

use std::borrow::Cow;

use avalon_core::text::search_form;
use uuid::Uuid;

use super::params::Query;
use crate::catalog::{Catalog, Collection};
use crate::index::{EntityIndex, Index};

/// Ascending numbers without repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selected<'a> {
    /// All of the collection.
    All,
    /// These.
    Only(Cow<'a, [u32]>),
}

/// The numbers that pass every filter of the query.
pub(crate) fn select<'a>(query: &Query, catalog: &Catalog, index: &'a Index) -> Selected<'a> {
    let names = match query.collection {
        Collection::Albums => &index.albums,
        Collection::Artists => &index.artists,
        Collection::Genres => &index.genres,
        Collection::Songs => return songs(query, catalog, index),
    };
    match &query.text {
        None => Selected::All,
        Some(text) => {
            let form = search_form(text);
            let found = names.prefix.find(&form);
            let count = catalog.len(query.collection);
            Selected::Only(union(found.at_most(), count, found.owners()).into())
        }
    }
}

fn songs<'a>(query: &Query, catalog: &Catalog, index: &'a Index) -> Selected<'a> {
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
    let named = by_name.into_iter().filter_map(|(name, owners)| {
        let name = name.as_deref()?;
        Some(of_named(name, owners))
    });
    let with_id = by_id
        .into_iter()
        .filter_map(|(id, owners)| Some(of_id(id?, owners)));
    let mut lists: Vec<Cow<[u32]>> = named.chain(with_id).collect();
    if let Some(text) = &query.text
        && lists.iter().all(|list| !list.is_empty())
    {
        lists.push(of_text(text, catalog, index).into());
    }
    if lists.is_empty() {
        return Selected::All;
    }
    lists.sort_by_key(|list| list.len());
    let mut lists = lists.into_iter();
    let smallest = lists.next().unwrap_or_default();
    Selected::Only(lists.fold(smallest, |kept, list| intersection(kept, &list)))
}

/// The tracks of all albums, artists or genres with exactly this name: commonly of one.
fn of_named<'a>(name: &str, owners: &'a EntityIndex) -> Cow<'a, [u32]> {
    match owners.lookup.named(name) {
        [] => Cow::default(),
        [owner] => owners.postings.of(*owner).into(),
        several => {
            let tracks = several.iter().flat_map(|&owner| owners.postings.of(owner));
            sorted(tracks.copied()).into()
        }
    }
}

fn of_id(id: Uuid, owners: &EntityIndex) -> Cow<'_, [u32]> {
    match owners.lookup.with_id(id) {
        Some(owner) => owners.postings.of(owner).into(),
        None => Cow::default(),
    }
}

/// The tracks whose title, album, artist or genre matches.
fn of_text(text: &str, catalog: &Catalog, index: &Index) -> Vec<u32> {
    let form = search_form(text);
    let titles = index.tracks.prefix.find(&form);
    let owners = [&index.albums, &index.artists, &index.genres]
        .map(|owners| (&owners.postings, owners.prefix.find(&form)));
    let lists = owners
        .iter()
        .flat_map(|(postings, found)| found.owners().map(|owner| postings.of(owner)));
    let at_most = titles.at_most() + lists.clone().map(<[u32]>::len).sum::<usize>();
    let tracks = lists.flatten().copied().chain(titles.owners());
    union(at_most, catalog.len(Collection::Songs), tracks)
}

/// Numbers below `count`, `at_most` so many, as an ascending list without repeats.
fn union(at_most: usize, count: usize, numbers: impl Iterator<Item = u32>) -> Vec<u32> {
    if at_most < count / 64 {
        sorted(numbers)
    } else {
        marked(count, numbers)
    }
}

/// For few numbers: collected and sorted.
fn sorted(numbers: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut few: Vec<u32> = numbers.collect();
    few.sort_unstable();
    few.dedup();
    few
}

/// For many numbers: marked in a bitmap and read off in order.
fn marked(count: usize, numbers: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut marks = vec![0_u64; count.div_ceil(64)];
    for number in numbers {
        marks[number as usize / 64] |= 1 << (number % 64);
    }
    let mut many = Vec::with_capacity(marks.iter().map(|word| word.count_ones() as usize).sum());
    for (at, mut word) in (0..).zip(marks) {
        while word != 0 {
            many.push(at * 64 + word.trailing_zeros());
            word &= word - 1;
        }
    }
    many
}

/// The members of `few` that are in `many`; both ascend.
fn intersection<'a>(few: Cow<'a, [u32]>, many: &[u32]) -> Cow<'a, [u32]> {
    if many.len() == few.len() && *many == *few {
        return few;
    }
    let mut rest = many;
    let mut kept = few.into_owned();
    kept.retain(|&number| {
        // Gallops: doubling steps until the number is passed, then a search in the last step.
        let mut step = 1;
        while step < rest.len() && rest[step] < number {
            step *= 2;
        }
        let near = &rest[..rest.len().min(step + 1)];
        let at = near.partition_point(|&other| other < number);
        rest = &rest[at..];
        rest.first() == Some(&number)
    });
    kept.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_numbers_give_the_same_union() {
        let numbers = [63, 0, 64, 5, 63, 129, 0];
        let expected = [0, 5, 63, 64, 129];
        assert_eq!(sorted(numbers.into_iter()), expected);
        assert_eq!(marked(130, numbers.into_iter()), expected);
        assert_eq!(marked(0, std::iter::empty()), &[] as &[u32]);
    }

    #[test]
    fn intersections_keep_what_both_have() {
        let even: Vec<u32> = (0..1000).step_by(2).collect();
        for (few, many, expected) in [
            (vec![], vec![], vec![]),
            (vec![1], vec![], vec![]),
            (vec![0, 998, 999], even.clone(), vec![0, 998]),
            (vec![1, 500, 501, 502], even.clone(), vec![500, 502]),
            (vec![2000], even.clone(), vec![]),
            (even.clone(), even.clone(), even.clone()),
            (even.clone(), (0..1000).collect(), even.clone()),
            (even, vec![3, 4], vec![4]),
        ] {
            assert_eq!(
                *intersection(few.clone().into(), &many),
                expected,
                "{few:?}"
            );
        }
    }
}
