//! files -> tags -> rows -> database.
