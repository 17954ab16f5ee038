//! The settings file: read within a bound, in the language that it is written in.
//!
//! In: its path. Out: entries and problems. A name that ends in `.py` is a file of the original, one
//! that ends in `.toml` is TOML; any other is TOML unless it can only be Python, since the original
//! read files of any name.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::entry::Entry;
use super::environment::Environment;
use super::problem::{Origin, Problem};
use super::{python, toml_file};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// Reads the file that AVALON_CONFIG names; problems call it as `path` does.
pub(crate) fn read(path: &Path, environment: &Environment) -> (Vec<Entry>, Vec<Problem>) {
    let origin = Origin::file(&path.display().to_string(), None);
    let place = environment.directory.join(path);
    let failed = |reason: String| (Vec::new(), vec![Problem::at(origin.clone(), reason)]);
    let bytes = match bytes(&place) {
        Ok(bytes) => bytes,
        Err(error) => {
            return failed(format!(
                "cannot read the settings file that AVALON_CONFIG names ({}): {error}",
                place.display()
            ));
        }
    };
    if bytes.len() as u64 > LARGEST {
        return failed(format!(
            "is larger than {LARGEST} bytes, so no settings file"
        ));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => {
            let temporary = environment.temporary_directory();
            // A byte order mark is no part of the text.
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            understand(path, &origin, text, &temporary.to_string_lossy())
        }
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            let problem = Problem::at(origin.at(line), "is not UTF-8 text");
            (Vec::new(), vec![problem])
        }
    }
}

/// At most one byte more than the largest file.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn understand(
    path: &Path,
    origin: &Origin,
    text: &str,
    temporary: &str,
) -> (Vec<Entry>, Vec<Problem>) {
    let ending = path.extension();
    if ending.is_some_and(|ending| ending.eq_ignore_ascii_case("py")) {
        return python::read(origin, text, temporary);
    }
    let toml = toml_file::read(origin, text);
    if toml.1.is_empty() || ending.is_some_and(|ending| ending.eq_ignore_ascii_case("toml")) {
        return toml;
    }
    let python = python::read(origin, text, temporary);
    let imports = |line: &str| line.starts_with("import ") || line.starts_with("from ");
    if python.1.is_empty() || text.lines().any(imports) {
        python
    } else {
        toml
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> (Vec<Entry>, Vec<Problem>) {
        understand(Path::new(name), &Origin::file(name, None), text, "/tmp")
    }

    #[test]
    fn the_language_is_known_by_name_or_by_content() {
        let toml = "LOG_LEVEL = 'INFO'\nbind = ''";
        let python = "import logging\nLOG_LEVEL = logging.INFO\n";
        let none = "LOG_PATH = None\n";
        for (name, text, entries, problems) in [
            ("a.toml", toml, 2, 0),
            ("a", toml, 2, 0),
            ("a.py", python, 1, 0),
            ("a.PY", python, 1, 0),
            ("a.cfg", python, 1, 0),
            ("a.conf", none, 1, 0),
            ("a.py", toml, 1, 1),
            ("a.toml", none, 0, 1),
            ("a.conf", "import logging\nLOG_LEVEL = logging.LOUD", 0, 1),
        ] {
            let (got, wrong) = read(name, text);
            assert_eq!(
                (got.len(), wrong.len()),
                (entries, problems),
                "{name}: {text}"
            );
        }
        let (_, wrong) = read("a.conf", "import logging\nLOG_LEVEL = LOUD");
        let shown = wrong[0].to_string();
        assert_eq!(
            shown, "a.conf:2: LOUD has no meaning here",
            "as Python, not as TOML"
        );
    }
}
