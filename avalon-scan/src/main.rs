//! `avalon-scan`: settings, log, Ctrl-C, scan, report, and on with what changes. The order is that
//! of `run`.

use std::env;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Error};
use avalon_core::settings::{self, Settings};
use avalon_core::telemetry::{logging, reporting};
use avalon_scan::audio;
use avalon_scan::cli::{self, Cli, Voice};
use avalon_scan::exit::ExitCode;
use avalon_scan::json;
use avalon_scan::progress::Progress;
use avalon_scan::report::Report;
use avalon_scan::scan::{self, Request, ScanError};
use avalon_scan::stop::{Interrupt, Stop};
use avalon_scan::watch::{self, Around, Options, Watch, WatchError};
use mimalloc::MiMalloc;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// How long a scan that was asked to stop has for it.
const GRACE: Duration = Duration::from_secs(3);

/// How often it is asked whether to stop in a pause.
const STOP_CHECK: Duration = Duration::from_millis(200);

/// Tags are many small texts, made on one thread and freed on another: a tenth of a scan's time with
/// the system's allocator.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> process::ExitCode {
    let arguments: Vec<OsString> = env::args_os().collect();
    match cli::parse(&arguments) {
        Ok(cli) => run(&cli).into(),
        Err((error, voice)) => {
            if voice == Voice::Json {
                json::error(&cli::complaint(&error), ExitCode::Refused);
            }
            error.exit()
        }
    }
}

fn run(cli: &Cli) -> ExitCode {
    if cli.lists_formats() {
        return list_formats();
    }
    let voice = cli.voice();
    let loaded = match settings::load(&cli.overrides()) {
        Ok(loaded) => loaded,
        Err(error) => return refuse(voice, &error.into()),
    };
    let settings = loaded.settings;
    if let Err(error) = logging::start(&settings) {
        return refuse(voice, &error.into());
    }
    let _reporting = reporting::start(&settings, reporting::RELEASE);
    for warning in loaded.warnings {
        log::warn!("{warning}");
    }
    let stop = match stop_on_signals(voice) {
        Ok(stop) => stop,
        Err(error) => return fail(voice, &settings, &error, ExitCode::Failed),
    };
    let request = cli.request(settings.scan_max_shrink);
    let program = Program {
        settings: &settings,
        voice,
        stop: &stop,
    };
    match cli.watches() {
        true => program.watch(&request),
        false => program.scan(&request),
    }
}

/// What every scan of this process shares.
struct Program<'a> {
    settings: &'a Settings,
    voice: Voice,
    stop: &'a Interrupt,
}

impl Program<'_> {
    fn scan(&self, request: &Request) -> ExitCode {
        let progress = match self.voice {
            Voice::Human => Progress::new(true),
            Voice::Quiet => Progress::new(false),
            Voice::Json => Progress::events(json::progress),
        };
        match scan::run(request, &self.settings.database_url, &progress, self.stop) {
            Ok(report) => {
                self.present(&report);
                report.exit_code()
            }
            Err(error) => self.fail(error),
        }
    }

    fn present(&self, report: &Report) {
        if self.voice == Voice::Json {
            json::report(report);
        } else {
            let mut out = std::io::stdout().lock();
            for change in &report.changes {
                // Where nobody listens any more, the exit code is left.
                let _ = writeln!(out, "{change}");
            }
        }
        log::info!("{report}");
    }

    fn fail(&self, error: ScanError) -> ExitCode {
        let code = error.exit_code();
        if code == ExitCode::Failed {
            reporting::report(&error);
        }
        fail(self.voice, self.settings, &error.into(), code)
    }

    /// Scans, and then again what changes, until it is stopped.
    fn watch(&self, request: &Request) -> ExitCode {
        let watch = match self.begin_watch(request) {
            Ok(watch) => watch,
            Err(error) => return fail(self.voice, self.settings, &error.into(), ExitCode::Refused),
        };
        let code = watch::rounds(
            request,
            &mut Watching {
                program: self,
                watch,
            },
        );
        if code == ExitCode::Done && self.voice == Voice::Json {
            json::stopped(code);
        }
        code
    }

    fn begin_watch(&self, request: &Request) -> Result<Watch, WatchError> {
        let database = self.settings.database_url.sqlite_path();
        let ours = watch::own_files(database, self.settings.log_path.as_deref());
        let options = Options::new(request.follow_links, ours);
        Watch::new(&watch::absolute(&request.roots)?, &options, &|| {
            self.is_stopped()
        })
    }

    fn is_stopped(&self) -> bool {
        self.stop.is_asked()
    }
}

