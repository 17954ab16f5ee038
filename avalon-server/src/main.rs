//! avalon-server: settings, log, error reports, run, exit code.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Error;
use avalon_core::settings::{self, Loaded};
use avalon_core::telemetry::{logging, reporting};
use avalon_server::cli::Arguments;
use avalon_server::run;
use clap::Parser;

/// Wrong options (clap's own code for them) or settings.
const EXIT_SETTINGS: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Loaded { settings, warnings } = match settings::load(&arguments.overrides()) {
        Ok(loaded) => loaded,
        Err(error) => return refuse(&error.into()),
    };
    if let Err(error) = logging::start(&settings) {
        return refuse(&error.into());
    }
    let _reporting = reporting::start(&settings, reporting::RELEASE);
    warnings.iter().for_each(|warning| log::warn!("{warning}"));
    match run::run(&settings, arguments.panic_on) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if error.is_fault() {
                reporting::report(&error);
            }
            log::error!("{:#}", Error::from(error));
            ExitCode::FAILURE
        }
    }
}

/// Says on standard error what is wrong with the settings, before there is a log.
fn refuse(error: &Error) -> ExitCode {
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(std::io::stderr().lock(), "avalon-server: {error:#}");
    ExitCode::from(EXIT_SETTINGS)
}
