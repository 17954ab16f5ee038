//! A server for one test: started, asked, stopped.
//!
//! In: a [`Database`], or a [`Program`] of `avalon-server` with more settings. Out: answers. It
//! says on stdout where it listens, so that port 0 works; it is ready when its heartbeat says so.

use std::net::SocketAddr;

use rustix::process::Signal;

use super::PATIENCE;
use super::database::Database;
use super::http::{Connection, Response};
use super::program::{Finished, Program, Running, until};
use super::serve;

/// What the heartbeat says when the catalog is there.
const READY: &str = "OKOKOK";

/// A running server, stopped by SIGTERM when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    running: Option<Running>,
    address: SocketAddr,
}

impl Server {
    /// Serves a database with all other settings at their defaults, and waits until it is ready.
    pub(crate) fn start(database: &Database) -> Self {
        Self::run(serve(&database.url())).ready("/avalon/heartbeat")
    }

    /// Starts a program and waits until it listens. A program that ends instead fails the test.
    pub(crate) fn run(program: Program) -> Self {
        Self::of(program.spawn())
    }

    /// The server that a running program is, once it listens.
    pub(crate) fn of(running: Running) -> Self {
        let address = running.stdout_until(|text| {
            let (_, rest) = text.split_once("listening on http://")?;
            let (address, _) = rest.split_once(['/', '\n'])?;
            address.trim().parse().ok()
        });
        match address {
            Some(address) => Self {
                running: Some(running),
                address,
            },
            None => panic!(
                "no line `listening on <url>` on stdout; {:?}",
                running.finish()
            ),
        }
    }

    /// Waits until the heartbeat at `target` is well.
    pub(crate) fn ready(mut self, target: &str) -> Self {
        let running = self
            .running
            .as_mut()
            .expect("a server runs until it is stopped");
        let answer = until(PATIENCE, || {
            if running.has_ended() {
                return Some(None);
            }
            let response = Connection::open(self.address)
                .ok()?
                .request("GET", target)
                .ok()?;
            (response.status == 200).then(|| Some(response.text().to_owned()))
        });
        assert_eq!(
            answer.flatten().as_deref(),
            Some(READY),
            "stderr:\n{}",
            running.stderr()
        );
        self
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A connection to it.
    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.address).unwrap_or_else(|error| self.fail(&error))
    }

    /// One request on a connection of its own.
    pub(crate) fn request(&self, method: &str, target: &str) -> Response {
        self.connect()
            .request(method, target)
            .unwrap_or_else(|error| self.fail(&format!("{method} {target}: {error}")))
    }

    /// One GET.
    pub(crate) fn get(&self, target: &str) -> Response {
        self.request("GET", target)
    }

    /// What it has logged so far.
    pub(crate) fn stderr(&self) -> String {
        self.running().stderr()
    }

    /// The process, for signals and logs.
    pub(crate) fn running(&self) -> &Running {
        self.running
            .as_ref()
            .expect("a server runs until it is stopped")
    }

    /// Stops it by SIGTERM and waits for its end.
    pub(crate) fn stop(self) -> Finished {
        self.running().signal(Signal::TERM);
        self.finish()
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Finished {
        self.running
            .take()
            .expect("a server runs until it is stopped")
            .finish()
    }

    fn fail(&self, error: &dyn std::fmt::Display) -> ! {
        panic!("{error}; stderr of the server:\n{}", self.stderr())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(running) = &mut self.running {
            running.signal(Signal::TERM);
            // One that does not heed SIGTERM is killed when `running` is dropped.
            let _ = running.wait(PATIENCE);
        }
    }
}
