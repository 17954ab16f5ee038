//! Progress for a human at a terminal: a bar on standard error.
//!
//! In: how far a stage is. Out: a bar with numbers, speed and the time that is left, or nothing at
//! all where nobody looks (no terminal, or `--quiet`). Nothing is logged while a bar is shown, so that
//! none is torn: a stage takes its own away at its end, also when it was interrupted.

use std::fmt::Write;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// Redraws a second; more would cost more than it shows.
const REDRAWS: u8 = 10;

/// The bar of a scan, or none.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar that is drawn on standard error where that is a terminal and `wanted`.
    pub fn new(wanted: bool) -> Self {
        let target = if wanted {
            ProgressDrawTarget::stderr_with_hz(REDRAWS)
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            bar: ProgressBar::with_draw_target(None, target),
        }
    }

    /// Begins a stage of unknown size, such as a walk.
    pub fn begin_count(&self, what: &'static str) {
        self.bar.set_style(style("{msg}: {human_pos} {spinner}"));
        self.bar.reset();
        self.bar.unset_length();
        self.bar.set_message(what);
    }

    /// Begins a stage of `total` steps, which are `unit`s.
    pub fn begin(&self, what: &'static str, total: usize, unit: &'static str) {
        let speed = move |state: &ProgressState, out: &mut dyn Write| {
            // Nothing to do about a line that cannot be drawn.
            let _ = write!(out, "{:.0} {unit}/s", state.per_sec());
        };
        let template = "{msg}: {wide_bar} {human_pos} of {human_len}, {speed}, {eta} left";
        self.bar.set_style(style(template).with_key("speed", speed));
        self.bar.reset();
        self.bar.set_length(total as u64);
        self.bar.set_message(what);
    }

    /// The stage has come to `position`.
    pub fn set(&self, position: usize) {
        self.bar.set_position(position as u64);
    }

    /// One step more; from any thread.
    pub fn step(&self) {
        self.bar.inc(1);
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    // Templates are ours; a test looks at each.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;

    fn on(term: &InMemoryTerm) -> Progress {
        let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
        Progress {
            bar: ProgressBar::with_draw_target(None, target),
        }
    }

    #[test]
    fn stages_are_shown_with_numbers_and_cleared() {
        let term = InMemoryTerm::new(3, 80);
        let progress = on(&term);
        progress.begin_count("Finding files");
        progress.set(1234);
        progress.bar.force_draw();
        assert!(
            term.contents().contains("Finding files: 1,234"),
            "{}",
            term.contents()
        );
        progress.begin("Reading files", 2000, "files");
        progress.step();
        progress.bar.force_draw();
        let shown = term.contents();
        assert!(shown.contains("Reading files"), "{shown}");
        assert!(shown.contains("1 of 2,000"), "{shown}");
        assert!(
            shown.contains(" files/s, ") && shown.contains(" left"),
            "{shown}"
        );
        drop(progress);
        assert_eq!(term.contents(), "");
    }

    #[test]
    fn nothing_is_shown_where_nobody_looks() {
        let progress = Progress::new(false);
        assert!(progress.bar.is_hidden());
    }
}
