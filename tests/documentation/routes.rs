use std::collections::BTreeSet;
use std::fs;

use avalon_server::api::{Endpoint, codes};

use crate::{read, root};

/// Pages of docs/api/ that are about all endpoints.
const COMMON: [&str; 2] = ["README", "parameters"];

#[test]
fn every_route_has_a_page_and_every_page_a_route() {
    let mut told = BTreeSet::new();
    for entry in fs::read_dir(root().join("docs/api")).unwrap() {
        let path = entry.unwrap().path();
        let page = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if COMMON.contains(&page.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let of_page: Vec<&str> = text.lines().filter_map(told_route).collect();
        let is_of_it = |route: &&str| route.split('.').next() == Some(page.as_str());
        assert!(of_page.iter().any(is_of_it), "{page}.md: {of_page:?}");
        told.extend(of_page.into_iter().map(str::to_owned));
    }
    assert_eq!(told, routes(), "left: docs/api, right: the routes");
}

#[test]
fn the_table_of_endpoints_has_them_all() {
    let table: BTreeSet<String> = read("docs/api/README.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| [`/avalon/")?.split_once('`'))
        .map(|(route, _)| route.to_owned())
        .collect();
    assert_eq!(table, routes(), "left: README, right: the routes");
}

#[test]
fn the_table_of_errors_has_them_all() {
    let row = |line: &str| -> Option<(u16, String, u16)> {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let code = cells.next()?.parse().ok()?;
        let key = cells.next()?.trim_matches('`').to_owned();
        Some((code, key, cells.next()?.parse().ok()?))
    };
    let table: Vec<_> = read("docs/api/README.md").lines().filter_map(row).collect();
    let known = codes().into_iter();
    let known: Vec<_> = known
        .map(|(code, key, status)| (code, key.to_owned(), status))
        .collect();
    assert_eq!(table, known, "left: README, right: openapi.json");
}

/// The route that a line of a page is the heading of.
fn told_route(line: &str) -> Option<&str> {
    line.strip_prefix("`GET /avalon/")?.strip_suffix('`')
}

/// The paths below REQUEST_PATH.
fn routes() -> BTreeSet<String> {
    let paths = Endpoint::ALL.into_iter().map(Endpoint::path);
    paths.map(|path| path.replace("{id}", "<id>")).collect()
}
