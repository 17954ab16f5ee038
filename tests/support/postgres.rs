//! A PostgreSQL server for the tests of one process: made from the installed binaries, thrown away.
//!
//! In: `initdb` and `postgres`, from PATH or where Debian keeps them. Out: databases, each for one
//! test. The server listens on a loopback port (with a password) and on a socket in its own folder
//! (without); it stops and its folder goes when the test process ends, however that ends, because
//! a shell waits for the closing of a pipe that only this process holds.
//!
//! Without the binaries the tests on PostgreSQL are skipped, with a line on stderr for each; with
//! AVALON_TEST_POSTGRES=required they fail.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::program::{account, is_root, until};
use super::{PATIENCE, tell};

/// The user that owns everything in it.
const USER: &str = "avalon";
/// The password over TCP; with an `@` and a `/` in it, so that URLs must escape them.
const PASSWORD: &str = "s3cret@/word";

/// Starts `postgres`, waits until standard input closes, then ends it and removes its folder. What is
/// committed survives the end of the server, if not of the machine.
const WATCHDOG: &str = r#"
postgres=$1 folder=$2 port=$3
("$postgres" -D "$folder/data" -k "$folder" -p "$port" -h 127.0.0.1 -F \
    -c full_page_writes=off -c max_connections=100 \
    >"$folder/log" 2>&1 & echo $! >"$folder/id"; wait; : >"$folder/ended") &
read -r _
kill -QUIT "$(cat "$folder/id")" 2>/dev/null
wait
rm -rf "$folder"
"#;

/// A running server.
#[derive(Debug)]
struct Cluster {
    folder: PathBuf,
    port: u16,
    binaries: PathBuf,
    user: Option<(u32, u32)>,
    /// Their standard inputs are open as long as this process lives, or this value where a test has
    /// a server of its own; they wait for the end of that. The last one's server is the one that runs.
    watchdogs: Vec<Child>,
}

/// A database of its own for one test; dropped with the value.
#[derive(Debug)]
pub(crate) struct PostgresDatabase {
    cluster: Arc<Cluster>,
    name: String,
}

impl PostgresDatabase {
    /// An empty database. `None` when there is no server here and none is required.
    pub(super) fn create() -> Option<Self> {
        Some(Self::on(cluster()?))
    }

    /// An empty database on a server of its own, which the test may kill.
    pub(super) fn create_alone() -> Option<Self> {
        cluster()?;
        let binaries = find_binaries()?;
        Some(Self::on(Arc::new(start(&binaries))))
    }

    fn on(cluster: Arc<Cluster>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        cluster.execute(&format!("CREATE DATABASE {name}"));
        Self { cluster, name }
    }

    /// Kills the server of [`create_alone`](Self::create_alone) at once, as a crash does.
    pub(crate) fn kill_server(&self) {
        let folder = &self.cluster.folder;
        let id = fs::read_to_string(folder.join("id")).unwrap();
        let id = Pid::from_raw(id.trim().parse().unwrap()).unwrap();
        kill_process(id, Signal::QUIT).unwrap();
        let ended = folder.join("ended");
        until(PATIENCE, || ended.exists().then_some(())).expect("the server ends");
        fs::remove_file(ended).unwrap();
    }

    /// Starts it again, and waits until it has recovered.
    pub(crate) fn restart_server(&mut self) {
        let cluster = Arc::get_mut(&mut self.cluster).expect("a server of its own");
        cluster.restart();
    }

    /// Its URL, over TCP and with a password, as an operator writes it.
    pub(crate) fn url(&self) -> String {
        format!(
            "postgresql://{USER}:s3cret%40%2Fword@127.0.0.1:{}/{}",
            self.cluster.port, self.name
        )
    }

    /// What must never show up in any output.
    pub(crate) fn password(&self) -> &'static str {
        PASSWORD
    }

    /// Its URL over the socket, without a password.
    pub(crate) fn socket_url(&self) -> String {
        format!(
            "postgresql://{USER}@/{}?host={}&port={}",
            self.name,
            self.cluster.folder.display(),
            self.cluster.port
        )
    }

    /// The URL of a user who may read the tables that are there now, and nothing else.
    pub(crate) fn reader_url(&self) -> String {
        let reader = format!("reader_of_{}", self.name);
        self.connect()
            .batch_execute(&format!(
                "DO $$ BEGIN CREATE ROLE {reader} LOGIN PASSWORD 'read'; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
                 REVOKE CREATE ON SCHEMA public FROM PUBLIC;
                 GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader};"
            ))
            .unwrap();
        format!(
            "postgresql://{reader}:read@127.0.0.1:{}/{}",
            self.cluster.port, self.name
        )
    }

    /// A connection over the socket.
    pub(super) fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.cluster.connection_string(&self.name)).unwrap()
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        let dropped = PgConnection::establish(&self.cluster.connection_string("postgres"))
            .map_err(|error| error.to_string())
            .and_then(|mut connection| {
                connection
                    .batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name))
                    .map_err(|error| error.to_string())
            });
        if let Err(error) = dropped
            && !thread::panicking()
        {
            panic!("database {}: {error}", self.name);
        }
    }
}

