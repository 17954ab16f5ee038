use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::{files, root, shown};

#[test]
fn every_link_between_files_leads_somewhere() {
    let mut dead = Vec::new();
    let mut seen = 0;
    for file in files(&root(), "md") {
        let text = fs::read_to_string(&file).unwrap();
        for target in links(&text) {
            seen += 1;
            if let Some(reason) = fault(&file, &target) {
                dead.push(format!("{}: ({target}) {reason}", shown(&file)));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
    assert!(
        seen > 0,
        "no link was found: does this test still read them?"
    );
}

/// Why a link in `file` leads nowhere.
fn fault(file: &Path, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let leads_to = match path {
        "" => file.to_owned(),
        path => file.parent()?.join(path),
    };
    if !leads_to.exists() {
        return Some("names no file".to_owned());
    }
    if anchor.is_empty() {
        return None;
    }
    let Ok(text) = fs::read_to_string(&leads_to) else {
        return Some("has an anchor, but leads to no text".to_owned());
    };
    let found = anchors(&text).contains(&anchor.to_owned());
    (!found).then(|| format!("names no heading of {}", shown(&leads_to)))
}

/// The text without what is code: blocks between fences, and `spans`.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with("    ") {
            // Every second piece between backticks is code.
            out.extend(line.split('`').step_by(2));
        }
        out.push('\n');
    }
    out
}

/// The targets of `[text](target)` and `![text](target)`.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let targets = prose.split("](").skip(1);
    targets
        .filter_map(|rest| rest.split(')').next())
        .map(|target| {
            target
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
}

/// The anchors that a forge makes of headings: lower case, without punctuation, blanks as hyphens,
/// `-1`, `-2` ... for what comes again.
fn anchors(text: &str) -> Vec<String> {
    let mut times: HashMap<String, usize> = HashMap::new();
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let title = line.trim_start_matches('#');
        if fenced || title == line || !title.starts_with(' ') {
            continue;
        }
        let anchor: String = title
            .trim()
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let count = times.entry(anchor.clone()).or_default();
        found.push(match *count {
            0 => anchor,
            n => format!("{anchor}-{n}"),
        });
        *count += 1;
    }
    found
}

#[test]
fn links_in_code_are_none() {
    let text = "[a](b.md) `[c](d.md)`\n```\n[e](f.md)\n```\n![g](h.png \"title\")";
    assert_eq!(links(text), ["b.md", "h.png"]);
}

#[test]
fn headings_become_anchors_as_on_a_forge() {
    let text = "# A title\n## `code` & more, really\n```\n# no heading\n```\n## A title\n#no";
    assert_eq!(anchors(text), ["a-title", "code--more-really", "a-title-1"]);
}
