//! The bound of reading: opens every file below a folder and reads its first 64 KiB, in two threads.
//!
//! The threads share a stack of folders that are still to be listed; each file is read by the thread
//! that lists its folder. Nothing is looked at, and no file is asked for more than its kind.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::measure::{self, Figures, Output};

/// The first argument that makes this benchmark's program the reading one.
pub(crate) const ROLE: &str = "read-64k";

const THREADS: usize = 2;
const HEAD: usize = 64 * 1024;

/// Folders that are to be listed, and how many are being listed.
#[derive(Default)]
struct Folders {
    waiting: Vec<PathBuf>,
    listing: usize,
}

/// Runs the bound in a process of its own.
pub(crate) fn run(root: &Path) -> Result<Figures> {
    let program = std::env::current_exe()?;
    let command = [program.as_os_str(), ROLE.as_ref(), root.as_ref()];
    Ok(measure::run(&command, Output::Null)?.0)
}

/// What the process does: reads, and prints how many files and bytes it read.
pub(crate) fn read(mut arguments: impl Iterator<Item = OsString>) -> Result<()> {
    let root = PathBuf::from(arguments.next().context("a folder")?);
    let folders = Mutex::new(Folders {
        waiting: vec![root],
        listing: 0,
    });
    let changed = Condvar::new();
    let read = thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|_| scope.spawn(|| work(&folders, &changed)))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| bail!("a reader panicked")))
            .collect::<Result<Vec<_>>>()
    })?;
    let files: u64 = read.iter().map(|(files, _)| files).sum();
    let bytes: u64 = read.iter().map(|(_, bytes)| bytes).sum();
    writeln!(std::io::stdout(), "{files} files, {bytes} bytes")?;
    Ok(())
}

/// Lists folders and reads what is in them until none is left.
fn work(folders: &Mutex<Folders>, changed: &Condvar) -> Result<(u64, u64)> {
    let lock =
        || -> MutexGuard<'_, Folders> { folders.lock().unwrap_or_else(PoisonError::into_inner) };
    let mut head = vec![0; HEAD];
    let (mut files, mut bytes) = (0, 0);
    loop {
        let mut all = lock();
        let folder = loop {
            if let Some(folder) = all.waiting.pop() {
                break folder;
            }
            if all.listing == 0 {
                return Ok((files, bytes));
            }
            all = changed.wait(all).unwrap_or_else(PoisonError::into_inner);
        };
        all.listing += 1;
        drop(all);
        let listed = read_folder(&folder, &mut head, |below| {
            lock().waiting.push(below);
            changed.notify_one();
        });
        // Also where it failed: the other thread must not wait for this one.
        lock().listing -= 1;
        changed.notify_all();
        let (found, read) = listed?;
        files += found;
        bytes += read;
    }
}

/// Reads the files of one folder, and reports the folders in it. Returns files and bytes.
fn read_folder(
    folder: &Path,
    head: &mut [u8],
    mut below: impl FnMut(PathBuf),
) -> std::io::Result<(u64, u64)> {
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            below(entry.path());
        } else if kind.is_file() {
            files += 1;
            bytes += File::open(entry.path())?.read(head)? as u64;
        }
    }
    Ok((files, bytes))
}
