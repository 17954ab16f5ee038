//! avalon-echo-config through its binary: what it prints, that it loads, and how it fails.

#![expect(clippy::unwrap_used, reason = "what fails here is the test")]

use std::fs::File;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use avalon_core::settings::{self, DEFAULT, Environment, Overrides, Settings};

fn echo_config() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_avalon-echo-config"));
    command.env_clear();
    command
}

fn run(arguments: &[&str]) -> Output {
    echo_config().args(arguments).output().unwrap()
}

/// The settings of a process in `folder`, with this settings file if there is one.
fn load(folder: &Path, config: Option<&str>) -> Settings {
    let mut environment = Environment {
        directory: folder.to_owned(),
        data_directory: Some(folder.to_owned()),
        ..Environment::default()
    };
    if let Some(config) = config {
        environment
            .variables
            .insert("AVALON_CONFIG".into(), config.into());
    }
    let loaded = settings::load_from(&environment, &Overrides::default());
    loaded.unwrap_or_else(|error| panic!("{error}")).settings
}

#[test]
fn it_prints_the_default_file_and_nothing_else() {
    let output = run(&[]);
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), DEFAULT);
    assert!(output.stderr.is_empty());
}

#[test]
fn what_it_prints_loads_as_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("avalon.toml"), run(&[]).stdout).unwrap();
    let printed = load(folder.path(), Some("avalon.toml"));
    let defaults = load(folder.path(), None);
    assert_eq!(format!("{printed:?}"), format!("{defaults:?}"));
}

/// Whoever follows a comment of the default file must not meet an error.
#[test]
fn every_example_in_its_comments_is_a_value_that_loads() {
    let folder = tempfile::tempdir().unwrap();
    let mut comments: Vec<&str> = Vec::new();
    let mut examples = Vec::new();
    for line in DEFAULT.lines() {
        match (line.strip_prefix('#'), line.split_once(" = ")) {
            (Some(comment), _) => comments.push(comment),
            (None, Some((key, _))) => {
                for comment in comments.drain(..) {
                    // Every other part is one within quotes.
                    let quoted = comment.split('"').skip(1).step_by(2);
                    examples.extend(quoted.map(|value| format!("{key} = \"{value}\"")));
                }
            }
            _ => {}
        }
    }
    assert!(examples.len() > 15, "{examples:?}");
    for example in examples {
        // What "" or a prefix "avalon" mean is said for each key, as are paths of requests.
        std::fs::write(folder.path().join("avalon.toml"), &example).unwrap();
        load(folder.path(), Some("avalon.toml"));
    }
}

#[test]
fn the_documentation_has_a_row_with_the_default_of_every_setting() {
    let documentation = include_str!("../../docs/configuration.md");
    let settings: Vec<(&str, &str)> = DEFAULT
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
        .collect();
    for (key, default) in &settings {
        let row = format!("| `{key}` | `AVALON_{key}` | `{default}` | ");
        assert_eq!(documentation.matches(&row).count(), 1, "{row}");
    }
    let rows = documentation.matches("` | `AVALON_").count();
    assert_eq!(
        rows,
        settings.len(),
        "a row for a setting that there is not"
    );
}

#[test]
fn help_teaches_and_version_names_the_release() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    let help = String::from_utf8(help.stdout).unwrap();
    for taught in [
        "AVALON_CONFIG=",
        "avalon-echo-config > avalon.toml",
        "Exit codes",
        "--version",
    ] {
        assert!(help.contains(taught), "{taught}: {help}");
    }
    let version = String::from_utf8(run(&["-V"]).stdout).unwrap();
    assert_eq!(
        version,
        format!("avalon-echo-config {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_usage_exits_with_2() {
    for arguments in [&["--nonsense"][..], &["avalon.toml"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = echo_config()
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure_that_is_named() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = echo_config()
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.starts_with("avalon-echo-config: cannot write the settings: "),
        "{told}"
    );
}
