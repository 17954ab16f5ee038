//! Whole runs. Where somebody has to hang for too long, the test holds a gate, and moves the clock when
//! nobody but those at the gate is at work: no run depends on how long anything takes.

mod gates;

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow::{Break, Continue};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use proptest::prelude::*;

use gates::{Clock, Gate};

use super::supervisor::Supervisor;
use super::*;

/// Longer than the patience in these tests, and no longer than what one look adds to it.
const LONG: Duration = Duration::from_secs(1);

fn options(workers: usize, batch: usize) -> Options {
    Options {
        workers,
        batch,
        queue: 0,
        patience: LONG / 2,
        feed_patience: LONG / 2,
        most_hanging: 100,
        tick: Duration::from_millis(1),
    }
}

/// Without any hanging: for tests in which nobody does.
fn patient(workers: usize, batch: usize) -> Options {
    Options {
        patience: Duration::MAX,
        feed_patience: Duration::MAX,
        ..options(workers, batch)
    }
}

fn all(count: usize) -> impl FnOnce(&Feeder<usize>) + Send + 'static {
    move |feeder| {
        let _ = (0..count).try_for_each(|item| feeder.give(item));
    }
}

/// What was said of an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    Answer(usize),
    Hung(usize),
    Panicked(usize, String),
}

fn said_instead(item: &usize, fault: Fault) -> Said {
    match fault {
        Fault::Hung(_) => Said::Hung(*item),
        Fault::Panicked(message) => Said::Panicked(*item, message),
    }
}

proptest! {
    #[test]
    fn every_item_is_answered_once_whatever_the_schedule(
        count in 0_usize..400,
        workers in 0_usize..6,
        batch in 0_usize..20,
        yields in proptest::collection::vec(0_usize..4, 1..50),
        panics in proptest::collection::btree_set(0_usize..400, 0..20),
    ) {
        let options = patient(workers, batch);
        let most = options.most_items();
        let fed = Arc::new(AtomicUsize::new(0));
        let pause = move |item: usize| {
            for _ in 0..yields[item % yields.len()] {
                thread::yield_now();
            }
        };
        let feed = {
            let (fed, pause) = (Arc::clone(&fed), pause.clone());
            move |feeder: &Feeder<usize>| {
                for item in 0..count {
                    pause(item / 3);
                    assert!(feeder.give(item).is_continue());
                    fed.fetch_add(1, SeqCst);
                }
                "fed"
            }
        };
        let failing = panics.clone();
        let work = move |item: &usize| {
            pause(*item);
            if failing.contains(item) {
                resume_unwind(Box::new(format!("at {item}")));
            }
            Said::Answer(*item)
        };
        let mut said = Vec::new();
        let sink = |answer| {
            assert!(fed.load(SeqCst) <= said.len() + most, "memory is bounded");
            said.push(answer);
            Continue(())
        };
        let outcome = super::feed(options, feed).run(work, said_instead, sink, || Continue(()));
        prop_assert!(matches!(outcome, Outcome::Done("fed")), "{:?}", outcome);
        let mut expected: Vec<Said> = (0..count)
            .map(|item| match panics.contains(&item) {
                true => Said::Panicked(item, format!("at {item}")),
                false => Said::Answer(item),
            })
            .collect();
        expected.sort();
        said.sort();
        prop_assert_eq!(said, expected);
    }
}

#[test]
fn a_worker_that_hangs_loses_its_item_only_and_is_not_waited_for() {
    let (gate, clock) = (Gate::default(), Clock::new());
    let work = {
        let gate = gate.clone();
        move |item: &usize| {
            if *item == 3 {
                gate.wait();
            }
            Said::Answer(*item)
        }
    };
    let said = RefCell::new(Vec::new());
    // The one worker has answered 0 to 2 and hangs, with the rest of its batch at its desk.
    let tick = || {
        if gate.came() == 1 && said.borrow().len() == 3 {
            clock.pass(LONG);
        }
        Continue(())
    };
    let sink = |answer| {
        said.borrow_mut().push(answer);
        Continue(())
    };
    let outcome = Supervisor::new(super::feed(options(1, 8), all(20)), work, || clock.now()).run(
        said_instead,
        sink,
        tick,
    );
    assert!(matches!(outcome, Outcome::Done(())), "{outcome:?}");
    let expected: Vec<Said> = (0..20)
        .map(|item| match item {
            3 => Said::Hung(3),
            _ => Said::Answer(item),
        })
        .collect();
    assert_eq!(said.take(), expected, "in order: there is one worker");
    gate.open();
}

