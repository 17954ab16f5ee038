//! All layers together: files on disk, variables and flags, as a program meets them.

use std::path::PathBuf;

use super::*;

/// A working directory with a settings file, and the variables of a process.
struct Surroundings {
    folder: tempfile::TempDir,
    environment: Environment,
}

fn surroundings(variables: &[(&str, &str)]) -> Surroundings {
    let folder = tempfile::tempdir().unwrap();
    let pairs = variables
        .iter()
        .map(|(name, value)| (name.into(), value.into()));
    let mut environment = Environment {
        variables: pairs.collect(),
        directory: folder.path().to_owned(),
        data_directory: Some(folder.path().join("share")),
    };
    // The original's database must not be found in the /tmp of the machine that runs the tests.
    environment
        .variables
        .entry("STATE_DIRECTORY".into())
        .or_insert_with(|| folder.path().into());
    std::fs::write(folder.path().join("avalon.sqlite"), "").unwrap();
    Surroundings {
        folder,
        environment,
    }
}

impl Surroundings {
    fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.folder.path().join(name), content).unwrap();
        self.config(name)
    }

    fn config(mut self, name: &str) -> Self {
        self.environment
            .variables
            .insert("AVALON_CONFIG".into(), name.into());
        self
    }

    fn load(&self) -> Result<Loaded, SettingsError> {
        load_from(&self.environment, &Overrides::default())
    }

    fn settings(&self) -> Settings {
        self.load()
            .unwrap_or_else(|error| panic!("{error}"))
            .settings
    }

    fn problems(&self) -> String {
        match self.load() {
            Ok(loaded) => panic!("loaded {:?}", loaded.settings),
            Err(error) => error.to_string(),
        }
    }
}

#[test]
fn the_defaults_are_those_of_the_original_and_a_place_that_lasts() {
    let loaded = surroundings(&[("STATE_DIRECTORY", "/var/lib/avalon")])
        .load()
        .unwrap();
    let settings = loaded.settings;
    assert_eq!(
        settings.database_url.to_string(),
        "sqlite:////var/lib/avalon/avalon.sqlite"
    );
    assert_eq!(settings.log_date_format.to_string(), "%Y-%m-%dT%H:%M:%S");
    assert_eq!(
        settings.log_format.to_string(),
        "[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s"
    );
    assert_eq!(settings.log_level, Level::INFO);
    assert_eq!(settings.log_path, None);
    assert_eq!(settings.request_path, "/avalon");
    assert_eq!(settings.sentry_dsn, None);
    assert_eq!(settings.statsd_host, "localhost");
    assert_eq!(settings.statsd_port, 8125);
    assert_eq!(settings.statsd_prefix, "avalon");
    assert_eq!(settings.bind.to_string(), "127.0.0.1:8000");
    assert_eq!(settings.threads, 0);
    assert_eq!(settings.reload_seconds, 2);
    assert!(!settings.serve_paths);
    let articles = "the a an les le la l el los las die der das il lo gli i os as o een de het";
    assert_eq!(settings.search_articles.join(" "), articles);
    assert_eq!(settings.scan_max_shrink, 20);
}

#[test]
fn the_default_file_holds_every_key_once_and_loads_as_a_file() {
    let (entries, problems) = toml_file::read(&Origin::Default, DEFAULT);
    assert_eq!(problems, []);
    let keys: Vec<Key> = entries.iter().map(|entry| entry.key).collect();
    let mut wanted = Key::ALL;
    wanted.sort();
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(sorted, wanted);
    let settings = surroundings(&[]).file("avalon.toml", DEFAULT).settings();
    let defaults = surroundings(&[]).settings();
    assert_eq!(settings.log_format, defaults.log_format);
    assert_eq!(settings.bind, defaults.bind);
}

#[test]
fn flags_win_over_the_environment_that_over_the_file_that_over_the_defaults() {
    let file = "BIND = '127.0.0.1:1'\nLOG_LEVEL = 'ERROR'\nTHREADS = 3\nstatsd_prefix = 'file'\n";
    let variables = [("AVALON_BIND", "127.0.0.1:2"), ("AVALON_LOG_LEVEL", "30")];
    let surroundings = surroundings(&variables).file("avalon.toml", file);
    let overrides = Overrides {
        bind: Some("127.0.0.1:3".to_owned()),
        database_url: Some(String::new()),
        ..Overrides::default()
    };
    let settings = load_from(&surroundings.environment, &overrides)
        .unwrap()
        .settings;
    assert_eq!(settings.bind.port(), 3, "flag");
    assert_eq!(settings.log_level, Level::WARNING, "environment");
    assert_eq!(settings.threads, 3, "file");
    assert_eq!(settings.statsd_prefix, "file", "file, in lower case");
    assert_eq!(settings.statsd_port, 8125, "default");
}

#[test]
fn articles_may_be_none_and_an_empty_variable_says_so() {
    let none = surroundings(&[("AVALON_SEARCH_ARTICLES", "")]).settings();
    assert!(none.search_articles.is_empty());
    let python = surroundings(&[]).file("a.py", "SEARCH_ARTICLES = 'the, die'\n");
    assert_eq!(python.settings().search_articles, ["the", "die"]);
    let over_it = surroundings(&[("AVALON_SEARCH_ARTICLES", "los")]);
    let file = over_it.file("a.toml", "search_articles = 'the'");
    assert_eq!(file.settings().search_articles, ["los"]);
}

