//! Children and what they cost: wall seconds, CPU seconds and peak memory of one run of a program.
//!
//! Each runs below a small wrapper, which is this benchmark's own program: the system adds up what a
//! process's children cost (getrusage, RUSAGE_CHILDREN), so a process with one child knows that of
//! this child alone, and a small parent keeps the floor of the peak low (a child starts as its image).

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};

/// The first argument that makes this benchmark's program the wrapper.
pub(crate) const ROLE: &str = "measured";

/// What one run cost. What is not known is `None`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// From the start of the child to its end, unless said otherwise.
    pub(crate) wall_seconds: f64,
    /// User and system time of the child and of what it waited for.
    pub(crate) cpu_seconds: Option<f64>,
    /// The largest resident set.
    pub(crate) peak_bytes: Option<u64>,
}

/// Where a child's standard output goes.
#[derive(Clone, Copy)]
pub(crate) enum Output {
    Null,
    Captured,
}

/// Runs `command`, which must succeed, and returns what it cost and what it said.
/// Its environment is ours without the settings of Avalon.
pub(crate) fn run<S: AsRef<OsStr>>(command: &[S], output: Output) -> Result<(Figures, String)> {
    let report = tempfile::NamedTempFile::new()?;
    let mut wrapper = Command::new(std::env::current_exe()?);
    wrapper.arg(ROLE).arg(report.path()).args(command);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AVALON_") {
            wrapper.env_remove(name);
        }
    }
    wrapper.stdin(Stdio::null());
    if let Output::Null = output {
        wrapper.stdout(Stdio::null());
    }
    let ended = wrapper.stderr(Stdio::piped()).output()?;
    let named = || {
        let words = command.iter().map(|word| word.as_ref().to_string_lossy());
        words.collect::<Vec<_>>().join(" ")
    };
    ensure!(
        ended.status.success(),
        "{} failed, {}: {}",
        named(),
        ended.status,
        String::from_utf8_lossy(&ended.stderr)
    );
    let text = fs::read_to_string(report.path())?;
    let numbers: Vec<f64> = text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [wall_seconds, cpu_seconds, peak_bytes] = numbers[..] else {
        anyhow::bail!("{}: the wrapper wrote {text:?}", named());
    };
    let figures = Figures {
        wall_seconds,
        cpu_seconds: Some(cpu_seconds),
        peak_bytes: Some(peak_bytes as u64),
    };
    Ok((figures, String::from_utf8(ended.stdout)?))
}

/// The wrapper: runs the rest of `arguments`, writes the figures to the file named first, and ends
/// as the child did.
pub(crate) fn wrap(mut arguments: impl Iterator<Item = std::ffi::OsString>) -> Result<ExitCode> {
    let report = arguments.next().context("a file for the figures")?;
    let program = arguments.next().context("a program")?;
    let started = Instant::now();
    let status = Command::new(&program)
        .args(arguments)
        .status()
        .with_context(|| program.display().to_string())?;
    let wall = started.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    // Linux counts the resident set in KiB.
    let peak = usage.max_rss() * 1024;
    fs::write(
        Path::new(&report),
        format!("{wall} {} {peak}", cpu_seconds(&usage)),
    )?;
    Ok(match status.code() {
        Some(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        None => ExitCode::FAILURE,
    })
}

/// User and system time of this process so far.
pub(crate) fn own_cpu_seconds() -> Result<f64> {
    Ok(cpu_seconds(&getrusage(UsageWho::RUSAGE_SELF)?))
}

fn cpu_seconds(usage: &Usage) -> f64 {
    let seconds = |time: TimeVal| time.num_microseconds() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}
