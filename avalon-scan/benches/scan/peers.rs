//! Other scanners on the same files in the same session: tinytag, and the Music Player Daemon.
//!
//! tinytag only reads (the tags and the length, no pictures) and stores nothing. MPD is started with an
//! empty database, which makes it read the whole collection; it answers on a socket in a temporary
//! folder.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::measure::{self, Figures, Output};

/// Two processes, each over every second file.
const TINYTAG: &str = "
import os, sys
from tinytag import TinyTag
files = [os.path.join(folder, name) for folder, _, names in os.walk(sys.argv[1]) for name in names]
child = os.fork()
for file in files[::2] if child else files[1::2]:
    TinyTag.get(file)
if child and os.waitpid(child, 0)[1] != 0:
    sys.exit('the second process failed')
";

/// tinytag's run over a folder, by a Python that has it.
pub(crate) fn tinytag(python: &str, music: &Path) -> Result<Figures> {
    let command = [
        python.as_ref(),
        "-c".as_ref(),
        TINYTAG.as_ref(),
        music.as_os_str(),
    ];
    Ok(measure::run(&command, Output::Null)?.0)
}

/// The Music Player Daemon, with a collection and a database of its own.
pub(crate) struct Mpd {
    child: Child,
    stream: BufReader<UnixStream>,
}

/// What a fresh MPD did.
pub(crate) struct Updates {
    /// From its start until everything was read.
    pub(crate) first: Figures,
    /// An `update` with nothing changed, from the command until it was over.
    pub(crate) second: Figures,
    /// The songs that it knows.
    pub(crate) songs: usize,
}

impl Mpd {
    /// Starts MPD on `music` with nothing known, lets it read everything, then look again.
    pub(crate) fn updates(music: &Path) -> Result<Updates> {
        let folder = tempfile::tempdir()?;
        let started = Instant::now();
        let mut mpd = Self::start(music, folder.path())?;
        mpd.wait_for_update()?;
        let first = mpd.figures(started, 0.0)?;
        let cpu = mpd.cpu_seconds()?;
        let started = Instant::now();
        mpd.say("update")?;
        mpd.wait_for_update()?;
        let second = mpd.figures(started, cpu)?;
        let songs = mpd.say("stats")?;
        let songs = songs.iter().find_map(|line| line.strip_prefix("songs: "));
        Ok(Updates {
            first,
            second,
            songs: songs.context("MPD's count of songs")?.parse()?,
        })
    }

    fn start(music: &Path, folder: &Path) -> Result<Self> {
        let (settings, socket) = (folder.join("mpd.conf"), folder.join("socket"));
        fs::create_dir(folder.join("playlists"))?;
        let quoted = |path: &Path| format!("\"{}\"", path.display());
        let text = format!(
            "music_directory {}\nplaylist_directory {}\ndb_file {}\nlog_file {}\n\
             bind_to_address {}\nauto_update \"no\"\nzeroconf_enabled \"no\"\n\
             filesystem_charset \"UTF-8\"\naudio_output {{\n type \"null\"\n name \"none\"\n}}\n",
            quoted(music),
            quoted(&folder.join("playlists")),
            quoted(&folder.join("database")),
            quoted(&folder.join("log")),
            quoted(&socket),
        );
        fs::write(&settings, text)?;
        let mut child = Command::new("mpd")
            .arg("--no-daemon")
            .arg(&settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("--mpd needs MPD (Debian: apt-get install mpd)")?;
        let started = Instant::now();
        let stream = loop {
            if let Ok(stream) = UnixStream::connect(&socket) {
                break stream;
            }
            let ended = child.try_wait()?;
            if ended.is_some() || started.elapsed() > Duration::from_secs(60) {
                let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
                let _ = child.kill();
                let _ = child.wait();
                anyhow::bail!("MPD does not answer: {log}");
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let mut mpd = Self {
            child,
            stream: BufReader::new(stream),
        };
        let mut greeting = String::new();
        mpd.stream.read_line(&mut greeting)?;
        ensure!(greeting.starts_with("OK MPD"), "MPD said {greeting:?}");
        Ok(mpd)
    }

    /// Waits until no update is under way. What happens between the two commands is kept for the second.
    fn wait_for_update(&mut self) -> Result<()> {
        loop {
            let status = self.say("status")?;
            if !status.iter().any(|line| line.starts_with("updating_db:")) {
                return Ok(());
            }
            self.say("idle update")?;
        }
    }

    /// Sends a command and returns the lines of the answer in front of its OK.
    fn say(&mut self, command: &str) -> Result<Vec<String>> {
        writeln!(self.stream.get_mut(), "{command}")?;
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            let size = self.stream.read_line(&mut line)?;
            ensure!(
                size > 0 && !line.starts_with("ACK"),
                "MPD, {command}: {line:?}"
            );
            if line == "OK\n" {
                return Ok(lines);
            }
            lines.push(line.trim_end().to_owned());
        }
    }

    fn figures(&self, since: Instant, cpu_before: f64) -> Result<Figures> {
        let wall_seconds = since.elapsed().as_secs_f64();
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|rest| rest.split_whitespace().next());
        Ok(Figures {
            wall_seconds,
            cpu_seconds: Some(self.cpu_seconds()? - cpu_before),
            peak_bytes: Some(peak.context("VmHWM")?.parse::<u64>()? * 1024),
        })
    }

    /// User and system time so far, in steps of 10 ms.
    fn cpu_seconds(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The second field is the program's name in parentheses; after it come fields 3, 4 ...
        let (_, fields) = stat.rsplit_once(')').context("a /proc stat line")?;
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
        // USER_HZ is 100 on every Linux that can run this.
        Ok(ticks as f64 / 100.0)
    }
}

impl Drop for Mpd {
    fn drop(&mut self) {
        // Nothing is left to do where it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
