//! `avalon-scan`: settings, log, Ctrl-C, scan, report, and on with what changes. The order is that
//! of `run`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Error};
use avalon_core::settings::{self, Settings};
use avalon_core::telemetry::{logging, reporting};
use avalon_scan::audio;
use avalon_scan::cli::{Cli, Voice};
use avalon_scan::exit::ExitCode;
use avalon_scan::files::mounts;
use avalon_scan::json;
use avalon_scan::progress::Progress;
use avalon_scan::report::Report;
use avalon_scan::scan::{self, Request, ScanError};
use avalon_scan::watch::{Mode, Timing, Watch};
use clap::Parser;
use mimalloc::MiMalloc;

/// Tags are many small texts, made on one thread and freed on another: a tenth of a scan's time with
/// the system's allocator.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> process::ExitCode {
    run(&Cli::parse()).into()
}

fn run(cli: &Cli) -> ExitCode {
    if cli.lists_formats() {
        return list_formats();
    }
    let loaded = match settings::load(&cli.overrides()) {
        Ok(loaded) => loaded,
        Err(error) => return refuse(&error.into()),
    };
    let settings = loaded.settings;
    if let Err(error) = logging::start(&settings) {
        return refuse(&error.into());
    }
    let _reporting = reporting::start(&settings, reporting::RELEASE);
    for warning in loaded.warnings {
        log::warn!("{warning}");
    }
    let stop = match stop_on_signals() {
        Ok(stop) => stop,
        Err(error) => return fail(&settings, &error, ExitCode::Failed),
    };
    let request = cli.request(settings.scan_max_shrink);
    let program = Program {
        settings: &settings,
        voice: cli.voice(),
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
    stop: &'a Arc<AtomicBool>,
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
        if self.voice == Voice::Json {
            json::error(&error);
        }
        fail(self.settings, &error.into(), code)
    }

    /// Scans, and then again what changes, until it is stopped.
    fn watch(&self, request: &Request) -> ExitCode {
        let stopped = || self.stop.load(Ordering::Relaxed);
        let mut watch = match self.begin_watch(request, &stopped) {
            Ok(watch) => watch,
            Err(error) => return fail(self.settings, &error, ExitCode::Refused),
        };
        let code = self.scan(request);
        if !matches!(code, ExitCode::Done | ExitCode::Skipped) {
            return code;
        }
        log::info!("Watching for changes...");
        let mut retry = Retry::default();
        while let Some(folders) = retry.next(&mut watch, &stopped) {
            let request = match folders {
                None => request.clone(),
                Some(only) => Request {
                    roots: Vec::new(),
                    only,
                    ..request.clone()
                },
            };
            match self.scan(&request) {
                ExitCode::Done | ExitCode::Skipped => retry = Retry::default(),
                ExitCode::Interrupted => return ExitCode::Interrupted,
                ExitCode::Failed | ExitCode::Refused => retry.again(),
            }
        }
        log::info!("Stopped watching");
        ExitCode::Done
    }

    fn begin_watch(&self, request: &Request, stopped: &dyn Fn() -> bool) -> Result<Watch, Error> {
        let mounts = mounts::Mounts::read().ok();
        let root = |typed: &PathBuf| {
            let path = typed
                .canonicalize()
                .with_context(|| format!("cannot watch {}", typed.display()))?;
            let file_system = mounts.as_ref().and_then(|all| all.file_system_of(&path));
            let mode = match file_system.is_some_and(mounts::is_network) {
                true => Mode::Poll,
                false => Mode::Events,
            };
            Ok::<_, Error>((path, mode))
        };
        let roots = request
            .roots
            .iter()
            .map(root)
            .collect::<Result<Vec<_>, _>>()?;
        let ours = self.own_files();
        let is_ours = move |path: &Path| ours.iter().any(|own| own == path);
        let timing = Timing::default();
        let watch = Watch::new(
            &roots,
            timing,
            request.follow_links,
            &(Arc::new(is_ours) as _),
            stopped,
        )?;
        Ok(watch)
    }

    /// The files that scans write themselves: if they lie in a root, each scan would ask for the next
    /// one.
    fn own_files(&self) -> Vec<PathBuf> {
        let database = self.settings.database_url.sqlite_path();
        let real = |path: &Path| {
            let folder = path.parent()?;
            let folder = match folder.as_os_str().is_empty() {
                true => Path::new("."),
                false => folder,
            };
            Some(folder.canonicalize().ok()?.join(path.file_name()?))
        };
        let beside = |path: PathBuf| {
            let suffixes = ["", "-journal", "-wal", "-shm", "-scan.lock"];
            suffixes.map(|suffix| {
                let mut path = path.clone().into_os_string();
                path.push(suffix);
                PathBuf::from(path)
            })
        };
        let database = database.and_then(real).into_iter().flat_map(beside);
        let log = self.settings.log_path.as_deref().and_then(real);
        database.chain(log).collect()
    }
}

/// When to scan again after a scan that failed: what changed meanwhile is then unknown.
#[derive(Debug, Default)]
struct Retry {
    failures: u32,
}

impl Retry {
    /// Waits for changes, or after a failure for the time to try everything again (`None`). Nothing
    /// when it is to stop.
    fn next(&self, watch: &mut Watch, stopped: &dyn Fn() -> bool) -> Option<Option<Vec<PathBuf>>> {
        if self.failures == 0 {
            return watch.next(stopped).map(Some);
        }
        let longest = Duration::from_secs(600);
        let wait = Duration::from_secs(15).saturating_mul(1 << self.failures.min(6));
        let end = Instant::now() + wait.min(longest);
        while Instant::now() < end {
            if stopped() {
                return None;
            }
            std::thread::park_timeout(Duration::from_millis(200));
        }
        Some(None)
    }

    fn again(&mut self) {
        self.failures += 1;
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

/// A flag that Ctrl-C sets, as SIGTERM and SIGHUP do. A second one ends the program at once; what is
/// half written is then rolled back by the database.
fn stop_on_signals() -> Result<Arc<AtomicBool>, Error> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            process::exit(ExitCode::Interrupted.code().into());
        }
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}

/// Ends the program before there is a log.
fn refuse(error: &Error) -> ExitCode {
    tell(error);
    ExitCode::Refused
}

/// Ends a scan with its error in the log, and on the terminal where the log is elsewhere.
fn fail(settings: &Settings, error: &Error, code: ExitCode) -> ExitCode {
    log::error!("avalon-scan: {error:#}");
    if settings.log_path.is_some() {
        tell(error);
    }
    code
}

fn tell(error: &Error) {
    // Where standard error is closed, the exit code is left.
    let _ = writeln!(std::io::stderr(), "avalon-scan: {error:#}");
}
