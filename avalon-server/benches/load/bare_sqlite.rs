//! The bound of loading from SQLite: its own C interface, stepping through the same SELECTs.

#![expect(
    unsafe_code,
    reason = "the bound is what SQLite's C interface can do; every safe crate puts work of its own before it"
)]

use std::ffi::{CStr, CString};
use std::hint::black_box;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::time::Instant;

use anyhow::{Result, bail};
use libsqlite3_sys as ffi;

/// What is done at each row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Nothing.
    Step,
    /// Every column is asked for its value.
    Columns,
}

struct Connection(*mut ffi::sqlite3);

/// Seconds that it takes to open the file and read these columns of these tables in one transaction.
pub(crate) fn run(
    path: &Path,
    tables: &[(&str, &str)],
    mmap: u64,
    reading: Reading,
) -> Result<f64> {
    let started = Instant::now();
    let connection = Connection::open(path)?;
    connection.execute(&format!("PRAGMA mmap_size = {mmap}"), reading)?;
    connection.execute("BEGIN", reading)?;
    let mut rows = 0;
    for (table, columns) in tables {
        rows += connection.execute(&format!("SELECT {columns} FROM {table}"), reading)?;
    }
    connection.execute("COMMIT", reading)?;
    black_box(rows);
    Ok(started.elapsed().as_secs_f64())
}

impl Connection {
    fn open(path: &Path) -> Result<Self> {
        let name = CString::new(path.as_os_str().as_bytes())?;
        let mut raw = ptr::null_mut();
        let flags = ffi::SQLITE_OPEN_READONLY | ffi::SQLITE_OPEN_NOMUTEX;
        // SAFETY: the name ends with NUL, and `raw` is ours to write to.
        let code = unsafe { ffi::sqlite3_open_v2(name.as_ptr(), &raw mut raw, flags, ptr::null()) };
        // Also what could not be opened is a connection, which must be closed.
        let connection = Self(raw);
        match code {
            ffi::SQLITE_OK => Ok(connection),
            _ => connection.fail(),
        }
    }

    /// Runs one statement to its end; how many rows it had.
    fn execute(&self, sql: &str, reading: Reading) -> Result<u64> {
        let sql = CString::new(sql)?;
        let mut statement = ptr::null_mut();
        // SAFETY: the connection is open, the text ends with NUL, and `statement` is ours to write to.
        let code = unsafe {
            ffi::sqlite3_prepare_v2(
                self.0,
                sql.as_ptr(),
                -1,
                &raw mut statement,
                ptr::null_mut(),
            )
        };
        if code != ffi::SQLITE_OK {
            return self.fail();
        }
        let mut rows = 0;
        // SAFETY: the statement is not finalised yet.
        let mut stepped = unsafe { ffi::sqlite3_step(statement) };
        while stepped == ffi::SQLITE_ROW {
            rows += 1;
            if reading == Reading::Columns {
                read(statement);
            }
            // SAFETY: as above.
            stepped = unsafe { ffi::sqlite3_step(statement) };
        }
        // SAFETY: nothing uses the statement after this.
        unsafe { ffi::sqlite3_finalize(statement) };
        match stepped {
            ffi::SQLITE_DONE => Ok(rows),
            _ => self.fail(),
        }
    }

    fn fail<T>(&self) -> Result<T> {
        // SAFETY: SQLite gives a text that ends with NUL, also for a connection that is null.
        let message = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(self.0)) };
        bail!("SQLite: {}", message.to_string_lossy());
    }
}

/// Asks for the value of each column of the row at which the statement is.
fn read(statement: *mut ffi::sqlite3_stmt) {
    // SAFETY: the statement is at a row, and columns are counted by SQLite.
    unsafe {
        for at in 0..ffi::sqlite3_column_count(statement) {
            match ffi::sqlite3_column_type(statement, at) {
                ffi::SQLITE_INTEGER => {
                    black_box(ffi::sqlite3_column_int64(statement, at));
                }
                ffi::SQLITE_NULL => {}
                _ => {
                    black_box(ffi::sqlite3_column_text(statement, at));
                    black_box(ffi::sqlite3_column_bytes(statement, at));
                }
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: no statement outlives `execute`, and nothing uses the connection after this.
        unsafe { ffi::sqlite3_close(self.0) };
    }
}
