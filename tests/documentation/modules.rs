use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{files, root, shown};

const CRATES: [&str; 3] = ["avalon-core", "avalon-scan", "avalon-server"];

#[test]
fn a_module_imports_only_modules_that_its_lib_declares_above_it() {
    let mut faults = Vec::new();
    let mut seen = 0;
    for name in CRATES {
        let source = root().join(name).join("src");
        let modules = declared(&fs::read_to_string(source.join("lib.rs")).unwrap());
        for (place, module) in modules.iter().enumerate() {
            for file in files_of(&source, module) {
                let text = fs::read_to_string(&file).unwrap();
                for import in imports(&code(&text)) {
                    seen += 1;
                    let at = modules.iter().position(|module| *module == import);
                    if at.is_some_and(|at| at > place) {
                        let file = shown(&file);
                        faults.push(format!(
                            "{file}: crate::{import} is declared below {module}"
                        ));
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(
        seen > 0,
        "no import was found: does this test still read them?"
    );
}

/// The names in `mod name;`, in their order.
fn declared(text: &str) -> Vec<String> {
    let name = |line: &str| {
        let line = line.strip_suffix(';')?;
        let (before, name) = line.rsplit_once("mod ")?;
        (before.is_empty() || before.starts_with("pub")).then(|| name.to_owned())
    };
    code(text).lines().filter_map(name).collect()
}

/// The module's own file, and everything below its folder.
fn files_of(source: &Path, module: &str) -> Vec<PathBuf> {
    let file = source.join(format!("{module}.rs"));
    let folder = source.join(module);
    let mut found = if folder.is_dir() {
        files(&folder, "rs")
    } else {
        Vec::new()
    };
    found.extend(file.is_file().then_some(file));
    found
}

/// The text without comments and without the unit tests at its end, which may look anywhere.
fn code(text: &str) -> String {
    let before_tests = text
        .split("\n#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let lines = before_tests
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The first names after `crate::`, one by one or in braces.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => found.extend(first_name(rest)),
            Some(list) => {
                let mut depth = 0;
                let outside = list.chars().take_while(|c| {
                    depth += i32::from(*c == '{') - i32::from(*c == '}');
                    depth >= 0
                });
                let list: String = outside.collect();
                found.extend(top_level(&list).filter_map(first_name));
            }
        }
    }
    found
}

/// Splits at the commas that are in no braces.
fn top_level(list: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    list.split(move |c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    })
}

fn first_name(path: &str) -> Option<String> {
    let name: String = path
        .trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    (!name.is_empty()).then_some(name)
}

#[test]
fn imports_are_found_in_every_spelling() {
    let text = "use crate::a::X;\nuse crate::{b::{Y, Z}, c};\nlet d = crate::d::new(); // crate::e\n\
                $crate::f!()\n#[cfg(test)]\nmod tests {\n    use crate::g;";
    let found = imports(&code(text));
    assert_eq!(found.into_iter().collect::<String>(), "abcdf");
}

#[test]
fn declarations_are_found_in_their_order() {
    let text = "//! mod x;\npub mod b;\n\nmod a;\npub(crate) mod c;\n";
    assert_eq!(declared(text), ["b", "a", "c"]);
}
