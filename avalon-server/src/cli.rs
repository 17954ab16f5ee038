//! The command line: what may be typed, and the help that teaches it.
//!
//! In: the arguments of the process. Out: [`Arguments`], not yet understood: the values of settings
//! are checked together with those from files and the environment.

use avalon_core::settings::Overrides;
use clap::Parser;

/// Printed below the options by `--help`.
const HELP: &str = "\
Settings:
  Each setting comes from the first of these that gives it: the options above, environment
  variables AVALON_<KEY> (AVALON_DATABASE_URL, AVALON_BIND, AVALON_LOG_LEVEL ...), the file that
  AVALON_CONFIG names, the defaults. avalon-echo-config prints every key with its default and
  meaning, as a file to begin with.

Start, reload and stop:
  `listening on http://ADDRESS:PORT` is printed on standard output once the socket is bound. The
  music library is loaded then; until that is done every request is answered 503, the heartbeat
  with NONONO. What a later scan finds is served within seconds: the server looks at the database
  every RELOAD_SECONDS, and SIGHUP has it loaded at once. SIGTERM and SIGINT (Ctrl-C) stop the
  server when the requests in flight are answered, after 30 seconds at the latest; a second one
  stops it at once.

Exit codes:
  0  stopped by SIGTERM or SIGINT
  1  the address cannot be bound, the library cannot be loaded, or stopped at once
  2  wrong options or settings

Example:
  avalon-scan --database-url sqlite:////var/lib/avalon/avalon.sqlite /music
  avalon-server --database-url sqlite:////var/lib/avalon/avalon.sqlite --bind 127.0.0.1:8000
  curl 'http://127.0.0.1:8000/avalon/songs?query=live&limit=10&order=name'";

/// Serves a music library that avalon-scan has stored, as a JSON API over HTTP.
#[derive(Clone, Debug, Parser)]
#[command(name = "avalon-server", version, after_long_help = HELP)]
pub struct Arguments {
    /// The database to serve: sqlite:////absolute/path or postgresql://user@host/database
    /// [setting: DATABASE_URL]
    #[arg(short, long, value_name = "URL", visible_alias = "database")]
    pub database_url: Option<String>,

    /// The address and port to listen on; port 0 takes any free one [setting: BIND]
    #[arg(short, long, value_name = "ADDRESS:PORT")]
    pub bind: Option<String>,

    /// The path that all endpoints are below [setting: REQUEST_PATH]
    #[arg(long, value_name = "PATH")]
    pub request_path: Option<String>,

    /// Threads that answer requests; 0 is one per core [setting: THREADS]
    #[arg(long, value_name = "NUMBER")]
    pub threads: Option<String>,

    /// What to log: DEBUG, INFO, WARNING, ERROR or CRITICAL and above [setting: LOG_LEVEL]
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,

    /// Panic at each request for this path, to see that panics are logged and reported
    #[arg(long, value_name = "PATH", hide = true)]
    pub panic_on: Option<String>,
}

impl Arguments {
    /// The options that are settings.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            database_url: self.database_url.clone(),
            bind: self.bind.clone(),
            request_path: self.request_path.clone(),
            threads: self.threads.clone(),
            log_level: self.log_level.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn options_are_settings() {
        let typed = [
            "avalon-server",
            "-d",
            "sqlite:////a",
            "--bind",
            "127.0.0.1:0",
            "--log-level",
            "DEBUG",
            "--request-path",
            "/",
            "--threads",
            "2",
        ];
        let overrides = Arguments::try_parse_from(typed).unwrap().overrides();
        assert_eq!(overrides.database_url.as_deref(), Some("sqlite:////a"));
        assert_eq!(overrides.bind.as_deref(), Some("127.0.0.1:0"));
        assert_eq!(overrides.log_level.as_deref(), Some("DEBUG"));
        assert_eq!(overrides.request_path.as_deref(), Some("/"));
        assert_eq!(overrides.threads.as_deref(), Some("2"));
        let none = Arguments::try_parse_from(["avalon-server"]).unwrap();
        assert_eq!(none.overrides().bind, None);
    }

    #[test]
    fn help_tells_exit_codes_and_hides_what_is_for_tests() {
        let help = Arguments::command().render_long_help().to_string();
        for part in [
            "Exit codes:",
            "AVALON_CONFIG",
            "SIGTERM",
            "SIGHUP",
            "curl",
            "--bind",
        ] {
            assert!(help.contains(part), "{part}");
        }
        assert!(!help.contains("--panic-on"));
    }
}
