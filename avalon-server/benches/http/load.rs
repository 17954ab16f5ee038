//! The load tool, and what is read off a run of it.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process::Process;

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

impl Default for Load {
    fn default() -> Self {
        Self {
            seconds: 2,
            connections: 64,
        }
    }
}

impl Load {
    pub(crate) fn check(&self) -> Result<()> {
        let found = Command::new("wrk").arg("-v").output();
        found.context("the load tool wrk is needed (Debian: apt-get install wrk)")?;
        Ok(())
    }

    /// Loads one server and fails when any answer was none or an error.
    pub(crate) fn run(&self, process: &Process, target: &str) -> Result<Figures> {
        let before = process.cpu_time()?;
        let output = Command::new("wrk")
            .args([
                "-t1",
                &format!("-c{}", self.connections),
                &format!("-d{}s", self.seconds),
            ])
            .arg(format!("http://{}{target}", process.address))
            .output()?;
        let cpu = process.cpu_time()? - before;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "wrk failed: {said}");
        ensure!(
            !said.contains("Non-2xx") && !said.contains("Socket errors"),
            "{target}: {said}"
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
}

impl Figures {
    pub(crate) fn median(all: &[Self]) -> Self {
        let middle = |figure: fn(&Self) -> f64| {
            let mut sorted: Vec<f64> = all.iter().map(figure).collect();
            sorted.sort_by(f64::total_cmp);
            sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
        };
        Self {
            requests_per_second: middle(|figures| figures.requests_per_second),
            cpu_microseconds: middle(|figures| figures.cpu_microseconds),
        }
    }
}
