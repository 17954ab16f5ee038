use std::collections::BTreeSet;
use std::fs;

use crate::{read, root};

/// Pages of docs/api/ that are about all endpoints.
const COMMON: [&str; 2] = ["README", "parameters"];

#[test]
fn every_route_has_a_page_and_every_page_a_route() {
    let service = read("avalon-server/src/service/mod.rs");
    let pages: BTreeSet<String> = fs::read_dir(root().join("docs/api"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|page| !COMMON.contains(&page.as_str()))
        .collect();
    assert_eq!(pages, routes(&service), "left: docs/api, right: service");
}

/// The paths below REQUEST_PATH: the text literals of the match on the path.
fn routes(service: &str) -> BTreeSet<String> {
    let pattern = |line: &str| {
        let (pattern, _) = line.trim().split_once("=>")?;
        let (name, _) = pattern.trim().strip_prefix('"')?.split_once('"')?;
        name.chars()
            .all(|c| c.is_ascii_lowercase())
            .then(|| name.to_owned())
    };
    service.lines().filter_map(pattern).collect()
}
