use std::collections::BTreeSet;

use crate::{first_cells, read};

#[test]
fn the_table_of_settings_has_a_row_for_every_key() {
    let rows: BTreeSet<String> = first_cells(&read("docs/configuration.md"))
        .into_iter()
        .filter(|name| is_key(name))
        .collect();
    let keys = keys(&read("avalon-core/src/settings/default.toml"));
    assert_eq!(
        rows, keys,
        "left: docs/configuration.md, right: default.toml"
    );
    assert!(keys.len() > 10, "{keys:?}: does this test still read them?");
}

/// The keys of a settings file, those that are commented out included: `# KEY = value`.
fn keys(toml: &str) -> BTreeSet<String> {
    let key = |line: &str| {
        let (key, _) = line.trim_start_matches(['#', ' ']).split_once(" =")?;
        is_key(key).then(|| key.to_owned())
    };
    toml.lines().filter_map(key).collect()
}

fn is_key(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}
