//! What can be wrong with the parameters of a search.

use thiserror::Error;

use crate::query::{Integer, ParamError};

/// A parameter of a search that cannot be understood. The values are as they were typed, percent-decoded;
/// columns are characters of the value, counted from 1.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RequestError {
    /// One that lists have too.
    #[error(transparent)]
    List(#[from] ParamError),
    /// A parameter that must be there.
    #[error("The parameter {field} is missing")]
    Missing {
        /// The parameter.
        field: &'static str,
    },
    /// A name in a list of names that is none.
    #[error("Invalid name '{item}' in {field} at column {column}")]
    Unknown {
        /// The parameter.
        field: &'static str,
        /// Its value.
        value: String,
        /// The name.
        item: String,
        /// Where the name begins.
        column: usize,
    },
    /// A value of another kind than is wanted.
    #[error("Invalid value for {field}: '{value}' is not {expected}{}", at(*column))]
    Type {
        /// The parameter.
        field: &'static str,
        /// Its value.
        value: String,
        /// What it is to be.
        expected: &'static str,
        /// Where it goes wrong, if that can be said.
        column: Option<usize>,
    },
    /// A value of the right kind that is not taken.
    #[error("Invalid value for {field}: {fault}{}", at(*column))]
    Value {
        /// The parameter.
        field: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        fault: &'static str,
        /// Where it goes wrong, if that can be said.
        column: Option<usize>,
    },
    /// A number above its bound.
    #[error("The value of {field} may not be more than {most}")]
    TooLarge {
        /// The parameter.
        field: &'static str,
        /// Its value.
        value: Integer,
        /// The bound.
        most: usize,
    },
}

/// The end of a message that tells the column.
fn at(column: Option<usize>) -> String {
    column.map_or_else(String::new, |column| format!(" at column {column}"))
}
