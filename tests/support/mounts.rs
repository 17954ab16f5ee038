//! Folders on which a file system is mounted, for one program and its children.
//!
//! In: a shell script that mounts and unmounts. Out: what it printed. It runs in a mount namespace of
//! its own (unshare(1)), as root of a user namespace, so that nobody else sees what it mounts and no
//! right is needed but that to make namespaces. Where that is not given (some containers), the tests are
//! skipped with a line on stderr; with AVALON_TEST_MOUNTS=required they fail.

use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;

use super::program::Program;
use super::tell;

/// `sh -eu -c <script> sh`, ready to run, where it may mount; arguments can follow. `None` (and a loud
/// line) where it may not.
pub(crate) fn script_that_mounts(script: &str) -> Option<Program> {
    static WAY: OnceLock<Option<&str>> = OnceLock::new();
    // As root without a user namespace where there are none.
    let way = WAY.get_or_init(|| ["-rm", "-m"].into_iter().find(|option| works(option)));
    let Some(option) = way else {
        let what = "no file system can be mounted here (unshare --map-root-user --mount)";
        let required = std::env::var("AVALON_TEST_MOUNTS").is_ok_and(|value| value == "required");
        assert!(!required, "AVALON_TEST_MOUNTS=required, but {what}");
        let test = thread::current().name().unwrap_or("a test").to_owned();
        tell(&format!("SKIPPED {test}: {what}"));
        return None;
    };
    let program = Program::of_the_system("unshare");
    Some(program.args([option, "sh", "-eu", "-c", script, "sh"]))
}

fn works(option: &str) -> bool {
    let status = Command::new("unshare")
        .args([option, "sh", "-c", "mount -t tmpfs none /tmp"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
