//! The zoo read in this process: time, bytes, and panics of each file.
//!
//! In: paths. Out: what was found, printed; an error where a bound is passed or a panic is ours.

use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use avalon_scan::audio;
use avalon_scan::read::{self, PATIENCE, Read};
use avalon_scan::reader::{LARGEST_READ, ReadAt, Source};
use avalon_scan::tags::Tags;

/// Files that are named.
const NAMED: usize = 5;

thread_local! {
    /// Where the last panic of this thread came from.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A file that counts what is read of it.
struct Counted {
    file: File,
    read: Cell<u64>,
}

impl ReadAt for Counted {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let read = self.file.read_at(buffer, offset)?;
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}

/// Reads every file as the scanner does.
pub(crate) fn read(files: &[PathBuf]) -> Result<()> {
    // The first file sets the scanner's own hook, which hides what it catches.
    let _ = read::read(Path::new(""), PATIENCE);
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        PANIC.set(Some(whose(&place)));
        // What the second half catches is no news either.
        if place.contains("benches") {
            others(info);
        }
    }));
    let began = Instant::now();
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    let mut panics: BTreeMap<String, u64> = BTreeMap::new();
    let mut slowest = Vec::new();
    for path in files {
        let start = Instant::now();
        let outcome = match read::read(path, PATIENCE).1 {
            Read::Track(_, warnings) if warnings.is_empty() => "track".to_owned(),
            Read::Track(..) => "track, with warnings".to_owned(),
            Read::Skip(issue) => format!("skipped: {}", issue.kind.name()),
            Read::NotAudio => "not audio".to_owned(),
            Read::Gone => "gone".to_owned(),
        };
        slowest.push((start.elapsed(), path));
        *outcomes.entry(outcome).or_default() += 1;
        if let Some(place) = PANIC.take() {
            *panics.entry(place).or_default() += 1;
        }
    }
    println!(
        "\nread as the scanner does, in {:.1} s:",
        began.elapsed().as_secs_f64()
    );
    for (outcome, count) in &outcomes {
        println!("{count:8} {outcome}");
    }
    println!("panics caught: {}", panics.values().sum::<u64>());
    tell(&panics);
    slow(&mut slowest);
    all_are_of_lofty(&panics)
}

/// After [`read`]: reads every file as every format, and counts what is read of it.
pub(crate) fn read_as_everything(files: &[PathBuf]) -> Result<()> {
    let began = Instant::now();
    let mut panics: BTreeMap<String, u64> = BTreeMap::new();
    let (mut reads, mut sounds, mut largest) = (0, 0, (0, 0, Path::new("")));
    let mut slowest = Vec::new();
    for path in files {
        let len = fs::metadata(path)?.len();
        for known in audio::formats() {
            let file = Counted {
                file: File::open(path)?,
                read: Cell::new(0),
            };
            let start = Instant::now();
            let sound = panic::catch_unwind(AssertUnwindSafe(|| {
                let mut source = Source::new(&file, len).with_deadline(start, PATIENCE);
                audio::sniff(&mut source).ok()?;
                let sound = audio::read(&mut source, known.format).ok()?;
                Some(Tags::of(sound.fields))
            }));
            reads += 1;
            sounds += usize::from(matches!(sound, Ok(Some(_))));
            slowest.push((start.elapsed(), path));
            largest = largest.max((file.read.get(), len, path));
            if let Some(place) = PANIC.take() {
                *panics.entry(place).or_default() += 1;
            }
        }
        slowest.sort_by(|a, b| b.cmp(a));
        slowest.truncate(NAMED);
    }
    println!(
        "\nread as every format, {reads} times, {sounds} with sound, in {:.1} s:",
        began.elapsed().as_secs_f64()
    );
    let (most, len, path) = largest;
    println!("most bytes read: {most} of the {len} of {}", path.display());
    println!("panics caught: {}", panics.values().sum::<u64>());
    tell(&panics);
    slow(&mut slowest);
    ensure!(most <= LARGEST_READ, "that is over {LARGEST_READ}");
    all_are_of_lofty(&panics)
}

fn all_are_of_lofty(panics: &BTreeMap<String, u64>) -> Result<()> {
    let mut ours = panics.keys().filter(|place| !place.starts_with("lofty"));
    let first = ours.next();
    ensure!(first.is_none(), "a panic that is not lofty's: {first:?}");
    Ok(())
}

/// The place of a panic, with `lofty` before where lofty is where it arose: by its file, else, where the
/// standard library panicked, by the first caller that is lofty's or ours.
fn whose(place: &str) -> String {
    if let Some((_, within)) = place.split_once("/lofty-") {
        return format!("lofty-{within}");
    }
    if place.contains("avalon-") {
        return place.to_owned();
    }
    let trace = Backtrace::force_capture().to_string();
    let mut callers = trace.lines().map(str::trim);
    let is_theirs = |line: &str| line.contains(" lofty::") || line.contains("<lofty::");
    match callers.find(|line| is_theirs(line) || line.contains("avalon_scan::")) {
        Some(caller) if is_theirs(caller) => format!("lofty, {caller}: {place}"),
        caller => format!("{}: {place}", caller.unwrap_or_default()),
    }
}

fn tell(panics: &BTreeMap<String, u64>) {
    for (place, count) in panics {
        println!("{count:8} {place}");
    }
}

fn slow(slowest: &mut [(Duration, &PathBuf)]) {
    slowest.sort_by(|a, b| b.cmp(a));
    println!("slowest:");
    for (took, path) in slowest.iter().take(NAMED) {
        println!("{:8.1} ms {}", took.as_secs_f64() * 1e3, path.display());
    }
}
