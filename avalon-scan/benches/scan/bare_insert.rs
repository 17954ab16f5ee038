//! The bound of writing to SQLite: the very rows of a scanned database, held in memory, inserted into
//! a new file by prepared statements in one transaction.
//!
//! In: a database that was scanned into. The new file has the same tables and indexes before the
//! clock starts, whatever they are: they are read from `sqlite_master`. Settings are the scanner's:
//! a journal that is deleted, full synchronisation, a cache that does not spill, foreign keys
//! off. Triggers and views are left out.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::measure::{self, Figures, Output};
use crate::sqlite::{Cell, Connection};

/// The first argument that makes this benchmark's program the inserting one.
pub(crate) const ROLE: &str = "bare-insert";

/// A table of the scanned database.
struct Table {
    name: String,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// Runs the bound in a process of its own. Returns the number of rows and the time from BEGIN until
/// COMMIT is done; the memory of this process says nothing, since it holds all rows.
pub(crate) fn run(from: &Path, to: &Path) -> Result<(u64, Figures)> {
    let program = std::env::current_exe()?;
    let command = [
        program.as_os_str(),
        ROLE.as_ref(),
        from.as_ref(),
        to.as_ref(),
    ];
    let (_, said) = measure::run(&command, Output::Captured)?;
    let numbers: Vec<f64> = said
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [rows, wall_seconds, cpu_seconds] = numbers[..] else {
        bail!("the bare insert said {said:?}");
    };
    let figures = Figures {
        wall_seconds,
        cpu_seconds: Some(cpu_seconds),
        peak_bytes: None,
    };
    Ok((rows as u64, figures))
}

/// What the process does: arguments are the scanned database and the file to make; prints rows, wall
/// and CPU seconds.
pub(crate) fn insert(mut arguments: impl Iterator<Item = std::ffi::OsString>) -> Result<()> {
    let from = arguments.next().context("the scanned database")?;
    let to = arguments.next().context("the file to make")?;
    let source = Connection::open(Path::new(&from))?;
    let target = Connection::open(Path::new(&to))?;
    target.execute("PRAGMA cache_spill = OFF; PRAGMA foreign_keys = OFF")?;
    for sql in texts(&source, &objects("sql", "type IN ('table', 'index')"))? {
        target.execute(&sql)?;
    }
    let tables = texts(&source, &objects("name", "type = 'table'"))?
        .into_iter()
        .map(|name| table(&source, name))
        .collect::<Result<Vec<_>>>()?;

    let (started, cpu) = (Instant::now(), measure::own_cpu_seconds()?);
    target.execute("BEGIN IMMEDIATE")?;
    for table in &tables {
        let statement = target.prepare(&format!(
            "INSERT INTO {} ({}) VALUES ({})",
            quoted(&table.name),
            names(&table.columns),
            vec!["?"; table.columns.len()].join(", ")
        ))?;
        for row in &table.rows {
            statement.insert(row)?;
        }
    }
    target.execute("COMMIT")?;
    let (wall, cpu) = (
        started.elapsed().as_secs_f64(),
        measure::own_cpu_seconds()? - cpu,
    );
    let rows: usize = tables.iter().map(|table| table.rows.len()).sum();
    writeln!(std::io::stdout(), "{rows} {wall} {cpu}")?;
    Ok(())
}

/// Reads a whole table in the order in which it lies in the file, without generated columns.
fn table(source: &Connection, name: String) -> Result<Table> {
    let columns = texts(
        source,
        &format!(
            "SELECT name FROM pragma_table_xinfo('{}') WHERE hidden = 0 ORDER BY cid",
            name.replace('\'', "''")
        ),
    )?;
    let rows = source.rows(&format!(
        "SELECT {} FROM {}",
        names(&columns),
        quoted(&name)
    ))?;
    Ok(Table {
        name,
        columns,
        rows,
    })
}

/// A SELECT of the schema's own objects, in the order in which they were made.
fn objects(column: &str, which: &str) -> String {
    format!(
        "SELECT {column} FROM sqlite_master
         WHERE {which} AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql IS NOT NULL ORDER BY rowid"
    )
}

fn texts(source: &Connection, sql: &str) -> Result<Vec<String>> {
    let first = |row: Vec<Cell>| match row.into_iter().next() {
        Some(Cell::Text(text)) => Ok(String::from_utf8(text.into_vec())?),
        _ => bail!("{sql}: not text"),
    };
    source.rows(sql)?.into_iter().map(first).collect()
}

fn names(columns: &[String]) -> String {
    let columns: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
    columns.join(", ")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
