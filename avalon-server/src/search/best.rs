//! The best of a set, without a look at all of it.
//!
//! In: sets of elements, each within the next, whose members are better than those that come with the
//! next. Out: the best in order. As long as the smaller ones give enough, the larger are not ranked; of a
//! very large one those with the shortest names come first, and are ranked block by block. What stays true:
//! the first of many are those that a search for fewer finds.

use super::bits::Bits;
use super::rank::{Ranked, Ranking};

/// A set of results, within the next.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) set: Bits,
    /// Whether all of its members are better than those that come with the next.
    pub(super) is_last_of_kind: bool,
}

/// The `needed` best elements of the last set, fewer if there are no more. Of one set `most` are ranked
/// together.
pub(super) fn best(
    sets: &[Stage],
    needed: usize,
    most: usize,
    ranking: &Ranking<'_>,
) -> Vec<Ranked> {
    let mut found: Vec<Ranked> = Vec::new();
    // What is ranked together, and what comes after that in blocks.
    let (mut first, mut rest): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
    let by_length = |&number: &u32| (ranking.length(number), number);
    let mut before: Option<&Bits> = None;
    for Stage {
        set,
        is_last_of_kind,
    } in sets
    {
        let mut set_new;
        let new = match before {
            None => set,
            Some(before) => {
                set_new = set.clone();
                set_new.and_not(before);
                &set_new
            }
        };
        before = Some(set);
        if new.len() <= most {
            first.extend(new.iter());
        } else {
            let more = match needed > most {
                true => needed.next_multiple_of(most),
                false => 0,
            };
            let mut numbers = shortest(new, most + more, |number| ranking.length(number));
            if numbers.len() > most {
                numbers.sort_unstable_by_key(by_length);
                rest.extend(numbers.drain(most..));
            }
            first.extend(numbers);
        }
        if !is_last_of_kind {
            continue;
        }
        rest.sort_unstable_by_key(by_length);
        for block in std::iter::once(&first[..]).chain(rest.chunks(most)) {
            append(block, needed, ranking, &mut found);
        }
        if found.len() >= needed {
            break;
        }
        first.clear();
        rest.clear();
    }
    found
}

/// Ranks a block and adds what is needed of it. What comes later is never told to be better.
fn append(block: &[u32], needed: usize, ranking: &Ranking<'_>, found: &mut Vec<Ranked>) {
    let left = needed.saturating_sub(found.len());
    if left == 0 {
        return;
    }
    let ranked = block.iter().filter_map(|&number| ranking.rank(number));
    let mut ranked: Vec<Ranked> = ranked.collect();
    let by_rank = |ranked: &Ranked| ranked.rank;
    if ranked.len() > left {
        ranked.select_nth_unstable_by_key(left, by_rank);
        ranked.truncate(left);
    }
    ranked.sort_unstable_by_key(by_rank);
    let best = found.last().map(|last| last.rank);
    for mut ranked in ranked {
        if let Some(best) = best {
            ranked.rank = ranked.rank.not_above(best);
        }
        found.push(ranked);
    }
}

/// The `most` elements with the least length, of equal ones the first.
fn shortest(set: &Bits, most: usize, length: impl Fn(u32) -> u8) -> Vec<u32> {
    let mut having = [0_usize; 256];
    set.iter()
        .for_each(|number| having[usize::from(length(number))] += 1);
    let mut left = most;
    let mut bound = 0;
    while bound < 255 && having[bound] <= left {
        left -= having[bound];
        bound += 1;
    }
    let mut chosen = Vec::with_capacity(most);
    for number in set.iter() {
        let length = usize::from(length(number));
        if length < bound {
            chosen.push(number);
        } else if length == bound && left > 0 {
            left -= 1;
            chosen.push(number);
        }
    }
    chosen
}
