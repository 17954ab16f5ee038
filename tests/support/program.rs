//! Running the built programs: found beside the test, started in a clean environment, watched.
//!
//! In: the name of a binary with arguments and variables. Out: a [`Finished`] with all that it
//! said, or a [`Running`] that can be listened to and signalled. No program outlives its test, and
//! none sees the variables, the home or the temporary folder of whoever runs the tests.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::PATIENCE;

/// The path of a built binary: beside the running test, in `target/<profile>`.
pub(crate) fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    // A test lies in target/<profile>/deps.
    let path = test.ancestors().nth(2).unwrap().join(name);
    assert!(
        path.is_file(),
        "{} is not built: run `cargo build --workspace`, or all tests by `cargo test --workspace`",
        path.display()
    );
    path
}

/// Whether the tests run as root, whom permission bits do not stop.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// User and group id of the account `name`, as the system's `id` tells them.
pub(super) fn account(name: &str) -> Option<(u32, u32)> {
    let ask = |option: &str| -> Option<u32> {
        let output = Command::new("id").args([option, name]).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    Some((ask("-u")?, ask("-g")?))
}

/// A program that is about to run.
#[derive(Debug)]
pub(crate) struct Program {
    command: Command,
    name: String,
    home: TempDir,
}

impl Program {
    /// One of our binaries, with an empty environment but for the folders that it may think its own.
    pub(crate) fn new(name: &str) -> Self {
        Self::at(&binary(name), name)
    }

    /// A program of the system, by its name in PATH.
    pub(crate) fn of_the_system(name: &str) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
        Self::at(Path::new(name), name).env("PATH", path)
    }

    fn at(path: &Path, name: &str) -> Self {
        let home = tempfile::Builder::new()
            .prefix("avalon-home-")
            .permissions(Permissions::from_mode(0o755))
            .tempdir()
            .unwrap();
        let mut command = Command::new(path);
        command
            .env_clear()
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .current_dir(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self {
            command,
            name: name.to_owned(),
            home,
        }
    }

    /// Home, temporary and working folder of this program.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// One argument more.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Several arguments more.
    pub(crate) fn args<const N: usize>(mut self, arguments: [&str; N]) -> Self {
        self.command.args(arguments);
        self
    }

    /// One variable more.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Another working folder.
    pub(crate) fn current_dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs it as a user whom permission bits stop: `nobody` when the tests run as root, else the
    /// one who runs the tests.
    pub(crate) fn unprivileged(mut self) -> Self {
        if is_root() {
            let (user, group) = account("nobody").expect("a system has a user nobody");
            // The target folder may lie where nobody else can go, such as in /root.
            let original = PathBuf::from(self.command.get_program());
            let copy = self.home.path().join(original.file_name().unwrap());
            // By another program: what a test that starts one meanwhile inherits of a file that is
            // being written keeps this one from being run ("text file busy").
            let copied = Command::new("cp").arg(&original).arg(&copy).status();
            assert!(copied.unwrap().success(), "{}", original.display());
            let mut command = Command::new(copy);
            command.args(self.command.get_args()).env_clear();
            command.envs(
                self.command
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            );
            command
                .current_dir(self.home.path())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .uid(user)
                .gid(group);
            self.command = command;
            chown(self.home.path(), Some(user), Some(group)).unwrap();
        }
        self
    }

    /// Starts it and waits for its end.
    pub(crate) fn run(self) -> Finished {
        self.spawn().finish()
    }

    /// Starts it.
    pub(crate) fn spawn(mut self) -> Running {
        let mut child = self
            .command
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let stdout = Capture::start(child.stdout.take().unwrap());
        let stderr = Capture::start(child.stderr.take().unwrap());
        Running {
            child,
            stdout,
            stderr,
            name: self.name,
            _home: self.home,
        }
    }
}

/// A program that runs; killed when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stdout: Capture,
    stderr: Capture,
    name: String,
    _home: TempDir,
}

impl Running {
    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).unwrap();
        // An error means that it has ended already, which whoever waits for it will see.
        let _ = kill_process(Pid::from_raw(id).unwrap(), signal);
    }

    /// Waits until `find` finds something in what the program has written to stdout so far.
    pub(crate) fn stdout_until<T>(&self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.stdout.until(find)
    }

    /// Waits until `find` finds something in what the program has written to stderr so far.
    pub(crate) fn stderr_until<T>(&self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.stderr.until(find)
    }

    /// What stands on stderr so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// The program's process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end; a program that does not end fails the test.
    pub(crate) fn finish(mut self) -> Finished {
        match self.wait(PATIENCE) {
            Some(status) => {
                self.stdout.join();
                self.stderr.join();
                Finished {
                    status,
                    stdout: self.stdout.text(),
                    stderr: self.stderr.text(),
                }
            }
            None => panic!(
                "{} did not end within {PATIENCE:?}; stdout:\n{}\nstderr:\n{}",
                self.name,
                self.stdout.text(),
                self.stderr.text()
            ),
        }
    }

    /// Waits for its end, for a while.
    pub(super) fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        until(patience, || self.child.try_wait().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only if the program has ended and was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    status: ExitStatus,
    /// All that it wrote to stdout.
    pub(crate) stdout: String,
    /// All that it wrote to stderr.
    pub(crate) stderr: String,
}

impl Finished {
    /// The exit code; `None` if a signal ended it.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The signal that ended it.
    pub(crate) fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    /// Fails unless the exit code is `code`, and shows what the program said.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(
            self.code(),
            Some(code),
            "exit code (signal {:?}); stdout:\n{}\nstderr:\n{}",
            self.signal(),
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails unless stderr holds each of `parts`.
    #[track_caller]
    pub(crate) fn expect_stderr(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "no {part:?} on stderr:\n{}",
                self.stderr
            );
        }
        self
    }
}

/// What a program writes to one of its outputs, collected by a thread.
#[derive(Debug)]
struct Capture {
    written: Arc<(Mutex<Written>, Condvar)>,
    reader: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Written {
    bytes: Vec<u8>,
    ended: bool,
}

impl Capture {
    fn start(mut output: impl Read + Send + 'static) -> Self {
        let written = Arc::new((Mutex::new(Written::default()), Condvar::new()));
        let shared = Arc::clone(&written);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let count = output.read(&mut buffer).unwrap_or(0);
                let mut written = shared.0.lock().unwrap();
                written.bytes.extend_from_slice(&buffer[..count]);
                written.ended = count == 0;
                shared.1.notify_all();
                if count == 0 {
                    break;
                }
            }
        });
        Self {
            written,
            reader: Some(reader),
        }
    }

    /// Waits until the text satisfies `find`; `None` when the output ended, or patience did.
    fn until<T>(&self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + PATIENCE;
        let mut written = self.written.0.lock().unwrap();
        loop {
            let found = find(&String::from_utf8_lossy(&written.bytes));
            let left = deadline.saturating_duration_since(Instant::now());
            if found.is_some() || written.ended || left.is_zero() {
                return found;
            }
            written = self.written.1.wait_timeout(written, left).unwrap().0;
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.written.0.lock().unwrap().bytes).into_owned()
    }

    fn join(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
    }
}

/// Asks again and again, at growing intervals of a few milliseconds, until there is an answer.
pub(crate) fn until<T>(patience: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_millis(1);
    loop {
        let answer = ask();
        if answer.is_some() || Instant::now() >= deadline {
            return answer;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}
