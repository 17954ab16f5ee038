//! Following and retiring over scripted sources: what is loaded, told, tried again and freed.

use std::collections::VecDeque;
use std::sync::Mutex;

use avalon_core::telemetry::metrics::Counter;
use hyper::Request;

use super::*;
use crate::catalog::Details;
use crate::catalog::samples::{Sample, track};

/// Looks and loads that were written down before; a load that was not is a library of that generation.
#[derive(Default)]
struct Script {
    looks: VecDeque<Result<Look, &'static str>>,
    loads: VecDeque<Load>,
    details: VecDeque<Result<bool, &'static str>>,
    generation: i64,
}

#[derive(Clone, Copy)]
enum Load {
    Works,
    Fails(&'static str),
    Panics,
}

impl Source for Script {
    fn look(&mut self) -> Result<Look, ReloadError> {
        let look = self.looks.pop_front().unwrap_or(Ok(Look::Same(0)));
        look.map_err(|reason| ReloadError::Look(error(reason)))
    }

    fn first(&mut self) -> Result<App, ReloadError> {
        self.next()
    }

    fn details(&mut self, app: &App) -> Result<bool, ReloadError> {
        let details = self.details.pop_front().unwrap_or(Ok(true));
        if details == Ok(true) {
            app.complete(Details::default());
        }
        details.map_err(|reason| LoadError::from(error(reason)).into())
    }

