//! files → tags → rows → database.
pub mod reader;

pub mod exit;

pub mod issue;

pub mod tags;

pub mod audio;

pub mod paths;
