use std::collections::BTreeSet;
use std::fs;

use crate::{read, root};

/// Pages of docs/api/ that are about all endpoints.
const COMMON: [&str; 2] = ["README", "parameters"];

#[test]
fn every_route_has_a_page_and_every_page_a_route() {
    let service = read("avalon-server/src/service/mod.rs");
    let mut told = BTreeSet::new();
    for entry in fs::read_dir(root().join("docs/api")).unwrap() {
        let path = entry.unwrap().path();
        let page = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if COMMON.contains(&page.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let of_page: Vec<&str> = text.lines().filter_map(told_route).collect();
        assert!(of_page.contains(&page.as_str()), "{page}.md: {of_page:?}");
        told.extend(of_page.into_iter().map(str::to_owned));
    }
    assert_eq!(told, routes(&service), "left: docs/api, right: service");
}

#[test]
fn the_table_of_endpoints_has_them_all() {
    let table: BTreeSet<String> = read("docs/api/README.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| [`/avalon/")?.split_once('`'))
        .map(|(route, _)| route.to_owned())
        .collect();
    let service = read("avalon-server/src/service/mod.rs");
    assert_eq!(table, routes(&service), "left: README, right: service");
}

/// The route that a line of a page is the heading of.
fn told_route(line: &str) -> Option<&str> {
    line.strip_prefix("`GET /avalon/")?.strip_suffix('`')
}

/// The paths below REQUEST_PATH: the text literals of the match on the path, and those that an id follows.
fn routes(service: &str) -> BTreeSet<String> {
    let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_lowercase());
    let route = |line: &str| {
        let (pattern, endpoint) = line.trim().split_once("=>")?;
        if let Some(literal) = pattern.trim().strip_prefix('"') {
            let (name, _) = literal.split_once('"')?;
            return Some(name).filter(is_name).map(str::to_owned);
        }
        let (_, prefix) = endpoint.split_once("strip_prefix(\"")?;
        let (name, _) = prefix.split_once("/\"")?;
        Some(name)
            .filter(is_name)
            .map(|name| format!("{name}/<id>"))
    };
    service.lines().filter_map(route).collect()
}
