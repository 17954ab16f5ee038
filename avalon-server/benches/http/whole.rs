//! Lists without a limit: ours beside a constant body of the same size that is never copied.
//!
//! Each of eight connections reads the same number of whole lists, so that nothing is half read at the
//! end, as it would be with wrk.

use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::requests::{client, success};
use crate::support::process::{Process, Server};
use crate::support::table::megabytes;
use crate::support::wrk::{Comparison, Figures};
use crate::support::{client::Client, constant};
use crate::{columns, row, same_headers};

const CLIENTS: usize = 8;

/// What is read: lists that are kept, as all that are asked for again are while there is room, and without
/// their last songs, which are copied together each time.
fn lists(tracks: usize) -> [(&'static str, String); 4] {
    let most = tracks - 1;
    [
        ("songs", "/avalon/songs".to_owned()),
        ("songs?order=name", "/avalon/songs?order=name".to_owned()),
        (
            "songs?limit=&lt;all but one&gt;",
            format!("/avalon/songs?limit={most}"),
        ),
        (
            "songs?limit=&lt;all but one&gt;&order=name",
            format!("/avalon/songs?limit={most}&order=name"),
        ),
    ]
}

pub(crate) fn bench(server: &Server, tracks: usize, rounds: usize, lists: usize) -> Result<()> {
    println_rounds(rounds, lists);
    let table = columns();
    let mut peaks = Vec::new();
    for (name, target) in self::lists(tracks) {
        let target = target.as_str();
        let answer = success(&mut client(&server.process)?, target)?;
        let size = answer.body.len();
        let constant = constant::start(size, &answer)?;
        same_headers(&constant, &answer)?;
        drop(answer);
        // Those that are kept are by now.
        run(&server.process, target, size, 1)?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        server.process.forget_peak()?;
        let before = server.process.resident_bytes()?;
        for _ in 0..rounds {
            theirs.push(run(&constant, target, size, lists)?);
            ours.push(run(&server.process, target, size, lists)?);
        }
        let peak = server.process.peak_bytes()?;
        peaks.push((name, before, peak));
        table.row(&row(name, size, &Comparison::of(&ours, &theirs)));
    }
    print_peaks(&peaks);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its table")]
fn println_rounds(rounds: usize, lists: usize) {
    println!("{rounds} rounds of {lists} lists by each of {CLIENTS} connections");
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its table")]
fn print_peaks(peaks: &[(&str, u64, u64)]) {
    println!();
    for (name, before, peak) in peaks {
        println!(
            "memory while {CLIENTS} clients read {name}: {} MB before, {} MB at most",
            megabytes(*before),
            megabytes(*peak)
        );
    }
}

/// Reads the lists on all connections at once.
fn run(process: &Process, target: &str, size: usize, lists: usize) -> Result<Figures> {
    let clients: Vec<Client> = (0..CLIENTS)
        .map(|_| client(process))
        .collect::<Result<_>>()?;
    let (cpu, started) = (process.cpu_time()?, Instant::now());
    thread::scope(|scope| -> Result<()> {
        let readers: Vec<_> = clients
            .into_iter()
            .map(|mut client| {
                scope.spawn(move || -> Result<()> {
                    for _ in 0..lists {
                        let length = client.length(target)?;
                        ensure!(length == size, "{target}: {length} bytes");
                    }
                    Ok(())
                })
            })
            .collect();
        for reader in readers {
            reader.join().ok().context("a reader panicked")??;
        }
        Ok(())
    })?;
    let seconds = started.elapsed().as_secs_f64();
    let cpu = process.cpu_time()? - cpu;
    let requests = (CLIENTS * lists) as f64;
    Ok(Figures {
        requests_per_second: requests / seconds,
        cpu_microseconds: cpu.as_secs_f64() * 1e6 / requests,
    })
}
