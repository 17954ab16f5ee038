//! Exit codes: how a script learns what a scan came to.
//!
//! In: how the scan ended. Out: the number for the shell. The numbers are an interface (they stand
//! in `--help` and in docs/scanning.md) and never change their meaning.

use std::process;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// 0: the library is what the files say; there may be warnings about files that were kept.
    Done,
    /// 1: something failed (the database); the database is as it was.
    Failed,
    /// 2: not even tried: usage, settings, the log file, another scan at work, or a guard against losing the
    /// library; the database is as it was.
    Refused,
    /// 3: done as with 0, but files that are audio by content or name could not be read.
    Skipped,
    /// 130: stopped by Ctrl-C (or a SIGTERM or SIGHUP); the database is as it was.
    Interrupted,
}

impl ExitCode {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Refused => 2,
            Self::Skipped => 3,
            // 128 + SIGINT, as shells themselves report it.
            Self::Interrupted => 130,
        }
    }
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_documented_ones() {
        for (exit, code) in [
            (ExitCode::Done, 0),
            (ExitCode::Failed, 1),
            (ExitCode::Refused, 2),
            (ExitCode::Skipped, 3),
            (ExitCode::Interrupted, 130),
        ] {
            assert_eq!(exit.code(), code, "{exit:?}");
        }
    }
}
