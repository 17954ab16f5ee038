//! The best of a set, without a look at all of it.
//!
//! In: sets of elements, each within the next, whose members are better than those that come with the
//! next. Out: the ranks of the best, in order. As long as the smaller ones give enough, the larger are not
//! ranked; of a very large one those with the shortest names come first, and are ranked block by block.
//! What stays true: the first of many are those that a search for fewer finds.

use super::bits::Bits;
use super::lengths::Lengths;
use super::rank::{Rank, Ranking, Scratch};

/// A set of results, within the next.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) set: Bits,
    /// Whether all of its members are better than those that come with the next.
    pub(super) is_last_of_kind: bool,
}

/// The `needed` best elements of the last set, fewer if there are no more. Of one set `most` are ranked
/// together, of sets that are of one kind half as many again.
pub(super) fn best(
    stages: &[Stage],
    needed: usize,
    most: usize,
    lengths: &Lengths,
    ranking: &Ranking<'_>,
) -> Vec<Rank> {
    let names = ranking.sets.names;
    let mut found: Vec<Rank> = Vec::new();
    let mut scratch = Scratch::default();
    // What is ranked together, and what comes after that in blocks.
    let (mut first, mut rest): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
    let nothing = Bits::default();
    let mut before = &nothing;
    for kind in stages.chunk_by(|stage, _| !stage.is_last_of_kind) {
        let of_each = most.min(3 * most / 2 / kind.len());
        for Stage { set, .. } in kind {
            let start = first.len();
            set.put_without(before, None, start + of_each + 1, &mut first);
            if first.len() > start + of_each {
                first.truncate(start);
                let more = match needed > of_each {
                    true => needed.next_multiple_of(most),
                    false => 0,
                };
                let wanted = of_each + more;
                let shortest = lengths.shortest(names, ranking.collection, set, before, wanted);
                let (together, later) = shortest.split_at(of_each.min(shortest.len()));
                first.extend(together);
                rest.extend(later);
            }
            before = set;
        }
        rest.sort_by_key(|&number| (ranking.length(number), number));
        for block in std::iter::once(&first[..]).chain(rest.chunks(most)) {
            append(block, needed, ranking, &mut scratch, &mut found);
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
fn append(
    block: &[u32],
    needed: usize,
    ranking: &Ranking<'_>,
    scratch: &mut Scratch,
    found: &mut Vec<Rank>,
) {
    let left = needed.saturating_sub(found.len());
    if left == 0 {
        return;
    }
    let ranks = block.iter();
    let mut ranks: Vec<Rank> = ranks
        .filter_map(|&number| ranking.rank(number, scratch))
        .collect();
    if ranks.len() > left {
        ranks.select_nth_unstable(left);
        ranks.truncate(left);
    }
    ranks.sort_unstable();
    let best = found.last().copied();
    let ranks = ranks.into_iter();
    found.extend(ranks.map(|rank| best.map_or(rank, |best| rank.not_above(best))));
}