impl Cluster {
    fn connection_string(&self, database: &str) -> String {
        format!(
            "host={} port={} user={USER} dbname={database}",
            self.folder.display(),
            self.port
        )
    }

    /// Starts the server and waits until it answers.
    fn restart(&mut self) {
        let watchdog = as_user(self.user, &self.folder, Path::new("/bin/sh"))
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(self.binaries.join("postgres"))
            .arg(&self.folder)
            .arg(self.port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C ends the tests; the watchdog then sees the pipe close and tidies up.
            .process_group(0)
            .spawn()
            .unwrap();
        self.watchdogs.push(watchdog);
        let ended = self.folder.join("ended");
        let ready = until(PATIENCE, || {
            match PgConnection::establish(&self.connection_string("postgres")) {
                Ok(_) => Some(true),
                Err(_) => ended.exists().then_some(false),
            }
        });
        assert!(
            ready == Some(true),
            "the PostgreSQL server did not start:\n{}",
            fs::read_to_string(self.folder.join("log")).unwrap_or_default()
        );
    }

    fn execute(&self, sql: &str) {
        PgConnection::establish(&self.connection_string("postgres"))
            .unwrap()
            .batch_execute(sql)
            .unwrap();
    }
}

/// The server of this process, started when first asked for.
fn cluster() -> Option<Arc<Cluster>> {
    static CLUSTER: OnceLock<Option<Arc<Cluster>>> = OnceLock::new();
    let cluster =
        CLUSTER.get_or_init(|| find_binaries().map(|binaries| Arc::new(start(&binaries))));
    if cluster.is_none() {
        let what = "no PostgreSQL server is installed: its tests need initdb and postgres \
                    (Debian: apt-get install postgresql), in PATH or /usr/lib/postgresql/*/bin";
        let required = std::env::var("AVALON_TEST_POSTGRES").is_ok_and(|value| value == "required");
        assert!(!required, "AVALON_TEST_POSTGRES=required, but {what}");
        let test = thread::current().name().unwrap_or("a test").to_owned();
        tell(&format!("SKIPPED {test}: {what}"));
    }
    cluster.clone()
}

/// The folder with `initdb` and `postgres`: from PATH, else Debian's newest.
fn find_binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    debian.sort_by_key(|folder| {
        let version = folder.parent().and_then(Path::file_name);
        std::cmp::Reverse(version.and_then(|version| version.to_str()?.parse::<u32>().ok()))
    });
    std::env::split_paths(&path)
        .chain(debian)
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// Makes a cluster and starts its server. PostgreSQL refuses to run as root, so that root's tests
/// run it as `postgres` or `nobody`.
fn start(binaries: &Path) -> Cluster {
    let user = is_root().then(|| {
        account("postgres")
            .or_else(|| account("nobody"))
            .expect("a system has a user nobody")
    });
    // Not in TMPDIR: the path of a socket may have no more than about 100 bytes.
    let folder: TempDir = tempfile::Builder::new()
        .prefix("avalon-pg-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in("/tmp")
        .unwrap();
    fs::write(folder.path().join("password"), PASSWORD).unwrap();
    if let Some((user, group)) = user {
        chown(folder.path().join("password"), Some(user), Some(group)).unwrap();
        chown(folder.path(), Some(user), Some(group)).unwrap();
    }
    let output = as_user(user, folder.path(), &binaries.join("initdb"))
        .args([
            "-D",
            "data",
            "-U",
            USER,
            "--pwfile=password",
            "--auth-local=trust",
        ])
        .args([
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "initdb failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut cluster = Cluster {
        folder: folder.path().to_owned(),
        port,
        binaries: binaries.to_owned(),
        user,
        watchdogs: Vec::new(),
    };
    cluster.restart();
    // From here on the watchdog removes it.
    let _ = folder.keep();
    cluster
}

/// A program in that folder, as that user.
fn as_user(user: Option<(u32, u32)>, folder: &Path, program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .current_dir(folder);
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command
}
