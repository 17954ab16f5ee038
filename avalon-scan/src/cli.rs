//! The command line: what was typed, before anything is known of it.
//!
//! The flags are those of the original, and the help is their documentation.

use std::ffi::OsString;
use std::path::PathBuf;

use avalon_core::settings::Overrides;
use clap::Parser;

use crate::scan::Request;

const EXIT_CODES: &str = "\
Exit codes:
  0    done; the log may hold warnings about files that were kept
  1    failed; the database is as it was
  2    refused: wrong usage or settings, another scan of this database is running,
       a collection is missing or empty, or too much of the library would go
  3    done, but audio files could not be read; the log names each with its reason
  130  stopped by Ctrl-C; the database is as it was";

const EXAMPLES: &str = "\
Examples:
  avalon-scan ~/Music
  avalon-scan --dry-run /srv/music /srv/more-music
  avalon-scan --only /srv/music/new
  avalon-scan --quiet /srv/music || echo \"exit code $?\"
  avalon-scan -d sqlite:////var/lib/avalon/avalon.sqlite /srv/music
  avalon-scan -d postgresql://avalon@db.example/avalon --watch /srv/music

Settings come from the file that AVALON_CONFIG names, from AVALON_* variables and from the
options above; avalon-echo-config prints them all with their defaults.";

/// Scan music collections and write what their tags say into the database of the Avalon Music
/// Server.
///
/// Makes the library in the database equal to the sound files below the COLLECTIONs. Files that did
/// not change since the last scan are not opened; everything is written in one transaction, so a
/// server that reads the database sees the old library or the new one. Files are recognised by
/// their content, whatever they are called; pictures and texts are passed by. A file that cannot be
/// read is named in the log and does not stop the scan.
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
    /// Paths to the roots of your music collection: together they are the library
    #[arg(
        value_name = "COLLECTION",
        value_hint = clap::ValueHint::DirPath,
        required_unless_present_any = ["only", "formats"]
    )]
    collections: Vec<OsString>,

    /// Scan this folder or file alone, below a root of the last scan; can be given several times
    ///
    /// Nothing else is looked at, and nothing else is deleted. Its path may be spelled in any way:
    /// the ids of its tracks follow from that of the root, as it was given to the last scan.
    #[arg(
        long,
        value_name = "PATH",
        value_hint = clap::ValueHint::AnyPath,
        conflicts_with_all = ["collections", "watch"]
    )]
    only: Vec<OsString>,

    /// Read every file again, also those that did not change
    #[arg(long)]
    full: bool,

    /// Say what would change, and write nothing
    #[arg(long, conflicts_with = "watch")]
    dry_run: bool,

    /// Let more of the library go than the setting SCAN_MAX_SHRINK allows
    ///
    /// Without it a scan is refused by which more than 20 % and more than 20 of all tracks would go, or
    /// where a disk was mounted at the last scan and is not now. A scan that finds no track at all
    /// is always refused where the library has some.
    #[arg(long)]
    allow_shrink: bool,

    /// Go into folders through symbolic links
    #[arg(long)]
    follow_links: bool,

    /// Keep running, and scan what changes
    #[arg(long)]
    watch: bool,

    /// Write progress, issues and the report to standard output as JSON, a line each
    #[arg(long)]
    json: bool,

    /// List the formats that can be read
    #[arg(long, exclusive = true)]
    formats: bool,

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
    /// What to scan, with the setting SCAN_MAX_SHRINK.
    pub fn request(&self, max_shrink: u8) -> Request {
        let paths = |typed: &[OsString]| typed.iter().map(PathBuf::from).collect();
        Request {
            roots: paths(&self.collections),
            only: paths(&self.only),
            full: self.full,
            allow_shrink: self.allow_shrink,
            max_shrink,
            dry_run: self.dry_run,
            follow_links: self.follow_links,
        }
    }

    /// How much is said while the scan runs.
    pub fn voice(&self) -> Voice {
        match (self.json, self.quiet) {
            (true, _) => Voice::Json,
            (false, true) => Voice::Quiet,
            (false, false) => Voice::Human,
        }
    }

    /// Whether to go on with what changes.
    pub fn watches(&self) -> bool {
        self.watch
    }

    /// Whether only the formats are asked for.
    pub fn lists_formats(&self) -> bool {
        self.formats
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

/// The command line; where it is wrong, why, and how the program is to say so.
///
/// # Errors
/// clap's, which is also how it asks for help or a version to be shown.
pub fn parse(arguments: &[OsString]) -> Result<Cli, (clap::Error, Voice)> {
    Cli::try_parse_from(arguments).map_err(|error| {
        let voice = match is_json_among(arguments) && error.use_stderr() {
            true => Voice::Json,
            false => Voice::Human,
        };
        (error, voice)
    })
}

/// Whether `--json` is there, or a part of it that clap takes for it, in a command line that is wrong.
fn is_json_among(arguments: &[OsString]) -> bool {
    let mut options = arguments.iter().skip(1).take_while(|&other| other != "--");
    options.any(|option| {
        let option = option.to_string_lossy();
        option.len() > "--".len() && option.starts_with("--") && "--json".starts_with(&*option)
    })
}

/// What is wrong with a command line, on one line and without the usage that follows it.
pub fn complaint(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = first.split_whitespace().collect();
    let line = words.join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

/// How a scan speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// The log, and progress on standard error.
    Human,
    /// Errors alone.
    Quiet,
    /// JSON lines on standard output, and the log.
    Json,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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
            assert_eq!(cli.request(20).roots, [Path::new("/m")], "{args:?}");
            assert_eq!(cli.overrides().log_level, None, "{args:?}");
        }
        for args in [&["-q", "/m"][..], &["--quiet", "/m"], &["/m", "-qq"]] {
            let cli = parse(args).unwrap();
            assert_eq!(
                cli.overrides().log_level.as_deref(),
                Some("ERROR"),
                "{args:?}"
            );
            assert_eq!(cli.voice(), Voice::Quiet, "{args:?}");
        }
        assert_eq!(
            parse(&["-d", "", ""]).unwrap().request(20).roots,
            [Path::new("")]
        );
    }

    #[test]
    fn wrong_usage_exits_with_2_and_help_with_0() {
        for (args, code) in [
            (&[][..], 2),
            (&["--only", "/m", "/n"], 2),
            (&["--watch"], 2),
            (&["--formats", "/m"], 2),
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
    fn a_wrong_command_line_is_told_to_programs_too() {
        for (args, expected) in [
            (&["--json"][..], Some("were not provided: <COLLECTION>...")),
            (
                &["--js", "--nonsense", "/m"],
                Some("unexpected argument '--nonsense' found"),
            ),
            (&["--json", "--formats"], Some("cannot be used with")),
            (&["--nonsense", "/m"], None),
            (&["--nonsense", "--", "--json"], None),
            (&["--json", "--help"], None),
            (&["--json", "-V"], None),
        ] {
            let args = [&["avalon-scan"], args].concat();
            let arguments: Vec<OsString> = args.iter().map(OsString::from).collect();
            let (error, voice) = super::parse(&arguments).unwrap_err();
            assert_eq!(voice == Voice::Json, expected.is_some(), "{args:?}");
            let said = complaint(&error);
            assert!(
                said.contains(expected.unwrap_or_default()),
                "{args:?}: {said}"
            );
            assert!(!said.contains('\n') && !said.starts_with("error"), "{said}");
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
