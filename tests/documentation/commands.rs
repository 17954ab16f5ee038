use std::path::{Path, PathBuf};
use std::process::Command;

use crate::read;

#[test]
fn the_page_of_commands_names_every_option_of_their_help() {
    let page = read("docs/cli.md");
    for name in ["avalon-scan", "avalon-server", "avalon-echo-config"] {
        let program = program(name);
        let section = section(&page, name);
        let options = options(&help(&program));
        assert!(
            options.contains(&"--help".to_owned()),
            "{name}: {options:?}"
        );
        for option in options {
            assert!(
                section.contains(&option),
                "docs/cli.md: {name} {option} is not there"
            );
        }
    }
}

/// A program that cargo built beside the server.
fn program(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_avalon-server")).with_file_name(name);
    assert!(
        path.is_file(),
        "{} is not built: run all tests by `cargo test --workspace`",
        path.display()
    );
    path
}

fn help(program: &Path) -> String {
    let output = Command::new(program).arg("--help").output().unwrap();
    assert!(output.status.success(), "{}: {output:?}", program.display());
    String::from_utf8(output.stdout).unwrap()
}

/// What the page says under a heading, up to the next of the same level.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, after) = page
        .split_once(&format!("\n## {heading}\n"))
        .unwrap_or_default();
    after.split("\n## ").next().unwrap_or_default()
}

/// The options at the beginnings of lines: `  -q, --quiet`.
fn options(help: &str) -> Vec<String> {
    let option = |line: &str| {
        let line = line.trim_start();
        let at = if line.starts_with("--") {
            0
        } else {
            line.find(", --")? + 2
        };
        let name = line.starts_with('-').then(|| &line[at..])?;
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        Some(name[..end.unwrap_or(name.len())].to_owned())
    };
    help.lines().filter_map(option).collect()
}

#[test]
fn options_are_found_in_help() {
    let help = "Usage: x [OPTIONS]\n\nOptions:\n  -d, --database <URL>  where\n      --bind <A>\n  -V\n\
                text with --other inside\n";
    assert_eq!(options(help), ["--database", "--bind"]);
}
