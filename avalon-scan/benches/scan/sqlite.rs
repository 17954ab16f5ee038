//! As much of SQLite's C interface as the bare insert needs, and nothing between it and the bench.

#![expect(
    unsafe_code,
    reason = "the bound is what SQLite's C interface can do; every safe crate puts work of its own before it"
)]

use std::ffi::{CStr, CString, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use anyhow::{Result, bail};
use libsqlite3_sys as ffi;

/// One value of a row.
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(Box<[u8]>),
    Blob(Box<[u8]>),
}

/// An open database file.
pub(crate) struct Connection(*mut ffi::sqlite3);

/// A prepared statement; the connection outlives it.
pub(crate) struct Statement<'c> {
    connection: &'c Connection,
    raw: *mut ffi::sqlite3_stmt,
}

impl Connection {
    /// Opens `path`, which is made where it is absent.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let name = CString::new(path.as_os_str().as_bytes())?;
        let mut raw = ptr::null_mut();
        let flags = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE;
        // SAFETY: the name ends with NUL, and `raw` is ours to write to.
        let code = unsafe { ffi::sqlite3_open_v2(name.as_ptr(), &raw mut raw, flags, ptr::null()) };
        // Also what could not be opened is a connection, which must be closed.
        let connection = Self(raw);
        connection.check(code)?;
        Ok(connection)
    }

    /// Runs statements that return no rows.
    pub(crate) fn execute(&self, sql: &str) -> Result<()> {
        let sql = CString::new(sql)?;
        // SAFETY: the connection is open and the text ends with NUL; there is no callback.
        let code = unsafe {
            ffi::sqlite3_exec(self.0, sql.as_ptr(), None, ptr::null_mut(), ptr::null_mut())
        };
        self.check(code)
    }

    /// Prepares one statement.
    pub(crate) fn prepare(&self, sql: &str) -> Result<Statement<'_>> {
        let sql = CString::new(sql)?;
        let mut raw = ptr::null_mut();
        // SAFETY: the connection is open, the text ends with NUL, and `raw` is ours to write to.
        let code = unsafe {
            ffi::sqlite3_prepare_v2(self.0, sql.as_ptr(), -1, &raw mut raw, ptr::null_mut())
        };
        self.check(code)?;
        Ok(Statement {
            connection: self,
            raw,
        })
    }

    /// All rows of a SELECT.
    pub(crate) fn rows(&self, sql: &str) -> Result<Vec<Vec<Cell>>> {
        let statement = self.prepare(sql)?;
        let mut rows = Vec::new();
        while statement.step()? {
            rows.push(statement.row());
        }
        Ok(rows)
    }

    fn check(&self, code: c_int) -> Result<()> {
        if code == ffi::SQLITE_OK {
            return Ok(());
        }
        // SAFETY: SQLite gives a text that ends with NUL, also for a connection that is null.
        let message = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(self.0)) };
        bail!("SQLite: {} ({code})", message.to_string_lossy());
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: no statement outlives the connection, and nothing uses it after this.
        unsafe { ffi::sqlite3_close(self.0) };
    }
}

impl Statement<'_> {
    /// Runs the statement once with these parameters, which live until it has run.
    pub(crate) fn insert(&self, row: &[Cell]) -> Result<()> {
        for (cell, at) in row.iter().zip(1..) {
            self.bind(at, cell)?;
        }
        self.step()?;
        // SAFETY: the statement is not finalised yet.
        self.connection
            .check(unsafe { ffi::sqlite3_reset(self.raw) })
    }

    fn bind(&self, at: c_int, cell: &Cell) -> Result<()> {
        let size = |bytes: &[u8]| bytes.len() as c_int;
        // SAFETY: SQLITE_STATIC says that the bytes outlive the step, which `insert` sees to; SQLite
        // checks the number of the parameter itself.
        let code = unsafe {
            match cell {
                Cell::Null => ffi::sqlite3_bind_null(self.raw, at),
                Cell::Integer(number) => ffi::sqlite3_bind_int64(self.raw, at, *number),
                Cell::Real(number) => ffi::sqlite3_bind_double(self.raw, at, *number),
                Cell::Text(text) => ffi::sqlite3_bind_text(
                    self.raw,
                    at,
                    text.as_ptr().cast(),
                    size(text),
                    ffi::SQLITE_STATIC(),
                ),
                Cell::Blob(bytes) => ffi::sqlite3_bind_blob(
                    self.raw,
                    at,
                    bytes.as_ptr().cast(),
                    size(bytes),
                    ffi::SQLITE_STATIC(),
                ),
            }
        };
        self.connection.check(code)
    }

    /// Whether there is a row.
    fn step(&self) -> Result<bool> {
        // SAFETY: the statement is not finalised yet.
        match unsafe { ffi::sqlite3_step(self.raw) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            code => self.connection.check(code).map(|()| false),
        }
    }

    /// The row at which the last step arrived.
    fn row(&self) -> Vec<Cell> {
        // SAFETY: the statement is at a row; columns are counted by SQLite; the bytes of a text or blob
        // live until the next step and are copied before it.
        unsafe {
            let bytes = |start: *const u8, column| match ffi::sqlite3_column_bytes(self.raw, column)
            {
                0 => Box::default(),
                size => Box::from(std::slice::from_raw_parts(start, size as usize)),
            };
            (0..ffi::sqlite3_column_count(self.raw))
                .map(|at| match ffi::sqlite3_column_type(self.raw, at) {
                    ffi::SQLITE_INTEGER => Cell::Integer(ffi::sqlite3_column_int64(self.raw, at)),
                    ffi::SQLITE_FLOAT => Cell::Real(ffi::sqlite3_column_double(self.raw, at)),
                    ffi::SQLITE_TEXT => {
                        Cell::Text(bytes(ffi::sqlite3_column_text(self.raw, at), at))
                    }
                    ffi::SQLITE_BLOB => {
                        Cell::Blob(bytes(ffi::sqlite3_column_blob(self.raw, at).cast(), at))
                    }
                    _ => Cell::Null,
                })
                .collect()
        }
    }
}

impl Drop for Statement<'_> {
    fn drop(&mut self) {
        // SAFETY: nothing uses the statement after this.
        unsafe { ffi::sqlite3_finalize(self.raw) };
    }
}
