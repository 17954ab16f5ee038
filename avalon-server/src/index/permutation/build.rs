//! How permutations are made: sorted by keys, or by the order of owners.
//!
//! In: ids, texts or numbers of a collection; or the owners of tracks in order, and the tracks of each.
//! Out: the collection in that order, equals in default order.

use std::cmp::Ordering;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use uuid::Uuid;

use super::begins::Begins;
use super::{Permutation, Ranks, Sorted};
use crate::catalog::{Numbers, Texts};
use crate::index::groups::Groups;
use crate::index::keys::{self, Keys};
use crate::index::lists::Lists;

/// The most different keys that are sorted by counting.
const FEW: usize = 1 << 16;

impl Permutation {
    /// Sorts by ids, which are all different.
    pub(in crate::index) fn by_id(ids: &[Uuid]) -> Self {
        Self::by_keys(ids.len(), &IdKeys(ids))
    }

    /// Sorts by texts, byte by byte, which is code point by code point.
    pub(in crate::index) fn by_text(texts: &Texts) -> Self {
        Self::by_keys(texts.len(), &TextKeys(texts))
    }

    /// Sorts by a column of numbers, of which commonly many are equal; unknown before all others.
    pub(in crate::index) fn by_number(column: &Numbers) -> Self {
        let mut codes: FxHashMap<Option<i64>, u32> = FxHashMap::default();
        let mut coded = Vec::with_capacity(column.len());
        for value in column.iter() {
            let next = codes.len() as u32;
            coded.push(*codes.entry(value).or_insert(next));
            if codes.len() > FEW {
                return Self::by_keys(column.len(), &NumberKeys(column));
            }
        }
        let mut values: Vec<(Option<i64>, u32)> = codes.into_iter().collect();
        values.sort_unstable();
        let mut counts = vec![0; values.len()];
        coded.iter().for_each(|&code| counts[code as usize] += 1);
        // Where the next number of each code goes.
        let mut next = vec![0; values.len()];
        let mut start = 0;
        for &(_, code) in &values {
            next[code as usize] = start;
            start += counts[code as usize];
        }
        let ranks: Box<[u32]> = next.clone().into();
        let mut numbers = vec![0; column.len()];
        for (number, &code) in (0..).zip(&coded) {
            numbers[next[code as usize] as usize] = number;
            next[code as usize] += 1;
        }
        let groups = Arc::new(Groups::new(&coded));
        let begins = Begins::new(column.len(), ranks.iter().map(|&rank| rank as usize));
        Self {
            places: Sorted::Numbers {
                numbers: numbers.into(),
                begins,
            },
            ranks: Ranks::OfGroup { groups, ranks },
            by_blocks: None,
        }
    }

    /// Tracks in the order of their owners. `groups` tells the owner of each track.
    pub(in crate::index) fn by_owner(
        order: &Self,
        groups: &Arc<Groups>,
        lists: &Arc<Lists>,
    ) -> Self {
        let owners = order.numbers();
        let mut starts = Vec::with_capacity(owners.len() + 1);
        let mut ranks = vec![0; owners.len()];
        let mut start = 0;
        let mut is_mixed = false;
        for group in owners.chunk_by(|&a, &b| order.rank(a) == order.rank(b)) {
            let rank = start;
            for &owner in group {
                starts.push(start);
                ranks[owner as usize] = rank;
                // Tracks are numbered by 32 bits.
                start += lists.count(owner) as u32;
            }
            is_mixed |= group.len() > 1;
        }
        starts.push(start);
        let places = if is_mixed {
            let (numbers, begins) = mixed(order, &owners, lists);
            Sorted::Numbers {
                begins: Begins::new(numbers.len(), begins.into_iter()),
                numbers: numbers.into(),
            }
        } else {
            Sorted::Grouped {
                owners,
                starts: starts.into(),
                lists: lists.clone(),
            }
        };
        Self {
            places,
            ranks: Ranks::OfGroup {
                groups: groups.clone(),
                ranks: ranks.into(),
            },
            by_blocks: None,
        }
    }