#[test]
fn what_an_abandoned_worker_says_later_is_dropped() {
    let (gate, clock) = (Gate::default(), Clock::new());
    let (late, came_late) = channel();
    let (over, wait_for_late) = channel::<()>();
    let work = {
        let gate = gate.clone();
        move |item: &usize| {
            if *item == 0 {
                gate.wait();
                late.send(()).unwrap();
            }
            Said::Answer(*item)
        }
    };
    // The feed goes on until the late answer was given.
    let feed = move |feeder: &Feeder<usize>| {
        assert!(feeder.give(0).is_continue());
        wait_for_late.recv().unwrap();
        all(9)(feeder);
    };
    let mut said = Vec::new();
    let mut opened = false;
    let hung = Cell::new(false);
    let tick = || {
        if gate.came() == 1 && !hung.get() {
            clock.pass(LONG);
        } else if hung.get() && !opened {
            gate.open();
            came_late.recv().unwrap();
            over.send(()).unwrap();
            opened = true;
        }
        Continue(())
    };
    let sink = |answer| {
        hung.set(hung.get() || answer == Said::Hung(0));
        said.push(answer);
        Continue(())
    };
    // Its patience would end before that of the worker.
    let options = Options {
        feed_patience: Duration::MAX,
        ..options(1, 4)
    };
    let outcome = Supervisor::new(super::feed(options, feed), work, || clock.now()).run(
        said_instead,
        sink,
        tick,
    );
    assert!(matches!(outcome, Outcome::Done(())), "{outcome:?}");
    assert_eq!(said[0], Said::Hung(0));
    let later: Vec<Said> = (0..9).map(Said::Answer).collect();
    assert_eq!(
        said[1..],
        later,
        "0 again, since it was fed again, and gate is open"
    );
}

#[test]
fn all_workers_may_hang_one_after_the_other() {
    for most_hanging in [6, 3] {
        let (gate, clock) = (Gate::default(), Clock::new());
        let work = {
            let gate = gate.clone();
            move |item: &usize| {
                gate.wait();
                Said::Answer(*item)
            }
        };
        let said = RefCell::new(Vec::new());
        let tick = || {
            let given_up = said.borrow().len();
            if gate.came() == (given_up + 2).min(6) {
                clock.pass(LONG);
            }
            Continue(())
        };
        let sink = |answer| {
            said.borrow_mut().push(answer);
            Continue(())
        };
        let options = Options {
            most_hanging,
            ..options(2, 4)
        };
        let outcome = Supervisor::new(super::feed(options, all(6)), work, || clock.now()).run(
            said_instead,
            sink,
            tick,
        );
        let said = said.take();
        match outcome {
            Outcome::Done(()) => assert_eq!((most_hanging, said.len()), (6, 6)),
            Outcome::WorkersHung(hanging) => {
                assert!(most_hanging == 3 && hanging > 3, "{hanging}");
                assert_eq!(said.len(), hanging);
            }
            outcome => panic!("{outcome:?}"),
        }
        assert!(
            said.iter().all(|said| matches!(said, Said::Hung(_))),
            "{said:?}"
        );
        gate.open();
    }
}

#[test]
fn the_queue_is_as_long_as_asked_and_never_too_short_for_the_workers() {
    for (queue, expected) in [(0, 32), (31, 32), (1000, 1000)] {
        let mut options = patient(2, 4);
        options.queue = queue;
        assert_eq!(options.queued(), expected, "{queue}");
    }
}

#[test]
fn a_feed_that_hangs_ends_the_run() {
    let (gate, clock) = (Gate::default(), Clock::new());
    let feed = {
        let gate = gate.clone();
        move |feeder: &Feeder<usize>| {
            all(3)(feeder);
            gate.wait();
        }
    };
    let said = Cell::new(0);
    let tick = || {
        if gate.came() == 1 && said.get() == 3 {
            clock.pass(LONG);
        }
        Continue(())
    };
    let sink = |_| {
        said.set(said.get() + 1);
        Continue(())
    };
    let outcome = Supervisor::new(
        super::feed(options(2, 2), feed),
        |item: &usize| Said::Answer(*item),
        || clock.now(),
    )
    .run(said_instead, sink, tick);
    assert!(matches!(outcome, Outcome::FeederHung(_)), "{outcome:?}");
    gate.open();
}

