//! In which order what was loaded is numbered.
//!
//! In: columns in the order in which they came. Out: the numbers that they came with, in the order of those
//! that they get. What stays true: what is compared first is a number beside each element, made so that it
//! decides nothing else than the whole comparison would; where it decides nothing, that follows.

use avalon_core::text::append_search_form;
use rayon::prelude::*;

use super::columns::{LoadedTracks, Named};
use super::texts::{Texts, TooLarge};
use crate::sorting;

/// Albums, artists or genres by search form of the name, then id.
pub(super) fn order_of_names(loaded: &Named, forms: &Texts) -> Vec<u32> {
    let mut keys: Vec<(u64, u32)> = (0..loaded.ids.len() as u32)
        .map(|at| (beginning(forms.get(at)), at))
        .collect();
    keys.par_sort_unstable_by(|&(a_key, a), &(b_key, b)| {
        a_key
            .cmp(&b_key)
            .then_with(|| forms.get(a).cmp(forms.get(b)))
            .then_with(|| loaded.ids[a as usize].cmp(&loaded.ids[b as usize]))
    });
    keys.into_iter().map(|(_, at)| at).collect()
}

/// The tracks in default order, by the numbers that they came with.
///
/// # Errors
/// The search forms of the titles of tracks that nothing else tells apart are longer than 4 GiB.
pub(super) fn default_order(loaded: &LoadedTracks) -> Result<Vec<u32>, TooLarge> {
    // Artist, album, disc and number decide most comparisons: as numbers beside the track's, without a
    // look at anything else.
    let on_album = |track: u32| {
        let (columns, at) = loaded.find(track);
        (columns.discs.get(at).unwrap_or(0), columns.numbers.get(at))
    };
    // The track itself last, so that one comparison of numbers decides.
    let mut keys: Vec<u128> = (0..loaded.len() as u32)
        .into_par_iter()
        .map(|track| {
            let (columns, at) = loaded.find(track);
            let (disc, number) = on_album(track);
            let parts = [
                columns.artists[at as usize],
                columns.albums[at as usize],
                place(disc, number),
                track,
            ];
            parts
                .into_iter()
                .fold(0, |key, part| key << u32::BITS | u128::from(part))
        })
        .collect();
    sorting::sort(&mut keys);
    let title = |track: u32| {
        let (columns, at) = loaded.find(track);
        columns.titles.get(at)
    };
    let id = |track: u32| {
        let (columns, at) = loaded.find(track);
        columns.ids[at as usize]
    };
    // Of one id in two spellings: they may come in any order, and answers are to be the same after each start.
    let rest = |track: u32| {
        let (columns, at) = loaded.find(track);
        (
            title(track),
            columns.lengths.get(at),
            columns.years.get(at),
            columns.genres[at as usize],
        )
    };
    // The lower half of the lower half.
    let track = |key: u128| key as u32;
    let is_undecided = |a: &u128, b: &u128| a >> u32::BITS == b >> u32::BITS;
    keys.par_chunk_by_mut(is_undecided)
        .filter(|equals| equals.len() > 1)
        .try_for_each(|equals| {
            let forms = Texts::build(equals.len(), |at, out| {
                append_search_form(title(track(equals[at as usize])), out);
            })?;
            // Below the count of forms, which fits.
            let mut ordered: Vec<u32> = (0..equals.len() as u32).collect();
            ordered.par_sort_unstable_by(|&a, &b| {
                let by_form = || forms.get(a).cmp(forms.get(b));
                let (a, b) = (track(equals[a as usize]), track(equals[b as usize]));
                on_album(a)
                    .cmp(&on_album(b))
                    .then_with(by_form)
                    .then_with(|| id(a).cmp(&id(b)))
                    .then_with(|| rest(a).cmp(&rest(b)))
            });
            for at in &mut ordered {
                *at = track(equals[*at as usize]);
            }
            // What is before the track is the same in all of them.
            for (key, number) in equals.iter_mut().zip(ordered) {
                *key = *key >> u32::BITS << u32::BITS | u128::from(number);
            }
            Ok(())
        })?;
    Ok(keys.into_par_iter().map(track).collect())
}

/// The first eight bytes of a text as a number: where these differ, the texts are in the same order.
fn beginning(text: &str) -> u64 {
    let mut first = [0; 8];
    let length = text.len().min(first.len());
    first[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(first)
}

/// Disc and number on it as one number: where these differ, so do the pairs, and in the same order. Each end
/// of a range stands for all that is beyond it.
fn place(disc: i64, number: Option<i64>) -> u32 {
    const DISCS: i64 = 0xfff;
    const NUMBERS: i64 = 0xf_ffff;
    let within = disc.clamp(-1, DISCS - 1);
    // Discs differ at either end, so no number may decide there.
    let is_one_disc = (0..DISCS - 1).contains(&disc);
    let number = match number {
        // Unknown is before all others; 1 is for all below 0.
        Some(number) if is_one_disc => number.clamp(-1, NUMBERS - 2) + 2,
        _ => 0,
    };
    // Neither is negative or has more bits than there is room for.
    ((within + 1) as u32) << 20 | number as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_in_the_order_of_disc_and_number() {
        let some = [
            i64::MIN,
            -2,
            -1,
            0,
            1,
            2,
            4093,
            4094,
            4095,
            1 << 20,
            (1 << 20) - 4,
            (1 << 20) - 2,
            i64::MAX,
        ];
        let numbers = || some.into_iter().map(Some).chain([None]);
        let pairs: Vec<_> = some
            .into_iter()
            .flat_map(|disc| numbers().map(move |number| (disc, number)))
            .collect();
        for &a in &pairs {
            for &b in &pairs {
                let order = place(a.0, a.1).cmp(&place(b.0, b.1));
                assert!(order.is_eq() || order == a.cmp(&b), "{a:?} {b:?}");
            }
        }
        // What is common is told apart.
        assert!(place(1, None) < place(1, Some(0)) && place(1, Some(1)) < place(1, Some(2)));
    }

    #[test]
    fn beginnings_are_in_the_order_of_texts() {
        let texts = [
            "",
            "\0",
            "a",
            "a\0",
            "abcdefgh",
            "abcdefghi",
            "b",
            "é",
            "日本語",
        ];
        for a in texts {
            for b in texts {
                let order = beginning(a).cmp(&beginning(b));
                assert!(order.is_eq() || order == a.cmp(b), "{a:?} {b:?}");
            }
        }
    }
}