    fn by_keys(count: usize, keys: &impl Keys) -> Self {
        // Whatever the catalog holds is numbered by 32 bits.
        let sorted = keys::sort((0..count).into_par_iter().map(|at| at as u64), keys);
        // Equals are told above the 32 bits of the number.
        let number = |entry: &keys::Entry| entry.item() as u32;
        let mut ranks = vec![0; count];
        let mut rank = 0;
        for (at, entry) in (0..).zip(&sorted) {
            if !entry.equals_before() {
                rank = at;
            }
            ranks[number(entry) as usize] = rank;
        }
        let begin = |(at, is_equal): (usize, bool)| (!is_equal).then_some(at);
        let is_equal = sorted.iter().map(|entry| entry.equals_before());
        Self {
            places: Sorted::Numbers {
                begins: Begins::new(count, is_equal.enumerate().filter_map(begin)),
                numbers: sorted.iter().map(number).collect(),
            },
            ranks: Ranks::Own(ranks.into()),
            by_blocks: None,
        }
    }
}

/// The tracks of owners in order, those of equal owners in default order; and at which places these begin.
fn mixed(order: &Permutation, owners: &[u32], lists: &Lists) -> (Vec<u32>, Vec<usize>) {
    let (mut numbers, mut begins) = (Vec::new(), Vec::new());
    for group in owners.chunk_by(|&a, &b| order.rank(a) == order.rank(b)) {
        let start = numbers.len();
        for &owner in group {
            lists.each(owner, |track| numbers.push(track));
        }
        numbers[start..].sort_unstable();
        if start < numbers.len() {
            begins.push(start);
        }
    }
    (numbers, begins)
}

struct IdKeys<'a>(&'a [Uuid]);

impl Keys for IdKeys<'_> {
    fn piece(&self, item: u64, level: usize) -> u64 {
        let (high, low) = self.0[item as usize].as_u64_pair();
        if level == 0 { high } else { low }
    }

    fn goes_on(&self, _: u64, level: usize) -> bool {
        level == 0
    }

    fn compare(&self, a: u64, b: u64) -> Ordering {
        self.0[a as usize].cmp(&self.0[b as usize])
    }
}

/// Seven bytes are a piece, and below them how many there are: eight where more follow.
struct TextKeys<'a>(&'a Texts);

/// Bytes of a piece of a text.
const TEXT_BYTES: usize = 7;

impl Keys for TextKeys<'_> {
    fn piece(&self, item: u64, level: usize) -> u64 {
        let text = self.0.get(item as u32).as_bytes();
        let rest = &text[text.len().min(level * TEXT_BYTES)..];
        let mut piece = [0; TEXT_BYTES + 1];
        let count = rest.len().min(TEXT_BYTES);
        piece[..count].copy_from_slice(&rest[..count]);
        piece[TEXT_BYTES] = rest.len().min(TEXT_BYTES + 1) as u8;
        u64::from_be_bytes(piece)
    }

    fn goes_on(&self, piece: u64, _: usize) -> bool {
        piece & 0xff > TEXT_BYTES as u64
    }

    fn compare(&self, a: u64, b: u64) -> Ordering {
        self.0.get(a as u32).cmp(self.0.get(b as u32))
    }
}

struct NumberKeys<'a>(&'a Numbers);

