//! The two servers as child processes: started on free ports, measured from outside, killed at the
//! end.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::constant;

/// A child that says `listening on http://<address>` on its standard output.
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
}

/// The constant-body server.
pub(crate) struct Constant {
    pub(crate) process: Process,
}

impl Process {
    fn start(command: &mut Command) -> Result<Self> {
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
        let ticks: u64 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(|field| field.parse::<u64>().unwrap_or(0))
            .sum();
        // USER_HZ is 100 on every Linux that can run this.
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Resident memory now.
    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|rest| rest.split_whitespace().next());
        Ok(kilobytes.context("VmRSS")?.parse::<u64>()? * 1024)
    }

    fn get(&self, target: &str) -> Result<(u16, Vec<u8>)> {
        let mut stream = TcpStream::connect(&self.address)?;
        write!(
            stream,
            "GET {target} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .context("a head")?;
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = head.split(' ').nth(1).context("a status")?.parse()?;
        Ok((status, answer[end + 4..].to_vec()))
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
    pub(crate) fn start(database: &Path) -> Result<Self> {
        let started = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_avalon-server"));
        command
            .env(
                "AVALON_DATABASE_URL",
                format!("sqlite:///{}", database.display()),
            )
            .env("AVALON_BIND", "127.0.0.1:0")
            .env("AVALON_LOG_LEVEL", "ERROR")
            .env_remove("AVALON_CONFIG");
        let process = Process::start(&mut command)?;
        while process.get("/avalon/heartbeat")?.0 != 200 {
            ensure!(
                started.elapsed() < Duration::from_secs(300),
                "not ready after 300 s"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(Self {
            ready_after: started.elapsed(),
            process,
        })
    }

    /// Bytes of the body of the answer to `target`, which must be a success.
    pub(crate) fn body_size(&self, target: &str) -> Result<usize> {
        let (status, body) = self.process.get(target)?;
        ensure!(status == 200, "{target} answers {status}");
        Ok(body.len())
    }
}

impl Constant {
    pub(crate) fn start(size: usize, text: bool) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([
            constant::ROLE,
            &size.to_string(),
            if text { "text" } else { "json" },
        ]);
        Ok(Self {
            process: Process::start(&mut command)?,
        })
    }
}
