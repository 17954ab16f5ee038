//! The command line: what was typed, before anything is known of it.
//!
//! The flags are those of the original, and the help is their documentation.

use std::ffi::OsString;
use std::path::Path;

use avalon_core::settings::Overrides;
use clap::Parser;

const EXIT_CODES: &str = "\
Exit codes:
  0    done; the log may hold warnings about files that were kept
  1    failed; the database is as it was
  2    refused: wrong usage or settings, another scan of this database is running,
       the collection is missing or empty, or a scan would empty the library
  3    done, but audio files could not be read; the log names each with its reason
  130  stopped by Ctrl-C; the database is as it was";

const EXAMPLES: &str = "\
Examples:
  avalon-scan ~/Music
  avalon-scan --quiet /srv/music || echo \"exit code $?\"
  avalon-scan -d sqlite:////var/lib/avalon/avalon.sqlite /srv/music
  avalon-scan -d postgresql://avalon@db.example/avalon /srv/music

Settings come from the file that AVALON_CONFIG names, from AVALON_* variables and from the
options above; avalon-echo-config prints them all with their defaults.";

/// Scan a music collection and write what its tags say into the database of the Avalon Music
/// Server.
///
/// Reads the tags of every sound file below COLLECTION and replaces the library in the database by
/// them, in one transaction: a server that reads the database sees the old library or the new one.
/// Files are recognised by their content, whatever they are called; pictures and texts are passed
/// by. A file that cannot be read is named in the log and does not stop the scan.
///
/// The ids of tracks follow from their paths as they are given here: scan a collection always by
/// the same path.
#[derive(Debug, Parser)]
#[command(
    name = "avalon-scan",
    version,
    infer_long_args = true,
    after_help = EXIT_CODES,
    after_long_help = format!("{EXIT_CODES}\n\n{EXAMPLES}"),
)]
pub struct Cli {
    /// Path to the root of your music collection
    #[arg(value_name = "COLLECTION", value_hint = clap::ValueHint::DirPath)]
    collection: OsString,

    /// Database to write to, instead of the one in the settings
    ///
    /// `sqlite:////absolute/path`, `sqlite:///relative/path` or `postgresql://user@host/database`,
    /// spelled as SQLAlchemy does. A password on a command line can be seen by every user of the
    /// machine: AVALON_DATABASE_URL is a better place for it. An empty URL is that of the settings.
    #[arg(
        short,
        long,
        visible_alias = "database",
        value_name = "URL",
        overrides_with = "database_url"
    )]
    database_url: Option<String>,

    /// Show errors only: no progress, no warnings; the exit code tells the rest
    #[arg(short, long, overrides_with = "quiet")]
    quiet: bool,
}

impl Cli {
    /// The root of the collection, as it was typed.
    pub fn collection(&self) -> &Path {
        Path::new(&self.collection)
    }

    /// Whether progress may be shown.
    pub fn shows_progress(&self) -> bool {
        !self.quiet
    }

    /// The settings that flags give.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            database_url: self.database_url.clone(),
            log_level: self.quiet.then(|| "ERROR".to_owned()),
            ..Overrides::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(args: &[&str]) -> Result<Cli, clap::Error> {
        Cli::try_parse_from([&["avalon-scan"], args].concat())
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn all_spellings_of_the_original_are_taken() {
        let url = Some("sqlite:///a".to_owned());
        for args in [
            &["-d", "sqlite:///a", "/m"][..],
            &["--database-url", "sqlite:///a", "/m"],
            &["--database", "sqlite:///a", "/m"],
            &["--database-url=sqlite:///a", "/m"],
            &["--datab", "sqlite:///a", "/m"],
            &["/m", "-d", "sqlite:///a"],
            &["-d", "sqlite:///b", "-d", "sqlite:///a", "/m"],
        ] {
            let cli = parse(args).unwrap();
            assert_eq!(cli.overrides().database_url, url, "{args:?}");
            assert_eq!(cli.collection(), Path::new("/m"), "{args:?}");
            assert_eq!(cli.overrides().log_level, None, "{args:?}");
        }
        for args in [&["-q", "/m"][..], &["--quiet", "/m"], &["/m", "-qq"]] {
            let cli = parse(args).unwrap();
            assert_eq!(
                cli.overrides().log_level.as_deref(),
                Some("ERROR"),
                "{args:?}"
            );
            assert!(!cli.shows_progress(), "{args:?}");
        }
        assert_eq!(parse(&["-d", "", ""]).unwrap().collection(), Path::new(""));
    }

    #[test]
    fn wrong_usage_exits_with_2_and_help_with_0() {
        for (args, code) in [
            (&[][..], 2),
            (&["/m", "/n"], 2),
            (&["-d"], 2),
            (&["--nonsense", "/m"], 2),
            (&["-h"], 0),
            (&["--help"], 0),
            (&["-V"], 0),
            (&["--version"], 0),
        ] {
            assert_eq!(parse(args).unwrap_err().exit_code(), code, "{args:?}");
        }
    }

    #[test]
    fn help_tells_the_exit_codes_and_examples() {
        let help = parse(&["--help"]).unwrap_err().to_string();
        for part in [
            "Exit codes:",
            "  3  ",
            "130",
            "avalon-scan ~/Music",
            "AVALON_CONFIG",
        ] {
            assert!(help.contains(part), "{part}: {help}");
        }
        assert!(
            parse(&["-h"])
                .unwrap_err()
                .to_string()
                .contains("Exit codes:")
        );
    }
}
