//! Prints the default settings: `avalon-echo-config > avalon.toml` is where one's own begin.
//!
//! It reads no settings, and so works where they are broken.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use avalon_core::settings::DEFAULT;
use clap::Parser;

/// Print the default settings of the Avalon Music Server.
///
/// What is printed is a complete settings file in TOML: every setting with its default, what it
/// means and which values it takes. Keep the lines that you change:
///
///     avalon-echo-config > avalon.toml
///     AVALON_CONFIG=avalon.toml avalon-server
///
/// A single setting can also be given by the environment:
///
///     AVALON_LOG_LEVEL=DEBUG avalon-server
#[derive(Debug, Parser)]
#[command(
    name = "avalon-echo-config",
    version,
    verbatim_doc_comment,
    after_help = "Exit codes: 0 printed, 1 the output could not be written, 2 wrong usage."
)]
struct Cli {}

fn main() -> ExitCode {
    Cli::parse();
    match print(&mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            // Where not even this can be written, the exit code remains.
            let _ = writeln!(
                io::stderr(),
                "avalon-echo-config: cannot write the settings: {error}"
            );
            ExitCode::FAILURE
        }
    }
}

fn print(out: &mut impl Write) -> io::Result<()> {
    out.write_all(DEFAULT.as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
