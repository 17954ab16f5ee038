//! A PostgreSQL server on which databases may be made, by psql (Debian: postgresql-client).
//!
//! In: the URL of any of its databases. Out: databases made, copied and dropped; what scripts print.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// A server, by the URL of any of its databases.
#[derive(Clone)]
pub(crate) struct Postgres {
    url: String,
}

impl Postgres {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
        }
    }

    /// The URL with another database in it.
    pub(crate) fn database(&self, name: &str) -> Result<String> {
        let (place, parameters) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (scheme, rest) = place
            .split_once("://")
            .with_context(|| format!("--postgres {} is no URL", self.url))?;
        let host = rest.split('/').next().unwrap_or_default();
        Ok(format!("{scheme}://{host}/{name}?{parameters}")
            .trim_end_matches('?')
            .to_owned())
    }

    pub(crate) fn has(&self, name: &str) -> Result<bool> {
        let found = psql(
            &self.url,
            &format!("SELECT 1 FROM pg_database WHERE datname = '{name}';"),
        )?;
        Ok(!found.trim().is_empty())
    }

    /// Makes an empty database.
    pub(crate) fn create(&self, name: &str) -> Result<()> {
        self.copy("template1", name)
    }

    /// Makes a database that is a copy of another one.
    pub(crate) fn copy(&self, template: &str, name: &str) -> Result<()> {
        psql(
            &self.url,
            &format!("CREATE DATABASE {name} TEMPLATE {template};"),
        )?;
        Ok(())
    }

    pub(crate) fn rename(&self, name: &str, new: &str) -> Result<()> {
        psql(
            &self.url,
            &format!("ALTER DATABASE {name} RENAME TO {new};"),
        )?;
        // What was just written is neither vacuumed nor on disk yet, and would be in the middle of a
        // measurement.
        psql(&self.database(new)?, "VACUUM ANALYZE; CHECKPOINT;")?;
        Ok(())
    }

    pub(crate) fn drop(&self, name: &str) -> Result<()> {
        psql(
            &self.url,
            &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE);"),
        )?;
        Ok(())
    }
}

/// Runs a script, which must succeed, and returns what it printed, without alignment and headings.
pub(crate) fn psql(url: &str, script: &str) -> Result<String> {
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
