//! A library changes at random, and a scan of what changed leaves what a scan of everything would.

use proptest::prelude::*;

use super::tree::{Link, Mutation, Place};
use super::world::{Scan, World};

/// Cases in a usual run; `PROPTEST_CASES` says otherwise.
const CASES: u32 = 64;

#[derive(Clone, Debug)]
enum Step {
    Change(Mutation),
    Scan(Scan),
    /// A file moves, maybe changes, and its two places are scanned one after the other.
    Apart([Place; 2], Option<Mutation>, bool),
    /// What a link leads to goes, for the time of a scan.
    Outage([Place; 2], Scan),
    /// Some rows are of an older reading of tags.
    Stale(u8),
    /// Another program wrote the library.
    Foreign(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        30 => Mutation::any().prop_map(Step::Change),
        15 => Scan::any().prop_map(Step::Scan),
        4 => (
            [Place::any(), Place::any()],
            proptest::option::of(Mutation::any()),
            any::<bool>(),
        )
            .prop_map(|(places, between, is_turned)| Step::Apart(places, between, is_turned)),
        2 => ([Place::any(), Place::any()], Scan::any())
            .prop_map(|(places, scan)| Step::Outage(places, scan)),
        1 => (0..3_u8).prop_map(Step::Stale),
        1 => (0..2_u8).prop_map(Step::Foreign),
    ]
}

fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    let cases = match std::env::var_os("PROPTEST_CASES") {
        Some(_) => usual.cases,
        None => CASES,
    };
    ProptestConfig {
        cases,
        max_shrink_iters: 2000,
        failure_persistence: None,
        ..usual
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_scan_of_what_changed_leaves_what_a_scan_of_everything_leaves(
        begin in proptest::collection::vec(Mutation::any(), 0..16),
        steps in proptest::collection::vec(step(), 1..20),
    ) {
        let mut world = World::new();
        begin.iter().for_each(|mutation| world.tree.apply(mutation));
        world.scan_whole();
        for step in &steps {
            match step {
                Step::Change(mutation) => world.tree.apply(mutation),
                Step::Scan(scan) => world.scan(scan),
                Step::Apart(places, between, is_turned) => {
                    let [from, to] = *places;
                    world.tree.apply(&Mutation::Move(from, to));
                    let parts = match is_turned {
                        false => [from, to],
                        true => [to, from],
                    };
                    world.scan(&Scan::Only(vec![parts[0].way()]));
                    between.iter().for_each(|mutation| world.tree.apply(mutation));
                    world.scan(&Scan::Only(vec![parts[1].way()]));
                }
                Step::Outage(places, scan) => {
                    let [target, link] = *places;
                    world.tree.apply(&Mutation::Copy(target, link, Link::Symbolic));
                    world.scan_whole();
                    world.tree.apply(&Mutation::Unmount(link));
                    world.scan(scan);
                    world.tree.apply(&Mutation::Mount(link));
                }
                Step::Stale(third) => world.grow_stale(*third),
                Step::Foreign(how) => world.be_written_by_another(*how),
            }
        }
        world.scan_whole();
        world.check_that_nothing_is_read_again();
    }
}