#[test]
fn true_and_false_are_written_as_each_layer_has_them() {
    let on = surroundings(&[]).file("a.toml", "serve_paths = true");
    assert!(on.settings().serve_paths);
    let off_again = surroundings(&[("AVALON_SERVE_PATHS", "Off")]);
    assert!(
        !off_again
            .file("a.toml", "SERVE_PATHS = true")
            .settings()
            .serve_paths
    );
    let python = surroundings(&[]).file("a.py", "SERVE_PATHS = True\nRELOAD_SECONDS = 0\n");
    let settings = python.settings();
    assert_eq!((settings.serve_paths, settings.reload_seconds), (true, 0));
    let shown = surroundings(&[("AVALON_SERVE_PATHS", "2")]).problems();
    let expected = "environment AVALON_SERVE_PATHS: expected true or false, got \"2\"";
    assert_eq!(shown, expected);
}

#[test]
fn texts_of_the_environment_are_taken_as_they_are() {
    let settings = surroundings(&[
        ("AVALON_STATSD_PREFIX", "42"),
        ("AVALON_LOG_PATH", "1e3"),
        ("AVALON_STATSD_HOST", "true"),
        ("AVALON_LOG_FORMAT", "\"%(message)s\""),
        ("AVALON_DATABASE_URL", "sqlite:////a,b [c] {d}.sqlite"),
        ("AVALON_REQUEST_PATH", "/1.5"),
        ("AVALON_CONFIG", ""),
    ])
    .settings();
    assert_eq!(settings.statsd_prefix, "42");
    assert_eq!(settings.log_path, Some(PathBuf::from("1e3")));
    assert_eq!(settings.statsd_host, "true");
    assert_eq!(settings.log_format.to_string(), "\"%(message)s\"");
    assert_eq!(
        settings.database_url.to_string(),
        "sqlite:////a,b [c] {d}.sqlite"
    );
    assert_eq!(settings.request_path, "/1.5");
}

#[test]
fn an_empty_database_url_asks_for_what_lies_below_it() {
    let surroundings =
        surroundings(&[("AVALON_DATABASE_URL", "")]).file("a.toml", "DATABASE_URL = 'sqlite:///a'");
    assert_eq!(
        surroundings.settings().database_url.to_string(),
        "sqlite:///a"
    );
    let surroundings = surroundings.file("a.toml", "DATABASE_URL = ''");
    assert!(surroundings.settings().database_url.sqlite_path().is_some());
}

