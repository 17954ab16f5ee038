use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::read;

#[test]
fn the_page_of_commands_names_the_options_of_their_help_and_no_others() {
    let page = read("docs/cli.md");
    for name in ["avalon-scan", "avalon-server", "avalon-echo-config"] {
        let program = program(name);
        let section = section(&page, name);
        let options: BTreeSet<String> = options(&help(&program)).into_iter().collect();
        assert!(options.contains("--help"), "{name}: {options:?}");
        let documented: BTreeSet<String> = documented(section).into_iter().collect();
        assert_eq!(
            documented, options,
            "{name}; left: docs/cli.md, right: --help"
        );
    }
}

/// The long options in the first cells of the tables: "| `-q`, `--quiet` | ...".
fn documented(section: &str) -> Vec<String> {
    let rows = section.lines().filter_map(|line| line.strip_prefix('|'));
    let cells = rows.filter_map(|row| row.split('|').next());
    let words = cells.flat_map(|cell| cell.split(['`', ' ', ',']));
    let long = words.filter(|word| word.starts_with("--") && !word.ends_with('-'));
    long.map(str::to_owned).collect()
}

#[test]
fn options_are_found_in_tables() {
    let section = "| option | |\n|---|---|\n| `-d URL`, `--database URL` | not `--this` |\n`--nor this`\n\
                   | `--bind A` | |\n";
    assert_eq!(documented(section), ["--database", "--bind"]);
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

/// The options at the beginnings of lines, `  -q, --quiet`, and their other names, `[alias: --x]`.
fn options(help: &str) -> Vec<String> {
    let option = |line: &str| {
        let line = line.trim_start().trim_start_matches("[alias: ");
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
    let help = "Usage: x [OPTIONS]\n\nOptions:\n  -d, --database <URL>  where\n      --bind <A>\n  [alias: --listen]\n  -V\n\
                text with --other inside\n";
    assert_eq!(options(help), ["--database", "--bind", "--listen"]);
}
