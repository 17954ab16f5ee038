//! The load tool wrk, and what is read off a run of it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::process::Process;
use super::table::median;

/// One run of wrk: a thread, so many connections, so many seconds.
pub(crate) struct Load {
    pub(crate) seconds: usize,
    pub(crate) connections: usize,
}

/// What one run showed, or the medians of several.
#[derive(Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) requests_per_second: f64,
    pub(crate) cpu_microseconds: f64,
}

/// Ours beside a bound, by turns.
pub(crate) struct Comparison {
    pub(crate) ours: Figures,
    pub(crate) theirs: Figures,
    /// Their CPU time per request to ours, the median of the rounds: what drifts with the machine
    /// concerns both runs of a round.
    pub(crate) cpu_ratio: f64,
    /// Our requests per second to theirs, likewise.
    pub(crate) rate_ratio: f64,
}

/// What is asked for.
pub(crate) enum Targets<'a> {
    /// The same again and again.
    One(&'a str),
    /// Those of a file, one a line, by this script for wrk.
    Listed { script: &'a Path, list: &'a Path },
}

impl Load {
    pub(crate) fn check(&self) -> Result<()> {
        let found = Command::new("wrk").arg("-v").output();
        found.context("the load tool wrk is needed (Debian: apt-get install wrk)")?;
        Ok(())
    }

    /// Loads one server and fails when any answer was none or an error.
    pub(crate) fn run(&self, process: &Process, targets: &Targets) -> Result<Figures> {
        let mut command = Command::new("wrk");
        command.args([
            "-t1",
            &format!("-c{}", self.connections),
            &format!("-d{}s", self.seconds),
        ]);
        match targets {
            Targets::One(target) => command.arg(format!("http://{}{target}", process.address)),
            Targets::Listed { script, list } => command
                .arg("-s")
                .arg(script)
                .arg(format!("http://{}", process.address))
                .arg("--")
                .arg(list),
        };
        let before = process.cpu_time()?;
        let output = command.output()?;
        let cpu = process.cpu_time()? - before;
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "wrk failed: {said}{errors}");
        ensure!(
            !said.contains("Non-2xx") && !said.contains("Socket errors"),
            "an answer that is none: {said}"
        );
        let number = |before: &str, after: &str| -> Option<f64> {
            let line = said
                .lines()
                .find(|line| line.contains(before) && line.contains(after))?;
            line.split_whitespace().find_map(|word| word.parse().ok())
        };
        let requests = number("requests in", "read").context("wrk's count of requests")?;
        Ok(Figures {
            requests_per_second: number("Requests/sec:", "").context("wrk's rate")?,
            cpu_microseconds: cpu.as_secs_f64() * 1e6 / requests,
        })
    }

    /// Loads one server again and again.
    pub(crate) fn repeat(
        &self,
        rounds: usize,
        process: &Process,
        targets: &Targets,
    ) -> Result<Figures> {
        let runs = (0..rounds).map(|_| self.run(process, targets));
        Ok(Figures::median(&runs.collect::<Result<Vec<_>>>()?))
    }

    /// Loads both servers in turn, each first in every other round.
    pub(crate) fn compare(
        &self,
        rounds: usize,
        targets: &Targets,
        (ours, theirs): (&Process, &Process),
    ) -> Result<Comparison> {
        let (mut of_ours, mut of_theirs) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            if round % 2 == 0 {
                of_theirs.push(self.run(theirs, targets)?);
            }
            of_ours.push(self.run(ours, targets)?);
            if round % 2 == 1 {
                of_theirs.push(self.run(theirs, targets)?);
            }
        }
        Ok(Comparison::of(&of_ours, &of_theirs))
    }
}

impl Comparison {
    /// Of runs by turns.
    pub(crate) fn of(ours: &[Figures], theirs: &[Figures]) -> Self {
        let rounds = || ours.iter().zip(theirs);
        Self {
            ours: Figures::median(ours),
            theirs: Figures::median(theirs),
            cpu_ratio: median(rounds().map(|(o, t)| t.cpu_microseconds / o.cpu_microseconds)),
            rate_ratio: median(
                rounds().map(|(o, t)| o.requests_per_second / t.requests_per_second),
            ),
        }
    }
}

impl Figures {
    fn median(all: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(all.iter().map(figure));
        Self {
            requests_per_second: of(|figures| figures.requests_per_second),
            cpu_microseconds: of(|figures| figures.cpu_microseconds),
        }
    }
}
