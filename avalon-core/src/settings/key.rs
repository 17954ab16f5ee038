//! The keys: one variant for each setting, with the name that operators write.
//!
//! In: a name as typed, in any case. Out: a [`Key`], or the key that was most likely meant.

/// A setting's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    DatabaseUrl,
    LogDateFormat,
    LogFormat,
    LogLevel,
    LogPath,
    RequestPath,
    SentryDsn,
    StatsdHost,
    StatsdPort,
    StatsdPrefix,
    Bind,
    Threads,
    ReloadSeconds,
    ServePaths,
    SearchArticles,
    ScanMaxShrink,
}

/// How alike two names must be (1 is the same) for one to be offered in place of the other: LOGLEVEL
/// offers LOG_LEVEL, while the AVALON_PORT that an orchestrator injects offers nothing.
const LIKENESS: f64 = 0.6;

/// The most of a name that is compared, in characters.
const LONGEST: usize = 64;

impl Key {
    /// Every key, in the order of the default file.
    pub(crate) const ALL: [Self; 16] = [
        Self::DatabaseUrl,
        Self::LogDateFormat,
        Self::LogFormat,
        Self::LogLevel,
        Self::LogPath,
        Self::RequestPath,
        Self::SentryDsn,
        Self::StatsdHost,
        Self::StatsdPort,
        Self::StatsdPrefix,
        Self::Bind,
        Self::Threads,
        Self::ReloadSeconds,
        Self::ServePaths,
        Self::SearchArticles,
        Self::ScanMaxShrink,
    ];

    /// The documented name, in upper case.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DatabaseUrl => "DATABASE_URL",
            Self::LogDateFormat => "LOG_DATE_FORMAT",
            Self::LogFormat => "LOG_FORMAT",
            Self::LogLevel => "LOG_LEVEL",
            Self::LogPath => "LOG_PATH",
            Self::RequestPath => "REQUEST_PATH",
            Self::SentryDsn => "SENTRY_DSN",
            Self::StatsdHost => "STATSD_HOST",
            Self::StatsdPort => "STATSD_PORT",
            Self::StatsdPrefix => "STATSD_PREFIX",
            Self::Bind => "BIND",
            Self::Threads => "THREADS",
            Self::ReloadSeconds => "RELOAD_SECONDS",
            Self::ServePaths => "SERVE_PATHS",
            Self::SearchArticles => "SEARCH_ARTICLES",
            Self::ScanMaxShrink => "SCAN_MAX_SHRINK",
        }
    }

    /// The key of exactly this name, as in the environment and in a Python file.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    /// The key of this name in any case, as in a TOML file.
    pub(crate) fn in_any_case(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|key| key.name().eq_ignore_ascii_case(name))
    }

    /// The key that `name` is most like, if it is like any.
    pub(crate) fn nearest(name: &str) -> Option<Self> {
        // Comparing costs the product of the lengths, and nothing so long is like a key.
        let name: String = name.chars().take(LONGEST).collect();
        let name = name.to_ascii_uppercase();
        Self::ALL
            .into_iter()
            .map(|key| {
                let likeness = strsim::normalized_damerau_levenshtein(key.name(), &name);
                (key, likeness)
            })
            .filter(|(_, likeness)| *likeness >= LIKENESS)
            .max_by(|(_, one), (_, other)| one.total_cmp(other))
            .map(|(key, _)| key)
    }

    /// Whether its value may hold a secret, and so is never printed.
    pub(crate) fn is_secret(self) -> bool {
        matches!(self, Self::DatabaseUrl | Self::SentryDsn)
    }

    /// Whether its value is a number, so that the text of an environment variable is read as one.
    pub(crate) fn is_number(self) -> bool {
        matches!(
            self,
            Self::StatsdPort | Self::Threads | Self::ReloadSeconds | Self::ScanMaxShrink
        )
    }

    /// Whether its value is true or false, so that the text of an environment variable is read as one
    /// of them.
    pub(crate) fn is_boolean(self) -> bool {
        self == Self::ServePaths
    }

    /// Whether an empty environment variable is taken as one that is not set: there is nothing that
    /// an empty value could mean. Orchestrators leave such variables behind.
    pub(crate) fn is_absent_when_empty(self) -> bool {
        matches!(
            self,
            Self::DatabaseUrl
                | Self::LogLevel
                | Self::StatsdPort
                | Self::Bind
                | Self::Threads
                | Self::ReloadSeconds
                | Self::ServePaths
                | Self::ScanMaxShrink
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_the_case_that_is_asked_for() {
        for key in Key::ALL {
            let lower = key.name().to_lowercase();
            assert_eq!(Key::named(key.name()), Some(key));
            assert_eq!(Key::named(&lower), None, "{lower}");
            assert_eq!(Key::in_any_case(&lower), Some(key), "{lower}");
        }
    }

    #[test]
    fn a_misspelt_name_offers_the_nearest_key() {
        for (name, expected) in [
            ("LOG_LEVL", Some("LOG_LEVEL")),
            ("loglevel", Some("LOG_LEVEL")),
            ("DATABASE", Some("DATABASE_URL")),
            ("STATSD_PROT", Some("STATSD_PORT")),
            ("BINDS", Some("BIND")),
            ("THREAD", Some("THREADS")),
            ("RELOAD_SECS", Some("RELOAD_SECONDS")),
            ("SERVE_PATH", Some("SERVE_PATHS")),
            ("MAX_SHRINK", Some("SCAN_MAX_SHRINK")),
            ("PORT", None),
            ("SERVICE_HOST", None),
            ("PORT_8000_TCP_ADDR", None),
            ("", None),
        ] {
            assert_eq!(Key::nearest(name).map(Key::name), expected, "{name}");
        }
    }
}
