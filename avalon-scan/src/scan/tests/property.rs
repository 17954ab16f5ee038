//! A library changes at random, and a scan of what changed leaves what a scan of everything would.

use proptest::prelude::*;

use super::tree::Mutation;
use super::world::{Scan, World};

/// Cases in a usual run; `PROPTEST_CASES` says otherwise.
const CASES: u32 = 64;

#[derive(Clone, Debug)]
enum Step {
    Change(Mutation),
    Scan(Scan),
    /// Some rows are of an older reading of tags.
    Stale(u8),
    /// Another program wrote the library.
    Foreign(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        30 => Mutation::any().prop_map(Step::Change),
        15 => Scan::any().prop_map(Step::Scan),
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
                Step::Stale(third) => world.grow_stale(*third),
                Step::Foreign(how) => world.be_written_by_another(*how),
            }
        }
        world.scan_whole();
        world.check_that_nothing_is_read_again();
    }
}
