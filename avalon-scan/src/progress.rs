//! How far a scan is: a bar at a terminal, lines in a log, or events for a program.
//!
//! In: what was counted so far, a few times a second, and how many files there are as soon as the walk
//! knows. Out, at most so often: a bar with numbers, speed and the time that is left; a line every ten
//! seconds where standard error is no terminal; an event a second for a program; or nothing. Nothing is
//! logged while a bar is shown, so that none is torn: a scan takes its own away at its end, also when
//! it was interrupted.

use std::cell::RefCell;
use std::fmt;
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report::Counts;

/// Redraws a second; more would cost more than it shows.
const REDRAWS: u8 = 10;

/// Between two lines in a log.
const LINES: Duration = Duration::from_secs(10);

/// Between two events.
const EVENTS: Duration = Duration::from_secs(1);

/// The speed is that of about this time: long enough to be calm, short enough to follow a collection
/// of which one half is unchanged and the other is new.
const MEMORY: Duration = Duration::from_secs(5);

/// Shows the progress of one scan after the other.
#[derive(Debug)]
pub struct Progress {
    target: RefCell<Target>,
    /// Of the scan that runs.
    course: RefCell<Option<Course>>,
}

/// Gets a line for the log.
type Say = Box<dyn FnMut(&str)>;

/// Gets what was counted, and how many files there are, if that is known.
type Tell = Box<dyn FnMut(&Counts, Option<u64>)>;

enum Target {
    Bar(ProgressBar),
    Lines(Say),
    Events(Tell),
    Nothing,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bar(_) => "Bar",
            Self::Lines(_) => "Lines",
            Self::Events(_) => "Events",
            Self::Nothing => "Nothing",
        })
    }
}

impl Progress {
    /// Where it is `wanted`: a bar where standard error is a terminal, else lines in the log.
    pub fn new(wanted: bool) -> Self {
        Self::to(match (wanted, stderr().is_terminal()) {
            (false, _) => Target::Nothing,
            (true, true) => Target::Bar(bar(ProgressDrawTarget::stderr_with_hz(REDRAWS))),
            (true, false) => Target::Lines(Box::new(|line| log::info!("{line}"))),
        })
    }

    /// Events, for which `tell` is called.
    pub fn events(tell: impl FnMut(&Counts, Option<u64>) + 'static) -> Self {
        Self::to(Target::Events(Box::new(tell)))
    }

    fn to(target: Target) -> Self {
        Self {
            target: RefCell::new(target),
            course: RefCell::new(None),
        }
    }

    /// The scan has come so far; `expected` is the number of files that will have been seen at its end, if
    /// the walk knows it. The first call begins a scan. The call is cheap enough for ten a second.
    pub fn show(&self, counts: &Counts, expected: Option<u64>) {
        self.show_at(counts, expected, Instant::now());
    }

    fn show_at(&self, counts: &Counts, expected: Option<u64>, now: Instant) {
        let mut course = self.course.borrow_mut();
        let course = course.get_or_insert_with(|| Course::begin(counts.seen, now));
        match &mut *self.target.borrow_mut() {
            Target::Bar(bar) => {
                course.go_on(counts.seen, now);
                draw(bar, counts, expected, course);
            }
            Target::Lines(say) if course.is_time(LINES, now) => {
                course.go_on(counts.seen, now);
                say(&line(counts, expected, course));
            }
            Target::Events(tell) if course.is_time(EVENTS, now) => tell(counts, expected),
            Target::Lines(_) | Target::Events(_) | Target::Nothing => {}
        }
    }

