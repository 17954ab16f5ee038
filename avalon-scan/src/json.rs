//! What a scan says to programs: JSON lines on standard output.
//!
//! In: progress, a report, an error. Out: one object a line, each with its `event`: `progress`,
//! `issue`, `change` (of a dry run), `done`, `error`, `stopped`. docs/scanning.md describes them; members are
//! added, never renamed.
//!
//! What stays true: every line is whole JSON in UTF-8. A path that is no UTF-8 is shown with U+FFFD,
//! and its bytes stand beside it in hexadecimal digits.

use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

use serde::Serialize;
use serde_json::{Value, json};

use crate::exit::ExitCode;
use crate::report::{Change, Counts, Report};

/// Progress.
pub fn progress(counts: &Counts, expected: Option<u64>) {
    let counts = value(counts);
    tell(&json!({"event": "progress", "counts": counts, "expected": expected}));
}

/// The end of a scan that was not refused and did not fail.
pub fn report(report: &Report) {
    for issue in &report.issues {
        let mut line = json!({
            "event": "issue",
            "is_skip": issue.kind.is_skip(),
            "kind": issue.kind.name(),
            "message": issue.message,
        });
        put_path(&mut line, "path", issue.path.as_os_str().as_bytes());
        tell(&line);
    }
    for change in &report.changes {
        let mut line = json!({"event": "change"});
        match change {
            Change::Added(path) => put_change(&mut line, "added", path),
            Change::Changed(path) => put_change(&mut line, "changed", path),
            Change::Removed(path) => put_change(&mut line, "removed", path),
            Change::Moved { from, to } => {
                put_change(&mut line, "moved", to);
                put_path(&mut line, "from", from);
            }
        }
        tell(&line);
    }
    tell(&json!({
        "event": "done",
        "counts": value(&report.counts),
        "skipped": report.kinds(true),
        "warnings": report.kinds(false),
        "generation": report.generation,
        "dry_run": report.is_dry,
        "seconds": report.took.as_secs_f64(),
        "files_per_second": report.speed(),
        "exit_code": report.exit_code().code(),
    }));
}

/// The end of a scan that left the database as it was, or that could not begin: why, on one line
/// with its causes.
pub fn error(message: &str, code: ExitCode) {
    tell(&json!({"event": "error", "message": message, "exit_code": code.code()}));
}

/// The end of a watch that was stopped between two scans.
pub fn stopped(code: ExitCode) {
    tell(&json!({"event": "stopped", "exit_code": code.code()}));
}

fn put_change(line: &mut Value, change: &str, path: &[u8]) {
    line["change"] = change.into();
    put_path(line, "path", path);
}

fn put_path(line: &mut Value, name: &str, path: &[u8]) {
    match std::str::from_utf8(path) {
        Ok(text) => line[name] = text.into(),
        Err(_) => {
            line[name] = String::from_utf8_lossy(path).into();
            let digits: String = path.iter().map(|byte| format!("{byte:02x}")).collect();
            line[format!("{name}_bytes")] = digits.into();
        }
    }
}

fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

fn tell(line: &Value) {
    let mut out = io::stdout().lock();
    // Where nobody listens any more, the exit code is left.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_any_bytes_can_be_found_again() {
        let mut line = json!({});
        put_path(&mut line, "path", "/m/é".as_bytes());
        put_path(&mut line, "from", b"/m/\xe9");
        let expected = json!({"path": "/m/é", "from": "/m/\u{fffd}", "from_bytes": "2f6d2fe9"});
        assert_eq!(line, expected);
    }
}