    fn next(&mut self) -> Result<App, ReloadError> {
        self.generation += 1;
        match self.loads.pop_front().unwrap_or(Load::Works) {
            Load::Works => Ok(app(self.generation)),
            Load::Fails(reason) => Err(LoadError::from(error(reason)).into()),
            Load::Panics => panic!("a test of panics"),
        }
    }
}

fn error(reason: &str) -> DatabaseError {
    DatabaseError::Connect {
        url: "sqlite:////a".to_owned(),
        reason: reason.to_owned(),
    }
}

fn app(generation: i64) -> App {
    let mut sample = Sample::default();
    for number in 0..2000 {
        sample.add(track(&format!(
            "A title of generation {generation}, {number}"
        )));
    }
    sample.rows.generation = generation;
    App::build(sample.columns()).unwrap()
}

/// A test that waits for what never comes shall fail, not hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until a thread that follows has published its second library.
#[track_caller]
fn wait_for_second(service: &Service) {
    let start = Instant::now();
    let request = Request::builder().uri("/heartbeat").body(()).unwrap();
    while service.handle(&request).headers()["avalon-generation"] != "2" {
        assert!(start.elapsed() < PATIENCE, "there is no second library");
        thread::yield_now();
    }
}

/// A follower of a script, the service that it publishes to, and what it counted.
struct Following {
    follower: Follower<Script>,
    service: Arc<Service>,
    counted: Arc<Mutex<Vec<Counter>>>,
}

impl Following {
    fn of(looks: &[Result<Look, &'static str>], loads: &[Load]) -> Self {
        let service = Arc::new(Service::new("/", Box::new(|_, _| ())));
        let counted = Arc::new(Mutex::new(Vec::new()));
        let counting = counted.clone();
        let script = Script {
            looks: looks.iter().copied().collect(),
            loads: loads.iter().copied().collect(),
            ..Script::default()
        };
        let count = Box::new(move |counter| counting.lock().unwrap().push(counter));
        Self {
            follower: Follower::new(script, Arc::downgrade(&service), count),
            service,
            counted,
        }
    }

    /// The generation that is served; `None` before there is one.
    fn served(&self) -> Option<i64> {
        let request = Request::builder().uri("/heartbeat").body(()).unwrap();
        let response = self.service.handle(&request);
        let generation = response.headers().get("avalon-generation")?;
        generation.to_str().unwrap().parse().ok()
    }

    fn counted(&self) -> Vec<Counter> {
        std::mem::take(&mut self.counted.lock().unwrap())
    }
}

const DONE: &[Counter] = &[Counter::ReloadDone];
const FAILED: &[Counter] = &[Counter::ReloadFailed];

#[test]
fn what_looks_find_is_loaded_once() {
    let mut following = Following::of(&[Ok(Look::First(7))], &[]);
    assert_eq!(following.served(), None);
    following.follower.begin().unwrap();
    assert_eq!((following.served(), following.counted()), (Some(1), vec![]));
    for (look, turn, served, counted) in [
        (Ok(Look::Same(7)), Turn::Look, 1, &[][..]),
        (Ok(Look::Busy), Turn::Look, 1, &[]),
        (Ok(Look::Changed(8)), Turn::Look, 2, DONE),
        (Ok(Look::Same(8)), Turn::Look, 2, &[]),
        (Ok(Look::Same(8)), Turn::Order, 3, DONE),
        (Ok(Look::Busy), Turn::Order, 4, DONE),
        (Err("gone"), Turn::Order, 5, DONE),
        (Err("gone"), Turn::Look, 5, FAILED),
        (Ok(Look::Changed(3)), Turn::Look, 6, DONE),
        (Ok(Look::First(0)), Turn::Look, 7, DONE),
        (Ok(Look::Same(0)), Turn::Look, 7, &[]),
    ] {
        following.follower.source().looks.push_back(look);
        following.follower.turn(turn);
        assert_eq!(following.served(), Some(served), "{look:?}");
        assert_eq!(following.counted(), counted, "{look:?}");
    }
}

#[test]
fn details_of_another_library_are_loaded_with_that_one() {
    for (details, served, counted, is_tried_again) in [
        (Ok(true), 1, &[][..], false),
        (Ok(false), 2, DONE, false),
        (Err("gone"), 1, FAILED, true),
    ] {
        let mut following = Following::of(&[Ok(Look::First(1))], &[]);
        following.follower.source().details.push_back(details);
        following.follower.begin().unwrap();
        following.follower.complete();
        assert_eq!(following.served(), Some(served), "{details:?}");
        assert_eq!(following.counted(), counted, "{details:?}");
        assert_eq!(following.follower.retry().is_some(), is_tried_again);
        following.follower.turn(Turn::Retry);
        let again = served + i64::from(is_tried_again);
        assert_eq!(following.served(), Some(again), "{details:?}");
    }
}

#[test]
fn a_first_load_that_fails_is_an_error() {
    for load in [Load::Fails("gone"), Load::Panics] {
        let mut following = Following::of(&[], &[load]);
        following.follower.begin().unwrap_err();
        assert_eq!((following.served(), following.counted()), (None, vec![]));
    }
}

#[test]
fn a_load_that_fails_keeps_the_old_and_is_tried_again_less_and_less_often() {
    for failing in [Load::Fails("gone"), Load::Panics] {
        let loads = [&[Load::Works][..], &[failing; 8]].concat();
        let mut following = Following::of(&[Ok(Look::First(1)), Ok(Look::Changed(2))], &loads);
        following.follower.begin().unwrap();
        assert_eq!(following.follower.retry(), None);
        for (turn, seconds) in [
            (Turn::Look, 2),
            (Turn::Retry, 4),
            (Turn::Retry, 8),
            (Turn::Retry, 16),
            (Turn::Retry, 32),
            (Turn::Retry, 60),
            (Turn::Retry, 60),
            (Turn::Retry, 60),
        ] {
            following.follower.turn(turn);
            assert_eq!(following.counted(), FAILED);
            assert_eq!(following.follower.pause(), Duration::from_secs(seconds));
            let retry = following.follower.retry();
            // Looks between change neither.
            following.follower.turn(Turn::Look);
            assert_eq!((following.counted(), following.served()), (vec![], Some(1)));
            assert_eq!(following.follower.retry(), retry);
            assert!(retry.is_some());
        }
        following.follower.turn(Turn::Retry);
        assert_eq!(following.counted(), DONE);
        assert_eq!(following.served(), Some(10));
        assert_eq!(following.follower.retry(), None);
        following.follower.turn(Turn::Look);
        assert_eq!(
            (following.served(), following.counted()),
            (Some(10), vec![])
        );
    }
}

#[test]
fn looks_that_fail_do_not_put_off_a_load_and_the_first_that_works_brings_it() {
    let gone = Err("gone");
    let looks = [
        Ok(Look::First(1)),
        Ok(Look::Changed(2)),
        gone,
        gone,
        Ok(Look::Busy),
    ];
    let loads = [Load::Works, Load::Fails("full"), Load::Fails("full")];
    let mut following = Following::of(&looks, &loads);
    following.follower.begin().unwrap();
    let first = Duration::from_secs(2);
    for (turn, counted) in [
        (Turn::Look, FAILED),
        (Turn::Look, FAILED),
        // Nothing is loaded that cannot be seen.
        (Turn::Retry, FAILED),
        (Turn::Retry, &[]),
    ] {
        following.follower.turn(turn);
        assert_eq!(following.counted(), counted, "{turn:?}");
        assert_eq!(following.follower.pause(), first);
        assert!(
            following
                .follower
                .retry()
                .is_some_and(|at| at > Instant::now())
        );
    }
    // It can be seen again: loaded at once, and when that fails, soon again.
    following.follower.turn(Turn::Look);
    assert_eq!(following.counted(), FAILED);
    assert_eq!(following.follower.pause(), first);
    following.follower.turn(Turn::Look);
    assert_eq!((following.served(), following.counted()), (Some(1), vec![]));
    following.follower.turn(Turn::Retry);
    assert_eq!(
        (following.served(), following.counted()),
        (Some(4), DONE.to_vec())
    );
}

#[test]
fn news_are_loaded_at_once_however_often_it_failed() {
    for (look, turn) in [(Look::Changed(3), Turn::Look), (Look::Same(2), Turn::Order)] {
        let failing = [Load::Fails("gone"); 4];
        let loads = [&[Load::Works][..], &failing].concat();
        let mut following = Following::of(&[Ok(Look::First(1)), Ok(Look::Changed(2))], &loads);
        following.follower.begin().unwrap();
        following.follower.turn(Turn::Look);
        while !following.follower.source().loads.is_empty() {
            following.follower.turn(Turn::Retry);
        }
        following.follower.source().looks.push_back(Ok(look));
        following.follower.turn(turn);
        assert_eq!(following.served(), Some(6), "{look:?}");
    }
}

#[test]
fn what_was_not_loaded_is_tried_again_though_nobody_looks() {
    let (orders, ordered) = channel();
    let mut following = Following::of(&[], &[]);
    following.follower.source().details.push_back(Err("gone"));
    following.follower.begin().unwrap();
    following.follower.complete();
    following.follower.hasten();
    let service = following.service.clone();
    let thread = thread::spawn(move || follow(&mut following.follower, &ordered, None));
    wait_for_second(&service);
    drop(orders);
    thread.join().unwrap();
}

#[test]
fn one_cause_is_told_once_until_an_attempt_works() {
    let (gone, locked) = (Err("gone"), Err("locked"));
    let mut following = Following::of(&[Ok(Look::First(1))], &[]);
    following.follower.begin().unwrap();
    for (look, is_told, told) in [
        (gone, true, 1),
        (gone, false, 1),
        (locked, true, 2),
        (gone, false, 2),
        (locked, false, 2),
        // Nothing can be said.
        (Ok(Look::Busy), false, 2),
        (gone, false, 2),
        (Ok(Look::Same(1)), false, 0),
        (gone, true, 1),
    ] {
        let before = following.follower.told().len();
        following.follower.source().looks.push_back(look);
        following.follower.turn(Turn::Look);
        let after = following.follower.told().len();
        assert_eq!((after > before, after), (is_told, told), "{look:?}");
    }
    assert_eq!(following.counted().len(), 7);
}

#[test]
fn panics_are_causes_like_others_and_few_causes_are_kept() {
    let loads = [Load::Panics, Load::Fails("full"), Load::Panics];
    let mut following = Following::of(&[Ok(Look::First(1))], &[]);
    following.follower.begin().unwrap();
    following.follower.source().loads.extend(loads);
    for told in [1, 2, 2] {
        following.follower.turn(Turn::Order);
        assert_eq!(following.follower.told().len(), told);
    }
    assert!(following.follower.told()[0].contains("a test of panics"));
    const MANY: [&str; 26] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r",
        "s", "t", "u", "v", "w", "x", "y", "z",
    ];
    following
        .follower
        .source()
        .loads
        .extend(MANY.map(Load::Fails));
    for reason in MANY {
        following.follower.turn(Turn::Order);
        let told = following.follower.told();
        assert!(told.len() <= 16 && told.last().unwrap().contains(reason));
    }
}

#[test]
fn an_old_library_is_freed_here_when_its_last_answer_is_sent() {
    let mut following = Following::of(&[Ok(Look::First(1)), Ok(Look::Changed(2))], &[]);
    following.follower.begin().unwrap();
    // A request that is at it, and one whose body is on its way.
    let reading = following.service.edition().unwrap();
    let request = |target: &str| Request::builder().uri(target).body(()).unwrap();
    let whole = following.service.handle(&request("/songs"));
    let backwards = following
        .service
        .handle(&request("/songs?order=name&direction=desc"));
    let weak = Arc::downgrade(&reading);
    following.follower.turn(Turn::Look);
    assert_eq!(following.served(), Some(2));
    following.follower.free();
    assert!(following.follower.holds_old() && weak.upgrade().is_some());
    // The request ends on its own thread, and frees nothing.
    drop(reading);
    assert!(weak.upgrade().is_some());
    following.follower.free();
    assert!(weak.upgrade().is_none());
    // The rendered lists stay as long as bodies are sent from them.
    assert!(following.follower.holds_old());
    drop(whole);
    following.follower.free();
    assert!(following.follower.holds_old());
    drop(backwards);
    following.follower.free();
    assert!(!following.follower.holds_old());
}

#[test]
fn nothing_is_loaded_while_two_old_libraries_are_read_from() {
    let looks = [1, 2, 3, 4].map(|number| Ok(Look::Changed(number)));
    let mut following = Following::of(&looks, &[]);
    following.follower.begin().unwrap();
    let songs = Request::builder().uri("/songs").body(()).unwrap();
    let mut answers = Vec::new();
    for served in [2, 3] {
        answers.push(following.service.handle(&songs));
        following.follower.turn(Turn::Look);
        assert_eq!(following.served(), Some(served));
    }
    // Neither what is new nor what is ordered, and that is no failure.
    following.counted();
    for turn in [Turn::Look, Turn::Order, Turn::Retry] {
        following.follower.turn(turn);
        assert_eq!((following.served(), following.counted()), (Some(3), vec![]));
        assert!(following.follower.retry().is_some(), "{turn:?}");
        assert_eq!(following.follower.pause(), Duration::from_secs(2));
    }
    answers.pop();
    following.follower.turn(Turn::Retry);
    assert_eq!(
        (following.served(), following.counted()),
        (Some(4), DONE.to_vec())
    );
    assert_eq!(following.follower.retry(), None);
}

#[test]
fn clients_that_hold_up_a_load_for_long_are_cut_off_from_the_oldest_library() {
    let looks = [1, 2, 3, 4].map(|number| Ok(Look::Changed(number)));
    let mut following = Following::of(&looks, &[]);
    following.follower.begin().unwrap();
    let songs = Request::builder().uri("/songs").body(()).unwrap();
    let mut answers = VecDeque::new();
    for _ in 0..2 {
        answers.push_back(following.service.handle(&songs));
        following.follower.turn(Turn::Look);
    }
    let ended = following.service.ended();
    following.follower.be_patient(Duration::from_secs(3600));
    for turn in [Turn::Look, Turn::Retry, Turn::Retry] {
        following.follower.turn(turn);
        assert_eq!((following.served(), *ended.borrow()), (Some(3), 0));
    }
    // The hour is over.
    following.follower.be_patient(Duration::ZERO);
    following.follower.turn(Turn::Retry);
    let oldest = answers[0].body().library();
    assert_eq!(oldest, Some(*ended.borrow()));
    assert_ne!(answers[1].body().library(), oldest);
    // The new one is not loaded before the old one is gone, and then it is.
    assert_eq!(following.served(), Some(3));
    answers.pop_front();
    following.follower.turn(Turn::Retry);
    assert_eq!(following.served(), Some(4));
    assert!(answers[0].body().library() > Some(*ended.borrow()));
}

#[test]
fn a_load_that_is_held_up_again_is_patient_again() {
    let looks = [1, 2, 3, 4].map(|number| Ok(Look::Changed(number)));
    let mut following = Following::of(&looks, &[]);
    following.follower.begin().unwrap();
    following.follower.be_patient(Duration::from_secs(3600));
    let songs = Request::builder().uri("/songs").body(()).unwrap();
    let mut answers = VecDeque::new();
    for _ in 0..2 {
        answers.push_back(following.service.handle(&songs));
        following.follower.turn(Turn::Look);
    }
    following.follower.turn(Turn::Look);
    answers.push_back(following.service.handle(&songs));
    answers.pop_front();
    following.follower.turn(Turn::Retry);
    assert_eq!(following.served(), Some(4));
    // Held up since now, not since then.
    following.follower.be_patient(Duration::ZERO);
    following.follower.turn(Turn::Order);
    assert_eq!(*following.service.ended().borrow(), 0);
    following.follower.turn(Turn::Retry);
    assert_eq!(
        answers[0].body().library(),
        Some(*following.service.ended().borrow())
    );
}

#[test]
fn following_ends_with_the_last_who_could_order_it() {
    for interval in [None, Some(Duration::from_secs(3600))] {
        let (orders, ordered) = channel();
        let mut following = Following::of(&[], &[]);
        following.follower.begin().unwrap();
        let service = following.service.clone();
        let thread = thread::spawn(move || follow(&mut following.follower, &ordered, interval));
        let reload = Reload(orders);
        reload.now();
        wait_for_second(&service);
        drop(reload);
        thread.join().unwrap();
    }
}
