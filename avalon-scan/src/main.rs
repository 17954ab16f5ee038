//! `avalon-scan`: settings, log, Ctrl-C, scan, exit code. The order is that of `run`.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Error};
use avalon_core::settings::{self, Settings};
use avalon_core::telemetry::{logging, reporting};
use avalon_scan::cli::Cli;
use avalon_scan::exit::ExitCode;
use avalon_scan::progress::Progress;
use avalon_scan::scan;
use clap::Parser;

fn main() -> process::ExitCode {
    run(&Cli::parse()).into()
}

fn run(cli: &Cli) -> ExitCode {
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
    let progress = Progress::new(cli.shows_progress());
    match scan::run(cli.collection(), &settings.database_url, &progress, &stop) {
        Ok(report) => {
            log::info!("{report}");
            report.exit_code()
        }
        Err(error) => {
            let code = error.exit_code();
            if code == ExitCode::Failed {
                reporting::report(&error);
            }
            fail(&settings, &error.into(), code)
        }
    }
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

/// Ends the program with its error in the log, and on the terminal where the log is elsewhere.
fn fail(settings: &Settings, error: &Error, code: ExitCode) -> ExitCode {
    log::error!("avalon-scan: {error:#}");
    if settings.log_path.is_some() {
        tell(error);
    }
    code
}

fn tell(error: &Error) {
    use std::io::Write;
    // Where standard error is closed, the exit code is left.
    let _ = writeln!(std::io::stderr(), "avalon-scan: {error:#}");
}
