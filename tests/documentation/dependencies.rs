use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use toml::Table;

use crate::{read, root};

/// The registry of crates.io, as Cargo.lock spells it.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// A crate of the tree.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    license: String,
}

#[test]
fn every_licence_is_one_that_deny_toml_allows() {
    let allowed: BTreeSet<String> = strings(&policy()["licenses"]["allow"]);
    let refused: Vec<String> = packages()
        .iter()
        .filter(|package| !license_allowed(&package.license, &allowed))
        .map(|package| format!("{} {}: {}", package.name, package.version, package.license))
        .collect();
    assert!(refused.is_empty(), "not allowed:\n{}", refused.join("\n"));
}

#[test]
fn every_crate_comes_from_crates_io() {
    let lock: Table = read("Cargo.lock").parse().unwrap();
    for package in lock["package"].as_array().unwrap() {
        let source = package.get("source").and_then(toml::Value::as_str);
        assert!(
            source.is_none_or(|source| source == CRATES_IO),
            "{:?} comes from {source:?}",
            package["name"]
        );
    }
}

#[test]
fn heavy_crates_are_there_once_and_banned_ones_not_at_all() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages() {
        let found = versions.entry(package.name).or_default();
        found.insert(package.version);
    }
    let policy = policy();
    for ban in policy["bans"]["deny"].as_array().unwrap() {
        let name = ban["crate"].as_str().unwrap();
        let once = ban.get("deny-multiple-versions").is_some();
        let found = versions.get(name).cloned().unwrap_or_default();
        assert!(found.len() <= usize::from(once), "{name}: {found:?}");
    }
}

fn policy() -> Table {
    read("deny.toml").parse().unwrap()
}

fn strings(list: &toml::Value) -> BTreeSet<String> {
    let list = list.as_array().unwrap();
    list.iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

/// The crates that are compiled for this platform with all features, tests included. `cargo tree` knows
/// them by what was resolved for this build, so nothing is fetched (`cargo metadata` would name
/// optional crates that no feature asks for).
fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--workspace",
            "--all-features",
            "--locked",
            "--offline",
        ])
        .args(["--prefix", "none", "--format", "{p}|{l}|"])
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo tree: {said}");
    let tree = String::from_utf8(output.stdout).unwrap();
    // `name v1.2.3|MIT|`, with `(proc-macro)` or the like after the version, `(*)` after the end.
    let package = |line: &str| {
        let mut parts = line.split('|');
        let mut words = parts.next()?.split_whitespace();
        Some(Package {
            name: words.next()?.to_owned(),
            version: words.next()?.to_owned(),
            license: parts.next()?.to_owned(),
        })
    };
    let found: BTreeSet<Package> = tree.lines().filter_map(package).collect();
    assert!(
        found.len() > 100,
        "only {} crates: was the tree read?",
        found.len()
    );
    found.into_iter().collect()
}

/// Whether an SPDX expression can be satisfied with allowed licences alone. `/` is the old OR; AND
/// binds closer; no licence at all is not allowed.
fn license_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = tokens.as_slice();
    any_of(&mut rest, allowed) && rest.is_empty()
}

fn any_of(rest: &mut &[&str], allowed: &BTreeSet<String>) -> bool {
    let mut satisfied = all_of(rest, allowed);
    while let Some(("OR", after)) = rest.split_first().map(|(first, after)| (*first, after)) {
        *rest = after;
        satisfied |= all_of(rest, allowed);
    }
    satisfied
}

fn all_of(rest: &mut &[&str], allowed: &BTreeSet<String>) -> bool {
    let mut satisfied = one(rest, allowed);
    while let Some(("AND", after)) = rest.split_first().map(|(first, after)| (*first, after)) {
        *rest = after;
        satisfied &= one(rest, allowed);
    }
    satisfied
}

fn one(rest: &mut &[&str], allowed: &BTreeSet<String>) -> bool {
    match *rest {
        ["(", after @ ..] => {
            *rest = after;
            let satisfied = any_of(rest, allowed);
            let closed = rest.first() == Some(&")");
            *rest = rest.get(1..).unwrap_or_default();
            satisfied && closed
        }
        [license, "WITH", exception, after @ ..] => {
            *rest = after;
            allowed.contains(&format!("{license} WITH {exception}"))
        }
        [license, after @ ..] => {
            *rest = after;
            allowed.contains(*license)
        }
        [] => false,
    }
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"]
        .map(str::to_owned)
        .into();
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("GPL-3.0-only/MIT", true),
        ("GPL-3.0-only AND MIT", false),
        ("ISC AND (GPL-3.0-only OR MIT)", true),
        ("ISC AND GPL-3.0-only OR MIT", true),
        ("(MIT OR ISC) AND GPL-3.0-only", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
        ("(MIT", false),
        ("MIT)", false),
        ("", false),
    ] {
        assert_eq!(
            license_allowed(expression, &allowed),
            expected,
            "{expression}"
        );
    }
}