#[test]
fn a_feed_that_finds_nothing_for_long_is_alive() {
    let (step, steps) = channel();
    let (stepped, has_stepped) = channel();
    let feed = move |feeder: &Feeder<usize>| {
        for () in steps {
            assert!(feeder.alive().is_continue());
            stepped.send(()).unwrap();
        }
    };
    let clock = Clock::new();
    let mut step = Some(step);
    let mut ticks = 0;
    // A step, then a time that is shorter than the patience; twenty of them are longer.
    let tick = || {
        ticks += 1;
        if ticks == 20 {
            step = None;
        }
        if let Some(step) = &step {
            step.send(()).unwrap();
            has_stepped.recv().unwrap();
            clock.pass(LONG / 3);
        }
        Continue(())
    };
    let work = |item: &usize| Said::Answer(*item);
    let outcome = Supervisor::new(super::feed(options(1, 1), feed), work, || clock.now()).run(
        said_instead,
        |_| Continue(()),
        tick,
    );
    assert!(matches!(outcome, Outcome::Done(())), "{outcome:?}");
    assert!(ticks >= 20, "{ticks}");
}

#[test]
fn a_feed_that_panics_ends_the_run() {
    let feed = |feeder: &Feeder<usize>| {
        all(3)(feeder);
        resume_unwind(Box::new("no more"));
    };
    let work = |item: &usize| Said::Answer(*item);
    let outcome: Outcome<()> =
        super::feed(patient(2, 2), feed).run(work, said_instead, |_| Continue(()), || Continue(()));
    assert!(
        matches!(&outcome, Outcome::FeederPanicked(message) if message == "no more"),
        "{outcome:?}"
    );
}

#[test]
fn a_sink_that_has_enough_ends_the_run() {
    let (ended, has_ended) = channel();
    let feed = move |feeder: &Feeder<usize>| {
        all(usize::MAX)(feeder);
        ended.send(()).unwrap();
    };
    let mut taken = 0;
    let sink = |_| {
        taken += 1;
        match taken {
            5 => Break(()),
            _ => Continue(()),
        }
    };
    let work = |item: &usize| Said::Answer(*item);
    let outcome = super::feed(patient(3, 4), feed).run(work, said_instead, sink, || Continue(()));
    assert!(matches!(outcome, Outcome::Stopped), "{outcome:?}");
    assert_eq!(taken, 5);
    has_ended.recv().unwrap();
}

#[test]
fn a_tick_ends_the_run_before_it_begins_and_while_all_hang() {
    let gate = Gate::default();
    let work = {
        let gate = gate.clone();
        move |item: &usize| {
            gate.wait();
            Said::Answer(*item)
        }
    };
    let tick = || match gate.came() {
        2 => Break(()),
        _ => Continue(()),
    };
    let sink = |answer| panic!("{answer:?}");
    let outcome = super::feed(patient(2, 1), all(9)).run(work, said_instead, sink, tick);
    assert!(matches!(outcome, Outcome::Stopped), "{outcome:?}");
    gate.open();

    let work = |item: &usize| Said::Answer(*item);
    let fed = super::feed(patient(2, 1), all(9));
    let outcome = fed.run(work, said_instead, sink, || Break(()));
    assert!(matches!(outcome, Outcome::Stopped), "{outcome:?}");
}

#[test]
fn a_panic_of_the_sink_goes_through_to_the_caller() {
    let (ended, has_ended) = channel();
    let feed = move |feeder: &Feeder<usize>| {
        all(usize::MAX)(feeder);
        ended.send(()).unwrap();
    };
    let work = |item: &usize| Said::Answer(*item);
    let sink = |_| resume_unwind(Box::new("full"));
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let fed = super::feed(patient(2, 2), feed);
        fed.run(work, said_instead, sink, || Continue(()))
    }));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"full"));
    has_ended.recv().unwrap();
}

#[test]
fn a_panic_of_a_destructor_goes_through_to_the_caller() {
    struct Item;
    impl Drop for Item {
        fn drop(&mut self) {
            resume_unwind(Box::new("dropped"));
        }
    }
    let feed = |feeder: &Feeder<Item>| {
        let _ = feeder.give(Item);
    };
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let sink = |()| Continue(());
        let fed = super::feed(patient(2, 2), feed);
        fed.run(|_: &Item| (), |_, _| (), sink, || Continue(()))
    }));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"dropped"));
}

#[test]
fn a_feed_runs_ahead_of_the_work_as_far_as_the_queue_goes() {
    let (given, was_given) = channel();
    let feed = move |feeder: &Feeder<usize>| {
        for item in 0.. {
            if feeder.give(item).is_break() {
                break;
            }
            given.send(item).unwrap();
        }
    };
    let options = patient(1, 1);
    let queued = options.queued();
    let fed = super::feed::<_, Said, _>(options, feed);
    // Nobody works yet.
    let ahead: Vec<usize> = was_given.iter().take(queued).collect();
    assert_eq!(ahead.last(), Some(&(queued - 1)));
    drop(fed);
    // It ends, although the queue is full.
    assert_eq!(was_given.iter().count(), 0);
}
