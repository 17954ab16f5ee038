//! A settings file of the original, which is a Python program.
//!
//! In: its text. Out: an entry for each key, with its line, and its problems. It is read and never
//! run: only the small language that such files are written in is understood (CONTRACT.md, S9):
//! comments, docstrings, imports, and `KEY = value`. Everything else is an error with its line. No
//! error repeats a value.

mod token;

mod parse;

pub(crate) use parse::read;