    /// The scan is over: takes the bar away.
    pub fn clear(&self) {
        *self.course.borrow_mut() = None;
        if let Target::Bar(bar) = &*self.target.borrow() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The course of a scan in time.
#[derive(Debug)]
struct Course {
    /// When something was said last; at first, the beginning.
    said: Instant,
    /// What was seen when.
    last: (u64, Instant),
    /// Files a second.
    speed: Option<f64>,
}

impl Course {
    fn begin(seen: u64, now: Instant) -> Self {
        Self {
            said: now,
            last: (seen, now),
            speed: None,
        }
    }

    /// Whether it is time to say something again; if so, that counts as said.
    fn is_time(&mut self, pause: Duration, now: Instant) -> bool {
        let is_time = now.saturating_duration_since(self.said) >= pause;
        if is_time {
            self.said = now;
        }
        is_time
    }

    fn go_on(&mut self, seen: u64, now: Instant) {
        let (seen_then, then) = self.last;
        let seconds = now.saturating_duration_since(then).as_secs_f64();
        if seconds <= 0.0 {
            return;
        }
        let speed = seen.saturating_sub(seen_then) as f64 / seconds;
        // Weighed by time: older speeds fade, whatever the pace of the calls.
        let weight = 1.0 - (-seconds / MEMORY.as_secs_f64()).exp();
        self.speed = Some(match self.speed {
            None => speed,
            Some(before) => before + weight * (speed - before),
        });
        self.last = (seen, now);
    }

    /// The time that is left, at this speed.
    fn left(&self, seen: u64, expected: u64) -> Option<Duration> {
        let speed = self.speed.filter(|speed| *speed > 0.0)?;
        Duration::try_from_secs_f64(expected.saturating_sub(seen) as f64 / speed).ok()
    }
}

/// `2,345 of 20,000 files seen, 345 read, 512 files/s, 34s left`
fn line(counts: &Counts, expected: Option<u64>, course: &Course) -> String {
    let of = expected.map_or(String::new(), |all| format!(" of {}", HumanCount(all)));
    let speed = HumanCount(course.speed.unwrap_or(0.0).round() as u64);
    let left = expected.and_then(|all| course.left(counts.seen, all));
    let left = left.map_or(String::new(), |left| {
        format!(", {:#} left", HumanDuration(left))
    });
    let (seen, read) = (HumanCount(counts.seen), HumanCount(counts.read));
    format!("{seen}{of} files seen, {read} read, {speed} files/s{left}")
}

/// A bar that shows nothing yet, so that none is there before its scan.
fn bar(target: ProgressDrawTarget) -> ProgressBar {
    ProgressBar::with_draw_target(None, target).with_style(style(None))
}

fn draw(bar: &ProgressBar, counts: &Counts, expected: Option<u64>, course: &Course) {
    if bar.is_finished() {
        bar.reset();
        bar.unset_length();
        bar.set_style(style(None));
    }
    if bar.length() != expected {
        bar.set_style(style(expected));
        expected.map_or_else(|| bar.unset_length(), |all| bar.set_length(all));
    }
    bar.set_message(line(counts, expected, course));
    bar.set_position(counts.seen);
}

fn style(expected: Option<u64>) -> ProgressStyle {
    let template = match expected {
        Some(_) => "{wide_bar} {msg}",
        None => "{spinner} {wide_msg}",
    };
    // Templates are ours; a test looks at each.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use indicatif::InMemoryTerm;

    use super::*;

    fn counts(seen: u64, read: u64) -> Counts {
        Counts {
            seen,
            read,
            ..Counts::default()
        }
    }

    fn at() -> impl Fn(u64) -> Instant {
        let start = Instant::now();
        move |milliseconds| start + Duration::from_millis(milliseconds)
    }

    /// What a target that notes gets.
    fn noted<T: Clone + 'static>() -> (Rc<RefCell<Vec<T>>>, impl FnMut(T) + 'static) {
        let all = Rc::new(RefCell::new(Vec::new()));
        let into = Rc::clone(&all);
        (all, move |one| into.borrow_mut().push(one))
    }

    #[test]
    fn a_bar_counts_until_the_walk_ends_and_then_tells_what_is_left() {
        let (term, at) = (InMemoryTerm::new(3, 100), at());
        let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
        let progress = Progress::to(Target::Bar(bar(target)));
        assert_eq!(term.contents(), "", "nothing before the scan");
        let shown = |seen, read, expected, milliseconds| {
            progress.show_at(&counts(seen, read), expected, at(milliseconds));
            if let Target::Bar(bar) = &*progress.target.borrow() {
                bar.force_draw();
            }
            term.contents()
        };
        for scan in ["first", "second, after a clear"] {
            shown(0, 0, None, 0);
            let counting = shown(1234, 1200, None, 1000);
            let expected = "1,234 files seen, 1,200 read, 1,234 files/s";
            assert!(counting.ends_with(expected), "{scan}: {counting}");
            let known = shown(2468, 2400, Some(14_808), 2000);
            let expected = "2,468 of 14,808 files seen, 2,400 read, 1,234 files/s, 10s left";
            assert!(known.ends_with(expected), "{scan}: {known}");
            assert!(known.contains("█░"), "{scan}: {known}");
            progress.clear();
            assert_eq!(term.contents(), "", "{scan}");
        }
        shown(1, 1, None, 0);
        drop(progress);
        assert_eq!(term.contents(), "");
    }

    #[test]
    fn a_log_gets_a_line_every_ten_seconds() {
        let ((lines, mut note), at) = (noted(), at());
        let say = move |line: &str| note(line.to_owned());
        let progress = Progress::to(Target::Lines(Box::new(say)));
        for tenth in 0..=250 {
            let expected = (tenth >= 200).then_some(15_360);
            let counts = counts(tenth * 512 / 10, tenth);
            progress.show_at(&counts, expected, at(tenth * 100));
        }
        let expected = [
            "5,120 files seen, 100 read, 512 files/s",
            "10,240 of 15,360 files seen, 200 read, 512 files/s, 10s left",
        ];
        assert_eq!(*lines.borrow(), expected);
        progress.clear();
        for tenth in 300..400 {
            progress.show_at(&counts(tenth, tenth), None, at(tenth * 100));
        }
        assert_eq!(
            lines.borrow().len(),
            2,
            "a scan of less than ten seconds says nothing"
        );
    }

    #[test]
    fn a_program_gets_an_event_a_second() {
        let ((events, mut note), at) = (noted(), at());
        let tell = move |counts: &Counts, expected| note((counts.seen, expected));
        let progress = Progress::events(tell);
        for tenth in 0..=25 {
            let expected = (tenth > 15).then_some(30);
            progress.show_at(&counts(tenth, 0), expected, at(tenth * 100));
        }
        assert_eq!(*events.borrow(), [(10, None), (20, Some(30))]);
    }

    #[test]
    fn the_speed_follows_what_happens_now_and_may_be_nothing() {
        let at = at();
        let mut course = Course::begin(0, at(0));
        course.go_on(0, at(0));
        assert_eq!((course.speed, course.left(0, 9)), (None, None));
        course.go_on(0, at(1000));
        assert_eq!((course.speed, course.left(0, 9)), (Some(0.0), None));
        let mut course = Course::begin(0, at(0));
        course.go_on(100_000, at(1000));
        for second in 2..=60 {
            course.go_on(100_000 + second * 500, at(second * 1000));
        }
        let speed = course.speed.unwrap();
        assert!((500.0..505.0).contains(&speed), "{speed}");
    }

    #[test]
    fn nothing_is_shown_to_whom_it_is_not_wanted() {
        let progress = Progress::new(false);
        assert!(matches!(*progress.target.borrow(), Target::Nothing));
        progress.show(&counts(1, 1), None);
    }
}
