//! PostgreSQL: a fresh database for each scan, and the bound of writing to it, COPY of the very same
//! rows.
//!
//! In: the URL of a server on which databases may be made; those are called `avalon_bench` and
//! `avalon_bench_copy`, and go at the end. Everything is done by psql (Debian: postgresql-client).

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::measure::Figures;

const SCANNED: &str = "avalon_bench";
const COPIED: &str = "avalon_bench_copy";

/// The tables, each after those that it refers to.
const TABLES: &str = "
    WITH RECURSIVE depth (id, depth) AS (
        SELECT oid, 0 FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT conrelid, depth + 1 FROM depth JOIN pg_constraint ON confrelid = id
        WHERE contype = 'f' AND conrelid <> confrelid AND depth < 20)
    SELECT quote_ident(relname) FROM depth JOIN pg_class ON oid = id
    GROUP BY relname ORDER BY max(depth), relname";

/// A server, by the URL of any of its databases.
pub(crate) struct Postgres {
    url: String,
}

impl Postgres {
    pub(crate) fn new(url: String) -> Result<Self> {
        let server = Self { url };
        server.fresh()?;
        Ok(server)
    }

    /// Makes an empty database for a scan and returns its URL.
    pub(crate) fn fresh(&self) -> Result<String> {
        for name in [COPIED, SCANNED] {
            psql(
                &self.url,
                &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE);"),
            )?;
        }
        psql(&self.url, &format!("CREATE DATABASE {SCANNED};"))?;
        self.database(SCANNED)
    }

    /// Copies all rows of what was scanned to files in `folder`, then from there into a database with the
    /// same tables and indexes. Returns the rows, and the time of the second from BEGIN until COMMIT
    /// is done.
    pub(crate) fn bare_copy(&self, folder: &Path) -> Result<(u64, Figures)> {
        let (scanned, copied) = (self.database(SCANNED)?, self.database(COPIED)?);
        psql(
            &self.url,
            &format!("DROP DATABASE IF EXISTS {COPIED} WITH (FORCE);"),
        )?;
        psql(
            &self.url,
            &format!("CREATE DATABASE {COPIED} TEMPLATE {SCANNED};"),
        )?;
        let tables = psql(&scanned, &format!("{TABLES};"))?;
        let tables: Vec<&str> = tables.lines().collect();
        psql(
            &copied,
            &format!("TRUNCATE {}; CHECKPOINT;", tables.join(", ")),
        )?;
        let (mut out, mut back, mut count) = (String::new(), String::new(), String::new());
        for (number, table) in tables.iter().enumerate() {
            let file = folder.join(format!("{number}.copy")).display().to_string();
            out += &format!("\\copy {table} TO '{file}' (FORMAT binary)\n");
            back += &format!("\\copy {table} FROM '{file}' (FORMAT binary)\n");
            count += &format!("SELECT count(*) FROM {table};\n");
        }
        psql(&scanned, &out)?;
        let clock = "SELECT extract(epoch FROM clock_timestamp());";
        let times = psql(
            &copied,
            &format!("{clock}\nBEGIN;\n{back}COMMIT;\n{clock}\n"),
        )?;
        let times: Vec<f64> = times.lines().filter_map(|line| line.parse().ok()).collect();
        let [before, after] = times[..] else {
            bail!("psql gave the times {times:?}");
        };
        let rows = psql(&copied, &count)?;
        let figures = Figures {
            wall_seconds: after - before,
            cpu_seconds: None,
            peak_bytes: None,
        };
        Ok((
            rows.lines()
                .filter_map(|line| line.parse::<u64>().ok())
                .sum(),
            figures,
        ))
    }

    /// The URL with another database in it.
    fn database(&self, name: &str) -> Result<String> {
        let (place, parameters) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (scheme, rest) = place
            .split_once("://")
            .with_context(|| format!("--postgres {} is no URL", self.url))?;
        let host = rest.split('/').next().unwrap_or_default();
        Ok(format!("{scheme}://{host}/{name}?{parameters}")
            .trim_end_matches('?')
            .to_owned())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        for name in [COPIED, SCANNED] {
            // Nothing is lost where the server is gone.
            let _ = psql(
                &self.url,
                &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE);"),
            );
        }
    }
}

/// Runs a script, which must succeed, and returns what it printed, without alignment and headings.
fn psql(url: &str, script: &str) -> Result<String> {
    let mut child = Command::new("psql")
        .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("psql is needed (Debian: apt-get install postgresql-client)")?;
    let mut input = child.stdin.take().context("its standard input is a pipe")?;
    input.write_all(script.as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "psql failed on {script}: {errors}");
    Ok(String::from_utf8(output.stdout)?)
}