/// What the scans of a watch have around them.
struct Watching<'p, 'a> {
    program: &'p Program<'a>,
    watch: Watch,
}

impl Around for Watching<'_, '_> {
    fn changes(&mut self) -> Option<Vec<PathBuf>> {
        self.watch.next(&|| self.program.is_stopped())
    }

    fn wait(&mut self, time: Duration) -> Option<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            if self.program.is_stopped() {
                return None;
            }
            thread::park_timeout(STOP_CHECK);
        }
        Some(())
    }

    fn scan(&mut self, request: &Request) -> ExitCode {
        self.program.scan(request)
    }
}

fn list_formats() -> ExitCode {
    let mut out = std::io::stdout().lock();
    for format in audio::formats() {
        let written = writeln!(out, "{:<16} {}", format.name, format.extensions.join(" "));
        if written.is_err() {
            break;
        }
    }
    ExitCode::Done
}

/// What Ctrl-C asks for, as SIGTERM does, and SIGHUP but under `nohup`. What does not answer then (a
/// database or a disk that hangs) is left behind after a moment; a second signal ends the program at once.
/// What is half written is rolled back by the database.
fn stop_on_signals(voice: Voice) -> Result<Arc<Interrupt>, Error> {
    let stop = Arc::new(Interrupt::default());
    let mut wanted = vec![SIGINT, SIGTERM];
    if !ignores_hangups() {
        wanted.push(SIGHUP);
    }
    let mut signals = Signals::new(wanted).context("cannot listen for Ctrl-C")?;
    let flag = Arc::clone(&stop);
    let listen = move || {
        for _ in signals.forever() {
            if flag.ask() {
                process::exit(ExitCode::Interrupted.code().into());
            }
            let flag = Arc::clone(&flag);
            thread::spawn(move || force(voice, &flag));
        }
    };
    let thread = thread::Builder::new().name("scan-signals".to_owned());
    thread.spawn(listen).context("cannot listen for Ctrl-C")?;
    Ok(stop)
}

/// Ends the program a while after it was asked to stop, if it is still there and in no commit.
fn force(voice: Voice, stop: &Interrupt) {
    thread::sleep(GRACE);
    while !stop.may_be_forced() {
        thread::sleep(STOP_CHECK);
    }
    let error =
        Error::msg("stopped, without waiting for what does not answer; the database is as it was");
    log::error!("avalon-scan: {error}");
    process::exit(end(voice, &error, ExitCode::Interrupted).code().into());
}

/// Whether the shell has asked that a terminal which is closed be no reason to end: the first bit of the
/// mask of ignored signals (proc(5)).
fn ignores_hangups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 != 0)
}

/// Ends the program before there is a log.
fn refuse(voice: Voice, error: &Error) -> ExitCode {
    tell(error);
    end(voice, error, ExitCode::Refused)
}

/// Ends it with its error in the log, and on the terminal where the log is elsewhere.
fn fail(voice: Voice, settings: &Settings, error: &Error, code: ExitCode) -> ExitCode {
    log::error!("avalon-scan: {error:#}");
    if settings.log_path.is_some() {
        tell(error);
    }
    end(voice, error, code)
}

fn tell(error: &Error) {
    // Where standard error is closed, the exit code is left.
    let _ = writeln!(std::io::stderr(), "avalon-scan: {error:#}");
}

/// The last word for a program that listens.
fn end(voice: Voice, error: &Error, code: ExitCode) -> ExitCode {
    if voice == Voice::Json {
        json::error(&format!("{error:#}"), code);
    }
    code
}
