//! Any bytes, read as a sound file: its format guessed, else the one that the last byte picks; then
//! its tags and properties, as the scanner makes them.
//!
//! A panic within lofty is what `read` catches, and is no finding. A panic of our own code, a bound
//! that does not hold, a crash, a file that takes long (`-timeout`), and too much memory
//! (`-rss_limit_mb`) are.

#![no_main]

use std::backtrace::Backtrace;
use std::cell::Cell;
use std::io;
use std::panic;
use std::time::{Duration, Instant};

use avalon_scan::audio;
use avalon_scan::reader::{LARGEST_READ, ReadAt, Source};
use avalon_scan::tags::Tags;
use libfuzzer_sys::fuzz_target;

/// Bytes that count what is read of them.
struct Counted<'a> {
    bytes: &'a [u8],
    read: Cell<u64>,
}

impl ReadAt for Counted<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let read = self.bytes.read_at(buffer, offset)?;
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}

/// Whether a panic arose in lofty: by where it is said to be, else by who called what panicked.
fn is_of_lofty(location: &str) -> bool {
    if location.contains("avalon-scan") || location.contains("avalon-core") {
        return false;
    }
    if location.contains("/lofty-") {
        return true;
    }
    let trace = Backtrace::force_capture().to_string();
    let mut callers = trace.lines().map(str::trim);
    let first = callers.find(|line| line.contains("lofty::") || line.contains("avalon_scan::"));
    // `<avalon_scan::view::View as std::io::Read>::read` within a function of lofty's is ours.
    first.is_some_and(|line| !line.contains("avalon_scan::"))
}

fuzz_target!(
    init: {
        let abort = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let location = info.location().map_or("", |location| location.file());
            if !is_of_lofty(location) {
                abort(info);
            }
        }));
    },
    |data: &[u8]| {
        let file = Counted { bytes: data, read: Cell::new(0) };
        let _ = panic::catch_unwind(panic::AssertUnwindSafe(|| {
            let patience = Duration::from_secs(60);
            let mut source = Source::new(&file, data.len() as u64)
                .with_deadline(Instant::now(), patience);
            let Ok(sniffed) = audio::sniff(&mut source) else {
                return;
            };
            let formats = audio::formats();
            let pick = data.last().map_or(0, |byte| usize::from(*byte) % formats.len());
            let format = sniffed.unwrap_or(formats[pick].format);
            if let Ok(sound) = audio::read(&mut source, format) {
                let _ = Tags::of(sound.fields);
            }
        }));
        assert!(file.read.get() <= LARGEST_READ, "{} bytes were read", file.read.get());
    }
);
