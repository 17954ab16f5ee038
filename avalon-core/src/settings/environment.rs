//! The process's surroundings: variables, working directory, home.
//!
//! In: the process, once, or what a test makes up. Out: an [`Environment`], from which everything
//! else is read, so that no test changes the variables of its own process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::entry::{Entry, Value};
use super::key::Key;
use super::problem::{Origin, Problem, cut};

/// What every variable of ours begins with.
const PREFIX: &str = "AVALON_";

/// The variable that names the settings file. It is no setting.
const CONFIG: &str = "AVALON_CONFIG";

/// Where Python's `tempfile` looks when no variable names a folder.
const TEMPORARY: [&str; 3] = ["/tmp", "/var/tmp", "/usr/tmp"];

/// What settings are read from beside the settings file.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The environment variables.
    pub variables: BTreeMap<OsString, OsString>,
    /// The working directory, against which a relative AVALON_CONFIG is resolved.
    pub directory: PathBuf,
    /// The user's folder for data of programs (on Linux $XDG_DATA_HOME or ~/.local/share); `None`
    /// for a user without a home.
    pub data_directory: Option<PathBuf>,
}

impl Environment {
    /// The surroundings of this process.
    pub fn of_process() -> Self {
        Self {
            variables: std::env::vars_os().collect(),
            // Without one, relative paths are left to the system, which then says what is wrong.
            directory: std::env::current_dir().unwrap_or_default(),
            data_directory: directories::BaseDirs::new().map(|base| base.data_dir().to_owned()),
        }
    }

    /// The settings file that AVALON_CONFIG names. Empty is not set.
    pub(crate) fn config(&self) -> Option<&Path> {
        self.variable(CONFIG).map(Path::new)
    }

    /// A variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        let value = self.variables.get(OsStr::new(name))?;
        (!value.is_empty()).then_some(value)
    }

    /// The layer of the variables `AVALON_<KEY>`, whose values are literal text.
    pub(crate) fn entries(&self) -> Vec<Result<Entry, Problem>> {
        let given = |key: Key| {
            let value = self
                .variables
                .get(OsStr::new(&format!("{PREFIX}{}", key.name())))?;
            match value.to_str() {
                Some("") if key.is_absent_when_empty() => None,
                Some(text) => Some(Ok(Entry {
                    key,
                    value: Value::untyped(key, text),
                    origin: Origin::Environment,
                })),
                None => {
                    let reason = "is not UTF-8 text";
                    Some(Err(Problem::of(Origin::Environment, key, reason)))
                }
            }
        };
        Key::ALL.into_iter().filter_map(given).collect()
    }

    /// A warning for each variable that looks like one of ours and is none. It is no error, since
    /// orchestrators make up variables such as AVALON_PORT.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let names = self.variables.keys().map(|name| name.to_string_lossy());
        let unknown = names.filter_map(|name| {
            let key = name.strip_prefix(PREFIX)?;
            if name == CONFIG || Key::named(key).is_some() {
                return None;
            }
            let meant = Key::nearest(key).map_or_else(String::new, |key| {
                format!(" (did you mean {PREFIX}{}?)", key.name())
            });
            let name = cut(&name);
            Some(format!(
                "environment {name}: unknown setting, ignored{meant}"
            ))
        });
        unknown.collect()
    }

    /// The folders that Python's `gettempdir` tries, in its order, first those that variables name.
    pub(crate) fn temporary_directories(&self) -> impl Iterator<Item = PathBuf> {
        let named = ["TMPDIR", "TEMP", "TMP"];
        let named = named.into_iter().filter_map(|name| self.variable(name));
        named
            .map(PathBuf::from)
            .chain(TEMPORARY.map(PathBuf::from))
            .map(|folder| self.directory.join(folder))
    }

    /// Python's `gettempdir()`: the first of these folders that is one, else the working directory.
    pub(crate) fn temporary_directory(&self) -> PathBuf {
        let mut folders = self.temporary_directories();
        let found = folders.find(|folder| folder.is_dir());
        found.unwrap_or_else(|| self.directory.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let pairs = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        Environment {
            variables: pairs.collect(),
            ..Environment::default()
        }
    }

    #[test]
    fn values_are_literal_text_and_numbers_where_the_key_wants_one() {
        for (name, value, expected) in [
            (
                "AVALON_STATSD_PREFIX",
                "42",
                Some(Value::Text("42".to_owned())),
            ),
            (
                "AVALON_LOG_PATH",
                "\"x\"",
                Some(Value::Text("\"x\"".to_owned())),
            ),
            ("AVALON_STATSD_PORT", " 42 ", Some(Value::Integer(42))),
            (
                "AVALON_STATSD_PORT",
                "abc",
                Some(Value::Text("abc".to_owned())),
            ),
            ("AVALON_STATSD_PORT", "", None),
            ("AVALON_RELOAD_SECONDS", "5", Some(Value::Integer(5))),
            ("AVALON_SERVE_PATHS", "True", Some(Value::Boolean(true))),
            ("AVALON_SERVE_PATHS", " on ", Some(Value::Boolean(true))),
            ("AVALON_SERVE_PATHS", "yes", Some(Value::Boolean(true))),
            ("AVALON_SERVE_PATHS", "1", Some(Value::Boolean(true))),
            ("AVALON_SERVE_PATHS", "FALSE", Some(Value::Boolean(false))),
            ("AVALON_SERVE_PATHS", "Off", Some(Value::Boolean(false))),
            ("AVALON_SERVE_PATHS", "no", Some(Value::Boolean(false))),
            ("AVALON_SERVE_PATHS", "0", Some(Value::Boolean(false))),
            ("AVALON_SERVE_PATHS", "2", Some(Value::Text("2".to_owned()))),
            ("AVALON_SERVE_PATHS", "", None),
            (
                "AVALON_STATSD_HOST",
                "true",
                Some(Value::Text("true".to_owned())),
            ),
            ("AVALON_DATABASE_URL", "", None),
            ("AVALON_BIND", "", None),
            ("AVALON_STATSD_HOST", "", Some(Value::Text(String::new()))),
            ("AVALON_REQUEST_PATH", "", Some(Value::Text(String::new()))),
            ("avalon_bind", "x", None),
            ("AVALON_bind", "x", None),
            ("BIND", "x", None),
        ] {
            let entries = environment(&[(name, value)]).entries();
            let got = entries.into_iter().next().map(|entry| entry.unwrap().value);
            assert_eq!(got, expected, "{name}={value:?}");
        }
    }

    #[test]
    fn unknown_variables_are_warnings_and_the_config_is_no_key() {
        let environment = environment(&[
            ("AVALON_CONFIG", "a.toml"),
            ("AVALON_BIND", "x"),
            ("AVALON_BIDN", "x"),
            ("AVALON_PORT", "tcp://10.0.0.1:80"),
            ("AVALONIA", "x"),
        ]);
        assert_eq!(
            environment.warnings(),
            [
                "environment AVALON_BIDN: unknown setting, ignored (did you mean AVALON_BIND?)",
                "environment AVALON_PORT: unknown setting, ignored",
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_no_text_is_an_error_that_names_its_variable() {
        use std::os::unix::ffi::OsStringExt;
        let mut environment = environment(&[]);
        let value = OsString::from_vec(vec![b'a', 0xff]);
        environment
            .variables
            .insert("AVALON_LOG_PATH".into(), value);
        let problem = environment.entries().pop().unwrap().unwrap_err();
        let expected = "environment AVALON_LOG_PATH: is not UTF-8 text";
        assert_eq!(problem.to_string(), expected);
    }
}