impl Keys for NumberKeys<'_> {
    fn piece(&self, item: u64, level: usize) -> u64 {
        let number = self.0.get(item as u32);
        match level {
            0 => u64::from(number.is_some()),
            // From the smallest number on.
            _ => number.unwrap_or_default().cast_unsigned() ^ 1 << 63,
        }
    }

    fn goes_on(&self, _: u64, level: usize) -> bool {
        level == 0
    }

    fn compare(&self, a: u64, b: u64) -> Ordering {
        self.0.get(a as u32).cmp(&self.0.get(b as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::bitmap::Bitmap;

    /// All numbers in order.
    fn numbers(permutation: &Permutation) -> Vec<u32> {
        permutation.numbers().to_vec()
    }

    fn ranks(permutation: &Permutation) -> Vec<u32> {
        let count = permutation.len() as u32;
        (0..count).map(|number| permutation.rank(number)).collect()
    }

    #[test]
    fn equals_have_the_rank_of_the_first_of_them() {
        let keys = [Some(5), None, Some(-1), Some(5), Some(7)]
            .into_iter()
            .collect();
        let counted = Permutation::by_number(&keys);
        let sorted = Permutation::by_keys(5, &NumberKeys(&keys));
        for permutation in [&counted, &sorted] {
            assert_eq!(numbers(permutation), [1, 2, 0, 3, 4]);
            assert_eq!(ranks(permutation), [2, 0, 1, 2, 4]);
        }
        assert!(
            Permutation::by_number(&Numbers::default())
                .numbers()
                .is_empty()
        );
    }

    #[test]
    fn numbers_of_many_values_are_sorted_like_those_of_few() {
        let column: Numbers = (0..FEW as i64 + 9)
            .map(|value| Some(value * 7919 % 100_003 - 5))
            .collect();
        let permutation = Permutation::by_number(&column);
        let sorted: Vec<Option<i64>> = permutation
            .numbers()
            .iter()
            .map(|&number| column.get(number))
            .collect();
        assert!(sorted.is_sorted());
    }

    #[test]
    fn texts_are_sorted_by_code_points() {
        let names = [
            "b",
            "",
            "abcdefgh",
            "abcdefghi",
            "B",
            "é",
            "e\u{301}",
            "b",
            "abcdefgh\0",
        ];
        let texts = Texts::collect(names.into_iter()).unwrap();
        let permutation = Permutation::by_text(&texts);
        assert_eq!(numbers(&permutation), [1, 4, 2, 8, 3, 0, 7, 6, 5]);
        assert_eq!(permutation.rank(7), permutation.rank(0));
        assert_ne!(permutation.rank(8), permutation.rank(2));
    }

    #[test]
    fn tracks_follow_their_owners_and_those_of_equal_owners_mix() {
        let owners = [0, 2, 1, 0, 1, 3, 3, 0];
        let groups = Arc::new(Groups::new(&owners));
        let lists = Arc::new(Lists::build(&owners, 5));
        // Owners 0 and 2 are equal, 1 is before them, 3 behind; 4 has none.
        let keys = [Some(5), Some(1), Some(5), Some(7), Some(5)]
            .into_iter()
            .collect();
        let order = Permutation::by_number(&keys);
        let mixed = Permutation::by_owner(&order, &groups, &lists);
        assert_eq!(numbers(&mixed), [2, 4, 0, 1, 3, 7, 5, 6]);
        assert_eq!(ranks(&mixed), [2, 2, 0, 2, 0, 6, 6, 2]);
        let backwards = mixed.places_after(1, true).take(9, &mixed);
        assert_eq!(backwards, [6, 0, 1, 3, 7, 2, 4]);
    }

    #[test]
    fn tracks_follow_their_different_owners_in_both_directions() {
        let owners: Vec<u32> = (0..400).map(|track| track / 7 * 5 % 61).collect();
        let groups = Arc::new(Groups::new(&owners));
        let lists = Arc::new(Lists::build(&owners, 64));
        let keys: Numbers = (0..64).map(|owner| Some(owner * 7919 % 64)).collect();
        let order = Permutation::by_number(&keys);
        let permutation = Permutation::by_owner(&order, &groups, &lists);
        assert!(matches!(permutation.places, Sorted::Grouped { .. }));
        let key = |track: &u32| keys.get(owners[*track as usize]);
        for descending in [false, true] {
            let mut sorted: Vec<u32> = (0..400).collect();
            sorted.sort_by_key(|track| key(track).map(|key| if descending { -key } else { key }));
            for skipped in [0, 1, 6, 7, 8, 200, 399, 400] {
                let places = permutation.places_after(skipped, descending);
                let taken = places.clone().take(50, &permutation);
                let end = sorted.len().min(skipped + 50);
                assert_eq!(taken, sorted[skipped..end], "{skipped} {descending}");
                let mut places = places;
                for &expected in &sorted[skipped..] {
                    assert_eq!(places.next(&permutation), Some(expected));
                }
                assert_eq!(places.next(&permutation), None);
            }
        }
        let all = numbers(&permutation);
        for (at, track) in all.iter().enumerate() {
            let first = all.iter().position(|other| key(other) == key(track));
            assert_eq!(first, Some(permutation.rank(all[at]) as usize));
        }
        let set: Bitmap = (0..400).filter(|track| track % 3 == 0).collect();
        let blocks = permutation.blocks(&set);
        for (block, count) in blocks.counts(false) {
            let places = permutation.start_of_block(block)..permutation.start_of_block(block + 1);
            let members = all[places].iter().filter(|&&track| set.contains(track));
            assert_eq!(members.count(), count, "{block}");
        }
    }

    #[test]
    fn no_more_members_are_passed_than_may_be_and_what_follows_comes() {
        // Groups of some thousands: of neighbours, of tracks here and there, and without owners.
        let of_some = |track: u32| track / 2500 % 3 + if track.is_multiple_of(5) { 3 } else { 0 };
        let owners: Vec<u32> = (0..15_000).map(of_some).collect();
        let ranges: Vec<u32> = (0..15_000).map(|track| track / 2500).collect();
        let of_both = |track: u32| if track < 5000 { 3 } else { track % 2 * 4 };
        let both: Vec<u32> = (0..15_000).map(of_both).collect();
        let order = Permutation::by_number(&[4, 2, 5, 1, 3, 0].map(Some).into_iter().collect());
        let by_owner = |owners: &[u32]| {
            let groups = Arc::new(Groups::new(owners));
            Permutation::by_owner(&order, &groups, &Arc::new(Lists::build(owners, 6)))
        };
        let values: Numbers = owners.iter().map(|&owner| Some(owner.into())).collect();
        let set: Bitmap = (0..15_000).filter(|track| track % 7 < 3).collect();
        let different: Numbers = (0..15_000).map(|at| Some(at * 7919 % 15_013)).collect();
        let pairs: Numbers = (0..15_000).map(|at| Some(at * 7919 % 7507)).collect();
        for (permutation, is_exact) in [
            (by_owner(&ranges), true),
            (by_owner(&owners), false),
            (by_owner(&both), false),
            // With the sets of large groups.
            (by_owner(&both).with_blocks(1), true),
            (by_owner(&owners).with_blocks(1), true),
            (Permutation::by_number(&values), false),
            (Permutation::by_number(&values).with_blocks(1), true),
            (Permutation::by_number(&different).with_blocks(1), false),
            (Permutation::by_number(&pairs), false),
        ] {
            for descending in [false, true] {
                let places = permutation.places_after(0, descending);
                let all = places.clone().take(15_000, &permutation);
                let members: Vec<u32> = all.into_iter().filter(|&it| set.contains(it)).collect();
                for most in [0, 1, 300, 2499, 4000, 6420, members.len(), 15_000] {
                    let mut places = places.clone();
                    let passed = places.pass(&set, most, &permutation);
                    assert!(passed <= most && passed + 256 > most.min(members.len()));
                    assert!(!is_exact || passed == most.min(members.len()));
                    let rest = std::iter::from_fn(|| places.next(&permutation));
                    let rest = rest.filter(|&it| set.contains(it));
                    assert!(rest.eq(members[passed..].iter().copied()), "{most}");
                }
            }
        }
    }
}
