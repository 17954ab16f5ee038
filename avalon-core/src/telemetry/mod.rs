//! Start-up of logging, error reports and metrics, from checked settings.
//!
//! A binary starts the log first, then error reports, so that their warnings are not lost, and last
//! metrics, whose thread inherits the reports; it keeps what they return until its end. None of them is ever waited for by a request, and none that breaks stops the program.

pub mod logging;

pub mod reporting;

pub mod metrics;