#[test]
fn all_problems_of_all_layers_are_told_at_once() {
    let file =
        "LOG_LEVL = 'INFO'\nSTATSD_PORT = '8125'\n\nSENTRY_DSN = 'secret'\nbind = 1\nBIND = 2\n";
    let variables = [
        ("AVALON_STATSD_PORT", "abc"),
        ("AVALON_DATABASE_URL", "mysql://u:secret@h/db"),
        ("AVALON_REQUEST_PATH", "x"),
    ];
    let surroundings = surroundings(&variables).file("avalon.toml", file);
    let overrides = Overrides {
        bind: Some("nowhere".to_owned()),
        ..Overrides::default()
    };
    let error = load_from(&surroundings.environment, &overrides).unwrap_err();
    let expected = "\
avalon.toml:1: LOG_LEVL: unknown setting (did you mean LOG_LEVEL?)
avalon.toml:2: STATSD_PORT: expected a number from 1 to 65535, got \"8125\" (write it without quotes)
avalon.toml:4: SENTRY_DSN: is no DSN: expected https://key@host/project
avalon.toml:5: BIND: expected a text in quotes, got 1
avalon.toml:6: BIND: given twice, first as bind on line 5
environment AVALON_DATABASE_URL: has the scheme \"mysql\", which is not supported: use sqlite or postgresql
environment AVALON_REQUEST_PATH: The REQUEST_PATH setting must start with a '/'
environment AVALON_STATSD_PORT: expected a number from 1 to 65535, got \"abc\"
option --bind: expected an IP address and a port such as 127.0.0.1:8000, [::1]:8000 or localhost:8000, got \"nowhere\"";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_the_reason() {
    let missing = surroundings(&[]).config("no/such.toml");
    let shown = missing.problems();
    assert!(
        shown.starts_with("no/such.toml: cannot read the settings file"),
        "{shown}"
    );
    assert!(
        shown.contains(&missing.folder.path().display().to_string()),
        "{shown}"
    );
    assert!(shown.contains("No such file"), "{shown}");
    assert!(
        surroundings(&[])
            .config(".")
            .problems()
            .contains("directory")
    );
    let huge = surroundings(&[]).file("a.toml", vec![b'\n'; (1 << 20) + 1]);
    assert_eq!(
        huge.problems(),
        "a.toml: is larger than 1048576 bytes, so no settings file"
    );
    let binary = surroundings(&[]).file("a.toml", b"BIND = ''\n# \xff\n");
    assert_eq!(binary.problems(), "a.toml:2: is not UTF-8 text");
}

#[test]
fn the_originals_file_loads_as_it_is_and_with_its_values_edited() {
    let original = include_str!("python/original.py");
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().display().to_string();
    let variables = [("TMPDIR", folder.as_str())];
    let settings = surroundings(&variables)
        .file("settings.py", original)
        .settings();
    let url = format!("sqlite:///{folder}/avalon.sqlite");
    assert_eq!(settings.database_url.to_string(), url);
    assert_eq!(settings.log_level, Level::INFO);
    assert_eq!(settings.log_path, None);
    assert_eq!(settings.request_path, "/avalon");
    assert_eq!(settings.statsd_port, 8125);

    for (line, edited) in [
        ("LOG_LEVEL = logging.INFO", "LOG_LEVEL = logging.DEBUG"),
        ("LOG_LEVEL = logging.INFO", "LOG_LEVEL = 10"),
        ("LOG_LEVEL = logging.INFO", "LOG_LEVEL = 'debug'"),
    ] {
        let text = original.replace(line, edited);
        let settings = surroundings(&variables)
            .file("settings.py", text)
            .settings();
        assert_eq!(settings.log_level, Level::DEBUG, "{edited}");
    }
    let text = original
        .replace("join(gettempdir(), 'avalon.sqlite')", "'/srv/a.sqlite'")
        .replace("REQUEST_PATH = '/avalon'", "REQUEST_PATH = \"/\"")
        .replace(
            "SENTRY_DSN = None",
            "SENTRY_DSN = u'https://key@sentry.example/1'",
        );
    let settings = surroundings(&variables)
        .file("settings.py", text)
        .settings();
    assert_eq!(settings.database_url.to_string(), "sqlite:////srv/a.sqlite");
    assert_eq!(settings.request_path, "/");
    assert!(settings.sentry_dsn.is_some());
}

#[test]
fn a_bad_value_in_the_originals_file_is_named_with_its_line() {
    let file =
        "import logging\nREQUEST_PATH = 'x'\nLOG_PATH = 3\nSTATSD_HOST = None\n\nif 1: pass\n";
    let shown = surroundings(&[]).file("settings.py", file).problems();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "settings.py:2: REQUEST_PATH: The REQUEST_PATH setting must start with a '/'",
            "settings.py:3: LOG_PATH: expected a text in quotes, got 3",
            "settings.py:4: STATSD_HOST: expected a text in quotes, got None",
        ]
    );
    assert!(lines[3].starts_with("settings.py:6: "), "{shown}");
}

#[test]
fn without_a_home_the_database_must_be_named() {
    let mut surroundings = surroundings(&[]);
    surroundings.environment.data_directory = None;
    surroundings
        .environment
        .variables
        .remove("STATE_DIRECTORY".as_ref() as &std::ffi::OsStr);
    let shown = surroundings.problems();
    assert!(
        shown.starts_with("default: DATABASE_URL: has no default"),
        "{shown}"
    );
    let name = "AVALON_DATABASE_URL".into();
    surroundings
        .environment
        .variables
        .insert(name, "sqlite:///a".into());
    assert_eq!(
        surroundings.settings().database_url.to_string(),
        "sqlite:///a"
    );
}

#[test]
fn warnings_do_not_keep_the_program_from_starting() {
    let surroundings = surroundings(&[("AVALON_PORT", "tcp://10.0.0.1:80")]);
    let warnings = surroundings.load().unwrap().warnings;
    assert_eq!(
        warnings,
        ["environment AVALON_PORT: unknown setting, ignored"]
    );
}

#[test]
fn settings_show_no_secret() {
    let settings = surroundings(&[
        ("AVALON_DATABASE_URL", "postgresql://u:secret@h/db"),
        ("AVALON_SENTRY_DSN", "https://secret@sentry.example/1"),
    ])
    .settings();
    let shown = format!("{settings:?}");
    assert!(!shown.contains("secret"), "{shown}");
}

proptest::proptest! {
    /// Files are bounded, not trusted.
    #[test]
    fn no_text_makes_a_reader_panic(
        text in "([A-Z_]{1,8}|[ =+.,()'\"#;\\\\\n\r\t\\[\\]{}*-]|logging|join|import|from|as|0x|[0-9]|é|😀|%|\\(){0,60}",
    ) {
        let origin = Origin::file("a", None);
        toml_file::read(&origin, &text);
        python::read(&origin, &text, "/tmp");
        let _ = text.parse::<LogFormat>();
        let _ = text.parse::<DateFormat>();
    }
}

#[test]
fn nesting_is_bounded_in_both_languages() {
    for bracket in ["[", "(", "{a=", "-", "a."] {
        let text = format!("BIND = {}", bracket.repeat(200_000));
        let origin = Origin::file("a", None);
        assert!(!toml_file::read(&origin, &text).1.is_empty(), "{bracket}");
        assert!(
            !python::read(&origin, &text, "/tmp").1.is_empty(),
            "{bracket}"
        );
    }
}
