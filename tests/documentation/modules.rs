use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{files, root, shown};

const CRATES: [&str; 3] = ["avalon-core", "avalon-scan", "avalon-server"];

#[test]
fn a_module_imports_only_modules_that_its_lib_declares_above_it() {
    let mut check = Check::default();
    for name in CRATES {
        let source = root().join(name).join("src");
        let modules = declared(&fs::read_to_string(source.join("lib.rs")).unwrap());
        for module in &modules {
            for file in files_of(&source, module) {
                check.imports("crate::", &file, module, &modules);
            }
        }
    }
    check.finish();
}

#[test]
fn a_file_of_a_folder_imports_only_siblings_that_its_front_page_declares_above_it() {
    let mut check = Check::default();
    for name in CRATES {
        for front in files(&root().join(name).join("src"), "rs") {
            if front.file_name().is_none_or(|name| name != "mod.rs") {
                continue;
            }
            let folder = front.parent().unwrap();
            let modules = declared(&fs::read_to_string(&front).unwrap());
            for module in &modules {
                for file in [format!("{module}.rs"), format!("{module}/mod.rs")] {
                    let file = folder.join(file);
                    if file.is_file() && module != "tests" {
                        check.imports("super::", &file, module, &modules);
                    }
                }
            }
        }
    }
    check.finish();
}

/// What was looked at, and what was wrong with it.
#[derive(Default)]
struct Check {
    seen: usize,
    faults: Vec<String>,
}

impl Check {
    /// Notes the imports in `file`, which is or belongs to `module`, of what comes after it.
    fn imports(&mut self, prefix: &str, file: &Path, module: &str, modules: &[String]) {
        let place = |wanted: &str| modules.iter().position(|module| module == wanted);
        let text = fs::read_to_string(file).unwrap();
        for import in imports(&code(&text), prefix) {
            self.seen += 1;
            if place(&import) > place(module) {
                let file = shown(file);
                let fault = format!("{file}: {prefix}{import} is declared below {module}");
                self.faults.push(fault);
            }
        }
    }

    fn finish(self) {
        assert!(self.faults.is_empty(), "{}", self.faults.join("\n"));
        assert!(
            self.seen > 0,
            "no import was found: does this test still read them?"
        );
    }
}

/// The module's own file, and everything below its folder apart from its tests.
fn files_of(source: &Path, module: &str) -> Vec<PathBuf> {
    let file = source.join(format!("{module}.rs"));
    let folder = source.join(module);
    let mut found = match folder.is_dir() {
        true => files(&folder, "rs"),
        false => Vec::new(),
    };
    found.extend(file.is_file().then_some(file));
    found.retain(|file| file.file_name().is_none_or(|name| name != "tests.rs"));
    found
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

/// The first names after `crate::` (or another prefix), one by one or in braces.
fn imports(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in code.split(prefix).skip(1) {
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
    let found = imports(&code(text), "crate::");
    assert_eq!(found.into_iter().collect::<String>(), "abcdf");
}

#[test]
fn declarations_are_found_in_their_order() {
    let text = "//! mod x;\npub mod b;\n\nmod a;\npub(crate) mod c;\n";
    assert_eq!(declared(text), ["b", "a", "c"]);
}
