//! The zoo scanned twice by the program, into SQLite.
//!
//! In: the program, a folder with the zoo, its files. Out: what it said, printed; an error where it says
//! what it should not.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use avalon_scan::audio::{self, Extension};
use avalon_scan::issue::Kind;
use diesel::connection::SimpleConnection;
use diesel::sql_types::{Nullable, Text};
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::Value;

/// A scan that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(1800);

/// A line of `scan_issues`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, QueryableByName)]
struct Issue {
    #[diesel(sql_type = Text)]
    path_text: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    message: String,
}

#[derive(QueryableByName)]
struct Remembered {
    #[diesel(sql_type = Text)]
    path_text: String,
    #[diesel(sql_type = Nullable<Text>)]
    track_id: Option<String>,
}

/// Scans twice and compares.
pub(crate) fn scan(program: &Path, folder: &Path, files: &[PathBuf]) -> Result<()> {
    let database = folder.join("zoo.sqlite");
    let _ = std::fs::remove_file(&database);
    let url = format!("sqlite:///{}", database.display());
    let zoo = folder.join("zoo");
    let arguments = ["--json", "-d", &url, &zoo.to_string_lossy()];
    let first = run(program, &arguments, folder)?;
    tell("first scan", &first)?;
    let name = database.display().to_string();
    let mut connection = SqliteConnection::establish(&name)?;
    connection.batch_execute("PRAGMA query_only = 1")?;
    let issues = issues(&mut connection)?;
    let named = every_sound_is_named(&mut connection, &issues, files)?;
    println!("{named} files named like sound: each is a track, or an issue with a reason");
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for issue in &issues {
        // Without what differs from file to file.
        let words = issue.message.split(['"', '(']).next().unwrap_or_default();
        *reasons
            .entry(format!("{}: {words}", issue.kind))
            .or_default() += 1;
    }
    for (reason, count) in &reasons {
        println!("{count:8} {reason}");
    }
    let second = run(program, &arguments, folder)?;
    tell("second scan", &second)?;
    ensure!(
        second["counts"]["read"] == 0,
        "the second scan opened files"
    );
    ensure!(
        self::issues(&mut connection)? == issues,
        "the second scan reports other issues"
    );
    println!("the second scan reports the same {} issues", issues.len());
    Ok(())
}

/// Runs a scan to its end, and returns its last word.
fn run(program: &Path, arguments: &[&str], folder: &Path) -> Result<Value> {
    let said = folder.join("said.json");
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(File::create(&said)?)
        .stderr(File::create(folder.join("log"))?)
        .spawn()
        .with_context(|| program.display().to_string())?;
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if began.elapsed() > PATIENCE {
            child.kill()?;
            bail!("the scan hangs");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    // 3 says that sound files could not be read.
    ensure!(
        matches!(status.code(), Some(0 | 3)),
        "the scan ended with {status}"
    );
    let said = std::fs::read_to_string(&said)?;
    let last = said.lines().last().context("the scan said nothing")?;
    let last: Value = serde_json::from_str(last)?;
    ensure!(last["event"] == "done", "the scan ended with {last}");
    Ok(last)
}

fn tell(name: &str, done: &Value) -> Result<()> {
    // Linux counts the resident set in KiB.
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss() >> 10;
    println!(
        "\n{name}: {} s, exit code {}, largest resident set so far {peak} MiB\n{}\nskipped {}\nwarnings {}",
        done["seconds"], done["exit_code"], done["counts"], done["skipped"], done["warnings"]
    );
    Ok(())
}

fn issues(connection: &mut SqliteConnection) -> Result<Vec<Issue>> {
    let mut issues: Vec<Issue> =
        sql_query("SELECT path_text, kind, message FROM scan_issues").load(connection)?;
    issues.sort();
    Ok(issues)
}

/// The number of files whose name promises sound.
fn every_sound_is_named(
    connection: &mut SqliteConnection,
    issues: &[Issue],
    files: &[PathBuf],
) -> Result<usize> {
    let remembered: Vec<Remembered> =
        sql_query("SELECT path_text, track_id FROM files").load(connection)?;
    let tracks: HashMap<_, _> = remembered
        .into_iter()
        .map(|file| (file.path_text, file.track_id.is_some()))
        .collect();
    let mut named = 0;
    for path in files
        .iter()
        .filter(|path| audio::extension(path) != Extension::Other)
    {
        named += 1;
        let shown = path.display().to_string();
        let is_skip = |issue: &&Issue| {
            Kind::named(&issue.kind).is_some_and(Kind::is_skip) && !issue.message.is_empty()
        };
        let first = issues.partition_point(|issue| issue.path_text < shown);
        let of_it = issues[first..]
            .iter()
            .take_while(|issue| issue.path_text == shown);
        let skips = of_it.filter(is_skip).count();
        match tracks.get(&shown) {
            Some(true) => ensure!(skips == 0, "{shown} is a track, and skipped"),
            Some(false) => ensure!(skips == 1, "{shown} is skipped with {skips} reasons"),
            None => bail!("{shown} is not remembered"),
        }
    }
    Ok(named)
}
