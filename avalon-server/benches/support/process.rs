//! Child processes that serve: started on free ports, measured from outside, killed at the end.
//!
//! In: a command that says `listening on http://<address>`. Out: its address, its log, and what /proc
//! tells of it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use super::client::Client;

/// How long a server may take until it is ready.
const PATIENCE: Duration = Duration::from_secs(600);

/// A server rests that takes no more than a tick of CPU time in this time.
const RESTING: Duration = Duration::from_secs(1);

/// What CPU time is counted in: USER_HZ is 100 on every Linux that can run this.
const TICK: Duration = Duration::from_millis(10);

/// A child that serves.
pub(crate) struct Process {
    child: Child,
    /// Host and port.
    pub(crate) address: String,
}

/// avalon-server on a database, ready to answer.
pub(crate) struct Server {
    pub(crate) process: Process,
    /// From its start until the heartbeat was OKOKOK.
    pub(crate) ready_after: Duration,
    log: PathBuf,
    _folder: TempDir,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()?;
        let stdout = child
            .stdout
            .take()
            .context("its standard output is a pipe")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        match line.trim().strip_prefix("listening on http://") {
            Some(address) => Ok(Self {
                address: address.to_owned(),
                child,
            }),
            None => bail!("{command:?} said {line:?} instead of where it listens"),
        }
    }

    /// User and system time so far.
    pub(crate) fn cpu_time(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The second field is the program's name in parentheses; after it come fields 3, 4 ...
        let (_, fields) = stat.rsplit_once(')').context("a /proc stat line")?;
        let ticks: u32 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(|field| field.parse::<u32>().unwrap_or(0))
            .sum();
        Ok(TICK * ticks)
    }

    /// Bytes of resident memory now.
    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// The most that it ever was, or since [`Process::forget_peak`].
    pub(crate) fn peak_bytes(&self) -> Result<u64> {
        self.status("VmHWM:")
    }

    pub(crate) fn forget_peak(&self) -> Result<()> {
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")
            .context("the peak of memory cannot be set back")
    }

    fn status(&self, field: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let kilobytes = line.and_then(|rest| rest.split_whitespace().next());
        Ok(kilobytes.context("no memory in /proc")?.parse::<u64>()? * 1024)
    }

    /// Waits until it has nothing to do, so that what it does by itself is not taken for a request's.
    pub(crate) fn rest(&self) -> Result<()> {
        let started = Instant::now();
        loop {
            let before = self.cpu_time()?;
            thread::sleep(RESTING);
            if self.cpu_time()? - before <= TICK {
                return Ok(());
            }
            ensure!(started.elapsed() < PATIENCE, "it does not come to rest");
        }
    }

    pub(crate) fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing is left to do where it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts it with the default settings but for these, and waits until it is ready.
    pub(crate) fn start(database_url: &str, settings: &[(&str, String)]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let log = folder.path().join("log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_avalon-server"));
        command
            .env("AVALON_DATABASE_URL", database_url)
            .env("AVALON_BIND", "127.0.0.1:0")
            .env_remove("AVALON_CONFIG")
            .stderr(File::create(&log)?);
        for (name, value) in settings {
            command.env(name, value);
        }
        let started = Instant::now();
        let mut process = Process::start(&mut command)?;
        let mut client = Client::connect(&process.address)?;
        while client.get("/avalon/heartbeat")?.status != 200 {
            ensure!(
                process.is_running()? && started.elapsed() < PATIENCE,
                "not ready: {}",
                fs::read_to_string(&log)?
            );
            thread::sleep(Duration::from_millis(2));
        }
        Ok(Self {
            ready_after: started.elapsed(),
            process,
            log,
            _folder: folder,
        })
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(&self.log)?)
    }
}
